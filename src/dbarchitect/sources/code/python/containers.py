"""What is taken out of lists, dictionaries, rows and other values that hold several."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Use
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments, Following
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Items,
    Member,
    Opaque,
    Rows,
    Sequence,
    Value,
    columns_read,
    is_raw,
)


class Containers:
    """The language's own meaning of members, vocabularies apart."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter

    def method(self, owner: Entries, name: str, arguments: Arguments, branch: tuple[str, ...]) -> Value | None:
        """A method of a dictionary, on these ways through the code; None for one that is unknown."""
        first = arguments.get(0)
        match name:
            case "update":
                given = first if isinstance(first, Entries) else Entries(open=first is not None)
                owner.open = owner.open or given.open
                for key, value in {**given.entries, **arguments.kwargs}.items():
                    owner.put(key, value, given.optional.get(key, branch))
                return Const(None)
            case "get" | "pop" | "setdefault":
                if isinstance(first, Const) and isinstance(first.value, str):
                    default = arguments.get(1) or OPAQUE
                    unsure = owner.open and isinstance(default, Const)  # there may be such an entry
                    return owner.entries.get(first.value, OPAQUE if unsure else default)
                return self._any_of(owner)
            case "copy":
                return Entries(dict(owner.entries), owner.open, owner.branch, dict(owner.optional))
            case "values":
                return Items(list(owner.entries.values()), open=owner.open)
            case "items":
                pairs: list[Value] = [Items([Const(k), v], "tuple") for k, v in owner.entries.items()]
                return Items(pairs, open=owner.open)
            case "keys":
                return Items([Const(k) for k in owner.entries], open=owner.open)
            case _:
                return None

    def _any_of(self, owner: Entries) -> Value:
        values = list(owner.entries.values())
        merged = values[0] if values else OPAQUE
        for value in values[1:]:
            merged = self.interpreter.merged(merged, value)
        return merged

    def subscript(self, owner: Value, index: Value) -> Value:
        """`owner[index]`."""
        match owner:
            case Items(items=items) if isinstance(index, Const) and isinstance(index.value, int):
                return items[index.value] if -len(items) <= index.value < len(items) else OPAQUE
            case Items() if isinstance(index, Items) and index.kind == "slice":
                return owner
            case Entries(entries=entries):
                if isinstance(index, Const) and isinstance(index.value, str):
                    return entries.get(index.value, OPAQUE)
                return self._any_of(owner)
            case Rows(many=True):
                if isinstance(index, Items):
                    return owner
                if owner.record is not None:
                    first = isinstance(index, Const) and index.value == 0
                    owner.record.uses.add(Use.FIRST_ONLY)
                    owner.record.otherwise = owner.record.otherwise or not first
                return replace(owner, many=False)
            case Sequence(element=element):
                return owner if isinstance(index, Items) else element
            case Const() if isinstance(owner.value, dict | list | tuple):
                return OPAQUE
            case Opaque():
                return Opaque(owner.raw, owner.reads)
            case Member():
                return Opaque(is_raw(owner))
            case _:
                return OPAQUE

    def iterate(self, value: Value) -> Sequence:
        """What going through a value gives."""
        match value:
            case Sequence():
                return value
            case Rows(many=True):
                if value.record is not None:
                    value.record.otherwise = True
                return Sequence(replace(value, many=False), rows=True)
            case Items(items=items):
                element: Value = items[0] if items else OPAQUE
                for item in items[1:50]:
                    element = self.interpreter.merged(element, item)
                rows = isinstance(element, Rows)
                return Sequence(element, rows, None if value.open else len(items))
            case Const(value=list() | tuple() | set() | frozenset() | dict() as known):
                return Sequence(OPAQUE, bound=len(known))
            case Opaque() | Member():
                return Sequence(Opaque(is_raw(value), columns_read(value)))
            case _:
                return Sequence(OPAQUE)
