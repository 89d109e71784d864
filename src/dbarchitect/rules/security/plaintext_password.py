"""A password column that holds the password itself: its name says so, or no hash fits."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._schema.domains import signs_in
from dbarchitect.rules._schema.shape import is_copy

_PASSWORD = phrases("password, passwd, pwd, passphrase, user password, account password, login password")
_WORDS = frozenset({"password", "passwd", "pwd", "passphrase"})
_PLAIN = frozenset({"plain", "plaintext", "cleartext", "clear", "unencrypted", "unhashed"})
_HASHED = frozenset(words("hash hashed digest bcrypt argon2 scrypt pbkdf2 encrypted crypted verifier salted"))
"""What a column of password hashes is called: one named after a fast digest or a cipher deserves no praise."""
_SHORTEST_HASH = 56


class PlaintextPassword(Rule):
    """A password is stored as it is typed

    ## What it finds
    A column whose name says that the password is in plain text (`plain_password`), and a column whose whole name is a
    password's (`password`, `passwd`, `user_password`) and whose declared length is below 56 characters: bcrypt writes
    60, PBKDF2 and scrypt write more, Argon2 about 97. Such a column is made for the password itself, or for a digest
    (MD5 32, SHA-1 40) that is broken in hours. An error where people sign in; a warning elsewhere (a meeting's, a
    share's). SQLite does not enforce a declared length: there it tells only what the column is meant for.

    ## Why it matters
    Whoever reads a backup, a replica or one query's result has every user's password, here and on the other sites
    where the same one is used. People reuse passwords, so the harm is not bounded by this application.

    ## When to leave it
    When the column holds another system's password that has to be sent on: then encrypt it, and call it a secret
    (`plaintext-secret` looks for those). A name does not tell how a long column is filled, so the rule is silent
    there.

    ## How the fix works
    There is none in SQL: hash with Argon2id, scrypt or bcrypt when each user signs in next, into a new column, and
    drop the old one.

    ## References
    - https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
    """

    code = "SEC002"
    level = Level.ERROR
    precision = Precision.MEDIUM
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per column."""
        for table in survey.tables:
            for column in table.ordered_columns:
                fault = _fault(column, survey)
                if fault is None:
                    continue
                ref = table.ref.column(column.name)
                origin = survey.origin_of(ref)
                account = signs_in(table, survey.catalog)
                yield Finding(
                    self.name(),
                    ref,
                    f"{ref} {fault}: whoever reads a backup has {'every user’s' if account else 'the'} password.",
                    "Store an Argon2id or bcrypt hash in a column of at least 100 characters, and drop this one."
                    if account
                    else "Store a hash if it is only compared, or encrypt it with a key kept outside the database.",
                    (Evidence(EvidenceKind.CATALOG, f"{column.name} {column.type}", origin),),
                    origin,
                    level=Level.ERROR if account else Level.WARNING,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Password hashes, by name or by the framework's word; what history keeps of them is none of these."""
        for table in survey.catalog.tables:
            for column in table.ordered_columns:
                if _is_hash(column, survey) and not is_copy(table):
                    ref = table.ref.column(column.name)
                    evidence = (Evidence(EvidenceKind.CATALOG, f"{column.name} {column.type}", survey.origin_of(ref)),)
                    yield Strength(self.name(), ref, "Passwords are stored as a hash.", evidence)


def _fault(column: Column, survey: Survey) -> str | None:
    if survey.catalog.family(column.type) is not Family.TEXT or _is_protected(column):
        return None
    own = set(words(column.name))
    if own & _WORDS and own & _PLAIN:
        return "holds the password in plain text, by its own name"
    length = survey.catalog.base_type(column.type).length
    if length is None or length >= _SHORTEST_HASH or not _PASSWORD.whole(column.name):
        return None
    return f"is made for at most {length} characters, fewer than any password hash has"


def _is_protected(column: Column) -> bool:
    declared = column.declared
    return declared is not None and bool(declared.hashed or declared.encrypted or declared.choices)


def _is_hash(column: Column, survey: Survey) -> bool:
    if survey.catalog.family(column.type) not in {Family.TEXT, Family.BINARY}:
        return False
    length = survey.catalog.base_type(column.type).length
    own = set(words(column.name))
    named = own & _HASHED and own & _WORDS
    if length is not None and length < _SHORTEST_HASH:
        return False
    return bool(named) or (column.declared is not None and column.declared.hashed and bool(own & _WORDS))
