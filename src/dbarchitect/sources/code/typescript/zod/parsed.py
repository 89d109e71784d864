"""What a schema has let through: objects of its fields, each with what is demanded of it."""

from __future__ import annotations

import re

from dbarchitect.catalog.queries import FieldRule
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.typescript.checked import Checked
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Following
from dbarchitect.sources.code.typescript.zod.schema import Kind, Schema
from dbarchitect.sources.code.values import SOMEWHERE, Entries, Opaque, Sequence, Value

_DEEPEST = 5
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_MAKING = frozenset({"create", "new", "add", "register", "insert", "signup", "sign"})


def parsed(schema: Schema, following: Following, name: str = "", *, making: bool = False, depth: int = 0) -> Value:
    """What a schema gives for a value that it lets through; `name` is that of the field, `making` whether the object
    around it is to make a row."""
    if depth > _DEEPEST:
        return Opaque()
    making = making or bool(_MAKING.intersection(word.lower() for word in _WORD.findall(schema.name)))
    match schema.kind:
        case Kind.OBJECT:
            return _object(schema, following, making=making, depth=depth)
        case Kind.ARRAY:
            element = schema.element or Schema(Kind.UNKNOWN, schema.origin)
            return Sequence(parsed(element, following, name, depth=depth + 1))
        case Kind.UNION:
            return _union(schema, following, depth)
        case Kind.ANYTHING:
            return Opaque(raw=True)
        case Kind.TEXT if len(schema.choices) == 1:
            return Const(schema.choices[0])
        case _:
            return Checked(
                number=schema.kind in {Kind.NUMBER, Kind.PLAIN} or bool(schema.choices),
                rule=_rule(schema, name, making=making),
                following=following,
            )


def _object(schema: Schema, following: Following, *, making: bool, depth: int) -> Value:
    found = {name: parsed(field, following, name, making=making, depth=depth + 1) for name, field in schema.fields}
    optional = {name: SOMEWHERE for name, field in schema.fields if field.optional}
    entries = Entries(found, optional=optional)
    if schema.open:
        entries.open = True
        entries.entries["?rest"] = Opaque(raw=True)
    return entries


def _union(schema: Schema, following: Following, depth: int) -> Value:
    """Of several objects one with the fields of all: what only some have is optional."""
    objects = [option for option in schema.options if option.kind is Kind.OBJECT]
    if not objects or len(objects) != len(schema.options):
        return Opaque()
    fields = {name: field for option in objects for name, field in option.fields}
    shared = set(fields).intersection(*({name for name, _ in option.fields} for option in objects))
    found = {
        name: parsed(_both(name, objects) or field, following, name, depth=depth + 1) for name, field in fields.items()
    }
    optional = {name: SOMEWHERE for name, field in fields.items() if name not in shared or field.optional}
    return Entries(found, any(option.open for option in objects), optional=optional)


def _both(name: str, objects: list[Schema]) -> Schema | None:
    """The one set of values of a field that each option of a union fixes: `type: "a"` or `type: "b"`."""
    fields = [field for option in objects if (field := option.field(name)) is not None]
    if not all(field.kind is Kind.TEXT and field.choices for field in fields):
        return None
    choices = tuple(dict.fromkeys(choice for field in fields for choice in field.choices))
    return Schema(Kind.TEXT, fields[0].origin, choices=choices)


def _rule(schema: Schema, name: str, *, making: bool) -> FieldRule | None:
    required = True if making and not schema.optional else None
    if schema.origin == Origin() or not (schema.says_something or required):
        return None
    return FieldRule(
        "schema", name, schema.origin, None, schema.choices, schema.max_length, schema.minimum, schema.maximum,
        required, schema.pattern,
    )  # fmt: skip
