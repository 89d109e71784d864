"""What a library adds to the language: which values its classes and functions give, and what runs a query.

The interpreter asks each vocabulary in turn before it applies the language's own meaning. Every method returns None
for "I have nothing to say".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from dbarchitect.catalog.queries import Assignment, EventKind, LoopFact, Operand, Place
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.often import made_often
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.sealing import is_sealed
from dbarchitect.sources.code.typescript.checked import Checked
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.values import Choice, Const, Function, Instance, Setting, Undefined, constants
from dbarchitect.sources.code.values import (
    Entries,
    Items,
    Library,
    Member,
    Opaque,
    Rows,
    Sequence,
    Slug,
    Text,
    Value,
    columns_read,
    is_raw,
)
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Class, Expr, Jsx, Module, Parameter
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax

_ISOLATED = re.compile(r"(?:repeatable\W?read|serializable|snapshot)\Z", re.IGNORECASE)


@made_often
@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call. `dynamic`: a `...` brings others that are not known. `new`: called with `new`.

    `types` are the type arguments as written.
    """

    args: tuple[Value, ...] = ()
    dynamic: bool = False
    new: bool = False
    types: tuple[str, ...] = ()

    def get(self, position: int) -> Value | None:
        """The argument at a position; None when absent."""
        return self.args[position] if position < len(self.args) else None


@dataclass(eq=False, slots=True)  # not frozen, as one is made for each expression: nobody changes it
class Site:
    """A place in the program that is being followed: an expression in a frame."""

    interpreter: Following
    frame: Frame
    expr: Expr

    @property
    def origin(self) -> Origin:
        """The place in its file."""
        return self.frame.module.origin(self.expr.start, self.expr.end)


class Following(Protocol):
    """What vocabularies may ask of the interpreter that uses them (`interpreter.Interpreter`)."""

    index: TypeScriptIndex
    models: Mapping[str, MappedModel]
    vocabularies: tuple[Vocabulary, ...]
    recorder: Recorder
    diagnostics: list[Diagnostic]
    frames: list[Frame]

    def of(self, expr: Expr | None, frame: Frame) -> Value:
        """What an expression stands for; UNDEFINED for None."""

    def named(self, module: Module, name: str) -> Value:
        """What a name means at the top level of a module (its imports included)."""

    def attribute(self, owner: Value, name: str, site: Site) -> Value:
        """`owner.name`."""

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """A call."""

    def run(
        self,
        function: Function,
        arguments: Arguments,
        site: Site,
        *,
        transaction: Origin | None = None,
        loop: LoopFact | None = None,
    ) -> Value:
        """Follow a function with these arguments: what it returns. Within a transaction, or a loop, that it is handed
        to (`$transaction(async (tx) => …)`, `rows.map((row) => …)`)."""

    def follow(self, function: Function) -> None:
        """Follow a function by itself."""

    def asks(self, function: FunctionSyntax) -> bool:
        """Whether a function has a word that tells of a query, or is one that requests or workers begin with."""

    def instance(self, cls: Class) -> Value:
        """An object of a class of the project: what a vocabulary knows it for, or one with fields of its own."""

    def promised(self, type_text: str, frame: Frame) -> Value | None:
        """What a declared type promises: an object of a class of the project, what a vocabulary knows it for."""

    def awaited(self, value: Value, site: Site) -> Value:
        """`await value`."""

    def iterated(self, value: Value, site: Site) -> Sequence:
        """What going through a value gives, with the query that it runs."""

    def merged(self, first: Value, second: Value) -> Value:
        """A value that is the one or the other."""

    def made(self, value: Value, site: Site) -> None:
        """A value leaves our sight, or is put into something that is made of it: an object, a result."""

    def event(self, kind: EventKind, site: Site, text: str = "", column: Ref | None = None) -> None:
        """Note an event at a site."""

    def place(self, frame: Frame) -> Place:
        """Where in the program a frame is now."""

    def text(self, site: Site) -> str:
        """The code of a site, at most 200 characters."""

    def is_own(self, function: Function) -> bool:
        """Whether a function belongs to what is followed now, and not to a module that it only asks for a name."""

    def step(self) -> bool:
        """Take a step; False when the budget is spent."""


class Vocabulary:
    """The base of every vocabulary: nothing to say. `name` is the `library` of its queries."""

    name = ""
    needles: tuple[bytes, ...] = ()
    """Regular expressions of which one must match in the source of a function for it to be followed.

    Each begins with a letter of its own, and looks behind for what must stand before: see `sources.typescript.words`.
    """
    generic: frozenset[str] = frozenset()
    """Classes of which each subclass is told as one that has their methods itself."""

    def of_library(self, library: Library, site: Site) -> Value | None:
        """What an export of a package means, if not just itself."""

    def of_class(self, cls: Class, interpreter: Following) -> Value | None:
        """What an object of a class of the project is (`class PrismaService extends PrismaClient`)."""

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:
        """What a value of a declared type is (`PrismaClient`, `Prisma.TransactionClient`, `NodePgDatabase<…>`)."""

    def parameter(self, function: FunctionSyntax, parameter: Parameter, position: int, site: Site) -> Value | None:
        """A parameter of which neither its type nor a caller tells anything (`request` of a route handler)."""

    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """`owner.name`. What nobody knows becomes `Member(owner, name)`."""

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """A call; methods come as `Member(owner, name)`, a library's functions as `Library`."""

    def tagged(self, tag: Value, parts: tuple[str | Value, ...], site: Site) -> Value | None:
        """A template with a tag: texts and values in turn."""

    def operate(self, operator: str, operands: tuple[Value, ...], site: Site) -> Value | None:
        """`a === b`, `!a` (one operand) …"""

    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:
        """`owner[index]`; `const [first] = owner` asks for `Const(0)`."""

    def awaited(self, value: Value, site: Site) -> Value | None:
        """`await value`, for what runs only then; also of what `Promise.all` is given."""

    def iterate(self, value: Value, site: Site) -> Sequence | None:
        """What a loop goes through."""

    def assign(self, owner: Value, name: str, value: Value, site: Site) -> bool | None:
        """`owner.name = value`; True when that was all there is to it."""

    def element(self, expr: Jsx, given: Mapping[str, Value], site: Site) -> None:
        """An element of a page, with the values of its attributes."""

    def declared(self, type_text: str, value: Value, site: Site) -> None:
        """A value is bound under a declared type that tells nothing of it (`any`)."""

    def truth(self, value: Value, site: Site) -> None:
        """A value is tested: `if (value)`, `!value`."""

    def escape(self, value: Value, site: Site) -> None:
        """A value leaves our sight: returned, or handed to something unknown."""

    def merge(self, first: Value, second: Value) -> Value | None:
        """A value that is the one or the other."""

    def sometimes(self, value: Value) -> Value | None:
        """A value that is there on some ways through the code only."""

    def returned(self, value: Value, site: Site) -> Value | None:
        """A query that a function of the project gives to its caller; `site` is the call."""

    def gathered(self) -> object:
        """What it learnt of the whole project before any module is followed; `repr` tells it apart."""

    def read_module(self, module: Module, interpreter: Following) -> None:
        """A module that is followed, for what its statements alone tell."""

    def finish(self, interpreter: Following) -> None:
        """All functions of all modules were followed."""


def note_isolation(options: Value | None, site: Site) -> None:
    """Note the level of a transaction that is opened here: its name, or options with `isolationLevel`."""
    level = options.entries.get("isolationLevel") if isinstance(options, Entries) else options
    if isinstance(level, Const) and isinstance(level.value, str) and _ISOLATED.match(level.value):
        site.interpreter.recorder.isolated.add(site.origin)


def operand(value: Value) -> tuple[Operand, tuple[str, ...]]:
    """How a value counts as something compared or written: (kind, constants as text)."""
    known = constants(value)
    if known is not None:
        return Operand.CONSTANT, known
    match value:
        case Opaque() | Text() | Member() | Items() | Library() | Sequence() | Rows() | Instance() | Entries():
            return Operand.PARAMETER, ()
        case Setting() | Const() | Choice() | Undefined() | Function():
            return Operand.PARAMETER, ()
        case _:
            return Operand.UNKNOWN, ()


def weighed(made: Assignment, name: str, given: Entries, *, optional: bool = False) -> Assignment:
    """What an entry of an object writes: on some ways only, where it may be null or nothing as it is written, or by its
    declared type; surely a value, where it is something."""
    if optional or name in given.optional or name in given.nullable:
        return replace(made, optional=True)
    present = given.is_present(name)
    if name in given.missing and made.operand is Operand.PARAMETER and not (made.constants or made.reads):
        return replace(made, optional=True)
    return replace(made, sure=True) if "null" not in made.constants and present else made


def assignment(column: Ref, value: Value) -> Assignment:
    """A column written with a value of the program."""
    if isinstance(value, Checked):
        value.goes_to(column)
    kind, known = operand(value)
    reads = columns_read(value)
    if isinstance(value, Opaque) and value.cell == column:
        reads -= {column}  # taken over, nothing computed
    read = tuple(sorted(reads, key=str))
    return Assignment(column, kind, known, read, is_raw(value), slug=isinstance(value, Slug), sealed=is_sealed(value))
