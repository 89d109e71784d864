"""Columns inside other calls: `deferred(Column(…))`, `with_roles(mapped_column(…), read=…)`, whoever's the function is.

A class attribute whose call gets a column or a relationship as its first argument is taken for that column: nothing
else can be done with one in the body of a class.
"""

from __future__ import annotations

from dbarchitect.sources.python.expressions import Call, Lambda
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Invocation, Located

COLUMNS = frozenset({"Column", "mapped_column", "insert_sentinel", "orm_insert_sentinel"})
_OF_CLASSES = COLUMNS | {"relationship", "synonym", "composite", "sqlmodel.Field", "sqlmodel.Relationship"}
_OPAQUE = frozenset({"hybrid_property", "association_proxy", "select", "query_expression", "Index", "Table"})
_DEEPEST = 4


def unwrapped(names: Names, located: Located, depth: int = 0) -> Invocation | None:
    """The call that an attribute of a model comes down to: the column's or relationship's where it holds one."""
    found = names.follow(located.expr, located.frame)
    if not isinstance(found, Located) or not isinstance(found.expr, Call):
        return None
    if (found.expr.name or "").endswith((".c.get", ".columns.get")) and len(found.expr.args) == 2:
        return unwrapped(names, found.frame.at(found.expr.args[1]), depth + 1)  # a column unless it is there already
    call = names.invocation(found.expr, found.frame)
    if call is not None and call.name == "dataclasses.field" and "metadata" in call.kwargs:
        return _of_field(names, call.kwargs["metadata"])
    if depth >= _DEEPEST or (call is not None and (call.name in _OF_CLASSES or call.name in _OPAQUE)):
        return call
    first = names.arguments(found.expr, found.frame).args[:1]
    inner = unwrapped(names, first[0], depth + 1) if first and isinstance(first[0].expr, Call) else None
    return inner if inner is not None and inner.name in _OF_CLASSES else call


def _of_field(names: Names, metadata: Located) -> Invocation | None:
    """The column in `field(metadata={"sa": Column(…)})` of a dataclass."""
    for value in (names.entries(metadata.expr, metadata.frame) or {}).values():
        inner = value.frame.at(value.expr.body) if isinstance(value.expr, Lambda) else value
        call = names.invocation(inner.expr, inner.frame)
        if call is not None and call.name in _OF_CLASSES:
            return call
    return None


def column_call(names: Names, located: Located) -> Invocation | None:
    """The Column or mapped_column that an attribute is bound to, None where it is bound to something else."""
    call = unwrapped(names, located)
    return call if call is not None and call.name in COLUMNS else None
