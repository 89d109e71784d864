"""Steps of queries whose tables and columns are written as texts: `from("users as u").select("u.email")`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.comparing import name_in, subject
from dbarchitect.sources.code.typescript.builders.drafts import folded
from dbarchitect.sources.code.typescript.builders.filling import Filling
from dbarchitect.sources.code.typescript.builders.names import Names, column_named, of_query, scope_of, split
from dbarchitect.sources.code.typescript.builders.running import with_inner
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import (
    Column,
    Condition,
    Derived,
    Fragment,
    Scope,
    Sort,
    Source,
)
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import OPAQUE, Items, Value


class Steps:
    """Builds drafts."""

    def __init__(self, names: Names, templates: Templates) -> None:
        self.names = names
        self.templates = templates
        self.filling = Filling(templates)

    def source(self, value: Value | None, queries: Scope) -> tuple[Source | None, Draft | None]:
        """The table, or the query, that a value stands for in FROM."""
        match value:
            case Const(value=str(text)):
                found = self.names.source(text, queries)
                return found, found.inner if found is not None else None
            case Derived(draft=inner):
                return of_query(value), inner
            case _:
                return None, None

    def around(self, values: Iterable[Value], scope: Scope) -> Scope:
        """The tables that names of columns tell (`users.id`) and that the query itself does not have: of one around it,
        of which the builder knows nothing where the inner query does not begin with it."""
        owners = {name.rpartition(".")[0] for value in values if (name := name_in(value)) is not None}
        found = (self.names.source(owner) for owner in sorted(owners - {source.label for source in scope}) if owner)
        return tuple(source for source in found if source is not None)

    def with_source(self, draft: Draft, source: Source, inner: Draft | None, *, first: bool) -> Draft:
        """A query with a table more, or a query used as one; the `first` is what it is about."""
        draft = draft.note("scope", (source, *scope_of(draft)))
        if first and draft.table is None:
            draft = draft.but(table=source.ref)
        elif source.ref is not None:
            draft = draft.using(source.ref)
        if inner is not None:
            draft = folded(draft, inner)
        if source.ref is None or source.derived:
            return draft
        known = draft.noted("from")
        alias = source.label if source.label != source.ref.table else None
        return draft.note("from", (*(known if isinstance(known, tuple) else ()), (source.ref, alias)))

    def select(self, draft: Draft, values: Iterable[Value], site: Site) -> Draft:
        """A query that gives these values in each row besides those that it gives already."""
        scope = scope_of(draft)
        known = draft.noted("selected")
        found: list[tuple[str, Value]] = list(known) if isinstance(known, tuple) else []
        reads: dict[Ref, None] = dict.fromkeys(draft.columns or ())
        aggregates: list[Aggregate] = list(draft.aggregates)
        for value in values:
            match value:
                case Const(value=str(text)):
                    column: Value = column_named(text, scope) or Column(name=split(text)[1] or text)
                case Fragment():
                    column = self.templates.expression(value, self._named(draft), site)
                case Derived(draft=inner) | (Draft() as inner):
                    draft = with_inner(draft, inner, site)
                    column = Column(name=value.name if isinstance(value, Derived) else None, inner=inner)
                case Column():
                    column = value
                case Condition():
                    column = Column(name="condition", reads=frozenset(p.column for p in value.predicates))
                case _:
                    draft = draft.unknown("columns")
                    continue
            if isinstance(column, Column):
                if column.inner is not None and not isinstance(value, Derived | Draft):
                    draft = with_inner(draft, column.inner, site)
                found.append((column.name or f"?{len(found)}", column))
                reads.update(dict.fromkeys(sorted(column.reads, key=str)))
                aggregates.extend([column.aggregate] if column.aggregate is not None else [])
        columns = None if draft.columns is None else tuple(reads)
        return draft.but(columns=columns, aggregates=tuple(aggregates)).note("selected", tuple(found))

    def whole(self, draft: Draft) -> tuple[tuple[str, Value], ...]:
        """What a query gives in each row that gives all of its table."""
        known = draft.noted("selected")
        rest = known if isinstance(known, tuple) else ()
        return (*rest, *(pair for source in scope_of(draft)[:1] for pair in source.columns or ()))

    def _named(self, draft: Draft) -> tuple[tuple[Ref, str | None], ...]:
        outer = [(s.ref, s.label if s.label != s.ref.table else None) for s in scope_of(draft) if s.ref is not None]
        return tuple(outer)

    def group_by(self, draft: Draft, values: Iterable[Value], site: Site) -> Draft:
        """GROUP BY of these values."""
        scope = scope_of(draft)
        found = list(draft.grouping)
        for value in values:
            inner = self.templates.expression(value, self._named(draft), site) if isinstance(value, Fragment) else value
            column = _selected(inner, draft) or subject(inner, scope)
            if isinstance(column, Column):
                found.extend([column.column] if column.column is not None else sorted(column.reads, key=str))
        return draft.but(grouping=tuple(dict.fromkeys(found)))

    def order_by(self, draft: Draft, value: Value, way: Value | None, site: Site) -> Draft:
        """ORDER BY of a value, or each of several, and which way."""
        for key in _keys(value, scope_of(draft), way):
            if isinstance(key, Sort) and isinstance(key.key, Column) and key.key.column is None and key.key.name:
                named = _selected(Const(key.key.name), draft)
                key = replace(key, key=named) if named is not None else key  # noqa: PLW2901 - what the name stands for
            found = self.filling.keys_of(key, draft, site)
            draft = draft.ordered(found) if found is not None else draft.unknown("order by")
        return draft


def _selected(value: Value, draft: Draft) -> Column | None:
    """What the query selects under a name, where that is computed or has another name in its table."""
    fields = draft.noted("selected")
    if not isinstance(value, Const) or not isinstance(fields, tuple) or "." in str(value.value):
        return None
    return next((v for name, v in fields if name == value.value and isinstance(v, Column)), None)


def _keys(value: Value, scope: Scope, way: Value | None) -> tuple[Value, ...]:
    """What `orderBy` is given as columns with a direction."""
    if isinstance(value, Items):
        return tuple(key for item in value.items for key in _keys(item, scope, None))
    descending = isinstance(way, Const) and str(way.value).lower().startswith("desc")
    if isinstance(value, Const) and isinstance(value.value, str):
        name, _, rest = value.value.strip().partition(" ")
        descending = descending or rest.strip().lower().startswith("desc")
        found = column_named(name, scope)
        return (Sort(found or Column(name=name), descending),)
    if isinstance(value, Column | Fragment):
        return (Sort(value, descending),)
    return (value if value is not None else OPAQUE,)
