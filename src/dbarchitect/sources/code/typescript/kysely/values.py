"""What expressions of Kysely stand for besides what every query builder has."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.values import Condition, Pair, Scope
from dbarchitect.sources.code.values import Value

LIBRARY = "kysely"


@dataclass(frozen=True, slots=True)
class Client:
    """A Kysely object, or a transaction; `queries` are those that `with(…)` gave names."""

    queries: Scope = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """`db.transaction()`, waiting for what it is to run; `level` is the one that it was given."""

    level: Value = None


@dataclass(frozen=True, slots=True)
class Builder:
    """An expression builder: `eb`, with the tables whose columns it may name."""

    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Functions:
    """`eb.fn`."""

    scope: Scope = ()


@dataclass(frozen=True, slots=True)
class Case:
    """`eb.case()…`, with the columns read so far."""

    scope: Scope = ()
    reads: frozenset[Ref] = frozenset()


@dataclass(frozen=True, slots=True)
class Joining:
    """What the callback of a join is given: `join.onRef(…).on(…)`."""

    scope: Scope = ()
    pairs: tuple[Pair, ...] = ()
    condition: Condition = Condition()  # noqa: RUF009 - frozen and without state


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the callback of `onConflict` is given."""

    draft: Draft
