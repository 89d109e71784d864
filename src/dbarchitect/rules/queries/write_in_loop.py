"""A statement for every row that is written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, Comparison, Fetch, Idiom, LoopFact, QueryFact, Verb
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.language import of_file
from dbarchitect.rules._code.queries import WRITES, by_function, distinct, queries_by_function, queries_of
from dbarchitect.rules._code.reach import calls_of, is_by_hand, is_unwatched
from dbarchitect.rules._code.telling import as_evidence, shown_in, tables_of
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._running.embedded import is_within
from dbarchitect.rules._sql import listed
from dbarchitect.rules.queries._forms import bulk, way_of
from dbarchitect.rules.queries._narrowing import Reach, reach_of
from dbarchitect.rules.queries._turns import are_few, commits_within, is_chunked, is_dwarfed, turns_of

_IN_BULK = frozenset({Idiom.BULK, Idiom.LAZY_RELATION})
_OF_OBJECTS = re.compile(
    r"\.(?:add|add_all|merge|append|extend|remove)\(|\bsession\.delete\(|\.delete\(\s*[a-z_]\w*\s*\)", re.IGNORECASE
)
"""How objects are handed to SQLAlchemy's unit of work, which writes them together."""
_OF_CORE = re.compile(r"\b(?:insert|execute|exec|scalars?)\(", re.IGNORECASE)
_OF_ITSELF = re.compile(r"^(?:await\s+)?self\.a?(?:save|delete)\(")
"""An object that saves itself, while it goes through something else."""
_ONE = frozenset({Fetch.ONE, Fetch.FIRST})
_OF_MANY = frozenset({Verb.UPDATE, Verb.DELETE})
_SHOWN = 5
_DONE = {"insert": "inserts into", "update": "updates", "delete": "deletes from", "upsert": "writes"}


class WriteInLoop(Rule):
    """A statement for every row that is written

    ## What it finds
    `INSERT`, `UPDATE` or `DELETE` of single rows (`save()`, `create()`, `delete()`, `execute`) in every turn of a
    loop. Not: SQLAlchemy's unit of work, which gathers what is added and changed and writes it together, unless each
    turn commits; bulk forms; batches; one row that is saved again and again; loops with a small constant number of
    turns; loops that only gather what one `$transaction` runs; rows that are claimed one by one, from one state to
    the next. Information where each turn waits for another system anyway, or writes several tables in a transaction
    of its own; and where the database is within the program (SQLite) and one transaction is around the loop.

    ## Why it matters
    1,000 rows are 1,000 ways to the server and, without a transaction around them, 1,000 commits, each of which waits
    for the disk. One statement for all is ten to a hundred times as fast, and succeeds or fails as a whole.

    ## When to leave it
    When signals or `save` methods of the model must run for each row, or a row's failure must not stop the others. It
    is silent where the model's own `delete` is run, and in commands of which each turn waits for another system.

    ## How the fix works
    There is none in the schema: gather the rows and write them with the bulk form that the hint names.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#use-bulk-methods
    - https://docs.sqlalchemy.org/en/20/orm/queryguide/dml.html
    """

    code = "QRY009"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table; one for all tables that one loop writes."""
        code = survey.code
        if code is None:
            return
        single = (q for q in queries_of(survey) if _is_single(q, code) and not _is_beside(q, code))
        for queries in _by_loop(by_function(single)):
            yield _finding(self.name(), queries, survey, code)


def _by_loop(groups: Iterable[tuple[QueryFact, ...]]) -> Iterable[tuple[QueryFact, ...]]:
    """The groups, those of one function put together that stand in one loop; of a group in several loops the part in
    the innermost, which turns most often."""
    found: dict[tuple[str, Origin], tuple[QueryFact, ...]] = {}
    for group in groups:
        deepest = max(group, key=lambda q: len(q.place.loops)).place
        loop = turns_of(deepest)
        key = (deepest.function, loop.origin if loop is not None else group[0].origin)
        within = tuple(q for q in group if _is_in(q, loop))
        found[key] = (*found.get(key, ()), *within)
    return [tuple(sorted(group, key=lambda q: q.place.position)) for group in found.values()]


def _is_in(query: QueryFact, loop: LoopFact | None) -> bool:
    own = turns_of(query.place)
    return loop is None or (own is not None and own.origin == loop.origin)


def _is_single(query: QueryFact, code: Code) -> bool:
    if is_by_hand(query.place.function) or is_of_tests(query.origin.path):
        return False
    if query.verb not in WRITES or query.table is None or query.idiom in _IN_BULK or is_chunked(query.place):
        return False
    if query.verb in _OF_MANY and any(p.comparison is Comparison.IN for p in query.predicates):
        return False  # each turn writes many together
    run = query.text.rpartition(" … ")[2]
    if turns_of(query.place) is None or "executemany" in run or _OF_ITSELF.search(run):
        return False
    if _is_claim(query) or _is_the_same_row(query, code):
        return False
    added = query.idiom is Idiom.SAVE or _OF_OBJECTS.search(query.text) is not None or _is_of_a_new_row(query)
    return not (query.library == "sqlalchemy" and added) or commits_within(code, query.place)


def _is_the_same_row(query: QueryFact, code: Code) -> bool:
    """Whether one row that was fetched before the loop is saved in each of its turns, as a progress is: the loop goes
    through something else, and fetches none of the table."""
    loop = turns_of(query.place)
    if query.verb is not Verb.UPDATE or query.idiom is not Idiom.SAVE or loop is None or loop.table == query.table:
        return False
    here = [q for q in queries_by_function(code).get(query.place.function, ()) if q.table == query.table]
    fetched = [q for q in here if q.verb in {Verb.SELECT, Verb.UPSERT, Verb.INSERT}]
    inside = any(loop.origin in {around.origin for around in q.place.loops} for q in fetched)
    known = loop.table is not None or not loop.rows
    return known and not inside and any(q.fetch in _ONE and q.verb is Verb.SELECT for q in fetched)


def _is_of_a_new_row(query: QueryFact) -> bool:
    """Whether a row is added as an object, however the function is called that hands it to the session."""
    return query.verb is Verb.INSERT and not query.as_text and _OF_CORE.search(query.text) is None


def _is_claim(query: QueryFact) -> bool:
    """Whether an UPDATE takes a row from one state to another if it is still in the first (`where status = 'queued'`,
    `set status = 'failed'`): how many rows it met tells whether this program or another has it."""
    from_states = {p.column: p.constants for p in query.predicates if p.constants and not p.negated}
    into = {a.column: a.constants for a in query.assignments if a.constants}
    keyed = any(p.comparison is Comparison.EQUAL and not p.constants for p in query.predicates)
    claims = any(column in into and not set(from_states[column]) & set(into[column]) for column in from_states)
    empty = {p.column for p in query.predicates if p.comparison is Comparison.IS_NULL and not p.negated}
    filled = {a.column for a in query.assignments if a.constants != ("null",)}
    return query.verb is Verb.UPDATE and keyed and (claims or bool(empty & filled))


def _is_a_unit_each(queries: tuple[QueryFact, ...]) -> bool:
    """Whether each turn writes several tables in a transaction that it opens itself: what belongs to one row lasts by
    itself, whatever becomes of the others."""
    for query in queries:
        opened, loop = query.place.transaction, turns_of(query.place)
        if opened is None or loop is None or opened.path != loop.origin.path:
            return False
        if not (loop.origin.start or 0) <= (opened.start or 0) < (loop.origin.end or 0):
            return False
    return len({query.table for query in queries}) > 1


def _has_own_way(query: QueryFact, code: Code) -> bool:
    """Whether the model's own `save` or `delete` is run in the loop: what it does, bulk forms leave out."""
    calls = calls_of(code).get(query.place.function, ())
    return any(call.caller.loops and call.callee.rpartition(".")[2] in {"save", "delete"} for call in calls)


def _aside(query: QueryFact, code: Code) -> str:
    """What a bulk form leaves undone."""
    own = query.library == "django" and _has_own_way(query, code)
    return "; what the model's own `save` does besides has to be done for them, too" if own else ""


def _is_beside(query: QueryFact, code: Code) -> bool:
    """Whether it matters little that the row is written by itself: the model's own `delete` clears away what goes with
    the row, or a command waits for another system in each turn anyway."""
    calls = calls_of(code).get(query.place.function, ())
    here = (c for c in calls if c.origin.path == query.origin.path and c.origin.start == query.origin.start)
    clears = query.verb is Verb.DELETE and any(c.callee.rpartition(".")[2] in {"delete", "adelete"} for c in here)
    return clears or (is_dwarfed(code, query.place) and is_unwatched(code, query.place.function))


def _finding(rule: str, queries: tuple[QueryFact, ...], survey: Survey, code: Code) -> Finding:
    first = queries[0]
    function = first.place.function
    loops = [loop for query in queries if (loop := turns_of(query.place)) is not None]
    rows = any(loop.rows for loop in loops)
    verbs = [verb for verb in _DONE if any(query.verb.value == verb for query in queries)]
    committing = [query for query in queries if commits_within(code, query.place)]
    dwarfed = all(is_dwarfed(code, query.place) for query in queries)
    keyed = any(query.idiom in {Idiom.GET_OR_CREATE, Idiom.UPDATE_OR_CREATE} for query in queries)
    deleting = verbs == ["delete"] and not committing  # as a rule the few that are too many
    linking = all(re.search(r"\.a?add\(", query.text) for query in queries) and first.library == "django"
    many = all(q.idiom is None and q.verb in _OF_MANY and reach_of(q, survey) is not Reach.ONE for q in queries)
    own = many or deleting or linking or keyed or _has_own_way(first, code)
    dwarfed = dwarfed or are_few(survey, loops)
    light = is_within(survey) and not committing and all(q.place.transaction is not None for q in queries)
    minor = (
        own or light or dwarfed or _is_a_unit_each(queries) or is_unwatched(code, function) or not (rows or committing)
    )
    table = first.table or Ref.database()
    each = "commits each by itself" if committing else "one statement each"
    done = listed(_DONE[verb] for verb in verbs)
    over = " ".join(loops[0].over.split())[:60]
    evidence = [as_evidence(query) for query in distinct(queries)[:_SHOWN]]
    evidence.append(Evidence(EvidenceKind.CODE, f"the loop goes through `{over}`", loops[0].origin))
    return Finding(
        rule,
        Ref(Kind.QUERY, table.schema, table.table, (), function),
        f"{shown_in(code, function)} {done} {tables_of(queries)} row by row in a loop over `{over}`, {each}.",
        f"Write all of them together: {bulk(way_of(first), verbs, of_file(first.origin.path))}{_aside(first, code)}.",
        tuple(evidence),
        first.origin,
        tuple(verbs),
        Level.INFO if minor else Level.WARNING,
    )
