"""One answer for every error of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, HandlerFact, Operand, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.handlers import (
    catches_conflict,
    catches_database,
    clause,
    code_of_conflict,
    handlers_around,
)
from dbarchitect.rules._code.language import of_file
from dbarchitect.rules._code.queries import table_of
from dbarchitect.rules._code.telling import as_evidence, function_ref, shown_in, with_route
from dbarchitect.rules._code.units import changes, changing_functions
from dbarchitect.rules._names import words
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests

_MANY = 3
_NOTICES = frozenset({"webhook", "webhooks"})
_SHOWN = 5
_REFUSING = frozenset({Verb.INSERT, Verb.UPDATE, Verb.UPSERT, Verb.DELETE})


@dataclass(frozen=True, slots=True)
class _Answer:
    function: str
    handler: HandlerFact
    query: QueryFact
    why: str


class UndifferentiatedDatabaseError(Rule):
    """One answer for every error of the database

    ## What it finds
    Requests whose only `except` clause around a write catches everything, or any error of the database, and answers
    with one status, where the table has keys and constraints that refuse rows: a value that is taken (409), a
    reference to a row that is not there (409 or 400), a missing value (400). Three and more are one finding about the
    application.

    ## Why it matters
    Whoever sends a name that is taken is told that the server is broken and tries again; whoever watches the server
    cannot tell the errors of its users from an outage, which has the same status.

    ## When to leave it
    When everything that a constraint can refuse is checked before, under a lock. It is silent about webhooks: who sends
    one sends it again unless it is told of success, whatever else it is told.

    ## How the fix works
    By hand: `except IntegrityError` with 409 before the general clause, or one error handler of the application that
    tells the violations apart by their SQLSTATE (23505 unique, 23503 foreign key, 23502 not null, 23514 check).

    ## References
    - https://www.postgresql.org/docs/current/errcodes-appendix.html
    """

    code = "ERR002"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.ERROR_HANDLING
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function, one for the application where there are many."""
        code = survey.code
        if code is None:
            return
        found = list(_answers(survey, code))
        if len(found) < _MANY:
            yield from (self._finding(code, answer, survey.engine.name) for answer in found)
            return
        names = listed([shown_in(code, answer.function) for answer in found[:_SHOWN]])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        evidence = [e for answer in found[:_SHOWN] for e in _evidence(answer)]
        yield Finding(
            self.name(),
            Ref.database(),
            f"{count(len(found), 'function')} that write for requests answer every error of the database alike "
            f"({names}{more}): a value that is taken and a server that is down look the same.",
            "Add one error handler that answers violated keys with 409, missing values with 400, the rest with 500.",
            tuple(evidence),
            found[0].handler.origin,
            level=Level.WARNING,
        )

    def _finding(self, code: Code, answer: _Answer, engine: str) -> Finding:
        error = _conflict(answer.query, engine)
        return Finding(
            self.name(),
            function_ref(answer.function),
            f"{with_route(code, answer.function)} answers every error of the database with {answer.handler.status}: "
            f"{answer.why} looks like any other failure.",
            f"Catch violated constraints before it ({error}) and answer them with 409 or 400.",
            _evidence(answer),
            answer.handler.origin,
            (str(answer.query.table),),
        )


def _conflict(query: QueryFact, engine: str) -> str:
    if query.library == "prisma":
        return "PrismaClientKnownRequestError, code P2002"
    if query.library in {"drizzle", "kysely"}:
        return f"the driver's error {code_of_conflict(engine)}"
    return of_file(query.origin.path).conflict


def _evidence(answer: _Answer) -> tuple[Evidence, ...]:
    handler = answer.handler
    said = Evidence(EvidenceKind.CODE, f"{clause(handler)}: answers {handler.status}", handler.origin)
    return as_evidence(answer.query), said


def _answers(survey: Survey, code: Code) -> Iterator[_Answer]:
    """Functions that requests end in, with the first write and the clause that answers all its errors alike."""
    for function in changing_functions(code):
        if function not in asked_by_requests(survey):
            continue
        for _, happening in changes(code, function):
            query = happening.query
            if query is None or query.verb not in _REFUSING or not happening.handlers or happening.in_handler:
                continue
            table = table_of(query, survey)
            if table is not None and _is_told_by_machines(code, function, table):
                break
            why = _refusal(table, query) if table is not None and table.owned_by is None else None
            around = tuple(handlers_around(code, happening.handlers))
            if why is None or any(catches_conflict(handler) for handler in around):
                continue
            alike = [h for h in around if h.function == function and h.status in {400, 500} and catches_database(h)]
            if alike:
                yield _Answer(function, alike[0], query, why)
                break


def _is_told_by_machines(code: Code, function: str, table: Table) -> bool:
    """Whether another system calls it to tell of something, not a person who sets that up: it tells again whatever is
    not a success, and asks no more of the answer."""
    fact = code.functions.get(function)
    route = fact.route if fact is not None else None
    said = {*words(function), *words(route or "")}
    return bool(_NOTICES & said) and not _NOTICES & set(words(table.name))


def _refusal(table: Table, query: QueryFact) -> str | None:
    """What the database may refuse of a write because of what was asked for; None where nothing."""
    if query.verb is Verb.DELETE:
        return None
    given = (a for a in query.assignments if a.operand is not Operand.CONSTANT)
    written = {a.column.columns[0] for a in given if a.column.columns}
    for path in table.access_paths():
        names = set(path.column_names)
        own = table.primary_key is not None and names == set(table.primary_key.columns)
        if path.unique and not own and names & written:
            return f"a value of {listed(sorted(names))} that is taken"
    for key in table.foreign_keys:
        if set(key.columns) <= written:
            return f"a value of {listed(key.columns)} that nothing has"
    return None
