"""Calls of Python's own functions: what `sorted`, `len`, `sum`, `zip` … make of rows, and what they tell of a query."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Use
from dbarchitect.sources.code.python.values import (
    ClassValue,
    Const,
    Instance,
    ModelClass,
    Super,
)
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.values import (
    OPAQUE,
    SOMEWHERE,
    Entries,
    Items,
    Library,
    Opaque,
    Rows,
    Sequence,
    Text,
    Value,
    columns_read,
    is_raw,
)

SAME = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "frozenset", "deque", "aiter"})
"""What gives again what it is given, in another order or container."""


class Builtins:
    """Answers calls of builtins for one interpreter."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter

    def call(self, last: str, first: Value | None, arguments: Arguments, site: Site) -> Value | None:  # noqa: C901 - one answer for each builtin
        """What a builtin gives, called by its name; None where it is not known here."""
        record = record_of(first)
        if last in SAME and first is not None:
            if last == "sorted" and record is not None:
                record.uses.add(Use.SORTED)
            if isinstance(first, Rows | Items | Const | Entries):
                return first
            turns = self.interpreter.iterated(first, site)
            if last == "sorted" and record is None and (fetched := record_of(turns)) is not None:
                fetched.uses.add(Use.SORTED)
            return turns.element if isinstance(turns.element, Rows) and turns.element.many else _rows_again(turns)
        if last in {"copy", "deepcopy"} and isinstance(first, Rows) and not first.many:
            return replace(first, pending=list(first.pending))
        if last == "len" and first is not None:
            if record is not None:
                record.uses.add(Use.COUNTED)
                return OPAQUE
            self.interpreter.iterated(first, site)
            return OPAQUE
        if last in {"min", "max"} and len(arguments.args) > 1:
            values = arguments.args
            return Opaque(any(map(is_raw, values)), frozenset().union(*map(columns_read, values)))
        if last in {"bool", "any", "all", "sum", "min", "max"} and first is not None:
            if last == "bool":
                self.interpreter.evaluation.tested(first, site)
                return OPAQUE
            self.interpreter.iterated(first, site)
            if last == "sum" and record is not None:
                record.uses.add(Use.SUMMED)
            return Opaque(is_raw(first), columns_read(first.element) if isinstance(first, Sequence) else frozenset())
        if last == "next" and first is not None:
            return self.interpreter.iterated(first, site).element
        if last == "enumerate" and first is not None:
            turns = self.interpreter.iterated(first, site)
            return replace(turns, element=Items([OPAQUE, turns.element], "tuple"), record=None)
        if last == "zip":
            each = [self.interpreter.iterated(arg, site) for arg in arguments.args]
            together = Items([turns.element for turns in each], "tuple")
            return Sequence(together, any(turns.rows for turns in each))
        if last == "range":
            known = [a.value for a in arguments.args if isinstance(a, Const) and isinstance(a.value, int)]
            bound = len(range(*known)) if known and len(known) == len(arguments.args) and 0 not in known[2:] else None
            return Sequence(OPAQUE, bound=bound, batched=len(arguments.args) == 3)
        if last in {"map", "filter"} and len(arguments.args) == 2:
            turns = self.interpreter.iterated(arguments.args[1], site)
            if last == "filter":
                rows = record_of(turns)
                if rows is not None:
                    rows.uses.add(Use.FILTERED)
                return turns
            return replace(
                turns, element=self.interpreter.objects.call(arguments.args[0], Arguments((turns.element,)), site)
            )
        if last == "getattr" and len(arguments.args) >= 2:
            name = arguments.args[1]
            if isinstance(name, Const) and isinstance(name.value, str) and first is not None:
                return self.interpreter.objects.attribute(first, name.value, site)
            return OPAQUE
        if last in {"str", "int", "float", "bool", "dict", "isinstance", "hasattr", "type", "print", "id", "repr"}:
            if last == "dict":
                optional = dict.fromkeys(arguments.optional, SOMEWHERE)
                if isinstance(first, Entries):
                    optional = {**first.optional, **optional}
                    entries = {**first.entries, **arguments.kwargs}
                    return Entries(entries, first.open or arguments.dynamic, site.frame.branch, optional)
                if first is not None:
                    self.interpreter.iterated(first, site)
                open_ = bool(arguments.args) or arguments.dynamic
                return Entries(dict(arguments.kwargs), open_, site.frame.branch, optional)
            if last == "str" and isinstance(first, Opaque | Text | Const):
                return first
            number = last in {"int", "float", "bool"}
            return Opaque(False, columns_read(first), number=number) if first is not None else OPAQUE
        if last == "super":
            return self.super(site)
        return None

    def super(self, site: Site) -> Value:
        """`super()`: the object itself, whose next class in line is asked (near enough to follow what it builds)."""
        frame = site.frame
        first = frame.function.parameters[0].name if frame.function and frame.function.parameters else ""
        held = frame.names.get(first, OPAQUE)
        cls = held.cls if isinstance(held, Instance) else None
        if isinstance(held, ClassValue):
            cls = held.cls
        elif isinstance(held, Rows | ModelClass):
            cls = self.interpreter.objects.class_of(held.model)
        if cls is None or frame.owner is None:
            return Library("builtins.super()")
        line = list(self.interpreter.index.lineage(cls))
        after = line[line.index(frame.owner) + 1 :] if frame.owner in line else []
        return Super(held, tuple(after))


def record_of(value: Value | None) -> Record | None:
    """The query whose rows a value is, or is made of; None where there is none."""
    while isinstance(value, Sequence):
        value = value.element if isinstance(value.element, Rows | Sequence) else value.source
    return value.record if isinstance(value, Rows) else None


def _rows_again(turns: Sequence) -> Value:
    element = turns.element
    if isinstance(element, Rows) and turns.rows:
        return replace(element, many=True)
    return turns
