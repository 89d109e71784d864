"""`insert(table).values(…)`, `update(table).set(…)`, `delete(table)`: what is written, and by which key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import Assignment, Idiom, Operand, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.assigning import set_to
from dbarchitect.sources.code.typescript.builders.drafts import folded, sources_of
from dbarchitect.sources.code.typescript.builders.running import touched
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import Column, Derived
from dbarchitect.sources.code.typescript.drizzle.building import Building
from dbarchitect.sources.code.typescript.drizzle.values import LIBRARY
from dbarchitect.sources.code.typescript.values import Table, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site, weighed
from dbarchitect.sources.code.values import Entries, Items, Rows, Sequence, Value, is_raw

VERBS = {"insert": Verb.INSERT, "update": Verb.UPDATE, "delete": Verb.DELETE, "replace": Verb.UPSERT}


class Writing:
    """Builds drafts of INSERT, UPDATE and DELETE."""

    def __init__(self, building: Building, templates: Templates) -> None:
        self.building = building
        self.templates = templates
        self._methods: dict[str, Callable[[Draft, Arguments, Site], Draft]] = {
            "values": self._values,
            "set": self._set,
            "select": self._select,
            "from": self._from,
            "onConflictDoNothing": self._on_conflict,
            "onConflictDoUpdate": self._on_conflict,
            "onDuplicateKeyUpdate": self._on_conflict,
            "returning": self._returning,
            "$returningId": lambda d, a, s: d.note("returning", True),  # noqa: ARG005
            "overridingSystemValue": lambda d, a, s: d,  # noqa: ARG005
        }

    def started(self, name: str, table: Value | None, site: Site) -> Draft:
        """`insert(table)` and its like."""
        draft = Draft(LIBRARY, site.origin, VERBS[name])
        if isinstance(table, Table):
            model = table.model
            draft = draft.but(model=model, table=model.table).note("from", ((model.table, table.alias),))
        else:
            draft = draft.unknown("table")
        return touched(draft, site)

    def method(self, draft: Draft, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A method of a writing query; None for one that it shares with others, or that does something else."""
        build = self._methods.get(name)
        if build is None or draft.verb is Verb.SELECT:
            return None
        return touched(build(draft, arguments, site), site)

    def _values(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        return written(draft, arguments.get(0), self.templates)

    def _set(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        return written(draft, arguments.get(0), self.templates)

    def _select(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        source = arguments.get(0)
        draft = draft.unknown("columns").but(idiom=draft.idiom or Idiom.BULK)
        return folded(draft, source) if isinstance(source, Draft) else draft

    def _from(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:  # noqa: ARG002
        match arguments.get(0):
            case Table(model=model, alias=alias):
                return draft.using(model.table).note("from", (*sources_of(draft), (model.table, alias)))
            case Derived(draft=inner) | (Draft() as inner):
                return folded(draft, inner)
            case _:
                return draft

    def _on_conflict(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        said = arguments.get(0)
        given = said.entries if isinstance(said, Entries) else {}
        target = given.get("target")
        items = target.items if isinstance(target, Items) else [target]
        if isinstance(target, Items) and target.either:
            items = []  # one key or another one, not both together
        key = [item.column for item in items if isinstance(item, Column) and item.column is not None]
        before = draft.assignments
        changed = written(draft.but(assignments=()), given["set"], self.templates) if "set" in given else draft
        known = {a.column for a in before}
        added = tuple(replace(a, optional=True) for a in changed.assignments if a.column not in known)
        draft = draft.but(verb=Verb.UPSERT, idiom=Idiom.ON_CONFLICT, key=tuple(key), assignments=(*before, *added))
        for name in ("where", "targetWhere", "setWhere"):
            if name in given:
                draft = self.building.filling.demanded(draft, given[name], site)
        return draft

    def _returning(self, draft: Draft, arguments: Arguments, site: Site) -> Draft:
        fields = arguments.get(0)
        if isinstance(fields, Entries):
            kept = draft.columns, draft.aggregates
            draft = self.building.selecting(draft, fields, site).but(columns=kept[0], aggregates=kept[1])
        return draft.note("returning", True)


def written(draft: Draft, value: Value | None, templates: Templates) -> Draft:
    """INSERT or UPDATE with the values of an object, or of each of many."""
    if isinstance(value, Items):
        return _each(draft, value, templates)
    if isinstance(value, Sequence):
        element = value.element
        return written(draft.but(idiom=draft.idiom or Idiom.BULK), element, templates)
    if isinstance(value, Rows) and value.many:
        draft = draft.but(idiom=draft.idiom or Idiom.BULK)
    model = draft.model
    if not isinstance(value, Entries) or model is None:
        return draft.unknown("columns").but(raw_input=draft.raw_input or is_raw(value))
    found = list(draft.assignments)
    for name, item in value.entries.items():
        column = model.columns.get(name)
        if column is None or isinstance(item, Undefined):
            if name.startswith("?"):
                draft = draft.but(raw_input=draft.raw_input or is_raw(item))
            continue
        made = set_to(model.table.column(column), item, templates)
        found.append(weighed(made, name, value))
    draft = draft.but(assignments=tuple(found))
    return draft.unknown("columns") if value.open else draft


def _each(draft: Draft, items: Items, templates: Templates) -> Draft:
    """Several rows: what is written of each column, told once where they say the same."""
    if len(items.items) != 1 or items.open:
        draft = draft.but(idiom=draft.idiom or Idiom.BULK)
    if not items.items:
        return draft.unknown("columns")
    found: dict[Ref, Assignment] = {a.column: a for a in draft.assignments}
    times: dict[Ref, int] = {}
    for item in items.items[:50]:
        one = written(draft.but(assignments=()), item, templates)
        draft = draft.unknown(*one.dynamic).but(raw_input=draft.raw_input or one.raw_input)
        for made in one.assignments:
            times[made.column] = times.get(made.column, 0) + 1
            known = found.get(made.column)
            found[made.column] = made if known is None else _together(known, made)
    rows = len(items.items[:50])
    return draft.but(
        assignments=tuple(replace(a, optional=a.optional or times.get(c, rows) < rows) for c, a in found.items())
    )


def _together(one: Assignment, other: Assignment) -> Assignment:
    constants = tuple(dict.fromkeys((*one.constants, *other.constants)))
    alike = one.operand is other.operand
    return replace(
        one if one.operand is not Operand.CONSTANT else other,
        constants=constants if alike and one.operand is Operand.CONSTANT else (),
        reads=tuple(dict.fromkeys((*one.reads, *other.reads))),
        raw_input=one.raw_input or other.raw_input,
        optional=one.optional or other.optional,
        sure=one.sure and other.sure,
    )
