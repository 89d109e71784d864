"""Which changes that requests make the audit trail is told of, and whether a failure can part the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.queries import Code, FunctionKind, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.trails import audit_tables, is_record, is_written_behind, records
from dbarchitect.rules._code.units import changes, changing_functions, happenings
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.domains import is_payment, is_stream
from dbarchitect.rules._schema.shape import is_account, is_copy, is_log
from dbarchitect.rules.transactions._halves import parted

_CHANGES = frozenset({Verb.UPDATE, Verb.DELETE})
_PASSING = phrases(
    "session, token, cache, lock, notification, view, visit, click, impression, job, task, queue, attempt, reset, "
    "nonce, otp, verification, verification code, draft, heartbeat, ping, presence, like, reaction, vote, bookmark, "
    "favorite, progress, embedding, usage, metric, snapshot, preference, webhook delivery, outbox, chat, "
    "conversation message, history, version, revision, read receipt, stat, statistic, analytics, counter, search"
)
"""Tables whose rows pass, or are a person's own: of what is wrong there nobody is asked."""


@dataclass(frozen=True, slots=True)
class Path:
    """A request that writes a table, with each of its writes, and whether it records what it did."""

    function: str
    queries: tuple[QueryFact, ...]
    recorded: bool

    @property
    def query(self) -> QueryFact:
        """The first write."""
        return self.queries[0]


@dataclass(frozen=True, slots=True)
class Loose:
    """A change and its record that a failure can part."""

    function: str
    change: QueryFact
    record: QueryFact


def loose_records(survey: Survey) -> Iterator[Loose]:
    """For each request and table the first change that lasts before its record is written."""
    code, tables = survey.code, audit_tables(survey)
    if code is None or not tables or is_written_behind(code, tables):
        return
    own = {table.ref.key for table in survey.tables}
    for function in _requests(code):
        every, told = changes(code, function), set[tuple[str, ...]]()
        for number, (i, change) in enumerate(every):
            query = change.query
            if query is None or query.table is None or change.in_handler or is_record(change, tables):
                continue
            if query.table.key not in own or query.table.key in told or passes(survey, query.table, changed=True):
                continue
            for j, record in every[number + 1 :]:
                if (
                    record.query is None
                    or not is_record(record, tables)
                    or record.in_handler
                    or change.excludes(record)
                ):
                    continue
                how = parted(survey, code, function, happenings(code, function), i, j)
                if how is not None and how.apart and query.library == record.query.library:
                    told.add(query.table.key)
                    yield Loose(function, query, record.query)
                break


def _requests(code: Code) -> Iterator[str]:
    for function in changing_functions(code):
        fact = code.functions.get(function)
        if fact is not None and fact.kind is FunctionKind.ROUTE:
            yield function


def passes(survey: Survey, ref: Ref, *, changed: bool) -> bool:
    """Whether a table holds what passes, and what nobody has to answer for. `changed`: its rows are gone back to."""
    table = survey.catalog.table(ref)
    if table is None or is_copy(table):
        return True
    if not changed and (is_log(table) or is_stream(table, survey.catalog)):
        return True
    return _PASSING.ends("_".join(thing_words(table)))


def weight(survey: Survey, ref: Ref, paths: list[Path]) -> tuple[bool, bool]:
    """Sorts tables by what one would ask of them: people and money first, then those whose rows are changed."""
    table = survey.catalog.table(ref)
    known = table is not None and (is_account(table) or is_payment(table))
    return not known, not is_changed(paths)


def is_changed(paths: list[Path]) -> bool:
    """Whether some request changes or deletes rows that were there before."""
    return any(query.verb in _CHANGES for path in paths for query in path.queries)


def telling(paths: list[Path]) -> list[QueryFact]:
    """The writes of several requests, each once, changes of what was there before new rows."""
    every = {query.origin: query for path in paths for query in path.queries}
    return sorted(every.values(), key=lambda query: query.verb not in _CHANGES)


def paths_by_table(survey: Survey) -> tuple[tuple[Ref, list[Path]], ...]:
    """By table the requests that change it; none where the trail is written behind the code's back."""
    return survey.derive(_paths_by_table)


def _paths_by_table(survey: Survey) -> tuple[tuple[Ref, list[Path]], ...]:
    code, tables = survey.code, audit_tables(survey)
    if code is None or not tables or is_written_behind(code, tables):
        return ()
    own = {table.ref.key: table.ref for table in survey.tables}
    found: dict[tuple[str, ...], list[Path]] = {}
    for function in _requests(code):
        written = _written(code, function, tables)
        recorded = bool(written) and records(code, function, tables)
        for key, queries in written.items():
            if key in own and not _is_by_the_way(survey, own, key, written):
                found.setdefault(key, []).append(Path(function, tuple(queries), recorded))
    return tuple((own[key], paths) for key, paths in found.items())


def _is_by_the_way(
    survey: Survey,
    own: dict[tuple[str, ...], Ref],
    key: tuple[str, ...],
    written: dict[tuple[str, ...], list[QueryFact]],
) -> bool:
    """Whether a request changes an account along with something else: what it records is the other (the account only
    keeps what was chosen last)."""
    table = survey.catalog.table(own[key])
    if table is None or not is_account(table):
        return False
    return any(other in own and not passes(survey, own[other], changed=True) for other in written.keys() - {key})


def _written(code: Code, function: str, tables: frozenset[tuple[str, ...]]) -> dict[tuple[str, ...], list[QueryFact]]:
    """The writes of each table that a request makes, the trail's own left out."""
    found: dict[tuple[str, ...], list[QueryFact]] = {}
    for _, happening in changes(code, function):
        query = happening.query
        if query is None or query.table is None or happening.in_handler:
            continue
        if not is_record(happening, tables):
            found.setdefault(query.table.key, []).append(query)
    return found
