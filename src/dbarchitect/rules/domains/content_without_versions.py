"""What users write is overwritten: no earlier state is kept."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._domains import body_columns, is_user_content
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._sql import listed

_VERSIONS = phrases("version", "revision", "history", "snapshot", "edit", "draft", "change")
_COLUMN = phrases(
    "version", "revision", "version number", "revision number", "previous version id", "parent version id"
)
_SAID_ONCE = phrases("comment", "message", "reply", "answer", "review", "feedback", "reaction", "chat", "report", "rating",
                     "vote", "response", "submission", "ticket", "inquiry", "contact", "post", "tweet", "request")  # fmt: skip


class ContentWithoutVersions(Rule):
    """User content has no version history

    ## What it finds
    Tables of documents that users write and change (somebody owns the row, it has a title and a body), for which there
    is no table of versions or revisions and no version column. Messages, comments and other things that are said once
    are left alone.

    ## Why it matters
    A user who saves over an hour's work, or a bug that empties a field, cannot be helped without restoring the whole
    database to another place.

    ## When to leave it
    When the content is small and easily made again, or versions are kept elsewhere.

    ## How the fix works
    There is none to be generated: which changes make a version is the application's decision. Usually a table
    `<thing>_versions` with a reference, a number unique within it, the body, its author and its time.

    ## References
    https://www.postgresql.org/docs/current/ddl-constraints.html
    """

    code = "DOM004"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table of documents."""
        for table in survey.tables:
            things = thing_words(table)
            if not is_user_content(table, survey.catalog) or _SAID_ONCE.ends("_".join(things)):
                continue
            if any(_COLUMN.whole(c.name) for c in table.columns) or _has_versions(things, table.ref.key, survey):
                continue
            bodies = body_columns(table, survey.catalog)
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{c.name} {c.type}", survey.origin_of(table.ref.column(c.name)))
                for c in bodies
            )
            yield Finding(
                self.name(),
                table.ref,
                f"Saving over {listed(c.name for c in bodies)} of {table.ref} loses what was there: no version is kept.",
                "Keep earlier versions in a table of their own, numbered within each row.",
                evidence,
                table.origin,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Content whose versions are kept."""
        for table in survey.tables:
            if is_user_content(table, survey.catalog) and _has_versions(thing_words(table), table.ref.key, survey):
                evidence = (Evidence(EvidenceKind.CATALOG, "a table of versions refers to it", table.origin),)
                yield Strength(self.name(), table.ref, "earlier versions of the content are kept", evidence)


def _has_versions(things: tuple[str, ...], key: tuple[str, ...], survey: Survey) -> bool:
    for other in survey.catalog.tables:
        words = thing_words(other)
        if other.ref.key == key or not _VERSIONS.ends("_".join(words)):
            continue
        named = words[: len(things)] == things or (bool(words[:-1]) and things[-len(words[:-1]) :] == words[:-1])
        if named or any(k.referenced.table_ref.key == key for k in other.foreign_keys):
            return True
    return False
