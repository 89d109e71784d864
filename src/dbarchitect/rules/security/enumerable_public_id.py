"""Rows that are shown to the public under a number that can be counted through."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, singular_words, thing_words
from dbarchitect.rules._schema.domains import owner_column
from dbarchitect.rules._schema.shape import is_account, joined_columns

_SHARED = phrases(
    "is public, public, shared, is shared, visibility, share enabled, is unlisted, unlisted, is private, private"
)
_PUBLIC_ID = phrases(
    "slug, uuid, guid, public id, token, code, hash, hash id, external id, key, uid, nanoid, short id, share id, "
    "permalink, link, handle, pid, sqid"
)


class EnumerablePublicId(Rule):
    """Shared rows have only a number that can be counted

    ## What it finds
    Tables whose rows belong to somebody and can be shown to others (`is_public`, `visibility`, `shared`), whose key
    is an integer that the server counts up, and which have no other name for the outside: no slug, token or UUID, no
    unique name. People (tables of accounts) and tables that only join others are left alone.

    ## Why it matters
    Who sees `/plans/1041` tries 1040 and 1042: whatever one authorization check forgets is read by a loop, and the
    number tells competitors how much there is. A random name does not replace the check, it removes the invitation.

    ## When to leave it
    When the rows are meant to be found by everybody, or the number never leaves the server.

    ## How the fix works
    By hand: the application must use the new name in its links. Add a `public_id uuid` with a unique index, fill it,
    and let routes look rows up by it; the integer key stays for joins.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Insecure_Direct_Object_Reference_Prevention_Cheat_Sheet.html
    """

    code = "SEC004"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table, on its key."""
        for table in survey.tables:
            key = _counted_key(table, survey)
            shared = next((c for c in table.ordered_columns if _SHARED.whole(c.name)), None)
            owned = owner_column(table, survey.catalog) is not None
            if key is None or shared is None or not owned or joined_columns(table) or is_account(table):
                continue
            if set(singular_words(shared.name)) & set(
                thing_words(table)
            ):  # a change of visibility is not visible itself
                continue
            if any(_is_name_outside(table, column, survey) for column in table.columns):
                continue
            ref = table.ref.column(key.name)
            origin = survey.origin_of(ref)
            yield Finding(
                self.name(),
                ref,
                f"Rows of {table.ref} can be shown to others ({shared.name} decides), and a link can only name them by "
                f"{key.name}, which counts up: the numbers of other rows can be guessed.",
                "Add a random public id (a UUID) for links, and keep the number for joins.",
                (
                    Evidence(EvidenceKind.CATALOG, f"{key.name} {key.type} counts up", origin),
                    Evidence(EvidenceKind.CATALOG, f"{shared.name} {shared.type}", shared.origin),
                ),
                origin,
            )


def _counted_key(table: Table, survey: Survey) -> Column | None:
    key = table.primary_key
    column = table.column(key.columns[0]) if key is not None and len(key.columns) == 1 else None
    if column is None or survey.catalog.family(column.type) is not Family.INTEGER or column.identity is None:
        return None
    return column


def _is_name_outside(table: Table, column: Column, survey: Survey) -> bool:
    """True for a column by which a link could name the row: made for it, or a unique text or UUID of its own."""
    family = survey.catalog.family(column.type)
    if any(column.name in key.columns for key in table.foreign_keys):
        return False
    if family is Family.TEXT:
        return _PUBLIC_ID.ends(column.name) or table.is_key((column.name,))
    return family is Family.UUID
