"""Databases and transactions: what gives one, which declared types are one."""

from __future__ import annotations

import re

from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.drizzle.values import Database
from dbarchitect.sources.code.typescript.values import Choice, Const, EnumValue, Setting, Table
from dbarchitect.sources.code.values import Items, Library, Member, Rows, Sequence, Text, Value

_TYPE = re.compile(
    r"^(?:[\w$]+\.)?(?:(?:Node|Neon|Vercel|PGlite|Pglite|Xata|AwsDataApi|Planet[Ss]cale|Bun|Expo|OP|DrizzleSqlite|"
    r"Drizzle|Base|Better|LibSQL|SQLJs|SQLite|SQLiteRemote|Pg|Postgres|PostgresJs|MySql|MySql2|Singlestore|TiDB|Gel|"
    r"Durable)\w*(?:Database|Transaction)|DrizzleD1Database|LibSQLDatabase)\s*(?:<|$)"
)
_RETURNED = re.compile(r"^ReturnType\s*<\s*typeof\s+drizzle\b")
_HANDED = re.compile(
    r"^Parameters\s*<\s*Parameters\s*<\s*(?:typeof\s+)?[\w$.]+(?:\[\s*[\"']transaction[\"']\s*\]|\.transaction)"
)
_OTHERS = (Const, Choice, Text, Items, Rows, Sequence, Draft, Table, Setting, EnumValue)
"""What is certainly no database."""


def typed(text: str) -> Database | None:
    """What a value of a declared type is."""
    return Database() if _TYPE.match(text) or _RETURNED.match(text) or _HANDED.match(text) else None


def made(name: str) -> Database | None:
    """What a function of the library makes, by its short name."""
    return Database() if name in {"drizzle", "withReplicas", "mock", "drizzle.mock"} else None


def is_open(value: Value) -> bool:
    """Whether nothing says that a value is no database: it is one, or nobody knows what it is."""
    match value:
        case Member(owner=owner):
            return is_open(owner) or isinstance(owner, Items)
        case Library(name=name):
            return ":" in name  # of a package; `Object.values` is the language's
        case _:
            return not isinstance(value, _OTHERS)
