"""References that may be NULL and without which a row would be nobody's: to the tenant, to what it is a part of."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.members import Action, Column, ForeignKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.written import Written, written
from dbarchitect.rules._names import singular_words, thing_words
from dbarchitect.rules._schema.shape import ACCOUNTS, is_account, is_tenant, says_who
from dbarchitect.rules._usage.lookups import named_columns

_MANY = 3
"""Tables that refer to one by which an application keeps its customers apart."""
_OFTEN = 3
"""Places that make rows, all with the reference."""


def reference_by(table: Table, column: Column) -> ForeignKey | None:
    """The foreign key over this column alone."""
    return next((key for key in table.foreign_keys if key.columns == (column.name,)), None)


def clears(key: ForeignKey) -> bool:
    """True where deleting the referenced row leaves rows without a reference."""
    return Action.SET_NULL in {key.on_delete, key.application_on_delete}


def is_chosen(key: ForeignKey) -> bool:
    """True where somebody wrote what deleting the referenced row does: Prisma clears what may be NULL unasked."""
    return key.on_delete_written or key.application_on_delete is not None


def is_of_tenant(survey: Survey, table: Table, column: Column) -> bool:
    """True for the reference that says which customer a row belongs to: to a tenant on which several tables hang, by
    its own name, in a row that belongs to nobody else instead."""
    key = reference_by(table, column)
    parent = survey.catalog.table(key.referenced) if key is not None else None
    if key is None or parent is None or parent.ref.key == table.ref.key or not is_tenant(parent) or is_account(parent):
        return False
    named = tuple(word for word in singular_words(column.name) if word != "id") == thing_words(parent)[-1:]
    holders = {holder.ref.key for holder, _ in survey.catalog.references_to(parent.ref)}
    return named and len(holders) >= _MANY and not _may_belong_to_another(survey, table, column)


def _may_belong_to_another(survey: Survey, table: Table, column: Column) -> bool:
    """Whether a row may belong to a person or to another tenant instead, whose reference may be missing as well."""
    return any(other.nullable for other in _other_owners(survey, table, column))


def is_lost_without(survey: Survey, table: Table, column: Column) -> bool:
    """Whether nobody finds a row whose tenant has been cleared: no query looks for the rows of a person instead."""
    if survey.code is None or not is_of_tenant(survey, table, column):
        return False
    asked = named_columns(survey.code)
    others = _other_owners(survey, table, column)
    return (table.ref.key, column.name) in asked and not any((table.ref.key, o.name) in asked for o in others)


def _other_owners(survey: Survey, table: Table, column: Column) -> Iterator[Column]:
    """The references of a row to people and tenants besides this one."""
    for key in table.foreign_keys:
        other = table.column(key.columns[0]) if len(key.columns) == 1 else None
        parent = survey.catalog.table(key.referenced)
        if other is None or parent is None or other.name == column.name or says_who(other.name):
            continue
        if is_tenant(parent) or ACCOUNTS.ends("_".join(thing_words(parent))):
            yield other


def is_part_of_it(code: Code | None, table: Table, column: Column, known: Written, sure: list[QueryFact]) -> bool:
    """True for a reference that every one of several places writes, one of them surely with a row's key, whose rows
    are deleted with what they refer to, whichever of the other references a row has besides."""
    key = reference_by(table, column)
    if key is None or key.on_delete is not Action.CASCADE or not key.on_delete_written or not sure:
        return False
    if len(known.given) < _OFTEN or says_who(column.name):
        return False
    others = [c for k in table.foreign_keys if len(k.columns) == 1 and (c := table.column(k.columns[0])) is not None]
    return all(
        written(code, table.ref.column(other.name)).given
        for other in others
        if other.name != column.name and other.nullable and not says_who(other.name)
    )
