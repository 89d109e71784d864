"""Which fields of a class its objects have for themselves, so that the value written in the class tells nothing."""

from __future__ import annotations

import re

from dbarchitect.sources.python.expressions import Call, Literal, Name, Subscript
from dbarchitect.sources.python.statements import Assign, ClassDef

_GIVEN = re.compile(rb"\bself\.(\w+)(?: ?:[^=\n]{1,80})? ?=(?!=)")

_DATACLASSES = frozenset({"dataclass", "define", "frozen", "attrs"})


class OwnFields:
    """The fields that objects have of their own, found once for each class."""

    def __init__(self) -> None:
        self._by_methods: dict[ClassDef, frozenset[bytes]] = {}

    def replace_default(self, holder: ClassDef, statement: object, name: str, *, made: bool) -> bool:
        """Whether a constant of a class only stands until its object is given another: it is None, a method gives it,
        or it is the default of a dataclass' field and nobody saw the object being `made`."""
        if not isinstance(statement, Assign) or not isinstance(statement.value, Literal):
            return False
        if statement.value.value is None:
            return True
        if _is_dataclass(holder):
            return not made and statement.annotation is not None and not _is_of_class(statement)
        if holder not in self._by_methods:
            span = holder.span
            self._by_methods[holder] = frozenset(_GIVEN.findall(holder.module.source, span.start, span.end))
        return name.encode() in self._by_methods[holder]


def _is_dataclass(cls: ClassDef) -> bool:
    names = (d.function if isinstance(d, Call) else d for d in cls.decorators)
    return any(isinstance(name, Name) and name.id.rpartition(".")[2] in _DATACLASSES for name in names)


def _is_of_class(statement: Assign) -> bool:
    written = statement.annotation.value if isinstance(statement.annotation, Subscript) else statement.annotation
    return isinstance(written, Name) and written.id.rpartition(".")[2] == "ClassVar"
