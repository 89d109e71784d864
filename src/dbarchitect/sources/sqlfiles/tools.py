"""Which tool runs a folder of migrations, and how: in a transaction or not, with a way back or without.

Source: each tool's own documentation, named beside what was taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from dbarchitect.sources.sqlfiles.order import leads_back
from dbarchitect.sources.sqlfiles.statements import split

TELLING = ("config.toml", "Cargo.toml", "diesel.toml", "config.yaml")
"""Files that tell the tool where they lie beside migrations or above them."""
SNAPSHOT = "snapshot.json"
"""What Drizzle, from version 1 on, puts beside the `migration.sql` of each folder."""

_M, _I, _S = re.MULTILINE, re.IGNORECASE, re.DOTALL
_MARKS = {
    "goose": re.compile(rb"^[ \t]*--[ \t]*\+goose[ \t]+up\b", _I | _M),
    "dbmate": re.compile(rb"^[ \t]*--[ \t]*migrate:up\b", _I | _M),
    "sql-migrate": re.compile(rb"^[ \t]*--[ \t]*\+migrate[ \t]+up\b", _I | _M),
}
_BACK_MARKS = {
    "goose": re.compile(rb"^[ \t]*--[ \t]*\+goose[ \t]+down\b(?P<body>.*)", _I | _M | _S),
    "dbmate": re.compile(rb"^[ \t]*--[ \t]*migrate:down\b[^\n]*(?P<body>.*)", _I | _M | _S),
    "sql-migrate": re.compile(rb"^[ \t]*--[ \t]*\+migrate[ \t]+down\b[^\n]*(?P<body>.*)", _I | _M | _S),
}

# Each tool's own way of saying that a file runs without a transaction: pressly.github.io/goose/documentation, dbmate's
# "Migration options", the manual of sql-migrate, sqlx's `migrate!`.
_WITHOUT_TRANSACTION = {
    "goose": re.compile(rb"^[ \t]*--[ \t]*\+goose[ \t]+no[ \t]+transaction\b", _I | _M),
    "dbmate": re.compile(rb"^[ \t]*--[ \t]*migrate:up\b[^\n]*\btransaction:false\b", _I | _M),
    "sql-migrate": re.compile(rb"^[ \t]*--[ \t]*\+migrate[ \t]+up\b[^\n]*\bnotransaction\b", _I | _M),
    "sqlx": re.compile(rb"\A(?:[ \t\r\n]|\xef\xbb\xbf)*--[ \t]*no-transaction\b", _I),
}
_FLYWAY = re.compile(r"[VU]\d+(?:[._]\d+)*__.*\.sql\Z")
_UP = re.compile(r".*\.up\.sql\Z")
_COMMENT = re.compile(rb"--[^\n]*+|/\*.*?\*/|(?P<unclosed>/\*.*+)", _S)

# What Flyway knows to be impossible in a transaction: the file that holds it then runs without one.
_IMPOSSIBLE = re.compile(
    rb"\A\s*(?:(?:CREATE|DROP)\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY|REINDEX\b.*\bCONCURRENTLY|VACUUM|ALTER\s+SYSTEM"
    rb"|(?:CREATE|DROP)\s+(?:DATABASE|TABLESPACE|SUBSCRIPTION)|ALTER\s+TYPE\b.*\bADD\s+VALUE|DISCARD\s+ALL"
    rb"|REINDEX\s+(?:SCHEMA|DATABASE|SYSTEM))\b",
    _I | _S,
)

_IN_ONE = frozenset({"drizzle", "goose", "dbmate", "sql-migrate", "sqlx", "diesel", "hasura", "supabase"})
AT_ONCE = frozenset({"prisma", "golang-migrate"})
"""Tools that send a file to PostgreSQL in one message."""

_PRISMA_SPLITS = 7
_NO_WAY_BACK = frozenset({"prisma", "drizzle", "supabase", "flyway"})
_WITH_SECTIONS = frozenset(_BACK_MARKS)
STANDALONE = frozenset({"supabase"})
"""Tools that take statements which no transaction can hold out of the one that they open."""


def tool_of(
    paths: Sequence[str], contents: Iterable[bytes], *, journal: bool, plan: bool, beside: frozenset[str]
) -> str:
    """The tool that the files are for, by their names, their marks and what lies beside or above them; else `sql`.

    `beside` are the names of files in the folders from the migrations up to the project's root.
    """
    names = [path.rpartition("/")[2] for path in paths]
    if journal:
        return "drizzle"
    if plan:
        return "sqitch"
    if any("supabase" in path.split("/")[:-1] for path in paths) and "config.toml" in beside:
        return "supabase"
    if "migration.sql" in names:
        return "drizzle" if SNAPSHOT in beside else "prisma"
    if "up.sql" in names and beside & {"diesel.toml", "Cargo.toml", "config.yaml"}:
        return "hasura" if "config.yaml" in beside else "diesel"
    if any(_FLYWAY.match(name) for name in names):
        return "flyway"
    for content in contents:
        for tool, mark in _MARKS.items():
            if mark.search(content):
                return tool
    if any("supabase" in path.split("/")[:-1] for path in paths):
        return "supabase"
    if "Cargo.toml" in beside:
        return "sqlx"
    if any(_UP.match(name) for name in names):
        return "golang-migrate"
    return "sql"


def transactional(tool: str, data: bytes, dialect: str = "postgresql", version: int | None = None) -> bool:
    """Whether this file runs inside one transaction, be it the tool's or the one that the server makes.

    Drizzle, goose, dbmate, sql-migrate, sqlx, Diesel, Hasura and the Supabase CLI open one, unless the file says
    otherwise; Flyway unless a statement does not allow it. golang-migrate, and Prisma before 7.4, send the file to
    PostgreSQL at once: of several statements the server makes one transaction
    (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT). Prisma from 7.4 on sends
    one statement after the other (prisma/prisma-engines pull request 5767), of which `version`, the major one, tells.
    Sqitch and `psql` leave it to the file, and of a plain folder nothing is known: False.
    """
    if tool in AT_ONCE:
        if dialect == "sqlite":
            return tool == "golang-migrate"
        return not (tool == "prisma" and (version or 0) >= _PRISMA_SPLITS) and _holds_several(data)
    if tool == "flyway":
        return not any(_IMPOSSIBLE.match(statement) for statement in _statements(data))
    if tool not in _IN_ONE:
        return False
    switch = _WITHOUT_TRANSACTION.get(tool)
    return switch is None or switch.search(data) is None


def _holds_several(data: bytes) -> bool:
    first = next(split(data, rows=True), None)
    return first is not None and bool(_COMMENT.sub(rb"\g<unclosed> ", data[first.end :]).strip(b" ;\t\r\n"))


def _statements(data: bytes) -> list[bytes]:
    return [_COMMENT.sub(rb"\g<unclosed> ", data[span.start : span.end]) for span in split(data, rows=True)]


def reversible(tool: str, path: str, data: bytes, members: Sequence[str]) -> bool | None:
    """Whether the migration has a way back; None where its tool, or the whole folder, knows none."""
    if tool in _NO_WAY_BACK:
        return None
    if tool in _WITH_SECTIONS:
        back = _BACK_MARKS[tool].search(data)
        return back is not None and bool(_COMMENT.sub(rb"\g<unclosed> ", back["body"]).strip())
    backs = {_pair(member) for member in members if leads_back(member)}
    return _pair(path) in backs if backs else None


def _pair(path: str) -> str:
    """What the two files of a migration have in common."""
    *folders, name = path.split("/")
    if name in {"up.sql", "down.sql", "migration.sql"}:
        return "/".join(folders)
    if folders and folders[-1].lower() in {"up", "down", "deploy", "revert", "undo", "rollback", "rollbacks"}:
        folders = folders[:-1]
    stem = re.sub(r"(?:[._-](?:up|down|undo|rollback|revert))?\.(?:sql|ddl)\Z", "", name)
    return "/".join((*folders, re.sub(r"\A[VUvu](?=\d)", "", stem)))
