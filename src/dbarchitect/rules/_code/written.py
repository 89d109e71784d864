"""What an application's code writes into a column: where rows are made, what they get, where NULL is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from dbarchitect.catalog.queries import Code, Comparison, FieldRule, FunctionKind, Operand, Predicate, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.often import made_often
from dbarchitect.rules._code.reach import callers, is_backstage_kind, is_by_hand

_MAKES = frozenset({Verb.INSERT, Verb.UPSERT})
_WRITES = frozenset({*_MAKES, Verb.UPDATE})
_NULLS = frozenset({Comparison.IS_NULL, Comparison.IS_NOT_NULL})
_MAY_BE_NULL = re.compile(
    r"(?<!\w)(?P<column>\w++)[\"`\]]?\s++is\s++not\s++distinct\s++from\b|\.(?P<attribute>\w+)\.is_not_distinct_from\(",
    re.IGNORECASE,
)
"""A comparison that holds for NULL with NULL."""
_ADDED = re.compile(r"\.(?:add|merge|add_all)\((?P<name>\w+)\)")
_ANY = frozenset({"object", "obj", "instance", "entity", "model", "row", "record", "item", "db_obj"})
_FEW_CALLS = 1
_UNDOING = frozenset({"down", "downgrade", "rollback", "revert", "undo"})
"""Functions that take a migration back: no database that is up to date has seen what they do."""
_FORMS = frozenset({"form", "serializer", "schema"})
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|testing|e2e|factories|fixtures|conftest|seed\w*|demo)(?:/|\.py$)"
    r"|(?:^|/)test_|_tests?/|_tests?\.py$|factor(?:y|ies)\.py$"
    r"|(?:^|/)__(?:tests|mocks|fixtures)__/|(?:^|/)seed\w*(?:[-.]\w+)*\.[cm]?[jt]sx?$|\.(?:test|spec)\.[cm]?[jt]sx?$"
)


def is_of_tests(path: str | None) -> bool:
    """True for a file of tests, of their fixtures and factories, of sample data: what it does proves nothing."""
    return path is not None and _names_tests(path)


@lru_cache(maxsize=65_536)
def _names_tests(path: str) -> bool:
    return _TESTS.search(path) is not None


@made_often
@dataclass(frozen=True, slots=True)
class _Write:
    """A query that writes rows, and by column (its name folded) the constants that it writes, `?` for what is not
    known."""

    query: QueryFact
    values: Mapping[str, list[str]]


@dataclass(slots=True)
class _Table:
    makings: list[_Write] = field(default_factory=list)
    writes: list[_Write] = field(default_factory=list)
    asks: list[tuple[str, QueryFact]] = field(default_factory=list)
    rules: list[FieldRule] = field(default_factory=list)
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of one column from the code.

    `given` are the places that make rows and write a value, `left_out` those that make rows and do not; `emptied`
    write NULL, `asked` look for it (in a query at work, not in one that fills the gaps), `filled` fill the gaps
    afterwards. `unseen` tells that rows are made in ways that are not seen whole. `optional` is a layer above that
    lets the value be left out, `maybe` a place that writes what is not known. `undecided` tells of a truth that rows
    are made without, and that one function answers later on, with yes or with no.
    """

    given: tuple[QueryFact, ...] = ()
    left_out: tuple[QueryFact, ...] = ()
    emptied: tuple[QueryFact, ...] = ()
    asked: tuple[QueryFact, ...] = ()
    filled: tuple[QueryFact, ...] = ()
    maybe: tuple[QueryFact, ...] = ()
    optional: tuple[FieldRule, ...] = ()
    unseen: bool = True
    undecided: bool = False

    @property
    def means_something(self) -> bool:
        """Whether NULL is a value that the program works with."""
        return bool(self.emptied or self.asked)

    @property
    def seen_whole(self) -> bool:
        """Whether every place that makes rows is seen, with all that it writes into the column; one of them at least
        is at work, no script or sample data."""
        at_work = any(not is_by_hand(query.place.function) for query in self.given)
        return at_work and not (self.unseen or self.maybe or self.means_something)


def written(code: Code | None, column: Ref) -> Written:
    """What the code does with a column."""
    found = _tables(code).get(column.table_key) if code is not None else None
    if code is None or found is None or not column.columns:
        return Written()
    name = column.columns[0].casefold()
    by_making = [(write.query, write.values.get(name)) for write in found.makings]
    nulls = [write.query for write in found.writes if "null" in write.values.get(name, ())]
    filled = tuple(query for asked, query in found.asks if asked == name and _fills(query, name))
    filled = tuple(query for query in filled if query.table is not None and query.table.key == column.table_key)
    asked = tuple(query for asked, query in found.asks if asked == name and not _fills(query, name))
    left_out = tuple(query for query, value in by_making if value is None)
    answers: dict[str, set[str]] = defaultdict(set)
    for write in found.writes:
        if write.query.verb is Verb.UPDATE:
            answers[write.query.place.function].update(write.values.get(name, ()))
    return Written(
        tuple(query for query, value in by_making if value is not None and "null" not in value),
        left_out,
        tuple(nulls),
        tuple(query for query in asked if not is_backstage_kind(code.function(query.place))),
        filled,
        tuple(query for query, value in by_making if value is not None and "?" in value),
        tuple(r for r in found.rules if r.column and r.column.key == column.key and r.required is False),
        not found.makings or found.loose or any(query.dynamic or _is_handed_in(code, query) for query, _ in by_making),
        bool(left_out) and any({"true", "false"} <= given for given in answers.values()),
    )


def makings(code: Code, table: Ref) -> tuple[QueryFact, ...]:
    """The places of the application at work that make rows of a table."""
    found = _tables(code).get(table.table_key)
    if found is None:
        return ()
    queries = (write.query for write in found.makings)
    return tuple(query for query in queries if not is_backstage_kind(code.function(query.place)))


def _is_handed_in(code: Code, query: QueryFact) -> bool:
    """True where a function saves whatever object it is given: of its many callers not every one is seen."""
    if query.library != "sqlalchemy":
        return False
    given = _ADDED.search(query.text)
    calls = callers(code).get(query.place.function, ())
    return len(calls) > _FEW_CALLS and given is not None and given["name"] in _ANY


def _values(query: QueryFact) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for assignment in query.assignments:
        if assignment.column.columns:
            values = found.setdefault(assignment.column.columns[0].casefold(), [])
            values.extend(assignment.constants)
            if assignment.operand is Operand.UNKNOWN or assignment.optional:
                values.append("?")
    return found


def _fills(query: QueryFact, name: str) -> bool:
    """Whether a query fills the gaps of a column, all of them. One that writes it into a row that was chosen otherwise
    tells that something has happened to that row (`set done_at = now() where id = $1 and done_at is null`)."""
    if query.verb is not Verb.UPDATE or name not in _values(query):
        return False
    return not any(
        not p.optional
        and (
            (
                p.comparison in {Comparison.EQUAL, Comparison.IN}
                and (p.operand in {Operand.PARAMETER, Operand.CONSTANT} or p.column.columns == ("id",))
            )
            or (p.comparison is Comparison.IS_NOT_NULL and tuple(c.casefold() for c in p.column.columns) != (name,))
        )
        for p in query.predicates
    )


def _asks_for_null(predicate: Predicate, query: QueryFact) -> bool:
    """Whether a comparison finds rows without a value in the column."""
    if predicate.comparison in _NULLS or "null" in predicate.constants:
        return True
    if predicate.comparison is not Comparison.EQUAL:
        return False
    compared = _compared_with_null(query.text)
    return bool(compared and predicate.column.columns) and predicate.column.columns[0].casefold() in compared


@lru_cache(maxsize=4_096)
def _compared_with_null(text: str) -> frozenset[str]:
    """The columns that a text compares so that NULL equals NULL."""
    if "distinct" not in text.casefold():
        return frozenset()
    found = _MAY_BE_NULL.finditer(text)
    return frozenset((match["column"] or match["attribute"]).casefold() for match in found)


@lru_cache(maxsize=4)
def _tables(code: Code) -> Mapping[tuple[str, ...], _Table]:
    found: dict[tuple[str, ...], _Table] = defaultdict(_Table)
    for query in code.queries:
        if is_of_tests(query.origin.path):
            continue
        function = code.functions.get(query.place.function)
        migration = function is not None and function.kind is FunctionKind.MIGRATION
        if migration and query.place.function.rpartition(":")[2].rpartition(".")[2] in _UNDOING:
            continue
        table = query.table
        if table is not None and query.verb in _WRITES and not migration:
            about, write = found[table.key], _Write(query, _values(query))
            about.writes.append(write)
            if query.verb in _MAKES:
                about.makings.append(write)
        asking = [p.column for p in query.predicates if _asks_for_null(p, query)]
        outer = {ref.table_key for join in query.joins if join.outer for _, ref in join.pairs} if asking else set()
        for column in asking:
            name = column.columns[0].casefold() if column.columns else ""
            if column.table_key not in outer and (not migration or _fills(query, name)):
                found[column.table_key].asks.append((name, query))
    for table, origin in code.loose:
        if not is_of_tests(origin.path):
            found[table.key].loose = True
    for rule in code.rules:
        if rule.column is not None and rule.layer in _FORMS:
            found[rule.column.table_key].rules.append(rule)
    return found
