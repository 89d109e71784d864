"""Rows that are added, changed and deleted through a session, and the INSERT, UPDATE, DELETE that come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.queries import Assignment, Comparison, Fetch, Idiom, Operand, Predicate, Use, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.sqlalchemy.homes import handed_down, run_at, touched
from dbarchitect.sources.code.python.sqlalchemy.values import LIBRARY, ColumnValue
from dbarchitect.sources.code.python.values import Const, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site, assignment, presence_of, weighed
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.values import (
    Entries,
    Items,
    Opaque,
    Rows,
    Sequence,
    Value,
    columns_read,
    is_raw,
)
from dbarchitect.sources.mapping import MappedModel, column_of, relation_of

_Way = frozenset[tuple[int, str]]
"""The branches that lead to a place, those of the functions around it too, each with the depth of its function."""
_ADDING = frozenset({"add", "add_all", "bulk_save_objects", "merge"})


@dataclass(eq=False, slots=True)
class Writing:
    """Follows what becomes of rows; of a row that was added the INSERT is remembered, and of one changed the UPDATE."""

    _added: dict[int, tuple[Rows, Record, _Way]] = field(default_factory=dict)
    _saved: dict[tuple[object, ...], tuple[Rows, Record]] = field(default_factory=dict)

    def constructed(self, model: ModelClass, arguments: Arguments, site: Site) -> Rows:
        """`Model(column=value)`: a row that is not in the database yet."""
        row = Rows(model.model, LIBRARY, new=True, open=arguments.partial, raw=arguments.raw, made=site.origin)
        row.way, row.makers = _way(site), tuple(frame.key for frame in site.interpreter.frames)
        site.interpreter.recorder.made[site.origin] = model.model.table
        for name, value in arguments.kwargs.items():
            found = assigned(site.interpreter, model.model, name, value)
            row.pending.extend(weighed(found, present=presence_of(name, arguments)))
        if arguments.args and isinstance(arguments.args[0], Entries):
            for name, value in arguments.args[0].entries.items():
                row.pending.extend(assigned(site.interpreter, model.model, name, value))
        return row

    def session_call(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        """`session.add(row)` and its like; None for what is no writing of rows."""
        first = arguments.get(0, "instance") or arguments.kwargs.get("instances") or arguments.kwargs.get("objects")
        if first is None:
            return None
        if name in _ADDING:
            bulk = name == "bulk_save_objects"
            for row in rows_in(first):
                self.add(row, site, merge=name == "merge", bulk=bulk)
            if name != "merge":
                return Const(None)
            merged = next(rows_in(first), None)
            return replace(merged, new=False) if merged is not None else Opaque()
        if name == "delete":
            for row in rows_in(first):
                self.delete(row, site)
            return Const(None)
        if name == "refresh":
            for row in rows_in(first):
                self._refresh(row, arguments.get(1, "attribute_names"), site)
            return Const(None)
        if name in {"bulk_insert_mappings", "bulk_update_mappings"} and isinstance(first, ModelClass):
            verb = Verb.INSERT if "insert" in name else Verb.UPDATE
            self._bulk(first, arguments.get(1), verb, site)
            return Const(None)
        if name in {"expunge", "expire", "is_modified"}:
            return Const(None)
        return None

    def add(self, row: Rows, site: Site, *, merge: bool = False, bulk: bool = False) -> None:
        """A row is given to the session: INSERT when it is new."""
        known = self._added.get(id(row))
        if (not row.new and not merge) or (known is not None and known[2] <= _way(site)):
            return
        if row.made is not None:
            site.interpreter.recorder.added.add(row.made)
        model = row.model
        idiom = Idiom.BULK if bulk else None
        draft = Draft(LIBRARY, row.made or site.origin, Verb.INSERT, model, model.table, idiom=idiom)
        draft = draft.but(assignments=tuple(row.pending), raw_input=row.raw)
        draft = draft.note("built", (row.made,)) if row.made is not None else draft
        draft = draft.unknown("columns") if row.open else draft
        if merge:
            key = tuple(model.table.column(c) for c in model.primary_key)
            draft = draft.but(verb=Verb.UPSERT, key=key)
        record = run_at(handed_down(draft, row, site), site, Fetch.NONE)
        self._added[id(row)] = (row, record, _way(site))
        if len(self._added) > 2000:
            self._added.pop(next(iter(self._added)))

    def delete(self, row: Rows, site: Site) -> None:
        """`session.delete(row)`."""
        if row.record is not None:
            row.record.otherwise = True
            row.record.uses.add(Use.CHANGED)
        self._by_key(row.model, Verb.DELETE, site)

    def _refresh(self, row: Rows, names: Value | None, site: Site) -> None:
        """The row is read again, or of relations that are named (`refresh(order, ["customer"])`) the other table's."""
        relations = _relations(row.model, names, site.interpreter)
        for model, found, fetch in relations or ((row.model, by_key(row.model), Fetch.ONE),):
            if found:
                draft = Draft(LIBRARY, site.origin, Verb.SELECT, model, model.table).where(*found)
                record = run_at(touched(draft, site), site, fetch)
                record.otherwise = record.escaped = True

    def _by_key(self, model: MappedModel, verb: Verb, site: Site, **changes: object) -> Record:
        key = by_key(model)
        draft = Draft(LIBRARY, site.origin, verb, model, model.table).where(*key)
        draft = draft if key else draft.unknown("where")  # one row all the same
        return run_at(touched(draft.but(**changes), site), site, Fetch.NONE)

    def _bulk(self, model: ModelClass, given: Value | None, verb: Verb, site: Site) -> None:
        draft = Draft(LIBRARY, site.origin, verb, model.model, model.model.table, idiom=Idiom.BULK)
        draft = with_values(draft, given, site.interpreter)
        if verb is Verb.UPDATE:
            draft = draft.where(*by_key(model.model))
        run_at(touched(draft, site), site, Fetch.NONE)

    def assign(self, row: Rows, name: str, value: Value, site: Site) -> bool:
        """`row.name = value`."""
        found = assigned(site.interpreter, row.model, name, value)
        if not found:
            return False
        if row.new:
            optional = bool(_way(site) - row.way)
            found = tuple(replace(one, optional=optional) for one in found)
            row.pending = [*_with(row.pending, found)]
            known = self._added.get(id(row))
            if known is not None:
                record = known[1]
                record.draft = replace(record.draft, assignments=_with(record.draft.assignments, found))
            return True
        if row.record is not None:
            row.record.otherwise = True
            row.record.uses.add(Use.CHANGED)
        frame = site.frame
        key = (id(row), frame.key, frame.branch, frame.loops)
        saved = self._saved.get(key)
        if saved is not None and saved[0] is row:
            record = saved[1]
            known_columns = {a.column for a in record.draft.assignments}
            new = tuple(a for a in found if a.column not in known_columns)
            record.draft = replace(record.draft, assignments=(*record.draft.assignments, *new))
            return True
        self._saved[key] = (
            row,
            self._by_key(row.model, Verb.UPDATE, site, idiom=Idiom.SAVE, assignments=found),
        )
        return True

    def assign_any(self, row: Rows, site: Site, *, raw: bool = False) -> None:
        """`setattr(row, name, value)` with a name that only the running program knows; `raw`: a request says it."""
        if row.new:
            row.open, row.raw = True, row.raw or raw
            return
        if row.record is not None:
            row.record.otherwise = True
            row.record.uses.add(Use.CHANGED)
        self._by_key(row.model, Verb.UPDATE, site, idiom=Idiom.SAVE, dynamic=("columns",), raw_input=raw)

    def flushed(self, site: Site, *, stored: bool) -> None:
        """A commit or flush (`stored`) or a rollback: what is assigned next is another UPDATE, of the rows added on
        this way too."""
        self._saved.clear()
        way = _way(site)
        for row, _, added in list(self._added.values()) if stored else ():
            if row.new and way <= added:
                row.new, row.pending = False, []

    def appended(self, rows: Rows, name: str, arguments: Arguments, site: Site) -> bool:
        """`row.relation.append(new)`: the new row goes into the database with it."""
        if name not in {"append", "add", "extend"} or not rows.many or not arguments.args:
            return False
        for row in rows_in(arguments.args[0]):
            if row.new and not rows.new:
                self.add(row, site)
        return True


def _way(site: Site) -> _Way:
    return frozenset((frame.depth, arm) for frame in (*site.interpreter.frames, site.frame) for arm in frame.branch)


def _with(known: Iterable[Assignment], found: Iterable[Assignment]) -> tuple[Assignment, ...]:
    """Assignments and those that follow, each told once: as given in any case where one of two that are alike is."""
    merged = {replace(one, optional=False): one for one in known}
    for one in found:
        plain = replace(one, optional=False)
        merged[plain] = one if plain not in merged else replace(one, optional=one.optional and merged[plain].optional)
    return tuple(merged.values())


def rows_in(value: Value | None) -> Iterator[Rows]:
    """The rows that a value holds, one level deep."""
    match value:
        case Rows():
            yield value
        case Items(items=items):
            for item in items:
                yield from rows_in(item)
        case Sequence(element=element):
            yield from rows_in(element)
        case _:
            return


def _relations(
    model: MappedModel, names: Value | None, interpreter: Following
) -> list[tuple[MappedModel, tuple[Predicate, ...], Fetch]]:
    """The models that named relations lead to, and how their rows are found; empty where another attribute is named."""
    found: list[tuple[MappedModel, tuple[Predicate, ...], Fetch]] = []
    for name in names.items if isinstance(names, Items) and not names.open else ():
        given = relation_of(interpreter.models, model, name.value) if isinstance(name, Const) else None
        target = interpreter.models.get(given[1].target) if given is not None else None
        if given is None or target is None or given[1].through is not None:
            return []
        columns = tuple(Predicate(target.table.column(other), Comparison.EQUAL) for _, other in given[1].pairs)
        found.append((target, columns, Fetch.ALL if given[1].reverse else Fetch.ONE))
    return found


def by_key(model: MappedModel) -> tuple[Predicate, ...]:
    """A row found by its primary key."""
    return tuple(Predicate(model.table.column(c), Comparison.EQUAL, Operand.PARAMETER) for c in model.primary_key)


def assigned(interpreter: Following, model: MappedModel, name: str, value: Value) -> tuple[Assignment, ...]:
    """What is written when an attribute of a row is set: its column, or the foreign key behind a relation."""
    found = column_of(interpreter.models, model, name)
    if found is not None:
        return (set_to(found[0], value),)
    relation = relation_of(interpreter.models, model, name)
    if relation is None or relation[1].reverse or relation[1].through is not None:
        return ()
    holder, link, _ = relation
    if isinstance(value, Const):
        return tuple(assignment(holder.table.column(own), value) for own, _ in link.pairs)
    return tuple(Assignment(holder.table.column(own), Operand.PARAMETER) for own, _ in link.pairs)


def set_to(column: Ref, value: Value) -> Assignment:
    """A column set to a value of the program or an expression of the database."""
    match value:
        case ColumnValue(reads=reads, function=function, path=path, inner=inner):
            if inner is not None:
                return Assignment(column, Operand.SUBQUERY)
            plain = reads and not function and not path
            return Assignment(column, Operand.COLUMN if plain else Operand.EXPRESSION)
        case Rows() | Items() | Sequence() | Entries():
            return Assignment(column, Operand.PARAMETER, (), tuple(sorted(columns_read(value), key=str)), is_raw(value))
        case _:
            return assignment(column, value)


def with_values(draft: Draft, value: Value | None, interpreter: Following) -> Draft:
    """INSERT or UPDATE with the values of a dictionary, or of each of many."""
    while isinstance(value, Items | Sequence) and not isinstance(value, Entries):
        inner = value.element if isinstance(value, Sequence) else next(iter(value.items), None)
        if inner is None:
            break
        value = inner
        draft = draft.but(idiom=draft.idiom or Idiom.BULK)
    if not isinstance(value, Entries) or draft.model is None:
        return draft.unknown("columns")
    for name, item in value.entries.items():
        draft = _setting(draft, name, item, interpreter, presence_of(name, value))
    return draft.unknown("columns") if value.open or value.optional else draft


def _setting(draft: Draft, name: str, value: Value, interpreter: Following, present: bool | None) -> Draft:
    model = draft.model
    if model is None:
        return draft.unknown("columns")
    found = assigned(interpreter, model, name, value)
    if not found and name in model.columns.values():
        found = (set_to(model.table.column(name), value),)
    found = weighed(found, present=present)
    return draft.but(assignments=(*draft.assignments, *found)) if found else draft.unknown("columns")


def construct_call(draft: Draft, name: str, arguments: Arguments, site: Site) -> Draft | None:
    """Methods of `insert(…)`, `update(…)` and `delete(…)` that say what is written."""
    interpreter = site.interpreter
    match name:
        case "values":
            for key, value in arguments.kwargs.items():
                draft = _setting(draft, key, value, interpreter, presence_of(key, arguments))
            if arguments.args:
                draft = with_values(draft, arguments.args[0], interpreter)
            return draft.unknown("columns") if arguments.partial else draft
        case "on_conflict_do_update" | "on_conflict_do_nothing" | "on_duplicate_key_update":
            return _on_conflict(draft, arguments, site)
        case "from_select":
            source = arguments.get(1)
            if isinstance(source, Draft):
                draft = draft.using(*source.tables).where(*source.predicates).join(*source.joins)
            return draft
        case "ordered_values":
            return draft.unknown("columns")
        case _:
            return None


def _on_conflict(draft: Draft, arguments: Arguments, site: Site) -> Draft:
    elements = arguments.kwargs.get("index_elements")
    found: list[Ref] = []
    model = draft.model
    for item in elements.items if isinstance(elements, Items) else ():
        if isinstance(item, ColumnValue) and item.column is not None:
            found.append(item.column)
        elif isinstance(item, Const) and isinstance(item.value, str) and model is not None:
            column = column_of(site.interpreter.models, model, item.value)
            found.append(column[0] if column is not None else model.table.column(item.value))
    whole = isinstance(elements, Items) and not elements.open and len(found) == len(elements.items)
    draft = draft.but(verb=Verb.UPSERT, idiom=Idiom.ON_CONFLICT, key=tuple(found) if whole else ())
    constraint = arguments.kwargs.get("constraint")
    if isinstance(constraint, Const) and isinstance(constraint.value, str):
        draft = draft.note("constraint", constraint.value)
    return draft


def query_update(draft: Draft, arguments: Arguments, interpreter: Following) -> Draft:
    """`query.update({…})`."""
    draft = draft.but(verb=Verb.UPDATE, columns=None, ordering=())
    given = arguments.get(0, "values")
    if isinstance(given, Entries):
        given = replace(given, entries=dict(given.entries), branch=())
    return with_values(draft, given, interpreter)
