"""What a query writes: `insert(rows).onConflict("email").merge()`, `update({ … })`, `increment("views")`."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Assignment, Comparison, Idiom, Operand, Verb
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.assigning import set_to
from dbarchitect.sources.code.typescript.builders.comparing import subject
from dbarchitect.sources.code.typescript.builders.conditions import compare
from dbarchitect.sources.code.typescript.builders.names import column_named, scope_of
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import Column
from dbarchitect.sources.code.typescript.values import Const, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import Entries, Items, Sequence, Value, is_raw

_VERBS = {
    "insert": Verb.INSERT, "insertAndFetch": Verb.INSERT, "insertGraph": Verb.INSERT, "update": Verb.UPDATE,
    "insertGraphAndFetch": Verb.INSERT, "patch": Verb.UPDATE, "patchAndFetch": Verb.UPDATE, "truncate": Verb.DELETE,
    "updateAndFetch": Verb.UPDATE, "patchAndFetchById": Verb.UPDATE, "updateAndFetchById": Verb.UPDATE,
    "increment": Verb.UPDATE, "decrement": Verb.UPDATE, "del": Verb.DELETE, "delete": Verb.DELETE,
    "deleteById": Verb.DELETE, "upsert": Verb.UPSERT, "upsertGraph": Verb.UPSERT, "upsertGraphAndFetch": Verb.UPSERT,
}  # fmt: skip
_BY_ID = frozenset({"deleteById", "patchAndFetchById", "updateAndFetchById"})


def written(draft: Draft, name: str, arguments: Arguments, templates: Templates) -> Draft:
    """A query with what a call writes."""
    first = arguments.get(0)
    if name == "returning" or (
        name in {"insert", "update"} and len(arguments.args) > 1 and not isinstance(first, Const)
    ):
        draft = draft.note("returning", True)
    verb = _VERBS.get(name)
    if verb is not None:
        draft = draft.but(verb=verb, columns=None)
    if name in _BY_ID and first is not None:
        found = compare(subject(Const("id"), scope_of(draft)), Comparison.EQUAL, first)
        draft = draft.where(*found.predicates) if found.predicates else draft.unknown("where")
        first = arguments.get(1)
    match name:
        case "increment" | "decrement":
            return _changed(draft, first)
        case "onConflict":
            return _on_conflict(draft, first)
        case "merge":
            return _assigned(draft, first, templates, known=True) if isinstance(first, Entries) else draft
        case "update" if isinstance(first, Const) and len(arguments.args) > 1:
            return _assigned(draft, Entries({str(first.value): arguments.args[1]}), templates)
        case "del" | "delete" | "deleteById" | "truncate" | "returning" | "ignore":
            return draft
        case _:
            return _assigned(draft, first, templates)


def _assigned(draft: Draft, value: Value | None, templates: Templates, *, known: bool = False) -> Draft:
    while isinstance(value, Items | Sequence):
        draft = draft.but(idiom=draft.idiom or Idiom.BULK)
        value = value.element if isinstance(value, Sequence) else next(iter(value.items), None)
    if not isinstance(value, Entries):
        return draft.unknown("columns").but(raw_input=draft.raw_input or is_raw(value))
    found = list(draft.assignments)
    columns = {assignment.column for assignment in found}
    for name, item in value.entries.items():
        column = column_named(name, scope_of(draft))
        if column is None or column.column is None or isinstance(item, Undefined):
            continue
        if not (known and column.column in columns):
            made = set_to(column.column, item, templates)
            found.append(replace(made, optional=True) if known else made)
    draft = draft.but(assignments=tuple(found))
    return draft.unknown("columns") if value.open else draft


def _changed(draft: Draft, value: Value | None) -> Draft:
    """`increment("views", 2)`, `increment({ views: 1 })`."""
    names = [Const(name) for name in value.entries] if isinstance(value, Entries) else [value]
    for name in names:
        column = subject(name, scope_of(draft)) if isinstance(name, Const) else None
        if not isinstance(column, Column) or column.column is None:
            return draft.unknown("columns")
        draft = draft.but(assignments=(*draft.assignments, Assignment(column.column, Operand.EXPRESSION)))
    return draft


def _on_conflict(draft: Draft, value: Value | None) -> Draft:
    draft = draft.but(verb=Verb.UPSERT, idiom=Idiom.ON_CONFLICT)
    names = value.items if isinstance(value, Items) else [value] if value is not None else []
    found = [subject(name, scope_of(draft)) for name in names if isinstance(name, Const)]
    key = tuple(column.column for column in found if isinstance(column, Column) and column.column is not None)
    return draft.but(key=(*draft.key, *key))
