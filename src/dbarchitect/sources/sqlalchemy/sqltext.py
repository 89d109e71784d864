"""Expressions of SQLAlchemy's language → SQL: `func.lower(User.email)`, `and_(a > 0, b.is_(None))`, `text("…")`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember, Environment, plain
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Compare,
    Display,
    Expr,
    Literal,
    Name,
    Subscript,
    UnaryOp,
)
from dbarchitect.sources.python.resolved import Value
from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.drafts import TableDraft
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located
from dbarchitect.sources.sqlalchemy.type_read import TypeRead
from dbarchitect.sources.sqlalchemy.types import TypeReader
from dbarchitect.sources.sqlalchemy.wrapped import unwrapped

_OPERATORS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC = {"+", "-", "*", "/", "%"}
_LITERAL_SQL = frozenset({"text", "literal_column", "column", "Column", "quoted_name", "conv"})
_LISTS = frozenset({"in_", "notin_", "not_in"})
_NO_PARENTHESES = {"current_timestamp", "current_date", "current_time", "current_user", "localtimestamp", "localtime",
                   "session_user", "sysdate", "user"}  # fmt: skip
_MODIFIERS = {
    "desc": ("desc", None), "asc": ("asc", None), "nullslast": (None, False), "nulls_last": (None, False),
    "nullsfirst": (None, True), "nulls_first": (None, True),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ordered:
    """An element of an index: a column's attribute or SQL, and its direction; `label` names it for postgresql_ops."""

    column: str | None = None
    sql: str | None = None
    descending: bool = False
    nulls_first: bool | None = None
    label: str | None = None


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A column's name in SQL, quoted where it must be."""
    return name if name.isidentifier() and name.islower() else '"' + name.replace('"', '""') + '"'


class SqlText:
    """Spells expressions for one engine."""

    def __init__(self, names: Names, types: TypeReader, engine: str) -> None:
        self.names = names
        self.types = types
        self.engine = engine
        self._table: TableDraft | None = None

    def of_table(self, table: TableDraft) -> None:
        """From now on attributes are those of this table."""
        self._table = table

    def column_name(self, attribute: str) -> str:
        """The name of the column behind an attribute."""
        return self._table.column_name(attribute) if self._table is not None else attribute

    def column_type(self, attribute: str) -> TypeRead | None:
        """The type of the column behind an attribute, where it has one of its own."""
        if self._table is None:
            return None
        column = self._table.columns.get(self._table.key_of(attribute))
        return column.read if column is not None else None

    def attribute(self, located: Located) -> str | None:
        """The attribute (or key) of the column that an expression is; None for anything else."""
        expr, frame = located.expr, located.frame
        if not isinstance(expr, Name):
            return None
        head, _, rest = expr.id.partition(".")
        bound = frame.local.get(head)
        if isinstance(bound, ClassDef):
            return _after_table(rest)
        if isinstance(bound, Located):  # a variable of a function: a column, or a table whose column is meant
            return self._named_column(bound) if not rest else _after_columns(rest)
        found = self.names.index.resolve(frame.module, expr.id, frame.scope)
        if not isinstance(found, Value):
            return None
        if found.owner is not None and not found.rest:
            return found.name if self._is_column(found) else None
        if found.owner is not None and found.expr is None:
            return _after_table(".".join(found.rest))
        if len(found.rest) == 2 and found.rest[0] in {"c", "columns"}:
            return found.rest[1]
        if found.owner is None and not found.rest and self._is_column(found):
            return found.name
        if found.owner is None and not found.rest and found.expr is not None:
            return self._named_column(Frame(found.module).at(found.expr))
        return None

    def _named_column(self, located: Located) -> str | None:
        """The name of a `column("name")` that stands for a column without its table; None for anything else."""
        call = self.names.invocation(located.expr, located.frame)
        name = self.names.constant(call.args[0]) if call is not None and call.name == "column" and call.args else None
        return name if isinstance(name, str) else None

    def _is_column(self, found: Value) -> bool:
        if found.expr is None:
            return True
        call = unwrapped(self.names, Frame(found.module, found.owner).at(found.expr))
        return call is not None and call.name in {"Column", "mapped_column", "sqlmodel.Field"}

    def ordered(self, located: Located) -> Ordered | None:
        """An element of an index, its direction taken off."""
        inner, method = self._method(located)
        if inner is not None and method in _MODIFIERS:
            found = self.ordered(inner)
            return _modified(found, method) if found is not None else None
        if inner is not None and method == "label" and isinstance(located.expr, Call):
            found = self.ordered(inner)
            label = self.names.constant(located.frame.at(located.expr.args[0])) if located.expr.args else None
            return replace(found, label=label if isinstance(label, str) else None) if found is not None else None
        attribute = self.attribute(located)
        if attribute is not None:
            return Ordered(column=attribute)
        call = self.names.invocation(located.expr, located.frame)
        if call is not None and call.name in _MODIFIERS and call.args:
            text = self.names.constant(call.args[0])
            found = Ordered(column=text) if isinstance(text, str) else self.ordered(call.args[0])
            return _modified(found, call.name) if found is not None else None
        sql = self.sql(located)
        return Ordered(sql=sql) if sql is not None else None

    def _method(self, located: Located) -> tuple[Located | None, str]:
        """The object and name of a method call on an expression of SQL: `User.email.desc()`."""
        expr = located.expr
        if not isinstance(expr, Call):
            return None, ""
        match expr.function:
            case Attribute(value=value, attr=attr):
                return located.frame.at(value), attr
            case Name(id=name) if "." in name:
                head, _, attr = name.rpartition(".")
                base = located.frame.at(Name(head, expr.function.span))
                return (base, attr) if self.attribute(base) is not None else (None, attr)
        return None, ""

    def sql(self, located: Located | None) -> str | None:
        """The SQL of an expression, None where it cannot be told."""
        if located is None:
            return None
        attribute = self.attribute(located)
        if attribute is not None:
            return identifier(self.column_name(attribute))
        expr = located.expr
        match expr:
            case Compare(operands=(left, right), ops=(op,)):
                return self._compared(located.frame, left, op, right)
            case BinOp():
                return self._binary(expr, located.frame)
            case UnaryOp(op="~" | "not", operand=operand):
                return self._negated(located.frame.at(operand))
            case Subscript(value=value, index=index):
                return self._path(located.frame, value, index, "->")
            case Attribute(value=Subscript(value=value, index=index), attr="astext"):
                return self._path(located.frame, value, index, "->>")
            case Call():
                return self._call(located)
            case _:
                found = self.names.follow(expr, located.frame)
                if isinstance(found, Located) and found.expr is not expr and not isinstance(found.expr, Literal):
                    return self.sql(found)
                return self._literal(self.names.constant(located))

    def _literal(self, value: Constant) -> str | None:
        if value is UNKNOWN or isinstance(value, Environment):
            return None
        if isinstance(value, EnumMember) and not value.mixed:
            return quoted(value.name)  # an Enum column stores names
        value = plain(value)
        match value:
            case None:
                return "NULL"
            case bool():
                return str(value).lower() if self.engine != "sqlite" else str(int(value))
            case int() | float():
                return str(value)
            case str():
                return quoted(value)
            case list() | tuple():
                parts = [self._literal(item) for item in value]
                return "(" + ", ".join(p for p in parts if p is not None) + ")" if None not in parts else None
            case _:
                return None

    def _compared(self, frame: Frame, left: Expr, op: str, right: Expr) -> str | None:
        first = self._operand(frame.at(left))
        second = self._stored(frame.at(left), frame.at(right)) or self._operand(frame.at(right))
        if first is None or second is None:
            return None
        if second == "NULL" and op in {"==", "!=", "is", "is not"}:
            return f"{first} IS {'NOT ' if op in {'!=', 'is not'} else ''}NULL"
        return f"{first} {_OPERATORS[op]} {second}" if op in _OPERATORS else None

    def _stored(self, column: Located, value: Located) -> str | None:
        """A member of an enumeration as the column that it is compared with stores it."""
        attribute, member = self.attribute(column), self.names.member(value)
        read = self.column_type(attribute) if attribute is not None and member is not None else None
        stored = read.stored(member) if read is not None and member is not None else None
        return quoted(stored) if stored is not None else None

    def _operand(self, located: Located) -> str | None:
        text = self.sql(located)
        compound = isinstance(located.expr, (BinOp, Compare, UnaryOp))
        return f"({text})" if compound and text is not None else text

    def _binary(self, expr: BinOp, frame: Frame) -> str | None:
        left, right = self._operand(frame.at(expr.left)), self._operand(frame.at(expr.right))
        if left is None or right is None:
            constant = self.names.constant(frame.at(expr))
            return self._literal(constant)
        if expr.op in {"&", "|"}:
            return f"{left} {'AND' if expr.op == '&' else 'OR'} {right}"
        if expr.op == "+" and (left.startswith("'") or right.startswith("'")):
            return f"{left} || {right}"
        return f"{left} {expr.op} {right}" if expr.op in _ARITHMETIC else None

    def _negated(self, located: Located) -> str | None:
        text = self._operand(located)
        if text is None:
            return None
        if self.engine == "sqlite" and self.attribute(located) is not None:
            return f"{text} = 0"
        return f"NOT {text}"

    def _path(self, frame: Frame, value: Expr, index: Expr, operator: str) -> str | None:
        base, key = self.sql(frame.at(value)), self.sql(frame.at(index))
        return f"({base} {operator} {key})" if base is not None and key is not None else None

    def _call(self, located: Located) -> str | None:
        inner, method = self._method(located)
        if inner is not None and isinstance(located.expr, Call):
            text = self._operand(inner)
            given = self.names.arguments(located.expr, located.frame)
            if method in _LISTS and given.args:
                given = replace(given, args=(self._stored_list(inner, given.args[0]), *given.args[1:]))
            return self._of_method(text, method, given) if text is not None else None
        call = self.names.invocation(located.expr, located.frame)
        if call is None:
            return self._literal(self.names.constant(located))
        return self._of_function(call)

    def _stored_list(self, column: Located, values: Located) -> Located:
        """A list of members of an enumeration as the column that is tested for them stores them."""
        items = self.names.items(values.expr, values.frame)
        if items is None:
            return values
        stored = [self._stored(column, item) for item in items]
        if not stored or None in stored:
            return values
        texts = tuple(Literal((text or "")[1:-1].replace("''", "'"), values.span) for text in stored)
        return values.frame.at(Display("tuple", texts, values.span))

    def _of_method(self, subject: str, method: str, call: Invocation) -> str | None:
        args = [self._operand(arg) for arg in call.args]
        if any(arg is None for arg in args):
            return None
        match method, args:
            case "is_" | "isnot" | "is_not", [value]:
                return f"{subject} IS {'' if method == 'is_' else 'NOT '}{value}"
            case "in_" | "notin_" | "not_in", [values]:
                if values is not None and not values.startswith("("):
                    return None
                return f"{subject} {'' if method == 'in_' else 'NOT '}IN {values}"
            case "like" | "ilike" | "notlike" | "not_like", [pattern]:
                word = method.removeprefix("not").lstrip("_").upper()
                return f"{subject} {'NOT ' if method.startswith('not') else ''}{word} {pattern}"
            case "between", [low, high]:
                return f"{subject} BETWEEN {low} AND {high}"
            case "regexp_match", [pattern]:
                return f"{subject} ~ {pattern}" if self.engine == "postgresql" else f"{subject} REGEXP {pattern}"
            case "collate", [name] if name is not None:
                return f'{subject} COLLATE "{name.strip(chr(39))}"'
            case "label" | "self_group", _:
                return subject
            case "cast", [_]:
                return f"CAST({subject} AS {self.types.read(call.args[0]).type})"
            case _:
                return None

    def _of_function(self, call: Invocation) -> str | None:
        name = call.name
        if name in _LITERAL_SQL and call.args:
            value = self.names.constant(call.args[0])
            return value if isinstance(value, str) else None
        if name in {"true", "false", "null"}:
            return self._literal({"true": True, "false": False, "null": None}[name])
        if name == "cast" and len(call.args) > 1:
            inner = self.sql(call.args[0])
            return f"CAST({inner} AS {self.types.read(call.args[1]).type})" if inner is not None else None
        args = [self._operand(arg) for arg in call.args]
        if any(arg is None for arg in args):
            return None
        texts = [arg for arg in args if arg is not None]
        if name.startswith("func."):
            return self._generic_function(name.removeprefix("func."), texts)
        return _of_construct(name, texts)

    def _generic_function(self, name: str, args: list[str]) -> str:
        if name == "now" and self.engine == "sqlite":
            return "CURRENT_TIMESTAMP"
        if name.lower() in _NO_PARENTHESES and not args:
            return name.upper()
        return f"{name}({', '.join(args)})"


def _of_construct(name: str, args: list[str]) -> str | None:
    match name, args:
        case "and_" | "or_", [*parts]:
            joined = (" AND " if name == "and_" else " OR ").join(f"({part})" for part in parts)
            return joined or None
        case "not_", [part]:
            return f"NOT ({part})"
        case "literal" | "type_coerce" | "bindparam", [value, *_]:
            return value
        case "coalesce", _:
            return f"coalesce({', '.join(args)})"
        case "extract", [field, value]:
            return f"EXTRACT({field.strip(chr(39))} FROM {value})"
        case "array" | "postgresql.array", _:
            return f"ARRAY[{', '.join(args)}]"
        case _:
            return None


def _modified(found: Ordered, word: str) -> Ordered:
    direction, nulls_first = _MODIFIERS[word]
    if direction is not None:
        return replace(found, descending=direction == "desc")
    return replace(found, nulls_first=nulls_first)


def _after_columns(rest: str) -> str | None:
    """Of `c.name`, asked of a table, the column."""
    head, _, name = rest.partition(".")
    return name if head in {"c", "columns"} and name and "." not in name else None


def _after_table(dotted: str) -> str | None:
    """`email`, `__table__.c.email` → `email`."""
    parts = dotted.split(".")
    if parts[:1] == ["__table__"]:
        parts = parts[2:]
    return parts[0] if len(parts) == 1 and parts[0] and not parts[0].startswith("__") else None
