"""Relations that are loaded one row at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.queries import Code, Fetch, Idiom, QueryFact
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code import WRITES, is_unwatched, queries_by_place, queries_of, reached, shown
from dbarchitect.rules._forms import loading
from dbarchitect.rules._turns import called_in_loops, is_chunked, is_dwarfed, turns_of

_PER_ROW = frozenset({Idiom.SERIALIZER, Idiom.ADMIN})
_TOUCHED = frozenset({Idiom.LAZY_RELATION, Idiom.TEMPLATE})
_SHOWN = 5


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
    https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
    https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
    """

    code = "QRY002"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and relation."""
        code = survey.code
        if code is None:
            return
        cases: dict[tuple[str, str], list[tuple[QueryFact, str]]] = {}
        for function, query, over in (*_in_loops(survey), *_by_calls(code)):
            cases.setdefault((function, query.relation or str(query.table)), []).append((query, over))
        for (function, relation), touched in cases.items():
            slow = all(is_dwarfed(code, query.place) for query, _ in touched)
            few = all(_are_parts(query, code) for query, _ in touched)
            level = Level.INFO if is_unwatched(code, function) or slow or few else Level.WARNING
            yield _finding(self.name(), function, relation, touched, level)


def _in_loops(survey: Survey) -> Iterator[tuple[str, QueryFact, str]]:
    """The relations touched in loops over rows that were loaded without them, and those of templates and the like."""
    for query in queries_of(survey):
        loop = turns_of(query.place)
        if query.relation is None or is_chunked(query.place):
            continue
        if query.idiom in _PER_ROW:
            yield query.place.function, query, loop.over if loop is not None else ""
        elif loop is not None and loop.rows and query.idiom in _TOUCHED and _is_of_the_row(query, survey.code):
            yield query.place.function, query, loop.over


def _loading(query: QueryFact, code: Code | None) -> QueryFact | None:
    """The query that loaded the row whose relation is touched, None where it is not known."""
    if code is None or not query.builders:
        return None
    place = query.builders[0]
    return queries_by_place(code).get((place.path, place.start))


def _is_of_the_row(query: QueryFact, code: Code | None) -> bool:
    """Whether the relation is one of what the loop goes through, not of an object that stays the same in all turns."""
    if not query.builders:
        return False  # loaded by a caller, with what it needs
    loading = _loading(query, code)
    if loading is None or loading.fetch not in {Fetch.ONE, Fetch.FIRST}:
        return True
    return loading.place.function == query.place.function and bool(loading.place.loops)


def _are_parts(query: QueryFact, code: Code) -> bool:
    """Whether the rows are the parts of one object, loaded by a relation of it: few, as a rule."""
    loading = _loading(query, code)
    return loading is not None and loading.idiom is Idiom.LAZY_RELATION and not loading.place.loops


def _by_calls(code: Code) -> Iterator[tuple[str, QueryFact, str]]:
    """The relations that a function touches which a loop over rows calls."""
    for called in called_in_loops(code, 2):
        query = called.query
        if query.idiom is not Idiom.LAZY_RELATION or query.relation is None or query.place.loops:
            continue
        if any(other.verb in WRITES for other, _ in reached(code, called.way[0].callee)):
            continue  # what is done for each row is more than reading
        loaded = bool(query.builders) and query.builders[0].path == called.way[0].origin.path
        if loaded and called.loop.rows:
            yield called.way[0].caller.function, query, called.loop.over


def _finding(rule: str, function: str, relation: str, touched: list[tuple[QueryFact, str]], level: Level) -> Finding:
    first, over = touched[0]
    table = first.table or Ref.database()
    many = first.fetch not in {Fetch.ONE, Fetch.FIRST}
    attribute = relation.rpartition(".")[2]
    of = f"every row of `{' '.join(over.split())[:60]}`" if over else "every row of the list"
    evidence = [Evidence(EvidenceKind.CODE, query.text, query.origin) for query, _ in touched[:_SHOWN]]
    places = {builder: None for query, _ in touched for builder in query.builders}
    evidence.extend(Evidence(EvidenceKind.CODE, f"loaded here without `{attribute}`", p) for p in list(places)[:2])
    option = loading(first.library, relation, many=many)
    return Finding(
        rule,
        Ref(Kind.QUERY, table.schema, table.table, (), function),
        f"{shown(function)} reads `{attribute}` of {of}, and {table} is asked again for each of them.",
        f"Load it with the rows: `{option}`.",
        tuple(evidence),
        first.origin,
        (relation,),
        level,
    )
