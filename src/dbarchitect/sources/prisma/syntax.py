"""What a Prisma schema is made of, as it stands in the file; nothing is resolved yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from dbarchitect.catalog.refs import Origin


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted string, unescaped."""

    value: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number, as written."""

    value: str


@dataclass(frozen=True, slots=True)
class Word:
    """A bare name: a field, an enum value, `true`, `Cascade`."""

    value: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function with arguments: `autoincrement()`, `dbgenerated("…")`, `createdAt(sort: Desc)`."""

    name: str
    arguments: tuple[Argument, ...] = ()

    def positional(self) -> tuple[Value, ...]:
        """The arguments without a name."""
        return tuple(argument.value for argument in self.arguments if argument.name is None)

    def get(self, *names: str) -> Value | None:
        """The argument of the first of these names that was given."""
        found = {argument.name: argument.value for argument in self.arguments if argument.name is not None}
        return next((found[name] for name in names if name in found), None)


@dataclass(frozen=True, slots=True)
class Many:
    """A list in brackets."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """An object in braces: the predicate of a partial index."""

    items: tuple[Argument, ...]


Value: TypeAlias = Text | Number | Word | Call | Many | Entries


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an attribute or function."""

    name: str | None
    value: Value


@dataclass(frozen=True, slots=True)
class Attribute:
    """`@id` or `@@index([a, b])`; `call.name` is without the signs (`db.VarChar`)."""

    call: Call
    origin: Origin

    @property
    def name(self) -> str:
        """The name without the signs."""
        return self.call.name


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a model, view or type.

    `unsupported` is the database's type of `Unsupported("…")`, `comment` the text behind it on its line, else that of
    the `///` lines right above.
    """

    name: str
    type: str
    is_list: bool
    optional: bool
    attributes: tuple[Attribute, ...]
    origin: Origin
    unsupported: str | None = None
    comment: str | None = None

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of that name."""
        return next((found for found in self.attributes if found.name == name), None)


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A value of an enum."""

    name: str
    attributes: tuple[Attribute, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Setting:
    """`provider = "postgresql"` in a datasource."""

    name: str
    value: Value
    origin: Origin


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the schema. `kind` is `model`, `view`, `enum`, `type`, `datasource` or `generator`."""

    kind: str
    name: str
    origin: Origin
    members: tuple[Field | EnumValue | Setting | Attribute, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of a model, view or type, in order."""
        return tuple(member for member in self.members if isinstance(member, Field))

    @property
    def values(self) -> tuple[EnumValue, ...]:
        """The values of an enum, in order."""
        return tuple(member for member in self.members if isinstance(member, EnumValue))

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((found for found in self.fields if found.name == name), None)

    def attributes(self, name: str) -> Iterator[Attribute]:
        """The block's own attributes of that name (without `@@`)."""
        return (found for found in self.members if isinstance(found, Attribute) and found.name == name)

    def attribute(self, name: str) -> Attribute | None:
        """The first of them."""
        return next(self.attributes(name), None)

    def setting(self, name: str) -> Setting | None:
        """The setting of that name."""
        return next((s for s in self.members if isinstance(s, Setting) and s.name == name), None)


def text_of(value: Value | None) -> str | None:
    """The string that a value is."""
    return value.value if isinstance(value, Text) else None


def word_of(value: Value | None) -> str | None:
    """The bare name that a value is; a call's name where it has arguments."""
    if isinstance(value, Word):
        return value.value
    return value.name if isinstance(value, Call) else None


def items_of(value: Value | None) -> tuple[Value, ...]:
    """The items of a list; a single value counts as a list of one, as Prisma has it."""
    if value is None:
        return ()
    return value.items if isinstance(value, Many) else (value,)
