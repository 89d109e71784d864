"""Rows made, changed and deleted: by managers, querysets and the rows themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dbarchitect.catalog.queries import (
    Assignment,
    Bound,
    Comparison,
    Fetch,
    Idiom,
    Operand,
    Predicate,
    Use,
    Verb,
)
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.expressions import Expressions
from dbarchitect.sources.code.python.django.lookups import Lookups
from dbarchitect.sources.code.python.django.running import Running
from dbarchitect.sources.code.python.django.values import HELD, Computed, FieldPath, QuerySet
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments, Site, presence_of, weighed
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sealing import is_sealed
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Items,
    Opaque,
    Rows,
    Sequence,
    Slug,
    Value,
    columns_read,
    is_raw,
)
from dbarchitect.sources.mapping import MappedModel, column_of, relation_of


class Writing:
    """Records what writes."""

    def __init__(self, expressions: Expressions, lookups: Lookups, running: Running) -> None:
        self.expressions = expressions
        self.lookups = lookups
        self.running = running
        self.models = expressions.paths.models

    # What is written

    def assignments(
        self, model: MappedModel, named: Mapping[str, Value], *given: Arguments | Entries
    ) -> tuple[tuple[Assignment, ...], bool]:
        """The columns that names of a model stand for, with their values, `given` as they were written; whether all of
        them are known."""
        found: list[Assignment] = []
        known = True
        for name, value in named.items():
            column = column_of(self.models, model, name)
            if column is not None:
                known_of = (presence_of(name, one) for one in given)
                present = next((one for one in known_of if one is not None), None)
                found.extend(weighed((self.assignment(column[0], value, model),), present=present))
            elif relation_of(self.models, model, name) is None:
                known = False
        return tuple(found), known

    def assignment(self, column: Ref, value: Value, model: MappedModel) -> Assignment:
        """A column written with a value."""
        match value:
            case FieldPath(path=path):
                read = column_of(self.models, model, path)
                return Assignment(column, Operand.EXPRESSION, (), (read[0],) if read is not None else ())
            case Computed(function="value", args=(inner, *_)):
                return self.assignment(column, inner, model)
            case Computed(function=function):
                kind = Operand.SUBQUERY if function in {"subquery", "exists"} else Operand.EXPRESSION
                return Assignment(column, kind)
            case _:
                draft = Draft("django", Origin())
                _, kind, constants, _ = self.expressions.operand(draft, value)
                read_of = columns_read(value)
                if isinstance(value, Opaque) and value.cell == column:
                    read_of -= {column}  # `row.total = row.total or 0`: taken over, nothing computed
                reads = tuple(sorted(read_of, key=str))
                return Assignment(
                    column, kind, constants, reads, is_raw(value), slug=isinstance(value, Slug), sealed=is_sealed(value)
                )

    # By managers and querysets

    def create(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        """`create(…)`: a row is made at once."""
        model = queryset.draft.model
        if model is None:
            return OPAQUE
        assigned, known = self.assignments(model, arguments.kwargs, arguments)
        assigned = (*self._of_relation(queryset), *assigned)
        draft = Draft("django", site.origin, Verb.INSERT, model, model.table, assignments=_once(assigned))
        draft = draft.but(raw_input=arguments.raw)
        self._run(_known(draft, known and not arguments.partial), Fetch.NONE, site)
        loaded = frozenset(n for n in arguments.kwargs if n in model.relations)
        return Rows(model, "django", loaded=loaded)

    def _of_relation(self, queryset: QuerySet) -> tuple[Assignment, ...]:
        """The foreign key that a related manager fills in."""
        relation, model = queryset.relation, queryset.draft.model
        if relation is None or model is None or relation.through is not None or not relation.reverse:
            return ()
        return tuple(Assignment(model.table.column(theirs)) for _, theirs in relation.pairs)

    def get_or_create(self, queryset: QuerySet, arguments: Arguments, site: Site, idiom: Idiom) -> Value:
        """`get_or_create(key=…, defaults=…)`, `update_or_create`: (row, whether it is new)."""
        model = queryset.draft.model
        if model is None:
            return OPAQUE
        named = {k: v for k, v in arguments.kwargs.items() if k not in {"defaults", "create_defaults"}}
        draft = replace(queryset.draft, origin=site.origin, verb=Verb.UPSERT, idiom=idiom, ordering=())
        before = len(draft.predicates)
        for name, value in named.items():
            draft = self.lookups.test(draft, name, value)
        if arguments.partial:
            draft = draft.unknown("where")
        own = {model.table.key}
        key = tuple(
            dict.fromkeys(p.column for p in draft.predicates[before:] if p.column.table_ref.key in own)
        )  # what a related manager asks belongs to the key as well
        related = tuple(a.column for a in self._of_relation(queryset))
        written = {k.removesuffix("__exact"): v for k, v in named.items() if _is_plain(k)}
        written_as: list[Arguments | Entries] = [arguments]
        known = True
        for name in ("defaults", "create_defaults"):
            given = arguments.kwargs.get(name)
            if isinstance(given, Entries):
                written.update(given.entries)
                written_as.append(given)
                known = known and not given.open
            elif given is not None:
                known = False
        assigned, all_known = self.assignments(model, written, *written_as)
        draft = replace(
            draft,
            key=tuple(dict.fromkeys((*related, *key))),
            assignments=_once((*self._of_relation(queryset), *assigned)),
        )
        record = self._run(_known(draft, known and all_known), Fetch.ONE, site)
        row = Rows(model, "django", record=record, loaded=queryset.draft.loaded)
        return Items([row, OPAQUE], "tuple")

    def bulk_create(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        """`bulk_create(rows)`: what the rows are known to hold is written."""
        model = queryset.draft.model
        if model is None:
            return OPAQUE
        rows = arguments.get(0, "objs")
        found = tuple(_pending(rows))
        columns = _once((*(a for row in found for a in row.pending),))
        draft = Draft(
            "django", site.origin, Verb.INSERT, model, model.table, assignments=columns, idiom=Idiom.BULK
        )  # fmt: skip
        if "update_conflicts" in arguments.kwargs or "ignore_conflicts" in arguments.kwargs:
            unique = arguments.kwargs.get("unique_fields")
            key = tuple(self._columns(model, unique))
            draft = draft.but(verb=Verb.UPSERT, idiom=Idiom.ON_CONFLICT, key=key)
        for row in found:
            row.new = False
        self._run(_known(draft, bool(columns)), Fetch.NONE, site)
        return rows if rows is not None else OPAQUE

    def bulk_update(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        """`bulk_update(rows, ["a", "b"])`."""
        model = queryset.draft.model
        if model is None:
            return OPAQUE
        columns = tuple(self._columns(model, arguments.get(1, "fields")))
        rows = tuple(_pending(arguments.get(0, "objs")))
        held = {a.column: a for row in rows for a in row.pending}
        for row in rows:
            if row.record is not None:
                row.record.uses.add(Use.CHANGED)
        assigned = tuple(held.get(c, Assignment(c)) for c in columns)
        draft = Draft("django", site.origin, Verb.UPDATE, model, model.table, assignments=assigned, idiom=Idiom.BULK)
        key = self.expressions.paths.key(model)
        if key is not None:
            draft = draft.where(Predicate(key, Comparison.IN))
        self._run(_known(draft, bool(columns)), Fetch.NONE, site)
        return OPAQUE

    def _columns(self, model: MappedModel, names: Value | None) -> Iterable[Ref]:
        known: list[object] = []
        if isinstance(names, Items):
            known = [item.value for item in names.items if isinstance(item, Const)]
        elif isinstance(names, Const) and isinstance(names.value, list | tuple):
            known = list(names.value)
        for name in known:
            column = column_of(self.models, model, name) if isinstance(name, str) else None
            if column is not None:
                yield column[0]

    def update(self, queryset: QuerySet, arguments: Arguments, site: Site) -> Value:
        """`update(a=…)`."""
        model = queryset.draft.model
        if model is None:
            return OPAQUE
        assigned, known = self.assignments(model, arguments.kwargs)
        draft = replace(_narrowed(queryset.draft), verb=Verb.UPDATE, assignments=assigned, columns=None, ordering=())
        self._run(_known(draft, known and not arguments.partial), Fetch.NONE, site, queryset)
        return OPAQUE

    def delete(self, queryset: QuerySet, site: Site) -> Value:
        """`delete()` of a queryset."""
        draft = replace(_narrowed(queryset.draft), verb=Verb.DELETE, columns=None, ordering=())
        self._run(draft, Fetch.NONE, site, queryset)
        return OPAQUE

    def link(self, queryset: QuerySet, name: str, site: Site) -> Value:
        """`add`, `remove`, `clear`, `set` of a related manager."""
        relation, model = queryset.relation, queryset.draft.model
        if relation is None or model is None:
            return OPAQUE
        if relation.through is not None:
            table = relation.through.table
            near = tuple(table.column(c) for _, c in relation.through.near)
            far = tuple(table.column(c) for c, _ in relation.through.far)
            verb = Verb.INSERT if name in {"add", "set"} else Verb.DELETE
            draft = Draft("django", site.origin, verb, None, table)
            if verb is Verb.INSERT:
                draft = draft.but(assignments=tuple(Assignment(c) for c in (*near, *far)))
            else:
                draft = draft.where(*(Predicate(c, Comparison.EQUAL) for c in near))
                if name == "remove":
                    draft = draft.where(*(Predicate(c, Comparison.IN) for c in far))
            if name == "set":
                old = Draft("django", site.origin, Verb.SELECT, None, table)
                self._run(old.where(*(Predicate(c, Comparison.EQUAL) for c in near)), Fetch.ALL, site)
        else:
            columns = tuple(model.table.column(theirs) for _, theirs in relation.pairs)
            draft = Draft("django", site.origin, Verb.UPDATE, model, model.table)
            empty = name in {"remove", "clear"}
            values = (Operand.CONSTANT, ("null",)) if empty else (Operand.PARAMETER, ())
            draft = draft.but(assignments=tuple(Assignment(c, *values) for c in columns))
            key = self.expressions.paths.key(model)
            if name == "clear":
                draft = draft.where(*(Predicate(c, Comparison.EQUAL) for c in columns))
            elif key is not None:
                draft = draft.where(Predicate(key, Comparison.IN))
        self._run(draft, Fetch.NONE, site)
        return Const(None)

    # By rows

    def save(self, row: Rows, arguments: Arguments, site: Site) -> Value:
        """`row.save()`: a new row is inserted, another has what was assigned to it written."""
        fields = arguments.get(3, "update_fields")
        wanted = set(self._columns(row.model, fields)) if fields is not None else None
        pending = tuple(a for a in row.pending if wanted is None or a.column in wanted)
        if wanted:
            held = {a.column for a in pending}
            pending = (*pending, *(Assignment(c) for c in sorted(wanted - held, key=str)))
        verb = Verb.INSERT if row.new else Verb.UPDATE
        draft = Draft("django", site.origin, verb, row.model, row.model.table, idiom=Idiom.SAVE)
        draft = draft.but(assignments=_once(pending))
        if verb is Verb.UPDATE:
            key = self.expressions.paths.key(row.model)
            draft = draft.where(Predicate(key, Comparison.EQUAL)) if key is not None else draft
        if row.record is not None and not row.new:
            row.record.uses.add(Use.CHANGED)
        self._run(_known(draft, bool(pending)), Fetch.NONE, site)
        row.new = False
        row.pending = []
        return Const(None)

    def delete_row(self, row: Rows, site: Site) -> Value:
        """`row.delete()`."""
        draft = Draft("django", site.origin, Verb.DELETE, row.model, row.model.table)
        key = self.expressions.paths.key(row.model)
        draft = draft.where(Predicate(key, Comparison.EQUAL)) if key is not None else draft
        self._run(draft, Fetch.NONE, site)
        return OPAQUE

    def refresh(self, row: Rows, site: Site) -> Value:
        """`row.refresh_from_db()`."""
        draft = Draft("django", site.origin, model=row.model, table=row.model.table, limit=Bound(1))
        key = self.expressions.paths.key(row.model)
        draft = draft.where(Predicate(key, Comparison.EQUAL)) if key is not None else draft
        record = self._run(draft, Fetch.ONE, site)
        if record is not None:
            record.escape()
        row.pending = []
        return Const(None)

    def _run(self, draft: Draft, fetch: Fetch, site: Site, queryset: QuerySet | None = None) -> Record | None:
        base = queryset or QuerySet(draft)
        return self.running.record(replace(base, draft=draft), fetch, site)


def _known(draft: Draft, known: bool) -> Draft:
    return draft if known else draft.unknown("columns")


def _narrowed(draft: Draft) -> Draft:
    """What `self.delete()` changes in a method of a queryset, its caller says."""
    return draft.unknown("where") if draft.noted(HELD) and not draft.predicates else draft


def _is_plain(name: str) -> bool:
    return "__" not in name or name.endswith("__exact")


def _once(assigned: Iterable[Assignment]) -> tuple[Assignment, ...]:
    return tuple({a.column: a for a in assigned}.values())


def _pending(rows: Value | None) -> Iterable[Rows]:
    """The rows that a list of them holds."""
    match rows:
        case Rows():
            yield rows
        case Items(items=items):
            for item in items[:50]:
                yield from _pending(item)
        case Sequence(element=element):
            yield from _pending(element)
        case _:
            return
