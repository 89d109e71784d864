"""Whose a row is: what the routes ask of tables with an owner or tenant, by the owner or by the key alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import (
    Code,
    Comparison,
    Fetch,
    FunctionFact,
    FunctionKind,
    Idiom,
    Operand,
    QueryFact,
    Use,
    Verb,
)
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.queries import queries_of, table_of
from dbarchitect.rules._code.reach import calls_of, route_of
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._schema.domains import owner_column, signs_in
from dbarchitect.rules._schema.shape import asked_once_of_each, foreign_keys_over, is_lookup, is_tenant
from dbarchitect.rules.security._row_security import keeps_apart

_LETS_IN = re.compile(
    r"^(?!\w{200})(?:login_required|loginrequired\w*|isauthenticated\w*|jwt_required|auth_required|authenticated\w*|token_required|"
    r"require_(?:post|get|http_methods|safe|login|auth\w*)|get_(?:current_)?(?:active_)?user|get_db|get_session|wraps|"
    r"csrf_exempt|never_cache|cache_\w+|route|session\w*|asyncsession|request|str|int|uuid\d?|uuid|bool|float|user|"
    r"validat\w*|is_valid\w*|\w*schema\w*|jsonschema|cleaned_data|transaction\.atomic|atomic|\w*view|\w*viewset|genericviewset|\w*mixin|object|resource|\w*create|\w*update|\w*(?<!adm)in|"
    r"require_(?:user|session|signed_in|current_user)|ensure_(?:auth\w*|logged_in|signed_in|user)|with_(?:auth\w*|session|user)|"
    r"(?:protected|authenticated|authed|private)_(?:procedure|action|action_client|route|handler)|"
    r"(?:verify|authenticate|check)_(?:token|access_token|jwt|session|auth\w*|user)|auth|auth_(?:middleware|guard|handler)|"
    r"jwt_auth_guard|get_(?:server_)?session|passport_authenticate|unauthorized|"
    r"basemodel|limiter\w*|limit|ratelimit|expects_json|currentuser|sessiondep|annotated|\w*dep|async|check_\w*csrf\w*|"
    r"(?:protected|authed|public|private)procedure|with_?(?:auth|session|user)|auth|auth_?(?:middleware|guard)|jwt_?auth_?guard|"
    r"require_?(?:user|session)|(?:auth\w*)?actionclient|api_?handler|next_?handler)$",
    re.IGNORECASE,
)
"""Decorators, dependencies and bases that say who somebody is, or nothing about it, but not whose a row is."""
_PUBLIC = phrases("is public, public, is published, published, is shared, visibility, slug, share token, public id")
_WITH_CONDITION = re.compile(r"\.(?:filter|filter_by|where)\(|\bwhere\b", re.IGNORECASE)
_JUDGING = frozenset(
    words("validate check verify assert ensure require authorize authorise can has is may enforce test")
)
_RIGHTS = frozenset(
    words("permission permissions access right rights ownership owner owns member membership allowed role")
)
_SHOWS = re.compile(
    r"(?:to_?dict|as_?dict|to_?json|serialize(?:(?!serialize)\w)*+|__str__|__repr__|to_representation"
    r"|render(?:(?!render)\w)*+|schema)$"
)
_NOT_ASKED_BY_ROUTES = frozenset(
    {Idiom.LAZY_RELATION, Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER, Idiom.SAVE}
)
_ROWS = frozenset({Verb.SELECT, Verb.UPDATE, Verb.DELETE})


@dataclass(slots=True)
class Owned:
    """What the routes ask of one owned table: with its owner in the query, by the key alone, and that as far as can be
    seen with the owner checked elsewhere."""

    table: Table
    guarded: list[QueryFact] = field(default_factory=list)
    open: list[QueryFact] = field(default_factory=list)
    unsure: list[QueryFact] = field(default_factory=list)


def owned_tables(survey: Survey) -> tuple[Owned, ...]:
    """The tables with an owner or tenant that routes ask, those that row-level security keeps apart left out."""
    return survey.derive(_owned_tables)


def _owned_tables(survey: Survey) -> tuple[Owned, ...]:
    code = survey.code
    if code is None:
        return ()
    found: dict[tuple[str, ...], Owned] = {}
    for query in queries_of(survey):
        function = code.function(query.place)
        if function is None or function.kind is not FunctionKind.ROUTE or query.verb not in _ROWS:
            continue
        table = table_of(query, survey)
        if table is None or query.idiom in _NOT_ASKED_BY_ROUTES or is_of_tests(query.origin.path):
            continue
        owners = owners_of(table, survey)
        if not owners or table.owned_by is not None or keeps_apart(table):
            continue
        owned = found.setdefault(table.ref.key, Owned(table))
        if _asks_for_owner(query, owners, survey):
            owned.guarded.append(query)
        elif _is_by_key_alone(query, table) and not _is_public(table):
            checked = _is_checked(query, function, owners, code)
            (owned.unsure if checked else owned.open).append(query)
        elif _is_of_one_row(query, table):
            owned.unsure.append(query)
    for owned in found.values():
        fetched = [query for query in owned.open if _is_fetched_before(query, owned.guarded)]
        owned.open = [query for query in owned.open if query not in fetched]
        owned.unsure.extend(fetched)
    return tuple(found.values())


def _is_fetched_before(query: QueryFact, guarded: list[QueryFact]) -> bool:
    """Whether the same function has fetched a row of the table with its owner in the condition: what it does then by
    the key alone is done to a row that was checked."""
    place, arms = query.place, dict(label.rsplit(".", 1) for label in query.place.branch)
    return any(
        first.verb is Verb.SELECT
        and first.place.function == place.function
        and first.place.position < place.position
        and all(arms.get(stem, arm) == arm for stem, arm in (label.rsplit(".", 1) for label in first.place.branch))
        for first in guarded
    )


def owners_of(table: Table, survey: Survey) -> frozenset[str]:
    """The required columns that say whose row it is: the account's, the tenant's."""
    return _owners(table, survey.catalog)


@asked_once_of_each
def _owners(table: Table, catalog: Catalog) -> frozenset[str]:
    if is_lookup(table) or signs_in(table, catalog):
        return frozenset()
    names = {owner_column(table, catalog)}
    for column in table.ordered_columns:
        for key in foreign_keys_over(table, (column.name,)):
            parent = catalog.table(key.referenced)
            if parent is not None and parent.ref.key != table.ref.key and is_tenant(parent):
                names.add(column.name)
    kept = (table.column(name) for name in names if name is not None)
    return frozenset(column.name for column in kept if column is not None and not column.nullable)


def _asks_for_owner(query: QueryFact, owners: frozenset[str], survey: Survey) -> bool:
    """Whether a condition names the owner: its column, the account or tenant itself, a column of another owned row."""
    for predicate in query.predicates:
        table = survey.catalog.table(predicate.column)
        if (
            table is None
            or not predicate.column.columns
            or predicate.comparison not in {Comparison.EQUAL, Comparison.IN}
        ):
            continue
        if query.table is not None and table.ref.key == query.table.key:
            if predicate.column.columns[0] in owners:
                return True
        elif (
            signs_in(table, survey.catalog)
            or is_tenant(table)
            or predicate.column.columns[0] in owners_of(table, survey)
        ):
            return True
    return False


def _is_by_key_alone(query: QueryFact, table: Table) -> bool:
    """Whether the primary key alone finds the row, with a value of the program."""
    key = table.primary_key
    own = [p for p in query.predicates if p.operand is not Operand.CONSTANT]
    if key is None or query.dynamic or query.joins or len(key.columns) != 1 or len(own) != 1:
        return False
    predicate = own[0]
    return (
        predicate.column.columns == key.columns
        and predicate.column.table_ref.key == table.ref.key
        and predicate.comparison is Comparison.EQUAL
        and predicate.operand is Operand.PARAMETER
        and len(query.predicates) == 1
        and not (predicate.optional or predicate.alternative)
    )


def _is_of_one_row(query: QueryFact, table: Table) -> bool:
    """Whether a value of the program finds one row by any key, and that not among those shown to all."""
    own = [p for p in query.predicates if p.column.table_ref.key == table.ref.key and not (p.optional or p.alternative)]
    if any(_PUBLIC.whole(p.column.columns[0]) and p.operand is Operand.CONSTANT for p in own if p.column.columns):
        return False
    equal = {p.column.columns[0] for p in own if p.comparison is Comparison.EQUAL and p.column.columns}
    return bool(equal) and table.is_key(equal)


def _is_public(table: Table) -> bool:
    return any(_PUBLIC.whole(column.name) for column in table.ordered_columns)


def _only_lets_in(guard: str) -> bool:
    """Whether a guard says who somebody is at most: `login_required`, `requireAuth`."""
    return _LETS_IN.match(guard) is not None or _LETS_IN.match("_".join(words(guard))) is not None


def _only_asks_whether(query: QueryFact) -> bool:
    """Whether a query tells no more than that there is such a row, and nobody is given it."""
    return query.fetch in {Fetch.COUNT, Fetch.EXISTS} or query.uses == {Use.TESTED}


def _judges(function: str) -> bool:
    """Whether a function is called for what somebody may do: `validateEditPermission`, `assertCanAccess`."""
    said = set(words(function.rpartition(":")[2].rpartition(".")[2]))
    return bool(said & _JUDGING) and bool(said & _RIGHTS)


def _is_checked(query: QueryFact, function: FunctionFact, owners: frozenset[str], code: Code) -> bool:
    """Whether something else may tell whose row it is, or the row cannot be followed."""
    if not function.user or query.place.loops or any(not _only_lets_in(guard) for guard in function.guards):
        return True
    if _only_asks_whether(query) or any(_judges(call.callee) for call in calls_of(code).get(function.key, ())):
        return True
    if query.verb is not Verb.SELECT:
        return _WITH_CONDITION.search(query.text) is None  # a row that was fetched, and checked, before
    later = [c for c in calls_of(code).get(function.key, ()) if c.caller.position >= query.place.position]
    if query.attributes is None and any(not _SHOWS.search(call.callee) for call in later):
        return True
    used = {ref.columns[0] for ref in query.attributes or () if ref.columns}
    route = route_of(code, function.key) or ""
    return bool(used & owners) or "admin" in f"{route} {function.key}".casefold()
