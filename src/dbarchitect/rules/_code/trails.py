"""What records who changed what: tables that are audit trails, and the functions that write to them."""

from __future__ import annotations

import re
from functools import lru_cache

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.queries import WRITES
from dbarchitect.rules._code.reach import callers, calls_of
from dbarchitect.rules._code.units import Happening, changes
from dbarchitect.rules._names import phrases, thing_words, words

AUDITS = phrases(
    "audit, audit log, audit trail, audit event, audit entry, audit record, change log, changelog, change history, "
    "admin action, admin log, security log, security event, object change, modlog, mod log, moderation log"
)
"""Names of tables that hold who changed what."""
_RELEASES = phrases("release date, released at, release candidate, release notes")
_RECORDING = re.compile(
    r"(?:^|_)(?:audit|(?:log|record|write|add|create|track|save)_(?:audit|admin|activity|change|action|history))"
)
"""Functions of a project that are told what was done: `log_audit`, `record_action`, `audit`."""


def is_audit_table(table: Table) -> bool:
    """True for a table of who changed what, by its name and not being the notes of a release."""
    release_notes = any(_RELEASES.ends(column.name) for column in table.columns)
    return AUDITS.ends("_".join(thing_words(table))) and not release_notes


def audit_tables(survey: Survey) -> frozenset[tuple[str, ...]]:
    """The keys of the audit tables that the application writes to itself."""
    return frozenset(table.ref.key for table in survey.tables if is_audit_table(table))


def is_record(happening: Happening, tables: frozenset[tuple[str, ...]]) -> bool:
    """Whether something that happens is a row put into an audit table."""
    query = happening.query
    return query is not None and query.verb in WRITES and query.table is not None and query.table.key in tables


@lru_cache(maxsize=4)
def _recorders(code: Code, tables: frozenset[tuple[str, ...]]) -> frozenset[str]:
    """The functions that write to an audit table themselves."""
    found = {
        q.place.function for q in code.queries if q.verb in WRITES and q.table is not None and q.table.key in tables
    }
    return frozenset(found)


def records(code: Code, function: str, tables: frozenset[tuple[str, ...]]) -> bool:
    """Whether a function, or one that it calls, writes to the audit trail."""
    if any(is_record(happening, tables) for _, happening in changes(code, function)):
        return True
    recorders, stack, seen = _recorders(code, tables), [function], set[str]()
    while stack:
        key = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        if key in recorders or (key != function and _is_recording(key.rpartition(".")[2].rpartition(":")[2])):
            return True
        stack.extend(call.callee for call in calls_of(code).get(key, ()))
    return False


@lru_cache(maxsize=16_384)
def _is_recording(name: str) -> bool:
    """Whether a function is told what was done, by its name."""
    return _RECORDING.search("_".join(words(name))) is not None


def is_written_behind(code: Code, tables: frozenset[tuple[str, ...]]) -> bool:
    """Whether something that nobody is seen to call writes to the trail: a signal's receiver, an event of the session.

    Then what is not seen to record may be recorded all the same.
    """
    return any(
        not callers(code).get(key) and (fact := code.functions.get(key)) is not None and fact.kind.value == "other"
        for key in _recorders(code, tables)
    )
