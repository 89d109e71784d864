"""A decision that is taken on what was read, and may be wrong when it is written."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, Idiom, QueryFact, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.handlers import catches_conflict, code_of_conflict, handlers_around
from dbarchitect.rules._code.language import of_file
from dbarchitect.rules._code.reach import callers
from dbarchitect.rules._code.telling import as_evidence, query_ref, shown_in, with_route
from dbarchitect.rules._code.units import changes, changing_functions, happenings
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.transactions._races import Race, attempts, overtaken, unhandled

_FEWEST = 2
_ON_PURPOSE = frozenset({Idiom.GET_OR_CREATE, Idiom.UPDATE_OR_CREATE, Idiom.ON_CONFLICT})


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
    - https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#get-or-create
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
        for function in sorted(changing_functions(code), key=lambda f: -len(callers(code).get(f, ()))):
            if function not in asked_by_requests(survey):
                continue
            told: set[str] = set()
            for race in unhandled(survey, code, function):
                if str(race.act.table) not in told and race.act.origin not in seen:
                    seen.add(race.act.origin)
                    told.add(str(race.act.table))
                    yield self._refused(code, function, race, survey.engine.name)
            for race in overtaken(survey, code, function):
                if str(race.act.table) not in told:
                    told.add(str(race.act.table))
                    yield self._taken(code, function, race)

    def _refused(self, code: Code, function: str, race: Race, engine: str) -> Finding:
        names, error = listed(race.columns), _error(race.act, engine)
        return Finding(
            self.name(),
            query_ref(race.act),
            f"{with_route(code, function)} looks for {names} in {race.act.table} and then adds the row: of two "
            "requests at once the second "
            "fails on the unique key, and nothing catches it.",
            f"Catch the violation of the key around the write and answer as the check does ({error}).",
            (as_evidence(race.look, "looks"), as_evidence(race.act, "adds")),
            race.act.origin,
            race.columns,
        )

    def _taken(self, code: Code, function: str, race: Race) -> Finding:
        name = race.columns[0]
        return Finding(
            self.name(),
            query_ref(race.act),
            f"{shown_in(code, function)} reads {race.act.table}.{name}, then subtracts in an UPDATE that does not "
            "ask again: "
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
        for function in changing_functions(code):
            every = happenings(code, function)
            if function in asked_by_requests(survey) and any(unhandled(survey, code, function)):
                return
            for number, happening in changes(code, function):
                query = happening.query
                if query is None or query.verb not in {Verb.INSERT, Verb.UPSERT} or query.table is None:
                    continue
                around = handlers_around(code, attempts(every[number:], happening))
                if query.idiom in _ON_PURPOSE or any(catches_conflict(handler) for handler in around):
                    handled.setdefault(query.origin, query)
        if len(handled) >= _FEWEST:
            found = tuple(handled.values())
            text = f"Conflicts of unique keys are handled where rows are added ({count(len(found), 'place')})."
            yield Strength(self.name(), Ref.database(), text, tuple(as_evidence(q) for q in found[:3]))


def _error(query: QueryFact, engine: str) -> str:
    return {
        "django": "django.db.IntegrityError",
        "sqlalchemy": "sqlalchemy.exc.IntegrityError",
        "prisma": "Prisma's error P2002",
        "drizzle": f"the driver's error {code_of_conflict(engine)}",
        "kysely": f"the driver's error {code_of_conflict(engine)}",
    }.get(query.library, f"the driver's {of_file(query.origin.path).conflict}")
