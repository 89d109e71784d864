"""What calls a function: the role that its place or a call that registers it gives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.sources.typescript.syntax import Function


class Given(StrEnum):
    """What whoever calls a function hands it: a request (`request, context` or `req, res`), a context that holds it
    (`c`, `ctx`, `event`), what a client of ours sends (`input`), the parts of both (`{ ctx, input }`), or nothing that
    comes from outside."""

    REQUEST = "request"
    CONTEXT = "context"
    INPUT = "input"
    PARTS = "parts"
    PAGE = "page"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Registrar:
    """What a route is registered on: the name of the router, and where that is done."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Role:
    """What calls a function. `guards` are those of the call that registers it: wrappers, middlewares, procedures.

    `given` is what its parameters hold, `checked` that what comes in is validated before, `registrar` what a call
    registers it on.
    """

    kind: FunctionKind
    route: str | None = None
    guards: tuple[str, ...] = ()
    given: Given = Given.NOTHING
    checked: bool = False
    registrar: Registrar | None = field(default=None, compare=False)


class TellsRoles(Protocol):
    """Who tells the roles of a project's functions (`roles.Roles`)."""

    def role(self, function: Function) -> Role | None:
        """The role of a function, or of the one that it stands in; None where nothing tells."""

    def begins(self, function: Function) -> bool:
        """Whether a request or worker begins with a function itself, not with one that it stands in."""
