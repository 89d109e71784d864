"""What a name in a program stands for, as far as it can be known without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dbarchitect.sources.python.expressions import Expr
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module


@dataclass(frozen=True, slots=True)
class External:
    """Something of a library or of the language: its full dotted name, `django.db.models.CharField`, `builtins.int`."""

    name: str


@dataclass(frozen=True, slots=True)
class Package:
    """A folder of modules without an `__init__.py`."""

    directory: str


@dataclass(frozen=True, slots=True)
class Value:
    """A name bound to an expression, and the attributes asked of it.

    `db.Model` with `db = SQLAlchemy()` is a Value of module and name `db`, its call as `expr`, and `rest` of
    `("Model",)`. `owner` is the class whose body binds the name; with `expr` None it is a class of which an attribute
    was asked that its body and its bases in the project do not bind (`Status.choices`). A base class that is no name
    is a Value with an empty name.
    """

    module: Module
    name: str
    expr: Expr | None
    rest: tuple[str, ...] = ()
    owner: ClassDef | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A base class that nothing in the project or its imports explains, as written."""

    text: str


Resolved: TypeAlias = ClassDef | FunctionDef | Module | Package | Value | External
Base: TypeAlias = ClassDef | External | Value | Unresolved
