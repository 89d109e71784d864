"""What the parts of the interpreter ask of each other: more than vocabularies may (`vocabulary.Following`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.merging import Merging
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.speaking import Speaking
from dbarchitect.sources.code.typescript.values import Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site
from dbarchitect.sources.code.values import Rows, Value
from dbarchitect.sources.typescript.syntax import Class, Expr, Module


class Meanings(Protocol):
    """What the language itself makes of values (`objects.Objects`)."""

    def of_class(self, cls: Class) -> Value:
        """What a class of the project stands for."""

    def object_of(self, cls: Class) -> Value:
        """An object of a class that nobody saw being made."""

    def super(self, frame: Frame) -> Value:
        """`super` in a method."""

    def attribute(self, owner: Value, name: str, site: Site) -> Value:
        """`owner.name`."""

    def subscript(self, owner: Value, index: Value, site: Site) -> Value:
        """`owner[index]`."""

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """A call."""

    def tagged(self, tag: Value, parts: tuple[str | Value, ...], site: Site) -> Value:
        """A template with a tag."""

    def cell(self, row: Rows, name: str) -> Value:
        """A column of a row."""


class Promising(Protocol):
    """What declared types promise (`promises.Promises`)."""

    def member(self, owner: object, name: str) -> Value | None:
        """A member of an object of which only the type is known (`promises.Typed`)."""

    def chosen(self, text: str, frame: Frame) -> bool:
        """Whether a declared type holds numbers, truth values or the program's own constants only."""


class Testing(Protocol):
    """Expressions (`evaluation.Evaluation`)."""

    def truth(self, test: Expr, frame: Frame) -> None:
        """An expression that is tested."""


class Interpreting(Following, Protocol):
    """The interpreter as its parts know it."""

    merging: Merging
    roles: Roles
    speaking: Speaking
    steps: int

    @property
    def objects(self) -> Meanings:
        """Attributes, calls and members."""

    @property
    def promises(self) -> Promising:
        """Declared types."""

    @property
    def evaluation(self) -> Testing:
        """Expressions."""

    def module_frame(self, module: Module) -> Frame:
        """The frame of a module's own statements."""

    def exported(self, module: Module, name: str) -> Value:
        """What a module exports by a name."""

    def imported(self, module: Module, specifier: str) -> Value:
        """What `require(specifier)` gives."""

    def of_library(self, dotted: str, site: Site) -> Value:
        """What a name of a package stands for."""

    def subscript(self, owner: Value, index: Value, site: Site) -> Value:
        """`owner[index]`."""

    def assign(self, owner: Value, name: str, value: Value, site: Site) -> None:
        """`owner.name = value`."""

    def put(self, owner: Value, index: Value, value: Value, site: Site) -> None:
        """`owner[index] = value`."""

    def tested(self, value: Value, site: Site) -> None:
        """A value that is tested for being there."""

    def decided(self, test: Expr, frame: Frame) -> bool | None:
        """How a test comes out that what a caller gives decides."""

    def caught(self, function: Function, site: Site) -> None:
        """Note what a function does with an error that it is given."""

    def meet(self, function: Function) -> None:
        """Note a function that is written here."""

    def apart(self, evaluate: Callable[[], Value]) -> Value:
        """Evaluate something with nothing noted, wherever it is asked for."""

    def is_current(self, module: Module) -> bool:
        """Whether a module is the one that is followed now."""

    def is_own(self, function: Function) -> bool:
        """Whether a function belongs to what is followed now."""

    def inline(self, function: Function) -> bool:
        """Whether a function is a part of the one around it."""

    def know(self, frame: Frame) -> None:
        """Tell of the function that a frame follows."""
