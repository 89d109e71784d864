"""A table of API keys that lacks what makes a key safe to keep."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import words
from dbarchitect.rules._schema.domains import is_api_key
from dbarchitect.rules._schema.sealed import has_hash, plain_key
from dbarchitect.rules._sql import listed
from dbarchitect.rules.security._sealing import seals_when_written

_EXPIRY = frozenset({"expires", "expiry", "expiration", "expire", "expired", "until", "ttl"})
_NAMES = frozenset({"name", "label", "title", "description", "comment", "note"})

_ARTICLES = {"hash": "a hash", "expiry": "an expiry", "name": "a name"}


class ApiKeyWithoutHash(Rule):
    """A table of API keys lacks a hash or an expiry

    ## What it finds
    Tables of keys that the application hands out (`api_keys`, `personal_access_tokens`; by any name, where a unique key
    finds a row that says when it was last used and what it opens or is called) which store the key itself,
    or store a hash and have no expiry. Where the key itself is stored, a missing expiry and a missing name are said
    with it. A prefix or the last four characters in a column of their own show that the whole key is not readable.

    ## Why it matters
    A stored key is every client's access in one backup; a key without expiry stays valid after its owner has left; a
    hash with neither prefix nor name cannot be shown, so nobody knows which key to revoke. The first is the dangerous
    one, and alone makes this a warning.

    ## When to leave it
    When the keys are another service's: they must be sent on, so they are encrypted, not hashed.

    ## How the fix works
    By hand, since existing keys must be hashed by the application: add `key_hash` (SHA-256 of a random key of at
    least 128 bits needs no salt) with a unique index, `prefix`, `expires_at`; look keys up by hash; drop the plain
    column.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Key_Management_Cheat_Sheet.html
    """

    code = "SEC005"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table, naming all that is missing."""
        for table in survey.tables:
            plain = plain_key(table, survey.catalog)
            if plain is not None and seals_when_written(survey.code, table, plain):
                continue
            missing = _missing(table, survey) if is_api_key(table) else ()
            if not missing:
                continue
            columns = ", ".join(column.name for column in table.ordered_columns)
            evidence = Evidence(EvidenceKind.CATALOG, f"columns: {columns}", table.origin)
            if plain is None:
                message = f"{table.ref} has no expiry: a key stays valid after its owner has left."
            else:
                also = f", and has no {listed(missing[1:], 'and no')}" if missing[1:] else ""
                message = (
                    f"{table.ref} keeps the key in {plain.name}, which nothing in the schema says is a hash{also}: "
                    "if it is none, whoever reads a backup can act as every client."
                )
            parts = listed(_ARTICLES[part] for part in missing)
            yield Finding(
                self.name(),
                table.ref,
                message,
                f"Unless the code hashes {plain.name} already, add {parts}, and drop it." if plain else f"Add {parts}.",
                (evidence,),
                table.origin if plain is None else survey.origin_of(table.ref.column(plain.name)),
                salient=missing,
                level=Level.WARNING if plain else Level.INFO,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Keys kept as a hash, with an expiry."""
        for table in survey.tables:
            if is_api_key(table) and has_hash(table) and not _missing(table, survey):
                evidence = (Evidence(EvidenceKind.CATALOG, "a hash and an expiry among its columns", table.origin),)
                yield Strength(self.name(), table.ref, "API keys are stored as a hash and expire.", evidence)


def _missing(table: Table, survey: Survey) -> tuple[str, ...]:
    """What the table lacks; nothing where no key is in it (it only speaks about keys)."""
    plain = plain_key(table, survey.catalog)
    expiry = () if _has(table, _EXPIRY) else ("expiry",)
    if plain is None:
        return expiry if has_hash(table) else ()
    return ("hash", *expiry, *(() if _has(table, _NAMES) else ("name",)))


def _has(table: Table, names: frozenset[str]) -> bool:
    return any(names & set(words(column.name)) for column in table.columns)
