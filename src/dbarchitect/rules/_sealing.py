"""Secrets that the code encrypts or hashes on the way into a column, seen in the line that writes them."""

from __future__ import annotations

import re

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Verb

_WRITES = frozenset({Verb.INSERT, Verb.UPDATE, Verb.UPSERT})
_SEALS = r"(?:encrypt|cipher|fernet|seal|hash|digest|hmac|sha\d|bcrypt|argon2|pbkdf2|scrypt|make_password)"


def seals_when_written(code: Code | None, table: Table, column: Column) -> bool:
    """Whether a line that writes the column gives it what a function of such a name makes:
    `Token(key=hash_key(raw))`, `row.secret = fernet.encrypt(value)`, `{"secret": encrypt(value)}`."""
    if code is None:
        return False
    name = re.escape(column.name)
    given = re.compile(rf"\b_?{name}[\"']?\s*[=:]\s*(?:await\s+)?[\w.]*{_SEALS}[\w.]*\(", re.IGNORECASE)
    return any(
        query.verb in _WRITES and given.search(query.text) is not None
        for query in code.about(table.ref)
        if query.table is not None and query.table.key == table.ref.key
    )
