"""SQL expressions, compared by what they mean to the server rather than by how they were typed.

Servers rewrite what they are told: PostgreSQL reads `a in ('x', 'y')` back as
`((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))` and `between` as two
comparisons. An `Expression` therefore keeps its text (not compared) and a canonical form (compared).

The functions below answer what rules ask of an expression. They judge a CHECK or a predicate as a whole: what they
report holds for every row that satisfies it (or, for a CHECK, for every row whose columns are not null).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache, wraps
from types import MappingProxyType
from typing import TypeVar

from dbarchitect.catalog import expression_tree as tree
from dbarchitect.catalog.expression_tree import Node, Shape
from dbarchitect.catalog.types import SqlType, parse_type

CACHE_SIZE = 16384
LONGEST_PARSED = 100_000
"""Characters: a longer expression was not written by a person, and is compared as text."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A default, a CHECK, a predicate or an index expression.

    `text` is what the source wrote or the server printed; `canonical` is the normal form that comparisons use.
    Make one with `expression(text)`.
    """

    text: str = field(compare=False)
    canonical: str

    def __str__(self) -> str:
        """The text as written."""
        return self.text


@dataclass(frozen=True, slots=True)
class Bounds:
    """The constants between which a value must lie, as written without quotes; None where a side is open."""

    low: str | None = None
    low_inclusive: bool = True
    high: str | None = None
    high_inclusive: bool = True


@dataclass(frozen=True, slots=True)
class LengthLimit:
    """A CHECK that limits a column's length to at most `maximum`, measured by `function` (`length` counts
    characters, `octet_length` and `pg_column_size` bytes)."""

    column: str
    maximum: int
    function: str = "length"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of two columns: `left operator right`."""

    left: str
    operator: str
    right: str


@lru_cache(maxsize=CACHE_SIZE)
def expression(text: str, type_: SqlType | None = None) -> Expression:
    """Make an expression of SQL text in any of our dialects.

    `type_` is for defaults: the column's type, to which the server converts a constant (`'7'` in an integer column is
    7, `1` in a boolean one is true). Unquoted names fold to lower case. Text that no parser can read keeps its words,
    white space folded outside quotes: it then equals only itself.
    """
    node = _node(text)
    if type_ is not None and node.shape is Shape.LITERAL:
        node = tree.cast(node, type_)
    return Expression(text, str(tree.plain(node)))


@lru_cache(maxsize=CACHE_SIZE)
def _node(text: str) -> Node:
    bare = text.strip().rstrip(";").strip()
    simple = _simple(bare) or _stored_condition(bare)
    if simple is not None:
        return simple
    if len(bare) > LONGEST_PARSED:
        return Node(Shape.WORD, _folded(bare))
    from dbarchitect.catalog.expression_parser import parse

    parsed = parse(bare)
    return parsed if parsed is not None else Node(Shape.WORD, _folded(bare))


_SIMPLE = re.compile(
    r"""(?:(?P<string>'(?:[^'\\]|'')*')
    |(?P<number>-?\d+(?:\.\d+)?|\(-?\d+(?:\.\d+)?\))
    |(?P<word>true|false|null)
    |(?P<now>now\(\)|current_timestamp(?:\(\d?\))?)
    |nextval\((?P<sequence>'(?:[^'\\]|'')*')(?:::regclass)?\)
    |(?P<function>[a-z_][a-z0-9_]*)\(\))
    (?P<cast>(?:::(?:[a-z_][a-z0-9_ ]*|"[^"]+")(?:\(\d+(?:,\d+)?\))?(?:\[\])*)*)\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_PARSED_FUNCTIONS = frozenset({"case", "array", "row", "exists", "cast", "localtimestamp", "transaction_timestamp"})


def _simple(text: str) -> Node | None:
    """The commonest defaults without a parser: constants, now(), nextval(), a function without arguments."""
    match = _SIMPLE.match(text)
    while match is None and text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
        match = _SIMPLE.match(text)
    if match is None:
        return None
    if match["string"]:
        node = tree.string(match["string"][1:-1].replace("''", "'"))
    elif match["number"]:
        node = tree.number(match["number"].strip("()"))
    elif match["word"]:
        node = Node(Shape.LITERAL, match["word"].lower())
    elif match["now"]:
        node = tree.NOW
    elif match["sequence"]:
        sequence = tree.string(match["sequence"][1:-1].replace("''", "'"))
        node = tree.call("nextval", (tree.cast(sequence, parse_type("regclass")),))
    elif match["function"].lower() in _PARSED_FUNCTIONS or match["cast"]:
        return None
    else:
        node = tree.call(match["function"].lower(), ())
    for type_name in filter(None, match["cast"].split("::")):
        node = tree.cast(node, parse_type(type_name))
    return node


def normal_form(e: Expression) -> Node:
    """The tree of the expression's normal form, for questions that the functions below do not answer."""
    return _node(e.text)


_NAME = r"""[a-z_][a-z0-9_]*|"[^"]+\""""
_CONSTANT = r"""'(?:[^'\\]|'')*'(?:::[a-z][a-z ]*(?:\(\d+\))?)?|-?\d+(?:\.\d+)?"""
_CONDITION = re.compile(
    rf"""\(?(?:\((?P<text>{_NAME})\)::text|(?P<bare>{_NAME}))\ (?:
    (?P<operator><=|>=|<>|<|>|=)\ (?P<constant>{_CONSTANT}|\(-\d+(?:\.\d+)?\))
    |=\ ANY\ \(\(?ARRAY\[(?P<values>(?:{_CONSTANT})(?:,\ (?:{_CONSTANT}))*)\](?:\)::text\[\])?\))\)?\Z""",
    re.VERBOSE,
)
_NO_COLUMNS = {
    "array", "case", "cast", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
    "current_timestamp", "current_user", "date", "exists", "false", "interval", "localtime", "localtimestamp", "not",
    "null", "row", "session_user", "time", "timestamp", "true", "user",
}  # fmt: skip


def _stored_condition(text: str) -> Node | None:
    """The commonest conditions as PostgreSQL prints them, `(amount >= 0)` and `((state)::text = ANY ((ARRAY[…])…))`,
    without a parser: a large catalog is full of them, and a parser takes most of the time of reading it."""
    match = _CONDITION.match(text)
    if match is None or text.count("(") != text.count(")"):
        return None
    name = match["text"] or match["bare"]
    if name in _NO_COLUMNS:
        return None
    subject = tree.column(name[1:-1] if name.startswith('"') else name)
    if match["text"]:
        subject = tree.cast(subject, parse_type("text"))
    if match["values"] is not None:
        values = [_simple(value) for value in re.findall(_CONSTANT, match["values"])]
        return tree.membership(subject, [value for value in values if value is not None]) if all(values) else None
    constant = _simple(match["constant"])
    return None if constant is None else tree.compare(match["operator"], subject, constant)


def _folded(text: str) -> str:
    """White space folded outside quotes."""
    pieces = re.split(r"""('(?:[^']++|'')*'|"(?:[^"]++|"")*")""", text)
    return "".join(piece if index % 2 else re.sub(r"\s+", " ", piece) for index, piece in enumerate(pieces)).strip()


_T = TypeVar("_T")


def _memoised(question: Callable[[Node], _T]) -> Callable[[Expression], _T]:
    """A question about the normal form, answered once for each text."""
    cached = lru_cache(maxsize=CACHE_SIZE)(question)

    @wraps(question)
    def ask(e: Expression) -> _T:
        return cached(_node(e.text))

    return ask


def _conjuncts(node: Node) -> tuple[Node, ...]:
    return node.parts if node.shape is Shape.AND else (node,)


def _name(node: Node) -> str | None:
    return node.value if node.shape is Shape.COLUMN and not node.parts else None


def _plain(node: Node) -> str:
    text = tree.unquoted(node)
    return tree.plain(node).value if text is None else text


def _terms(node: Node) -> Iterator[tuple[Node, frozenset[Node]]]:
    """What holds for every row that the expression lets through: each simple term, and the subjects whose being
    NULL excuses a row from it (`a IS NULL OR a > 0` yields `a > 0` with `a`)."""
    for term in _conjuncts(node):
        if term.shape is not Shape.OR:
            yield term, frozenset()
            continue
        excuses = frozenset(part.parts[0] for part in term.parts if part.shape is Shape.IS_NULL)
        ways = [part for part in term.parts if part.shape is not Shape.IS_NULL]
        if len(ways) == 1:
            for part in _conjuncts(ways[0]):
                yield part, excuses


def _unconditional(node: Node) -> Iterator[tuple[Node, Node]]:
    """The terms that bind their subject whenever it is not null, each with its subject."""
    for term, excuses in _terms(node):
        if term.parts and excuses <= {term.parts[0]} | {found for found in term.parts[0].walk() if _name(found)}:
            yield term, term.parts[0]


@_memoised
def columns_of(node: Node) -> tuple[str, ...]:
    """The columns that the expression names, sorted."""
    return tuple(sorted({found.value for found in node.walk() if found.shape is Shape.COLUMN}))


@_memoised
def functions_of(node: Node) -> tuple[str, ...]:
    """The functions that the expression calls, in lower case, sorted."""
    return tuple(sorted({found.value for found in node.walk() if found.shape is Shape.CALL}))


@_memoised
def value_sets(node: Node) -> Mapping[str, tuple[str, ...]]:
    """For each column that the CHECK limits to a list of constants: the values, unquoted and sorted.

    NULL may be allowed besides. A set that holds only under a condition (`a = 1 OR b IN (…)`) is not reported.
    """
    found: dict[str, set[str]] = {}
    for term, subject in _unconditional(node):
        name, values = _name(subject), _listed(term)
        if name is not None and values is not None:
            found[name] = found[name] & values if name in found else values
    return MappingProxyType({name: tuple(sorted(values)) for name, values in sorted(found.items())})


def _listed(term: Node) -> set[str] | None:
    """The values of `subject IN (constants)` or `subject = constant`."""
    is_list = term.shape is Shape.IN or (term.shape is Shape.OPERATOR and term.value == "=")
    if not is_list or any(part.shape is not Shape.LITERAL for part in term.parts[1:]):
        return None
    return {_plain(part) for part in term.parts[1:] if part != tree.NULL}


@_memoised
def bounds(node: Node) -> Mapping[str, Bounds]:
    """For each column that the CHECK compares with constants: the tightest bounds."""
    found: dict[str, Bounds] = {}
    for term, subject in _unconditional(node):
        name = _name(subject)
        ordered = term.shape is Shape.OPERATOR and term.value in {"<", "<=", ">", ">="}
        if name is not None and ordered and term.parts[1].shape is Shape.LITERAL:
            found[name] = _tighten(found.get(name, Bounds()), term.value, _plain(term.parts[1]))
    return MappingProxyType(dict(sorted(found.items())))


def _tighten(known: Bounds, operator: str, constant: str) -> Bounds:
    inclusive = operator.endswith("=")
    if operator.startswith(">"):
        if known.low is None or _exceeds(constant, known.low) or (constant == known.low and not inclusive):
            return replace(known, low=constant, low_inclusive=inclusive)
    elif known.high is None or _exceeds(known.high, constant) or (constant == known.high and not inclusive):
        return replace(known, high=constant, high_inclusive=inclusive)
    return known


def _exceeds(left: str, right: str) -> bool:
    try:
        return Decimal(left) > Decimal(right)
    except InvalidOperation:
        return left > right


@_memoised
def not_null_columns(node: Node) -> tuple[str, ...]:
    """The columns that the expression requires to be not null, sorted."""
    terms = (term for term in _conjuncts(node) if term.shape is Shape.IS_NOT_NULL)
    return tuple(sorted(name for term in terms if (name := _name(term.parts[0])) is not None))


_MOST_DIGITS = 18  # of a length that a column can have
_LENGTHS = frozenset({"length", "octet_length", "pg_column_size"})


@_memoised
def length_limits(node: Node) -> tuple[LengthLimit, ...]:
    """The columns whose length the CHECK limits from above (`length(bio) <= 500`)."""
    found = filter(None, (_length_limit(term) for term, _ in _unconditional(node)))
    return tuple(sorted(found, key=lambda limit: (limit.column, limit.function, limit.maximum)))


def _length_limit(term: Node) -> LengthLimit | None:
    if term.shape is not Shape.OPERATOR or term.value not in {"<", "<=", "="}:
        return None
    measured, limit = term.parts
    if measured.shape is not Shape.CALL or measured.value not in _LENGTHS or limit.shape is not Shape.LITERAL:
        return None
    inner = measured.parts[0] if measured.parts else measured
    while inner.shape in (Shape.CALL, Shape.CAST) and inner.parts:
        inner = inner.parts[0]  # length(trim(name)) limits name as well
    name = _name(inner)
    digits = limit.value.lstrip("-")
    if name is None or not digits.isdecimal() or len(digits) > _MOST_DIGITS:
        return None
    return LengthLimit(name, int(limit.value) - (term.value == "<"), measured.value)


_CLOCKS = frozenset({"now", "clock_timestamp", "statement_timestamp", "utc_timestamp", "sysdate", "getdate"})
_SQLITE_CLOCKS = frozenset({"datetime", "strftime", "julianday", "unixepoch", "current_datetime"})


@_memoised
def is_current_timestamp(node: Node) -> bool:
    """True for every spelling of "now, as date and time": now(), CURRENT_TIMESTAMP, datetime('now'), …"""
    while node.shape is Shape.CAST and node.value.startswith(("timestamp", "datetime", "bigint", "integer", "int")):
        node = node.parts[0]
    if node.shape is not Shape.CALL:
        return False
    if node.value == "timezone":
        return any(part == tree.NOW for part in node.parts)
    if node.value in _SQLITE_CLOCKS:
        return not node.parts or any(tree.unquoted(part) == "now" for part in node.parts)
    return node.value in _CLOCKS


@_memoised
def literal_value(node: Node) -> str | None:
    """The constant that the expression is, without quotes; None where it is none, or NULL."""
    return _plain(node) if node.shape is Shape.LITERAL and node != tree.NULL else None


@_memoised
def comparisons(node: Node) -> tuple[Comparison, ...]:
    """The comparisons of one column with another that the expression requires (`end_at > start_at`)."""
    found: list[Comparison] = []
    for term, excuses in _terms(node):
        if term.shape is Shape.OPERATOR and term.value in tree.MIRRORED and excuses <= set(term.parts):
            left, right = map(_name, term.parts)
            if left is not None and right is not None:
                found.append(Comparison(left, term.value, right))
    return tuple(found)


def implies_is_null(predicate: Expression, column: str) -> bool:
    """True where a row satisfies the predicate only with `column IS NULL`: what remains of a soft delete."""
    wanted = Node(Shape.IS_NULL, parts=(tree.column(column),))
    return wanted in _conjuncts(_node(predicate.text))
