"""What an expression of a Python program stands for while the program is followed without being run.

Those that other languages share are in `sources.code.values`; a vocabulary adds values of its own kinds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.often import made_often
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.constants import Constant
from dbarchitect.sources.python.expressions import Expr
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module


@made_often
@dataclass(frozen=True, slots=True)
class Const:
    """A constant of the program, Environment and EnumMember included."""

    value: Constant


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module of the project."""

    module: Module


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class of the project that no vocabulary knows."""

    cls: ClassDef


@made_often
@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project; `owner` is what it is bound to (`self` or `cls`), `closure` the frame around it."""

    function: FunctionDef
    owner: Value | None = None
    closure: Frame | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Wrapped:
    """The function that a decorator is given, whichever that is; `calls` are the arguments by name of
    each call of it."""

    calls: list[dict[str, Value]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LambdaValue:
    """A lambda, with the frame that it was written in."""

    parameters: tuple[str, ...]
    body: Expr
    closure: Frame


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class of the project that is no model: a service, a repository, `self`."""

    cls: ClassDef
    fields: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Super:
    """`super()`: an object, asked from the classes after the one that a method stands in."""

    held: Value
    classes: tuple[ClassDef, ...]


@dataclass(frozen=True, slots=True)
class ModelClass:
    """A mapped class (or Table object). `alias` tells several uses of one class in a query apart."""

    model: MappedModel
    library: str
    alias: str | None = None
