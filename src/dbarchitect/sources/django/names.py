"""Names that Django makes: tables, indexes and constraints, as its schema editor does.

Source: https://github.com/django/django/blob/5.2/django/db/backends/base/schema.py and …/backends/utils.py (behaviour).
"""

from __future__ import annotations

from hashlib import md5

_LONGEST = {"postgresql": 63, "mysql": 64}


def table_name(name: str, engine: str) -> str:
    """A table's name, cut to what the engine allows with four digits of a digest. A schema in front stays."""
    schema, table = split_schema(name)
    limit = _LONGEST.get(engine)
    if limit is None or len(table) <= limit:
        return name
    cut = f"{table[: limit - 4]}{_digest(table)[:4]}"
    return f'{schema}"."{cut}' if schema else cut


def split_schema(name: str) -> tuple[str | None, str]:
    """`sales"."order` → schema and table; the quotes inside are how Django's users name a schema."""
    schema, dot, table = name.partition('"."')
    if dot:
        return schema.strip('"'), table.strip('"')
    return None, name.strip('"')


def index_name(table: str, columns: tuple[str, ...], engine: str, suffix: str = "") -> str:
    """The name of an index or constraint over columns: table, columns, digest and suffix, shortened to fit."""
    table = split_schema(table)[1]
    tail = f"{_digest(table, *columns)[:8]}{suffix}"
    limit = _LONGEST.get(engine, 200)
    joined = "_".join(columns)
    name = f"{table}_{joined}_{tail}"
    if len(name) <= limit:
        return name
    if len(tail) > limit / 3:
        tail = tail[: limit // 3]
    room = (limit - len(tail)) // 2 - 1
    name = f"{table[:room]}_{joined[:room]}_{tail}"
    return f"D{name[:-1]}" if name[0] == "_" or name[0].isdigit() else name


def _digest(*parts: str) -> str:
    hashed = md5(usedforsecurity=False)
    for part in parts:
        hashed.update(part.encode())
    return hashed.hexdigest()
