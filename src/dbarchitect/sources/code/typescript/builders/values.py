"""What expressions of a query builder stand for besides the values that all vocabularies share."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.catalog.queries import Aggregate, Join, Predicate
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.values import Value


@dataclass(frozen=True, slots=True)
class Column:
    """An expression of columns: a column itself, a function of one, an aggregate.

    `column` is None where it is about no single column; `reads` are all the columns in it. `name` is how a row calls
    it, `alias` under which name its table is used. `inner` is a query that gives the value.
    """

    column: Ref | None = None
    function: str | None = None
    path: tuple[str, ...] = ()
    name: str | None = None
    aggregate: Aggregate | None = None
    reads: frozenset[Ref] = frozenset()
    alias: str | None = None
    json: bool = False
    inner: Draft | None = None

    @property
    def plain(self) -> bool:
        """Whether it is a column as it is."""
        return self.column is not None and not (self.function or self.path or self.aggregate or self.inner)


@dataclass(frozen=True, slots=True)
class Sort:
    """A column expression, or a text of one, with a direction."""

    key: Column | Fragment
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """One of several column expressions, as the program decides when it runs."""

    options: tuple[Column | Sort, ...]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL written as a template: texts and values in turn; `sources` how each value is written.

    `name` is how a row calls it.
    """

    parts: tuple[str | Value, ...]
    name: str | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """`sql.raw(text)`: put into the text as it is; `source` is how it is written in the program."""

    value: Value
    source: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of SQL that stands in a condition, to be read when it is known of which tables."""

    fragment: Fragment
    alternative: bool = False
    negated: bool = False
    optional: bool = False


Pair = tuple[Column, Column]


@dataclass(frozen=True, slots=True)
class Condition:
    """What WHERE, ON or HAVING is given: predicates, columns that must be equal (`pairs`), and what it joins.

    `built` are the places where queries within it are written.
    """

    predicates: tuple[Predicate, ...] = ()
    pairs: tuple[Pair, ...] = ()
    joins: tuple[Join, ...] = ()
    tables: tuple[Ref, ...] = ()
    written: tuple[Written, ...] = ()
    unknown: bool = False
    built: tuple[Origin, ...] = ()


UNKNOWN_CONDITION = Condition(unknown=True)


@dataclass(frozen=True, slots=True)
class Derived:
    """A query used as a table: a subquery or a CTE."""

    draft: Draft
    name: str | None = None


@dataclass(frozen=True, slots=True)
class EitherQuery:
    """One of several queries that begin at different places, as the program decides."""

    options: tuple[Draft, ...]


@dataclass(eq=False, slots=True)
class Row:
    """A row that has values by names; using them is noted in its record."""

    record: Record
    fields: dict[str, Value] = field(default_factory=dict)


def tables_of(value: Column) -> tuple[Ref, ...]:
    """The tables that an expression reads, that of its own column first."""
    found = [value.column] if value.column is not None else []
    found.extend(sorted(value.reads, key=str))
    return tuple({ref.table_ref.key: ref.table_ref for ref in found}.values())


def column(ref: Ref, name: str | None = None, alias: str | None = None, *, json: bool = False) -> Column:
    """A column as it is."""
    return Column(ref, name=name, reads=frozenset({ref}), alias=alias, json=json)


@dataclass(frozen=True, slots=True)
class Source:
    """A table, or a query used as one, under the name that a query has for it.

    `columns` are those known, by the name that the program may write; None: any. `derived`: it is a query, `inner` the
    one that `with(…)` gave the name.
    """

    label: str
    ref: Ref | None
    columns: tuple[tuple[str, Column], ...] | None = None
    derived: bool = False
    json: frozenset[Ref] = frozenset()
    inner: Draft | None = None


Scope = tuple[Source, ...]
