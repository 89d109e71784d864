"""Single rows of owned tables that a route gives to whoever knows the key."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import QueryFact
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.telling import as_evidence, first_few, with_route
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.security._owner_filters import Owned, owned_tables, owners_of

_ENOUGH = 2
_SHOWN = 4


class MissingOwnerFilter(Rule):
    """A row of somebody's is found by its key alone

    ## What it finds
    Routes that know who asks and read, change or delete one row of a table with an owner or tenant by the key from the
    request alone, while most other routes on that table ask for the owner too. Not where the owner is compared
    afterwards, a permission, role or policy stands in the way, the row leaves the function to be checked elsewhere, or
    row-level security keeps the rows apart.

    ## Why it matters
    Keys can be counted or leak: whoever is signed in sees or changes another's row by another number in the address.
    It is the most frequent fault of web interfaces, and no test of the usual way through finds it.

    ## When to leave it
    When the rows are for all to see, or the owner is checked in a place that is not seen here.

    ## How the fix works
    There is none in the schema: put the owner into the condition (`where id = … and user_id = …`), best in one function
    that all routes get their rows from.

    ## References
    - https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/
    - https://cheatsheetseries.owasp.org/cheatsheets/Insecure_Direct_Object_Reference_Prevention_Cheat_Sheet.html
    """

    code = "SEC022"
    level = Level.WARNING
    precision = Precision.LOW
    category = Category.SECURITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table."""
        for owned in owned_tables(survey):
            if owned.open and len(owned.guarded) >= max(_ENOUGH, len(owned.open)):
                yield _finding(self.name(), owned, survey)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The owned tables of which no route finds a row by its key alone."""
        code = survey.code
        for owned in owned_tables(survey):
            functions = list(dict.fromkeys(query.place.function for query in owned.guarded))
            knowing = sum(code is not None and code.functions[key].user for key in functions)
            if owned.open or owned.unsure or knowing < _ENOUGH or knowing * 2 < len(functions):
                continue
            evidence = tuple(as_evidence(query) for query in owned.guarded[:_SHOWN])
            owners = listed(sorted(owners_of(owned.table, survey)))
            message = (
                f"No route finds a row of {owned.table.ref} by its key alone: "
                f"{count(len(functions), 'function')} ask for {owners} too."
            )
            yield Strength(self.name(), owned.table.ref, message, evidence)


def _names(query: QueryFact, table: Table, survey: Survey) -> bool:
    """Whether a query names the owner by the table's own columns, and not by another table's."""
    owners = {table.ref.column(name).key for name in owners_of(table, survey)}
    return any(predicate.column.key in owners for predicate in query.predicates)


def _finding(rule: str, owned: Owned, survey: Survey) -> Finding:
    code = survey.code
    table, first = owned.table, owned.open[0]
    functions = list(dict.fromkeys(query.place.function for query in owned.open))
    owners = listed(sorted(owners_of(table, survey)))
    names = [with_route(code, key) for key in functions[:2]]
    rest = [count(len(functions) - 2, "other function")] if len(functions) > 2 else []
    others = len({query.place.function for query in owned.guarded})
    guard = next((query for query in owned.guarded if _names(query, table, survey)), owned.guarded[0])
    own = _names(guard, table, survey)
    how = f"ask for {owners} too" if own else "ask whose it is as well"
    return Finding(
        rule,
        table.ref,
        f"{listed([*names, *rest])} {'finds' if len(functions) == 1 else 'find'} a row of {table.ref} by its key "
        f"alone, while {count(others, 'other function')} {how}: whoever is signed in may reach another's row.",
        f"{f'Add {owners} to' if own else 'Ask whose row it is in'} the condition, in one function that all routes get "
        "the row from.",
        (
            *first_few(owned.open),
            Evidence(EvidenceKind.CODE, f"asks for the owner: {guard.text}", guard.origin),
        ),
        first.origin,
        (),
        Level.WARNING,
    )
