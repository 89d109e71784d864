"""Databases and transactions: what gives one, which declared types are one."""

from __future__ import annotations

import re

from dbarchitect.sources.code.typescript.drizzle.values import Database
from dbarchitect.sources.code.typescript.values import ClassValue, Instance, ModuleValue
from dbarchitect.sources.code.values import Entries, Items, Library, Member, Opaque, Value

_TYPE = re.compile(
    r"^(?:[\w$]+\.)?(?:(?:Node|Neon|Vercel|PGlite|Pglite|Xata|AwsDataApi|Planet[Ss]cale|Bun|Expo|OP|DrizzleSqlite|"
    r"Drizzle|Base|Better|LibSQL|SQLJs|SQLite|SQLiteRemote|Pg|Postgres|PostgresJs|MySql|MySql2|Singlestore|TiDB|Gel|"
    r"Durable)\w*(?:Database|Transaction)|DrizzleD1Database|LibSQLDatabase)\s*(?:<|$)"
)
_RETURNED = re.compile(r"^ReturnType\s*<\s*typeof\s+drizzle\b")
_HANDED = re.compile(
    r"^Parameters\s*<\s*Parameters\s*<\s*(?:typeof\s+)?[\w$.]+(?:\[\s*[\"']transaction[\"']\s*\]|\.transaction)"
)
_NAMED = re.compile(
    r"(?:^|_)(?:db|database|tx|trx|transaction|drizzle|orm|client|conn|connection)$|(?:Db|DB|Tx|Database|Drizzle)$"
)


def typed(text: str) -> Database | None:
    """What a value of a declared type is."""
    return Database() if _TYPE.match(text) or _RETURNED.match(text) or _HANDED.match(text) else None


def made(name: str) -> Database | None:
    """What a function of the library makes, by its short name."""
    return Database() if name in {"drizzle", "withReplicas", "mock", "drizzle.mock"} else None


def may_be(value: Value) -> bool:
    """Whether a value may be a database, as nothing says otherwise."""
    match value:
        case Database():
            return True
        case Member(owner=owner, name=name):
            return _NAMED.search(name) is not None or may_be(owner)
        case Opaque():
            return True
        case _:
            return False


def is_open(value: Value) -> bool:
    """Whether nothing is known of a value, so that its methods may be a database's."""
    match value:
        case Database() | Opaque() | Instance():
            return True
        case Member(owner=owner):
            return is_open(owner) or isinstance(owner, Entries | ModuleValue | Items)
        case Library(name=name):
            return ":" in name
        case ClassValue() | _:
            return False
