"""What the steps of a query come to: read when it is run, as what is demanded may be said before the table is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate, Comparison, Verb
from dbarchitect.sources.code.draft import Draft, either
from dbarchitect.sources.code.typescript.builders.columns import aggregated
from dbarchitect.sources.code.typescript.builders.comparing import subject
from dbarchitect.sources.code.typescript.builders.conditions import compare, joined_pairs
from dbarchitect.sources.code.typescript.builders.drafts import bound, united
from dbarchitect.sources.code.typescript.builders.names import Names, of_query, scope_of
from dbarchitect.sources.code.typescript.builders.steps import Steps
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import (
    Column,
    Condition,
    Derived,
    Fragment,
    Scope,
    Source,
    column,
)
from dbarchitect.sources.code.typescript.knex.conditions import demanded, of_columns
from dbarchitect.sources.code.typescript.knex.names import (
    AGGREGATES,
    FIRST,
    JOINS,
    LOCKS,
    RELATED,
    SOURCES,
    UNIONS,
    WRITES,
)
from dbarchitect.sources.code.typescript.knex.raw import fragment_of
from dbarchitect.sources.code.typescript.knex.values import LIBRARY, Query, Step
from dbarchitect.sources.code.typescript.knex.writing import written
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import Entries, Items, Value

_SELECTS = frozenset({"select", "column", "columns", "pluck", "distinct", "distinctOn"})
_WITH = frozenset({"with", "withRecursive", "withMaterialized", "withNotMaterialized"})
_MOST_WITHIN = 6


class Queries:
    """Reads builders as drafts."""

    def __init__(self, names: Names, templates: Templates) -> None:
        self.names = names
        self.templates = templates
        self._steps = Steps(names, templates)
        self._depth = 0

    def draft(self, query: Query, outer: Scope = ()) -> Draft:
        """A builder as the query that it makes."""
        draft = Draft(LIBRARY, query.begun.origin, columns=None).note("scope", outer)
        if self._depth > _MOST_WITHIN:
            return draft.unknown("table", "where")
        self._depth += 1
        try:
            for step in self._in_order(query.steps):
                made = self._step(draft, step)
                draft = either(made, draft) if step.optional and draft.table is not None else made
            draft = self._demanded(draft, query)
        finally:
            self._depth -= 1
        if draft.table is None:
            draft = draft.unknown("table", "where")
        return draft

    def _in_order(self, steps: Iterable[Step]) -> list[Step]:
        """Steps with what brings tables before what names their columns."""

        def rank(step: Step) -> int:
            return 0 if step.name in _WITH else 1 if step.name in SOURCES else 2 if step.name in JOINS else 3

        return sorted(steps, key=rank)

    def _demanded(self, draft: Draft, query: Query) -> Draft:
        scope = scope_of(draft)
        found = demanded(query.steps, "where", scope, lambda inner: self.draft(inner, scope))
        return self._steps.filling.applied(draft, found, query.site)

    def _step(self, draft: Draft, step: Step) -> Draft:
        name, arguments = step.name, step.arguments
        if name in SOURCES:
            return self._from(draft, arguments.get(0))
        if name in JOINS:
            return self._join(draft, step)
        if name in _WITH:
            return self._with(draft, arguments)
        if name in WRITES:
            return written(draft, name, arguments, self.templates)
        if name in _SELECTS:
            draft = draft.but(distinct=draft.distinct or name.startswith("distinct"))
            return self._select(draft, arguments, step)
        if name in AGGREGATES:
            return self._aggregate(draft, AGGREGATES[name], arguments)
        if name in FIRST:
            return self._first(draft, name, arguments)
        if name in LOCKS:
            return draft.but(locks=True)
        if name in UNIONS:
            return self._united(draft, arguments)
        return self._tail(draft, step)

    def _tail(self, draft: Draft, step: Step) -> Draft:
        """Order, groups and limits; other steps change nothing that is told."""
        name, arguments = step.name, step.arguments
        first = arguments.get(0)
        match name:
            case "orderBy" if first is not None:
                return self._order(draft, step)
            case "orderByRaw":
                keys = self._steps.filling.keys_of(fragment_of(arguments), draft, step.site)
                return draft.ordered(keys) if keys is not None else draft.unknown("order by")
            case "groupBy" | "groupByRaw":
                given = [fragment_of(arguments)] if name == "groupByRaw" else _flat(arguments.args)
                return self._steps.group_by(draft, given, step.site)
            case "limit" if first is not None:
                return draft.but(limit=bound(first))
            case "offset" if first is not None:
                return draft.but(offset=bound(first))
            case "page" | "range" if len(arguments.args) > 1:
                return draft.but(limit=bound(arguments.args[1]))
            case "clearOrder":
                return draft.but(ordering=())
            case _ if name in RELATED:
                return draft.unknown("where")
            case _:
                return draft

    # Tables

    def _from(self, draft: Draft, target: Value | None) -> Draft:
        source, inner = self._source(target, draft)
        return self._steps.with_source(draft, source, inner, first=True) if source is not None else draft

    def _source(self, value: Value | None, draft: Draft) -> tuple[Source | None, Draft | None]:
        """A table or query by what `from` and `join` are given: `"users as u"`, `{ u: "users" }`, a query."""
        if isinstance(value, Entries) and len(value.entries) == 1:
            label, value = next(iter(value.entries.items()))
            found, inner = self._source(value, draft)
            return (replace(found, label=label) if found is not None else None), inner
        if isinstance(value, Query):
            made = self.draft(value, ())
            return (of_query(Derived(made, value.label)), made) if made.table is not None else (None, None)
        if isinstance(value, Const) and isinstance(value.value, str):
            found = self.names.source(value.value, scope_of(draft))
            return found, found.inner if found is not None else None
        return None, None

    def _join(self, draft: Draft, step: Step) -> Draft:
        arguments, outer = step.arguments, JOINS[step.name]
        source, inner = self._source(arguments.get(0), draft)
        if source is None:
            return draft.unknown("where")
        before = draft.joins
        draft = self._steps.with_source(draft, source, inner, first=False)
        scope, given = scope_of(draft), Arguments(arguments.args[1:])
        if not given.args:
            return draft
        only = given.args[0]
        if isinstance(only, Query):
            found: Condition = demanded(only.steps, "on", scope, lambda query: self.draft(query, scope))
        else:
            found = of_columns(given, scope)
        draft = joined_pairs(draft, found.pairs, outer=outer, target=source.ref, inner=inner)
        draft = self._steps.filling.applied(draft, replace(found, pairs=()), step.site, outer=outer)
        return draft.using(source.ref) if source.ref is not None and draft.joins == before else draft

    def _with(self, draft: Draft, arguments: Arguments) -> Draft:
        label, query = arguments.get(0), arguments.args[-1] if arguments.args else None
        if not isinstance(label, Const) or not isinstance(query, Query):
            return draft
        name = str(label.value).partition("(")[0]
        known = (*scope_of(draft), Source(name, None, derived=True))
        made = self.draft(query, known)
        return draft.note("scope", (*scope_of(draft), replace(of_query(Derived(made), name), inner=made)))

    def _united(self, draft: Draft, arguments: Arguments) -> Draft:
        others = [self.draft(value) for value in _flat(arguments.args) if isinstance(value, Query)]
        return united([draft, *others])

    # What is given

    def _select(self, draft: Draft, arguments: Arguments, step: Step) -> Draft:
        found: list[Value] = []
        for value in _flat(arguments.args):
            if isinstance(value, Const) and str(value.value).rpartition(".")[2] == "*":
                draft = draft.note("whole", True)
            elif isinstance(value, Entries):  # `{ label: "column" }`
                found.extend(
                    Const(f"{v.value} as {n}") if isinstance(v, Const) else v for n, v in value.entries.items()
                )
            elif isinstance(value, Query):
                found.append(Derived(self.draft(value, scope_of(draft)), value.label))
            else:
                found.append(value)
        if draft.verb is not Verb.SELECT or not found:
            return draft.but(columns=None) if draft.noted("whole") else draft
        begun = draft.but(columns=draft.columns if draft.noted("selected") is not None else ())
        made = self._steps.select(begun, found, step.site)
        return made.but(columns=None) if draft.noted("whole") else made

    def _aggregate(self, draft: Draft, function: str, arguments: Arguments) -> Draft:
        counted = None
        for value in _flat(arguments.args[:1]):
            if isinstance(value, Entries):
                value = next(iter(value.entries.values()), None)  # noqa: PLW2901 - what is counted under a name
            known = subject(value, scope_of(draft)) if isinstance(value, Const) else None
            counted = known.column if isinstance(known, Column) else None
        found = Aggregate(function, counted)
        if draft.noted("selected") is None:
            draft = draft.but(columns=())
            draft = draft.note("selected", ((function, _aggregated(found)),))
        return draft.but(aggregates=(*draft.aggregates, found))

    def _order(self, draft: Draft, step: Step) -> Draft:
        first, way = step.arguments.args[0], step.arguments.get(1)
        for value in first.items if isinstance(first, Items) else [first]:
            given = (value, way)
            if isinstance(value, Entries):  # `[{ column: "a", order: "desc" }]`
                given = (value.entries.get("column", Const(None)), value.entries.get("order"))
            known = isinstance(given[0], Const | Fragment)
            draft = self._steps.order_by(draft, *given, step.site) if known else draft.unknown("order by")
        return draft

    def _first(self, draft: Draft, name: str, arguments: Arguments) -> Draft:
        draft = draft.note("kind", "first") if draft.verb is Verb.SELECT else draft
        if not arguments.args or name == "first":
            return draft
        if name == "findById":
            return self._by_key(draft, arguments)
        return draft

    def _by_key(self, draft: Draft, arguments: Arguments) -> Draft:
        """`findById(id)`: the table's key, which is called `id` unless the class says otherwise."""
        key = subject(Const("id"), scope_of(draft))
        found = compare(key, Comparison.EQUAL, arguments.args[0])
        return draft.where(*found.predicates) if found.predicates else draft.unknown("where")


def _aggregated(aggregate: Aggregate) -> Value:
    return aggregated(aggregate.function, column(aggregate.column) if aggregate.column is not None else None)


def _flat(values: Iterable[Value]) -> Iterable[Value]:
    for value in values:
        if isinstance(value, Items):
            yield from _flat(value.items)
        else:
            yield value
