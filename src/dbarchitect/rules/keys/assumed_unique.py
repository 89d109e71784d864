"""The rule `assumed-unique`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, FunctionKind
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.reach import callers, kinds_behind
from dbarchitect.rules._code.telling import shown_in
from dbarchitect.rules._keys.assumed import AssumedKey, Reliance
from dbarchitect.rules._keys.claims import Claim, claims, shown_uses, spoken_of_otherwise
from dbarchitect.rules._keys.unique_making import made_unique
from dbarchitect.rules._names import words
from dbarchitect.rules._running.embedded import serves_one
from dbarchitect.rules._schema.paths import shown_keys
from dbarchitect.rules._sql import listed
from dbarchitect.rules._usage.columns import is_prose

_HARM = {
    Reliance.CONFLICT_NAMED: "without a unique index over exactly these columns the server refuses the statement",
    Reliance.MADE_BY_KEY: "two requests at once both find none and make one each, and from then on the lookup fails",
    Reliance.LOOKED_THEN_MADE: "two requests can both pass the check before either writes, and there are two rows",
    Reliance.NO_OTHER_FOUND: "two requests can both find no other row, and both store theirs",
    Reliance.FETCHED_AS_ONE: "the first double makes every such lookup fail, and nothing keeps it from coming",
}


_READ = 0.8
"""The weight of a key that is only read by: the lookup may as well be told to take the newest."""
_MORE, _MOST_MORE = 0.1, 0.5
"""How much each further place adds to the weight of a key, and all of them together."""


class AssumedUnique(Rule):
    """Columns that code takes for a key and nothing keeps so

    ## What it finds
    Columns by which the application fetches the one row (`get(…)`, `one()`), gets or creates it, enters it with ON
    CONFLICT, looks whether there is one before it makes it, or makes sure that no other row has them, while no unique
    index holds them or a part of them. The columns are exactly those of the code, the owner or tenant among them.
    Constants compared besides (`role = 'owner'`) bound the rows that are meant; where one place only reads by such a
    key, it is a remark. Silent where the search is sorted, where parts of it are not known, in code that is run by
    hand, and where a handler expects several rows. Natural keys that can be told by their meaning are those of
    `missing-natural-key`, which shows the code as well.

    ## Why it matters
    Looking first and inserting then is no protection: between the two another request does the same. The double row is
    found later, by a lookup that fails because it expects one.

    ## When to leave it
    A lock or a queue lets one writer in at a time, and no other will ever write.

    ## How the fix works
    It adds a UNIQUE constraint, or a unique index over the rows that are meant and not marked as deleted. It fails
    while doubles are there: find and merge them first. Then let the code catch the violation, or insert with ON
    CONFLICT. Where one of several columns may be NULL, the index holds the rows alone that have a value.

    ## References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#get-or-create
    - https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS
    """

    code = "KEY015"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each set of columns."""
        for table in survey.tables:
            for claim in claims(survey, table):
                if not spoken_of_otherwise(survey, table, claim):
                    yield self._finding(survey, table, claim)

    def _finding(self, survey: Survey, table: Table, claim: Claim) -> Finding:
        key, ref = claim.key, table.ref.over(claim.columns)
        function = max(key.uses, key=lambda use: use.reliance).query.place.function
        kinds = kinds_behind(survey.code).get(function, frozenset()) if survey.code is not None else frozenset()
        runs = FunctionKind.ROUTE not in kinds and bool(kinds & {FunctionKind.COMMAND, FunctionKind.TASK})
        harm = _HARM[key.reliance].replace("requests", "runs") if runs else _HARM[key.reliance]
        first = _READ if key.reliance is Reliance.FETCHED_AS_ONE else 1.0
        columns = ", ".join(claim.columns)
        among = _among(key.where)
        nullable = [c.name for c in map(table.column, claim.columns) if c is not None and c.nullable]
        beside = (
            f" Rows without {listed(nullable, 'or')} are left out." if nullable[:1] and len(claim.columns) > 1 else ""
        )
        prose = _prose(table, claim)
        unique = [path for path in table.access_paths() if path.unique]
        known = ", ".join(dict.fromkeys(map(shown_keys, unique))) or "none"
        level, precision = _weighed(key, survey.code)
        if level is Level.WARNING and serves_one(survey):
            level = Level.INFO
        return Finding(
            self.name(),
            ref,
            f"{table.ref}({columns}) is taken for a key{among} by {shown_in(survey.code, function)}, and may repeat: "
            f"{harm}.",
            hint=f"Keep a digest of {listed(prose)}, and make that unique with the rest of ({columns}){among}."
            if prose
            else f"Make ({columns}) unique in {table.ref}{among}.{beside}{_in_one_case(key)}",
            evidence=(
                *shown_uses(key),
                Evidence(EvidenceKind.CATALOG, f"unique keys of {table.ref}: {known}", table.origin),
            ),
            origin=survey.origin_of(ref),
            salient=tuple(f"{name}={value}" for name, value in key.where),
            level=level if level is not self.level else None,
            precision=precision if precision is not self.precision else None,
            weight=first + min(_MORE * (len(key.uses) - 1), _MOST_MORE),
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A unique key over the columns and the rows that are meant."""
        table = survey.catalog.table(finding.object)
        for claim in claims(survey, table) if table is not None else ():
            if table is not None and claim.columns == finding.object.columns and not _prose(table, claim):
                return made_unique(survey, table, claim.columns, where=claim.key.where, of_complete_rows=True)
        return None


def _in_one_case(key: AssumedKey) -> str:
    """What is to be done besides where the code looks without regard to case."""
    folded = [
        p.column.columns[0]
        for use in key.uses
        for p in use.query.predicates
        if (p.case_insensitive or p.function in {"lower", "upper"}) and p.column.columns[:1]
    ]
    names = [name for name in dict.fromkeys(folded) if name in key.columns]
    return f" It looks for {listed(names)} in whatever case: write it in one." if names else ""


def _prose(table: Table, claim: Claim) -> list[str]:
    """The texts of any length among the columns: an index holds no more than a few kilobytes of a row."""
    return [column.name for column in map(table.column, claim.columns) if column is not None and is_prose(column)]


def _among(where: tuple[tuple[str, str], ...]) -> str:
    told = {"null": "is null", "true": "is true", "false": "is false"}
    terms = (f"{name} {told.get(value, f'= {value!r}')}" for name, value in where)
    return f" among rows with {listed(terms)}" if where else ""


def _weighed(key: AssumedKey, code: Code | None) -> tuple[Level, Precision]:
    """A statement that fails as soon as it runs; a key that is written by; a key that is only read by, and of that one
    which a single place reads by among the rows of one kind: that tells more of the place than of the rows. What no
    route, task or other function is seen to call may be left over, or serve the tests alone."""
    if key.reliance is Reliance.CONFLICT_NAMED:
        return Level.ERROR, Precision.HIGH
    if key.reliance is Reliance.FETCHED_AS_ONE:
        run = code is None or any(_is_run(code, use.query.place.function) for use in key.uses)
        if not run or (key.where and len(key.uses) == 1):
            return Level.INFO, Precision.MEDIUM
    return Level.WARNING, Precision.HIGH if key.reliance is Reliance.MADE_BY_KEY else Precision.MEDIUM


def _is_run(code: Code, function: str) -> bool:
    """Whether something of the application runs a function: something is seen to, or the function is no mere getter
    (`get_by_slug`), so that a framework may run it by its name (a form's check of a field, a property's setter)."""
    fact = code.functions.get(function)
    if fact is None or fact.kind is not FunctionKind.OTHER or callers(code).get(function):
        return True
    return "by" not in words(function.rpartition(":")[2].rpartition(".")[2])
