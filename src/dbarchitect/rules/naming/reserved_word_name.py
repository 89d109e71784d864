"""The rule `reserved-word-name`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.naming._reserved_words import ANSWERING, RESERVED

_SHOWN = 6
_EVIDENCE = 20


class ReservedWordName(Rule):
    """Names that are words of the language

    ## What it finds
    Tables and columns that are called by a reserved word of the engine: `order`, `group`, `user`, `end`, `default`.
    One finding for the tables and one for the columns. Names with capitals need their quotes anyway and are left to
    `name-needs-quoting`.

    ## Why it matters
    Without quotes the statement is a syntax error, or worse: on PostgreSQL `select user from members` is none, it
    answers with the name of the role for every row.

    ## When to leave it
    All access goes through a client that quotes.

    ## How the fix works
    None is applied: a renaming is a migration of the code as much as of the database.

    ## References
    - https://www.postgresql.org/docs/current/sql-keywords-appendix.html
    - https://www.sqlite.org/lang_keywords.html
    """

    code = "NAM002"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.MAINTAINABILITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for tables and one for columns."""
        reserved = RESERVED.get(survey.engine.name, frozenset())
        tables = [table.ref for table in survey.tables if _stored(survey, table.name) in reserved]
        columns = [
            table.ref.column(column.name)
            for table in survey.tables
            for column in table.ordered_columns
            if _stored(survey, column.name) in reserved
        ]
        for kind, refs in (("table", tables), ("column", columns)):
            if refs:
                yield self._finding(survey, kind, refs)

    def _finding(self, survey: Survey, kind: str, refs: list[Ref]) -> Finding:
        answers = [ref for ref in refs if ref.columns and ref.columns[0].casefold() in ANSWERING]
        roles = survey.engine.capabilities.roles
        worse = f"; {answers[0].columns[0]} answers with something else instead" if answers and roles else ""
        verb, them = ("has a name", "it") if len(refs) == 1 else ("have names", "them")
        more = ", …" if len(refs) > _SHOWN else ""
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(len(refs), kind)} {verb} that SQL reserves "
            f"({listed(map(str, refs[:_SHOWN])) if not more else ', '.join(map(str, refs[:_SHOWN])) + more}): a "
            f"statement that names {them} bare, without quotes, fails{worse}.",
            hint=f"Give new {kind}s another name, and quote these wherever SQL is written by hand.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{ref}: reserved in {survey.engine.name}", survey.origin_of(ref))
                for ref in refs[:_EVIDENCE]
            ),
            origin=survey.origin_of(refs[0]),
            salient=(kind,),
        )


def _stored(survey: Survey, name: str) -> str:
    """The name as the language would read it: engines that fold to lower case read no capitals at all."""
    return name if survey.engine.capabilities.roles else name.casefold()
