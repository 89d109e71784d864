"""How many rows the conditions of a query leave: one, those of one parent, or as many as the table has."""

from __future__ import annotations

from enum import IntEnum

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Comparison, Operand, Predicate, QueryFact
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.domains import is_stream, signs_in
from dbarchitect.rules._schema.growing import Growth, growth_of
from dbarchitect.rules._schema.shape import foreign_keys_over, is_log, is_soft_delete, is_tenant

_STATES = phrases(
    "status, state, kind, type, role, category, level, priority, visibility, language, lang, locale, gender, country, "
    "provider, platform, environment, severity, stage, phase, mode"
)
"""Last words of columns with a few values, each of which many rows share."""
_EXCEPTIONS = phrases(
    "admin, administrator, superuser, super user, staff, moderator, default, primary, pinned, featured"
)
"""Last words of flags that few rows have."""
_WAITING = frozenset(
    ["pending", "queued", "running", "processing", "scheduled", "waiting", "failed", "retry", "retrying", "started",
     "in_progress", "new", "unsent", "open", "todo", "dirty", "expired", "error", "building", "triggered", "requested"]
)  # fmt: skip
"""States that rows pass through: what is in them is worked off."""
_OF_FEW = frozenset(
    ["admin", "administrator", "superadmin", "super_admin", "superuser", "owner", "root", "sysadmin", "moderator"]
)
"""Roles that few have."""
_WORK = phrases(
    "completed, processed, sent, handled, delivered, synced, notified, done, finished, executed, dispatched, indexed, "
    "applied, imported, exported, emailed"
)
"""Last words of flags of what is worked off: the rows that do not bear them yet are few."""


class Reach(IntEnum):
    """What part of its table a query can give back."""

    ONE = 0
    FEW = 1
    SHARE = 2
    WHOLE = 3
    UNKNOWN = -1


def reach_of(query: QueryFact, survey: Survey) -> Reach:
    """How far a query reaches. SHARE is what belongs to one account or tenant, which grows with its use."""
    table = survey.catalog.table(query.table) if query.table is not None else None
    if table is None or "where" in query.dynamic or "text" in query.dynamic or "table" in query.dynamic:
        return Reach.UNKNOWN
    sure = [p for p in query.predicates if not (p.optional or p.alternative or p.negated)]
    if any(p.operand is Operand.UNKNOWN for p in sure):
        return Reach.UNKNOWN
    equal = {p.column.columns[0] for p in sure if _is_of(p, table) and p.comparison is Comparison.EQUAL}
    if equal and table.is_key(equal):
        return Reach.ONE
    least = Reach.WHOLE
    if any(p.optional and p.comparison is Comparison.EQUAL and _is_reference(p, survey) for p in query.predicates):
        return Reach.UNKNOWN  # of one parent on some ways, of another on the rest
    if any(p.optional and p.comparison is Comparison.IN and p.operand is Operand.PARAMETER for p in query.predicates):
        return Reach.UNKNOWN  # one of a list on some ways, one thing on the rest
    for predicate in sure:
        least = min(least, reach_by(predicate, survey))
    if any(p.alternative for p in query.predicates) and least is Reach.WHOLE:
        sides = [p for p in query.predicates if p.alternative and not p.optional]
        least = max((_reach_of_side(p, sides, survey) for p in sides), default=least)
    return least


def _reach_of_side(predicate: Predicate, sides: list[Predicate], survey: Survey) -> Reach:
    """What a side of an OR leaves: as little as the narrowest of what it asks for together."""
    columns = {ref.key for ref in predicate.along}
    together = [p for p in sides if p is predicate or p.column.key in columns]
    return min(reach_by(p, survey) for p in together)


def _is_of(predicate: Predicate, table: Table) -> bool:
    return predicate.column.table_key == table.ref.key and predicate.other is None


def reach_by(predicate: Predicate, survey: Survey) -> Reach:
    """What one condition alone leaves."""
    match predicate.comparison:
        case Comparison.EQUAL:
            if predicate.operand is Operand.COLUMN:
                return Reach.WHOLE
            if predicate.operand is Operand.CONSTANT:
                return _by_constants(predicate, survey)
            return _by_value(predicate, survey)
        case Comparison.IN:
            if predicate.operand is Operand.CONSTANT:
                return _by_constants(predicate, survey)
            return Reach.WHOLE if predicate.operand is Operand.SUBQUERY else Reach.FEW
        case Comparison.IS_NULL:
            column = _column(predicate, survey)
            return Reach.WHOLE if column is None or is_soft_delete(column) else Reach.FEW
        case Comparison.NOT_EQUAL | Comparison.NOT_IN | Comparison.IS_NOT_NULL:
            return Reach.WHOLE
        case Comparison.RANGE if _is_fixed_share(predicate, survey):
            return Reach.WHOLE
        case _:
            return Reach.FEW  # a range, a search, a part of a document: how much it leaves cannot be told


def _is_fixed_share(predicate: Predicate, survey: Survey) -> bool:
    """Whether a range from a number that the code names is left of a table that only ever gains rows: the failures
    (`status_code >= 500`) among all that happened are ever more, for nothing is worked off."""
    column, table = _column(predicate, survey), survey.catalog.table(predicate.column)
    if column is None or table is None or predicate.operand is not Operand.CONSTANT or len(predicate.constants) != 1:
        return False
    number = survey.catalog.family(column.type) in {Family.INTEGER, Family.DECIMAL, Family.FLOAT}
    key = table.primary_key is not None and column.name in table.primary_key.columns
    return number and not key and (is_log(table) or is_stream(table, survey.catalog))


def _by_constants(predicate: Predicate, survey: Survey) -> Reach:
    column = _column(predicate, survey)
    values = {value.casefold() for value in predicate.constants}
    if column is not None and _EXCEPTIONS.ends(column.name) and values <= {"true", "1", "t"}:
        return Reach.FEW
    if column is not None and _WORK.ends(column.name) and values <= {"false", "0", "f"}:
        return Reach.FEW
    if column is None or survey.catalog.family(column.type) is Family.BOOLEAN:
        return Reach.WHOLE
    if values & {"true", "false"}:
        return Reach.WHOLE
    if values <= _WAITING or values <= _OF_FEW:
        return Reach.FEW
    return Reach.WHOLE if _is_state(predicate) else Reach.FEW


def _by_value(predicate: Predicate, survey: Survey) -> Reach:
    """What equality with a value of the program leaves: one parent's rows, or all that share a state."""
    column = _column(predicate, survey)
    table = survey.catalog.table(predicate.column)
    if column is None or table is None:
        return Reach.FEW
    if survey.catalog.family(column.type) is Family.BOOLEAN:
        return Reach.WHOLE
    for key in foreign_keys_over(table, (column.name,)):
        parent = survey.catalog.table(key.referenced)
        if parent is not None and (is_tenant(parent) or signs_in(parent, survey.catalog)):
            steady = growth_of(table, survey) is Growth.STEADILY
            return Reach.SHARE if steady else Reach.FEW
        return Reach.FEW
    return Reach.WHOLE if _is_state(predicate) else Reach.FEW


def _is_reference(predicate: Predicate, survey: Survey) -> bool:
    table = survey.catalog.table(predicate.column)
    return table is not None and bool(foreign_keys_over(table, predicate.column.columns))


def _is_state(predicate: Predicate) -> bool:
    return _STATES.ends(predicate.column.columns[0])


def _column(predicate: Predicate, survey: Survey) -> Column | None:
    table = survey.catalog.table(predicate.column)
    return table.column(predicate.column.columns[0]) if table is not None and predicate.column.columns else None


def narrowed_by(query: QueryFact, table: Table) -> tuple[str, ...]:
    """The columns by which a query always leaves some rows of a table out, and not just those that are deleted."""
    return tuple(dict.fromkeys(p.column.columns[0] for p in query.predicates if _narrows(p, table)))


def _narrows(predicate: Predicate, table: Table) -> bool:
    own = predicate.column.table_ref.key == table.ref.key and predicate.column.columns
    column = table.column(predicate.column.columns[0]) if own else None
    return column is not None and not (predicate.optional or predicate.alternative) and not is_soft_delete(column)


def reach_without(query: QueryFact, predicate: Predicate, survey: Survey) -> Reach:
    """What the conditions beside one of a query leave; others on the same column's functions do not count."""
    least = Reach.WHOLE
    for other in query.predicates:
        own = other.column == predicate.column
        if other is predicate or other.optional or other.alternative or other.negated:
            continue
        if own and (other.function is not None or other.comparison is not Comparison.EQUAL):
            continue
        table = survey.catalog.table(other.column)
        key = table is not None and table.is_key(other.column.columns) and other.comparison is Comparison.EQUAL
        least = min(least, Reach.ONE if key else reach_by(other, survey))
    return least
