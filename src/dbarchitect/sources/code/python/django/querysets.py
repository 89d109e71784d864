"""The methods of querysets and managers that build a query: each gives another queryset."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import Bound, SortKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.expressions import Expressions
from dbarchitect.sources.code.python.django.lookups import Lookups
from dbarchitect.sources.code.python.django.running import holds
from dbarchitect.sources.code.python.django.values import Computed, Condition, FieldPath, Prefetch, QuerySet
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Items, Sequence, Value

_SAME = frozenset({"all", "using", "get_queryset", "db_manager"})
_COPIES = frozenset({"_clone", "_chain"})
"""Django's own ways to a copy: who goes them goes on to change what is asked (`copy.query.add_q(…)`)."""


def tests_of(named: Iterable[tuple[str, Value]], arguments: Arguments) -> tuple[tuple[str, Value] | Condition, ...]:
    """The lookups that a call names; those that are given on some ways only as conditions of their own."""
    return tuple(
        Condition(((name, value),), optional=True) if name in arguments.optional else (name, value)
        for name, value in named
    )


class Building:
    """Builds queries step by step."""

    def __init__(self, expressions: Expressions, lookups: Lookups) -> None:
        self.expressions = expressions
        self.lookups = lookups
        self.paths = expressions.paths
        self._steps: dict[str, Callable[[Draft, Arguments], Draft]] = {
            "filter": self._filter, "exclude": self._exclude, "complex_filter": self._filter,
            "order_by": self._order_by, "reverse": self._reverse, "distinct": self._distinct,
            "values": self._values, "values_list": self._values_list, "only": self._only, "defer": self._same,
            "annotate": self._annotate, "alias": self._alias, "select_related": self._select_related,
            "prefetch_related": self._prefetch_related, "select_for_update": self._lock, "none": self._none,
            "union": self._combined, "intersection": self._combined, "difference": self._combined,
            "dates": self._dates, "datetimes": self._dates, "extra": self._extra, "raw": self._raw,
        }  # fmt: skip

    def step(self, queryset: QuerySet, name: str, arguments: Arguments, site: Site) -> QuerySet | None:
        """The queryset that a method gives; None when it is no method that builds."""
        if name in _SAME:
            if name == "all" and queryset.rows is not None:
                return queryset
            return replace(queryset, draft=written(queryset.draft, site))
        if name in _COPIES:
            return replace(queryset, draft=written(queryset.draft, site).unknown("where"))
        if name not in self._steps:
            return None
        draft = self._steps[name](written(queryset.draft, site), arguments)
        return replace(queryset, draft=draft, rows=None)

    def filtered(self, draft: Draft, arguments: Arguments, *, negated: bool = False) -> Draft:
        """The query with the conditions that a call gives."""
        parts = [a for a in arguments.args if not isinstance(a, Sequence)]
        named = tests_of(arguments.kwargs.items(), arguments)
        condition = Condition((*parts, *named), negated=negated, open=arguments.dynamic)
        keys = [k for k in arguments.kwargs if k.startswith("?")]
        if keys:
            kept = tuple(p for p in condition.parts if not (isinstance(p, tuple) and p[0] in keys))
            condition = replace(condition, parts=kept, open=True)
        return self.lookups.where(draft, condition)

    # The steps

    def _filter(self, draft: Draft, arguments: Arguments) -> Draft:
        return self.filtered(draft, arguments)

    def _exclude(self, draft: Draft, arguments: Arguments) -> Draft:
        return self.filtered(draft, arguments, negated=True)

    def _same(self, draft: Draft, arguments: Arguments) -> Draft:  # noqa: ARG002 - the shape of every step
        return draft

    def _order_by(self, draft: Draft, arguments: Arguments) -> Draft:
        dynamic = tuple(part for part in draft.dynamic if part != "order by")
        draft = draft.but(ordering=(), dynamic=dynamic).note("sorted", True)
        if arguments.dynamic:
            draft = draft.unknown("order by")
        for value in arguments.args:
            draft = self.sorted_by(draft, value)
        return draft

    def sorted_by(self, draft: Draft, value: Value) -> Draft:
        """The query with one more sort key."""
        match value:
            case Const(value=str(text)) if text:
                return self.sorted_by_name(draft, text)
            case FieldPath(path=path, outer=False):
                return self.sorted_by_name(draft, path)
            case Computed(function="ordered", args=(inner, *_), descending=down):
                return self._sorted_by_expression(draft, inner, descending=bool(down))
            case Computed():
                return self._sorted_by_expression(draft, value, descending=False)
            case Items(items=items, open=False):
                for item in items:
                    draft = self.sorted_by(draft, item)
                return draft
            case _:
                return draft.unknown("order by")

    def _sorted_by_expression(self, draft: Draft, value: Value, *, descending: bool) -> Draft:
        if isinstance(value, FieldPath):
            return self.sorted_by_name(draft, f"-{value.path}" if descending else value.path)
        under = self.expressions.column_under(draft, value)
        draft, _ = self.expressions.used(draft, value)
        if under is not None:
            return draft.ordered([SortKey(under[0], descending, under[1])])
        return draft.ordered([SortKey(None, descending)])

    def sorted_by_name(self, draft: Draft, text: str) -> Draft:
        """The query sorted by a name as `order_by` takes it: `-created`, `user__name`, `?`."""
        if text == "?":
            return draft.ordered([SortKey(None, function="random")])
        descending = text.startswith("-")
        path = text.lstrip("+-")
        named = self.expressions.annotation(draft, path.partition("__")[0])
        if named is not None:
            return self._sorted_by_expression(draft, named, descending=descending)
        found, reached = self.paths.follow(draft, path, outer=True)
        if reached is None:
            return draft.unknown("order by")
        model = reached.model
        if reached.relation is not None and model is not None and not reached.rest and not path.endswith(("_id", "pk")):
            own = model.ordering
            if own:  # a relation sorts by the other model's own order
                found, _ = self.paths.relation(draft, path, outer=True)
                return found.ordered(SortKey(model.table.column(c), d != descending) for c, d in own)
        function = reached.rest[-1] if reached.rest else None
        return found.ordered([SortKey(reached.column, descending, function)])

    def _reverse(self, draft: Draft, arguments: Arguments) -> Draft:  # noqa: ARG002 - the shape of every step
        return self.reversed(draft)

    def reversed(self, draft: Draft) -> Draft:
        """The query in the opposite order."""
        model = draft.model
        keys = draft.ordering
        if not keys and model is not None and not draft.noted("sorted"):
            keys = tuple(SortKey(model.table.column(c), d) for c, d in model.ordering)
        return draft.but(ordering=tuple(replace(k, descending=not k.descending) for k in keys))

    def _distinct(self, draft: Draft, arguments: Arguments) -> Draft:  # noqa: ARG002 - the shape of every step
        return draft.but(distinct=True)

    def selected(self, draft: Draft, values: Iterable[Value]) -> tuple[Draft, tuple[tuple[str, Ref | None], ...]]:
        """The query with what `values()` selects, and the columns by name (None: computed)."""
        found: list[tuple[str, Ref | None]] = []
        for value in values:
            path = value.path if isinstance(value, FieldPath) else value.value if isinstance(value, Const) else None
            if not isinstance(path, str):
                if isinstance(value, Computed):
                    draft, _ = self.expressions.used(draft, value)
                    found.append(("?", None))
                else:
                    draft = draft.unknown("columns")
                continue
            if self.expressions.annotation(draft, path.partition("__")[0]) is not None:
                found.append((path, None))
                continue
            draft, reached = self.paths.follow(draft, path, outer=True)
            if reached is None:
                draft = draft.unknown("columns")
            found.append((path, reached.column if reached is not None else None))
        return draft, tuple(found)

    def _values(self, draft: Draft, arguments: Arguments) -> Draft:
        return self._shaped(draft, arguments, "values")

    def _values_list(self, draft: Draft, arguments: Arguments) -> Draft:
        flat = arguments.kwargs.get("flat")
        is_flat = isinstance(flat, Const) and bool(flat.value)
        return self._shaped(draft, arguments, "flat" if is_flat else "tuples")

    def _shaped(self, draft: Draft, arguments: Arguments, shape: str) -> Draft:
        named = {k: v for k, v in arguments.kwargs.items() if k not in {"flat", "named"}}
        draft, selected = self.selected(draft, arguments.args)
        noted = draft.noted("annotations")
        if named:
            draft = self._annotated(draft, Arguments((), named))
            selected = (*selected, *((name, None) for name in named))
        draft = draft.note("shape", shape).note("selected", selected)
        if isinstance(noted, dict) and any(self.expressions.is_aggregate(v) for v in noted.values()) and selected:
            draft = draft.but(grouping=draft.grouping or self._key(draft))
        if not arguments.args and not named:
            return draft
        columns = tuple(dict.fromkeys(ref for _, ref in selected if ref is not None))
        return draft.but(columns=columns)

    def _key(self, draft: Draft) -> tuple[Ref, ...]:
        key = self.paths.key(draft.model) if draft.model is not None else None
        return (key,) if key is not None else ()

    def _only(self, draft: Draft, arguments: Arguments) -> Draft:
        draft, selected = self.selected(draft, arguments.args)
        columns = (*self._key(draft), *(ref for _, ref in selected if ref is not None))
        return draft.but(columns=tuple(dict.fromkeys(columns)))

    def _annotate(self, draft: Draft, arguments: Arguments) -> Draft:
        return self._annotated(draft, arguments)

    def _alias(self, draft: Draft, arguments: Arguments) -> Draft:
        return self._annotated(draft, arguments)

    def _annotated(self, draft: Draft, arguments: Arguments) -> Draft:
        noted = draft.noted("annotations")
        known: dict[str, Value] = dict(noted) if isinstance(noted, dict) else {}
        named = dict(arguments.kwargs)
        for value in arguments.args:
            if isinstance(value, Computed) and value.args:
                path = self.expressions.path_of(value.args[0])
                if path is not None:
                    named[f"{path}__{value.function}"] = value
        for name, value in named.items():
            if self.expressions.is_aggregate(value) and isinstance(value, Computed):
                draft, aggregates = self.expressions.aggregate(draft, value)
                shaped = draft.noted("selected")
                grouping = self._key(draft)
                if isinstance(shaped, tuple):
                    grouping = tuple(r for _, r in shaped if r is not None)
                draft = draft.but(aggregates=(*draft.aggregates, *aggregates), grouping=draft.grouping or grouping)
            else:
                draft, _ = self.expressions.used(draft, value)
            known[name] = value
            shaped = draft.noted("selected")
            if isinstance(shaped, tuple) and shaped:
                draft = draft.note("selected", (*shaped, (name, None)))
        return draft.note("annotations", known)

    def _select_related(self, draft: Draft, arguments: Arguments) -> Draft:
        loaded = set(draft.loaded)
        names = [a.value for a in arguments.args if isinstance(a, Const) and isinstance(a.value, str)]
        if not arguments.args and draft.model is not None:
            names = [r.name for r in draft.model.relations.values() if not r.many and not r.reverse and not r.parent]
        for name in names:
            parts = name.split("__")
            loaded.update(".".join(parts[: n + 1]) for n in range(len(parts)))
            draft, _ = self.paths.relation(draft, name, outer=True)
        return draft.but(loaded=frozenset(loaded))

    def _prefetch_related(self, draft: Draft, arguments: Arguments) -> Draft:
        loaded = set(draft.loaded)
        noted = draft.noted("prefetch")
        items: list[Prefetch] = list(noted) if isinstance(noted, tuple) else []
        for value in arguments.args:
            item = Prefetch(value.value) if isinstance(value, Const) and isinstance(value.value, str) else value
            if isinstance(item, Const) and item.value is None:
                items, loaded = [], set()
            if not isinstance(item, Prefetch):
                continue
            parts = item.path.split("__")
            paths = [".".join(parts[: n + 1]) for n in range(len(parts))]
            if item.to_attr is None:
                loaded.update(paths)
            if item.queryset is not None:
                loaded.update(f"{paths[-1]}.{inner}" for inner in item.queryset.draft.loaded)
            if item.path not in {known.path for known in items}:
                items.append(item)
        return replace(draft.note("prefetch", tuple(items)), loaded=frozenset(loaded))

    def _lock(self, draft: Draft, arguments: Arguments) -> Draft:  # noqa: ARG002 - the shape of every step
        return draft.but(locks=True)

    def _none(self, draft: Draft, arguments: Arguments) -> Draft:  # noqa: ARG002 - the shape of every step
        return draft.note("none", True)

    def _combined(self, draft: Draft, arguments: Arguments) -> Draft:
        for other in arguments.args:
            if isinstance(other, QuerySet):
                draft = combined(draft, other.draft)
        return draft

    def _dates(self, draft: Draft, arguments: Arguments) -> Draft:
        draft, selected = self.selected(draft, arguments.args[:1])
        columns = tuple(ref for _, ref in selected if ref is not None)
        keys = [SortKey(ref) for ref in columns]
        draft = draft.but(distinct=True, columns=columns).ordered(keys, anew=True)
        return draft.note("shape", "flat").note("selected", selected)

    def _extra(self, draft: Draft, arguments: Arguments) -> Draft:
        names = {"where": "where", "tables": "table", "order_by": "order by", "select": "columns"}
        return draft.unknown(*(part for name, part in names.items() if name in arguments.kwargs))

    def _raw(self, draft: Draft, arguments: Arguments) -> Draft:  # noqa: ARG002 - the shape of every step
        return draft.unknown("where", "order by").note("sorted", True)

    def sliced(self, queryset: QuerySet, index: Items, site: Site) -> QuerySet:
        """`queryset[a:b]`."""
        lower, upper = (index.items[n] if n < len(index.items) else Const(None) for n in (0, 1))
        draft = written(queryset.draft, site)
        start = lower.value if isinstance(lower, Const) else lower
        end = upper.value if isinstance(upper, Const) else upper
        if start is not None and start != 0:
            draft = draft.but(offset=Bound(start if isinstance(start, int) else None))
        if end is not None:
            count = end - (start or 0) if isinstance(end, int) and isinstance(start, int | None) else None
            draft = draft.but(limit=Bound(count if isinstance(count, int) and count >= 0 else None))
        return replace(queryset, draft=draft)


def written(draft: Draft, site: Site) -> Draft:
    """The query with the place of the step that is made now; its beginning grows with the expression it stands in."""
    if holds(site.origin, draft.origin):
        draft = draft.but(origin=site.origin)
    elif site.origin not in draft.builders:
        draft = draft.but(builders=(*draft.builders, site.origin))
    return draft.note("at", site.origin)


def combined(first: Draft, second: Draft) -> Draft:
    """Two queries put together (`|`, `union`): what either asks stands beside the other."""
    marked = tuple(replace(p, alternative=True) for p in first.predicates if p not in second.predicates)
    shared = tuple(p for p in first.predicates if p in second.predicates)
    others = tuple(replace(p, alternative=True) for p in second.predicates if p not in first.predicates)
    merged = first.using(*second.tables)
    return replace(
        merged,
        predicates=(*shared, *marked, *others),
        joins=(*merged.joins, *(j for j in second.joins if j not in merged.joins)),
        dynamic=tuple(dict.fromkeys((*first.dynamic, *second.dynamic))),
        builders=tuple(dict.fromkeys((*first.builders, second.origin))),
    )
