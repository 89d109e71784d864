"""`Mapped[…]`: the type and nullability that an annotation tells, and the column that an `Annotated` alias carries."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbarchitect.sources.python.expressions import BinOp, Call, Display, Expr, Literal, Name, Subscript
from dbarchitect.sources.python.parse import ExpressionReader, parse
from dbarchitect.sources.python.resolved import External, Value
from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Invocation, Located
from dbarchitect.sources.sqlalchemy.type_names import PYTHON_TYPES
from dbarchitect.sources.sqlalchemy.type_read import TypeRead
from dbarchitect.sources.sqlalchemy.types import TypeReader

_MAPPED = frozenset({"Mapped", "DynamicMapped", "WriteOnlyMapped"})
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Annotated:
    """What an annotation tells. `subject` is the Python type without `None`; `column` the mapped_column of an alias."""

    subject: Located
    optional: bool = False
    column: Invocation | None = None
    read: TypeRead | None = None


def parsed(text: str) -> Expr:
    """The expression that a text is (an annotation in quotes)."""
    source = text.encode()
    root = parse(source).root_node
    statement = root.named_children[0] if root.named_children else None
    inner = statement.named_children[0] if statement is not None and statement.named_children else None
    return ExpressionReader(source).expression(inner)


class AnnotationReader:
    """Reads annotations for one application."""

    def __init__(self, names: Names, types: TypeReader) -> None:
        self.names = names
        self.types = types

    def mapped(self, annotation: Located) -> Located | None:
        """What stands inside `Mapped[…]`; None for any other annotation."""
        located = self.unquoted(annotation)
        if not isinstance(located.expr, Subscript):
            return None
        name = self.names.name_of(located.expr.value, located.frame)
        written = located.expr.value.id.rpartition(".")[2] if isinstance(located.expr.value, Name) else ""
        if name not in _MAPPED and not (name is None and written in _MAPPED):
            return None
        return self.unquoted(Located(located.expr.index, located.frame))

    def read(self, located: Located, type_map: Located | None) -> Annotated:
        """Type and nullability of a Python type as annotated, by the type map and SQLAlchemy's own."""
        mapping = self._mapping(type_map)
        return self._peeled(located, mapping, 0)

    def unquoted(self, located: Located) -> Located:
        """The annotation itself where it is written as text."""
        expr = located.expr
        if isinstance(expr, Literal) and isinstance(expr.value, str):
            return Located(_moved(parsed(expr.value), expr), located.frame)
        return located

    def _peeled(self, located: Located, mapping: dict[str, Located], depth: int) -> Annotated:
        located = self.unquoted(located)
        known = mapping.get(self._identity(located))
        if known is not None:
            return Annotated(located, read=self._mapped_type(known, located))
        if depth > _DEEPEST:
            return Annotated(located)
        expr, frame = located.expr, located.frame
        if isinstance(expr, BinOp) and expr.op == "|":
            return self._union([frame.at(expr.left), frame.at(expr.right)], located, mapping, depth)
        if isinstance(expr, Subscript):
            return self._subscript(located, expr, mapping, depth)
        target = self.names.follow(expr, frame) if isinstance(expr, Name) else located
        if isinstance(target, Located) and isinstance(expr, Name):
            return self._peeled(target, mapping, depth + 1)
        if isinstance(target, Located) and isinstance(target.expr, Call):
            call = self.names.invocation(target.expr, target.frame)
            if call is not None and call.name == "typing.NewType" and len(call.args) > 1:
                return self._peeled(call.args[1], mapping, depth + 1)
        return Annotated(located, read=self._plain(target, located, mapping))

    def _union(self, parts: list[Located], whole: Located, mapping: dict[str, Located], depth: int) -> Annotated:
        rest = [part for part in parts if not _is_none(part.expr)]
        optional = len(rest) < len(parts)
        if not rest:
            return Annotated(whole, optional=True)
        found = [self._peeled(part, mapping, depth + 1) for part in rest]
        optional = optional or any(f.optional for f in found)
        best = found[0] if len(found) == 1 else next((f for f in found if f.read is not None), found[0])
        return replace(best, optional=optional)

    def _subscript(self, located: Located, expr: Subscript, mapping: dict[str, Located], depth: int) -> Annotated:
        frame = located.frame
        name = (self.names.name_of(expr.value, frame) or "").rpartition(".")[2]
        items = expr.index.items if isinstance(expr.index, Display) and expr.index.kind == "tuple" else (expr.index,)
        match name:
            case "Optional":
                return replace(self._peeled(frame.at(items[0]), mapping, depth + 1), optional=True)
            case "Union":
                return self._union([frame.at(item) for item in items], located, mapping, depth)
            case "Annotated":
                found = self._peeled(frame.at(items[0]), mapping, depth + 1)
                calls = (self.names.invocation(item, frame) for item in items[1:])
                column = next((c for c in calls if c is not None and c.name in {"mapped_column", "Column"}), None)
                return replace(found, column=column or found.column)
            case "Literal":
                values = [self.names.constant(frame.at(item)) for item in items]
                texts = tuple(v for v in values if isinstance(v, str))
                read = self.types.enums.of_values(texts) if len(texts) == len(values) else None
                return Annotated(located, read=read)
            case "Final" | "Required" | "NotRequired":
                return self._peeled(frame.at(items[0]), mapping, depth + 1)
            case _:
                bare = mapping.get(self._identity(frame.at(expr.value)))
                return Annotated(located, read=self.types.read(bare) if bare is not None else None)

    def _plain(self, target: object, located: Located, mapping: dict[str, Located]) -> TypeRead | None:
        """The type of a class or a builtin."""
        if isinstance(target, External):
            known = PYTHON_TYPES.get(target.name)
            return self.types.named(known) if known is not None else None
        if not isinstance(target, ClassDef):
            return self._enumeration(located, mapping)
        for base in self.names.index.mro(target)[1:]:
            name = f"class {base.module.path}:{base.qualname}" if isinstance(base, ClassDef) else ""
            key = f"external {base.name}" if isinstance(base, External) else name
            if key in mapping:
                return self._mapped_type(mapping[key], located)
        return self._enumeration(located, mapping)

    def _enumeration(self, located: Located, mapping: dict[str, Located]) -> TypeRead | None:
        if self.types.enums.members(located) is None:
            return None
        generic = mapping.get("external enum.Enum")
        if generic is not None:
            return self._mapped_type(generic, located)
        return self.types.enums.read(Invocation("Enum", (), {}, located), located)

    def _mapped_type(self, value: Located, subject: Located) -> TypeRead | None:
        """A value of the type map; `Enum(enum.Enum, …)` and `Enum` there take the annotated enumeration."""
        call = self.names.invocation(value.expr, value.frame)
        name = call.name if call is not None else self.names.name_of(value.expr, value.frame)
        if name in {"Enum", "postgresql.ENUM"} and self.types.enums.members(subject) is not None:
            read = self.types.enums.read(call or Invocation("Enum", (), {}, value), subject)
            if read is not None:
                return read
        return self.types.attempt(value)

    def _mapping(self, type_map: Located | None) -> dict[str, Located]:
        if type_map is None:
            return {}
        found = self.names.follow(type_map.expr, type_map.frame)
        items = getattr(found.expr, "items", ()) if isinstance(found, Located) else ()
        if not isinstance(found, Located) or not isinstance(items, tuple):
            return {}
        return {
            self._identity(found.frame.at(pair[0])): found.frame.at(pair[1])
            for pair in items
            if isinstance(pair, tuple) and pair[0] is not None
        }

    def _identity(self, located: Located) -> str:
        """A text that is equal for the same Python type, wherever it is written."""
        expr, frame = located.expr, located.frame
        if isinstance(expr, Name):
            found = self.names.index.resolve(frame.module, expr.id, frame.scope)
            match found:
                case External(name=name):
                    return f"external {name}"
                case ClassDef():
                    return f"class {found.module.path}:{found.qualname}"
                case Value():
                    return f"value {found.module.path}:{found.name}"
                case _:
                    return f"name {expr.id}"
        if isinstance(expr, Subscript):
            inner = expr.index.items if isinstance(expr.index, Display) else (expr.index,)
            parts = ", ".join(self._identity(frame.at(part)) for part in inner)
            return f"{self._identity(frame.at(expr.value)).replace('typing.Dict', 'builtins.dict')}[{parts}]"
        return f"text {frame.module.source[expr.span.start : expr.span.end].decode('utf-8', 'replace')}"


def _is_none(expr: Expr) -> bool:
    return (isinstance(expr, Literal) and expr.value is None) or (isinstance(expr, Name) and expr.id == "None")


def _moved(expr: Expr, place: Literal) -> Expr:
    """An expression read from a text, at the place of that text."""
    return replace(expr, span=place.span)
