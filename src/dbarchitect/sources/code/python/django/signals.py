"""Receivers of signals: which model's rows they are sent, as their decorator says."""

from __future__ import annotations

from dbarchitect.sources.code.python.values import ModelClass
from dbarchitect.sources.code.python.vocabulary import Site
from dbarchitect.sources.code.values import Items, Rows, Value
from dbarchitect.sources.python.expressions import Call
from dbarchitect.sources.python.statements import FunctionDef, Parameter


def sent(function: FunctionDef, parameter: Parameter, site: Site) -> Value | None:
    """What `sender` and `instance` are of a function under `@receiver(post_save, sender=Order)`; of one that hears of
    several models nothing is told."""
    for decorator in function.decorators:
        if not isinstance(decorator, Call) or (decorator.name or "").rpartition(".")[2] != "receiver":
            continue
        named = decorator.keyword("sender")
        if named is None:
            return None
        sender = site.interpreter.evaluation.of(named, site.interpreter.module_frame(function.module))
        if isinstance(sender, Items):
            return None
        if isinstance(sender, ModelClass):
            return sender if parameter.name == "sender" else Rows(sender.model, sender.library)
    return None
