"""What stands beside a column in a comparison or an assignment: a constant, a parameter, a pattern."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlglot import exp

from dbarchitect.catalog.queries import Comparison, Operand
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.sql.lexing import Marks
from dbarchitect.sources.code.sql.names import Scope

_NOW = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Localtimestamp, exp.Localtime)
_NOW_NAMES = frozenset(
    {"now", "current_timestamp", "clock_timestamp", "statement_timestamp", "datetime", "date", "sysdate"}
)
_NOW_NAMES |= frozenset(
    {"unix_timestamp", "curdate", "utc_timestamp", "transaction_timestamp", "strftime", "julianday"}
)


@dataclass(frozen=True, slots=True)
class Value:
    """One side of a comparison: what it is, its constants, and the column where it is one."""

    operand: Operand
    constants: tuple[str, ...] = ()
    other: Ref | None = None


def mark_of(node: exp.Expr, marks: Marks) -> str | None:
    """The name of the parameter or hole that a node is, None where it is none."""
    if isinstance(node, exp.Column) and node.args.get("table") is None:
        node = node.this
    if isinstance(node, exp.Placeholder):
        return marks.parameter()
    if isinstance(node, exp.Identifier) and marks.has_any(str(node.this)):
        return str(node.this)
    return None


def is_hole(node: exp.Expr, marks: Marks) -> bool:
    """Whether a node is a hole alone."""
    return marks.has_hole(mark_of(unwrapped(node), marks) or "")


def unwrapped(node: exp.Expr) -> exp.Expr:
    """Without parentheses and casts."""
    while isinstance(node, exp.Paren | exp.Cast | exp.TryCast) and isinstance(node.this, exp.Expr):
        node = node.this
    return node


def constant(node: exp.Expr, marks: Marks) -> str | None:
    """The text of a constant, None for anything else."""
    node = unwrapped(node)
    match node:
        case exp.Literal() | exp.National() | exp.RawString() | exp.ByteString():
            text = str(node.this)
            return None if marks.has_any(text) else text
        case exp.Boolean():
            return "true" if node.this else "false"
        case exp.Null():
            return "null"
        case exp.Neg():
            inner = constant(node.this, marks)
            return None if inner is None else f"-{inner}"
        case exp.Introducer():
            return constant(node.args["expression"], marks)
        case _:
            return None


def evaluate(node: exp.Expr, scope: Scope, marks: Marks) -> Value:
    """What a node is as a value."""
    node = unwrapped(node)
    text = constant(node, marks)
    if text is not None:
        return Value(Operand.CONSTANT, (text,))
    if mark_of(node, marks) is not None or isinstance(node, exp.Literal):
        return Value(Operand.PARAMETER)
    if isinstance(node, exp.Query):
        return Value(Operand.SUBQUERY if reads_rows(node) else Operand.PARAMETER)
    if isinstance(node, exp.Column):
        found = scope.find(node)
        if found is None and _is_string(node):
            return Value(Operand.CONSTANT, (str(node.this.this),))
        return Value(Operand.COLUMN, other=found.output.plain if found is not None else None)
    if isinstance(node, exp.Tuple | exp.Array) and node.expressions:
        return together(evaluate(item, scope, marks) for item in node.expressions)
    return Value(_computed(node, marks))


def _is_string(node: exp.Column) -> bool:
    """SQLite takes a quoted name that no table has as a string."""
    return bool(node.this.args.get("quoted")) and node.args.get("table") is None


def reads_rows(query: exp.Expr) -> bool:
    """Whether a query reads tables at all: `SELECT unnest($1)` does not."""
    return query.find(exp.Table) is not None


def together(values: Iterable[Value]) -> Value:
    """Several values as one: constants if all are."""
    listed = list(values)
    if all(value.operand is Operand.CONSTANT for value in listed):
        return Value(Operand.CONSTANT, tuple(dict.fromkeys(text for value in listed for text in value.constants)))
    kinds = {value.operand for value in listed} - {Operand.CONSTANT}
    for kind in (Operand.SUBQUERY, Operand.EXPRESSION, Operand.COLUMN, Operand.PARAMETER):
        if kind in kinds:
            return Value(kind if len(kinds) == 1 or kind is not Operand.COLUMN else Operand.EXPRESSION)
    return Value(Operand.UNKNOWN)


def _computed(node: exp.Expr, marks: Marks) -> Operand:
    """What an expression is: computed from a parameter alone it is as good as one, `now() - x` is the database's."""
    has_mark = False
    for inner in node.walk():
        if isinstance(inner, exp.Query):
            if reads_rows(inner):
                return Operand.SUBQUERY
        elif _is_the_servers(inner, marks):
            return Operand.EXPRESSION
        elif isinstance(inner, exp.Placeholder | exp.Identifier | exp.Literal) and mark_in(inner, marks):
            has_mark = True
    return Operand.PARAMETER if has_mark else Operand.EXPRESSION


def mark_in(node: exp.Expr, marks: Marks) -> bool:
    """Whether a leaf is a parameter or holds a hole."""
    return isinstance(node, exp.Placeholder) or marks.has_any(str(node.this))


def _is_the_servers(node: exp.Expr, marks: Marks) -> bool:
    """Whether only the server knows it: a column, the time."""
    if isinstance(node, exp.Column):
        return mark_of(node, marks) is None
    return isinstance(node, _NOW) or (isinstance(node, exp.Anonymous) and _tells_time(node))


def _tells_time(function: exp.Anonymous) -> bool:
    """`now()`; SQLite's `datetime('now')`, but not `date(?)`."""
    if function.name.lower() not in _NOW_NAMES:
        return False
    return not function.expressions or any(
        isinstance(argument, exp.Literal) and str(argument.this).lower() == "now" for argument in function.expressions
    )


def pattern(node: exp.Expr, marks: Marks, scope: Scope, many: str = "%", one: str = "_") -> tuple[Comparison, Value]:
    """What a pattern of LIKE (or GLOB, with its own wildcards) looks for: `'%' || $1 || '%'` CONTAINS a parameter."""
    pieces = _pieces(node)
    texts = [constant(piece, marks) for piece in pieces]
    if all(text is not None for text in texts):
        return _known_pattern("".join(text or "" for text in texts), many, one)
    spelled = "".join("\0" if text is None else text for text in texts)
    if len(pieces) == 1 and isinstance(unwrapped(pieces[0]), exp.Literal):  # a hole within quotes
        literal = str(unwrapped(pieces[0]).this)
        for number in marks.numbers(literal):
            literal = literal.replace(marks.hole(number), "\0")
        spelled = literal
    whole = evaluate(node, scope, marks)
    value = Value(whole.operand if whole.operand is not Operand.CONSTANT else Operand.PARAMETER, other=whole.other)
    head, tail = spelled[:1], spelled[-1:]
    if head == many and tail == many:
        return Comparison.CONTAINS, value
    if head == many:
        return Comparison.SUFFIX, value
    if tail == many or head not in {"\0", one}:
        return (Comparison.PATTERN if head == one else Comparison.PREFIX), value
    return Comparison.PATTERN, value


def _known_pattern(text: str, many: str, one: str) -> tuple[Comparison, Value]:
    bare = text.strip(many)
    head, tail = text[:1] == many, text[-1:] == many
    value = Value(Operand.CONSTANT, (bare,))
    if not bare or (not head and bare[:1] in {one, "["}):
        return Comparison.PATTERN, Value(Operand.CONSTANT, (text,))
    if head and tail:
        return Comparison.CONTAINS, value
    if head:
        return Comparison.SUFFIX, value
    if tail or many in bare or one in bare:
        return Comparison.PREFIX, value
    return Comparison.EQUAL, value


def _pieces(node: exp.Expr) -> list[exp.Expr]:
    """The parts of a concatenation, in order."""
    inner = unwrapped(node)
    if isinstance(inner, exp.DPipe | exp.Add):
        return [*_pieces(inner.this), *_pieces(inner.args["expression"])]
    if isinstance(inner, exp.Anonymous) and inner.name.lower() == "concat":
        return [piece for argument in inner.expressions for piece in _pieces(argument)]
    if isinstance(inner, exp.Concat):
        return [piece for argument in inner.expressions for piece in _pieces(argument)]
    if isinstance(inner, exp.Anonymous) and inner.name.lower() in {"lower", "upper", "unaccent"} and inner.expressions:
        return _pieces(inner.expressions[0])
    return [node]
