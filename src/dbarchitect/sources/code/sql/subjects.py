"""The column that a comparison is about, and what is done to it before: a function, a cast, a path into a document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlglot import exp

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.sql.lexing import Marks
from dbarchitect.sources.code.sql.names import Found, Scope
from dbarchitect.sources.code.sql.values import constant, mark_of

# fmt: off
AGGREGATES = frozenset({
    "array_agg", "avg", "bit_and", "bit_or", "bool_and", "bool_or", "corr", "count", "every", "group_concat",
    "json_agg", "json_arrayagg", "json_group_array", "json_group_object", "json_object_agg", "json_objectagg",
    "jsonb_agg", "jsonb_object_agg", "max", "min", "mode", "percentile_cont", "percentile_disc", "stddev",
    "stddev_pop", "stddev_samp", "string_agg", "sum", "total", "var_pop", "var_samp", "variance", "xmlagg",
})
# fmt: on
_ARITHMETIC: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.IntDiv: "div",
    exp.Mod: "%",
    exp.DPipe: "||",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.Distance: "<->",
}
_JSON = (exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar)
_JSON_CALLS = frozenset(
    {"json_extract", "json_value", "json_query", "jsonb_extract", "json_extract_path", "json_extract_path_text"}
)
_JSON_CALLS |= {"jsonb_extract_path", "jsonb_extract_path_text", "jsonb_path_query_first"}
_PASSING = frozenset({"json_unquote", "json_quote"})
_NAMES: dict[str, str] = {"groupconcat": "string_agg", "arrayagg": "array_agg", "timestampadd": "date_add"}


@dataclass(frozen=True, slots=True)
class Subject:
    """A column and what is applied to it."""

    found: Found
    column: Ref
    function: str | None = None
    path: tuple[str, ...] = ()
    document: bool = False
    case_insensitive: bool = False


def function_name(node: exp.Expr) -> str:
    """A function's name in lower case, as written."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return node.name.lower()
    if isinstance(node, exp.Dot):  # a schema before it
        return function_name(node.args["expression"])
    name = node.sql_name().lower() if isinstance(node, exp.Func) else node.key
    return _NAMES.get(name.replace("_", ""), name)


def is_aggregate(node: exp.Expr) -> bool:
    """Whether a node is a call of an aggregate; SQLite's `min(a, b)` is none."""
    if not isinstance(node, exp.Func):
        return False
    name = function_name(node)
    return name in AGGREGATES and not (name in {"min", "max"} and len(node.expressions) > 1)


def subject_of(node: exp.Expr, scope: Scope, marks: Marks) -> Subject | None:
    """The one column that an expression is made of, None where there is none, several, or an aggregate of it."""
    match node:
        case exp.Column():
            found = scope.find(node) if mark_of(node, marks) is None else None
            if found is None or found.output.plain is None:
                return None
            return Subject(found, found.output.plain)
        case exp.Paren() | exp.Distinct() if isinstance(node.this, exp.Expr):
            return subject_of(node.this, scope, marks)
        case exp.Cast() | exp.TryCast():
            return _applied("cast", subject_of(node.this, scope, marks))
        case exp.Collate():
            inner = subject_of(node.this, scope, marks)
            name = node.args["expression"].name.lower()
            folds = name == "nocase" or name.endswith(("_ci", "ci_as"))
            return replace(inner, case_insensitive=True) if inner is not None and folds else inner
        case exp.Neg() | exp.AtTimeZone() | exp.Bracket():
            return _wrapped(node, scope, marks)
        case (
            exp.Case()
            | exp.Query()
            | exp.Window()
            | exp.Tuple()
            | exp.Array()
            | exp.Interval()
            | exp.Predicate()
            | exp.Connector()
        ):
            return None
        case _ if isinstance(node, _JSON):
            inner = subject_of(node.this, scope, marks)
            keys = json_keys(node.args["expression"], marks)
            return None if inner is None else replace(inner, path=(*inner.path, *keys), document=True)
        case _ if type(node) in _ARITHMETIC:
            return _applied(_ARITHMETIC[type(node)], _only((node.this, node.args["expression"]), scope, marks))
        case exp.Func() | exp.Dot():
            return _call(node, scope, marks)
        case _:
            return None


def _wrapped(node: exp.Expr, scope: Scope, marks: Marks) -> Subject | None:
    inner = subject_of(node.this, scope, marks)
    if inner is None or not isinstance(node, exp.Bracket):
        return _applied("timezone" if isinstance(node, exp.AtTimeZone) else "-", inner)
    keys = [constant(key, marks) for key in node.expressions]
    if all(isinstance(key, exp.Literal) and key.is_string for key in node.expressions):
        return replace(inner, path=(*inner.path, *(key or "" for key in keys)), document=True)
    return _applied("subscript", inner)


def _call(node: exp.Expr, scope: Scope, marks: Marks) -> Subject | None:
    if isinstance(node, exp.Dot):
        called = node.args["expression"]
        return _call(called, scope, marks) if isinstance(called, exp.Func) else None
    name = function_name(node)
    arguments = list(node.iter_expressions())
    if is_aggregate(node):
        return None
    if name in _PASSING and len(arguments) == 1:
        return subject_of(arguments[0], scope, marks)
    if name in _JSON_CALLS and arguments:
        inner = subject_of(arguments[0], scope, marks)
        keys = tuple(key for argument in arguments[1:] for key in json_keys(argument, marks))
        return None if inner is None else replace(inner, path=(*inner.path, *keys), document=True)
    return _applied(name, _only(arguments, scope, marks))


def _only(operands: Iterable[exp.Expr], scope: Scope, marks: Marks) -> Subject | None:
    """The subject of the only operand that holds columns."""
    found: Subject | None = None
    for operand in operands:
        if not any(mark_of(column, marks) is None for column in operand.find_all(exp.Column)):
            continue
        inner = subject_of(operand, scope, marks)
        if inner is None or (found is not None and found.column != inner.column):
            return None
        found = inner
    return found


def _applied(function: str, subject: Subject | None) -> Subject | None:
    """A cast within or around another function does not count beside it."""
    if subject is None or (function == "cast" and subject.function is not None):
        return subject
    return replace(subject, function=function)


def json_keys(node: exp.Expr, marks: Marks) -> tuple[str, ...]:
    """The keys of a path into a document: of `->`'s right side, `'{a,b}'`, `'$.a.b'`; a key not known is `?`."""
    if isinstance(node, exp.JSONPath):
        parts = [item for item in node.expressions if not isinstance(item, exp.JSONPathRoot)]
        return tuple(str(item.this) if not marks.has_any(str(item.this)) else "?" for item in parts)
    text = constant(node, marks)
    if text is None:
        return ("?",)
    if text.startswith("{") and text.endswith("}"):
        return tuple(key.strip().strip('"') for key in text[1:-1].split(",") if key.strip())
    if text.startswith("$"):
        plain = text[1:].replace("[", ".").replace("]", "")
        return tuple(key.strip('"') for key in plain.split(".") if key)
    return (text,)
