"""What users write cannot be searched by an index."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._domains import body_columns, is_user_content
from dbarchitect.rules._sql import listed

_SEARCH_METHODS = {"gin", "gist", "rum", "bm25", "zombodb", "pgroonga"}


class UnsearchableContent(Rule):
    """Nothing can search what users write

    ## What it finds
    Tables of what users write with no index that could answer a search for words: no full-text or trigram index, no
    column of type tsvector, no full-text table beside it.

    ## Why it matters
    The day somebody adds a search box it will be `LIKE '%word%'`, which reads every row of the table at each key press.

    ## When to leave it
    When nobody will search there, or a search engine outside the database does it.

    ## How the fix works
    There is none to be generated: which fields count, with which weight and in which language, is the application's
    decision. In PostgreSQL a generated tsvector column with a GIN index; in SQLite an FTS5 table with triggers.

    ## References
    https://www.postgresql.org/docs/current/textsearch.html
    https://www.sqlite.org/fts5.html
    """

    code = "SCA003"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.PERFORMANCE

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table of content."""
        for table in survey.tables:
            if not is_user_content(table, survey.catalog) or _search(table, survey.catalog):
                continue
            bodies = body_columns(table, survey.catalog)
            evidence = tuple(
                Evidence(
                    EvidenceKind.CATALOG,
                    f"{c.name} {c.type}, no index for words",
                    survey.origin_of(table.ref.column(c.name)),
                )
                for c in bodies
            )
            yield Finding(
                self.name(),
                table.ref,
                f"No index can search {listed(c.name for c in bodies)} of {table.ref}: a search reads every row.",
                "Add a full-text index over title and body when users are to search it.",
                evidence,
                table.origin,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Content that can be searched."""
        for table in survey.tables:
            by = _search(table, survey.catalog)
            if by:
                evidence = (Evidence(EvidenceKind.CATALOG, by, table.origin),)
                yield Strength(self.name(), table.ref, "an index can search the text", evidence)


def _search(table: Table, catalog: Catalog) -> str:
    for column in table.columns:
        if column.type.name == "tsvector":
            return f"{column.name} tsvector"
    for index in table.indexes:
        words = " ".join(
            f"{key.expression.canonical if key.expression else ''} {key.operator_class or ''}" for key in index.columns
        )
        if index.method in _SEARCH_METHODS and ("tsvector" in words or "trgm" in words):
            return f"{index.method} index {index.name or ''}".strip()
        if index.method in {"fulltext", "bm25", "rum", "pgroonga", "zombodb"}:
            return f"{index.method} index {index.name or ''}".strip()
    for other in catalog.tables:
        if (other.owned_by or "").startswith("sqlite fts") and other.name.lower().startswith(table.name.lower()):
            return f"full-text table {other.name}"
    return ""
