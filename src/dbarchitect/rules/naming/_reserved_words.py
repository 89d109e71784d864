"""The words that cannot name a table or a column without quotes, by engine.

PostgreSQL 18: those that `pg_get_keywords()` calls reserved, or reserved except as a function or type
(https://www.postgresql.org/docs/18/sql-keywords-appendix.html). SQLite: those of its keywords
(https://www.sqlite.org/lang_keywords.html) that its parser does not take for a name, tried on SQLite 3.40.
"""

from __future__ import annotations

_POSTGRESQL = """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
    from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
    returning right select session_user similar some symmetric system_user table tablesample then to trailing true
    union unique user using variadic verbose when where window with
"""
_SQLITE = """
    add all alter and as autoincrement between case check collate commit constraint create default deferrable delete
    distinct drop else escape except exists foreign from group having if in index insert intersect into is isnull join
    limit not nothing notnull null on or order primary raise references returning select set table then to transaction
    union unique update using values when where
"""
RESERVED = {"postgresql": frozenset(_POSTGRESQL.split()), "sqlite": frozenset(_SQLITE.split())}
"""By engine; an engine that is not here has none that we know."""

_ANSWERING = """
    user current_user session_user system_user current_role current_catalog current_schema current_date current_time
    current_timestamp localtime localtimestamp
"""
ANSWERING = frozenset(_ANSWERING.split())
"""Those that do not fail as a column without quotes, but answer with something else."""
