"""Two writes that belong together and that a failure can part: which they are, and why they belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import (
    Code,
    Comparison,
    EventKind,
    Fetch,
    FunctionKind,
    Idiom,
    Operand,
    QueryFact,
    Use,
    Verb,
)
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.reach import kinds_behind
from dbarchitect.rules._code.units import (
    Happening,
    Numbered,
    changes,
    generic_places,
    happenings,
    is_called_in_transaction,
    requests_are_atomic,
    runs_for_requests_only,
)
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.derived import derived_columns
from dbarchitect.rules._schema.domains import is_stream
from dbarchitect.rules._schema.quantities import is_consumed
from dbarchitect.rules._schema.shape import is_copy, joined_columns
from dbarchitect.rules._usage.requests import asked_by_requests

_APART = phrases(
    "session, token, cache, lock, log, event, activity, notification, message, email, metric, stat, statistic, view, "
    "visit, click, impression, hit, attempt, delivery, job, task, queue, audit, history, revision, trace, alert, "
    "reminder, feed, search index, outbox, usage, analytics, action, setting, preference, draft, ping, heartbeat, "
    "snapshot, report, error, webhook, nonce, code, reset, verification, confirmation, otp, challenge, auditoria, "
    "bitacora, historial, notificacion, sesion"
)
"""Tables whose rows stand for themselves: without one of them the rest is still right."""
_SAFE_AGAIN = frozenset({Idiom.GET_OR_CREATE, Idiom.UPDATE_OR_CREATE, Idiom.ON_CONFLICT})
_COMMITTING = frozenset({"sqlalchemy", "sql"})
"""Libraries that keep a transaction open until the code commits; with Django every write is one by itself."""
_HANDLE = re.compile(
    r"(?:await\s+)?\(?(?:(?:tx|trx|txn|trans|transaction)(?:Client|Db|Prisma)?|"
    r"(?:\w+\s*\.\s*)*(?:(?:(?:get|current|use)?_?(?:tx|trx)|(?:get|current)_?transaction)\w*\(\)|"
    r"(?:tx|trx|transaction)Host\s*\.\s*tx))\s*[.!?]",
    re.IGNORECASE,
)
"""What a query begins with that is asked of an open transaction (`tx.insert(…)`), or of the one that is open wherever
the function is called from (`this.prisma.txClient().order`, `this.txHost.tx.order`)."""
_MADE = re.compile(r"\.(?:<anonymous>|<lambda>|<locals>\.[\w.]+)(?:#\d+)?$")
"""Functions that another one makes and gives away: who runs them may have opened a transaction before."""
_OF_ADMIN = frozenset({"save_model", "save_related", "save_formset", "delete_model", "delete_queryset", "save_form"})
_MOST = 40


class Bond(IntEnum):
    """Why two writes belong together, the strongest last."""

    JOINED = 1
    LINKED = 2
    DERIVED = 3
    PARENT = 4
    REPLACED = 5
    MONEY = 6


@dataclass(frozen=True, slots=True)
class Pair:
    """Two writes of one function; `commit` is where the first was made to last, None where each is by itself.

    `apart` tells that a failure between them leaves only the first.
    """

    first: QueryFact
    second: QueryFact
    bond: Bond
    apart: bool
    commit: Origin | None = None


def pairs(survey: Survey, code: Code, function: str) -> tuple[Pair, ...]:
    """The writes of a function that belong together, those left out that one function called by it makes both of."""
    written = changes(code, function)
    if len(written) < 2:
        return ()
    known = survey.derive(_known_pairs)
    if function not in known:
        generic = generic_places(code)
        parting = ((i, h) for i, h in written if not h.in_handler and h.what.origin not in generic)
        known[function] = tuple(_pairs(survey, code, function, list(islice(parting, _MOST))))
    return known[function]


def _known_pairs(_: Survey) -> dict[str, tuple[Pair, ...]]:
    """The pairs of its functions, as far as somebody asked: findings and praise rest on the same."""
    return {}


def _pairs(survey: Survey, code: Code, function: str, writes: list[Numbered]) -> Iterator[Pair]:
    if len(writes) < 2:
        return
    every = happenings(code, function)
    undone = {h.query.table for h in every if h.in_handler and h.query is not None and h.query.verb is Verb.DELETE}
    for number, (i, first) in enumerate(writes):
        for j, second in writes[number + 1 :]:
            a, b = first.query, second.query
            if a is None or b is None or a.library != b.library or a.origin == b.origin:
                continue
            if (first.way and first.way[:1] == second.way[:1]) or first.excludes(second) or a.table in undone:
                continue
            if _has_its_own(writes, i, b) or _has_its_own(writes, j, a):
                continue
            bond = bond_of(survey.catalog, a, b)
            if bond is None or (
                (bond < Bond.MONEY or a.verb is Verb.INSERT) and _is_made_once(every[:i], first, second)
            ):
                continue
            if _is_whole(survey.catalog, writes, i, second):
                continue
            if bond is Bond.REPLACED and not set(first.branch) <= set(second.branch):
                continue  # deleted on some ways only, while the rows are made in any case: not in their place
            if bond is Bond.PARENT and not set(second.branch) <= set(first.branch):
                bond = Bond.LINKED  # a parent that has no such child on some ways is whole without it
            how = parted(survey, code, function, every, i, j)
            meant = how is not None and how.apart and bond < Bond.MONEY and _calls_another(every[i + 1 : j])
            if how is not None and not meant:
                yield Pair(a, b, bond, how.apart, how.commit)


def _is_in_some(happening: Happening) -> bool:
    """Whether a write runs on what is called a transaction, while none is seen to be opened: one that was handed in."""
    query = happening.query
    return query is not None and happening.transaction is None and _HANDLE.match(query.text) is not None


def _calls_another(between: tuple[Happening, ...]) -> bool:
    """Whether another system is called between two writes: no transaction should stay open for it."""
    return any(happening.kind is EventKind.EXTERNAL_CALL for happening in between)


def _has_its_own(writes: list[Numbered], at: int, other: QueryFact) -> bool:
    """Whether a write has its other half beside it, in a transaction of their own: two bookings of two amounts."""
    own = next(h for i, h in writes if i == at)
    if own.transaction is None or own.query is None or own.query.library in _COMMITTING:
        return False
    return any(
        h.query is not None
        and h.query.table == other.table
        and h.transaction == own.transaction
        and h.way[:1] == own.way[:1]
        for i, h in writes
        if i != at
    )


def _is_whole(catalog: Catalog, writes: list[tuple[int, Happening]], at: int, second: Happening) -> bool:
    """Whether a write lies in a transaction that puts it together with others, takes nothing bit by bit, and is over
    when the second begins: whoever wrote it has said what belongs to it."""
    own = next(h for i, h in writes if i == at)
    table = _table(catalog, own.query) if own.query is not None else None
    if own.query is None or table is None or own.query.library in _COMMITTING or takes(own.query, table):
        return False
    if own.transaction is None or own.transaction == second.transaction:
        return False
    if any(h.query is not None and h.query.origin == own.transaction for _, h in writes):
        return False  # a nested write, of which nobody said that it is all
    return any(
        h.transaction == own.transaction and h.query is not None and h.query.table != own.query.table
        for i, h in writes
        if i != at
    )


@dataclass(frozen=True, slots=True)
class Parted:
    """Whether a failure can part two writes, and the commit that makes the first last."""

    apart: bool
    commit: Origin | None = None


def parted(survey: Survey, code: Code, function: str, every: tuple[Happening, ...], i: int, j: int) -> Parted | None:
    """How two writes of a function stand to each other, None where it cannot be told."""
    first, second = every[i], every[j]
    if first.query is not None and first.query.library in _COMMITTING:
        commit = _commit_between(every[i + 1 : j], first, second)
        external = _calls_another(every[i + 1 : j])
        unsure = any(h.kind is EventKind.COMMIT for h in every[i + 1 : j])
        lasting = any(h.kind is EventKind.COMMIT for h in every[j + 1 :]) or first.transaction is not None
        if commit is not None and not external:
            return Parted(apart=True, commit=commit)
        return Parted(apart=False) if not unsure and lasting else None
    if first.transaction is not None and first.transaction == second.transaction:
        return Parted(apart=False)
    if _is_in_some(first) and _is_in_some(second):
        return Parted(apart=False) if first.way == second.way else None
    return Parted(apart=True) if _is_judged(survey, code, function) else None


def written_besides(survey: Survey, code: Code, function: str, pair: Pair) -> tuple[QueryFact, ...]:
    """The rows that a function adds after a parted pair, each by itself too, to other tables that are linked with
    those of the pair, whatever they hold: the session of an account that was just made."""
    every = happenings(code, function)
    start = next((i for i, h in enumerate(every) if h.what.origin == pair.first.origin), len(every))
    tables = [table for query in (pair.first, pair.second) if (table := _table(survey.catalog, query)) is not None]
    known = {table.ref.key for table in tables}
    found: dict[tuple[str, ...], QueryFact] = {}
    for j, happening in enumerate(every[start + 1 :], start + 1):
        query = happening.query
        other = _table(survey.catalog, query) if query is not None else None
        if query is None or other is None or query.verb not in {Verb.INSERT, Verb.UPSERT} or happening.in_handler:
            continue
        if other.ref.key in known or every[start].excludes(happening) or not any(_refers(other, t) for t in tables):
            continue
        how = parted(survey, code, function, every, start, j)
        if how is not None and how.apart:
            found.setdefault(other.ref.key, query)
    return tuple(found.values())


def _is_made_once(before: tuple[Happening, ...], first: Happening, second: Happening) -> bool:
    """Whether a row is looked for and made when there is none, by a function that is called or on one way to the second
    write, which comes in any case; or several are looked for and those made that are missing: what is left alone after
    a failure is found the next time."""
    if first.query is None:
        return False
    if not first.way:
        either_way = bool(set(first.branch) - set(second.branch)) and not second.way
        return either_way and first.query.verb is Verb.INSERT and _is_looked_for(before, first)
    looked = [
        h.query
        for h in before
        if h.query is not None and h.query.verb is Verb.SELECT and h.query.table == first.query.table
        if h.way[:1] == first.way[:1]
    ]
    if first.branch:
        return bool(looked)
    if first.left:
        return not all(map(_only_asks_whether, looked))
    several = any(p.comparison is Comparison.IN for query in looked for p in query.predicates)
    return several and first.query.idiom is Idiom.BULK


def _only_asks_whether(query: QueryFact) -> bool:
    """Whether a query tells no more than that there is a row: who meets one refuses to make another."""
    return query.fetch in {Fetch.COUNT, Fetch.EXISTS} or query.uses == {Use.TESTED}


def _is_looked_for(before: tuple[Happening, ...], made: Happening) -> bool:
    """Whether the function itself looked for the row that it makes, by what it writes into it."""
    given = {a.column.key for a in made.query.assignments} if made.query is not None else set()
    for happening in before:
        query = happening.query
        if query is None or happening.way or made.query is None or query.verb is not Verb.SELECT:
            continue
        asked = {p.column.key for p in query.predicates if p.comparison is Comparison.EQUAL}
        if query.table == made.query.table and asked and asked <= given:
            return True
    return False


def _commit_between(between: tuple[Happening, ...], first: Happening, second: Happening) -> Origin | None:
    """Where what the first wrote was committed before the second, on the same way through the code."""
    for happening in between:
        on_the_way = not first.excludes(happening) and not happening.excludes(second)
        certain = set(happening.branch) <= {*first.branch, *second.branch}  # not `if commit: session.commit()`
        if happening.kind is EventKind.COMMIT and not happening.in_handler and on_the_way and certain:
            return happening.what.origin
    return None


def _is_judged(survey: Survey, code: Code, function: str) -> bool:
    """Whether it is known what runs a function of a Django project, and that nothing opens a transaction around it."""
    seen = {FunctionKind.ROUTE, FunctionKind.TASK} & kinds_behind(code).get(function, frozenset())
    run = bool(seen) or (function in asked_by_requests(survey) and _MADE.search(function) is None)
    if not run or is_called_in_transaction(code, function):
        return False
    return function.rpartition(".")[2] not in _OF_ADMIN and not (
        requests_are_atomic(survey) and runs_for_requests_only(code, function)
    )


def bond_of(catalog: Catalog, a: QueryFact, b: QueryFact) -> Bond | None:
    """Why two writes belong together, None where each is right without the other."""
    one, two = _table(catalog, a), _table(catalog, b)
    if one is None or two is None or is_copy(one) or is_copy(two):
        return None
    same = one.ref.key == two.ref.key
    if same:
        anew = a.verb is Verb.DELETE and b.verb is Verb.INSERT and not _stands_alone(one, catalog)
        replaced = anew and not _by_key(a, one) and not _is_clean_up(a) and not joined_columns(one)
        return Bond.REPLACED if replaced else None
    if takes(a, one) or takes(b, two):
        other = two if takes(a, one) else one
        return Bond.MONEY if b.verb is not Verb.DELETE and not _is_machine(other, catalog) else None
    if _follows(catalog, a, one, b, two) or _follows(catalog, b, two, a, one):
        return Bond.DERIVED
    if a.idiom in _SAFE_AGAIN or a.verb is Verb.UPSERT or Verb.DELETE in {a.verb, b.verb}:
        return None
    if _stands_alone(one, catalog) or _stands_alone(two, catalog) or not _linked(one, two):
        return None
    if a.verb is Verb.INSERT and b.verb in {Verb.INSERT, Verb.UPSERT}:
        if joined_columns(two):
            return Bond.JOINED
        return Bond.PARENT if _belongs(b, two, one) and b.idiom not in _SAFE_AGAIN else Bond.LINKED
    if Verb.INSERT in {a.verb, b.verb} and Verb.UPDATE in {a.verb, b.verb}:
        return Bond.LINKED
    return None


def _derived_of(catalog: Catalog) -> dict[tuple[tuple[str, ...], tuple[str, ...]], frozenset[str]]:
    """By table and the table that its values follow from, the columns that hold those values."""
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], frozenset[str]] = {}
    for table in catalog.tables:
        for derived in derived_columns(catalog, table):
            if derived.source is not None:
                pair = (table.ref.key, derived.source.ref.key)
                found[pair] = found.get(pair, frozenset()) | {derived.column.name}
    return found


def _follows(catalog: Catalog, query: QueryFact, table: Table, other: QueryFact, source: Table) -> bool:
    """Whether a write sets what is kept of the rows that the other writes, or both make what must agree at first: an
    enrollment and the progress in its lessons."""
    both_new = query.verb is Verb.INSERT and other.verb is Verb.INSERT and not _linked(table, source)
    if query.verb is not Verb.UPDATE and not both_new:
        return False
    of_it = catalog.derive(_derived_of).get((table.ref.key, source.ref.key), frozenset())
    return (both_new and bool(of_it)) or any(
        a.column.columns and a.column.columns[0] in of_it for a in query.assignments
    )


def takes(query: QueryFact, table: Table) -> bool:
    """Whether a write changes what is taken from bit by bit: a balance, credits, a stock."""
    if query.verb is not Verb.UPDATE:
        return False
    found = (table.column(a.column.columns[0]) for a in query.assignments if a.column.columns)
    return any(column is not None and is_consumed(table, column) for column in found)


def _table(catalog: Catalog, query: QueryFact) -> Table | None:
    table = catalog.table(query.table) if query.table is not None else None
    return table if table is not None and table.owned_by is None else None


def _stands_alone(table: Table, catalog: Catalog) -> bool:
    return _APART.ends("_".join(thing_words(table))) or is_stream(table, catalog)


def _is_machine(table: Table, catalog: Catalog) -> bool:
    """What stands alone even beside money: not a ledger (`credit_transactions`), not a log of what credits paid for."""
    return _APART.ends("_".join(thing_words(table))) or is_stream(table, catalog)


def _by_key(query: QueryFact, table: Table) -> bool:
    key = table.primary_key
    columns = {p.column.columns[0] for p in query.predicates if p.column.columns}
    return key is not None and bool(columns) and set(key.columns) <= columns


def _is_clean_up(query: QueryFact) -> bool:
    """Whether rows are deleted for their age or another range, or for not being among the newest, not for what they
    belong to: what is made then is no replacement of them."""
    return any(
        (p.comparison is Comparison.RANGE and not p.negated)
        or (p.operand is Operand.SUBQUERY and (p.comparison is Comparison.NOT_IN) is not p.negated)
        for p in query.predicates
        if p.comparison in {Comparison.RANGE, Comparison.NOT_IN, Comparison.IN}
    )


def _linked(one: Table, two: Table) -> bool:
    return _refers(one, two) or _refers(two, one)


def _refers(one: Table, two: Table) -> bool:
    return any(_same(key.referenced, two.ref) for key in one.foreign_keys)


def _belongs(query: QueryFact, child: Table, parent: Table) -> bool:
    """Whether a new row is given its parent: its reference is among the columns that are written."""
    given = {a.column.columns[0] for a in query.assignments if a.column.columns and a.constants != ("null",)}
    return any(_same(key.referenced, parent.ref) and given & set(key.columns) for key in child.foreign_keys)


def _same(a: Ref, b: Ref) -> bool:
    return (a.schema, a.table) == (b.schema, b.table)
