"""What the names in a migration stand for: `op`, a batch of a table's operations, the connection, an inspector."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dbarchitect.sources.python.expressions import Attribute, Call, Expr, Name
from dbarchitect.sources.python.resolved import External, Value
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Located

_DEEPEST = 20


class Role(StrEnum):
    """What a thing of Alembic's or SQLAlchemy's does in a migration."""

    OP = "op"
    BATCH = "batch"
    CONTEXT = "context"
    BIND = "bind"
    DIALECT = "dialect"
    DIALECT_NAME = "dialect name"
    URL = "url"
    INSPECTOR = "inspector"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A thing with a role; a batch knows the call that opened it."""

    role: Role
    opened_by: Located | None = None


_ATTRIBUTES = {
    (Role.CONTEXT, "bind"): Role.BIND,
    (Role.CONTEXT, "connection"): Role.BIND,
    (Role.CONTEXT, "dialect"): Role.DIALECT,
    (Role.CONTEXT, "impl"): Role.CONTEXT,
    (Role.OP, "impl"): Role.CONTEXT,
    (Role.BATCH, "impl"): Role.CONTEXT,
    (Role.BIND, "engine"): Role.BIND,
    (Role.BIND, "connection"): Role.BIND,
    (Role.BIND, "dialect"): Role.DIALECT,
    (Role.BIND, "name"): Role.DIALECT_NAME,
    (Role.BIND, "url"): Role.URL,
    (Role.URL, "drivername"): Role.DIALECT_NAME,
    (Role.DIALECT, "name"): Role.DIALECT_NAME,
    (Role.SESSION, "bind"): Role.BIND,
}
_CALLS = {
    (Role.OP, "get_bind"): Role.BIND,
    (Role.OP, "get_context"): Role.CONTEXT,
    (Role.CONTEXT, "get_bind"): Role.BIND,
    (Role.CONTEXT, "get_context"): Role.CONTEXT,
    (Role.BIND, "connect"): Role.BIND,
    (Role.BIND, "begin"): Role.BIND,
    (Role.BIND, "execution_options"): Role.BIND,
    (Role.URL, "get_backend_name"): Role.DIALECT_NAME,
    (Role.SESSION, "get_bind"): Role.BIND,
    (Role.SESSION, "connection"): Role.BIND,
    (Role.SESSION, "bind"): Role.BIND,
}


class Receivers:
    """Tells what an expression stands for."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._depth = 0

    def of(self, expr: Expr, frame: Frame) -> Receiver | None:
        """The thing that an expression stands for, None for anything else."""
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            match expr:
                case Name():
                    return self._name(expr, frame)
                case Attribute(value=value, attr=attr):
                    return _attribute(self.of(value, frame), attr)
                case Call():
                    return self._called(expr, frame)
                case _:
                    return None
        finally:
            self._depth -= 1

    def called(self, call: Call, frame: Frame) -> tuple[Receiver | None, str]:
        """Whose method a call calls, and its name; of a function that belongs to nothing known, None and ''."""
        function = call.function
        if isinstance(function, Attribute):
            return self.of(function.value, frame), function.attr
        if not isinstance(function, Name):
            return None, ""
        head, _, method = function.id.rpartition(".")
        if head:
            receiver = self.of(Name(head, function.span), frame)
            if receiver is not None:
                return receiver, method
            if head == "op" and "op" not in frame.local and self.names.follow(Name(head, function.span), frame) is None:
                return Receiver(Role.OP), method
            return None, method
        found = self.names.follow(function, frame)
        if isinstance(found, External) and found.name.startswith("alembic.op."):
            return Receiver(Role.OP), found.name.rpartition(".")[2]
        return None, ""

    def _name(self, expr: Name, frame: Frame) -> Receiver | None:
        parts = expr.id.split(".")
        if parts[0] in frame.local:
            bound = frame.local[parts[0]]
            receiver = self.of(bound.expr, bound.frame) if isinstance(bound, Located) else None
            for attr in parts[1:]:
                receiver = _attribute(receiver, attr)
            return receiver
        found = self.names.index.resolve(frame.module, parts[0], frame.scope)
        rest = parts[1:]
        receiver = None
        if isinstance(found, External):
            name = found.name
            while receiver is None:
                receiver = _module(name)
                if receiver is None:
                    if not rest:
                        return None
                    name = f"{name}.{rest.pop(0)}"
        elif isinstance(found, Value) and found.expr is not None and not found.rest:
            receiver = self.of(found.expr, Frame(found.module, found.owner))
        for attr in rest:
            receiver = _attribute(receiver, attr)
        return receiver

    def _called(self, call: Call, frame: Frame) -> Receiver | None:
        receiver, method = self.called(call, frame)
        if receiver is not None:
            if receiver.role is Role.OP and method == "batch_alter_table":
                return Receiver(Role.BATCH, frame.at(call))
            role = _CALLS.get((receiver.role, method))
            return Receiver(role) if role is not None else None
        found = self.names.follow(call.function, frame)
        name = found.name if isinstance(found, External) else ""
        if name.startswith("sqlalchemy") and (name.endswith(".inspect") or "Inspector" in name):
            return Receiver(Role.INSPECTOR)
        last = name.rpartition(".")[2] or method or (call.name or "").rpartition(".")[2]
        if last in {"Session", "sessionmaker", "scoped_session"} and (name.startswith("sqlalchemy") or not name):
            return Receiver(Role.SESSION)
        if isinstance(call.function, Call | Name):  # `sessionmaker(…)()`, `SessionMaker()`
            maker = self.of(call.function, frame)
            if maker is not None and maker.role is Role.SESSION:
                return maker
        return None


def _module(name: str) -> Receiver | None:
    if name == "alembic.op" or name == "alembic.operations.ops":
        return Receiver(Role.OP)
    if name in {"alembic.context", "alembic.op.context"}:
        return Receiver(Role.CONTEXT)
    return None


def _attribute(receiver: Receiver | None, attr: str) -> Receiver | None:
    role = _ATTRIBUTES.get((receiver.role, attr)) if receiver is not None else None
    return Receiver(role) if role is not None else None
