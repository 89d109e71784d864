"""`orderBy`, `take`, `skip`, `cursor`, `distinct`: in which order rows come, and how many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dbarchitect.catalog.queries import Bound, Comparison, Predicate, SortKey
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.prisma.models import Models, key_columns
from dbarchitect.sources.code.typescript.prisma.reading import bound_of, entry, is_open, known_as, members, named, text
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.values import Entries, Value
from dbarchitect.sources.mapping import MappedModel

AGGREGATES = {"_count": "count", "_sum": "sum", "_avg": "avg", "_min": "min", "_max": "max"}


class Ordering:
    """Puts order and bounds into queries."""

    def __init__(self, models: Models) -> None:
        self.models = models

    def put(self, draft: Draft, model: MappedModel, given: Value) -> Draft:
        """The query with the order and the bounds that the arguments of a call ask for.

        Where rows are cut off and nothing sorts them, Prisma sorts by the primary key.
        """
        if not isinstance(given, Entries):
            return draft
        draft = self._sorted(draft, model, given)
        cursor, take, skip = entry(given, "cursor"), entry(given, "take"), entry(given, "skip")
        if cursor is not None:
            draft = self._after(draft, model, cursor, optional="cursor" in given.optional)
        if take is not None:
            limit = bound_of(take)
            draft = draft.but(limit=Bound() if "take" in given.optional else limit)
            if _is_negative(take):
                draft = draft.but(ordering=tuple(replace(k, descending=not k.descending) for k in draft.ordering))
        if skip is not None and cursor is None:
            offset = bound_of(skip)
            draft = draft if offset.value == 0 else draft.but(offset=offset)
        cut = take is not None or cursor is not None or draft.offset is not None
        if cut and not draft.ordering and "order by" not in draft.dynamic:
            draft = draft.ordered(SortKey(column, _is_negative(take)) for column in key_columns(model))
        return draft.but(distinct=True) if entry(given, "distinct") is not None else draft

    def _sorted(self, draft: Draft, model: MappedModel, given: Entries) -> Draft:
        value = entry(given, "orderBy")
        if value is None:
            return draft.unknown("order by") if is_open(given) else draft
        each, more = members(value)
        for one in each:
            draft = self._by(draft, model, one, optional="orderBy" in given.optional)
        return draft.unknown("order by") if more else draft

    def _by(self, draft: Draft, model: MappedModel, value: Value, *, optional: bool) -> Draft:
        """Sort keys of one object, over relations too."""
        if not isinstance(value, Entries):
            return draft.unknown("order by")
        if is_open(value):
            draft = draft.unknown("order by")
        for name, given, sometimes in named(value):
            own = optional or sometimes
            if name in model.columns:
                column = model.table.column(model.columns[name])
                draft = draft.ordered([SortKey(column, _is_descending(given), optional=own)])
            elif name in AGGREGATES:
                draft = self._by_aggregate(draft, model, name, given)
            elif name == "_relevance":
                draft = draft.ordered([SortKey(None, function="ts_rank", optional=own)])
            else:
                draft = self._over(draft, model, name, given, optional=own)
        return draft

    def _over(self, draft: Draft, model: MappedModel, name: str, value: Value, *, optional: bool) -> Draft:
        found = self.models.relation(model, name)
        if found is None:
            return draft.unknown("order by")
        relation, target = found
        draft = draft.join(*self.models.steps(model, relation, target, outer=True))
        if relation.many:
            counted = entry(value, "_count")
            return draft.ordered([SortKey(None, _is_descending(counted), "count", optional=optional)])
        return self._by(draft, target, value, optional=optional)

    def _by_aggregate(self, draft: Draft, model: MappedModel, name: str, value: Value) -> Draft:
        """`orderBy: { _count: { id: "desc" } }` of groups."""
        if not isinstance(value, Entries):
            return draft.ordered([SortKey(None, _is_descending(value), AGGREGATES[name])])
        keys = []
        for attribute, given, _ in named(value):
            column = model.table.column(model.columns[attribute]) if attribute in model.columns else None
            keys.append(SortKey(column, _is_descending(given), AGGREGATES[name]))
        return draft.ordered(keys)

    def _after(self, draft: Draft, model: MappedModel, value: Value, *, optional: bool) -> Draft:
        """A cursor: rows from one on, in the order of the sort keys, as far as they are the same that it names."""
        if not isinstance(value, Entries):
            return draft.unknown("where")
        names = [(name, sometimes) for name, _, sometimes in known_as(value)]
        for name, sometimes in names:
            for attribute in model.keys.get(name, (name,)):
                if attribute in model.columns:
                    column = model.table.column(model.columns[attribute])
                    draft = draft.where(Predicate(column, Comparison.RANGE, optional=optional or sometimes))
        return draft if names else draft.unknown("where")


def grouping(model: MappedModel, value: Value | None) -> Sequence[str] | None:
    """The attributes that `by` or `distinct` names; None where they are not known."""
    if value is None:
        return None
    each, more = members(value)
    names = [text(one) for one in each]
    known = [name for name in names if name is not None and name in model.columns]
    return None if more or len(known) < len(names) else known


def _is_descending(value: Value | None) -> bool:
    return text(entry(value, "sort") if isinstance(value, Entries) else value) == "desc"


def _is_negative(value: Value | None) -> bool:
    return isinstance(value, Const) and isinstance(value.value, int | float) and value.value < 0
