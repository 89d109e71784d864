"""Operations on fields: adding, removing, altering and renaming them."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.sources.django.fields import FieldDef
from dbarchitect.sources.django.migrations.calls import Invocation
from dbarchitect.sources.django.migrations.database import Manner
from dbarchitect.sources.django.migrations.editor import Editor
from dbarchitect.sources.django.migrations.members import renamed_extra, without_field
from dbarchitect.sources.django.migrations.state import StateModel
from dbarchitect.sources.python import Constant, is_known
from dbarchitect.sources.python.expressions import Literal

_NOT_IN_THE_DATABASE = frozenset(
    {"to", "blank", "choices", "db_column", "editable", "error_messages", "help_text", "limit_choices_to", "on_delete",
     "related_name", "related_query_name", "validators", "verbose_name", "serialize", "auto_created"}
)  # fmt: skip
_SAID_BY_SILENCE: dict[str, Constant] = {
    "null": False, "unique": False, "primary_key": False, "db_index": True, "db_constraint": True, "to_field": None,
    "parent_link": False, "swappable": True, "db_tablespace": None,
}  # fmt: skip
"""What a relation is without the option: Django does not tell `null=False` from nothing said."""
_EMPTY_TEXT = frozenset({"CharField", "TextField"})
_SET_BY_DJANGO = ("auto_now", "auto_now_add")


def add_field(editor: Editor, call: Invocation) -> None:
    """AddField."""
    state, name, located = editor.model(call), call.text("name"), call.arguments.get("field")
    if state is None:
        return
    if name is None or located is None:
        editor.report(call, f"{call.statement}: the field cannot be told")
        return
    read = editor.field(call, name, located)
    if read is None:
        return
    defaulted = (editor.tables.columns.column_name(read),) if _has_default(editor, read) else ()
    editor.alter(call, state, lambda: state.fields.__setitem__(name, read), manner=Manner({}, defaulted), only=(name,))


def _has_default(editor: Editor, read: FieldDef) -> bool:
    """Whether Django has a value of its own for the rows that are there."""
    world = editor.registry.world
    if "db_default" in read.options:
        return False
    given = read.options.get("default")
    if given is not None:
        return not (isinstance(given.expr, Literal) and given.expr.value is None)
    if any(read.flag(world, name) for name in _SET_BY_DJANGO) or read.fixed.get("default") is not None:
        return True
    return read.kind in _EMPTY_TEXT and read.flag(world, "blank") and not read.flag(world, "null")


def remove_field(editor: Editor, call: Invocation) -> None:
    """RemoveField."""
    state, name = editor.model(call), call.text("name")
    if state is None or name is None or name not in state.fields:
        return

    def change() -> None:
        column = editor.tables.columns.column_name(state.fields[name])
        state.extras = tuple(e for e in (without_field(extra, column) for extra in state.extras) if e is not None)
        del state.fields[name]

    editor.alter(call, state, change, only=(name,))


def alter_field(editor: Editor, call: Invocation) -> None:
    """AlterField."""
    state, name, located = editor.model(call), call.text("name"), call.arguments.get("field")
    if state is None or name is None or located is None:
        return
    read = editor.field(call, name, located)
    if read is None:
        state.fields.pop(name, None)
        editor.tables.forget(state)
        return
    _change_field(editor, call, state, name, read)


def rename_field(editor: Editor, call: Invocation) -> None:
    """RenameField."""
    state, old, new = editor.model(call), call.text("old_name"), call.text("new_name")
    if state is None or old is None or new is None or old not in state.fields:
        return
    _change_field(editor, call, state, old, replace(state.fields[old], name=new))


def _change_field(editor: Editor, call: Invocation, state: StateModel, name: str, read: FieldDef) -> None:
    old = state.fields.get(name)
    column = editor.tables.columns.column_name
    renamed: dict[str, str] = {}
    if old is not None and _has_column(old) and _has_column(read) and column(old) != column(read):
        renamed[column(old)] = column(read)
    defaulted = (column(read),) if _has_default(editor, read) else ()
    recreated = (column(read),) if old is not None and _is_sent_again(editor, state, old, read) else ()

    def change() -> None:
        for before, after in renamed.items():
            state.extras = tuple(renamed_extra(extra, before, after) for extra in state.extras)
        if read.name != name:
            swap = tuple(
                replace(extra, fields=tuple(read.name if f == name else f for f in extra.fields))
                for extra in state.extras
            )
            state.extras = swap
            _repoint_to_field(editor, state, name, read.name)
        state.fields = {(read.name if key == name else key): value for key, value in state.fields.items()}
        state.fields[read.name] = read

    world = editor.registry.world
    referable = any(f is not None and (f.flag(world, "primary_key") or f.flag(world, "unique") or
                                       f.kind == "OneToOneField") for f in (old, read))  # fmt: skip
    manner = Manner(renamed, defaulted, recreated)
    slots = {name: read.name} if name != read.name else {}
    editor.alter(call, state, change, referrers=referable, manner=manner, slots=slots)


def _repoint_to_field(editor: Editor, state: StateModel, old: str, new: str) -> None:
    """Relations that name the field as the one they point at follow its name."""
    for other in editor.registry.state.states.values():
        for key, found in other.fields.items():
            located = found.options.get("to_field")
            if located is None or not isinstance(located.expr, Literal) or located.expr.value != old:
                continue
            if editor.tables.columns.target(found, other.model) is state.model:
                swapped = replace(located, expr=Literal(new, located.expr.span))
                other.fields[key] = replace(found, options={**found.options, "to_field": swapped})


def _has_column(read: FieldDef) -> bool:
    return read.kind not in {"ManyToManyField", "GenericForeignKey", "CompositePrimaryKey"}


def _is_sent_again(editor: Editor, state: StateModel, old: FieldDef, new: FieldDef) -> bool:
    """Whether Django drops a relation's foreign key and adds it again: it does for any change that a database sees.

    The model pointed at counts, not how it is written: `shop.Order`, `shop.order` and `Order` are one.
    Source: `BaseDatabaseSchemaEditor._field_should_be_altered` and `Field.non_db_attrs` of Django 5.2
    """
    if not (old.is_relation() and new.is_relation()):
        return False
    world = editor.registry.world

    def seen(read: FieldDef) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, located in read.options.items():
            value = read.value(world, name)
            if name not in _NOT_IN_THE_DATABASE and (name, value) not in _SAID_BY_SILENCE.items():
                found[name] = value if is_known(value) else located.expr
        return found

    def aim(read: FieldDef) -> object:
        target = editor.tables.columns.target(read, state.model)
        return target.label.lower() if target is not None else read.options.get("to")

    return (old.kind, aim(old), seen(old)) != (new.kind, aim(new), seen(new))
