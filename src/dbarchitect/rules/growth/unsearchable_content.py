"""What users write cannot be searched by an index."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.domains import body_columns
from dbarchitect.rules._schema.versions import is_worth_searching
from dbarchitect.rules._sql import count, listed

_SEARCH_METHODS = {"fulltext", "rum", "bm25", "zombodb", "pgroonga"}
_SHOWN = 8
_FEW_ROWS = 1_000
_WORD_TYPES = {"tsvector", "vector", "halfvec"}


class UnsearchableContent(Rule):
    """Nothing can search what users write

    ## What it finds
    Tables of what users write to be found again (documents, posts, questions; not comments and messages) with no
    index that could answer a search for words: no full-text or trigram index, no column of type tsvector or of
    embeddings, no full-text table beside it. A GIN index on a JSON body finds keys and values, not words.

    ## Why it matters
    The day somebody adds a search box it will be `LIKE '%word%'`, which reads every row of the table at each key
    press. Of a JSON document not even an ordinary index on what is inside exists.

    ## When to leave it
    When nobody will search there, while there are few rows (below a thousand by the server's estimate it is not
    said), or a search engine outside the database does it.

    ## How the fix works
    There is none to be generated: which fields count, with which weight and in which language, is the application's
    decision. In PostgreSQL a generated tsvector column with a GIN index; in SQLite an FTS5 table with triggers.

    ## References
    - https://www.postgresql.org/docs/current/textsearch.html
    - https://www.sqlite.org/fts5.html
    """

    code = "SCA003"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.PERFORMANCE

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table of content."""
        for table in survey.tables:
            rows = survey.facts_of(table).rows
            few = rows is not None and rows < _FEW_ROWS
            if few or not is_worth_searching(table, survey.catalog) or _search(table, survey.catalog):
                continue
            read = f"all {count(rows, 'row')}" if rows is not None else "every row"
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
                f"No index can search {listed(c.name for c in bodies)} of {table.ref}: a search reads {read}.",
                f"Add a full-text index over {listed(c.name for c in bodies)} when users are to search it.",
                evidence,
                table.origin,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Content that can be searched, each; other tables that can, together."""
        others = []
        for table in survey.tables:
            by = _search(table, survey.catalog)
            if by and is_worth_searching(table, survey.catalog):
                evidence = (Evidence(EvidenceKind.CATALOG, by, table.origin),)
                yield Strength(self.name(), table.ref, "An index can search the text.", evidence)
            elif by:
                others.append(Evidence(EvidenceKind.CATALOG, f"{table.ref}: {by}", table.origin))
        if others:
            message = f"Text can be searched by words, parts or meaning in {count(len(others), 'table')}."
            yield Strength(self.name(), Ref.database(), message, tuple(others[:_SHOWN]))


def _search(table: Table, catalog: Catalog) -> str:
    """By what the text can be searched; empty where by nothing."""
    own = _column_of_words(table)
    if own:
        return own
    for index in table.indexes:
        parts = (
            f"{key.expression.canonical if key.expression else ''} {key.operator_class or ''}" for key in index.columns
        )
        said = " ".join(parts)
        if index.method in _SEARCH_METHODS or (
            index.method in {"gin", "gist"} and ("vector" in said or "trgm" in said)
        ):
            return f"{index.method} index {index.name or ''}".strip()
    for other in catalog.derive(_tables_of_words):
        named = other.name.casefold().startswith(table.name.casefold()) and other.ref.key != table.ref.key
        if named and (other.owned_by or "").startswith("sqlite fts"):
            return f"full-text table {other.name}"
        if named and _column_of_words(other):
            return f"{_column_of_words(other)} of {other.ref}"
    return ""


def _tables_of_words(catalog: Catalog) -> tuple[Table, ...]:
    return tuple(t for t in catalog.tables if (t.owned_by or "").startswith("sqlite fts") or _column_of_words(t))


def _column_of_words(table: Table) -> str:
    found = (c for c in table.ordered_columns if c.type.name in _WORD_TYPES)
    return next((f"{column.name} {column.type.name}" for column in found), "")
