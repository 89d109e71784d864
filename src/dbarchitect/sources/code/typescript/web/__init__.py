"""Requests and workers: what calls a function of a web application (`roles`), what a request brings (`vocabulary`)."""
