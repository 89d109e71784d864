"""Tests that guard what a migration does, answered from the database as the migrations have made it so far.

`if "email" not in columns`, `if not inspector.has_table("users")`, `if bind.dialect.name == "postgresql"`: a question
to the inspector is replaced by what it would answer, the rest is evaluated as any constant expression is.
"""

from __future__ import annotations

from collections.abc import Callable

from dbarchitect.catalog.objects import Table
from dbarchitect.sources.alembic.elements import Elements
from dbarchitect.sources.alembic.receivers import Receivers, Role
from dbarchitect.sources.alembic.state import State
from dbarchitect.sources.python.constants import UNKNOWN, Constant, Environment, is_known
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Comprehension,
    Dict,
    Display,
    Expr,
    FString,
    Literal,
    Name,
    Span,
    Subscript,
    UnaryOp,
)
from dbarchitect.sources.python.resolved import External
from dbarchitect.sources.python.statements import FunctionDef
from dbarchitect.sources.sqlalchemy.located import Frame, Located
from dbarchitect.sources.sqlalchemy.rewriting import rebuilt

_MARKS = (b"nspect", b"dialect", b"url", b"engine", b"has_table", b"has_column", b"has_index", b"offline", b"as_sql")


_DEEPEST = 4
_COMPOSED = (Display, Dict, Subscript, BinOp, FString)


class Guards:
    """Evaluates tests and what they are made of. `call` runs a function of the project and gives what it returns."""

    def __init__(
        self,
        state: State,
        elements: Elements,
        receivers: Receivers,
        call: Callable[[FunctionDef, Call, Frame], Located | None],
    ) -> None:
        self.state = state
        self.elements = elements
        self.names = elements.names
        self.receivers = receivers
        self.call = call
        self.quiet = 0
        """Above zero while only values are asked for: what the functions do on the way has been done before."""

    def holds(self, expr: Expr, frame: Frame) -> bool | None:
        """Whether a test holds; None where that cannot be told."""
        match expr:
            case BinOp(op="and" | "or" as op, left=left, right=right):
                first, second = self.holds(left, frame), self.holds(right, frame)
                if op == "and":
                    return False if False in (first, second) else None if None in (first, second) else True
                return True if True in (first, second) else None if None in (first, second) else False
            case UnaryOp(op="not", operand=operand):
                inner = self.holds(operand, frame)
                return None if inner is None else not inner
            case _:
                value = self.value(expr, frame)
                if value is UNKNOWN or isinstance(value, Environment):
                    return None
                return bool(value) if is_known(value) or isinstance(value, list | tuple | dict) else None

    def value(self, expr: Expr, frame: Frame) -> Constant:
        """The value of an expression, UNKNOWN where it cannot be told."""
        return self.names.constant(frame.at(self.settled(expr, frame)))

    def settled(self, expr: Expr, frame: Frame) -> Expr:
        """The expression with the answers of the inspector, and of the project's own functions, in their place."""
        if isinstance(expr, Literal):
            return expr
        if isinstance(expr, Name | Attribute | Call):
            receiver = self.receivers.of(expr, frame)
            if receiver is not None and receiver.role is Role.DIALECT_NAME:
                return Literal(self.state.engine.name, expr.span)
            if isinstance(expr, Name):
                return self._listed(expr, frame)
        if isinstance(expr, Call):
            answered = self._answer(expr, frame)
            if answered is not None:
                return answered
        if isinstance(expr, Comprehension) and expr.clauses:
            hidden = {t for clause in expr.clauses for t in clause.targets}
            inner = Frame(frame.module, frame.scope, {k: v for k, v in frame.local.items() if k not in hidden})
            return rebuilt(expr, lambda part: self.settled(part, inner))
        return rebuilt(expr, lambda part: self.settled(part, frame))

    def _listed(self, expr: Name, frame: Frame) -> Expr:
        """A name for something composed in which functions of the project are called, with what these return."""
        found = self.names.follow(expr, frame)
        if not isinstance(found, Located) or not isinstance(found.expr, _COMPOSED) or self.quiet > _DEEPEST:
            return expr
        if is_known(self.names.constant(found)):
            return expr
        self.quiet += 1
        try:
            value = self.value(found.expr, found.frame)
        finally:
            self.quiet -= 1
        return literal(value, expr.span) if is_known(value) else expr

    def _answer(self, call: Call, frame: Frame) -> Expr | None:
        receiver, method = self.receivers.called(call, frame)
        if receiver is not None and receiver.role in {Role.INSPECTOR, Role.DIALECT, Role.BIND}:
            skip = 1 if receiver.role is Role.DIALECT or method == "run_callable" else 0
            value = self._asked(method, call, frame, skip)
            return literal(value, call.span) if value is not UNKNOWN else None
        if receiver is not None:
            if receiver.role is Role.CONTEXT and method == "is_offline_mode":
                return Literal(False, call.span)
            return None
        if call.name == "str" and len(call.args) == 1:
            whose = self.receivers.of(call.args[0], frame)
            return Literal(f"{self.state.engine.name}://", call.span) if whose and whose.role is Role.URL else None
        if call.name in {"any", "all"} and len(call.args) == 1:
            rows = self.value(call.args[0], frame)
            if isinstance(rows, list | tuple | set) and is_known(rows):
                return Literal(any(rows) if call.name == "any" else all(rows), call.span)
            return None
        found = self.names.follow(call.function, frame)
        if isinstance(found, FunctionDef):
            returned = self.call(found, call, frame)
            if returned is None:
                return None
            value = self.value(returned.expr, returned.frame)
            return literal(value, call.span) if is_known(value) else None
        if isinstance(found, External) and found.name.endswith("is_offline_mode"):
            return Literal(False, call.span)
        return None

    # The inspector ---------------------------------------------------------------------------------------------------

    def _asked(self, method: str, call: Call, frame: Frame, skip: int) -> Constant:
        """What the database answers; UNKNOWN for what nobody here can know."""
        given = self.names.arguments(call, frame)
        args = [self.value(arg.expr, arg.frame) for arg in given.args[skip:]]
        kwargs = {name: self.value(arg.expr, arg.frame) for name, arg in given.kwargs.items()}
        schema = kwargs.get("schema")
        where = schema if isinstance(schema, str) else None
        if method in {"get_table_names", "table_names"}:
            named = args[0] if args and isinstance(args[0], str) else where
            return [t.name for t in self.state.schema.tables.values() if t.schema == self._key(named)]
        if method in {"get_view_names", "get_materialized_view_names"}:
            return [v.name for v in self.state.schema.views.values() if v.schema == self._key(where)]
        if method == "get_schema_names":
            return [self.state.schema.default_key, *sorted(self.state.schema.schemas)]
        if method == "get_enums":
            enums = self.state.schema.enums.values()
            return [{"name": e.name, "labels": list(e.values), "schema": e.schema or "public"} for e in enums]
        name = args[0] if args else kwargs.get("table_name")
        if not isinstance(name, str):
            return UNKNOWN
        if where is None and len(args) > 1 and isinstance(args[1], str) and method not in {"has_column", "has_index"}:
            where = args[1]
        table = self.state.find(name, where)
        if method == "has_table":
            return table is not None or self.state.schema.find(where, name, self.state.schema.views) is not None
        if table is None or (not table.columns and method != "get_indexes"):
            return [] if table is None and method.startswith("get_") else UNKNOWN
        return self._of_table(table, method, args)

    def _key(self, schema: str | None) -> str | None:
        return None if schema in {None, self.state.schema.default_key} else schema

    def _of_table(self, table: Table, method: str, args: list[Constant]) -> Constant:
        match method:
            case "get_columns":
                return [{"name": c.name, "nullable": c.nullable, "type": UNKNOWN} for c in table.ordered_columns]
            case "get_indexes":
                return [
                    {"name": i.name, "column_names": [c.name for c in i.columns], "unique": i.unique}
                    for i in table.indexes
                ]
            case "get_unique_constraints":
                return [{"name": k.name, "column_names": list(k.columns)} for k in table.unique_keys]
            case "get_foreign_keys":
                return [
                    {
                        "name": k.name,
                        "constrained_columns": list(k.columns),
                        "referred_table": k.referenced.table,
                        "referred_columns": list(k.referenced_columns),
                        "options": {},
                    }
                    for k in table.foreign_keys
                ]
            case "get_check_constraints":
                return [{"name": c.name, "sqltext": c.expression.text} for c in table.checks]
            case "get_pk_constraint":
                key = table.primary_key
                columns = list(key.columns) if key is not None else []
                return {"name": key.name if key is not None else None, "constrained_columns": columns}
            case "has_index" if len(args) > 1:
                return any(i.name == args[1] for i in table.indexes)
            case _:
                return UNKNOWN

    def asks(self, frame: Frame, span: Span) -> bool:
        """Whether the text of an expression may hold a question to the database."""
        source = frame.module.source[span.start : span.end]
        return any(mark in source for mark in _MARKS) or b"get_" in source


def literal(value: Constant, span: Span) -> Expr:
    """An expression whose value this is."""
    match value:
        case list() | tuple() | set() | frozenset():
            kind = "tuple" if isinstance(value, tuple) else "list" if isinstance(value, list) else "set"
            return Display(kind, tuple(literal(item, span) for item in value), span)
        case dict():
            return Dict(tuple((literal(k, span), literal(v, span)) for k, v in value.items()), span)
        case str() | int() | float() | bool() | None | bytes():
            return Literal(value, span)
        case _:
            return Name("<unknown>", span)
