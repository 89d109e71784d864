"""Keys of another table, many in one column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import singular, words
from dbarchitect.rules._schema.shape import LOGS, is_copy, joined_columns, tables_by_thing

_ENDINGS = frozenset({"ids", "uuids"})


class KeysInArray(Rule):
    """Keys of another table kept in an array

    ## What it finds
    An array column called after the keys of a table that exists (`survey_ids`, `scoreConfigIds`) and of the type of its
    primary key. Logs and copies of rows, which must keep what was, are left out.

    ## Why it matters
    No foreign key reaches into an array: what is deleted over there stays in the list here, and a key that never was is
    taken too. Asking from the other side ("which webhooks belong to this survey?") reads every row, unless there is a
    GIN index, and joins need `unnest`.

    ## When to leave it
    The list is a record of what held at some time, or of a few keys that are only ever read with their row.

    ## How the fix works
    There is none by itself: it takes a table with two foreign keys (in Prisma a relation of two lists), a migration of
    the data, and a change of the program.

    ## References
    - https://www.postgresql.org/docs/current/arrays.html#ARRAYS-SEARCHING
    """

    code = "KEY017"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            if is_copy(table) or LOGS.ends(table.name):
                continue
            for column, target, key in _lists(survey.catalog, table):
                ref, other = table.ref.column(column.name), target.ref.column(key.name)
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} keeps keys of {target.ref} in an array: no foreign key can hold them, and what is deleted "
                    f"from {target.ref} stays in the list.",
                    f"Keep the pairs in a table with a foreign key to {table.ref} and one to {target.ref}.",
                    (
                        Evidence(EvidenceKind.CATALOG, f"{ref} {column.type}", survey.origin_of(ref)),
                        Evidence(EvidenceKind.CATALOG, f"{other} {key.type} is a primary key", target.origin),
                    ),
                    survey.origin_of(ref),
                    salient=(str(target.ref),),
                )


def _lists(catalog: Catalog, table: Table) -> Iterator[tuple[Column, Table, Column]]:
    """The arrays of a table that keep keys, with the table and its key."""
    for column in table.ordered_columns:
        own = words(column.name)
        if not column.type.dimensions or len(own) < 2 or own[-1] not in _ENDINGS or column.generated is not None:
            continue
        named = catalog.derive(tables_by_thing).get("".join(singular(word) for word in own[:-1]), [])
        targets = [t for t in named if t.primary_key is not None and not joined_columns(t)]
        if len(targets) != 1 or targets[0].primary_key is None or len(targets[0].primary_key.columns) != 1:
            continue
        key = targets[0].column(targets[0].primary_key.columns[0])
        if key is not None and key.type.family is replace(column.type, dimensions=0).family:
            yield column, targets[0], key
