"""Loader options: which relations a query loads along with its rows, and which columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.sqlalchemy.conditions import applied, truth
from dbarchitect.sources.code.python.sqlalchemy.values import ColumnValue, Loader, RelationValue
from dbarchitect.sources.code.python.values import Const, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments
from dbarchitect.sources.code.values import Items, Sequence, Value

EAGER = frozenset(
    {"joinedload", "selectinload", "subqueryload", "contains_eager", "immediateload", "joinedload_all",
     "subqueryload_all", "eagerload"}
)  # fmt: skip
QUIET = frozenset({"raiseload", "noload"})
LAZY = frozenset(
    {"lazyload", "defaultload", "defer", "undefer", "undefer_group", "with_expression", "selectin_polymorphic"}
)
ONLY = frozenset({"load_only"})
LOADERS = EAGER | QUIET | LAZY | ONLY | {"Load", "options", "with_loader_criteria"}


def loader(name: str, arguments: Arguments, start: Loader | None = None) -> Loader:
    """A loader option, or one chained to another."""
    before = start if start is not None else Loader()
    if name == "options":
        found = before
        for value in arguments.args:
            if isinstance(value, Loader):
                more = frozenset(_under(before.prefix, path) for path in value.paths)
                found = replace(found, paths=found.paths | more)
        return found
    if name == "with_loader_criteria":
        entity, condition = arguments.get(0), arguments.get(1, "where_criteria")
        return replace(before, criteria=(entity, condition)) if entity is not None and condition is not None else before
    if name in ONLY:
        columns = tuple(a.column for a in arguments.args if isinstance(a, ColumnValue) and a.column is not None)
        return replace(before, only=(*before.only, *columns)) if not before.prefix else before
    prefix = before.prefix
    paths = set(before.paths)
    for value in arguments.args:
        match value:
            case RelationValue(relation=relation):
                prefix = _under(prefix, relation.name)
            case Const(value=str(text)):
                prefix = _under(prefix, text)
            case _:
                continue
        if name in EAGER or name in QUIET:
            paths.add(prefix)
    return replace(before, paths=frozenset(paths), prefix=prefix)


def _under(prefix: str, path: str) -> str:
    return f"{prefix}.{path}" if prefix else path


def loaded(draft: Draft, values: Iterable[Value]) -> Draft:
    """A draft with options."""
    paths: set[str] = set(draft.loaded)
    only: list[Ref] = []
    for value in _flat(values):
        if isinstance(value, Loader):
            paths.update(value.paths)
            only.extend(value.only)
            draft = _restricted(draft, *value.criteria) if value.criteria is not None else draft
    draft = draft.but(loaded=frozenset(paths))
    return draft.but(columns=tuple(only)) if only and draft.columns is None else draft


def _restricted(draft: Draft, entity: Value, condition: Value) -> Draft:
    """A draft of which an option demands something wherever it asks for an entity: of a base of several, who knows."""
    if not isinstance(entity, ModelClass):
        return draft.unknown("where")
    found = truth(condition) if entity.model.table == draft.table else None
    return applied(draft, found) if found is not None else draft


def _flat(values: Iterable[Value]) -> Iterable[Value]:
    for value in values:
        if isinstance(value, Items):
            yield from _flat(value.items)
        elif isinstance(value, Sequence):
            yield from _flat((value.element,))
        else:
            yield value
