"""What an application's code asks of its database: queries, who runs them, in which loop and transaction.

The same for every language and library. Tables and columns have the database's names. What cannot be told from
reading is said to be unknown (`QueryFact.dynamic`, `Operand.UNKNOWN`), never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.often import made_often

BEFORE_FUNCTION = 400
"""Bytes before a function in which its decorators stand."""


class Verb(StrEnum):
    """What a statement does. UPSERT writes or reads one row by a key: `ON CONFLICT`, `get_or_create`, `merge`."""

    SELECT = "select"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"
    UPSERT = "upsert"
    OTHER = "other"


class Comparison(StrEnum):
    """How a predicate compares a column. PATTERN is LIKE with a pattern that is not known, or a regular expression;
    JSON compares a part of a document (`Predicate.path`), CONTAINS_ELEMENT is `@>`, `?` or `= ANY(column)`."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    RANGE = "range"
    IN = "in"
    NOT_IN = "not in"
    IS_NULL = "is null"
    IS_NOT_NULL = "is not null"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    CONTAINS = "contains"
    PATTERN = "pattern"
    JSON = "json"
    CONTAINS_ELEMENT = "contains element"
    FULL_TEXT = "full text"
    OTHER = "other"


class Operand(StrEnum):
    """What a column is compared with or set to. EXPRESSION is computed by the database (`now()`, `balance - 5`)."""

    CONSTANT = "constant"
    PARAMETER = "parameter"
    COLUMN = "column"
    EXPRESSION = "expression"
    SUBQUERY = "subquery"
    UNKNOWN = "unknown"


class Fetch(StrEnum):
    """What is taken of the result. ITERATED streams row by row; BUILT is a query whose running is not seen here."""

    ALL = "all"
    ITERATED = "iterated"
    FIRST = "first"
    ONE = "one"
    SCALAR = "scalar"
    COUNT = "count"
    EXISTS = "exists"
    NONE = "none"
    BUILT = "built"


class Use(StrEnum):
    """What the code does with the rows it fetched. RETURNED leaves the function, and with it our sight; REQUIRED goes
    on only where there is one (`if not rows.exists(): raise …`)."""

    COUNTED = "counted in code"
    FILTERED = "filtered in code"
    SORTED = "sorted in code"
    SUMMED = "summed in code"
    TESTED = "only tested for presence"
    FIRST_ONLY = "only the first taken"
    RETURNED = "returned"
    CHANGED = "changed and written back"
    REQUIRED = "has to be there"


class Idiom(StrEnum):
    """The shape in which a query is written, where that tells more than the statement."""

    GET_OR_CREATE = "get or create"
    UPDATE_OR_CREATE = "update or create"
    ON_CONFLICT = "on conflict"
    BULK = "bulk"
    SAVE = "save"
    LAZY_RELATION = "lazy relation"
    PAGINATED = "paginated"
    ADMIN = "admin list"
    FILTER_FIELDS = "filter fields"
    DEFAULT_ORDER = "default order"
    TEMPLATE = "template"
    SERIALIZER = "serializer"


@made_often
@dataclass(frozen=True, slots=True)
class Predicate:
    """One comparison of a column in WHERE, ON or HAVING.

    `constants` are the values compared, as text (`true`, `false` and `null` for those), empty unless `operand` is
    CONSTANT. `function` is applied to the column before (`lower`, `date`, `cast`); `path` are the keys inside a JSON
    document. `optional`: applied on some ways through the code only; `alternative`: stands beside others in an OR;
    `negated`: stands under a NOT. `other` is the column compared with where `operand` is COLUMN. `along` are the
    columns for which the same side of an OR asks besides, or the same optional condition. `of_join`: stands in the ON
    of an outer join, and leaves no row of the other tables out. `upto`: a range that has an upper end alone
    (`start <= …`).
    """

    column: Ref
    comparison: Comparison
    operand: Operand = Operand.PARAMETER
    constants: tuple[str, ...] = ()
    function: str | None = None
    path: tuple[str, ...] = ()
    case_insensitive: bool = False
    optional: bool = False
    alternative: bool = False
    negated: bool = False
    other: Ref | None = None
    along: tuple[Ref, ...] = field(default=(), compare=False)
    of_join: bool = field(default=False, compare=False)
    upto: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A join: pairs of columns, the first of the table that was there, the second of the table that is joined.

    `computed` are the tables of which a query within makes groups (or leaves out what repeats, or takes the first
    rows): it is done with all of their rows before anything is joined, so that no join finds them by its columns.
    """

    pairs: tuple[tuple[Ref, Ref], ...]
    outer: bool = False
    computed: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class SortKey:
    """A key of ORDER BY. `column` is None for an expression, `function` what is applied to the column."""

    column: Ref | None
    descending: bool = False
    function: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """A LIMIT or OFFSET: its number, None where a parameter decides."""

    value: int | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`sum(amount)`: the function in lower case, and the column (None: `count(*)`, or an expression)."""

    function: str
    column: Ref | None = None


@made_often
@dataclass(frozen=True, slots=True)
class Assignment:
    """A column that INSERT or UPDATE writes. EXPRESSION is computed by the database from what it holds.

    `constants` are the values that are known, as text. `reads` names the columns that the new value is computed from
    in the code (`row.balance = row.balance - 5`): a read-modify-write. `optional`: written on some ways through the
    code only. `slug`: the value is a title made fit for an address (`slugify(title)`), with nothing put to it.
    `sealed`: something that hashes or encrypts has made it. `sure`: it cannot be NULL, as it is made there, or by its
    declared type, or because the code goes on only where it is something.
    """

    column: Ref
    operand: Operand = Operand.PARAMETER
    constants: tuple[str, ...] = ()
    reads: tuple[Ref, ...] = ()
    raw_input: bool = False
    optional: bool = False
    slug: bool = False
    sealed: bool = False
    sure: bool = False


@dataclass(frozen=True, slots=True)
class LoopFact:
    """A loop around something: `for`, `while` or `comprehension`. `over` is what it goes through, as written.

    `rows` tells that it goes through rows of the database (of `table`, where that is known), `bound` the number of
    turns where that is known, `batched` that each turn handles a slice of many.
    """

    kind: str
    over: str
    origin: Origin = field(default=Origin(), compare=False)
    rows: bool = False
    bound: int | None = None
    batched: bool = False
    table: Ref | None = field(default=None, compare=False)


@made_often
@dataclass(frozen=True, slots=True)
class Place:
    """Where in the program something happens.

    `function` is the key of a `FunctionFact`; `position` orders what happens in one function; `branch` names the
    branches around it (`("3.0", "7.1")`: first arm of the statement numbered 3, second arm of 7), so that two places
    of which one excludes the other can be told apart. `left` are the arms that never come here, because they leave
    before (`if done: …; return`). `transaction` is the place where the enclosing transaction was opened by name
    (`atomic()`, `begin()`; of several in this function the outermost), None where there is none to be seen;
    `handlers` are the origins of the enclosing `try` statements' `HandlerFact`s, innermost first.
    """

    function: str
    position: int = 0
    loops: tuple[LoopFact, ...] = ()
    branch: tuple[str, ...] = ()
    transaction: Origin | None = field(default=None, compare=False)
    handlers: tuple[Origin, ...] = field(default=(), compare=False)
    left: tuple[str, ...] = field(default=(), compare=False)


@made_often
@dataclass(frozen=True, slots=True)
class QueryFact:
    """One query as the code writes it, put together from all the statements that build it.

    `table` is the one it is mainly about (None: not known), `tables` all of them. `columns` are those read, None for
    whole rows. `key` are the columns by which GET_OR_CREATE, UPDATE_OR_CREATE and ON_CONFLICT look for a row.
    `attributes` are the columns of the fetched rows that the function goes on to use, None where the rows leave its
    sight. `dynamic` names the parts that are not known (`where`, `order by`, `table`, `columns`, `text`);
    `interpolated` what is put into the text of raw SQL unparameterised, as written, `pasted` what of it stands where a
    value belongs; `raw_input` that some of it comes from a request, with `columns` dynamic all that is written.
    `library` is `django`, `sqlalchemy`, `sql`, `prisma` …; `text` the code, at most 200 characters.
    `builders` are other places where parts of it stand (of a LAZY_RELATION: where the rows were loaded without it),
    `relation` the attribute that a LAZY_RELATION touches, with its model (`Order.customer`). `seen` counts the places
    in the code that run the very same query through one function (calls of it). `borrowed` tells that it is seen only
    with what some caller hands in, and so does not hold for every call of its function; `as_text` that it is written
    as SQL.
    """

    verb: Verb
    table: Ref | None
    place: Place
    origin: Origin
    library: str
    text: str = ""
    tables: tuple[Ref, ...] = ()
    predicates: tuple[Predicate, ...] = ()
    joins: tuple[Join, ...] = ()
    grouping: tuple[Ref, ...] = ()
    ordering: tuple[SortKey, ...] = ()
    limit: Bound | None = None
    offset: Bound | None = None
    columns: tuple[Ref, ...] | None = None
    aggregates: tuple[Aggregate, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    key: tuple[Ref, ...] = ()
    distinct: bool = False
    locks: bool = False
    fetch: Fetch = Fetch.BUILT
    idiom: Idiom | None = None
    uses: frozenset[Use] = frozenset()
    attributes: tuple[Ref, ...] | None = None
    dynamic: tuple[str, ...] = ()
    interpolated: tuple[str, ...] = ()
    raw_input: bool = False
    builders: tuple[Origin, ...] = field(default=(), compare=False)
    relation: str | None = None
    pasted: tuple[str, ...] = ()
    borrowed: bool = field(default=False, compare=False)
    as_text: bool = False


class FunctionKind(StrEnum):
    """What calls a function: a request, a background worker, a person at a command line, a test, a migration."""

    ROUTE = "route"
    TASK = "task"
    COMMAND = "command"
    MIGRATION = "migration"
    MODULE = "module"
    OTHER = "other"


@made_often
@dataclass(frozen=True, slots=True)
class FunctionFact:
    """A function or method in which something of interest happens; a module's own statements are one too (MODULE).

    `key` is `path:qualified.name`. `route` is the pattern and methods as written (`GET /orders/<id>`), None where
    there is none or it is not known. `user` tells that the function knows who is asking (`request.user`,
    `current_user`, a dependency that gives the user). `guards` are what may keep some people out, as written:
    decorators, dependencies, bases and permission classes of its class, a test of a role or right within it;
    besides a validation of what comes in.
    """

    key: str
    origin: Origin
    kind: FunctionKind = FunctionKind.OTHER
    route: str | None = None
    user: bool = False
    guards: tuple[str, ...] = ()


@made_often
@dataclass(frozen=True, slots=True)
class CallFact:
    """A call of one function of the project by another."""

    caller: Place
    callee: str
    origin: Origin


class EventKind(StrEnum):
    """Something besides queries that matters to them. EXTERNAL_CALL goes over the network to another system.

    Of an uploaded file FILE_RECEIVED takes its content, FILE_TYPE_TESTED and FILE_SIZE_TESTED test what its sender
    says of it, FILE_LOOKED_INTO reads the content to know what it is. FILE_REMOVED takes a file out of the place where
    the program keeps it. MARKUP_RENDERED puts a column into a page as
    markup, MARKUP_CLEANED takes out of a text what may not be there. UNTYPED_ROWS are rows of queries that the code
    declares as `any`.
    """

    COMMIT = "commit"
    ROLLBACK = "rollback"
    EXTERNAL_CALL = "external call"
    JSON_PARSED = "JSON parsed"
    PASSWORD_COMPARED = "password compared"  # noqa: S105 - no password, the name of a kind
    FILE_RECEIVED = "file received"
    FILE_TYPE_TESTED = "file type tested"
    FILE_SIZE_TESTED = "file size tested"
    FILE_LOOKED_INTO = "file looked into"
    FILE_REMOVED = "file removed"
    MARKUP_RENDERED = "markup rendered"
    MARKUP_CLEANED = "markup cleaned"
    UNTYPED_ROWS = "untyped rows"


class SignKind(StrEnum):
    """What words of a program tell of the whole of it, wherever they stand.

    ATTEMPTS_LIMITED: something limits how often a visitor may try, or another system signs people in;
    FAILURES_RETRIED: something runs a transaction again that the database refused.
    MISPLACED_ATOMIC_REQUESTS: the setting that would run each request in a transaction stands where nothing reads it.
    """

    ATTEMPTS_LIMITED = "attempts limited"
    FAILURES_RETRIED = "failures retried"
    MISPLACED_ATOMIC_REQUESTS = "misplaced atomic requests"


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of a kind: the words, and where they stand first."""

    kind: SignKind
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class EventFact:
    """Something that happens at a place; `column` is the one that JSON is parsed from, or that is put into a page."""

    kind: EventKind
    place: Place
    origin: Origin
    text: str = ""
    column: Ref | None = None


@made_often
@dataclass(frozen=True, slots=True)
class HandlerFact:
    """One `except` clause: what it catches (dotted names; empty: everything), and what it does then.

    `status` is the HTTP status that it answers with, where that is known. `swallows`: it neither raises, nor answers
    with an error, nor gives the caller a sign; `empty` is what it returns then as if there were nothing, as written
    (`[]`, `None`).
    """

    function: str
    origin: Origin
    attempt: Origin
    catches: tuple[str, ...] = ()
    raises: bool = False
    rolls_back: bool = False
    logs: bool = False
    swallows: bool = False
    status: int | None = None
    empty: str | None = None


@made_often
@dataclass(frozen=True, slots=True)
class FieldRule:
    """What one layer above the database demands of a value: a form, a serializer, a pydantic model, a constant.

    `layer` is `form`, `serializer`, `schema`, `constant` or `model` (its own `clean`); `column` the column that the
    value goes to, None where that is not known. `choices` are the values allowed, empty: no set. `check` is a function
    that looks at the value itself (`validate_content`) and may refuse it: its key where it is one of the project.
    """

    layer: str
    name: str
    origin: Origin
    column: Ref | None = None
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    required: bool | None = None
    pattern: str | None = None
    check: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """All that was read of an application's code, equal only to itself. `files` counts those with queries.

    `loose` are the places where a row of a table is made, and nothing is seen to put it into the database. `signs` are
    searched for only where something makes them matter: passwords that are compared, transactions. `isolated` are the
    places that open a transaction at REPEATABLE READ or SERIALIZABLE.
    """

    queries: tuple[QueryFact, ...] = ()
    functions: Mapping[str, FunctionFact] = field(default_factory=lambda: MappingProxyType({}))
    calls: tuple[CallFact, ...] = ()
    events: tuple[EventFact, ...] = ()
    handlers: tuple[HandlerFact, ...] = ()
    rules: tuple[FieldRule, ...] = ()
    files: int = 0
    loose: tuple[tuple[Ref, Origin], ...] = ()
    signs: tuple[Sign, ...] = ()
    isolated: frozenset[Origin] = frozenset()

    def about(self, table: Ref) -> Iterator[QueryFact]:
        """The queries that read or write a table, as their main one or by a join."""
        yield from _by_table(self).get(table.key, ())

    def function(self, place: Place) -> FunctionFact | None:
        """The function that a place lies in."""
        return self.functions.get(place.function)


@lru_cache(maxsize=4)
def _by_table(code: Code) -> Mapping[tuple[str, ...], tuple[QueryFact, ...]]:
    """The queries that are about each table: rules ask for every table of thousands of queries."""
    found: dict[tuple[str, ...], list[QueryFact]] = {}
    for query in code.queries:
        for key in dict.fromkeys(ref.key for ref in query.tables):
            found.setdefault(key, []).append(query)
    return {key: tuple(queries) for key, queries in found.items()}
