"""Operations on indexes and constraints."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.members import Check, Index
from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.refs import Kind
from dbarchitect.engines.postgresql import locks
from dbarchitect.sources.django.migrations.calls import Invocation
from dbarchitect.sources.django.migrations.editor import Editor, called
from dbarchitect.sources.django.migrations.state import Extra
from dbarchitect.sources.sqlfiles.record import Said


def add_index(editor: Editor, call: Invocation) -> None:
    """AddIndex, also concurrently."""
    _add_extra(editor, call, "indexes", "index")


def add_constraint(editor: Editor, call: Invocation) -> None:
    """AddConstraint, also not valid."""
    _add_extra(editor, call, "constraints", "constraint")


def _add_extra(editor: Editor, call: Invocation, option: str, argument: str) -> None:
    state, located = editor.model(call), call.arguments.get(argument)
    if state is None or located is None:
        return
    found = called(located, editor.registry.world) or located
    extras = editor.tables.extras(state, option, found)
    if call.kind == "AddConstraintNotValid":
        extras = tuple(
            replace(e, member=replace(e.member, validated=False)) if isinstance(e.member, Check) else e for e in extras
        )
    said = Said(call.statement, call.origin, concurrently=(call.kind or "").endswith("Concurrently"))
    editor.alter(call, state, lambda: setattr(state, "extras", (*state.extras, *extras)), said=said)


def remove_extra(editor: Editor, call: Invocation) -> None:
    """RemoveIndex, also concurrently, and RemoveConstraint."""
    state, name = editor.model(call), call.text("name")
    if state is None or name is None:
        return
    options = {"indexes", "index_together"} if "Index" in (call.kind or "") else {"constraints", "unique_together"}
    gone = next((e for e in state.extras if e.option in options and e.name == name), None)
    said = Said(call.statement, call.origin, concurrently=(call.kind or "").endswith("Concurrently"))
    if gone is None:
        table = editor.tables.slots(state).get("")
        if table is not None and editor.in_database and not editor.database.drop_by_name(table, name, said):
            editor.report(call, f"{call.statement}: {state.model.label} has nothing called {name} by then")
        return
    kept = tuple(extra for extra in state.extras if extra is not gone)
    editor.alter(call, state, lambda: setattr(state, "extras", kept), said=said)


def rename_index(editor: Editor, call: Invocation) -> None:
    """RenameIndex."""
    state, new, old = editor.model(call), call.text("new_name"), call.text("old_name")
    if state is None or new is None:
        return
    fields = call.value("old_fields")
    wanted = tuple(map(str, fields)) if isinstance(fields, (list, tuple)) else None
    found = next(
        (e for e in state.extras if (e.name == old if wanted is None else e.fields == wanted and "index" in e.option)),
        None,
    )
    table = editor.tables.slots(state).get("")
    if found is None or table is None or not isinstance(found.member, Index):
        if old is not None and table is not None and editor.in_database:
            editor.database.rename_index(table, old, new, Said(call.statement, call.origin))
        return
    if editor.in_database:
        editor.database.rename_index(table, found.member.name or old or "", new, Said(call.statement, call.origin))
    member = replace(found.member, name=new)
    state.extras = tuple(Extra("indexes", new, member) if e is found else e for e in state.extras)
    editor.tables.forget(state)
    editor.tables.hold(state, "", editor.database.held(editor.tables.slots(state)[""]))


def validate(editor: Editor, call: Invocation) -> None:
    """ValidateConstraint."""
    state, name = editor.model(call), call.text("name")
    if state is None or name is None:
        return
    state.extras = tuple(
        replace(e, member=replace(e.member, validated=True)) if e.name == name and isinstance(e.member, Check) else e
        for e in state.extras
    )
    editor.tables.forget(state)
    table = editor.tables.slots(state).get("")
    if table is not None and editor.in_database:
        database = editor.database
        cost = locks.beside_work(scans=True) if database.engine.name == "postgresql" else None
        ref = table.ref.over((), Kind.CONSTRAINT, name)
        said = Said(call.statement, call.origin)
        database.record.add(OperationKind.VALIDATE_CONSTRAINT, ref, said, cost, name=name)
        database.validate(table, name)
