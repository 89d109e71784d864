"""What users write is overwritten: no earlier state is kept."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.domains import body_columns, title_column
from dbarchitect.rules._schema.soft_delete import can_be_marked
from dbarchitect.rules._schema.versions import is_document, versions_of
from dbarchitect.rules._sql import listed


class ContentWithoutVersions(Rule):
    """User content has no version history

    ## What it finds
    Tables of documents that users write and change (somebody owns the row, it has a title and a required body), for
    which there is no table of versions or revisions and no version column. Messages, comments, posts and other things
    that are said once are left alone. Where deleted rows have no mark, that is said here and not again by
    `missing-soft-delete`: versions in a table of their own answer both. That a document's title and body are required
    is said as a strength.

    ## Why it matters
    A user who saves over an hour's work, or a bug that empties a field, cannot be helped without restoring the whole
    database to another place.

    ## When to leave it
    When the content is small and easily made again, or versions are kept elsewhere.

    ## How the fix works
    There is none to be generated: which changes make a version is the application's decision. Usually a table
    `<thing>_versions` with a reference, a number unique within it, the body, its author and its time.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html
    """

    code = "DOM004"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table of documents."""
        for table in survey.tables:
            if not is_document(table, survey.catalog) or versions_of(table, survey.catalog):
                continue
            bodies = body_columns(table, survey.catalog)
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{c.name} {c.type}", survey.origin_of(table.ref.column(c.name)))
                for c in bodies
            )
            looked = Evidence(EvidenceKind.CATALOG, "no table and no column of versions", table.origin)
            act = "Saving over" if can_be_marked(survey.catalog, table) else "Saving over or deleting"
            yield Finding(
                self.name(),
                table.ref,
                f"{act} {listed(c.name for c in bodies)} of {table.ref} loses what was there: no version is kept.",
                "Keep earlier versions in a table of their own, numbered within each row.",
                (*evidence, looked),
                table.origin,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Documents whose versions are kept; documents that cannot lack their title or body."""
        for table in survey.tables:
            if not is_document(table, survey.catalog):
                continue
            kept = versions_of(table, survey.catalog)
            if kept:
                evidence = (Evidence(EvidenceKind.CATALOG, kept, table.origin),)
                yield Strength(self.name(), table.ref, "Earlier versions of the content are kept.", evidence)
            title, bodies = title_column(table), body_columns(table, survey.catalog)
            needed = ([title] if title else []) + list(bodies)
            if title is not None and not any(column.nullable for column in needed):
                names = listed(column.name for column in needed)
                evidence = (Evidence(EvidenceKind.CATALOG, f"{names} NOT NULL", table.origin),)
                yield Strength(self.name(), table.ref, f"{names} are required.", evidence)
