"""What an annotation promises of a value: a session, a row of a model, an object of the project."""

from __future__ import annotations

import re
from dataclasses import replace

from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.values import ClassValue, Const, Instance, ModelClass
from dbarchitect.sources.code.python.vocabulary import Following, Site, speaking
from dbarchitect.sources.code.values import (
    Library,
    Member,
    Opaque,
    Rows,
    Sequence,
    Value,
)
from dbarchitect.sources.python.expressions import BinOp, Display, Expr, Literal, Name, Subscript
from dbarchitect.sources.python.resolved import Value as Bound
from dbarchitect.sources.python.statements import ClassDef

_WRAPPERS = frozenset({"Optional", "Annotated", "Union", "Mapped", "Final", "ClassVar", "Awaitable"})
_MANY = frozenset({"list", "List", "Sequence", "Iterable", "tuple", "set", "Iterator", "Collection"})
_OF_ONE = re.compile(r"([\w.]+)\[([\w.]+)\]")
"""A type of one other, in quotes."""


class Promises:
    """Reads annotations for one interpreter."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter
        self._aliases: set[tuple[str, str]] = set()
        self._objects = speaking(interpreter.vocabularies, "instance_of")
        self._plain: set[ClassDef] = set()
        """Classes of the project of whose bases no library says what an object is."""

    def promised(self, annotation: Expr, frame: Frame) -> Value | None:
        """What a parameter with this annotation is given, None when it tells nothing."""
        match annotation:
            case Literal(value=str(text)) if text.replace(".", "").isidentifier():
                return self.promised(Name(text, annotation.span), frame)
            case Literal(value=str(text)) if (quoted := _OF_ONE.fullmatch(text)) is not None:
                outer, inner = (Name(name, annotation.span) for name in quoted.groups())
                return self._generic(
                    outer.id.rpartition(".")[2], inner, Subscript(outer, inner, annotation.span), frame
                )
            case BinOp(op="|", left=left, right=right):
                return self.promised(left, frame) or self.promised(right, frame)
            case Subscript(value=Name(id=outer), index=index):
                return self._generic(outer.rpartition(".")[2], index, annotation, frame)
            case Name():
                found = self.interpreter.index.resolve(frame.module, annotation.id)
                if isinstance(found, Bound) and isinstance(found.expr, Subscript | BinOp) and not found.rest:
                    return self._aliased(found, found.expr)
                return self._object_of(self.interpreter.evaluation.of(annotation, frame), frame, annotation)
            case _:
                return None

    def _aliased(self, found: Bound, expr: Expr) -> Value | None:
        """What an alias of a type promises; of one that speaks of itself, nothing."""
        place = (found.module.path, found.name)
        if place in self._aliases:
            return None
        self._aliases.add(place)
        try:
            return self.promised(expr, self.interpreter.module_frame(found.module))
        finally:
            self._aliases.discard(place)

    def _generic(self, outer: str, index: Expr, annotation: Subscript, frame: Frame) -> Value | None:
        first = index.items[0] if isinstance(index, Display) and index.items else index
        if outer == "Annotated" and isinstance(index, Display):
            for extra in index.items[1:]:
                value = self.interpreter.evaluation.of(extra, frame)
                if not isinstance(value, Opaque | Const | Library | Member | ClassValue):
                    return value
            return self.promised(first, frame)
        if outer in _WRAPPERS:
            return self.promised(first, frame)
        if outer in _MANY:
            element = self.promised(first, frame)
            if isinstance(element, Rows):
                return replace(element, many=True)
            return Sequence(element) if element is not None else None
        if outer == "type" or outer == "Type":
            return self.interpreter.evaluation.of(first, frame)
        return self._holding(first, annotation, frame) or self.promised(annotation.value, frame)

    def _holding(self, element: Expr, annotation: Subscript, frame: Frame) -> Value | None:
        """What a library holds rows in: `QuerySet[Order]`."""
        said = speaking(self.interpreter.vocabularies, "holding")
        held = self.promised(element, frame) if said else None
        if not isinstance(held, Rows):
            return None
        holder = self.interpreter.evaluation.of(annotation.value, frame)
        site = Site(self.interpreter, frame, annotation.span)
        return next((value for each in said if (value := each(holder, held, site)) is not None), None)

    def _object_of(self, value: Value, frame: Frame, annotation: Expr) -> Value | None:
        site = Site(self.interpreter, frame, annotation.span)
        match value:
            case ModelClass():
                return Rows(value.model, value.library)
            case ClassValue(cls=cls):
                for base in self.interpreter.index.external_bases(cls) if cls not in self._plain else ():
                    found = self._promised_by(base, site)
                    if found is not None:
                        return found
                self._plain.add(cls)
                return Instance(cls)
            case Library(name=name):
                return self._promised_by(name, site)
            case Opaque() | Const() | Member():
                return None
            case _:
                return value  # an alias made by a vocabulary: `SessionDep = Annotated[Session, Depends(…)]`

    def _promised_by(self, dotted: str, site: Site) -> Value | None:
        found = (said(dotted, site) for said in self._objects)
        return next((value for value in found if value is not None), None)
