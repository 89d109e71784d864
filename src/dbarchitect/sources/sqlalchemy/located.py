"""Expressions with the place that they are written at, and calls with their arguments unpacked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from dbarchitect.sources.python.expressions import Expr, Span
from dbarchitect.sources.python.resolved import Resolved
from dbarchitect.sources.python.statements import ClassDef, Module, Scope


@dataclass(frozen=True, slots=True)
class Located:
    """An expression and where it is written. `site` is the call of a project's function that it was returned by."""

    expr: Expr
    frame: Frame
    site: Located | None = None

    @property
    def span(self) -> Span:
        """Its place in `frame.module`."""
        return self.expr.span


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an expression is written. `local` are the parameters of the function around it, `cls` among them."""

    module: Module
    scope: Scope | None = None
    local: Mapping[str, Located | ClassDef | None] = field(default_factory=lambda: MappingProxyType({}))

    def at(self, expr: Expr) -> Located:
        """An expression written here."""
        return Located(expr, self)

    def key(self, span: Span) -> tuple[str, int]:
        """Tells the places of a project apart; one in a mixin's function once for each model it is called for."""
        classes = [bound.dotted for bound in self.local.values() if isinstance(bound, ClassDef)]
        return "#".join([self.module.path, *classes]), span.start


Target: TypeAlias = Located | Resolved | None


@dataclass(frozen=True, slots=True)
class Invocation:
    """A call, arguments unpacked: `name` is canonical (`Column`), `cls` the project's class that is called.

    `location` is the call as the model writes it, be it one of a function of its own that returns the other. The
    arguments of a functools.partial come before those of the call.
    """

    name: str
    args: tuple[Located, ...]
    kwargs: Mapping[str, Located]
    location: Located
    cls: ClassDef | None = None

    def argument(self, position: int, name: str) -> Located | None:
        """The argument given by keyword, or else by position."""
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if position < len(self.args) else None
