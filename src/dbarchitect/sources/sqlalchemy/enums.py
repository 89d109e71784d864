"""Enumerations as column types: which values are stored, and whether the server knows a type for them."""

from __future__ import annotations

from collections.abc import Callable

from dbarchitect.catalog.objects import Enum
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.sources.python.constants import EnumMember, plain
from dbarchitect.sources.python.expressions import Lambda
from dbarchitect.sources.python.statements import ClassDef, FunctionDef
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Invocation, Located
from dbarchitect.sources.sqlalchemy.type_read import TypeRead

NATIVE_ENGINES = frozenset({"postgresql"})
"""Engines where an enumeration is a type with a name. MySQL's belongs to the column and is read as its choices."""


class EnumReader:
    """Reads `Enum(…)` and `ENUM(…)` for one engine; `origin` tells the place of an expression."""

    def __init__(self, names: Names, engine: str, origin: Callable[[Located], Origin]) -> None:
        self.names = names
        self.engine = engine
        self.origin = origin
        self.schema: str | None = None
        """The schema of the MetaData whose table is being read: an enum without one of its own takes it."""

    def read(self, call: Invocation, subject: Located | None = None) -> TypeRead | None:
        """The type that a call of Enum makes (`subject` in place of its arguments); None if no values are told."""
        args = (subject,) if subject is not None else call.args
        name, values, by_value = self._values(call, args)
        if values is None:
            return None
        named = self.names.constant(call.kwargs.get("name"))
        name = named if isinstance(named, str) else name
        native = self.names.constant(call.kwargs.get("native_enum")) is not False
        if native and name and self.engine in NATIVE_ENGINES:
            schema = self.names.constant(call.kwargs.get("schema"))
            # What is made from an annotation does not take the MetaData's schema.
            where = schema if isinstance(schema, str) else self.schema if subject is None else None
            where = None if where == "public" else where
            enum = Enum(name, values, where, origin=self.origin(call.location))
            return TypeRead(SqlType(name, schema=where, spelled=name), enum=enum, by_value=by_value)
        longest = max((len(v) for v in values), default=0)
        length = self.names.constant(call.kwargs.get("length"))
        width = length if isinstance(length, int) else longest
        checked = self.names.constant(call.kwargs.get("create_constraint")) is True
        type_ = parse_type(f"VARCHAR({width})" if width and length is not None else "VARCHAR")
        return TypeRead(type_, choices=values, checked=checked, check_name=name, by_value=by_value)

    def of_values(self, values: tuple[str, ...]) -> TypeRead:
        """The type of `Mapped[Literal["a", "b"]]`: never native."""
        return TypeRead(parse_type(f"VARCHAR({max(map(len, values), default=0) or 1})"), choices=values)

    def members(self, located: Located | ClassDef) -> tuple[str, tuple[EnumMember, ...]] | None:
        """Name and members of an enumeration of the project, also one made by `enum.Enum("Name", …)`."""
        target = located if isinstance(located, ClassDef) else self.names.follow(located.expr, located.frame)
        if isinstance(target, ClassDef):
            members = self.names.evaluator.members(target)
            return (target.name, members) if members is not None else None
        if not isinstance(target, Located):
            return None
        call = self.names.invocation(target.expr, target.frame)
        if call is None or call.name not in {"enum.Enum", "enum.StrEnum"} or len(call.args) < 2:
            return None
        name, body = self.names.constant(call.args[0]), self.names.constant(call.args[1])
        if not isinstance(name, str):
            return None
        if isinstance(body, str):
            body = body.replace(",", " ").split()
        if isinstance(body, dict):
            return name, tuple(EnumMember(name, str(k), v) for k, v in body.items())
        if isinstance(body, (list, tuple)):
            pairs = (item if isinstance(item, (list, tuple)) else (item, n) for n, item in enumerate(body, 1))
            return name, tuple(EnumMember(name, str(pair[0]), pair[1]) for pair in pairs)
        return None

    def _values(self, call: Invocation, args: tuple[Located, ...]) -> tuple[str | None, tuple[str, ...] | None, bool]:
        """The name that the enumeration gives, the stored values, and whether they are its members' values."""
        if len(args) == 1 and (found := self.members(args[0])) is not None:
            name, members = found
            by_value = self._by_value(call.kwargs.get("values_callable"))
            stored = [self._value(m, args[0]) if by_value else m.name for m in members]
            told = tuple(value for value in stored if value is not None)
            return name.lower(), told if len(told) == len(stored) else None, by_value
        values: list[str] = []
        for arg in args:
            value = plain(self.names.constant(arg))
            if isinstance(value, (list, tuple, dict)) and all(isinstance(v, str) for v in value):
                values.extend(value)
            elif isinstance(value, str):
                values.append(value)
            else:
                return None, None, False
        return None, tuple(values) if values else None, False

    def _value(self, member: EnumMember, located: Located) -> str | None:
        """A member's value; the first of several where the class's `__new__` takes them apart."""
        value = plain(member.value)
        cls = self.names.follow(located.expr, located.frame)
        makes = isinstance(cls, ClassDef) and self.names.index.attribute(cls, "__new__") is not None
        if isinstance(value, tuple) and value and makes:
            value = value[0]
        return str(value) if isinstance(value, (str, int)) else None

    def _by_value(self, callable_: Located | None) -> bool:
        """Whether a values_callable gives the members' values (`lambda e: [m.value for m in e]`), not their names."""
        if callable_ is None:
            return False
        target = self.names.follow(callable_.expr, callable_.frame)
        if isinstance(target, FunctionDef):
            return b".name" not in target.module.source[target.span.start : target.span.end]
        if isinstance(target, Located) and isinstance(target.expr, Lambda):
            span = target.span
            return b".name" not in target.frame.module.source[span.start : span.end]
        return self.names.constant(callable_) is not None
