"""Hybrid properties and methods of a model, followed for what they are in a query."""

from __future__ import annotations

from dbarchitect.sources.code.python.values import Function, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.python.expressions import Expr, Name
from dbarchitect.sources.python.statements import ClassDef, FunctionDef


def hybrid(owner: ModelClass, name: str, site: Site) -> Value | None:
    """`Model.name` where the class has a hybrid property of that name: the expression that it stands for; a hybrid
    method, to be called with the model as its object."""
    interpreter = site.interpreter
    cls = interpreter.objects.class_of(owner.model)
    found = interpreter.index.attribute(cls, name) if cls is not None else None
    if cls is None or found is None or not isinstance(found[1], FunctionDef):
        return None
    method = found[1]
    marks = {d.id for d in method.decorators if isinstance(d, Name)}
    same = (other for above in interpreter.index.lineage(cls) for other in above.methods if other.name == name)
    if any(_last(d) == "hybrid_method" for other in same for d in other.decorators):
        return Function(_expression_of(cls, name, site) or method, owner)
    if not any(mark.rpartition(".")[2] == "hybrid_property" for mark in marks) and not marks & _expressions(name):
        return None
    return interpreter.run(Function(_expression_of(cls, name, site) or method, owner), Arguments(), site)


def _last(decorator: Expr) -> str:
    return decorator.id.rpartition(".")[2] if isinstance(decorator, Name) else ""


def _expression_of(cls: ClassDef, name: str, site: Site) -> FunctionDef | None:
    """What says by itself what a hybrid is in a query (`@name.expression`)."""
    expressions = _expressions(name)
    for above in site.interpreter.index.lineage(cls):
        for other in above.methods:
            if expressions & {d.id for d in other.decorators if isinstance(d, Name)}:
                return other
    return None


def _expressions(name: str) -> frozenset[str]:
    return frozenset({f"{name}.expression", f"{name}.inplace.expression"})
