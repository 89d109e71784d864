"""Rows written with whatever a request brings."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import WRITES, by_function, queries_of, table_of
from dbarchitect.rules._code.telling import built_at, first_few, query_ref, shown_in
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._names import phrases
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.security._checked_input import checked_input
from dbarchitect.rules.security._raw_numbers import is_checked_before, numbers_as_they_come

_TELLING = phrases(
    "is admin, is staff, is superuser, admin, role, verified, is verified, email verified, balance, credits, owner id, "
    "user id, account id, tenant id, organization id, status, price, plan, tier, permissions, is active, password, "
    "password hash, approved"
)
"""Columns of which nobody outside should choose the value."""
_SHOWN = 4


class UnvalidatedInput(Rule):
    """Rows take whatever a request brings

    ## What it finds
    Rows made or changed with all the keys of a request's data: `Model(**request.json)`, `create(**data)`,
    `for key, value in data.items(): setattr(row, key, value)`; as information columns of numbers that get what the
    request says, unconverted, where neither a CHECK nor a model, form or schema limits them. Not where a form, a
    serializer, a schema or a list of allowed names stands between.

    ## Why it matters
    The sender chooses the columns too: `{"is_admin": true}` or another's `user_id` is written like anything else. What
    comes in has no type, no length and no range until the database refuses it.

    ## When to leave it
    When the data was checked by something that is not seen here.

    ## How the fix works
    There is none in the schema: name the columns that may be set, or let a schema (pydantic, marshmallow, a serializer,
    a form) take the data apart, and write what it gives back.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Mass_Assignment_Cheat_Sheet.html
    """

    code = "SEC023"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function and table; the numbers of one table together."""
        code = survey.code
        if code is None:
            return
        taken = [
            query
            for query in queries_of(survey)
            if query.verb in WRITES
            and query.raw_input
            and "columns" in query.dynamic
            and not query.interpolated  # what is put into a text of SQL may be anything of it, and another rule says so
            and not is_of_tests(query.origin.path)
            and not is_checked_before(code, query.place.function)
        ]
        nested = [query for query in taken if any(_holds(other, query) for other in taken)]
        for queries in by_function(query for query in taken if query not in nested):
            table = table_of(queries[0], survey)
            within = [query for query in nested if any(_holds(outer, query) for outer in queries)]
            if table is not None and table.owned_by is None:
                yield _finding(self.name(), table, queries, within, code)
        numbers: dict[tuple[str, ...], list[tuple[QueryFact, str]]] = {}
        for query in queries_of(survey):
            if not any(assignment.raw_input for assignment in query.assignments):
                continue
            table = table_of(query, survey)
            if table is not None and table.owned_by is None and not is_of_tests(query.origin.path):
                for column in numbers_as_they_come(query, table, survey):
                    numbers.setdefault(table.ref.key, []).append((query, column))
        for cases in numbers.values():
            table = table_of(cases[0][0], survey)
            if table is not None:
                yield _of_numbers(self.name(), table, cases, survey)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What forms, serializers and schemas check before it is written."""
        yield from checked_input(self.name(), survey, [finding.object for finding in self.findings(survey)])


def _of_numbers(rule: str, table: Table, cases: list[tuple[QueryFact, str]], survey: Survey) -> Finding:
    columns = tuple(dict.fromkeys(column for _, column in cases))
    queries = list(dict.fromkeys(query for query, _ in cases))
    functions = list(dict.fromkeys(shown_in(survey.code, query.place.function) for query in queries))
    refuses = all(query.library == "prisma" for query in queries)
    makes = "Prisma refuses what is no number, as a failure" if refuses else "nothing makes a number of it"
    return Finding(
        rule,
        table.ref.over(columns),
        f"{listed(functions[:_SHOWN])} {'writes' if len(functions) == 1 else 'write'} {listed(columns)} of {table.ref} "
        f"as the request brings it: {makes}, and nothing in model or database limits it.",
        "Convert it and check its range before it is written (a schema, a form), and keep the range as a CHECK too.",
        (
            *(
                Evidence(EvidenceKind.CATALOG, f"{column} has no CHECK", survey.origin_of(table.ref.column(column)))
                for column in columns[:_SHOWN]
            ),
            *first_few(queries),
            *built_at(queries),
        ),
        queries[0].origin,
        (),
        Level.INFO,
        Precision.LOW,
    )


def _set_after(queries: tuple[QueryFact, ...]) -> set[str]:
    """The columns that every one of the writes gives a value of the program's own."""
    own = [{a.column.columns[0] for a in q.assignments if a.column.columns and not a.raw_input} for q in queries]
    return set.intersection(*own) if own else set()


def _holds(outer: QueryFact, inner: QueryFact) -> bool:
    """Whether a write is nested in another one, which is told with it."""
    one, other = outer.origin, inner.origin
    if one.path != other.path or None in {one.start, one.end, other.start, other.end}:
        return False
    return (one.start or 0) < (other.start or 0) and (other.end or 0) <= (one.end or 0)


def _finding(rule: str, table: Table, queries: tuple[QueryFact, ...], within: list[QueryFact], code: Code) -> Finding:
    first = queries[0]
    key = table.primary_key.columns if table.primary_key else ()
    own = [
        c.name for c in table.ordered_columns if c.name not in {*key, *_set_after(queries)} and _TELLING.whole(c.name)
    ]
    example = f", {listed(own[:_SHOWN])} among them" if own else ""
    tables = listed(dict.fromkeys(str(ref) for ref in (table.ref, *(query.table for query in within))))
    places = f" in {count(len(queries), 'place')}" if len(queries) > 1 else ""
    return Finding(
        rule,
        query_ref(first),
        f"{shown_in(code, first.place.function)} writes {tables}{places} with all that a request brings: the "
        f"sender chooses the columns too{example}.",
        "Name the columns that a request may set, or let a schema check the data and write what it gives back.",
        first_few((*queries, *within)),
        first.origin,
        (),
        Level.WARNING,
    )
