"""Queries while they are built: `selectFrom("users as u").innerJoin(…).where(…)`, and what writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import Verb
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.combining import all_of, any_of, both, negated
from dbarchitect.sources.code.typescript.builders.comparing import subject
from dbarchitect.sources.code.typescript.builders.conditions import inner_condition, joined_pairs
from dbarchitect.sources.code.typescript.builders.drafts import bound, united
from dbarchitect.sources.code.typescript.builders.names import Names, scope_of
from dbarchitect.sources.code.typescript.builders.running import touched
from dbarchitect.sources.code.typescript.builders.steps import Steps
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import (
    UNKNOWN_CONDITION,
    Column,
    Condition,
    Derived,
    Scope,
)
from dbarchitect.sources.code.typescript.kysely.expressions import condition, referred
from dbarchitect.sources.code.typescript.kysely.values import LIBRARY, Builder, Client, Joining
from dbarchitect.sources.code.typescript.kysely.writing import Writing
from dbarchitect.sources.code.typescript.values import Const, Function, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Items, Value

STARTS = {
    "selectFrom": Verb.SELECT, "insertInto": Verb.INSERT, "replaceInto": Verb.UPSERT, "updateTable": Verb.UPDATE,
    "deleteFrom": Verb.DELETE,
}  # fmt: skip
_JOINS = {
    "innerJoin": False, "leftJoin": True, "rightJoin": True, "fullJoin": True, "crossJoin": False,
    "innerJoinLateral": False, "leftJoinLateral": True, "using": False,
}  # fmt: skip
_LOCKS = frozenset({"forUpdate", "forShare", "forNoKeyUpdate", "forKeyShare"})
_SAME = frozenset(
    {"skipLocked", "noWait", "$castTo", "$narrowType", "$assertType", "$asTuple", "modifyFront", "modifyEnd", "explain",
     "withPlugin", "ignore", "top", "fetch", "clearSelect", "clearReturning", "clearLimit", "clearOffset", "$notNull",
     "columns"}
)  # fmt: skip
_UNIONS = frozenset({"union", "unionAll", "intersect", "intersectAll", "except", "exceptAll"})


class Building:
    """Builds drafts."""

    def __init__(self, names: Names, templates: Templates) -> None:
        self.steps = Steps(names, templates)
        self.writing = Writing(templates)
        self._methods: dict[str, Callable[[Draft, Arguments, Site], Draft]] = {
            "where": self._where,
            "having": self._where,
            "whereRef": self._where_ref,
            "havingRef": self._where_ref,
            "orWhere": self._or_where,
            "whereExists": self._where_exists,
            "whereNotExists": lambda d, a, s: self._where_exists(d, a, s, negate=True),
            "select": self._select,
            "returning": self._select,
            "selectAll": lambda d, a, s: d.but(columns=None).note("selected", self.steps.whole(d)),  # noqa: ARG005
            "returningAll": lambda d, a, s: d.note("returning", True),  # noqa: ARG005
            "groupBy": self._group_by,
            "orderBy": self._order_by,
            "limit": lambda d, a, s: d.but(limit=bound(a.get(0))),  # noqa: ARG005
            "offset": lambda d, a, s: d.but(offset=bound(a.get(0))),  # noqa: ARG005
            "distinct": lambda d, a, s: d.but(distinct=True),  # noqa: ARG005
            "distinctOn": lambda d, a, s: d.but(distinct=True),  # noqa: ARG005
            "clearWhere": lambda d, a, s: d.but(predicates=()),  # noqa: ARG005
            "clearOrderBy": lambda d, a, s: d.but(ordering=()),  # noqa: ARG005
            "from": self._from,
        }

    def started(self, name: str, target: Value | None, site: Site, owner: Value) -> Draft | None:
        """`selectFrom(target)` and its like; None where the target is no table that is known."""
        queries = owner.queries if isinstance(owner, Client) else ()
        outer = owner.scope if isinstance(owner, Builder) else ()
        targets = target.items if isinstance(target, Items) else [target]
        draft = Draft(LIBRARY, site.origin, STARTS[name], columns=() if name == "selectFrom" else None)
        draft = draft.note("scope", (*outer, *queries)).note("queries", queries)
        for number, one in enumerate(targets):
            if isinstance(one, Function):
                one = site.interpreter.run(one, Arguments((Builder(outer),)), site)  # noqa: PLW2901 - the query it gives
            source, inner = self.steps.source(one, (*queries, *outer))
            if source is None:
                if not isinstance(owner, Client | Builder):
                    return None
                return touched(draft.unknown("table"), site)
            draft = self.steps.with_source(draft, source, inner, first=number == 0)
        return touched(draft, site)

    def method(self, draft: Draft, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A method of a query that builds it further; None for one that does something else."""
        build = self._methods.get(name) or self.writing.methods.get(name)
        if build is not None:
            return touched(build(draft, arguments, site), site)
        if name in _JOINS:
            return touched(self._join(draft, arguments, site, outer=_JOINS[name]), site)
        if name in _LOCKS:
            return draft.but(locks=True)
        if name in _SAME:
            return draft
        if name in _UNIONS:
            others = [a for a in arguments.args if isinstance(a, Draft | Derived)]
            return touched(united([draft, *others]).note("anchor", draft), site)
        first = arguments.get(0)
        if name == "as":
            return Derived(draft, str(first.value) if isinstance(first, Const) else None)
        if name in {"$if", "$call", "if", "call"}:  # without the sign until 0.24
            return self._called(draft, name.removeprefix("$"), arguments, site)
        return None

    def _called(self, draft: Draft, name: str, arguments: Arguments, site: Site) -> Value:
        callback = arguments.get(1 if name == "if" else 0)
        if not isinstance(callback, Function):
            return draft.unknown("where")
        found = site.interpreter.run(callback, Arguments((draft,)), site)
        if not isinstance(found, Draft):
            return found if name == "call" and isinstance(found, Derived) else draft
        merged = site.interpreter.merged(found, draft) if name == "if" else found
        return touched(merged, site) if isinstance(merged, Draft) else found

    # What is demanded

    def _where(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        found = condition(arguments, scope_of(draft), site)
        return self.steps.filling.applied(draft, found, site) if found is not None else draft

    def _where_ref(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        if len(arguments.args) < 3:
            return draft.unknown("where")
        scope = (*scope_of(draft), *self.steps.around(arguments.args, scope_of(draft)))
        return self.steps.filling.applied(draft, referred(arguments, scope), site)

    def _where_exists(self, draft: Draft, arguments: Arguments, site: Site, *, negate: bool = False) -> Draft:
        """What versions until 0.25 call `where(({ exists }) => exists(…))`."""
        inner = arguments.get(0)
        if isinstance(inner, Function):
            inner = site.interpreter.run(inner, Arguments((Builder(scope_of(draft)),)), site)
        found = inner_condition(inner) if isinstance(inner, Draft | Derived) else UNKNOWN_CONDITION
        return self.steps.filling.applied(draft, negated(found) if negate else found, site)

    def _or_where(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        """What versions until 0.25 call `or`: all that was demanded before is the other side."""
        other = condition(arguments, scope_of(draft), site)
        if other is None:
            return draft
        sides = [Condition(draft.predicates), other] if draft.predicates else [other]
        return self.steps.filling.applied(draft.but(predicates=()), any_of(sides), site)

    def _join(self, draft: Draft, arguments: Arguments, site: Site, *, outer: bool) -> Draft:
        first = arguments.get(0)
        if isinstance(first, Function):
            first = site.interpreter.run(first, Arguments((Builder(scope_of(draft)),)), site)
        queries = draft.noted("queries")
        source, inner = self.steps.source(first, queries if isinstance(queries, tuple) else ())
        if source is None:
            return draft.unknown("table")
        before = draft.joins
        draft = self.steps.with_source(draft, source, inner, first=False)
        scope = scope_of(draft)
        if len(arguments.args) >= 3:
            sides = [subject(a, scope) for a in arguments.args[1:3]]
            found = Condition(pairs=((sides[0], sides[1]),)) if all(isinstance(s, Column) for s in sides) else None  # type: ignore[arg-type]  # both are columns
        else:
            found = self._on(arguments.get(1), scope, site)
        if found is None:
            return draft.unknown("where") if len(arguments.args) > 1 else draft
        draft = joined_pairs(draft, found.pairs, outer=outer, target=source.ref, inner=inner)
        draft = self.steps.filling.applied(draft, replace(found, pairs=()), site, outer=outer)
        return draft.using(source.ref) if source.ref is not None and draft.joins == before else draft

    def _on(self, callback: Value | None, scope: Scope, site: Site) -> Condition | None:
        if not isinstance(callback, Function):
            return None
        found = site.interpreter.run(callback, Arguments((Joining(scope),)), site)
        return replace(found.condition, pairs=found.pairs) if isinstance(found, Joining) else None

    # What is given

    def _given(self, value: Value | None, draft: Draft, site: Site) -> list[Value]:
        """What a step is given, or its callback gives."""
        if isinstance(value, Function):
            value = site.interpreter.run(value, Arguments((Builder(scope_of(draft)),)), site)
        items = value.items if isinstance(value, Items) else [value]
        return [i for i in items if i is not None and not isinstance(i, Undefined)]

    def _select(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        if draft.verb is not Verb.SELECT:
            return draft.note("returning", True)
        return self.steps.select(draft, self._given(arguments.get(0), draft, site), site)

    def _group_by(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        return self.steps.group_by(draft, self._given(arguments.get(0), draft, site), site)

    def _order_by(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        first = arguments.get(0)
        if isinstance(first, Function):
            first = site.interpreter.run(first, Arguments((Builder(scope_of(draft)),)), site)
        return self.steps.order_by(draft, first, arguments.get(1), site) if first is not None else draft

    def _from(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        source, inner = self.steps.source(arguments.get(0), ())
        return self.steps.with_source(draft, source, inner, first=False) if source is not None else draft

    def joining(self, owner: Joining, name: str, arguments: Arguments, site: Site) -> Joining | None:
        """A method of what the callback of a join is given."""
        match name:
            case "onRef" if len(arguments.args) >= 3:
                left, right = (subject(arguments.args[n], owner.scope) for n in (0, 2))
                equal = isinstance(arguments.args[1], Const) and arguments.args[1].value == "="
                if equal and isinstance(left, Column) and isinstance(right, Column):
                    return replace(owner, pairs=(*owner.pairs, (left, right)))
                return replace(owner, condition=both(owner.condition, referred(arguments, owner.scope)))
            case "on":
                found = condition(arguments, owner.scope, site)
                found = found if found is not None else Condition()
                pairs = (*owner.pairs, *found.pairs)
                return replace(owner, pairs=pairs, condition=all_of((owner.condition, replace(found, pairs=()))))
            case "onTrue":
                return owner
            case _:
                return None
