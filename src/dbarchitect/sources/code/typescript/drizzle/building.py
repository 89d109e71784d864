"""Queries while they are built: `select(…).from(…)` and what further calls add; conditions and keys put into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import SortKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.conditions import joined_pairs, truth
from dbarchitect.sources.code.typescript.builders.drafts import (
    bound,
    folded,
    leaves,
    offset,
    selected_of,
    sources_of,
    united,
)
from dbarchitect.sources.code.typescript.builders.filling import Filling
from dbarchitect.sources.code.typescript.builders.running import touched, with_inner
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import Column, Condition, Derived, Fragment, Options, Sort
from dbarchitect.sources.code.typescript.drizzle.expressions import of_derived
from dbarchitect.sources.code.typescript.drizzle.values import Started
from dbarchitect.sources.code.typescript.values import Const, Function, Table, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Items, Value

_JOINS = {
    "innerJoin": False, "leftJoin": True, "rightJoin": True, "fullJoin": True, "crossJoin": False,
    "innerJoinLateral": False, "leftJoinLateral": True, "crossJoinLateral": False,
}  # fmt: skip
_SAME = frozenset({"$dynamic", "comment", "toSQL", "getSQL", "$withCache", "useIndex", "forceIndex", "ignoreIndex"})
_ALIKE = frozenset({"union", "unionAll", "intersect", "intersectAll", "except", "exceptAll"})


class Building:
    """Builds drafts of SELECT."""

    def __init__(self, templates: Templates, documents: frozenset[Ref]) -> None:
        self.templates = templates
        self.filling = Filling(templates)
        self.documents = documents
        self._methods: dict[str, Callable[[Draft, Arguments, Site], Draft]] = {
            "where": self._where,
            "having": self._where,
            "groupBy": self._group_by,
            "orderBy": self._order_by,
            "limit": lambda d, a, s: d.but(limit=bound(a.get(0))),  # noqa: ARG005
            "offset": lambda d, a, s: d.but(offset=offset(a.get(0))),  # noqa: ARG005
            "for": lambda d, a, s: d.but(locks=True),  # noqa: ARG005
            "distinct": lambda d, a, s: d.but(distinct=True),  # noqa: ARG005
        }

    def method(self, draft: Draft, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A method of a query that builds it further; None for one that does something else."""
        build = self._methods.get(name)
        if build is not None:
            return touched(build(draft, arguments, site), site)
        if name in _JOINS:
            return touched(self._join(draft, arguments, site, outer=_JOINS[name]), site)
        if name in _SAME:
            return draft
        if name in _ALIKE:
            others = [a for a in arguments.args if isinstance(a, Draft | Derived)]
            return touched(united([draft, *others]), site)
        if name == "as":
            label = arguments.get(0)
            return Derived(draft, str(label.value) if isinstance(label, Const) else None)
        return None

    # What is selected

    def from_(self, started: Started, target: Value | None, site: Site) -> Draft:
        """`select(fields).from(target)`."""
        draft = self._main(started.draft, target)
        if isinstance(started.fields, Entries):
            draft = self.selecting(draft, started.fields, site)
        elif started.fields is not None and not isinstance(started.fields, Undefined):
            draft = draft.unknown("columns").note("selected", ())
        return touched(draft, site)

    def _main(self, draft: Draft, target: Value | None) -> Draft:
        match target:
            case Table(model=model, alias=alias):
                draft = draft.but(model=model, table=model.table)
                return draft.note("from", ((model.table, alias),))
            case Derived(draft=inner) | (Draft() as inner):
                draft = folded(draft.but(table=inner.table), inner)
                draft = draft.but(limit=draft.limit or inner.limit, model=None, distinct=inner.distinct)
                aggregates = () if isinstance(target, Derived) and draft.noted("selected") else inner.aggregates
                return draft.note("from", sources_of(inner)).note("derived", target).but(aggregates=aggregates)
            case _:
                return draft.unknown("table")

    def selecting(self, draft: Draft, fields: Entries, site: Site) -> Draft:
        """A query that gives these fields in each row."""
        found = tuple((name, self._field(value, draft, site)) for name, value in fields.entries.items())
        whole = False
        reads: dict[Ref, None] = {}
        aggregates = []
        for value in leaves(found):
            match value:
                case Column():
                    reads.update(dict.fromkeys(sorted(value.reads, key=str)))
                    if value.aggregate is not None:
                        aggregates.append(value.aggregate)
                    if value.inner is not None:
                        draft = with_inner(draft, value.inner, site)
                case Derived(draft=inner) | (Draft() as inner):
                    draft = with_inner(draft, inner, site)
                case Condition(predicates=predicates):
                    reads.update(dict.fromkeys(p.column for p in predicates))
                case Table():
                    whole = True
                case _:
                    draft = draft.unknown("columns")
        columns = None if whole else tuple(reads)
        draft = draft.but(columns=columns, aggregates=(*draft.aggregates, *aggregates)).note("selected", found)
        return draft.unknown("columns") if fields.open else draft

    def _field(self, value: Value, draft: Draft, site: Site) -> Value:
        match value:
            case Fragment():
                return self.templates.expression(value, sources_of(draft), site)
            case Entries(entries=entries):
                return Entries({name: self._field(inner, draft, site) for name, inner in entries.items()}, value.open)
            case Sort(key=key):
                return self._field(key, draft, site)
            case Options(options=options):
                keys = [o.key if isinstance(o, Sort) else o for o in options]
                reads = frozenset().union(*(k.reads for k in keys if isinstance(k, Column)))
                return Column(function="case", reads=reads)
            case _:
                return value

    # What is demanded

    def _where(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        draft = draft.unknown("where") if arguments.dynamic else draft
        for value in arguments.args:
            draft = self.filling.demanded(draft, self._called(value, draft, site), site)
        return draft

    def _called(self, value: Value, draft: Draft, site: Site) -> Value:
        """What a callback gives that is handed the fields of the query."""
        if not isinstance(value, Function):
            return value
        derived: Value = Derived(draft)
        if selected_of(draft) is None and draft.model is not None:
            derived = Table(draft.model)
        return site.interpreter.run(value, Arguments((derived,)), site)

    def _join(self, draft: Draft, arguments: Arguments, site: Site, *, outer: bool) -> Draft:
        target, condition = arguments.get(0), arguments.get(1)
        match target:
            case Table(model=model, alias=alias):
                table: Ref | None = model.table
                inner: Draft | None = None
                draft = draft.note("from", (*sources_of(draft), (model.table, alias)))
            case Derived(draft=inner) | (Draft() as inner):
                table = inner.table
                draft = folded(draft, inner)
            case _:
                return draft.unknown("table")
        draft = draft.note("joined", (*_joined(draft), target))
        found = truth(self._called(condition, draft, site)) if condition is not None else None
        before = draft.joins
        if found is not None:
            pairs, found = found.pairs, replace(found, pairs=())
            draft = joined_pairs(draft, pairs, outer=outer, target=table, inner=inner)
            draft = self.filling.applied(draft, found, site, outer=outer)
        return draft.using(table) if table is not None and draft.joins == before else draft

    # Order, groups, limits

    def _order_by(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        keys: list[SortKey] = []
        for value in arguments.args:
            called = self._called(value, draft, site)
            for item in called.items if isinstance(called, Items) else (called,):
                found = self.filling.keys_of(item, draft, site)
                if found is None:
                    draft = draft.unknown("order by")
                keys.extend(found or ())
        draft = draft.ordered(keys, anew=True)
        return draft.unknown("order by") if arguments.dynamic and not keys else draft

    def _group_by(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        found: list[Ref] = list(draft.grouping)
        for value in arguments.args:
            called = self._called(value, draft, site)
            for item in called.items if isinstance(called, Items) else (called,):
                inner = self.templates.expression(item, sources_of(draft), site) if isinstance(item, Fragment) else item
                if isinstance(inner, Column) and inner.aggregate is None:
                    found.extend([inner.column] if inner.column is not None else sorted(inner.reads, key=str))
                elif isinstance(inner, Table):
                    found.extend(inner.model.table.column(c) for c in inner.model.primary_key)
        return draft.but(grouping=tuple(dict.fromkeys(found)))

    def of_derived(self, owner: Derived, name: str) -> Value:
        """`subquery.name`."""
        return of_derived(owner, name, self.documents)


def _joined(draft: Draft) -> tuple[Value, ...]:
    found = draft.noted("joined")
    return found if isinstance(found, tuple) else ()
