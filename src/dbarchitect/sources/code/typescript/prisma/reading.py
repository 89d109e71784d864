"""The arguments of Prisma's calls as the interpreter hands them over: objects with entries that may be there or not."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.queries import Bound, Operand
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.values import FieldReference, Pending
from dbarchitect.sources.code.typescript.values import Choice, Const, Undefined, constants
from dbarchitect.sources.code.typescript.vocabulary import operand
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Library, Member, Sequence, Value, is_raw
from dbarchitect.sources.mapping import MappedModel

_NULLS = frozenset({"DbNull", "JsonNull", "AnyNull"})
_TRUE = Const(True)


def named(value: Entries, *, undefined: bool = False) -> Iterator[tuple[str, Value, bool]]:
    """The entries that are known by name: (name, value, whether it is there on some ways only)."""
    for name, entry in value.entries.items():
        if not name.startswith("?") and (undefined or not isinstance(entry, Undefined)):
            yield name, entry, name in value.optional


def known_as(value: Entries) -> Iterator[tuple[str, Value, bool]]:
    """The same where what is asked of columns or written to them is read: what nobody gives, as far as we see, counts
    as something that may be given. A condition that is taken for missing would make a query of everybody's rows."""
    for name, entry, optional in named(value, undefined=True):
        yield (name, OPAQUE, True) if isinstance(entry, Undefined) else (name, entry, optional)


def is_open(value: Entries) -> bool:
    """Whether there may be entries that nobody knows."""
    return value.open or any(name.startswith("?") for name in value.entries)


def is_raw_object(value: Value) -> bool:
    """Whether an object, or what is spread into it, comes from a request as it is."""
    if isinstance(value, Entries):
        return any(is_raw(entry) for name, entry in value.entries.items() if name.startswith("?"))
    return is_raw(value)


def entry(value: Value | None, name: str) -> Value | None:
    """An entry of an object; None where it is not there, or undefined."""
    found = value.entries.get(name) if isinstance(value, Entries) else None
    return None if isinstance(found, Undefined) else found


def members(value: Value) -> tuple[list[Value], bool]:
    """The members of an array, or the one value that stands for an array of one; whether there may be others."""
    match value:
        case Items(items=items):
            return [item for item in items if not isinstance(item, Undefined)], value.open
        case Sequence(element=element):
            return [element], False
        case _:
            return [value], False


def is_null(value: Value) -> bool:
    """Whether a value is null for certain."""
    if isinstance(value, Const):
        return value.value is None
    return isinstance(value, Member) and value.name in _NULLS


def is_true(value: Value) -> bool:
    """Whether a value is true for certain."""
    return value == _TRUE


def is_false(value: Value) -> bool:
    """Whether a value is false for certain."""
    return isinstance(value, Const) and value.value is False


def text(value: Value | None) -> str | None:
    """A constant text; None for anything else."""
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def bound_of(value: Value) -> Bound:
    """A LIMIT or OFFSET as it is given."""
    number = value.value if isinstance(value, Const) else None
    known = isinstance(number, int) and not isinstance(number, bool)
    return Bound(abs(int(number)) if known and number is not None else None)


def compared(models: Models, model: MappedModel, attribute: str, value: Value) -> tuple[Operand, tuple[str, ...]]:
    """How a value counts that a column is compared with or set to, in the words of the database."""
    kind: Operand
    known: tuple[str, ...]
    member = _enum_member(value)
    if member is not None and member in models.values_of(model, attribute):
        kind, known = Operand.CONSTANT, (member,)
    elif isinstance(value, Items) and value.items and not value.open:
        names = [_enum_member(item) for item in value.items]
        labels = models.values_of(model, attribute) if any(names) else frozenset()
        texts = [name if name in labels else _single(item) for name, item in zip(names, value.items, strict=True)]
        found = tuple(t for t in texts if t is not None)
        kind, known = (Operand.CONSTANT, found) if len(found) == len(texts) else (Operand.PARAMETER, ())
    elif isinstance(value, FieldReference | Pending):
        kind, known = (Operand.COLUMN if isinstance(value, FieldReference) else Operand.PARAMETER), ()
    else:
        kind, known = operand(value)
    stored = model.values.get(attribute)
    return kind, tuple(stored.get(k, k) for k in known) if stored is not None else known


def _enum_member(value: Value) -> str | None:
    """The member that an expression like `Role.ADMIN` names, where nobody knows the enum."""
    if isinstance(value, Member):
        return value.name
    if isinstance(value, Library):
        return value.name.rpartition(".")[2]
    return None


def _single(value: Value) -> str | None:
    known = constants(value) if isinstance(value, Const | Choice) else None
    return known[0] if known is not None and len(known) == 1 else None
