"""Values put into the text of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import queries_of
from dbarchitect.rules._code.reach import callers, is_unwatched, route_of
from dbarchitect.rules._code.telling import as_evidence, first_few, function_ref, shown_in
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._sql import count, listed

_QUOTING = r"(?:[\w.]*[._])?(?:sql_?)?(?:quote|escape(?!_?(?:html|xml|reg|ur[il]|css|sh))|literal|sql_?string)\w*"
"""A function that makes a literal of SQL of a value, by its name."""
_FORMATTED = r"(?s:(?:[\w.]+\.)?as\.(?:csv|text|format|name|alias|array|date|json|number|bool|buffer)\(.*\))"
"""pg-promise's `as`, which writes values as literals."""
_HARMLESS = re.compile(
    r"^(?:(?:builtins\.)?(?:int|float|bool|len|uuid\.UUID|UUID|Decimal|quote\w*|escape\w*|literal\w*|sqlescape\w*)\(.*\)|"
    r"(?:.*\.)?(?:quote_name|quote_ident\w*|Identifier|Literal|Placeholder|mogrify|escape_string|as_string)\(.*\)|"
    r"(?:.*[._])?(?:__tablename__|db_table|tablename|_meta\b.*|qn|schema\w*|placeholders?\w*|marks|params?|binds|"
    r"compiled|dialect|[A-Z][A-Z0-9_]*)|"
    rf"{_FORMATTED}|(?i:{_QUOTING})\(.*\)|.*\.map\(\s*(?i:{_QUOTING})\s*\)(?:\.join\(.*\))?|"
    r".*\.replace(?:All)?\(\s*(?:/'/g|['\"]'['\"]|\"\\\\'\"),\s*(?:\"''\"|`''`|'\\'\\'')\s*\).*|"
    r"['\"].*['\"]\.join\(.*\)|.*\.strftime\(.*\)|.*\.isoformat\(\)|.*\.(?:value|name|pk|id|count|days|seconds|length|size)|"
    r"\w*(?:_ids|count|limit|offset|number|seconds|days|hours|minutes|size|interval|timeout)(?:_sql)?|"
    r"(?:\w*_)?(?:quoted|escaped)\w*|\w*(?:_literals?|Literals?|Quoted|Escaped)|"
    r"\w*(?:where|clause|condition|filter|column|field|table|order|sort|join|select|subquery|cte|sql|expr\w*|query|"
    r"statement|direction|func\w*|operator|index|type|view|alias|prefix|suffix|seq|sequence|constraint|database)s?\w*)$"
)
"""What is put in as a number, an identifier or a piece of SQL, by how it is written: no value that a person chose."""
_LONGEST = 300
"""Characters of an expression: a longer one is no name, and tells nothing."""
_MADE_HERE = re.compile(
    r"(?:[\w.]{0,40}\.)?(?:uuid(?:_?v?[1-8])?|randomUUID|gen_random_uuid|nanoid|cuid2?|createId|ulid|ksuid)\(\)"
)
"""A name that nobody chooses, and that is made of letters, digits and dashes."""
_DOTTED = re.compile(r"[\w.]+$")
_SHOWN = 3


class UnparameterisedSql(Rule):
    """SQL is put together from values

    ## What it finds
    Raw SQL with a value of a request put into its text: an error. A value of another origin that stands where a
    parameter belongs (`where name = '{name}'`) is a warning, in code that only an operator runs information. Names of
    tables and columns, lists of placeholders, numbers, constants and what a driver quotes are left out.

    ## Why it matters
    Whoever chooses the value writes the statement: `' or true --` reads the table, `'; drop table …` ends it. A name
    with an apostrophe breaks the statement even where nobody means harm, and each text is a plan of its own.

    ## When to leave it
    When the value cannot come from outside: then write it so that readers see it (a constant, an enum).

    ## How the fix works
    There is none in the schema: give the value as a parameter (`where name = %s`, `:name`, `?`); a name of a table or
    column is chosen from a list that the program holds, and quoted by the driver (`psycopg.sql.Identifier`).

    ## References
    - https://owasp.org/www-community/attacks/SQL_Injection
    - https://www.psycopg.org/psycopg3/docs/api/sql.html
    - https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text
    """

    code = "SEC021"
    level = Level.ERROR
    precision = Precision.HIGH
    category = Category.SECURITY
    needs = frozenset({Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function."""
        code = survey.code
        if code is None:
            return
        found: dict[str, list[QueryFact]] = {}
        for query in queries_of(survey):
            if query.interpolated and _put_in(query, code) and not is_of_tests(query.origin.path):
                found.setdefault(query.place.function, []).append(query)
        for function, queries in found.items():
            yield _finding(self.name(), function, queries, code)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """That raw queries take parameters, or that there is no raw SQL at all."""
        code = survey.code
        if code is None or self.findings(survey):
            return
        own = [query for query in queries_of(survey) if not is_of_tests(query.origin.path)]
        known = {table.ref.key for table in survey.catalog.tables}
        raw = [q for q in own if (q.as_text or q.library == "sql") and q.table is not None and q.table.key in known]
        if raw:
            message = (
                f"No SQL text is put together from values: {count(len(raw), 'raw query', 'raw queries')} with "
                "parameters, constants or names of the program only."
            )
            evidence = tuple(as_evidence(query) for query in raw[:_SHOWN])
        elif len(own) >= _SHOWN and not any(query.as_text or query.library == "sql" for query in own):
            libraries = listed(sorted({query.library for query in own}))
            message = f"No query is written as text of SQL: all {len(own)} go through {libraries}, which binds values."
            evidence = tuple(as_evidence(query) for query in own[:_SHOWN])
        else:
            return
        yield Strength(self.name(), Ref.database(), message, evidence)


def _put_in(query: QueryFact, code: Code) -> tuple[str, ...]:
    """What is put into a text and matters: all of a request's, else what stands in the place of a value."""
    if query.raw_input:
        return tuple(n for n in query.interpolated if not (_MADE_HERE.fullmatch(n) or re.fullmatch(_FORMATTED, n)))
    function = query.place.function
    if function.rpartition(".")[2].rpartition(":")[2].startswith("_") and callers(code).get(function):
        return ()  # what its callers give it was followed, and is none of a request's
    route = route_of(code, function) or ""
    return tuple(name for name in query.pasted if not _is_harmless(name) and f"<int:{name}>" not in route)


def _is_harmless(name: str) -> bool:
    attribute = name.rpartition(".")[2] if _DOTTED.match(name) else name
    return (
        name == "…"
        or len(name) > _LONGEST
        or _MADE_HERE.fullmatch(name) is not None
        or _HARMLESS.match(name) is not None
        or _HARMLESS.match(attribute) is not None
    )


def _finding(rule: str, function: str, queries: list[QueryFact], code: Code) -> Finding:
    asked = any(query.raw_input for query in queries)
    names = list(dict.fromkeys(name for query in queries for name in _put_in(query, code)))
    shown_names = listed(f"`{name}`" for name in names[:_SHOWN])
    hidden = is_unwatched(code, function)
    whose = "what a request brings" if asked else "a value" if len(names) == 1 else "values"
    harm = (
        "whoever sends the request writes the statement"
        if asked
        else "an apostrophe in it breaks the statement, and whoever can choose it writes the statement"
    )
    first = next((query for query in queries if query.raw_input == asked), queries[0])
    return Finding(
        rule,
        function_ref(function),
        f"{shown_in(code, function)} puts {shown_names}, {whose}, into the text of SQL: {harm}.",
        "Give it as a parameter of the statement; choose names of tables and columns from a list of the program's own.",
        first_few(queries),
        first.origin,
        tuple(sorted(names)),
        Level.ERROR if asked else Level.INFO if hidden else Level.WARNING,
        None if asked else Precision.MEDIUM,
    )
