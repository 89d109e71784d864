"""What an expression of a TypeScript program stands for while the program is followed without being run.

Those that other languages share are in `sources.code.values`; a vocabulary adds values of its own kinds.
An `Entries` is an object, an `Items` an array; a `Library` is named `package:export`
and then dotted (`drizzle-orm:eq`, `zod:z.object`, `@prisma/client:Prisma.sql`); what the language has itself is named
without a package (`JSON`, `Promise.all`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.often import made_often
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.values import Items, Value
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.typescript import syntax


@made_often
@dataclass(frozen=True, slots=True)
class Const:
    """A constant of the program; `null` is None. `undefined` is UNDEFINED."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Undefined:
    """`undefined`: for Prisma, and for Drizzle's `and`, as if it were not there."""


UNDEFINED = Undefined()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several constants, as the program decides (`paid ? "open" : "void"`)."""

    values: tuple[Const, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A part of the environment: `process.env.NAME`."""

    name: str


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module of the project as a whole: `import * as x`."""

    module: syntax.Module


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class of the project."""

    cls: syntax.Class


@made_often
@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project; `this` is what it is bound to, `closure` the frame that it was written in."""

    function: syntax.Function
    this: Value | None = None
    closure: Frame | None = None


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class of the project: a service, a repository, `this`."""

    cls: syntax.Class
    fields: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnumValue:
    """An `enum` of the project."""

    enum: syntax.Enum


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a variable of the project stands for (`users` of a Drizzle schema); `alias`: under another name."""

    model: MappedModel
    alias: str | None = None


def constants(value: Value) -> tuple[str, ...] | None:
    """The constants that a value is one of, as `Predicate.constants` holds them; None for what is no constant.

    An array of constants gives all of them.
    """
    match value:
        case Const(value=known):
            return (constant_text(known),)
        case Choice(values=values):
            return tuple(constant_text(v.value) for v in values)
        case Items(items=items, open=False) if items and all(isinstance(i, Const) for i in items):
            return tuple(constant_text(i.value) for i in items if isinstance(i, Const))
        case _:
            return None


def constant_text(value: str | float | bool | None) -> str:
    """A constant as the text that `Predicate.constants` holds."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
