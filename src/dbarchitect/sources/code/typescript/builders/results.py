"""What running a query gives, and how much of it is taken."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Bound, Fetch, Use, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.typescript.builders.drafts import selected_of, sources_of
from dbarchitect.sources.code.typescript.builders.running import run_at
from dbarchitect.sources.code.typescript.builders.values import Column, Derived, Row
from dbarchitect.sources.code.typescript.values import Const, Table
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Opaque, Rows, Sequence, Value

LIBRARIES = frozenset({"drizzle", "kysely", "knex"})


def ran(draft: Draft, site: Site, fetch: Fetch = Fetch.ALL) -> Value:
    """A query that is run at a place: its rows, or what one of them holds."""
    counts = draft.noted("kind") == "count"
    gives = draft.verb is Verb.SELECT or draft.noted("returning") is not None
    if counts:
        fetch = Fetch.COUNT
    elif not gives:
        fetch = Fetch.NONE
    elif draft.noted("kind") == "first":
        fetch = Fetch.FIRST
    else:
        fetch = _only(draft, fetch)
    record = run_at(draft, site, fetch)
    if counts or not gives:
        return OPAQUE
    if draft.noted("kind") == "first" or fetch in {Fetch.FIRST, Fetch.ONE}:
        return one_of(draft, record)
    return all_of(draft, record)


def _only(draft: Draft, fetch: Fetch) -> Fetch:
    """COUNT or SCALAR where the query asks for nothing but an aggregate of all rows."""
    selected = selected_of(draft)
    if not selected or draft.grouping or draft.verb is not Verb.SELECT:
        return fetch
    held = [value.aggregate for _, value in selected if isinstance(value, Column) and value.aggregate is not None]
    if len(held) != len(selected):
        return fetch
    return Fetch.COUNT if len(held) == 1 and held[0].function == "count" else Fetch.SCALAR


def one_of(draft: Draft, record: Record) -> Value:
    """One row of a query."""
    selected = selected_of(draft)
    library = draft.library
    if selected is not None:
        return Row(record, {name: _cell(value, record, library) for name, value in selected})
    joined = draft.noted("joined")
    if isinstance(joined, tuple) and joined and draft.model is not None:
        fields: dict[str, Value] = {_label((draft.table, None)): Rows(draft.model, library, False, record)}
        named = sources_of(draft)
        if named:
            fields = {_label(named[0]): Rows(draft.model, library, False, record)}
        for target in joined:
            if isinstance(target, Table):
                fields[target.alias or target.model.table.table or ""] = Rows(target.model, library, False, record)
            elif isinstance(target, Derived) and target.name is not None:
                fields[target.name] = OPAQUE
        return Row(record, fields)
    if draft.model is not None:
        return Rows(draft.model, library, False, record, draft.loaded, optional=True)
    return Row(record)


def _label(named: tuple[Ref | None, str | None]) -> str:
    ref, alias = named
    return alias or (ref.table if ref is not None else None) or ""


def all_of(draft: Draft, record: Record) -> Value:
    """All rows of a query."""
    element = one_of(draft, record)
    if isinstance(element, Rows):
        return replace(element, many=True, optional=False)
    limit = draft.limit
    return Sequence(element, rows=True, bound=limit.value if limit is not None else None, record=record)


def _cell(value: Value, record: Record, library: str) -> Value:
    match value:
        case Column(column=Ref() as ref, plain=True):
            return Opaque(reads=frozenset({ref}), cell=ref)
        case Column(reads=reads):
            return Opaque(reads=reads)
        case Table(model=model):
            return Rows(model, library, False, record)
        case Entries(entries=entries):
            return Entries({name: _cell(inner, record, library) for name, inner in entries.items()}, value.open)
        case _:
            return OPAQUE


def of_row(row: Row, name: str) -> Value:
    """A value that a row holds by name."""
    row.record.otherwise = True
    found = row.fields.get(name, OPAQUE)
    if isinstance(found, Opaque):
        row.record.attributes.update({found.cell} if found.cell is not None else found.reads)
    return found


def record_of(value: Value) -> Record | None:
    """The query of this vocabulary whose rows, or row, a value is."""
    match value:
        case Row(record=record) | Rows(record=Record() as record) | Sequence(record=Record() as record):
            return record if record.draft.library in LIBRARIES else None
        case _:
            return None


def or_nothing(first: Value, second: Value) -> Value | None:
    """Of a query, or rows, and on another way a list of the program's own (`ids.length ? query : []`): the query."""
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Items) and not isinstance(other, Items):
            if isinstance(other, Draft) and other.library in LIBRARIES:
                return other
            if record_of(other) is not None:
                return other
    return None


def subscripted(value: Value, index: Value) -> Value | None:
    """`rows[0]`: the first of them, all that is asked for where the query says so."""
    record = record_of(value)
    if record is None or isinstance(value, Row) or (isinstance(value, Rows) and not value.many):
        return None
    first = isinstance(index, Const) and index.value == 0
    if first and record.fetch is Fetch.ALL:
        if record.draft.limit == Bound(1) and record.draft.verb is Verb.SELECT:
            record.fetch = Fetch.FIRST
        elif record.draft.verb is Verb.SELECT:
            record.uses.add(Use.FIRST_ONLY)
    elif not first:
        record.otherwise = True
    if isinstance(value, Rows):
        return replace(value, many=False, optional=True)
    return value.element if isinstance(value, Sequence) else None


def counted(value: Value) -> Value | None:
    """`rows.length`."""
    record = record_of(value)
    if record is None or isinstance(value, Row) or (isinstance(value, Rows) and not value.many):
        return None
    record.uses.add(Use.COUNTED)
    return OPAQUE
