"""`except` clauses that swallow errors of the database, and the queries whose errors they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dbarchitect.catalog.queries import Code, EventKind, Fetch, FunctionKind, HandlerFact, Idiom, QueryFact, Verb
from dbarchitect.rules._code.handlers import catches_conflict, catches_database
from dbarchitect.rules._code.queries import WRITES
from dbarchitect.rules._code.reach import is_backstage
from dbarchitect.rules._code.units import Happening, handlers_by_attempt, handlers_of, happenings
from dbarchitect.rules._names import words

_WAITING = re.compile(r"\.(?:add|add_all|delete|append|extend)\(")


_NOTING = {("log",), ("track",), ("audit",)}


def swallowing(code: Code, function: str) -> Iterator[HandlerFact]:
    """The clauses of a function that swallow errors of the database."""
    fact = code.functions.get(function)
    worker = fact is not None and fact.kind is FunctionKind.TASK
    for handler in handlers_of(code).get(function, ()):
        if not handler.swallows or not catches_database(handler):
            continue
        others = [h for h in handlers_by_attempt(code).get(handler.attempt, ()) if h is not handler]
        if catches_conflict(handler) or any(h.raises and catches_database(h) for h in others):
            continue
        if not (worker and handler.logs) and not is_backstage(code, function):
            yield handler


def queries_inside(code: Code, handler: HandlerFact, own: Mapping[tuple[str, ...], bool]) -> list[QueryFact]:
    """The queries of the application's own tables (of which `own` says whether they are logs) that a clause's `try`
    runs. None where it logs and that is enough: nothing was to be written and the caller is given None, a loop goes on
    with the next turn. None where the row was a log's, where what may fail is another system, asked beside some rows
    that are looked up on the way, where files are cleared away and nothing is written but by what clears them, or where
    nothing is given in place of a list."""
    found = [h for h in happenings(code, handler.function) if handler.attempt in h.handlers]
    commits = any(h.kind is EventKind.COMMIT for h in found)
    queries = [
        h.query
        for h in found
        if h.query is not None
        and h.query.table is not None
        and h.query.table.key in own
        and (commits or _runs(h.query))
    ]
    noted = words(handler.function.rpartition(":")[2].rpartition(".")[2])[:1]
    if noted in _NOTING and all(query.verb is Verb.INSERT for query in queries):
        return []  # `logActivity`: what goes on must not fail for the note that is made of it
    if not queries or all(query.table is not None and own[query.table.key] for query in queries):
        return []
    if any(h.kind is EventKind.FILE_REMOVED for h in found) and not any(h.writes and not h.way for h in found):
        return []
    calls = any(h.kind is EventKind.EXTERNAL_CALL for h in found)
    if handler.logs:
        told = handler.empty in {None, "None", "null", "undefined"}
        tells = told and (calls or not any(query.verb in WRITES for query in queries))
        if tells or any(_in_loop(handler, h) for h in found):
            return []
    elif (calls and _only_looked_up(found)) or (handler.empty in {"None", "null"} and _only_lists(found)):
        return []
    return [] if all(query.idiom is Idiom.LAZY_RELATION for query in queries) else queries


def _only_looked_up(found: list[Happening]) -> bool:
    """Whether nothing is asked but by functions that are called, and nothing is written."""
    return all(h.way and not h.writes for h in found if h.query is not None)


def _only_lists(found: list[Happening]) -> bool:
    """Whether all that is asked for here is lists, which are empty and not missing where nothing was found."""
    asked = [h.query for h in found if h.query is not None and h.query.verb is Verb.SELECT]
    return bool(asked) and all(q.fetch is Fetch.ALL for q in asked) and all(h.way for h in found if h.writes)


def _runs(query: QueryFact) -> bool:
    """Whether a query is sent where it is written: a row given to a session waits for the commit."""
    return query.library != "sqlalchemy" or (query.idiom is not Idiom.SAVE and not _WAITING.search(query.text))


def _in_loop(handler: HandlerFact, inside: Happening) -> bool:
    """Whether the `try` stands in a loop of its function."""
    own = inside.way[0].caller if inside.way else inside.what.place
    start = handler.attempt.start or 0
    return any((loop.origin.start or 0) < start for loop in own.loops)
