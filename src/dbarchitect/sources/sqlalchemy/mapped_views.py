"""Models that are mapped onto views: their columns are a query's, so no rule of tables applies to them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Diagnostic

_VIEW = re.compile(
    rb"create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:materialized\s+)?(?:recursive\s+)?view\s+"
    rb"(?:if\s+not\s+exists\s+)?(?:[\w\"`]+\.)?[\"`]?(\w+)",
    re.IGNORECASE,
)
_TABLE = re.compile(
    rb"create_table\(\s*[\"'](\w+)[\"']|create\s+table\s+(?:if\s+not\s+exists\s+)?[\"`]?(\w+)", re.IGNORECASE
)


def without_views(catalog: Catalog, migrations: Iterable[bytes]) -> tuple[Catalog, tuple[Diagnostic, ...]]:
    """The catalog without the tables that the migrations' sources make as views and never as tables; each is said."""
    views: set[str] = set()
    tables: set[str] = set()
    for source in migrations:
        views |= {name.decode("ascii", "replace").casefold() for name in _VIEW.findall(source)}
        found = (one or other for one, other in _TABLE.findall(source))
        tables |= {name.decode("ascii", "replace").casefold() for name in found}
    mapped = [table for table in catalog.tables if table.name.casefold() in views - tables]
    said = tuple(
        Diagnostic(table.origin, f"{table.name} is a view by the migrations: the model is not judged as a table")
        for table in mapped
    )
    kept = tuple(table for table in catalog.tables if table not in mapped)
    return (replace(catalog, tables=kept) if mapped else catalog), said
