"""Sets of columns that the code takes for a key: by which it fetches the one row, or makes it where there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from dbarchitect.catalog.queries import (
    Code,
    Comparison,
    Fetch,
    Idiom,
    Operand,
    Predicate,
    QueryFact,
    Verb,
)
from dbarchitect.catalog.queries import Use as Purpose
from dbarchitect.catalog.refs import Ref
from dbarchitect.often import but
from dbarchitect.rules._code.queries import queries_by_function
from dbarchitect.rules._code.reach import calls_of, is_backstage_kind
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._keys.made_again import is_made_several_times

_BY_KEY = {
    Idiom.GET_OR_CREATE: "gets or creates a row by them",
    Idiom.UPDATE_OR_CREATE: "updates or creates a row by them",
    Idiom.ON_CONFLICT: "enters or updates a row by them",
}
_LOOKS = frozenset({Fetch.EXISTS, Fetch.FIRST, Fetch.ONE, Fetch.SCALAR})
_VALUES = frozenset({Operand.PARAMETER, Operand.UNKNOWN})
_MOST = 5
"""Columns of the widest set that is taken for a key: by more, a row is only kept from being noted twice."""
_SEVERAL_FOUND = ("MultipleObjectsReturned", "MultipleResultsFound")


class Reliance(IntEnum):
    """How a piece of code relies on columns being unique, the strongest last."""

    FETCHED_AS_ONE = 1
    NO_OTHER_FOUND = 2
    LOOKED_THEN_MADE = 3
    MADE_BY_KEY = 4
    CONFLICT_NAMED = 5


@dataclass(frozen=True, slots=True)
class Use:
    """One place that relies on it; `making` is the insert that follows a look."""

    reliance: Reliance
    query: QueryFact
    words: str
    making: QueryFact | None = None


@dataclass(frozen=True, slots=True)
class AssumedKey:
    """Columns that code takes for a key. `where` are the columns that it compares with constants or NULL besides, with
    the constant: only rows that have these are meant (`role = 'owner'`, `deleted_at is null`)."""

    columns: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    uses: tuple[Use, ...]

    @property
    def reliance(self) -> Reliance:
        """The strongest."""
        return max(use.reliance for use in self.uses)


def assumed_keys(code: Code | None, table: Ref) -> tuple[AssumedKey, ...]:
    """The keys that the code assumes a table to have, each set of columns once."""
    return _by_table(code).get(table.key, ()) if code is not None else ()


@lru_cache(maxsize=4)
def _by_table(code: Code) -> Mapping[tuple[str, ...], tuple[AssumedKey, ...]]:
    several = _expecting_several(code)
    found: dict[tuple[str, ...], dict[tuple[frozenset[str], frozenset[tuple[str, str]]], list[_Found]]] = {}
    repeated: set[tuple[tuple[str, ...], frozenset[str]]] = set()
    own = queries_by_function(code)
    for function in dict.fromkeys((*own, *calls_of(code))):
        fact, queries = code.functions.get(function), own.get(function, ())
        if is_backstage_kind(fact) or is_of_tests(function.partition(":")[0]):
            continue
        for one in (*_of_function(queries, several), *_by_calls(code, function, queries)):
            if len(one.columns) > _MOST and one.use.reliance is not Reliance.CONFLICT_NAMED:
                continue
            key = (frozenset(one.columns), frozenset(one.where))
            if one.use.reliance is Reliance.MADE_BY_KEY and _is_made_without(queries, one):
                repeated.add((one.table.key, frozenset(one.columns)))
            found.setdefault(one.table.key, {}).setdefault(key, []).append(one)
    return {
        table: tuple(
            AssumedKey(group[0].columns, group[0].where, tuple(one.use for one in group))
            for (columns, where), group in sets.items()
            if (table, columns) not in repeated
            and not is_made_several_times(code, table, {*columns, *(name for name, _ in where)})
        )
        for table, sets in found.items()
    }


def _by_calls(code: Code, function: str, queries: Sequence[QueryFact]) -> Iterator[_Found]:
    """The looks and makings of which the one stands in a function that this one calls, and the program goes on in
    another way where there is a row."""
    own = queries_by_function(code)
    called = [
        but(asked[0], place=call.caller)
        for call in calls_of(code).get(function, ())
        if len(asked := own.get(call.callee, ())) == 1 and call.callee != function
        if asked[0].verb in {Verb.SELECT, Verb.INSERT} and not (asked[0].place.loops or asked[0].place.branch)
    ]
    outside = {id(query) for query in called}
    every = sorted((*queries, *called), key=lambda query: query.place.position) if called else []
    for place, query in enumerate(every):
        compared = _compared(query, query.table) if query.table is not None else None
        if query.table is None or compared is None:
            continue
        making = _making_after(every[place + 1 :], query, compared[0])
        if making is None or not {id(query), id(making)} & outside:
            continue
        if any((query.table.key, name) in _moved(code) for name in compared[0]):
            continue
        if making.place.left or making.place.branch != query.place.branch:
            words = "looks whether there is one"
            yield _Found(query.table, *compared, Use(Reliance.LOOKED_THEN_MADE, query, words, making))


@lru_cache(maxsize=4)
def _moved(code: Code) -> frozenset[tuple[tuple[str, ...], str]]:
    """The columns that an UPDATE computes from what they hold, as places in a list are moved up: no two rows need
    differ in them while that runs."""
    return frozenset(
        (a.column.table_key, a.column.columns[0])
        for query in code.queries
        if query.verb is Verb.UPDATE
        for a in query.assignments
        if a.operand is Operand.EXPRESSION and a.column.columns
    )


@dataclass(frozen=True, slots=True)
class _Found:
    table: Ref
    columns: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    use: Use


def _is_made_without(queries: Sequence[QueryFact], found: _Found) -> bool:
    """Whether the function makes such rows without looking on another way: then some may repeat, and the code knows
    which (`if repeatable: create(…) else: get_or_create(…)`)."""
    wanted = {name.casefold() for name in found.columns}
    for query in queries:
        given = {a.column.columns[0].casefold() for a in query.assignments if a.column.columns}
        same = query.verb is Verb.INSERT and query.table is not None and query.table.key == found.table.key
        if same and wanted <= given and _exclude(query.place.branch, found.use.query.place.branch):
            return True
    return False


def _expecting_several(code: Code) -> frozenset[tuple[str | None, int | None]]:
    """The places of handlers that expect a lookup to find more than one row: their authors know."""
    return frozenset(
        (handler.attempt.path, handler.attempt.line)
        for handler in code.handlers
        if any(name.rpartition(".")[2] in _SEVERAL_FOUND for name in handler.catches)
    )


def _of_function(queries: Sequence[QueryFact], several: frozenset[tuple[str | None, int | None]]) -> Iterator[_Found]:
    for place, query in enumerate(queries):
        table = query.table
        if table is None or any((h.path, h.line) in several for h in query.place.handlers):
            continue
        if query.verb is Verb.UPSERT:
            yield from _upserted(query, table)
            continue
        compared = _compared(query, table)
        if compared is None:
            continue
        columns, where = compared
        making = _making_after(queries[place + 1 :], query, columns)
        if making is not None:
            words = "looks whether there is one"
            yield _Found(table, columns, where, Use(Reliance.LOOKED_THEN_MADE, query, words, making))
        elif _excludes_itself(query):
            words = "makes sure that no other row has them"
            yield _Found(table, columns, where, Use(Reliance.NO_OTHER_FOUND, query, words))
        elif _takes_one(query) and not any(_counts_them(before, query) for before in queries[:place]):
            yield _Found(table, columns, where, Use(Reliance.FETCHED_AS_ONE, query, "takes the one row"))


def _upserted(query: QueryFact, table: Ref) -> Iterator[_Found]:
    """The key of a statement that makes a row where there is none. Besides what it is given, `get_or_create` may ask
    for constants, by itself or by its manager: they bound the rows that are meant. Without keys of its own, it looks by
    what the rows were filtered by (`filter(email=…).update_or_create(…)`)."""
    if query.idiom not in _BY_KEY or "where" in query.dynamic:
        return
    columns = tuple(dict.fromkeys(c.columns[0] for c in query.key if c.columns and _is_of(c, table)))
    if len(columns) != len({c.key for c in query.key}):
        return
    if query.idiom is Idiom.ON_CONFLICT:
        if columns:
            yield _Found(table, columns, (), Use(Reliance.CONFLICT_NAMED, query, _BY_KEY[query.idiom]))
        return
    kinds = [(p.column.columns[0], _kind(p, table)) for p in query.predicates if p.column.columns]
    if any(kind is None for _, kind in kinds):
        return
    where = tuple((name, kind) for name, kind in kinds if kind not in {None, "value", "scope"} and kind is not None)
    columns = columns or tuple(dict.fromkeys(name for name, kind in kinds if kind == "value"))
    own = tuple(name for name in columns if name not in {name for name, _ in where})
    if own:
        yield _Found(table, own, where, Use(Reliance.MADE_BY_KEY, query, _BY_KEY[query.idiom]))


def _takes_one(query: QueryFact) -> bool:
    """Whether a query fails where there are two rows. Following a relation to one row is the mapping's doing."""
    unsorted = query.limit is None and not query.ordering
    return query.fetch is Fetch.ONE and unsorted and query.idiom is not Idiom.LAZY_RELATION


def _counts_them(before: QueryFact, query: QueryFact) -> bool:
    """Whether a query counts the rows of which another takes the one (`if rows.count() == 1: row = rows.get()`): its
    author knows that there may be several."""
    counted = before.fetch is Fetch.COUNT and before.table == query.table
    return counted and {p.column for p in before.predicates} == {p.column for p in query.predicates}


def _excludes_itself(query: QueryFact) -> bool:
    """Whether a query looks among all rows but one: the check of a form that a name is free, and not that another row
    remains."""
    return Purpose.REQUIRED not in query.uses and any(
        predicate.column.columns == ("id",)
        and (predicate.comparison is Comparison.NOT_EQUAL) is not predicate.negated
        and predicate.comparison in {Comparison.NOT_EQUAL, Comparison.EQUAL}
        for predicate in query.predicates
    )


def _compared(query: QueryFact, table: Ref) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]] | None:
    """The columns by which a query looks for one row, and the constants that it asks for besides; None where it looks
    in another way, or we do not see the whole of it."""
    if query.verb is not Verb.SELECT or query.fetch not in _LOOKS or query.dynamic or query.grouping:
        return None
    if query.fetch in {Fetch.ONE, Fetch.SCALAR} and query.aggregates:
        return None
    if query.text.count("==") > len(query.predicates) + len(query.joins):
        return None  # it compares something that is no column
    if query.fetch is not Fetch.ONE and _is_sorted(query):
        return None
    columns: list[str] = []
    where: list[tuple[str, str]] = []
    if len({p.column.key for p in query.predicates if p.optional and p.operand in _VALUES}) > 1:
        return None  # one or the other may be asked for in any case: `if kind == …: … else: …`
    alone = _excludes_itself(query)
    for predicate in query.predicates:
        if alone and predicate.comparison is Comparison.PATTERN and predicate.operand in _VALUES:
            predicate = replace(predicate, comparison=Comparison.EQUAL)  # noqa: PLW2901 - `name LIKE $1`: is it free?
        kind = _kind(predicate, table)
        if kind is None:
            return None
        name = predicate.column.columns[0]
        if kind == "value":
            columns.append(name)
        elif kind != "scope":
            where.append((name, kind))
    return (tuple(dict.fromkeys(columns)), tuple(dict.fromkeys(where))) if columns else None


def _kind(predicate: Predicate, table: Ref) -> str | None:
    """`value` for a column that must equal what is given, a constant's text (`null` for IS NULL) for one that must be
    that, `scope` for what only narrows the search; None for what makes the set of columns unsure."""
    if predicate.optional:
        return "scope"  # where it is left out, the rest must find the one row
    if not _is_of(predicate.column, table) or not predicate.column.columns:
        return None
    if predicate.alternative or predicate.function not in {None, "lower"}:
        return None
    if predicate.comparison is Comparison.IS_NULL:
        return None if predicate.negated else "null"
    if predicate.comparison is Comparison.NOT_EQUAL or predicate.negated:
        return "scope"  # all rows but this one: the check before a change
    if predicate.comparison is not Comparison.EQUAL:
        return None
    if predicate.operand in _VALUES or (predicate.operand is Operand.COLUMN and predicate.other is None):
        return "value"
    if predicate.operand is Operand.CONSTANT and len(predicate.constants) == 1:
        return predicate.constants[0]
    return None


def _is_of(column: Ref, table: Ref) -> bool:
    return column.table_key == table.table_key


def _is_sorted(query: QueryFact) -> bool:
    """True where an order is asked for: then the first of several is meant. Django's `first()` sorts by the key by
    itself."""
    by_itself = query.library == "django" and len(query.ordering) == 1 and not query.ordering[0].descending
    column = query.ordering[0].column if query.ordering else None
    return bool(query.ordering) and not (by_itself and column is not None and column.columns == ("id",))


def _making_after(later: Sequence[QueryFact], look: QueryFact, columns: tuple[str, ...]) -> QueryFact | None:
    """The insert into the same table that writes the columns looked for, in the same turn of the same loops."""
    wanted = {name.casefold() for name in columns}
    for query in later:
        if query.verb is not Verb.INSERT or query.table is None or look.table is None:
            continue
        if query.table.key != look.table.key or _exclude(query.place.branch, look.place.branch):
            continue
        given = {a.column.columns[0].casefold() for a in query.assignments if a.column.columns}
        if wanted <= given:
            return query
    return None


def _exclude(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """True where the two places stand in different arms of one statement. The place of the look within a `try` whose
    handler makes the row excludes nothing."""
    arms = dict(part.rpartition(".")[::2] for part in one)
    for part in other:
        statement, _, arm = part.rpartition(".")
        there = arms.get(statement)
        if there is not None and there != arm and not there.startswith("except"):
            return True
    return False
