"""Relations that are loaded one row at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.queries import Code, Fetch, Idiom, QueryFact
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import WRITES, distinct, queries_by_place, queries_of, table_of
from dbarchitect.rules._code.reach import is_by_hand, is_unwatched, reached
from dbarchitect.rules._code.telling import shown_in, tables_of
from dbarchitect.rules._names import words
from dbarchitect.rules._sql import listed
from dbarchitect.rules.queries._forms import Chain, loading, path_of
from dbarchitect.rules.queries._turns import called_in_loops, is_chunked, is_dwarfed, turns_of

_PER_ROW = frozenset({Idiom.SERIALIZER, Idiom.ADMIN})
_TOUCHED = frozenset({Idiom.LAZY_RELATION, Idiom.TEMPLATE})
_LONGEST = 6
_SHOWN = 5
_AND = "` and of `"
_WIDEST = 60
"""Characters that are shown of what a loop goes through."""


class LazyRelationInLoop(Rule):
    """A relation is loaded for each row by itself

    ## What it finds
    An attribute that leads to another table's rows (`order.customer`, `post.tags.all()`), touched for every row of a
    list that was loaded without it: in a loop, in a function that the loop calls, in a template, a serializer or an
    admin list.

    ## Why it matters
    It looks like reading an attribute and is a query: a list of 100 rows asks 101 times (N+1). Nothing in the line
    tells, and tests with three rows are fast.

    ## When to leave it
    When the list has few rows for certain, or all rows share the few objects that the session holds already.

    ## How the fix works
    There is none in the schema: the hint names the loading option for exactly this relation. A single object comes
    along by a join, many by one more query for all rows together.

    ## References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
    - https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
    """

    code = "QRY002"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and loop."""
        code = survey.code
        if code is None:
            return
        cases: dict[tuple[str, str], list[QueryFact]] = {}
        for function, query, over in (*_in_loops(survey), *_by_calls(survey, code)):
            if not is_by_hand(function):
                cases.setdefault((function, over), []).append(query)
        told: set[tuple[str | None, int | None]] = set()
        for (function, over), touched in _together(cases).items():
            places = {(query.origin.path, query.origin.start) for query in touched}
            if places <= told:
                continue  # the same lines, reached through another function
            told |= places
            slow = all(is_dwarfed(code, query.place) for query in touched)
            few = all(_are_parts(query, survey) for query in touched)
            minor = slow or few or "admin" in words(over) or is_unwatched(code, function)
            level = Level.INFO if minor else Level.WARNING
            yield _finding(self.name(), function, over, touched, survey, level)


def _together(cases: dict[tuple[str, str], list[QueryFact]]) -> dict[tuple[str, str], list[QueryFact]]:
    """The loops of one function that touch the same relations as one: the rows are loaded with them once."""
    alike: dict[tuple[str, frozenset[str | None]], list[str]] = {}
    for (function, over), touched in cases.items():
        alike.setdefault((function, frozenset(query.relation for query in touched)), []).append(over)
    found: dict[tuple[str, str], list[QueryFact]] = {}
    for (function, _), loops in alike.items():
        shown = dict.fromkeys(" ".join(over.split())[:_WIDEST] for over in loops if over)
        found[function, _AND.join(shown)] = [query for over in loops for query in cases[function, over]]
    return found


def _in_loops(survey: Survey) -> Iterator[tuple[str, QueryFact, str]]:
    """The relations touched in loops over rows that were loaded without them, and those of templates and the like."""
    for query in queries_of(survey):
        loop = turns_of(query.place)
        if query.relation is None or is_chunked(query.place):
            continue
        if query.idiom in _PER_ROW:
            yield query.place.function, query, loop.over if loop is not None else ""
        elif loop is not None and loop.rows and query.idiom in _TOUCHED and _is_of_the_row(query, survey):
            yield query.place.function, query, loop.over


def _loading(query: QueryFact, survey: Survey) -> QueryFact | None:
    """The query that loaded the row whose relation is touched, None where it is not known."""
    if survey.code is None or not query.builders:
        return None
    place = query.builders[0]
    found = queries_by_place(survey.code).get((place.path, place.start), ())
    model = (query.relation or "").rpartition(".")[0]
    fitting = [q for q in found if q is not query and _is_of_model(q, model, survey)]
    return fitting[0] if fitting else next((q for q in found if q is not query), None)


def _is_of_model(query: QueryFact, model: str, survey: Survey) -> bool:
    table = table_of(query, survey)
    return table is not None and (table.model or "").rpartition(".")[2] == model


def _way(query: QueryFact, survey: Survey) -> tuple[QueryFact, ...]:
    """What leads to a touched relation: the query itself, the relations before it in the turn, and who loaded the row.

    Where the row's loading is not seen, the last one is the first relation touched.
    """
    known = survey.derive(_ways)
    if id(query) not in known:
        known[id(query)] = tuple(_way_to(query, survey))
    return known[id(query)]


def _ways(_: Survey) -> dict[int, tuple[QueryFact, ...]]:
    """What leads to each relation touched, by the query: asked for again and again."""
    return {}


def _way_to(query: QueryFact, survey: Survey) -> list[QueryFact]:
    way = [query]
    while len(way) < _LONGEST:
        before = _loading(way[-1], survey)
        if before is None or before in way:
            break
        way.append(before)
        of_the_turn = before.fetch in {Fetch.ONE, Fetch.FIRST} and before.place.loops
        if not of_the_turn or before.relation is None or before.idiom not in _TOUCHED | _PER_ROW:
            break
    return way


def _is_of_the_row(query: QueryFact, survey: Survey) -> bool:
    """Whether the relation is one of what the loop goes through, and it is seen how that was loaded.

    Not of an object that stays the same in all turns; nor of the parts of one that a caller has loaded.
    """
    said, attribute = query.text.rpartition(" … ")[2], (query.relation or "").rpartition(".")[2]
    if f".{attribute}" not in said:
        return False  # a variable that was made before, which keeps its rows
    found = _way(query, survey)[-1]
    if found is query or _is_of_one(found):
        return False
    if found.fetch not in {Fetch.ONE, Fetch.FIRST}:
        return found.place.function == query.place.function or not _goes_through_others(query, found)
    return found.place.function == query.place.function and bool(found.place.loops) and found.relation is None


def _goes_through_others(query: QueryFact, loaded: QueryFact) -> bool:
    """Whether all loops around a place are known to go through rows of other tables than the one that was loaded: what
    was handed to the function is one row, the same in all turns."""
    tables = [loop.table for loop in query.place.loops if loop.rows]
    known = loaded.table is not None and None not in tables
    return known and all(table != loaded.table for table in tables)


def _is_of_one(begun: QueryFact) -> bool:
    """Whether a way begins at a relation of an object that nobody is seen to load: whoever is signed in, a setting."""
    return begun.relation is not None and begun.idiom is Idiom.LAZY_RELATION and not begun.builders


def _chain(query: QueryFact, survey: Survey) -> Chain:
    """The relations that lead from the row of the loop to what is touched."""
    way = _way(query, survey)
    steps = [q for q in way if q is query or (q.relation is not None and q.fetch in {Fetch.ONE, Fetch.FIRST})]
    return tuple((q.relation or "", q.fetch not in {Fetch.ONE, Fetch.FIRST}) for q in reversed(steps))


def _whole(query: QueryFact, touched: list[QueryFact], survey: Survey) -> Chain:
    """A chain from the row of the loop on, where another line of the loop has touched what it begins with."""
    chain = _chain(query, survey)
    model = chain[0][0].rpartition(".")[0]
    loaded = _way(query, survey)[-1]
    if loaded is query or _is_of_model(loaded, model, survey):
        return chain
    before = next((q for q in touched if q is not query and _is_of_model(q, model, survey)), None)
    return chain if before is None else (*_chain(before, survey), *chain)


def _are_parts(query: QueryFact, survey: Survey) -> bool:
    """Whether the rows are the parts of one object, loaded by a relation of it: few, as a rule."""
    loading = _loading(query, survey)
    return loading is not None and loading.idiom is Idiom.LAZY_RELATION and not loading.place.loops


def _by_calls(survey: Survey, code: Code) -> Iterator[tuple[str, QueryFact, str]]:
    """The relations that a function touches which a loop over rows calls."""
    for called in called_in_loops(code, 2):
        query = called.query
        if query.idiom is not Idiom.LAZY_RELATION or query.relation is None or query.place.loops:
            continue
        writes = called.way[0].callee.rpartition(".")[2] in {"save", "delete"}
        if writes or any(other.verb in WRITES for other, _ in reached(code, called.way[0].callee)):
            continue  # what is done for each row is more than reading
        loaded = bool(query.builders) and query.builders[0].path == called.way[0].origin.path
        begun = _way(query, survey)[-1]
        around = begun.fetch in {Fetch.ONE, Fetch.FIRST} and called.loop not in begun.place.loops
        if around and begun is not query and begun.place.function == called.way[0].caller.function:
            continue  # one object that was there before the loop, and keeps what it has fetched
        if loaded and called.loop.rows and not _is_of_one(begun):
            yield called.way[0].caller.function, query, called.loop.over


def _finding(rule: str, function: str, over: str, touched: list[QueryFact], survey: Survey, level: Level) -> Finding:
    first = touched[0]
    table = first.table or Ref.database()
    every = dict.fromkeys(_whole(query, touched, survey) for query in touched)
    chains = [c for c in every if not any(c != other and other[: len(c)] == c for other in every)]
    paths = list(dict.fromkeys(path_of(chain) for chain in chains))
    of = f"every row of `{over}`" if over else "every row of the list"
    again = f"{tables_of(touched)} {'is' if len({str(q.table) for q in touched}) == 1 else 'are'} asked again"
    evidence = [Evidence(EvidenceKind.CODE, query.text, query.origin) for query in distinct(touched)[:_SHOWN]]
    places = dict.fromkeys(b for query in touched if len(_chain(query, survey)) == 1 for b in query.builders)
    evidence.extend(Evidence(EvidenceKind.CODE, "the rows are loaded here, without it", p) for p in list(places)[:2])
    return Finding(
        rule,
        Ref(Kind.QUERY, table.schema, table.table, (), function),
        f"{shown_in(survey.code, function)} reads {listed(f'`{path}`' for path in paths[:4])} of {of}, and {again} "
        "for each of them.",
        f"Load {'it' if len(paths) == 1 else 'them'} with the rows: {loading(first.library, chains)}.",
        tuple(evidence),
        first.origin,
        tuple(sorted(paths)),
        level,
    )
