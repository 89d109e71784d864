"""The methods of querysets that run a query at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate, Bound, Fetch, Idiom, SortKey, Use
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.querysets import Building
from dbarchitect.sources.code.python.django.running import Running
from dbarchitect.sources.code.python.django.values import Computed, QuerySet
from dbarchitect.sources.code.python.django.writing import Writing
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import OPAQUE, Entries, Rows, Value

_LINKS = frozenset({"add", "remove", "clear", "set"})


class Terminals:
    """Runs queries."""

    def __init__(self, building: Building, running: Running, writing: Writing) -> None:
        self.building = building
        self.running = running
        self.writing = writing
        self._methods: dict[str, Callable[[QuerySet, Arguments, Site], Value]] = {
            "get": self._get, "first": self._first, "last": self._last, "latest": self._latest,
            "earliest": self._earliest, "exists": self._exists, "contains": self._exists, "count": self._count,
            "aggregate": self._aggregate, "iterator": self._iterator, "in_bulk": self._in_bulk,
            "create": writing.create, "bulk_create": writing.bulk_create, "bulk_update": writing.bulk_update,
            "get_or_create": self._get_or_create, "update_or_create": self._update_or_create,
            "update": writing.update, "delete": self._delete, "_raw_delete": self._delete,
        }  # fmt: skip

    def run(self, queryset: QuerySet, name: str, arguments: Arguments, site: Site) -> Value | None:
        """What a method gives; None when it is none that runs a query."""
        plain = name[1:] if name.startswith("a") and name[1:] in self._methods else name
        if plain in self._methods:
            return self._methods[plain](queryset, arguments, site)
        if queryset.relation is not None and (name in _LINKS or (name[1:] in _LINKS and name[0] == "a")):
            return self.writing.link(queryset, name if name in _LINKS else name[1:], site)
        return None

    def _get(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        draft = self.building.filtered(replace(queryset.draft, ordering=()).note("sorted", True), arguments)
        return self.running.row(replace(queryset, draft=draft), Fetch.ONE, site)

    def _first(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:  # noqa: ARG002
        if queryset.rows is not None:
            return replace(queryset.rows, many=False)
        return self.running.row(self._by_key(queryset, descending=False), Fetch.FIRST, site)

    def _last(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:  # noqa: ARG002
        draft = self.building.reversed(queryset.draft)
        return self.running.row(self._by_key(replace(queryset, draft=draft), descending=True), Fetch.FIRST, site)

    def _by_key(self, queryset: QuerySet, *, descending: bool) -> QuerySet:
        """Sorted by the key where nothing else sorts, as `first` does."""
        draft = queryset.draft
        key = self.building.paths.key(draft.model) if draft.model is not None else None
        sorted_ = draft.ordering or draft.noted("sorted") or (draft.model is not None and draft.model.ordering)
        if sorted_ and (draft.ordering or not draft.noted("sorted")):
            return queryset
        if key is None or "order by" in draft.dynamic:
            return queryset
        return replace(queryset, draft=draft.ordered([SortKey(key, descending)]))

    def _latest(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        return self._at_end(queryset, arguments, site, descending=True)

    def _earliest(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        return self._at_end(queryset, arguments, site, descending=False)

    def _at_end(self, queryset: QuerySet, arguments: Arguments, site: Site, *, descending: bool) -> Value:
        draft = replace(queryset.draft, ordering=()).note("sorted", True)
        for value in arguments.args:
            draft = self.building.sorted_by(draft, value)
        if not arguments.args:
            draft = draft.unknown("order by")
        keys = tuple(replace(k, descending=k.descending != descending) for k in draft.ordering)
        return self.running.row(replace(queryset, draft=draft.but(ordering=keys)), Fetch.FIRST, site)

    def _exists(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:  # noqa: ARG002
        if queryset.rows is None:
            self.running.record(queryset, Fetch.EXISTS, site)
        return OPAQUE

    def _count(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:  # noqa: ARG002
        if queryset.rows is None:
            draft = replace(queryset.draft, aggregates=(Aggregate("count"),), ordering=())
            self.running.record(replace(queryset, draft=draft), Fetch.COUNT, site)
        return OPAQUE

    def _aggregate(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        draft = replace(queryset.draft, ordering=())
        for value in arguments.values():
            if isinstance(value, Computed):
                draft, found = self.building.expressions.aggregate(draft, value)
                draft = draft.but(aggregates=(*draft.aggregates, *found))
        columns = _read(draft)
        self.running.record(replace(queryset, draft=draft.but(columns=columns)), Fetch.SCALAR, site)
        return Entries(dict.fromkeys(arguments.kwargs, OPAQUE), open=True)

    def _iterator(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:  # noqa: ARG002
        return self.running.rows(queryset, Fetch.ITERATED, site)

    def _in_bulk(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        draft = queryset.draft
        name = arguments.kwargs.get("field_name")
        field = name.value if isinstance(name, Const) and isinstance(name.value, str) else "pk"
        ids = arguments.get(0, "id_list")
        if ids is not None:
            draft = self.building.lookups.test(draft, f"{field}__in", ids)
        rows = self.running.rows(replace(queryset, draft=draft), Fetch.ALL, site)
        if isinstance(rows, Rows):
            if rows.record is not None:
                rows.record.otherwise = True
            return Entries({"?": replace(rows, many=False)}, open=True)
        return rows

    def _get_or_create(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        return self.writing.get_or_create(queryset, arguments, site, Idiom.GET_OR_CREATE)

    def _update_or_create(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        return self.writing.get_or_create(queryset, arguments, site, Idiom.UPDATE_OR_CREATE)

    def _delete(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:  # noqa: ARG002
        return self.writing.delete(queryset, site)

    def indexed(self, queryset: QuerySet, index: Value, site: Site) -> Value:
        """`queryset[0]`."""
        if queryset.rows is not None:
            return replace(queryset.rows, many=False)
        number = index.value if isinstance(index, Const) else None
        draft = queryset.draft
        if number != 0:
            draft = draft.but(offset=Bound(number if isinstance(number, int) else None))
        found = self.running.row(replace(queryset, draft=draft), Fetch.FIRST, site)
        if isinstance(found, Rows) and found.record is not None:
            found.record.uses.add(Use.FIRST_ONLY)
        return found


def _read(draft: Draft) -> tuple[Ref, ...]:
    return tuple(dict.fromkeys(a.column for a in draft.aggregates if a.column is not None))
