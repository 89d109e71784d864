"""What each of Django's operations on models does to the state, and through it to the database.

Source: https://docs.djangoproject.com/en/5.2/ref/migration-operations/ and the behaviour of Django's schema editor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dbarchitect.sources.django.migrations.calls import Invocation
from dbarchitect.sources.django.migrations.editor import Editor
from dbarchitect.sources.django.migrations.field_operations import add_field, alter_field, remove_field, rename_field
from dbarchitect.sources.django.migrations.member_operations import (
    add_constraint,
    add_index,
    remove_extra,
    rename_index,
    validate,
)
from dbarchitect.sources.django.migrations.model_operations import (
    alter_model_table,
    alter_options,
    alter_order,
    alter_table_comment,
    alter_together,
    create_model,
    delete_model,
    rename_model,
)


def apply(editor: Editor, call: Invocation) -> bool:
    """Apply an operation on models; False for any other kind."""
    handler = _HANDLERS.get(call.kind or "")
    if handler is None:
        return False
    handler(editor, call)
    return True


def _nothing(editor: Editor, call: Invocation) -> None:
    """An operation on what only Django knows."""


_HANDLERS: Mapping[str, Callable[[Editor, Invocation], None]] = {
    "CreateModel": create_model,
    "DeleteModel": delete_model,
    "RenameModel": rename_model,
    "AlterModelTable": alter_model_table,
    "AlterModelTableComment": alter_table_comment,
    "AlterModelOptions": alter_options,
    "AlterModelManagers": _nothing,
    "AlterUniqueTogether": alter_together("unique_together"),
    "AlterIndexTogether": alter_together("index_together"),
    "AlterOrderWithRespectTo": alter_order,
    "AddField": add_field,
    "RemoveField": remove_field,
    "AlterField": alter_field,
    "RenameField": rename_field,
    "AddIndex": add_index,
    "AddIndexConcurrently": add_index,
    "RemoveIndex": remove_extra,
    "RemoveIndexConcurrently": remove_extra,
    "RenameIndex": rename_index,
    "AddConstraint": add_constraint,
    "AddConstraintNotValid": add_constraint,
    "AlterConstraint": _nothing,
    "ValidateConstraint": validate,
    "RemoveConstraint": remove_extra,
}
