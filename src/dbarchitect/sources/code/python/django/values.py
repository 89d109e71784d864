"""What Django's ORM adds to the values of a program: managers, querysets, `Q`, `F` and the expressions made of them."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.values import Rows, Value
from dbarchitect.sources.mapping import MappedRelation
from dbarchitect.sources.python.statements import ClassDef


@dataclass(frozen=True, slots=True)
class QueryKind:
    """Which classes of the project give a manager and its querysets methods of their own, the nearest first.

    `narrowed`: a package's manager stands behind it, which leaves rows out.
    """

    manager: tuple[ClassDef, ...] = ()
    queryset: tuple[ClassDef, ...] = ()
    narrowed: bool = False


PLAIN = QueryKind()
NARROWED = QueryKind(narrowed=True)


@dataclass(frozen=True, slots=True)
class KindClass:
    """A class of managers or of querysets: `OrderManager`, `models.Manager.from_queryset(OrderQuerySet)`."""

    kind: QueryKind
    manager: bool


@dataclass(frozen=True, slots=True)
class UnboundManager:
    """A manager as a class's body makes it: it knows no model yet."""

    kind: QueryKind


@dataclass(frozen=True, slots=True, eq=False)
class QuerySet:
    """A queryset, or a manager (which makes one as soon as a method is called).

    `row` and `relation` are those of a related manager, `rows` what was prefetched for it.
    """

    draft: Draft
    kind: QueryKind = PLAIN
    manager: bool = False
    row: Rows | None = None
    relation: MappedRelation | None = None
    rows: Rows | None = None


SHOWN = "shown"
"""A draft's note: a list view's own rows, which its template gets whatever else is done with them."""
HELD = "held"
"""A draft's note: the rows that a method of a queryset's class is asked of, of which its caller knows more."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A `Q`: parts that must all hold, or of which one must (`either`). A part is (lookup, value), a Condition, or an
    expression that is a test by itself. `open`: there may be more that nobody knows."""

    parts: tuple[tuple[str, Value] | Condition | Value, ...] = ()
    either: bool = False
    negated: bool = False
    open: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FieldPath:
    """`F("user__email")`; `outer`: `OuterRef`."""

    path: str
    outer: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What the database computes: `Lower("name")`, `F("stock") - 1`, `Count("items", filter=…)`, `Subquery(…)`.

    `function` is the class in lower case, or an operator; `descending` is set by `.asc()` and `.desc()`.
    """

    function: str
    args: tuple[Value, ...] = ()
    filter: Value | None = None
    descending: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prefetch:
    """`Prefetch("items", queryset=…, to_attr=…)`."""

    path: str
    queryset: QuerySet | None = None
    to_attr: str | None = None


@dataclass(frozen=True, slots=True)
class Atomic:
    """`transaction.atomic()`."""


@dataclass(frozen=True, slots=True, eq=False)
class Above:
    """`super()` of a manager, queryset or row: `owner` is the class whose bases are asked."""

    held: Value
    owner: ClassDef


@dataclass(eq=False, slots=True)
class Pages:
    """`Paginator(queryset, 25)`."""

    source: Value
    size: Value | None = None
