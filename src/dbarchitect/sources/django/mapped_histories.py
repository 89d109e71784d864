"""The models of django-simple-history: `HistoricalOrder`, and `order.history`, which leads to its rows.

Nobody writes their classes: the library makes one beside each model that keeps a history.
Source: https://django-simple-history.readthedocs.io/en/latest/querying_history.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.objects import Table
from dbarchitect.sources.django.registry import Registry
from dbarchitect.sources.mapping import MappedModel, MappedRelation
from dbarchitect.sources.python.expressions import Call

_PREFIX = "Historical"
_ORDER = (("history_date", True), ("history_id", True))


def with_histories(
    models: Iterable[MappedModel], tables: Iterable[Table], registry: Registry
) -> tuple[MappedModel, ...]:
    """The models, and one more for each table of a history, to which its original leads."""
    found = {model.key: model for model in models}
    mapped = {model.table.key for model in found.values()}
    for table in tables:
        label, _, name = (table.model or "").rpartition(".")
        if not name.startswith(_PREFIX) or table.ref.key in mapped or table.primary_key is None:
            continue
        original = _original(label, name.removeprefix(_PREFIX), found)
        if original is None or len(original.primary_key) != 1:
            continue
        own = original.primary_key[0]
        if table.column(own) is None:
            continue
        made = _history(original, table, name, found)
        found[made.key] = made
        accessor = _accessor(original, registry)
        back = MappedRelation(accessor, made.key, many=True, pairs=((own, own),), reverse=True)
        found[original.key] = replace(original, relations={**original.relations, accessor: back})
    return tuple(found.values())


def _original(label: str, name: str, models: dict[str, MappedModel]) -> MappedModel | None:
    """The model that a history is of: that of its application, else the only one called so."""
    named = [model for model in models.values() if model.name == name]
    same = [model for model in named if model.label == f"{label}.{name}"]
    chosen = same or named
    return chosen[0] if len(chosen) == 1 else None


def _history(original: MappedModel, table: Table, name: str, models: dict[str, MappedModel]) -> MappedModel:
    columns = {column.name: column.name for column in table.columns}
    columns |= {attribute: column for attribute, column in original.columns.items() if table.column(column) is not None}
    relations: dict[str, MappedRelation] = {}
    for relation in original.relations.values():
        ends = {own for own, _ in relation.pairs}
        if ends and not relation.reverse and not relation.many and ends <= columns.keys():
            relations[relation.name] = replace(relation, parent=False)
    by_table = {model.table.key: model.key for model in reversed(models.values())}
    for key in table.foreign_keys:
        target = by_table.get(key.referenced.key)
        if target is not None and key.columns == ("history_user_id",):
            columns["history_user"] = key.columns[0]
            pairs = tuple(zip(key.columns, key.referenced_columns, strict=False))
            relations["history_user"] = MappedRelation("history_user", target, many=False, pairs=pairs)
    primary = table.primary_key.columns if table.primary_key is not None else ()
    if len(primary) == 1:
        columns["pk"] = primary[0]
    mark = ":" if ":" in original.key else "."
    head = original.key.rpartition(mark)[0]
    ordering = tuple((column, down) for column, down in _ORDER if table.column(column) is not None)
    return MappedModel(f"{head}{mark}{name}", name, table.ref, columns, primary, relations, table.model, ordering)


def _accessor(original: MappedModel, registry: Registry) -> str:
    """The attribute that the records are assigned to; a model that is registered from outside has `history`."""
    label, _, name = (original.label or "").rpartition(".")
    model = registry.models.get((label, name.lower()))
    for cls in registry.world.lineage(model.cls) if model is not None else ():
        for statement in cls.assignments:
            if isinstance(statement.value, Call) and (statement.value.name or "").endswith("HistoricalRecords"):
                return statement.target
    return "history"
