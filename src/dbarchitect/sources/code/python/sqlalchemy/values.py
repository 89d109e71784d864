"""What expressions of SQLAlchemy stand for besides the values that all vocabularies share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from dbarchitect.catalog.queries import Aggregate, Join, Predicate
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.values import Items, Value
from dbarchitect.sources.mapping import MappedModel, MappedRelation, Way

LIBRARY = "sqlalchemy"


@dataclass(frozen=True, slots=True)
class ColumnValue:
    """An expression of columns: a column itself, a function of one, a part of a JSON document, an aggregate.

    `column` is None where it is about no single column; `reads` are all the columns in it. `name` is how a row calls
    it. `way` leads to the column's table where a base's table holds it. `alias` tells uses of one table apart.
    `json`: it is, or is a part of, a document. `source` is the query used as a table that gives it.
    """

    column: Ref | None = None
    function: str | None = None
    path: tuple[str, ...] = ()
    name: str | None = None
    aggregate: Aggregate | None = None
    reads: frozenset[Ref] = frozenset()
    way: Way = ()
    alias: str | None = None
    json: bool = False
    folded: bool = False
    inner: Draft | None = None
    source: Draft | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Sort:
    """A column expression with a direction."""

    key: ColumnValue
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several column expressions, as the program decides when it runs."""

    options: tuple[ColumnValue | Sort, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """`column.op("@>")`, waiting for its other side."""

    column: ColumnValue
    symbol: str


@dataclass(frozen=True, slots=True)
class Quantified:
    """`any_(…)` or `all_(…)`."""

    value: Value
    kind: str


@dataclass(frozen=True, slots=True)
class RowOf:
    """`tuple_(a, b)`: several columns compared at once."""

    columns: tuple[ColumnValue, ...]


Pair: TypeAlias = tuple[ColumnValue, ColumnValue]


@dataclass(frozen=True, slots=True)
class Condition:
    """What WHERE, ON or HAVING is given: predicates, columns that must be equal (`pairs`), and what it joins."""

    predicates: tuple[Predicate, ...] = ()
    pairs: tuple[Pair, ...] = ()
    joins: tuple[Join, ...] = ()
    tables: tuple[Ref, ...] = ()
    unknown: bool = False


UNKNOWN_CONDITION = Condition(unknown=True)


@dataclass(frozen=True, slots=True)
class RelationValue:
    """An attribute of a model class by which it leads to another; `target` may be an alias of that."""

    holder: MappedModel
    relation: MappedRelation
    target: MappedModel
    way: Way = ()
    alias: str | None = None
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """A query used as a table: a subquery, CTE or alias."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Exists:
    """`exists(…)`: true when the query gives a row."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class Clause:
    """`text("…")`: SQL as it is written."""

    text: Value
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """A session or connection; `kind` is `session`, `connection`, `engine`, `maker`, `database` (Flask's `db`) or
    `savepoint`, a part of a transaction."""

    kind: str = "session"


@dataclass(frozen=True, slots=True)
class Begun:
    """A transaction that was opened by name; `inner`: a savepoint within another one."""

    session: Session
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Loader:
    """A loader option: `paths` are the relations that are loaded along, `only` the columns that are.

    `criteria` is what it demands of the rows of an entity, with the entity (`with_loader_criteria`).
    """

    paths: frozenset[str] = frozenset()
    prefix: str = ""
    eager: bool = True
    only: tuple[Ref, ...] = ()
    criteria: tuple[Value, Value] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What running a statement gave; `scalars`: only the first of each row."""

    draft: Draft
    record: Record
    scalars: bool = False
    streamed: bool = False
    mappings: bool = False


@dataclass(eq=False, slots=True)
class Row(Items):
    """A row of several columns or entities, by position and by name."""

    names: tuple[str | None, ...] = ()


@dataclass(eq=False, slots=True)
class Page:
    """What `paginate()` gave."""

    items: Value = field(default_factory=lambda: Items([]))


def column_tables(value: ColumnValue) -> tuple[Ref, ...]:
    """The tables that an expression reads, that of its own column first."""
    found = [value.column] if value.column is not None else []
    found.extend(sorted(value.reads, key=str))
    return tuple({ref.table_ref.key: ref.table_ref for ref in found}.values())
