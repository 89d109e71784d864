"""What expressions of Drizzle stand for besides what every query builder has."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.mapping import MappedModel

LIBRARY = "drizzle"


@dataclass(frozen=True, slots=True)
class Directions:
    """`asc` or `desc`, as the program decides."""


@dataclass(frozen=True, slots=True)
class SomeTable:
    """One of several tables, as the program decides."""


@dataclass(frozen=True, slots=True)
class Naming:
    """`db.$with("name")`, waiting for its query."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Database:
    """A database, or a transaction on it."""


@dataclass(frozen=True, slots=True)
class Relational:
    """`db.query` (`model` None) and `db.query.users`."""

    model: MappedModel | None = None


@dataclass(frozen=True, slots=True)
class Operators:
    """What a callback of a relational query is given besides the table: `{ eq, and, sql }`."""


@dataclass(frozen=True, slots=True)
class Started:
    """`db.select(fields)`, waiting for the table; `known`: certainly of the library, whatever the table is."""

    draft: Draft
    fields: Value | None = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query that is prepared, to be run later."""

    draft: Draft
