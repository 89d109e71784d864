"""Querysets that are run: what is recorded, and what the program gets."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Bound, Comparison, Fetch, Idiom, Operand, Predicate, SortKey, Use, Verb
from dbarchitect.catalog.refs import Kind, Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.paths import Paths
from dbarchitect.sources.code.python.django.values import HELD, SHOWN, Prefetch, QuerySet
from dbarchitect.sources.code.python.quoting import source_text, text_with_beginning
from dbarchitect.sources.code.python.vocabulary import Site
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.values import (
    Entries,
    Items,
    Opaque,
    Rows,
    Sequence,
    Value,
)
from dbarchitect.sources.mapping import MappedModel, relation_of
from dbarchitect.sources.python.expressions import Span

_KEPT = frozenset({Fetch.ALL, Fetch.BUILT})
_ALL_OF_THEM = frozenset({Fetch.ALL, Fetch.ITERATED})
_AS_IT_IS = frozenset({Fetch.ALL, Fetch.COUNT, Fetch.EXISTS})
"""What a relation that was loaded along answers without a query."""
_LISTED = frozenset({Fetch.ALL, Fetch.ITERATED, Fetch.FIRST, Fetch.BUILT})


class Running:
    """Records querysets as they are run."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def record(self, queryset: QuerySet, fetch: Fetch, site: Site) -> Record | None:
        """Note that a queryset is run here; None where its table is not known."""
        draft = queryset.draft
        if draft.table is None or draft.noted("none"):
            return None
        if draft.verb is Verb.SELECT:
            draft = self.ordered(draft, fetch)
            draft = _lazy(draft, queryset, fetch)
            if draft.noted(HELD) and not draft.predicates and fetch in _ALL_OF_THEM:
                draft = draft.unknown("where")  # a queryset's own method goes through what its caller has chosen
        draft = draft.but(predicates=tuple(_settled(p) for p in draft.predicates))
        place = site.interpreter.place(site.frame)
        if fetch in _KEPT and place.loops and _is_handed_in(queryset, site):
            place = replace(place, loops=())
        origin, text = self._written(draft, fetch, site)
        text = text_with_beginning(text, draft.origin, origin, site.interpreter.index)
        if not holds(origin, draft.origin) and draft.origin not in draft.builders:
            draft = draft.but(builders=(*draft.builders, draft.origin))
        draft = draft.but(builders=tuple(b for b in draft.builders if not holds(origin, b)))
        record = site.interpreter.recorder.query(draft, place, origin, fetch, text)
        if record.fetch is fetch and draft.columns:
            record.attributes.update(draft.columns)
        record.otherwise = record.otherwise or bool(draft.noted(SHOWN))
        self._prefetch(draft, site, record)
        return record

    def ordered(self, draft: Draft, fetch: Fetch) -> Draft:
        """The query with its model's own order, where rows are listed and nothing else was said."""
        model = draft.model
        if draft.ordering or model is None or fetch not in _LISTED or draft.noted("sorted") or draft.grouping:
            return draft
        keys = tuple(SortKey(model.table.column(c), down) for c, down in model.ordering)
        return draft.but(ordering=keys)

    def _written(self, draft: Draft, fetch: Fetch, site: Site) -> tuple[Origin, str]:
        """Where a query is written: a queryset keeps its rows, so that one which this function builds counts where it
        is built, however often it is gone through; anything else where it is run."""
        noted = draft.noted("at")
        built, function = noted if isinstance(noted, Origin) else draft.origin, site.frame.function
        module = site.frame.module
        if fetch not in _KEPT or built.path != module.path or built.start is None or built.end is None:
            return site.origin, source_text(site.frame, site.span)
        if function is None or (function.span.start <= built.start and built.end <= function.span.end):
            return built, source_text(site.frame, Span(built.start, built.end, built.line or 0))
        return site.origin, source_text(site.frame, site.span)

    def _prefetch(self, draft: Draft, site: Site, record: Record) -> None:
        """The queries by which related rows are loaded along, one for each relation."""
        noted = draft.noted("prefetch")
        if not isinstance(noted, tuple) or record.fetch not in {Fetch.ALL, Fetch.ITERATED, Fetch.FIRST, Fetch.ONE}:
            return
        place = record.place
        for item in noted:
            here: MappedModel | None = draft.model
            for part in item.path.split("__"):
                found = relation_of(self.paths.models, here, part) if here is not None else None
                target = self.paths.models.get(found[1].target) if found is not None else None
                if found is None or target is None:
                    break
                here = target
            else:
                if found is None or target is None:
                    continue
                inner = item.queryset.draft if isinstance(item, Prefetch) and item.queryset is not None else None
                base = inner or Draft("django", record.origin, model=target, table=target.table)
                holder, relation, _ = found
                if relation.through is not None:
                    steps = self.paths.steps(holder, relation, target)
                    base = base.using(relation.through.table).join(*steps[1:])
                    columns = tuple(relation.through.table.column(b) for _, b in relation.through.near)
                else:
                    columns = tuple(target.table.column(b) for _, b in relation.pairs)
                base = base.where(*(Predicate(c, Comparison.IN, Operand.PARAMETER) for c in columns))
                base = replace(base, predicates=tuple(_settled(p) for p in base.predicates))
                made = site.interpreter.recorder.query(
                    self.ordered(base, Fetch.ALL), place, record.origin, Fetch.ALL, record.text
                )
                made.escape()

    # What comes of it

    def rows(self, queryset: QuerySet, fetch: Fetch, site: Site) -> Value:
        """The rows of a queryset, as many: `Rows`, or what `values()` gives."""
        if queryset.rows is not None:
            return queryset.rows
        record = self.record(queryset, fetch, site)
        return self.result(queryset, record, many=True)

    def row(self, queryset: QuerySet, fetch: Fetch, site: Site) -> Value:
        """One row of a queryset."""
        if fetch is Fetch.FIRST:
            queryset = replace(queryset, draft=replace(queryset.draft, limit=Bound(1)))
        record = self.record(queryset, fetch, site)
        return self.result(queryset, record, many=False)

    def result(self, queryset: QuerySet, record: Record | None, *, many: bool) -> Value:
        """What the rows of a query are to the program."""
        draft = queryset.draft
        shape = draft.noted("shape")
        if draft.model is None:
            return Sequence(Opaque()) if many else Opaque()
        if shape is None:
            optional = not many
            computed = annotated(draft)
            return Rows(draft.model, "django", many, record, draft.loaded, optional=optional, computed=computed)
        element = self._element(draft, shape)
        return Sequence(element, rows=True) if many else element

    def _element(self, draft: Draft, shape: object) -> Value:
        noted = draft.noted("selected")
        selected = noted if isinstance(noted, tuple) else ()
        cells: list[tuple[str, Value]] = [
            (name, Opaque(reads=frozenset({ref}), cell=ref) if ref is not None else Opaque()) for name, ref in selected
        ]
        if shape == "flat":
            return cells[0][1] if cells else Opaque()
        if shape == "tuples":
            return Items([value for _, value in cells], "tuple", open=not cells)
        return Entries(dict(cells), open=not cells)

    def iterate(self, queryset: QuerySet, site: Site) -> Sequence:
        """A loop over a queryset."""
        value = self.rows(queryset, Fetch.ALL, site)
        if queryset.draft.noted("shape") is not None and queryset.rows is None:
            record = self.record(queryset, Fetch.ALL, site)  # the same one: what it selects is gone through
            if record is not None:
                record.otherwise = True
        if isinstance(value, Rows):
            if value.record is not None:
                value.record.otherwise = True
            return Sequence(replace(value, many=False, optional=False), rows=True, bound=_bound(queryset))
        return replace(value, bound=_bound(queryset)) if isinstance(value, Sequence) else Sequence(value)

    def tested(self, queryset: QuerySet, site: Site) -> None:
        """A queryset is tested: all of its rows are fetched for it."""
        if queryset.rows is not None:
            return
        record = self.record(queryset, Fetch.ALL, site)
        if record is not None:
            record.uses.add(Use.TESTED)

    def counted(self, queryset: QuerySet, site: Site) -> None:
        """`len(queryset)`."""
        if queryset.rows is not None:
            return
        record = self.record(queryset, Fetch.ALL, site)
        if record is not None:
            record.uses.add(Use.COUNTED)

    def escape(self, queryset: QuerySet, site: Site) -> None:
        """A queryset leaves our sight without having been run."""
        if queryset.rows is not None:
            if queryset.rows.record is not None:
                queryset.rows.record.escape()
            return
        if queryset.manager:
            return
        record = self.record(queryset, Fetch.BUILT, site)
        if record is not None:
            record.escape()


def _is_handed_in(queryset: QuerySet, site: Site) -> bool:
    """Whether the function was given the queryset: it keeps its rows, however many turns go through them."""
    function, names = site.frame.function, site.frame.names
    return function is not None and any(names.get(each.name) is queryset for each in function.parameters)


def annotated(draft: Draft) -> frozenset[str]:
    """The names of what a query computes besides (`annotate`), of the rows that it loads along too (`lines.total`)."""
    noted, along = draft.noted("annotations"), draft.noted("prefetch")
    names = set(map(str, noted)) if isinstance(noted, dict) else set()
    for item in along if isinstance(along, tuple) else ():
        if isinstance(item, Prefetch) and item.queryset is not None:
            path = item.path.replace("__", ".")
            names.update(f"{path}.{name}" for name in annotated(item.queryset.draft))
    return frozenset(names)


def _lazy(draft: Draft, queryset: QuerySet, fetch: Fetch) -> Draft:
    """The query marked as a relation's own where a relation is gone through as it is: `order.tags.all()`."""
    row, relation = queryset.row, queryset.relation
    as_it_is = draft.limit is None and not queryset.draft.ordering and not draft.noted("annotations")
    if row is None or relation is None or fetch not in _AS_IT_IS or not as_it_is:
        return draft
    keys = relation.through.near if relation.through is not None else relation.pairs
    if len(draft.predicates) > len(keys) + len(relation.fixed):
        return draft
    loaded = (*draft.builders, row.record.origin) if row.record is not None else draft.builders
    noted = draft.note("relation", f"{row.model.name}.{relation.name}")
    return replace(noted, idiom=draft.idiom or Idiom.LAZY_RELATION, builders=loaded)


def _bound(queryset: QuerySet) -> int | None:
    limit = queryset.draft.limit
    return limit.value if limit is not None else None


def holds(whole: Origin, part: Origin) -> bool:
    """Whether one place lies within another."""
    if whole.start is None or whole.end is None or part.start is None or part.end is None:
        return True
    return whole.path == part.path and whole.start <= part.start and part.end <= whole.end


def _settled(predicate: Predicate) -> Predicate:
    """A predicate without the mark of an outer query that was never met."""
    other = predicate.other
    return replace(predicate, other=None) if other is not None and other.kind is Kind.QUERY else predicate
