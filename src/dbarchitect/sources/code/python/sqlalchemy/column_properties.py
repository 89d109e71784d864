"""Properties of a model that the database computes (`column_property`), followed for what they are in a query."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Comparison, Fetch, Operand, Predicate
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.sqlalchemy.columns import attribute_of
from dbarchitect.sources.code.python.sqlalchemy.homes import run_at
from dbarchitect.sources.code.python.sqlalchemy.values import LIBRARY, ColumnValue
from dbarchitect.sources.code.python.values import ModelClass
from dbarchitect.sources.code.python.vocabulary import Following, Site
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.python.expressions import Call
from dbarchitect.sources.python.statements import Assign, ClassDef, Module


def computed(owner: ModelClass, name: str, site: Site, documents: frozenset[Ref]) -> ColumnValue | None:
    """`Model.name` where the class binds it to `column_property(…)`: the expression, with the model's columns by the
    names that the class's body has for them; at least something of the model's table."""
    interpreter = site.interpreter
    cls = interpreter.objects.class_of(owner.model)
    found = interpreter.index.attribute(cls, name) if cls is not None else None
    if found is None or not isinstance(found[1], Assign) or not isinstance(found[1].value, Call):
        return None
    call = found[1].value
    if not _is_computed(call):
        return None
    value = interpreter.apart(
        lambda: interpreter.evaluation.of(call.args[0], _body(owner, found[0], interpreter, documents))
    )
    if isinstance(value, ColumnValue) and (value.column is not None or value.reads):
        return replace(value, name=name, alias=owner.alias)
    reads = frozenset(owner.model.table.column(column) for column in owner.model.primary_key)
    return ColumnValue(name=name, reads=reads, alias=owner.alias)


def note_computed(cls: ClassDef, model: ModelClass, interpreter: Following, documents: frozenset[Ref]) -> None:
    """Follow the properties of a model that the database computes, as its body declares them."""
    for statement in cls.assignments:
        if isinstance(statement.value, Call) and _is_computed(statement.value):
            interpreter.evaluation.of(statement.value, _body(model, cls, interpreter, documents))


def note_added(module: Module, interpreter: Following) -> None:
    """Follow such properties that a model is given after its class: `Order.total = column_property(…)`."""
    for statement in module.statements if b"column_property" in module.source else ():
        if isinstance(statement, Assign) and isinstance(statement.value, Call) and _is_computed(statement.value):
            interpreter.evaluation.of(statement.value, interpreter.module_frame(module))


def column_property(value: Value, site: Site) -> Value:
    """`column_property(select(…))`, in the body of a class or after it: the query inside runs for every row."""
    inner = value.inner if isinstance(value, ColumnValue) else value
    if isinstance(inner, Draft) and inner.library == LIBRARY and inner.table is not None:
        run_at(_correlated(inner, site), site, Fetch.SCALAR)
    return value


def _correlated(inner: Draft, site: Site) -> Draft:
    """A query that is asked for one row of another table: it is not joined with that table, but compared with it."""
    owner = site.frame.owner
    model = site.interpreter.models.get(f"{owner.module.path}:{owner.qualname}") if owner is not None else None
    main = inner.table.key if inner.table is not None else ()
    others = {ref.table_ref.key for join in inner.joins for pair in join.pairs for ref in pair} - {main}
    outer = model.table.key if model is not None else next(iter(others)) if len(others) == 1 else None
    own = [pair for join in inner.joins for pair in join.pairs if outer in {ref.table_ref.key for ref in pair}]
    predicates = []
    for one, other in own:
        near, far = (one, other) if other.table_ref.key == outer else (other, one)
        predicates.append(Predicate(near, Comparison.EQUAL, Operand.COLUMN, other=far))
    joins = tuple(join for join in inner.joins if not any(pair in own for pair in join.pairs))
    joined = tuple(table for table in inner.joined if table.key != outer)
    return inner.but(joins=joins, joined=joined).where(*predicates)


def _is_computed(call: Call) -> bool:
    return (call.name or "").rpartition(".")[2] == "column_property" and bool(call.args)


def _body(owner: ModelClass, holder: ClassDef, interpreter: Following, documents: frozenset[Ref]) -> Frame:
    """The frame of a class's body, in which the names of columns are columns."""
    frame = Frame(holder.module, f"{holder.module.path}:{holder.qualname}", owner=holder, scope=holder)
    for name in owner.model.columns:
        column = attribute_of(interpreter.models, owner, name, documents)
        if isinstance(column, ColumnValue):
            frame.names[name] = column
    return frame
