"""UPDATE and DELETE of every row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dbarchitect.catalog.queries import Code, Fetch, FunctionKind, Idiom, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, queries_by_function, queries_of, table_of
from dbarchitect.rules._code.reach import kinds_behind
from dbarchitect.rules._code.telling import as_evidence, first_few, query_ref, shown_in, tables_of
from dbarchitect.rules._names import singular_words, words
from dbarchitect.rules._schema.shape import is_account
from dbarchitect.rules._sql import count

_MEANT = frozenset(
    ["reset", "clear", "purge", "truncate", "wipe", "flush", "teardown", "drop", "rebuild", "reindex", "refresh",
     "regenerate", "recreate", "reload", "reimport", "import", "sync", "seed", "populate", "restore", "cleanup",
     "clean", "empty", "nuke", "migrate", "setup", "init", "uninstall", "all", "everything",
     "recompute", "recalculate", "test"]
)  # fmt: skip
_PASSING = frozenset(["cache", "tmp", "temp", "temporary", "staging", "scratch", "lock", "import", "queue", "session"])
_DELETING = frozenset({"delete", "remove"})
_OF_MANY = ("history", "list", "log", "logs")
"""Ends of names that mean all of what was kept, as no plural does for sure."""
_OF_ONE = frozenset({Idiom.SAVE, Idiom.LAZY_RELATION, Idiom.GET_OR_CREATE, Idiom.UPDATE_OR_CREATE, Idiom.ON_CONFLICT,
                     Idiom.BULK})  # fmt: skip
_STAFF = frozenset({"admin", "admins", "administrator", "superuser", "superadmin", "staff", "internal", "dev", "debug"})
_CASE = re.compile(r"\bcase\s*(?:\(|when\b)", re.IGNORECASE)
_WORTH_PRAISE = 5
_SEVERAL = 3
"""So many tables emptied in a row are a reset, not a condition that was forgotten."""


class UpdateOrDeleteWithoutWhere(Rule):
    """UPDATE or DELETE without WHERE

    ## What it finds
    A statement in SQL, or a queryset, that changes or deletes every row of a table: `DELETE FROM orders`,
    `Order.objects.all().delete()`. A warning where a request or a worker gets there, an error where the request of
    any visitor changes all accounts; information in commands. Not: functions whose name says that everything goes
    (`reset`, `rebuild`, `delete_all`, `delete_task_history` of the table of that name), tables of passing things
    (caches, imports, locks), rows that the same transaction puts in again, a mark that is taken from all rows and
    given to some of them next, a CASE that tells the rows apart, and tables of one row.

    ## Why it matters
    One call, by a mistake or by somebody who found the route, and the table is empty; the whole of it is locked and
    rewritten, and all foreign keys to it cascade.

    ## When to leave it
    When all rows are really meant: say so in the function's name.

    ## How the fix works
    There is none in the schema: add the condition that is meant; where all rows are meant, keep it out of reach of a
    request.

    ## References
    - https://www.postgresql.org/docs/current/sql-delete.html
    - https://docs.djangoproject.com/en/stable/topics/db/queries/#deleting-objects
    """

    code = "QRY012"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table; one for a function that empties several, as a reset does."""
        code = survey.code
        if code is None:
            return
        whole = (q for q in queries_of(survey) if _is_of_all(q) and not _is_meant(q))
        found: dict[str, list[tuple[QueryFact, ...]]] = {}
        forgotten = (q for q in whole if not (_is_replaced(code, q) or _is_passed_on(code, q)))
        for queries in by_function(q for q in forgotten if not _is_single(survey, code, q)):
            found.setdefault(queries[0].place.function, []).append(queries)
        for groups in found.values():
            several = len(groups) >= _SEVERAL
            together = [tuple(q for queries in groups for q in queries)] if several else groups
            yield from (self._finding(survey, code, queries, meant=several) for queries in together)

    def _finding(self, survey: Survey, code: Code, queries: tuple[QueryFact, ...], *, meant: bool) -> Finding:
        first = queries[0]
        kinds = kinds_behind(code).get(first.place.function, frozenset())
        at_work = bool(kinds & {FunctionKind.ROUTE, FunctionKind.TASK}) and not meant
        whose = [table for query in queries if (table := table_of(query, survey)) is not None and is_account(table)]
        sure = bool(whose) and FunctionKind.ROUTE in kinds and not meant and not _is_of_staff(code, first)
        done = "deletes" if first.verb is Verb.DELETE else "changes"
        return Finding(
            self.name(),
            query_ref(first),
            f"{shown_in(code, first.place.function)} {done} every row of {tables_of(queries)}: the statement"
            f"{'s have' if meant else ' has'} no WHERE.",
            "Add the condition that is meant; where all rows are meant, keep it out of reach of requests.",
            first_few(queries),
            first.origin,
            (first.verb.value,),
            Level.ERROR if sure else Level.WARNING if at_work else Level.INFO,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """That every UPDATE and DELETE names the rows that it means."""
        written = [q for q in queries_of(survey) if q.verb in {Verb.UPDATE, Verb.DELETE} and q.idiom not in _OF_ONE]
        if len(written) >= _WORTH_PRAISE and all(q.predicates for q in written):
            text = f"Every UPDATE and DELETE in the code names its rows ({count(len(written), 'statement')})"
            yield Strength(self.name(), Ref.database(), text, tuple(as_evidence(q) for q in written[:3]))


def _is_of_staff(code: Code, query: QueryFact) -> bool:
    """Whether those who run it are let in as such, or its place says so."""
    fact = code.functions.get(query.place.function)
    said = (query.place.function, *((fact.route or "", *fact.guards) if fact is not None else ()))
    return any(_STAFF & set(words(text)) for text in said)


def _is_of_all(query: QueryFact) -> bool:
    if query.verb is Verb.UPDATE and _CASE.search(query.text):
        return False  # which row gets what is told row by row
    whole = query.verb in {Verb.UPDATE, Verb.DELETE} and query.table is not None and not query.predicates
    known = not query.dynamic and query.limit is None and not query.joins and not query.locks
    return whole and known and query.idiom not in _OF_ONE and not query.place.loops and len(query.tables) <= 1


def _is_replaced(code: Code, query: QueryFact) -> bool:
    """Whether the rows are put in again in the same transaction."""
    here = queries_by_function(code).get(query.place.function, ())
    opened = query.place.transaction
    return opened is not None and any(
        other.verb is Verb.INSERT
        and other.table == query.table
        and other.place.transaction == opened
        and other.place.position > query.place.position
        for other in here
    )


def _is_passed_on(code: Code, query: QueryFact) -> bool:
    """Whether what is taken from all rows is given to some of them next (`is_default = false`, then true for one)."""
    taken = {a.column.key: a.constants for a in query.assignments if a.constants}
    here = queries_by_function(code).get(query.place.function, ()) if len(taken) == len(query.assignments) > 0 else ()
    return any(
        other.place.position > query.place.position
        and any(taken.get(a.column.key, a.constants) != a.constants for a in other.assignments)
        for other in here
        if other.verb is not Verb.SELECT
    )


def _is_single(survey: Survey, code: Code, query: QueryFact) -> bool:
    """Whether the table holds one row, as settings do: the code takes the first of it, whichever that is."""
    table = table_of(query, survey)
    if table is None:
        return False
    keys = {name for key in (table.primary_key,) if key is not None for name in key.columns}
    reads = [q for q in code.about(table.ref) if q.verb is Verb.SELECT]
    blind = [
        q
        for q in reads
        if q.fetch in {Fetch.FIRST, Fetch.ONE} and not (q.predicates or q.dynamic or q.joins)
        if all(key.column is not None and key.column.columns[0] in keys for key in q.ordering)
    ]
    return bool(blind) and not any(q.fetch is Fetch.ALL for q in reads)


def _is_meant(query: QueryFact) -> bool:
    """Whether function or table say that everything goes."""
    path, _, name = query.place.function.partition(":")
    said = {*words(name), *words(path.rpartition("/")[2].rpartition(".")[0])}
    table = (query.table.table if query.table is not None else None) or ""
    own = words(name.rpartition(".")[2])
    return bool(said & _MEANT) or bool(_PASSING & set(singular_words(table))) or _names_the_whole(own, words(table))


def _names_the_whole(said: Sequence[str], table: Sequence[str]) -> bool:
    """Whether `delete_task_history` names all that the table holds, and nothing besides."""
    return len(said) > 1 and said[0] in _DELETING and table[1 - len(said) :] == said[1:] and said[-1].endswith(_OF_MANY)
