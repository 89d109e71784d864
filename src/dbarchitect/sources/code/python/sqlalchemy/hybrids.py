"""Hybrid properties and properties computed by the database, followed for what they are in a query."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.sqlalchemy.columns import attribute_of
from dbarchitect.sources.code.python.sqlalchemy.values import ColumnValue
from dbarchitect.sources.code.python.values import Function, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.python.expressions import Call, Expr, Name
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef


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


def computed(owner: ModelClass, name: str, site: Site, documents: frozenset[Ref]) -> ColumnValue | None:
    """`Model.name` where the class binds it to `column_property(…)`: the expression, with the model's columns by the
    names that the class's body has for them; at least something of the model's table."""
    interpreter = site.interpreter
    cls = interpreter.objects.class_of(owner.model)
    found = interpreter.index.attribute(cls, name) if cls is not None else None
    if found is None or not isinstance(found[1], Assign) or not isinstance(found[1].value, Call):
        return None
    call = found[1].value
    if (call.name or "").rpartition(".")[2] != "column_property" or not call.args:
        return None
    value = interpreter.apart(lambda: _in_body(owner, found[0], call.args[0], site, documents))
    if isinstance(value, ColumnValue) and (value.column is not None or value.reads):
        return replace(value, name=name, alias=owner.alias)
    reads = frozenset(owner.model.table.column(column) for column in owner.model.primary_key)
    return ColumnValue(name=name, reads=reads, alias=owner.alias)


def _in_body(owner: ModelClass, holder: ClassDef, expr: Expr, site: Site, documents: frozenset[Ref]) -> Value:
    interpreter = site.interpreter
    frame = Frame(holder.module, f"{holder.module.path}:{holder.qualname}", owner=holder, scope=holder)
    for name in owner.model.columns:
        column = attribute_of(interpreter.models, owner, name, documents)
        if isinstance(column, ColumnValue):
            frame.names[name] = column
    return interpreter.evaluation.of(expr, frame)
