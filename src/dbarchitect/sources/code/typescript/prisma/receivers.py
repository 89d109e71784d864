"""Clients of which nobody knows where they come from (`ctx.prisma`, `this.db`), told by what is called on them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.sources.code.typescript.prisma.calls import COMMON, ONLY_PRISMAS
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.reading import entry
from dbarchitect.sources.code.typescript.prisma.values import Delegate
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Library, Member, Value
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Call, Expr, Name
from dbarchitect.sources.typescript.syntax import Member as MemberSyntax

_METHODS = b"|".join(name.encode() for name in sorted(ONLY_PRISMAS, reverse=True))
_CALLED = re.compile(rb"\.\s*(?:" + _METHODS + rb")\s*[(<]")
_BEFORE = re.compile(rb"(?<!\w)(\w++)\s*+[?!]?\.\s*+(\w++)\s*+[?!]?\Z")
_LOOKED_BACK = 120
_ENTITIES = "entities"
"""Where Wasp hands its operations the models that they declare, by their own names (`context.entities.Task`)."""
_NOT_CLIENTS = frozenset({"query", "fields", "models", "schema", "tables"})
"""What stands before a table's name in other libraries, or is no client by its name."""


def receivers(
    index: TypeScriptIndex, labels: frozenset[str], paths: Iterable[str] | None = None
) -> tuple[frozenset[str], frozenset[str]]:
    """The names on which a method that only Prisma has is called for one of its models, anywhere in the project, and
    the models that are called so."""

    def take(source: bytes) -> frozenset[str]:
        calls = (_BEFORE.search(source, max(0, c.start() - _LOOKED_BACK), c.start()) for c in _CALLED.finditer(source))
        pairs = ((one[1].decode(errors="replace"), one[2].decode(errors="replace")) for one in calls if one is not None)
        return frozenset(name for before, label in pairs if label in labels for name in (before, f".{label}"))

    found = index.gather("receivers", _CALLED, take, paths)
    asked = frozenset(name[1:] for name in found if name.startswith("."))
    return frozenset(name for name in found if not name.startswith(".")) - _NOT_CLIENTS, asked


class Receivers:
    """Tells calls of a model's methods where the client is not known."""

    def __init__(self, models: Models, names: frozenset[str]) -> None:
        self.models = models
        self.names = names

    def called(self, function: Value, arguments: Arguments, site: Site) -> tuple[Delegate, str] | None:
        """The model and the method of a call, where it can only be one of Prisma's."""
        receiver, label, method = _chain(function)
        if not receiver and isinstance(function, Member):
            written = _written(site.expr)
            if not label or written[1:] == (label, method):
                receiver, label, method = written
        if receiver == _ENTITIES:
            label = label[:1].lower() + label[1:]
        if not label or label not in self.models.labels or receiver in _NOT_CLIENTS:
            return None
        if method not in ONLY_PRISMAS and not self._is_likely(receiver, method, arguments):
            return None
        delegate = self.models.delegate(label, site.frame.module.path)
        return (delegate, method) if delegate is not None else None

    def _is_likely(self, receiver: str, method: str, arguments: Arguments) -> bool:
        """Whether a method that others have as well is called as Prisma's is, on what Prisma's are called on."""
        wanted = COMMON.get(method)
        if wanted is None or (receiver not in self.names and receiver != _ENTITIES):
            return False
        given = arguments.get(0)
        if given is None:
            return method == "count"
        return isinstance(given, Entries) and (entry(given, wanted) is not None or given.open)


def _chain(function: Value) -> tuple[str, str, str]:
    """(receiver, model, method) as a call names them; empty where it has fewer."""
    names: list[str] = []
    value = function
    while isinstance(value, Member) and len(names) < 3:
        names.append(value.name)
        value = value.owner
    if isinstance(value, Library) and len(names) < 3:
        package, _, dotted = value.name.rpartition(":")
        names.extend(reversed((dotted or package).split(".")))
    names = [*names, "", "", ""]
    return names[2], names[1], names[0]


def _written(expr: Expr) -> tuple[str, str, str]:
    """The same as a call is written, where its owner is something by its type alone."""
    names: list[str] = []
    here = expr.function if isinstance(expr, Call) else None
    while isinstance(here, MemberSyntax) and len(names) < 3:
        names.append(here.name)
        here = here.owner
    if isinstance(here, Name) and len(names) == 2:
        names.append(here.id)
    names = [*names, "", "", ""]
    return names[2], names[1], names[0]
