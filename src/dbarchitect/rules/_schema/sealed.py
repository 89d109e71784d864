"""What is hashed or encrypted, told by the names of columns, and by what stands beside them."""

from __future__ import annotations

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import thing_words, words
from dbarchitect.rules._schema.domains import KEYS, has_credentials, is_api_key

SEALED = frozenset(words("hash hashed digest sha256 sha512 hmac encrypted crypted enc cipher ciphertext sealed"))
"""What a column is called that holds what hashing or encrypting made; rules add what says so of their own subject."""
_WISHES = frozenset(words("not todo should must never"))
"""Words of a comment that says what is not so, or not yet."""
_OF_KEYS = SEALED | {"verifier"}
_BESIDE_A_CIPHER = frozenset(words("algorithm salt nonce iv cipher dek kek"))
_DIGESTS = {(64,), (96,), (128,)}
_BESIDE_A_PASSWORD = frozenset(words("algorithm salt"))
_PARTS = {("prefix",), ("suffix",), ("start",), ("last4",), ("hint",), ("preview",), ("masked",)}
_SHOWN = frozenset({"display", "displayed", "masked", "redacted"})
_SECRET_WORDS = frozenset(words("key apikey token secret"))
_NOT_A_CIPHER = frozenset(words("compression sort sorting matching ranking password"))


def plain_key(table: Table, catalog: Catalog) -> Column | None:
    """The column in which a table of API keys holds the key itself, None where it holds a hash or the like."""
    if not is_api_key(table) or has_hash(table):
        return None
    referring = {name for key in table.foreign_keys for name in key.columns}
    for column in table.ordered_columns:
        held = column.declared is not None and (column.declared.encrypted or column.declared.hashed)
        if KEYS.whole(column.name) and catalog.family(column.type) is Family.TEXT and column.name not in referring:
            return None if held or is_digest(column) else column
    return None


def has_hash(table: Table) -> bool:
    """True where some column says that it holds a hash or a cipher, or what only hashing or encrypting needs."""
    key = any(is_digest(column) and KEYS.whole(column.name) for column in table.columns)
    said = any(_OF_KEYS & set(words(c.name)) or (c.declared is not None and c.declared.hashed) for c in table.columns)
    return key or said or is_sealed(table)


def is_said_in_a_comment(column: Column, marks: frozenset[str]) -> bool:
    """Whether a comment, of the column or of its model, says one of these words, and not as a wish."""
    declared = column.declared
    said = set(words(f"{column.comment or ''} {(declared.comment or '') if declared is not None else ''}"))
    return bool(said & marks) and not said & _WISHES


def is_digest(column: Column) -> bool:
    """True for text of the fixed length of a SHA-2 digest in hexadecimal digits."""
    return column.type.name == "character" and column.type.arguments in _DIGESTS


def is_sealed(table: Table) -> bool:
    """True where a column beside a secret is what only hashing or encrypting needs: an algorithm, a salt, a nonce; or
    the part of it that stays readable: a prefix, the last four, a masked copy to display. Beside a password a salt is
    the password's."""
    ciphers = _BESIDE_A_CIPHER - (_BESIDE_A_PASSWORD if has_credentials(table) else frozenset())
    of_secrets = _SECRET_WORDS & set(thing_words(table)[-1:])
    for column in table.columns:
        own = words(column.name)
        if ciphers & set(own[-1:]) and not _NOT_A_CIPHER & set(own):
            return True
        part = (own in _PARTS and of_secrets) or (own[-1:] in _PARTS and _SECRET_WORDS & set(own))
        shown = _SHOWN & set(own) and _SECRET_WORDS & set(own)
        if column.type.family is Family.TEXT and (part or shown or own[-2:] == ("last", "4")):
            return True
    return False
