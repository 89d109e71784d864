"""Queries of a class of the project: `query_class = OrderQuery`, whose methods go before the library's."""

from __future__ import annotations

from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.values import ClassValue, Function, ModelClass
from dbarchitect.sources.code.python.vocabulary import Site
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.python.statements import ClassDef, FunctionDef

_NOTE = "query class"


def of_its_class(draft: Value, model: ModelClass, site: Site) -> Value:
    """A model's `query`, with the class that the model says it is of."""
    interpreter = site.interpreter
    cls = interpreter.objects.class_of(model.model)
    if not isinstance(draft, Draft) or cls is None or interpreter.index.attribute(cls, "query_class") is None:
        return draft
    said = interpreter.objects.attribute(ClassValue(cls), "query_class", site)
    return draft.note(_NOTE, said.cls) if isinstance(said, ClassValue) else draft


def own_method(draft: Draft, name: str, site: Site) -> Value | None:
    """A method that the project's class gives a query, bound to it."""
    cls = draft.noted(_NOTE)
    found = site.interpreter.index.attribute(cls, name) if isinstance(cls, ClassDef) else None
    return Function(found[1], draft) if found is not None and isinstance(found[1], FunctionDef) else None
