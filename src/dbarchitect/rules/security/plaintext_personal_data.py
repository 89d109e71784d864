"""What identifies or bares a person, readable by whoever reads a backup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.domains import body_columns
from dbarchitect.rules._schema.sealed import SEALED, is_said_in_a_comment, is_sealed
from dbarchitect.rules._schema.versions import is_document
from dbarchitect.rules._sql import listed

_NUMBERS = phrases(
    "ssn, social security number, social insurance number, national insurance number, national id, national id "
    "number, national identity number, passport number, passport no, driver license number, drivers license number, "
    "driving licence number, credit card number, cc number, cvv, cvc, card cvv, card cvc"
)
_INTIMATE = phrases(
    "diary, diary entry, journal, journal entry, journal page, mood entry, dream, dream entry, confession, therapy "
    "note, therapy entry, symptom entry, gratitude entry"
)
_PROTECTED = SEALED | frozenset(words("token tokenized masked redacted last4 suffix"))
_TOO_SHORT_FOR_A_CIPHER = 44
"""Characters of the shortest Fernet, AES-GCM or pgcrypto result of a short text, in base 64."""


class PlaintextPersonalData(Rule):
    """Intimate or identifying data lies there in the clear

    ## What it finds
    Two things. Numbers that identify a person or open an account (`ssn`, `passport_number`, `national_id`,
    `credit_card_number`, `cvv`) in text that is too short to hold a cipher (a warning), or that nothing shows to
    be encrypted. And what people write for themselves alone: the titles and bodies of diaries, journals, notes on
    moods and dreams, with an owner, whose model's field encrypts nothing. Other documents are not called intimate.

    ## Why it matters
    An encrypted disk protects against a stolen disk. Whoever gets a backup, a replica, a support login or one query's
    output reads every line, and for this data that harm cannot be repaired.

    ## When to leave it
    When the application encrypts before it writes and the name does not show it. Encryption has its price: what is
    encrypted can be neither searched nor indexed by the server (a number can still be found by a keyed hash beside
    it), and a lost key loses the data.

    ## How the fix works
    There is none in SQL: encrypt in the application with keys outside the database that can be rotated (envelope
    encryption, a key for each user), the number first. At the least encrypt disk and backups, and let no role read
    the column that need not.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Cryptographic_Storage_Cheat_Sheet.html
    - https://www.postgresql.org/docs/current/encryption-options.html
    """

    code = "SEC020"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per number, one per table of intimate texts."""
        for table in survey.tables:
            if is_sealed(table):
                continue
            yield from self._numbers(table, survey)
            names = (thing_words(table), singular_words(table.name))  # the model Entry of a journal is not enough
            named = any(_INTIMATE.ends("_".join(name)) for name in names)
            intimate = named and is_document(table, survey.catalog)
            columns = [c for c in body_columns(table, survey.catalog) if _is_readable(c)] if intimate else []
            if columns:
                yield self._texts(table, columns, survey)

    def _numbers(self, table: Table, survey: Survey) -> Iterator[Finding]:
        for column in table.ordered_columns:
            family = survey.catalog.family(column.type)
            if not _NUMBERS.whole(column.name) or family not in {Family.TEXT, Family.INTEGER} or _refers(table, column):
                continue
            if not _is_readable(column):
                continue
            length = column.type.length
            sure = family is Family.INTEGER or (length is not None and length < _TOO_SHORT_FOR_A_CIPHER)
            why = "as it is" if sure else "with nothing that shows it to be encrypted"
            ref = table.ref.column(column.name)
            origin = survey.origin_of(ref)
            yield Finding(
                self.name(),
                ref,
                f"{ref} keeps a number that identifies a person or opens an account, {why}: whoever reads a backup has "
                "them all.",
                "Encrypt it in the application with a key kept outside the database, or keep a payment or identity "
                "service's reference instead.",
                (Evidence(EvidenceKind.CATALOG, f"{column.name} {column.type}", origin),),
                origin,
                level=Level.WARNING if sure else None,
                precision=Precision.MEDIUM if sure else None,
            )

    def _texts(self, table: Table, columns: list[Column], survey: Survey) -> Finding:
        names = tuple(column.name for column in columns)
        origin = survey.origin_of(table.ref.column(names[0]))
        return Finding(
            self.name(),
            table.ref.over(names),
            f"{listed(names)} of {table.ref}, what people write for themselves alone, is stored in plain text: whoever "
            "reads a backup, a replica or one query's output reads all of it.",
            "Decide whether it must be searched by the server; where not, encrypt it in the application with keys kept "
            "outside the database. Encrypt disk and backups in any case.",
            tuple(
                Evidence(EvidenceKind.CATALOG, f"{c.name} {c.type}", survey.origin_of(table.ref.column(c.name)))
                for c in columns
            ),
            origin,
        )


def _is_readable(column: Column) -> bool:
    if set(words(column.name)) & _PROTECTED or is_said_in_a_comment(column, _PROTECTED):
        return False
    declared = column.declared
    return declared is None or not (declared.encrypted or declared.hashed)


def _refers(table: Table, column: Column) -> bool:
    return any(column.name in key.columns for key in table.foreign_keys)
