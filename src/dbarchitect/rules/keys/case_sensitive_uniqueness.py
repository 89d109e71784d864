"""The rule `case-sensitive-uniqueness`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._keys.logins import (
    ENGINES,
    case_sensitive_logins,
    folded_index,
    is_folded,
    is_unique_login,
    logins,
)
from dbarchitect.rules._sql import count, quoted


class CaseSensitiveUniqueness(Rule):
    """A name to sign in by, unique only letter by letter

    ## What it finds
    The address or name by which people sign in, unique in a table of accounts, whose type and index tell upper from
    lower case. Silent with `citext`, with a collation of its own, with a unique index on `lower(…)`, with a CHECK or a
    generated column that folds it. Whether the application folds it before it writes is not asked.

    ## Why it matters
    `Ann@example.com` and `ann@example.com` are two accounts: one person registers twice and finds an empty account, and
    another can take a name that looks the same.

    ## When to leave it
    Every writer folds the value, imports and consoles included; a CHECK (`email = lower(email)`) then says so.

    ## How the fix works
    It adds a unique index on `lower(column)` beside the existing one, which searches by the plain value need. It fails
    while two rows differ by case alone: merge them first.

    ## References
    - https://www.postgresql.org/docs/current/indexes-expressional.html
    - https://www.postgresql.org/docs/current/citext.html
    - https://www.sqlite.org/datatype3.html#collating_sequences
    """

    code = "KEY014"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY
    engines = ENGINES

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column to sign in by."""
        for table in survey.tables:
            for login in case_sensitive_logins(survey.catalog, table):
                ref = table.ref.column(login.column.name)
                keys = ", ".join(login.index.column_names)
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} is unique letter by letter: 'Ann' and 'ann' are two accounts, unless every writer lowers "
                    "them.",
                    hint=f"Add a unique index on lower({quoted(login.column.name)}), "
                    "or a CHECK that lets only lower case in.",
                    evidence=(
                        Evidence(EvidenceKind.CATALOG, f"unique ({keys}) on {login.column.type}", login.index.origin),
                    ),
                    origin=survey.origin_of(ref),
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The names to sign in by of which two never differ by case alone."""
        kept = [
            Evidence(EvidenceKind.CATALOG, str(table.ref.column(column.name)), column.origin)
            for table in survey.tables
            for column in logins(survey.catalog, table)
            if is_unique_login(table, column) and is_folded(survey.catalog, table, column)
        ]
        if kept:
            message = f"{count(len(kept), 'name')} to sign in by, unique whatever the case."
            yield Strength(self.name(), Ref.database(), message, tuple(kept))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A unique index on the folded value, in the same scope."""
        table = survey.catalog.table(finding.object)
        for login in case_sensitive_logins(survey.catalog, table) if table else ():
            name = login.column.name
            if table is None or name != finding.object.columns[0]:
                continue
            index = folded_index(survey.catalog, table, login)
            note = f"Look for rows that differ by case alone first: group by lower({quoted(name)})."
            return Fix((Add(table.ref, index),), Applicability.UNSAFE, note)
        return None
