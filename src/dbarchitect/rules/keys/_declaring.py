"""How an undeclared reference becomes a foreign key."""

from __future__ import annotations

from dbarchitect.catalog.members import Action, ForeignKey
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add, Change
from dbarchitect.finding import Applicability, Fix
from dbarchitect.rules._fixes.members import names_in_use, new_index
from dbarchitect.rules._fixes.retyping import retyped
from dbarchitect.rules._names import derived_name
from dbarchitect.rules._schema.paths import is_indexed
from dbarchitect.rules._schema.references import Reference


def declared(survey: Survey, found: Reference) -> Fix:
    """The column's type where it differs, an index where none leads with the column, the foreign key."""
    catalog, table, name = survey.catalog, found.table, found.column.name
    changes: list[Change] = []
    if catalog.base_type(found.column.type).name != catalog.base_type(found.key.type).name:
        changes.extend(retyped(catalog, table, found.column, found.key.type))
    if not is_indexed(table, (name,)) and not survey.engine.capabilities.indexes_foreign_keys_itself:
        changes.append(Add(table.ref, new_index(catalog, table, (name,))))
    key = ForeignKey(
        (name,),
        found.target.ref,
        (found.key.name,),
        on_delete=_usual_action(survey, found),
        name=derived_name("fk", table.name, (name,), names_in_use(catalog)),
    )
    note = f"Look for rows whose {name} is in no row of {found.target.ref} first; decide what ON DELETE shall do."
    return Fix((*changes, Add(table.ref, key)), Applicability.UNSAFE, note)


def _usual_action(survey: Survey, found: Reference) -> Action:
    """SET NULL where the column can be null: whoever left the key out did not mean these rows to go with the other.

    Else what most foreign keys to the same table do; RESTRICT, which changes nothing that is there, where none says.
    """
    if found.column.nullable:
        return Action.SET_NULL
    siblings = [key.on_delete for _, key in survey.catalog.references_to(found.target.ref)]
    action = max(sorted(set(siblings)), key=siblings.count, default=Action.NO_ACTION)
    return Action.RESTRICT if action in {Action.SET_NULL, Action.NO_ACTION} else action
