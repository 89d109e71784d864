"""What `$extends` gives a client: methods of its own, of its models, of all of them; what runs around its queries.

Source: https://www.prisma.io/docs/orm/prisma-client/client-extensions
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.sources.code.typescript.prisma.hooks import hooks_of
from dbarchitect.sources.code.typescript.prisma.values import Client, Delegate
from dbarchitect.sources.code.typescript.values import Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Value

_ALL = "$allModels"


def extended(client: Client, given: Value | None, site: Site) -> Client:
    """A client with an extension: an object, or a function that is given the client and gives it back extended."""
    if isinstance(given, Function):
        found = site.interpreter.run(given, Arguments((client,)), site)
        return found if isinstance(found, Client) else client
    hooks = (*client.hooks, *hooks_of(given))
    if not isinstance(given, Entries):
        return replace(client, hooks=hooks)
    return replace(client, methods=(*client.methods, *_methods(given)), hooks=hooks)


def of_model(client: Client, label: str, delegate: Delegate) -> Delegate:
    """A model of a client, with what extensions gave it."""
    methods = tuple((name, function) for of, name, function in client.methods if of in {label, _ALL})
    hooks = tuple(hook for hook in client.hooks if hook.label in {label, ""})
    return Delegate(delegate.model, methods, hooks) if methods or hooks else delegate


def own_method(owner: Client | Delegate, name: str) -> Function | None:
    """A method that an extension gave a client or a model, bound to it; the last one of that name."""
    known = [(n, f) for of, n, f in owner.methods if not of] if isinstance(owner, Client) else owner.methods
    found = next((function for known_name, function in reversed(known) if known_name == name), None)
    return replace(found, this=owner) if found is not None else None


def _methods(given: Entries) -> Iterator[tuple[str, str, Function]]:
    """(model, name, function) of an extension; the model is empty for what the client itself is given."""
    for label, entries in ((("", given.entries.get("client"))), *_entries(given.entries.get("model"))):
        for name, value in _entries(entries):
            if isinstance(value, Function):
                yield label, name, value


def _entries(value: Value | None) -> tuple[tuple[str, Value], ...]:
    return tuple(value.entries.items()) if isinstance(value, Entries) else ()
