"""Replays the statements of PostgreSQL's dialect, as tree-sitter reads them."""
