"""Databases and transactions: what gives one, which declared types are one."""

from __future__ import annotations

import re

from dbarchitect.sources.code.typescript.drizzle.values import Database

_TYPE = re.compile(
    r"^(?:[\w$]+\.)?(?:(?:Node|Neon|Vercel|PGlite|Pglite|Xata|AwsDataApi|Planet[Ss]cale|Bun|Expo|OP|DrizzleSqlite|"
    r"Drizzle|Base|Better|LibSQL|SQLJs|SQLite|SQLiteRemote|Pg|Postgres|PostgresJs|MySql|MySql2|Singlestore|TiDB|Gel|"
    r"Durable)\w*(?:Database|Transaction)|DrizzleD1Database|LibSQLDatabase)\s*(?:<|$)"
)
_RETURNED = re.compile(r"^ReturnType\s*<\s*typeof\s+drizzle\b")
_HANDED = re.compile(
    r"^Parameters\s*<\s*Parameters\s*<\s*(?:typeof\s+)?[\w$.]+(?:\[\s*[\"']transaction[\"']\s*\]|\.transaction)"
)


def typed(text: str) -> Database | None:
    """What a value of a declared type is."""
    return Database() if _TYPE.match(text) or _RETURNED.match(text) or _HANDED.match(text) else None


def made(name: str) -> Database | None:
    """What a function of the library makes, by its short name."""
    return Database() if name in {"drizzle", "withReplicas", "mock", "drizzle.mock"} else None
