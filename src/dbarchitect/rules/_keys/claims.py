"""Which assumed keys of a table no unique index holds, and which rule speaks of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, Fetch, Verb
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Evidence, EvidenceKind
from dbarchitect.rules._code.telling import as_evidence
from dbarchitect.rules._code.written import is_of_tests, makings
from dbarchitect.rules._keys.assumed import AssumedKey, Reliance, Use, assumed_keys
from dbarchitect.rules._keys.composed import is_composed
from dbarchitect.rules._keys.kinds import natural_keys
from dbarchitect.rules._keys.natural import NaturalKey, held_by, kept_unique
from dbarchitect.rules._keys.reused import is_only_reused
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._schema.shape import foreign_keys_over, is_soft_delete

_SHOWN = 5
_EXPIRY = phrases("expiration, expiry, expires, expires at, expires on, expired at, expiration date, valid until")

_NAMES = frozenset({"first", "last", "middle", "given", "family", "full", "maiden", "suffix", "prefix", "initial"})
"""What a part of a person's name is called beside `name`."""
_WHOLE_NAMES = phrases("surname, forename, firstname, lastname, fullname")


@dataclass(frozen=True, slots=True)
class Claim:
    """An assumed key that nothing enforces. `natural` is the natural key over the same columns, where there is one."""

    key: AssumedKey
    natural: NaturalKey | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns, in the order of the natural key where that tells one."""
        return self.natural.columns if self.natural is not None else self.key.columns


def claims(survey: Survey, table: Table) -> tuple[Claim, ...]:
    """The assumed keys of a table that nothing enforces, the strongest of those that contain each other."""
    if survey.code is None:
        return ()
    natural = {frozenset(k.columns): k for k in natural_keys(survey.catalog, table)}
    taken: list[AssumedKey] = []
    assumed = (_surely(survey.code, table, key) for key in assumed_keys(survey.code, table.ref))
    every = [key for key in _merged(table, (k for k in assumed if k.uses)) if _is_open(survey, table, key)]
    for key in sorted(every, key=lambda k: (-k.reliance, len(k.columns), k.columns)):
        own = set(key.columns)
        if not any(own <= set(other.columns) or set(other.columns) <= own for other in taken):
            taken.append(key)
    return tuple(Claim(key, natural.get(frozenset(key.columns))) for key in taken)


def claim_of(survey: Survey, table: Table, key: NaturalKey) -> Claim | None:
    """The claim of the code over exactly the columns of a natural key."""
    return next((c for c in claims(survey, table) if set(c.columns) == set(key.columns) and not c.key.where), None)


def is_presented(survey: Survey, table: Table, key: NaturalKey) -> bool:
    """Whether the code takes the one row that it finds by a token alone, though it asks for the first of them."""
    wanted = {table.ref.column(name) for name in key.columns}
    queries = survey.code.about(table.ref) if key.bearer and survey.code is not None else ()
    return any(
        query.verb is Verb.SELECT
        and query.fetch in {Fetch.FIRST, Fetch.ONE}
        and not (query.ordering or query.dynamic or is_of_tests(query.origin.path))
        and {p.column for p in query.predicates} == wanted
        and all(p.comparison is Comparison.EQUAL and not (p.negated or p.optional) for p in query.predicates)
        for query in queries
    )


def is_corrected(survey: Survey, table: Table, key: NaturalKey) -> bool:
    """True where the code looks for the rows by more or by fewer columns than a natural key is made of: then the code
    knows better."""
    own = set(key.columns)
    return not key.pair and any(
        own != set(claim.columns) and (own < set(claim.columns) or set(claim.columns) < own)
        for claim in claims(survey, table)
    )


def spoken_of_otherwise(survey: Survey, table: Table, claim: Claim) -> bool:
    """True where `missing-natural-key` speaks of a claim: it is over the columns of a natural key, or says of one side
    of a pair what the pair says already."""
    if claim.natural is not None and not claim.key.where:
        return True
    own = set(claim.columns)
    return any(
        key.pair and own > set(key.columns) and not kept_unique(table, key.columns)
        for key in natural_keys(survey.catalog, table)
    )


def is_told_as_key(survey: Survey, table: Table, column: str) -> bool:
    """True where a warning says already that this one column has to be unique: the unique index serves every search by
    it. A key that is only read by is no such warning: the search is sure, the key is not."""
    return any(
        claim.columns == (column,)
        and not claim.key.where
        and (claim.natural is not None or claim.key.reliance > Reliance.FETCHED_AS_ONE)
        for claim in claims(survey, table)
    )


def shown_uses(key: AssumedKey) -> tuple[Evidence, ...]:
    """The places that rely on a key, the strongest first."""
    places = {(use.query.origin, use.making.origin if use.making is not None else None): use for use in key.uses}
    uses = sorted(places.values(), key=lambda use: -use.reliance)
    found: list[Evidence] = []
    for use in uses[:_SHOWN]:
        found.append(as_evidence(use.query, use.words))
        if use.making is not None:
            found.append(as_evidence(use.making, "and makes it where there is none"))
    found = list(dict.fromkeys(found))
    if len(uses) > _SHOWN:
        rest = uses[_SHOWN].query.origin
        found.append(Evidence(EvidenceKind.CODE, f"and {len(uses) - _SHOWN} more such places", rest))
    return tuple(found)


def _surely(code: Code, table: Table, key: AssumedKey) -> AssumedKey:
    """A key without the looks after which a row is made whose primary key tells it, without those after which the row
    is used again that others make unasked, and without those that are taken on some ways only (`if (!another) …`) while
    the row is made in any case, of columns that every row has: then a row like it may be meant. A look for a value that
    may be missing waits for one; and where others find the one row by these columns, no two are meant."""
    own = (*key.columns, *(name for name, _ in key.where))
    uses = tuple(use for use in key.uses if use.making is None or not is_composed(table, own, use.making))
    key = replace(key, uses=uses)
    if not uses or _is_found_by(code, table, key):
        return key
    key = replace(key, uses=tuple(use for use in key.uses if not is_only_reused(code, table.ref, key, use)))
    if any((column := table.column(name)) is not None and column.nullable for name in key.columns):
        return key
    return replace(key, uses=tuple(use for use in key.uses if not _is_left_out(use)))


def _is_found_by(code: Code, table: Table, key: AssumedKey) -> bool:
    """Whether functions that do not make rows take the one that they find by exactly these columns."""
    making = {use.query.place.function for use in key.uses}
    return any(
        query.verb is Verb.SELECT
        and query.fetch in {Fetch.FIRST, Fetch.ONE}
        and query.place.function not in making
        and not query.ordering
        and {p.column for p in query.predicates} == {table.ref.column(name) for name in key.columns}
        and all(p.comparison is Comparison.EQUAL and not (p.negated or p.alternative) for p in query.predicates)
        for query in code.about(table.ref)
    )


def _is_left_out(use: Use) -> bool:
    if use.making is None or use.reliance is not Reliance.LOOKED_THEN_MADE:
        return False
    arms = set(use.query.place.branch) - set(use.making.place.branch)
    return any(arm.rpartition(".")[2].isdigit() for arm in arms)


def _merged(table: Table, keys: Iterable[AssumedKey]) -> Iterator[AssumedKey]:
    """One key for each set of columns: what is asked of all rows goes before what is asked of some. A predicate about
    the mark of deletion is no part of it: the fix takes care of the living rows."""
    by_columns: dict[frozenset[str], list[AssumedKey]] = {}
    for key in keys:
        where = tuple((name, value) for name, value in key.where if not _is_mark(table, name))
        by_columns.setdefault(frozenset(key.columns), []).append(replace(key, where=where))
    for group in by_columns.values():
        whole = [key for key in group if not key.where]
        rest = whole[:1] or [group[0]]
        same = whole or [key for key in group if set(key.where) == set(group[0].where)]
        yield replace(rest[0], uses=tuple(use for key in same for use in key.uses))


def _is_mark(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and is_soft_delete(column)


def _is_open(survey: Survey, table: Table, key: AssumedKey) -> bool:
    """True where the database keeps the columns from repeating in no way, and they can be a key."""
    columns = [table.column(name) for name in key.columns]
    if any(column is None for column in columns) or any(table.column(name) is None for name, _ in key.where):
        return False
    if key.reliance is Reliance.CONFLICT_NAMED:
        return not any(path.unique and held_by(path) == set(key.columns) for path in table.access_paths())
    if table.is_key(key.columns) or kept_unique(table, (*key.columns, *(name for name, _ in key.where))):
        return False
    if any(path.unique and held_by(path) > set(key.columns) for path in table.access_paths()):
        return False  # somebody has decided within what it is unique
    if len(columns) > 1 and any(column is not None and _EXPIRY.ends(column.name) for column in columns):
        return False  # what runs out is made anew: no later row would be found by it
    if len(columns) > 1 and all(_is_of_a_persons_name(name) for name in key.columns):
        return False  # people share their names
    families = {survey.catalog.family(column.type) for column in columns if column is not None}
    telling = not families <= {Family.BOOLEAN, Family.JSON}
    return telling and (key.reliance is not Reliance.LOOKED_THEN_MADE or _is_guarded(survey, table, key))


def _is_of_a_persons_name(column: str) -> bool:
    """True for `first_name`, `name_last`, `surname`."""
    own = set(words(column))
    return _WHOLE_NAMES.whole(column) or ("name" in own and len(own) == 2 and own - {"name"} <= _NAMES)


def _is_named_otherwise(table: Table) -> bool:
    """Whether a unique key of several columns says already which row it is."""
    return any(path.unique and len(held_by(path)) > 1 for path in table.access_paths())


def _is_guarded(survey: Survey, table: Table, key: AssumedKey) -> bool:
    """A look by one reference alone may ask whether a row is the first of many, one by several whether there is any,
    where something else names a row: it counts where no place makes rows without such a look."""
    references = all(foreign_keys_over(table, (name,)) for name in key.columns)
    if survey.code is None or not references or (len(key.columns) > 1 and not _is_named_otherwise(table)):
        return True
    guarded = {use.making.origin for use in key.uses if use.making is not None}
    made = {query.origin for query in makings(survey.code, table.ref)}
    return made <= guarded
