"""Readers of application code: what a program asks of its database, as `catalog.queries.Code`.

`draft` and `records` serve every language; `sql` reads the texts of queries, whoever holds them; `python` follows
Python programs.
"""
