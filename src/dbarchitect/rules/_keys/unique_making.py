"""How columns become unique: a constraint, or a unique index over the rows that count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Index, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.apply import apply_all
from dbarchitect.change.operations import Add, AlterColumn, Change
from dbarchitect.finding import Applicability, Fix
from dbarchitect.rules._fixes.members import new_index, new_unique, order_without_waste, replacing
from dbarchitect.rules._keys.logins import case_sensitive_logins, folded_index
from dbarchitect.rules._schema.shape import is_soft_delete
from dbarchitect.rules._sql import literal, quoted


def made_unique(
    survey: Survey,
    table: Table,
    columns: tuple[str, ...],
    *,
    pair: bool = False,
    where: Sequence[tuple[str, str]] = (),
    of_complete_rows: bool = False,
) -> Fix | None:
    """A unique key over the columns; over the living rows where rows are marked as deleted, over those with the given
    values alone where `where` names some. Where a column of several may be NULL, which would let rows slip: of a pair
    of which both may, they become NOT NULL; `of_complete_rows` leaves the rows without a value out; else None."""
    nullable = [column for column in map(table.column, columns) if column is not None and column.nullable]
    tightened = pair and len(nullable) == len(columns)
    if nullable and not (len(columns) == 1 or tightened or of_complete_rows):
        return None
    ordered = order_without_waste(table, columns) if pair else columns
    required = tuple(AlterColumn(table.ref, c, replace(c, nullable=False)) for c in nullable if tightened)
    present = tuple(c.name for c in nullable if len(columns) > 1 and not tightened)
    member = _member(survey, table, ordered, [*((name, "not null") for name in present), *where])
    if member is None:
        return None
    note = f"Look for rows that agree in ({', '.join(ordered)}) first, and merge them."
    changes: tuple[Change, ...] = (*required, *replacing(table, member))
    after = apply_all(changes, survey.catalog)
    changed = after.table(table.ref)
    for login in case_sensitive_logins(after, changed) if changed else ():
        if changed is not None and login.column.name in ordered:  # 'Ann' and 'ann' must not be two, either
            changes += (Add(table.ref, folded_index(after, changed, login)),)
    return Fix(changes, Applicability.UNSAFE, note)


def _member(
    survey: Survey, table: Table, columns: tuple[str, ...], where: Sequence[tuple[str, str]]
) -> UniqueKey | Index | None:
    mark = next((column for column in table.ordered_columns if is_soft_delete(column)), None)
    partial = survey.engine.capabilities.partial_indexes
    if where and not partial:
        return None
    terms = [_term(table, name, value) for name, value in where]
    if mark is not None and partial:
        boolean = mark.type.family is Family.BOOLEAN
        terms.append(f"not {quoted(mark.name)}" if boolean else f"{quoted(mark.name)} is null")
    if not terms:
        return new_unique(survey.catalog, table, columns)
    return new_index(survey.catalog, table, columns, unique=True, predicate=_all_of(terms))


def _all_of(terms: list[str]) -> Expression:
    return expression(" and ".join(terms))


def _term(table: Table, name: str, value: str) -> str:
    column = table.column(name)
    family = column.type.family if column is not None else Family.TEXT
    if value in {"null", "not null"}:
        return f"{quoted(name)} is {value}"
    if family is Family.BOOLEAN:
        return quoted(name) if value == "true" else f"not {quoted(name)}"
    return f"{quoted(name)} = {literal(value, family)}"
