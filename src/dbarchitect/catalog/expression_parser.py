"""From SQL text to the normal form, by way of sqlglot's parser. Imported only when an expression needs it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import SqlglotError

from dbarchitect.catalog import expression_tree as tree
from dbarchitect.catalog.expression_tree import Node, Shape
from dbarchitect.catalog.types import parse_type

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings about dialects are not for our users

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.DPipe: "||",
    exp.Like: "LIKE",
    exp.ILike: "ILIKE",
    exp.RegexpLike: "~",
    exp.RegexpILike: "~*",
    exp.JSONExtract: "->",
    exp.JSONExtractScalar: "->>",
    exp.JSONBExtract: "#>",
    exp.JSONBExtractScalar: "#>>",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM",
    exp.NullSafeNEQ: "IS DISTINCT FROM",
}
_TIMES = (exp.CurrentTimestamp, exp.Localtimestamp)
_KEPT_QUALIFIERS = frozenset({"new", "old", "excluded"})
_OWN_SCHEMAS = frozenset({"public", "pg_catalog"})


# Functions keep the names they were written with: the parser must not translate them between dialects.
class PlainPostgres(Postgres):
    """PostgreSQL's dialect without sqlglot's table of functions."""

    class Parser(Postgres.Parser):  # type: ignore[valid-type, misc]  # a variable there
        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}


class PlainSQLite(SQLite):
    """SQLite's dialect without sqlglot's table of functions."""

    class Parser(SQLite.Parser):  # type: ignore[valid-type, misc]  # a variable there
        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}


class PlainMySQL(MySQL):
    """MySQL's dialect without sqlglot's table of functions."""

    class Parser(MySQL.Parser):  # type: ignore[valid-type, misc]  # a variable there
        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}


_DIALECTS = (PlainPostgres, PlainSQLite, PlainMySQL)
_BRACKETED = re.compile(r"(?<![\w\])\"'\[, ])\[[A-Za-z_]\w*\]|^\[[A-Za-z_]\w*\]")
"""`[name]`, an identifier in SQLite, where PostgreSQL would have a subscript or the list of an ARRAY."""
_TRIMS = {"LEADING": "ltrim", "TRAILING": "rtrim"}


def parse(text: str) -> Node | None:
    """The normal form of an expression in any of our dialects; None where no dialect can read it."""
    for dialect in (PlainSQLite,) if _BRACKETED.search(text) else _DIALECTS:
        try:
            parsed = sqlglot.parse_one(text, dialect=dialect)
            if isinstance(parsed, exp.Command | exp.Alias) or type(parsed).__name__ in {"Block", "Aliases"}:
                continue
            qualified = parsed.find(exp.Query) is not None
            return _Converter(keep_qualifiers=qualified).convert(parsed)
        except (SqlglotError, RecursionError, ValueError):
            continue
    return None


class _Converter:
    """Walks a parsed expression. Table names stay in front of columns only where a subquery makes them matter."""

    def __init__(self, *, keep_qualifiers: bool) -> None:
        self.keep_qualifiers = keep_qualifiers

    def convert(self, node: exp.Expr) -> Node:
        """The normal form of a node, from its operands' normal forms."""
        kind = type(node)
        if _is_needless(node):
            return self.convert(node.this)
        if kind in _COMPARISONS:
            return self._comparison(_COMPARISONS[kind], node)
        if kind in _OPERATORS:
            found = tree.operate(_OPERATORS[kind], self.convert(node.this), self._right(node))
            return tree.negate(found) if node.args.get("negate") else found
        if isinstance(node, exp.And | exp.Or):
            terms = [self.convert(term) for term in node.flatten()]
            return tree.connect(Shape.AND if isinstance(node, exp.And) else Shape.OR, terms)
        if isinstance(node, _TIMES):
            return tree.NOW
        atom = self._atom(node)
        return atom if atom is not None else self._predicate(node)

    def _atom(self, node: exp.Expr) -> Node | None:
        match node:
            case exp.Paren():
                return self.convert(node.this)
            case exp.Column():
                return self._column(node)
            case exp.Literal():
                return tree.string(node.this) if node.is_string else tree.number(node.this)
            case exp.ByteString() | exp.National():
                return tree.string(str(node.this))
            case exp.Boolean():
                return tree.TRUE if node.this else tree.FALSE
            case exp.Null():
                return tree.NULL
            case exp.Neg():
                operand = self.convert(node.this)
                if operand.shape is Shape.LITERAL and tree.unquoted(operand) is None:
                    return (
                        tree.number("-" + operand.value) if operand.value[0] != "-" else tree.number(operand.value[1:])
                    )
                return Node(Shape.CONSTRUCT, "-", (operand,))
            case exp.Cast():
                return tree.cast(self.convert(node.this), parse_type(node.to.sql(dialect="postgres")))
            case exp.Interval():
                return self._interval(node)
            case exp.JSONPath():
                keys = [part.this for part in node.expressions if not isinstance(part, exp.JSONPathRoot)]
                return tree.string(".".join(map(str, keys))) if not _is_subscript(node) else tree.number(str(keys[0]))
            case exp.Identifier():
                return tree.column(_stored(node))
            case exp.Introducer():
                return self.convert(node.args["expression"])
            case _:
                return None

    def _predicate(self, node: exp.Expr) -> Node:
        match node:
            case exp.Not():
                return tree.negate(self.convert(node.this))
            case exp.Is():
                return self._is(node)
            case exp.Between() if not node.args.get("symmetric"):
                subject = self.convert(node.this)
                low = tree.compare(">=", subject, self.convert(node.args["low"]))
                high = tree.compare("<=", subject, self.convert(node.args["high"]))
                found = tree.connect(Shape.AND, (low, high))
                return tree.negate(found) if node.args.get("negate") else found
            case exp.In() if node.expressions:
                values = [self.convert(value) for value in node.expressions]
                return tree.membership(self.convert(node.this), values, negated=bool(node.args.get("negate")))
            case exp.Dot():
                return self._dot(node)
            case _:
                return self._function(node) or self._construct(node)

    def _function(self, node: exp.Expr) -> Node | None:
        match node:
            case exp.Anonymous():
                return tree.call(node.name.lower(), map(self.convert, node.expressions))
            case exp.Array():
                return Node(Shape.CONSTRUCT, "array", tuple(map(self.convert, node.expressions)))
            case exp.AtTimeZone():
                return tree.call("timezone", (self.convert(node.args["zone"]), self.convert(node.this)))
            case exp.SimilarTo():
                pattern = tree.call("similar_to_escape", (self._right(node),))
                return tree.operate("~", self.convert(node.this), pattern)
            case exp.Trim():
                name = _TRIMS.get(str(node.args.get("position") or "").upper(), "btrim")
                return tree.call(name, map(self.convert, filter(None, (node.this, node.args.get("expression")))))
            case exp.StrPosition():
                return tree.call("strpos", map(self.convert, (node.this, node.args["substr"])))
            case exp.Substring():
                given = (node.this, node.args.get("start"), node.args.get("length"))
                return tree.call("substring", map(self.convert, filter(None, given)))
            case _:
                return None

    def _comparison(self, operator: str, node: exp.Expr) -> Node:
        right = node.args["expression"]
        name = right.name.lower() if isinstance(right, exp.Anonymous) else type(right).__name__.lower()
        if name in {"any", "all", "some"}:
            operand = right.expressions[0] if isinstance(right, exp.Anonymous) else right.this
            values = self.convert(operand)
            listed = values.shape is Shape.CONSTRUCT and values.value == "array" and values.parts
            if listed and (operator, name) in {("=", "any"), ("=", "some"), ("<>", "all")}:
                return tree.membership(self.convert(node.this), values.parts, negated=operator == "<>")
            return Node(Shape.OPERATOR, operator, (self.convert(node.this), Node(Shape.CONSTRUCT, name, (values,))))
        return tree.compare(operator, self.convert(node.this), self.convert(right))

    def _is(self, node: exp.Expr) -> Node:
        subject, what = self.convert(node.this), self.convert(node.args["expression"])
        if what == tree.NULL:
            found = Node(Shape.IS_NULL, parts=(subject,))
        else:
            found = Node(Shape.OPERATOR, "IS", (subject, what))
        return tree.negate(found) if node.args.get("negate") else found

    def _right(self, node: exp.Expr) -> Node:
        right = self.convert(node.args["expression"])
        escape = node.args.get("escape")
        return right if escape is None else Node(Shape.CONSTRUCT, "escape", (right, self.convert(escape)))

    def _column(self, node: exp.Column) -> Node:
        name = _stored(node.this) if isinstance(node.this, exp.Identifier) else node.name or "*"
        table = node.args.get("table")
        if table is not None and (self.keep_qualifiers or _stored(table) in _KEPT_QUALIFIERS):
            return Node(Shape.COLUMN, name, (Node(Shape.WORD, str(tree.column(_stored(table)))),))
        return tree.column(name)

    def _dot(self, node: exp.Expr) -> Node:
        left, right = node.this, node.args["expression"]
        if isinstance(left, exp.Identifier) and isinstance(right, exp.Func):
            function = self.convert(right)
            schema = _stored(left)
            if schema in _OWN_SCHEMAS or function.shape is not Shape.CALL:
                return function
            return Node(Shape.CALL, f"{tree.column(schema)}.{function.value}", function.parts)
        return Node(Shape.CONSTRUCT, "field", (self.convert(left), self.convert(right)))

    def _interval(self, node: exp.Expr) -> Node:
        unit = node.args.get("unit")
        amount = node.this.name if isinstance(node.this, exp.Literal) else None
        if amount is None or unit is None:
            return self._construct(node)
        word = str(unit.name).lower().rstrip("s")
        return tree.string(f"{amount} {word}" if amount in {"1", "-1"} else f"{amount} {word}s")

    def _construct(self, node: exp.Expr) -> Node:
        """Functions that the parser knows, CASE, subqueries: its name for it, and everything it holds, in order."""
        if isinstance(node, exp.Var | exp.DataType | exp.Table):
            return Node(Shape.WORD, node.sql(dialect="postgres").lower())
        parts: list[Node] = []
        for key, value in node.args.items():
            for item in value if isinstance(value, list) else (value,):
                if isinstance(item, exp.Expr):
                    converted = self.convert(item)
                    if key == "default" and converted == tree.NULL:
                        continue  # ELSE NULL says what CASE does without it
                    named = key not in {"this", "expression", "expressions"}
                    parts.append(Node(Shape.WORD, key, (converted,)) if named else converted)
                elif isinstance(item, str):
                    parts.append(Node(Shape.WORD, item.lower()))
                elif item is True and not key.startswith("is_"):
                    parts.append(Node(Shape.WORD, key))
        if isinstance(node, exp.Func) and not isinstance(node, exp.Case | exp.If | exp.Exists | exp.Any):
            return tree.call(node.sql_name().lower(), parts)
        return Node(Shape.CONSTRUCT, node.key, tuple(parts))


def _is_needless(node: exp.Expr) -> bool:
    """Parentheses around a sub-select, and the name that the server gives the column of `(SELECT f())`."""
    if isinstance(node, exp.Alias):
        return isinstance(node.parent, exp.Select) and not node.parent.args.get("from_")
    return isinstance(node, exp.Subquery) and isinstance(node.this, exp.Subquery) and not node.args.get("alias")


def _stored(identifier: exp.Expr) -> str:
    """The name as PostgreSQL stores it: folded to lower case unless quoted."""
    return str(identifier.this) if identifier.args.get("quoted") else str(identifier.this).lower()


def _is_subscript(path: exp.Expr) -> bool:
    parts = path.expressions
    return len(parts) == 2 and isinstance(parts[1], exp.JSONPathSubscript)
