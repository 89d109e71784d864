"""Decisions that another request can overtake: what is read for them, and what is written after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, EventKind, Fetch, Idiom, Operand, QueryFact, Use, Verb
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.handlers import catches_conflict, catches_database, handlers_around
from dbarchitect.rules._code.queries import table_of
from dbarchitect.rules._code.units import Happening, changes, happenings
from dbarchitect.rules._schema.quantities import is_consumed
from dbarchitect.rules.transactions._locks import is_locked, is_versioned

_LOOKING = frozenset({Fetch.FIRST, Fetch.ONE, Fetch.EXISTS, Fetch.COUNT, Fetch.SCALAR})
_TAKEN = re.compile(r"[\w)\]\"'] ?- ?[\w(]|-=")

_FINDING = re.compile(r"get|find|fetch|look|exist|taken|\bby\b|_by_|is_|has_|check|unique|avail", re.IGNORECASE)
"""Functions that are called to look for a row; others ask on the way to something else (who may see this)."""


@dataclass(frozen=True, slots=True)
class Race:
    """What was looked at, what is then done, and the columns that both are about."""

    look: QueryFact
    act: QueryFact
    columns: tuple[str, ...]


def unhandled(survey: Survey, code: Code, function: str) -> Iterator[Race]:
    """A look by the columns of a unique key, and the INSERT after it that nothing protects; those left out of which
    both stand in one function that is called."""
    every = happenings(code, function)
    for number, act in changes(code, function):
        query = act.query
        if query is None or query.verb is not Verb.INSERT or act.in_handler or query.idiom is Idiom.BULK:
            continue
        table = table_of(query, survey)
        if table is None or table.owned_by is not None or _is_safe(code, every[number:], act):
            continue
        written = {
            a.column.columns[0] for a in query.assignments if a.column.columns and a.operand is not Operand.CONSTANT
        }
        for look in every[:number]:
            found = look.query
            if found is None or found.table != query.table or not _looks(look, found) or look.excludes(act):
                continue
            if (act.way and look.way[:1] == act.way[:1]) or (
                look.way and not _FINDING.search(_named(look.way[-1].callee))
            ):
                continue
            key = _key_of(table, _asked(found), written)
            if key is not None and not found.locks and not _hides(found, key):
                yield Race(found, query, key)
                break


def _is_safe(code: Code, after: tuple[Happening, ...], act: Happening) -> bool:
    """Whether some clause catches what the write, or the commit after it, may raise."""
    return any(catches_conflict(h) or catches_database(h) for h in handlers_around(code, attempts(after, act)))


def attempts(after: tuple[Happening, ...], act: Happening) -> tuple[Origin, ...]:
    """The `try` statements around a write, and around the commit that follows it."""
    for happening in after:
        if happening.kind is EventKind.COMMIT and not happening.in_handler and not act.excludes(happening):
            return (*act.handlers, *happening.handlers)
    return act.handlers


def _looks(look: Happening, query: QueryFact) -> bool:
    """Whether a query asks if there is a row: not one whose row has to be there."""
    if query.fetch is Fetch.ONE and not look.handlers:
        return False
    single = query.fetch in _LOOKING or bool(query.uses & {Use.TESTED, Use.COUNTED, Use.FIRST_ONLY})
    return query.verb is Verb.SELECT and single and not query.dynamic and not query.joins


def _asked(query: QueryFact) -> set[str]:
    """The columns of which a look demands one value; empty where other conditions may hide a row that is there."""
    found: set[str] = set()
    for predicate in query.predicates:
        if predicate.optional or predicate.alternative or predicate.negated or not predicate.column.columns:
            return set()
        if predicate.comparison is Comparison.EQUAL and predicate.function in {None, "lower"}:
            found.add(predicate.column.columns[0])
        elif predicate.comparison is not Comparison.IS_NULL:
            return set()
    return found


def _hides(look: QueryFact, key: tuple[str, ...]) -> bool:
    """Whether a look leaves rows out that have the key all the same (`revoked = false`): it fetches a row to go on
    with, and does not ask whether the key is taken."""
    return any(p.operand is Operand.CONSTANT and p.column.columns[0] not in key for p in look.predicates)


def _key_of(table: Table, asked: set[str], written: set[str]) -> tuple[str, ...] | None:
    """The unique key that refuses a second row; None where there is none, or the key is made by the database."""
    if not asked:
        return None
    for path in table.access_paths():
        names = path.column_names
        made = table.primary_key is not None and tuple(table.primary_key.columns) == tuple(names) and len(names) == 1
        if (
            path.unique
            and names
            and not made
            and path.predicate is None
            and set(names) <= asked
            and set(names) <= written
        ):
            return tuple(names)
    return None


def overtaken(survey: Survey, code: Code, function: str) -> Iterator[Race]:
    """A balance that is read for a decision, and an UPDATE that subtracts whatever it is by then."""
    every = happenings(code, function)
    for number, act in changes(code, function):
        query = act.query
        table = table_of(query, survey) if query is not None and query.verb is Verb.UPDATE else None
        if query is None or table is None or table.owned_by is not None or is_versioned(table) or act.way:
            continue
        for assignment in query.assignments:
            column = table.column(assignment.column.columns[0]) if assignment.column.columns else None
            if column is None or assignment.operand is not Operand.EXPRESSION or not is_consumed(table, column):
                continue
            guarded = any(p.column == assignment.column for p in query.predicates)
            if guarded or not _TAKEN.search(query.text) or _is_checked(table, column.name) or is_locked(code, query):
                continue
            for look in every[:number]:
                found = look.query
                if found is None or found.verb is not Verb.SELECT or look.excludes(act):
                    continue
                if assignment.column in (found.attributes or ()):
                    yield Race(found, query, (column.name,))
                    break


def _is_checked(table: Table, column: str) -> bool:
    return any(column in check.expression.text for check in table.checks)


def _named(function: str) -> str:
    return function.rpartition(":")[2].rpartition(".")[2]
