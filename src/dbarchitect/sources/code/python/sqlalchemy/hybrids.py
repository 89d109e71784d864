"""Hybrid properties and methods of a model, followed for what they are in a query."""

from __future__ import annotations

from dbarchitect.sources.code.python.values import Function, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.python.expressions import Name
from dbarchitect.sources.python.statements import FunctionDef


def hybrid(owner: ModelClass, name: str, site: Site) -> Value | None:
    """`Model.name` where the class has a hybrid property of that name: the expression that it stands for."""
    interpreter = site.interpreter
    cls = interpreter.objects.class_of(owner.model)
    found = interpreter.index.attribute(cls, name) if cls is not None else None
    if cls is None or found is None or not isinstance(found[1], FunctionDef):
        return None
    method = found[1]
    marks = {d.id for d in method.decorators if isinstance(d, Name)}
    expressions = {f"{name}.expression", f"{name}.inplace.expression"}
    if not any(mark.rpartition(".")[2] == "hybrid_property" for mark in marks) and not marks & expressions:
        return None
    for above in interpreter.index.lineage(cls):
        for other in above.methods:
            if expressions & {d.id for d in other.decorators if isinstance(d, Name)}:
                return interpreter.run(Function(other, owner), Arguments(), site)
    return interpreter.run(Function(method, owner), Arguments(), site)
