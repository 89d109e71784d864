"""Whether a fact asks for what the schema had already: an index that begins with its columns, a key within them.

A primary key and a unique key serve as an index. MySQL makes an index for every foreign key by itself. What is unique
by fewer columns is unique by more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from facts import Fact

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Survey


@dataclass(frozen=True, slots=True)
class Served:
    """What the tables of an application have: (table, columns in their order, whether they are unique)."""

    paths: frozenset[tuple[str, tuple[str, ...], bool]] = frozenset()

    def has(self, fact: Fact) -> bool:
        """Whether a fact asks for nothing new."""
        name = fact.table.rpartition(".")[2].casefold()
        wanted = tuple(column.casefold() for column in fact.columns)
        for table, columns, unique in self.paths:
            if table != name:
                continue
            if fact.kind == "index_added" and columns[: len(wanted)] == wanted:
                return True
            if fact.kind == "unique_added" and unique and set(columns) <= set(wanted):
                return True
        return False


NOTHING = Served()


def served(survey: Survey) -> Served:
    """What the tables of a survey have."""
    return Served(frozenset(path for table in survey.tables for path in _paths(table, survey.catalog)))


def _paths(table: Table, catalog: Catalog) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    name = table.name.casefold()
    for index in table.access_paths():
        if index.predicate is None and index.column_names:
            whole = len(index.column_names) == len(index.columns)
            yield name, tuple(column.casefold() for column in index.column_names), index.unique and whole
    if catalog.engine.capabilities.indexes_foreign_keys_itself:
        for key in table.foreign_keys:
            yield name, tuple(column.casefold() for column in key.columns), False
