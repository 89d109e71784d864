"""What is read of a text of SQL: plain data, the parts of a `QueryFact` with the types of `catalog.queries`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dbarchitect.catalog.queries import (
    Aggregate,
    Assignment,
    Bound,
    Idiom,
    Join,
    Predicate,
    SortKey,
    Verb,
)
from dbarchitect.catalog.refs import Ref

LONGEST_TEXT = 200_000
"""Characters: a longer text is data, or made to hurt."""


class Unreadable(Exception):  # noqa: N818 - the fact, not the noun
    """A text that no dialect's grammar accepts, or that is too large; its message is the parser's reason."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A place where code puts something into the text of SQL; `text` is what, as written (`user_id`, `order_by`)."""

    text: str = ""


class StatementKind(StrEnum):
    """What sort of statement it is: a query, or one that concerns transactions, settings or the schema."""

    QUERY = "query"
    BEGIN = "begin"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    SAVEPOINT = "savepoint"
    RELEASE = "release"
    ROLLBACK_TO = "rollback to savepoint"
    LOCK = "lock"
    SET = "set"
    PRAGMA = "pragma"
    COPY = "copy"
    TRUNCATE = "truncate"
    SCHEMA = "schema"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SqlQuery:
    """One statement; the fields that `QueryFact` has too mean the same there.

    `reads` are all the columns that it touches in any part, as a server would list them. `holes` are those that stand
    in it. `text` is the statement as written, a hole as `{what}`. `dynamic` names `limit` beside the parts that
    `QueryFact` tells of, where a hole at the end may hold one. `single`: it has no FROM, and so gives one row.
    """

    verb: Verb
    table: Ref | None = None
    kind: StatementKind = StatementKind.QUERY
    tables: tuple[Ref, ...] = ()
    predicates: tuple[Predicate, ...] = ()
    joins: tuple[Join, ...] = ()
    grouping: tuple[Ref, ...] = ()
    ordering: tuple[SortKey, ...] = ()
    limit: Bound | None = None
    offset: Bound | None = None
    columns: tuple[Ref, ...] | None = ()
    aggregates: tuple[Aggregate, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    key: tuple[Ref, ...] = ()
    distinct: bool = False
    locks: bool = False
    idiom: Idiom | None = None
    dynamic: tuple[str, ...] = ()
    reads: tuple[Ref, ...] = ()
    holes: tuple[Hole, ...] = ()
    text: str = ""
    single: bool = False
