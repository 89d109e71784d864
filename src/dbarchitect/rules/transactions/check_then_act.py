"""A decision that is taken on what was read, and may be wrong when it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, EventKind, Fetch, Idiom, Operand, QueryFact, Use, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code import as_evidence, asked_by_requests, callers, query_ref, route_of, shown, table_of
from dbarchitect.rules._handlers import catches_conflict, catches_database, handlers_around
from dbarchitect.rules._locks import is_locked, is_versioned
from dbarchitect.rules._quantities import is_consumed
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._units import Happening, happenings, working_functions

_LOOKING = frozenset({Fetch.FIRST, Fetch.ONE, Fetch.EXISTS, Fetch.COUNT, Fetch.SCALAR})
_FEWEST = 2
_TAKEN = re.compile(r"[\w)\]\"'] ?- ?[\w(]|-=")
_ON_PURPOSE = frozenset({Idiom.GET_OR_CREATE, Idiom.UPDATE_OR_CREATE, Idiom.ON_CONFLICT})


@dataclass(frozen=True, slots=True)
class _Race:
    look: QueryFact
    act: QueryFact
    columns: tuple[str, ...]


class CheckThenAct(Rule):
    """A check that another request can overtake

    ## What it finds
    Requests that look whether a row is there and then add it, where a unique key stands behind the columns and nothing
    handles its refusal: no `except IntegrityError` around the write or its commit. And requests that read a balance,
    credits or a stock, decide by it, and let the database subtract without a lock, without a condition in the UPDATE
    and without a CHECK that forbids what is below zero.

    ## Why it matters
    Two requests at once (a double click is enough) both find nothing, or both find enough. Of two that add, the unique
    key refuses the second, which ends as an error 500 where the code has a message ready. Of two that take, both are
    served, and the balance is below zero.

    ## When to leave it
    When an error handler of the whole application turns violated keys into an answer, or a lock outside of the database
    keeps the second away.

    ## How the fix works
    By hand: try the INSERT and catch the violation, with the answer that the check gives; or `ON CONFLICT DO NOTHING`.
    For what is taken: `UPDATE … WHERE balance >= :amount`, and look whether a row was changed.

    ## References
    https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
    https://docs.djangoproject.com/en/stable/ref/models/querysets/#get-or-create
    """

    code = "TXN002"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.TRANSACTIONS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function and table."""
        code = survey.code
        if code is None:
            return
        seen: set[Origin] = set()
        for function in sorted(working_functions(code), key=lambda f: -len(callers(code).get(f, ()))):
            if function not in asked_by_requests(code):
                continue
            every = happenings(code, function)
            told: set[str] = set()
            for race in _unhandled(survey, code, every):
                if str(race.act.table) not in told and race.act.origin not in seen:
                    seen.add(race.act.origin)
                    told.add(str(race.act.table))
                    yield self._refused(code, function, race)
            for race in _overtaken(survey, code, every):
                if str(race.act.table) not in told:
                    told.add(str(race.act.table))
                    yield self._taken(function, race)

    def _refused(self, code: Code, function: str, race: _Race) -> Finding:
        names = listed(race.columns)
        route = route_of(code, function)
        where = f"{shown(function)} ({route})" if route else shown(function)
        return Finding(
            self.name(),
            query_ref(race.act),
            f"{where} looks for {names} in {race.act.table} and then adds the row: of two requests at once the second "
            "fails on the unique key, and nothing catches it.",
            f"Catch the violation of the key around the write and answer as the check does ({_error(race.act)}).",
            (as_evidence(race.look, "looks"), as_evidence(race.act, "adds")),
            race.act.origin,
            race.columns,
        )

    def _taken(self, function: str, race: _Race) -> Finding:
        name = race.columns[0]
        return Finding(
            self.name(),
            query_ref(race.act),
            f"{shown(function)} reads {race.act.table}.{name}, and subtracts from it in an UPDATE that does not ask again: "
            "two requests at once can both take what is there for one.",
            f"Add the condition to the UPDATE ({name} >= what is taken) and look whether a row was changed.",
            (as_evidence(race.look, "reads"), as_evidence(race.act, "subtracts")),
            race.act.origin,
            race.columns,
            level=Level.WARNING,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Violations of unique keys that are handled, where none is left."""
        code = survey.code
        if code is None:
            return
        handled: dict[object, QueryFact] = {}
        for function in working_functions(code):
            every = happenings(code, function)
            if function in asked_by_requests(code) and any(_unhandled(survey, code, every)):
                return
            for number, happening in enumerate(every):
                query = happening.query
                if query is None or query.verb not in {Verb.INSERT, Verb.UPSERT} or query.table is None:
                    continue
                around = handlers_around(code, _attempts(every[number:], happening))
                if query.idiom in _ON_PURPOSE or any(catches_conflict(handler) for handler in around):
                    handled.setdefault(query.origin, query)
        if len(handled) >= _FEWEST:
            found = tuple(handled.values())
            text = f"Conflicts of unique keys are handled where rows are added ({count(len(found), 'place')})."
            yield Strength(self.name(), Ref.database(), text, tuple(as_evidence(q) for q in found[:3]))


def _unhandled(survey: Survey, code: Code, every: tuple[Happening, ...]) -> Iterator[_Race]:
    """A look by the columns of a unique key, and the INSERT after it that nothing protects; those left out of which
    both stand in one function that is called."""
    for number, act in enumerate(every):
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
            if act.way and look.way[:1] == act.way[:1]:
                continue
            key = _key_of(table, _asked(found), written)
            if key is not None and not found.locks:
                yield _Race(found, query, key)
                break


def _is_safe(code: Code, after: tuple[Happening, ...], act: Happening) -> bool:
    """Whether some clause catches what the write, or the commit after it, may raise."""
    return any(catches_conflict(h) or catches_database(h) for h in handlers_around(code, _attempts(after, act)))


def _attempts(after: tuple[Happening, ...], act: Happening) -> tuple[Origin, ...]:
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


def _overtaken(survey: Survey, code: Code, every: tuple[Happening, ...]) -> Iterator[_Race]:
    """A balance that is read for a decision, and an UPDATE that subtracts whatever it is by then."""
    for number, act in enumerate(every):
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
                if found is not None and found.verb is Verb.SELECT and assignment.column in (found.attributes or ()):
                    if not look.excludes(act):
                        yield _Race(found, query, (column.name,))
                        break


def _is_checked(table: Table, column: str) -> bool:
    return any(column in check.expression.text for check in table.checks)


def _error(query: QueryFact) -> str:
    return {"django": "django.db.IntegrityError", "sqlalchemy": "sqlalchemy.exc.IntegrityError"}.get(
        query.library, "the driver's IntegrityError"
    )
