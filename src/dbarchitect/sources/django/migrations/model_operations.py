"""Operations on whole models: making, dropping and renaming them, their tables and their options."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.fields import FieldDef
from dbarchitect.sources.django.migrations.calls import Invocation
from dbarchitect.sources.django.migrations.database import PLAIN, Manner
from dbarchitect.sources.django.migrations.editor import Editor
from dbarchitect.sources.django.migrations.entries import entries, returned_by
from dbarchitect.sources.django.migrations.state import Extra, ModelKey, StateModel, new_model
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef, Value
from dbarchitect.sources.python.expressions import Call, Dict, Display, Literal, Name, Span
from dbarchitect.sources.sqlfiles.record import Said

_OPTION_KEYS = frozenset({"managed"})


def create_model(editor: Editor, call: Invocation) -> None:
    """CreateModel."""
    name = call.text("name")
    if name is None:
        editor.report(call, "CreateModel of a name that cannot be told is left out")
        return
    world = editor.registry.world
    fields: dict[str, FieldDef] = {}
    options = dict(_items(call.arguments.get("options"), world))
    state = new_model(name, editor.app, editor.module, _span(call), {}, options)
    state.bases = _bases(editor, call, fields)
    listed = call.arguments.get("fields")
    for entry in entries(listed, world) if listed is not None else ():
        read = _listed_field(editor, call, entry)
        if read is not None:
            fields[read.name] = read
    state.fields = fields
    former = editor.registry.find(editor.app.label, name)
    if former is not None:
        editor.registry.remove(former)
    editor.registry.add(state)
    extras: list[Extra] = []
    for option in ("unique_together", "index_together", "indexes", "constraints"):
        located = options.get(option)
        if located is None:
            continue
        for entry in (located,) if option.endswith("together") else entries(located, world):
            extras += editor.tables.extras(state, option, entry)
    state.extras = tuple(extras)
    editor.tables.forget(state)
    for table in editor.tables.slots(state).values():
        if editor.in_database and editor.database.has(table):
            editor.report(call, f"{call.statement}: there is a table {table.name} already; this one takes its place")
    editor.turn({}, state, Said(call.statement, call.origin))
    _settle_strangers(editor, state)


def _settle_strangers(editor: Editor, state: StateModel) -> None:
    """Models that pointed at this one before it was there know its table now."""
    label = f"{state.key[0]}.{state.key[1]}"
    for cls in editor.registry.missed.pop(label, ()):
        other = editor.registry.state.states.get(cls)
        if other is not None:
            editor.tables.forget(other)
            for table in editor.tables.slots(other).values():
                editor.database.put_silently(table)


def _listed_field(editor: Editor, call: Invocation, entry: Located) -> FieldDef | None:
    expr = entry.expr
    if isinstance(expr, Display) and len(expr.items) == 2:
        name = editor.registry.world.value(expr.items[0], entry.module, entry.scope)
        if isinstance(name, str):
            return editor.field(call, name, replace(entry, expr=expr.items[1]))
    origin = entry.module.origin(expr.span)
    editor.diagnostics.append(Diagnostic(origin, f"a field of {call.statement} cannot be told; it is left out"))
    return None


def _items(located: Located | None, world: World, depth: int = 0) -> Iterable[tuple[str, Located]]:
    """The entries of a dictionary of options."""
    if located is None or depth > 10:
        return
    match located.expr:
        case Dict():
            for key, value in located.expr.items:
                if key is None:
                    yield from _items(replace(located, expr=value), world, depth + 1)
                    continue
                name = world.value(key, located.module, located.scope)
                if isinstance(name, str):
                    yield name, replace(located, expr=value)
        case Name(id=name):
            found = world.resolve(located.module, name, located.scope)
            if isinstance(found, Value) and found.expr is not None and not found.rest:
                yield from _items(Located(found.expr, found.module, found.owner), world, depth + 1)
        case Call(name="dict") as call:
            for keyword in call.kwargs:
                if keyword.name is not None:
                    yield keyword.name, replace(located, expr=keyword.value)
        case Call() as call:
            returned = returned_by(call, located, world)
            yield from _items(returned, world, depth + 1)


def _bases(editor: Editor, call: Invocation, fields: dict[str, FieldDef]) -> tuple[ModelKey | ClassDef, ...]:
    """The bases of a model; the fields of an abstract one, which Django itself never writes there, are its own."""
    located = call.arguments.get("bases")
    world, declared = editor.registry.world, editor.registry.declared
    found: list[ModelKey | ClassDef] = []
    for entry in entries(located, world) if located is not None else ():
        base = world.resolve_expr(entry.module, entry.expr, entry.scope)
        if isinstance(base, ClassDef):
            model = declared.by_class.get(base)
            if declared.reader.is_model(base) and declared.reader.is_abstract(base):
                fields.update(declared.reader.fields(base))
            found.append((model.app.label, base.name.lower()) if model is not None and not model.abstract else base)
            continue
        value = world.value(entry.expr, entry.module, entry.scope)
        if isinstance(value, str):
            label, _, name = value.rpartition(".")
            found.append((label or editor.app.label, name.lower()))
    return tuple(found)


def delete_model(editor: Editor, call: Invocation) -> None:
    """DeleteModel."""
    _remove(editor, call, editor.model(call, "name"))


def _remove(editor: Editor, call: Invocation, state: StateModel | None) -> None:
    if state is not None:
        before = editor.tables.slots(state)
        editor.registry.remove(state)
        editor.tables.forget(state)
        # The tables of its relations go first: they refer to its own.
        editor.turn(dict(reversed(list(before.items()))), None, Said(call.statement, call.origin))


def rename_model(editor: Editor, call: Invocation) -> None:
    """RenameModel: its table, its relations' tables and what points at them follow."""
    state, new = editor.model(call, "old_name"), call.text("new_name")
    if state is None or new is None:
        return
    there = editor.registry.find(editor.app.label, new)
    if there is not None and there is not state:
        editor.report(call, f"{call.statement}: there is a model {new} already")
        return
    editor.alter(call, state, lambda: editor.registry.rename(state, new), referrers=True)
    _settle_strangers(editor, state)


def alter_model_table(editor: Editor, call: Invocation) -> None:
    """AlterModelTable."""
    _set_option(editor, call, "db_table", call.arguments.get("table"), referrers=True)


def alter_table_comment(editor: Editor, call: Invocation) -> None:
    """AlterModelTableComment."""
    _set_option(editor, call, "db_table_comment", call.arguments.get("table_comment"))


def alter_order(editor: Editor, call: Invocation) -> None:
    """AlterOrderWithRespectTo: a column comes or goes."""
    defaulted = Manner({}, defaulted=("_order",))
    given = call.arguments.get("order_with_respect_to")
    _set_option(editor, call, "order_with_respect_to", given, manner=defaulted)


def _set_option(
    editor: Editor,
    call: Invocation,
    name: str,
    located: Located | None,
    *,
    referrers: bool = False,
    manner: Manner = PLAIN,
) -> None:
    state = editor.model(call, "name")
    if state is None:
        return

    def change() -> None:
        if located is None or (isinstance(located.expr, Literal) and located.expr.value is None):
            state.options.pop(name, None)
        else:
            state.options[name] = located

    editor.alter(call, state, change, referrers=referrers, manner=manner)


def alter_options(editor: Editor, call: Invocation) -> None:
    """Options are Django's alone; a table that is no longer managed, or is from now on, is there all the same."""
    state = editor.model(call, "name")
    if state is None:
        return
    before = editor.tables.slots(state)
    given = dict(_items(call.arguments.get("options"), editor.registry.world))
    for name in _OPTION_KEYS:
        state.options.pop(name, None)
        if name in given:
            state.options[name] = given[name]
    editor.registry.settle(state)
    editor.tables.forget(state)
    after = editor.tables.slots(state)
    for slot in dict.fromkeys((*before, *after)):
        if slot not in before:
            editor.database.put_silently(after[slot])
        elif slot not in after:
            editor.database.forget_silently(before[slot])
        else:
            editor.tables.hold(state, slot, editor.database.held(after[slot]))


def alter_together(option: str) -> Callable[[Editor, Invocation], None]:
    """AlterUniqueTogether or AlterIndexTogether, by the name of the option."""

    def handler(editor: Editor, call: Invocation) -> None:
        state, located = editor.model(call, "name"), call.arguments.get(option)
        if state is None:
            return
        wanted = editor.tables.extras(state, option, located) if located is not None else ()
        known = {extra.fields: extra for extra in state.extras if extra.option == option}
        rest = tuple(extra for extra in state.extras if extra.option != option)

        def change() -> None:
            state.extras = (*rest, *(known.get(extra.fields, extra) for extra in wanted))

        editor.alter(call, state, change)

    return handler


def _span(call: Invocation) -> Span:
    o = call.origin
    return Span(o.start or 0, o.end or 0, o.line or 0, o.column or 1, o.end_line or 0)
