"""What declared types promise of values: objects of the project's classes, clients, objects with typed members."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.types import bare, intersected, members_of, strings_of
from dbarchitect.sources.code.typescript.values import ClassValue
from dbarchitect.sources.code.values import OPAQUE, Value
from dbarchitect.sources.typescript.syntax import Class, Define, Enum, Found, TypeDeclaration

_NAME = re.compile(r"[A-Za-z_$][\w$]*\Z")
_TYPE_OF = re.compile(r"typeof\s+([A-Za-z_$][\w$]*)\Z")
_HEAD = re.compile(r"([A-Za-z_$][\w$]*)\s*<")
_PLAIN = frozenset(
    {"string", "number", "boolean", "any", "unknown", "void", "never", "object", "Date", "bigint", "File"}
)
_NUMBERS = frozenset({"number", "boolean", "bigint", "number | bigint", "bigint | number"})
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Typed:
    """An object of which only the type is known: its members by their types, as declared in a module."""

    members: tuple[tuple[str, str], ...]
    frame: Frame


class Promises:
    """Reads declared types for one interpreter."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter
        self._known: dict[tuple[str, str], Value | None] = {}

    def forget(self) -> None:
        """Another module is followed from now on."""
        self._known.clear()

    def promised(self, text: str, frame: Frame, depth: int = 0) -> Value | None:
        """What a value of a declared type is; None when the type tells nothing."""
        text = bare(text)
        if not text or text in _PLAIN or depth > _DEEPEST:
            return None
        key = (frame.module.path, text)
        if key not in self._known:
            self._known[key] = None  # a type that names itself
            self._known[key] = self._read(text, frame, depth)
        return self._known[key]

    def chosen(self, text: str, frame: Frame, depth: int = 0) -> bool:
        """Whether a declared type holds numbers, truth values or the program's own constants only."""
        text = bare(text)
        if text in _NUMBERS or depth > _DEEPEST:
            return text in _NUMBERS
        if text[:1] in "\"'" and text:
            return bool(strings_of(text))
        found = self.interpreter.index.resolve(frame.module, text) if text not in _PLAIN and _NAME.match(text) else None
        statement = found.module.bound.get(found.name) if isinstance(found, Found) else None
        if isinstance(statement, TypeDeclaration) and isinstance(found, Found):
            return self.chosen(statement.text, self.interpreter.module_frame(found.module), depth + 1)
        return isinstance(statement, Enum)

    def member(self, owner: object, name: str) -> Value | None:
        """A member of an object of which the type is known; None when there is none, or its type tells nothing."""
        if not isinstance(owner, Typed):
            return None
        text = dict(owner.members).get(name)
        return self.promised(text, owner.frame) if text is not None else None

    def _read(self, text: str, frame: Frame, depth: int) -> Value | None:
        for vocabulary in self.interpreter.vocabularies:
            found = vocabulary.typed(text, frame, self.interpreter)
            if found is not None:
                return found
        if text.startswith("{"):
            return self._object(members_of(text), frame)
        queried = _TYPE_OF.match(text)
        if queried:
            value = self.interpreter.named(frame.module, queried[1])
            return None if value is OPAQUE else value
        parts = intersected(text)
        if len(parts) > 1:
            found_parts = [self.promised(part, frame, depth + 1) for part in parts]
            known = [f for f in found_parts if f is not None]
            typed = [f for f in known if isinstance(f, Typed)]
            if known and len(typed) == len(known):
                return Typed(tuple(member for f in typed for member in f.members), frame)
            return next(iter(known), None)
        head = _HEAD.match(text)
        name = text if _NAME.match(text) else head[1] if head else None
        return self._declared(name, frame, depth) if name is not None else None

    def _object(self, members: dict[str, str], frame: Frame) -> Value | None:
        if not members:
            return None
        return Typed(tuple(members.items()), frame)

    def _declared(self, name: str, frame: Frame, depth: int) -> Value | None:
        """A type that the project declares by name."""
        found = self.interpreter.index.resolve(frame.module, name)
        if not isinstance(found, Found):
            return None
        statement = found.module.bound.get(found.name)
        inner = self.interpreter.module_frame(found.module)
        if isinstance(statement, Define) and isinstance(statement.value, Class):
            value = self.interpreter.objects.object_of(statement.value)
            return None if isinstance(value, ClassValue) else value
        if isinstance(statement, TypeDeclaration):
            value = self.promised(statement.text, inner, depth + 1)
            return self._with_bases(statement, value, inner, depth)
        return None

    def _with_bases(self, declaration: TypeDeclaration, value: Value | None, frame: Frame, depth: int) -> Value | None:
        """An interface with the members of those that it extends."""
        members = dict(value.members) if isinstance(value, Typed) else {}
        if value is not None and not isinstance(value, Typed):
            return value
        for base in declaration.extends:
            found = self.promised(base, frame, depth + 1)
            if isinstance(found, Typed):
                members = {**dict(found.members), **members}
            elif found is not None and not members:
                return found
        return Typed(tuple(members.items()), frame) if members else None
