"""A schema as a program builds it: which fields an object has, what each demands of its value.

Sources: https://zod.dev/api, https://valibot.dev/api/, https://github.com/jquense/yup, https://joi.dev/api/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from dbarchitect.catalog.refs import Origin
from dbarchitect.often import made_often
from dbarchitect.sources.code.typescript.values import Choice, Const, EnumValue, constant_text
from dbarchitect.sources.code.values import Entries, Items, Value


class Kind(StrEnum):
    """What a schema lets through."""

    OBJECT = "object"
    ARRAY = "array"
    TEXT = "text"
    NUMBER = "number"
    PLAIN = "plain"
    """A truth value, a moment: no text."""
    UNION = "union"
    ANYTHING = "anything"
    UNKNOWN = "unknown"
    """Checked in a way that is not known."""


@made_often
@dataclass(frozen=True, slots=True)
class Schema:
    """A schema. `fields` are those of an object, `options` the schemas of a union, `element` that of what an array has.

    `optional`: it need not be given; `open`: an object keeps what it does not name. `name` is the variable that the
    schema is bound to (`""`: none).
    """

    kind: Kind
    origin: Origin
    fields: tuple[tuple[str, Schema], ...] = ()
    options: tuple[Schema, ...] = ()
    element: Schema | None = None
    optional: bool = False
    open: bool = False
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    name: str = ""

    def field(self, name: str) -> Schema | None:
        """The schema of a field."""
        return dict(self.fields).get(name)

    @property
    def says_something(self) -> bool:
        """Whether anything besides a kind is demanded."""
        ends = (self.max_length, self.minimum, self.maximum, self.pattern)
        return bool(self.choices) or any(end is not None for end in ends)


SAME = frozenset(
    {"refine", "superRefine", "describe", "brand", "readonly", "trim", "toLowerCase", "toUpperCase", "openapi", "meta",
     "label", "check", "strict", "strip", "stripUnknown", "noUnknown", "email", "url", "uri", "uuid", "cuid",
     "cuid2", "ulid", "nanoid", "ip", "datetime", "date", "time", "startsWith", "endsWith", "includes", "normalize",
     "finite", "safe", "int", "integer", "multipleOf", "typeError", "test", "lowercase", "uppercase", "required",
     "nonempty", "catch", "messages", "alphanum", "hex", "token", "guid", "registry", "register", "base64", "emoji",
     "jwt", "overwrite", "superRefineAsync", "custom", "concat", "ensure", "isoDateTime", "minLength", "nonEmpty"}
)  # fmt: skip
_OPENING = frozenset({"passthrough", "catchall", "loose", "unknown"})
_ENDS = {"gte": "minimum", "gt": "minimum", "min": "minimum", "minValue": "minimum", "moreThan": "minimum",
         "lte": "maximum", "lt": "maximum", "max": "maximum", "maxValue": "maximum", "lessThan": "maximum"}  # fmt: skip
_SIGNS = {"positive": ("minimum", 0.0), "nonnegative": ("minimum", 0.0), "negative": ("maximum", 0.0),
          "nonpositive": ("maximum", 0.0)}  # fmt: skip


def modified(schema: Schema, name: str, first: Value | None, pattern: str | None) -> Schema | None:
    """A schema after a method that limits or relaxes it; None for a method that is not known."""
    if name in SAME:
        return replace(schema, optional=False) if name in {"required", "nonempty"} and not schema.fields else schema
    if name in {"optional", "nullish", "notRequired", "undefinedable", "exactOptional"}:
        return replace(schema, optional=True)
    if name in {"nullable", "allow"}:
        return schema
    if name in {"default", "prefault"}:
        return replace(schema, optional=False)
    if name in _OPENING:
        return replace(schema, open=True)
    if name in {"regex", "matches", "pattern"}:
        return replace(schema, pattern=pattern or schema.pattern)
    if name in {"valid", "oneOf", "equals"}:
        return replace(schema, choices=texts_of(first) or schema.choices)
    if name in _SIGNS and schema.kind is Kind.NUMBER:
        end, value = _SIGNS[name]
        return limited(schema, end, value)
    if name in {"max", "maxLength", "length", "lt", "lte"} and schema.kind is Kind.TEXT:
        number = number_of(first)
        return replace(schema, max_length=int(number)) if number is not None else schema
    if name in _ENDS:
        number = number_of(first)
        known = number is not None and schema.kind is Kind.NUMBER
        return limited(schema, _ENDS[name], number) if known and number is not None else schema
    if name == "unwrap":
        return replace(schema, optional=False)
    if name in {"transform", "preprocess"}:
        return replace(schema, kind=Kind.UNKNOWN, fields=(), options=(), choices=()) if not schema.fields else schema
    return None


def limited(schema: Schema, end: str, value: float) -> Schema:
    """A schema with the lowest or the highest number."""
    return replace(schema, minimum=value) if end == "minimum" else replace(schema, maximum=value)


def reshaped(schema: Schema, name: str, given: Value | None) -> Schema | None:
    """An object's schema with other fields: `extend`, `pick`, `omit`, `partial`, `merge`; None for any other method."""
    match name:
        case "extend" | "safeExtend" | "augment" | "setKey" | "shape" | "keys" | "append":
            added = (
                fields_of(given.entries)
                if isinstance(given, Entries)
                else given.fields
                if isinstance(given, Schema)
                else ()
            )
            return replace(schema, fields=tuple({**dict(schema.fields), **dict(added)}.items()))
        case "merge" | "and" | "concat":
            return joined(schema, given) if isinstance(given, Schema) else schema
        case "pick":
            named = names_of(given)
            return replace(schema, fields=tuple((n, f) for n, f in schema.fields if n in named))
        case "omit":
            named = names_of(given)
            return replace(schema, fields=tuple((n, f) for n, f in schema.fields if n not in named))
        case "partial" | "deepPartial":
            named = names_of(given) or frozenset(name for name, _ in schema.fields)
            return replace(
                schema, fields=tuple((n, replace(f, optional=f.optional or n in named)) for n, f in schema.fields)
            )
        case "required":
            named = names_of(given) or frozenset(name for name, _ in schema.fields)
            return replace(
                schema, fields=tuple((n, replace(f, optional=f.optional and n not in named)) for n, f in schema.fields)
            )
        case _:
            return None


def joined(first: Schema, second: Schema) -> Schema:
    """A schema that demands both: `z.intersection`, `.and`, `.merge`."""
    fields = {**dict(first.fields), **dict(second.fields)}
    return replace(first, fields=tuple(fields.items()), open=first.open or second.open)


def united(options: tuple[Schema, ...], origin: Origin) -> Schema:
    """A schema that lets through what one of several does: one set of values of all that are sets."""
    if options and all(option.choices and option.kind is Kind.TEXT for option in options):
        choices = tuple(dict.fromkeys(choice for option in options for choice in option.choices))
        return Schema(Kind.TEXT, origin, choices=choices)
    if options and all(
        option.kind is options[0].kind and option.kind in {Kind.NUMBER, Kind.PLAIN} for option in options
    ):
        return Schema(options[0].kind, origin)
    return Schema(Kind.UNION, origin, options=options)


def fields_of(entries: dict[str, Value]) -> tuple[tuple[str, Schema], ...]:
    """The fields of an object given to a schema; what is no schema that is known is a field of unknown kind."""
    return tuple(
        (name, value if isinstance(value, Schema) else Schema(Kind.UNKNOWN, Origin()))
        for name, value in entries.items()
        if not name.startswith("?")
    )


def names_of(given: Value | None) -> frozenset[str]:
    """The names in `{ id: true }` or `["id"]`."""
    if isinstance(given, Entries):
        return frozenset(given.entries)
    if isinstance(given, Items):
        return frozenset(str(item.value) for item in given.items if isinstance(item, Const))
    return frozenset()


def texts_of(value: Value | None) -> tuple[str, ...]:
    """The values of a set: an array of constants, an object or enum of them; empty where one is not known."""
    found: list[Value]
    match value:
        case Items(items=items, open=False):
            found = list(items)
        case Entries(entries=entries, open=False):
            found = list(entries.values())
        case EnumValue(enum=enum):
            found = [Const(member) for member in enum.members.values() if member is not None]
            if len(found) != len(enum.members):
                return ()
        case Choice(values=values):
            found = list(values)
        case Const(value=str()):
            found = [value]
        case _:
            return ()
    if not all(isinstance(item, Const) for item in found):
        return ()
    return tuple(constant_text(item.value) for item in found if isinstance(item, Const))


def number_of(value: Value | None) -> float | None:
    """A number that is known."""
    known = isinstance(value, Const) and isinstance(value.value, int | float) and not isinstance(value.value, bool)
    return float(value.value) if known and isinstance(value, Const) and isinstance(value.value, int | float) else None


_LOOKED_BACK = 2_000  # characters: a type may be written between the name and the expression
_BOUND = re.compile(r"\b(?:const|let|var)\s+([\w$]+)\s*(?::[^=;]*+)?=\s*+(?:\(\s*+)?$")


def bound_name(before: str) -> str:
    """The variable that an expression is bound to; `before` is the source that ends where it begins."""
    found = _BOUND.search(before[-_LOOKED_BACK:])
    return found[1] if found is not None else ""
