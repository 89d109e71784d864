"""Schemas at work: what `parse` and its like make of a value, what types inferred from schemas promise."""

from __future__ import annotations

import re

from dbarchitect.catalog.queries import FieldRule
from dbarchitect.sources.code.typescript.checked import Checked
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.types import strings_of
from dbarchitect.sources.code.typescript.values import Const, Instance
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.typescript.zod.building import builder_of, built, method
from dbarchitect.sources.code.typescript.zod.derived import Decorated, derived
from dbarchitect.sources.code.typescript.zod.parsed import parsed
from dbarchitect.sources.code.typescript.zod.schema import Kind, Schema, modified, reshaped, texts_of
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Library, Member, Sequence, Value

_INFERRED = re.compile(
    r"^(?:\w+\.)?(?:infer|output|input|TypeOf|InferOutput|InferInput|InferType|Infer)\s*<\s*typeof\s+"
    r"(?P<name>[A-Za-z_$][\w$]*)\s*>$"
)
_ELEMENTS = re.compile(
    r"^\(?\s*+typeof\s++(?P<name>[A-Za-z_$][\w$]*+)\s*+\)?\s*+\[\s*+(?:number|keyof\s++typeof\s++[\w$]++)\s*+\]$"
)
_PARSING = frozenset({"parse", "parseAsync", "validate", "validateSync", "validateAsync", "cast", "assert", "decode"})
_SAFE = frozenset({"safeParse", "safeParseAsync", "spa", "safeDecode"})
_SHAPES = frozenset({"extend", "safeExtend", "augment", "merge", "pick", "omit", "partial", "deepPartial", "required",
                     "shape", "keys", "append", "and", "concat"})  # fmt: skip
_SHORT_LIST = 60


class SchemaVocabulary(Vocabulary):
    """Follows schemas from where they are built to the columns that what they let through is written into."""

    name = "schema"

    def __init__(self) -> None:
        self._decorated = Decorated()

    @of(Library, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """`z.object({…})`, `schema.extend({…})`, `schema.parse(value)`."""
        if isinstance(function, Library):
            return self._library(function.name, arguments, site)
        if not isinstance(function, Member) or not isinstance(function.owner, Schema):
            return None
        owner, name, first = function.owner, function.name, arguments.get(0)
        if name in _PARSING:
            return parsed(owner, site.interpreter)
        if name in _SAFE:
            return _safely(owner, site)
        if name == "isValid" or name == "isValidSync":
            return OPAQUE
        if owner.kind is Kind.OBJECT and name in _SHAPES:
            return reshaped(owner, name, first)
        return method(owner, name, arguments, site) or modified(owner, name, first, None)

    @of(Instance, Schema)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """`schema.shape`, `Status.enum.OPEN`, `Status.options`; a property of a class with decorators that check it."""
        if isinstance(owner, Instance):
            found = self._decorated.field(owner, name, site) if name not in owner.fields else None
            return parsed(found, site.interpreter, name) if found is not None else None
        if not isinstance(owner, Schema):
            return None
        if name == "shape" and owner.kind is Kind.OBJECT:
            return Entries(dict(owner.fields))
        if name in {"enum", "Enum", "Values"} and owner.choices:
            return Entries({choice: Const(choice) for choice in owner.choices})
        if name == "options" and owner.choices:
            return Items([Const(choice) for choice in owner.choices])
        if name in {"element", "_def"} and owner.element is not None:
            return owner.element
        return Member(owner, name)

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:
        """`z.infer<typeof schema>`, `"open" | "closed"`, `(typeof STATUSES)[number]`."""
        found = _INFERRED.match(type_text)
        if found is not None:
            value = interpreter.named(frame.module, found["name"])
            return parsed(value, interpreter) if isinstance(value, Schema) else None
        elements = _ELEMENTS.match(type_text)
        named = interpreter.named(frame.module, elements["name"]) if elements is not None else None
        choices = (
            texts_of(named)
            if named is not None
            else strings_of(type_text)
            if '"' in type_text or "'" in type_text
            else ()
        )
        if not 1 < len(choices) <= _SHORT_LIST:
            return None
        start = frame.module.source.find(type_text.encode())
        origin = frame.module.origin(max(start, 0), max(start, 0) + len(type_text.encode()))
        rule = FieldRule("constant", "", origin, None, choices)
        return Checked(number=True, rule=rule, following=interpreter)

    def _library(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        builder = builder_of(name)
        if builder is None:
            return derived(name, arguments, site)
        first = arguments.get(0)
        if isinstance(first, Schema) and builder in _PARSING:
            return parsed(first, site.interpreter)
        if isinstance(first, Schema) and builder in {"safeParse", "safeParseAsync"}:
            return _safely(first, site)
        return built(builder, arguments, site)


def _safely(schema: Schema, site: Site) -> Value:
    """What `safeParse` gives: the value where all was well, or an error."""
    value = parsed(schema, site.interpreter)
    return Entries({"success": OPAQUE, "data": value, "output": value, "error": OPAQUE, "issues": Sequence(OPAQUE)})
