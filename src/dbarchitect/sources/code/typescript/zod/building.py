"""What functions of schema libraries build: `z.object({…})`, `v.pipe(v.string(), v.maxLength(9))`, `yup.string()`."""

from __future__ import annotations

import re
from dataclasses import replace

from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.typescript.zod.schema import (
    Kind,
    Schema,
    bound_name,
    fields_of,
    joined,
    limited,
    modified,
    number_of,
    texts_of,
    united,
)
from dbarchitect.sources.code.values import Entries, Items, Value
from dbarchitect.sources.typescript.syntax import Call, Regex

_PACKAGES = re.compile(
    r"^(?:zod(?:/[\w-]+)*|@hono/zod-openapi|@zod/\w+|astro/zod|valibot|yup|joi|@hapi/joi|@trpc/zod):"
    r"(?:(?:z|zod|default|Joi|joi|v|yup|string)\.)?(?P<name>[\w.]+)$"
)
_TEXTS = frozenset(
    {"string", "email", "uuid", "uuidv4", "guid", "cuid", "cuid2", "ulid", "nanoid", "url", "httpUrl", "jwt", "base64",
     "templateLiteral", "iso.datetime", "iso.date", "coerce.string", "ipv4", "ipv6", "emoji", "e164", "hostname"}
)  # fmt: skip
_NUMBERS = frozenset(
    {
        "number",
        "bigint",
        "int",
        "int32",
        "float32",
        "float64",
        "int64",
        "coerce.number",
        "coerce.bigint",
        "nan",
        "integer",
    }
)
_PLAIN = frozenset(
    {"boolean", "bool", "date", "coerce.date", "coerce.boolean", "stringbool", "instanceof", "file", "symbol", "null",
     "undefined", "void", "null_", "undefined_"}
)  # fmt: skip
_ANYTHING = frozenset({"any", "unknown", "record", "map", "json", "looseRecord", "custom", "mixed", "partialRecord"})
_OBJECTS = frozenset({"object", "strictObject", "looseObject", "interface", "objectWithRest", "partial", "required"})
_BEFORE = 160
"""Bytes before an expression in which the name stands that it is bound to."""


def builder_of(name: str) -> str | None:
    """`object` of `zod:z.object`; None for what is of no schema library."""
    found = _PACKAGES.match(name)
    return found["name"] if found is not None else None


def built(name: str, arguments: Arguments, site: Site) -> Value | None:  # noqa: C901 - one answer for each function
    """What a function of a schema library gives; None for one that builds no schema."""
    origin, first = site.origin, arguments.get(0)
    if name in _OBJECTS:
        return _object(name, first, site)
    if name in _TEXTS:
        return Schema(Kind.TEXT, origin)
    if name in _NUMBERS:
        return Schema(Kind.NUMBER, origin)
    if name in _PLAIN:
        return Schema(Kind.PLAIN, origin)
    if name in _ANYTHING:
        return Schema(Kind.ANYTHING, origin)
    match name:
        case "enum" | "nativeEnum" | "picklist" | "enum_" | "enumType" | "nativeEnum_":
            return Schema(Kind.TEXT, origin, choices=texts_of(first))
        case "literal" | "valid":
            known = first if isinstance(first, Items) else Items([first] if isinstance(first, Const) else [])
            text = all(isinstance(i, Const) and isinstance(i.value, str) for i in known.items)
            return Schema(Kind.TEXT if text and known.items else Kind.PLAIN, origin, choices=texts_of(known))
        case "array" | "set" | "tuple" | "nonEmptyArray":
            return Schema(Kind.ARRAY, origin, element=first if isinstance(first, Schema) else None)
        case "union" | "discriminatedUnion" | "variant" | "xor" | "alternatives":
            listed = first if isinstance(first, Items) else arguments.get(1)
            options = tuple(o for o in listed.items if isinstance(o, Schema)) if isinstance(listed, Items) else ()
            return united(options, origin)
        case "intersection" | "intersect":
            both = [given for given in arguments.args if isinstance(given, Schema)]
            both += [o for o in first.items if isinstance(o, Schema)] if isinstance(first, Items) else []
            return joined(both[0], both[1]) if len(both) > 1 else Schema(Kind.UNKNOWN, origin)
        case "optional" | "nullish" | "exactOptional" | "undefinedable":
            return replace(first, optional=True) if isinstance(first, Schema) else Schema(Kind.UNKNOWN, origin)
        case "nullable" | "nonOptional" | "readonly" | "lazy":
            return first if isinstance(first, Schema) else Schema(Kind.UNKNOWN, origin)
        case "preprocess":
            return arguments.get(1) if isinstance(arguments.get(1), Schema) else Schema(Kind.UNKNOWN, origin)
        case "pipe":
            return _piped(arguments, site)
        case _:
            return _action(name, first, site)


def method(owner: Schema, name: str, arguments: Arguments, site: Site) -> Schema | None:
    """A schema after one of its methods."""
    first = arguments.get(0)
    if name == "or" and isinstance(first, Schema):
        return united((owner, first), site.origin)
    if name == "pipe" and isinstance(first, Schema):
        return replace(first, optional=owner.optional)
    if name == "array":
        return Schema(Kind.ARRAY, site.origin, element=owner)
    if name in {"exclude", "extract"} and owner.choices:
        named = set(texts_of(first))
        kept = tuple(c for c in owner.choices if (c in named) == (name == "extract"))
        return replace(owner, choices=kept, origin=site.origin)
    if name in {"valid", "oneOf"} and not isinstance(first, Items):
        first = Items([given for given in arguments.args if isinstance(given, Const)])
    found = modified(owner, name, first, _pattern(site))
    return replace(found, origin=site.origin) if found is not None and not found.fields else found


def _object(name: str, first: Value | None, site: Site) -> Schema:
    if isinstance(first, Schema):  # valibot: `v.partial(schema)`
        relaxed = tuple((n, replace(f, optional=name == "partial")) for n, f in first.fields)
        return replace(first, fields=relaxed)
    source = site.frame.module.source
    before = source[max(0, site.expr.start - _BEFORE) : site.expr.start].decode("utf-8", "replace")
    fields = fields_of(first.entries) if isinstance(first, Entries) else ()
    open_ = name in {"looseObject", "objectWithRest"} or (isinstance(first, Entries) and first.open)
    return Schema(Kind.OBJECT, site.origin, fields, open=open_, name=bound_name(before))


def _piped(arguments: Arguments, site: Site) -> Value:
    """valibot: a schema, and the actions that follow it."""
    schemas = [given for given in arguments.args if isinstance(given, Schema)]
    if not schemas:
        return Schema(Kind.UNKNOWN, site.origin)
    found = schemas[0]
    for action in schemas[1:]:
        found = replace(
            found,
            max_length=action.max_length if action.max_length is not None else found.max_length,
            minimum=action.minimum if action.minimum is not None else found.minimum,
            maximum=action.maximum if action.maximum is not None else found.maximum,
            pattern=action.pattern or found.pattern,
        )
    return replace(found, origin=site.origin)


def _action(name: str, first: Value | None, site: Site) -> Value | None:
    """valibot: `v.maxLength(9)`, as a schema that demands only that."""
    number, bare = number_of(first), Schema(Kind.UNKNOWN, site.origin)
    if name == "maxLength" and number is not None:
        return replace(bare, max_length=int(number))
    if name in {"minValue", "gtValue"} and number is not None:
        return limited(bare, "minimum", number)
    if name in {"maxValue", "ltValue"} and number is not None:
        return limited(bare, "maximum", number)
    return replace(bare, pattern=_pattern(site)) if name == "regex" else None


def _pattern(site: Site) -> str | None:
    """The regular expression that a call is given."""
    first = site.expr.args[0] if isinstance(site.expr, Call) and site.expr.args else None
    return first.pattern if isinstance(first, Regex) else None
