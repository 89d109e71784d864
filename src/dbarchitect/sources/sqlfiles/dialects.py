"""Which database SQL files are written for, by evidence: configuration beside them, names of folders, content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from dbarchitect.catalog.engine import MYSQL, POSTGRESQL, SQLITE, EngineInfo

ENGINES: Mapping[str, EngineInfo] = {
    "postgresql": POSTGRESQL,
    "sqlite": SQLITE,
    "mysql": MYSQL,
    "sqlserver": EngineInfo("sqlserver"),
    "oracle": EngineInfo("oracle"),
    "clickhouse": EngineInfo("clickhouse"),
    "snowflake": EngineInfo("snowflake"),
    "bigquery": EngineInfo("bigquery"),
    "duckdb": EngineInfo("duckdb"),
    "h2": EngineInfo("h2"),
    "hsqldb": EngineInfo("hsqldb"),
    "derby": EngineInfo("derby"),
    "db2": EngineInfo("db2"),
    "firebird": EngineInfo("firebird"),
}
READABLE = frozenset({"postgresql", "sqlite"})

NAMES: Mapping[str, str] = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "pgsql": "postgresql",
    "psql": "postgresql",
    "pg": "postgresql",
    "cockroachdb": "postgresql",
    "cockroach": "postgresql",
    "supabase": "postgresql",
    "neon": "postgresql",
    "sqlite": "sqlite",
    "sqlite3": "sqlite",
    "turso": "sqlite",
    "libsql": "sqlite",
    "d1": "sqlite",
    "mysql": "mysql",
    "mariadb": "mysql",
    "singlestore": "mysql",
    "planetscale": "mysql",
    "mssql": "sqlserver",
    "sqlserver": "sqlserver",
    "oracle": "oracle",
    "clickhouse": "clickhouse",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "duckdb": "duckdb",
    "h2": "h2",
    "hsqldb": "hsqldb",
    "hsql": "hsqldb",
    "derby": "derby",
    "db2": "db2",
    "firebird": "firebird",
}

# Engine, weight, pattern.
_WEIGHED: tuple[tuple[str, int, str], ...] = (
    (
        "postgresql",
        8,
        r"PostgreSQL database dump|^SET\s+(?:search_path|default_table_access_method|statement_timeout)\b",
    ),
    ("postgresql", 5, r"CREATE\s+EXTENSION\b|LANGUAGE\s+['\"]?plpgsql|CREATE\s+POLICY\b|ROW\s+LEVEL\s+SECURITY|\$\$"),
    ("postgresql", 3, r"\b(?:BIG|SMALL)?SERIAL\b|\bTIMESTAMPTZ\b|\bJSONB\b|\bBYTEA\b|::\s*\w|gen_random_uuid"),
    (
        "postgresql",
        3,
        r"CREATE\s+TYPE\s+[\w.\"]+\s+AS\s+ENUM|ALTER\s+TABLE\s+ONLY\b|\bUSING\s+(?:btree|gin|gist|brin)\b",
    ),
    ("postgresql", 2, r"WITH(?:OUT)?\s+TIME\s+ZONE|\bGENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY"),
    ("postgresql", 2, r"\btsvector\b|\bTIMESTAMP\(\d\)"),
    ("postgresql", 1, r"ALTER\s+TABLE\s+\"?[\w.\"]+\s+ADD\s+CONSTRAINT|\bUUID\b|\bDOUBLE\s+PRECISION\b|\bnow\(\)"),
    ("sqlite", 8, r"\bAUTOINCREMENT\b|\bWITHOUT\s+ROWID\b|\bsqlite_(?:master|schema|sequence)\b|USING\s+fts[345]\b"),
    ("sqlite", 60, r"^PRAGMA\s+\w+\s*+[=(;]"),  # no other database has the statement
    ("sqlite", 5, r"\bstrftime\(|\bdatetime\(\s*'now'|\bunixepoch\(|\bjulianday\("),
    ("sqlite", 2, r"\bINTEGER\s+(?:NOT\s+NULL\s+)?PRIMARY\s+KEY|`\w+`\s+(?:integer|text|real|blob)\b"),
    ("sqlite", 1, r"\bDATETIME\b|\bBLOB\b"),
    ("mysql", 10, r"\bENGINE\s*=\s*(?:InnoDB|MyISAM)|^/\*!\d{5}|\bAUTO_INCREMENT\b|MySQL dump|MariaDB dump"),
    ("mysql", 5, r"\bUNSIGNED\b|\b(?:MEDIUM|TINY|LONG)(?:INT|TEXT|BLOB)\b|\bON\s+UPDATE\s+CURRENT_TIMESTAMP"),
    ("mysql", 5, r"CHARACTER\s+SET\s+utf8|\bCOLLATE\s*+=?\s*+utf8mb4"),
    ("mysql", 3, r"^[^\S\n]*+(?:UNIQUE\s+)?KEY\s+`|`\w+`\s+(?:var)?char\(|\bdatetime\(\d\)"),
    (
        "sqlserver",
        10,
        r"^[^\S\n]*+GO[^\S\n]*+$|\bNVARCHAR\s*\(\s*MAX|\bIDENTITY\s*\(\s*\d+\s*,|\[dbo\]|\bCLUSTERED\b|\bDATETIME2\b",
    ),
    ("clickhouse", 10, r"\bENGINE\s*=\s*\w*MergeTree|\bLowCardinality\(|\bNullable\(|\bDateTime64\b|\bON\s+CLUSTER\b"),
    ("oracle", 10, r"\bVARCHAR2\b|\bNUMBER\s*\(\s*\d|\bNVARCHAR2\b|\bSYSDATE\b"),
)
_EVIDENCE = tuple(
    (engine, weight, re.compile(pattern.encode(), re.IGNORECASE | re.MULTILINE)) for engine, weight, pattern in _WEIGHED
)
_ENOUGH = 400_000  # bytes of each file: whatever says which dialect it is comes early
_MOST = 8  # occurrences of one sign that count: a habit is not a proof by being repeated


def dialect_of_content(contents: Iterable[bytes]) -> str | None:
    """The dialect that the content speaks for; None where it says nothing."""
    score = dict.fromkeys(ENGINES, 0)
    joined = b"\n".join(content[:_ENOUGH] for content in contents)[: 4 * _ENOUGH]
    for engine, weight, pattern in _EVIDENCE:
        found = 0
        for _ in pattern.finditer(joined):
            found += 1
            if found == _MOST:
                break
        score[engine] += weight * found
    best = max(score, key=lambda engine: score[engine])
    return best if score[best] else None


def dialect_of_path(path: str) -> str | None:
    """The dialect that a folder or file on the way is named after."""
    for part in reversed(path.lower().split("/")):
        if part in NAMES:
            return NAMES[part]
        for word in re.split(r"[._\-]", part):
            if len(word) > 3 and word in NAMES:  # `pg` or `d1` inside a longer name means little
                return NAMES[word]
    return None


def dialect_of_configuration(name: str, content: str) -> str | None:
    """The dialect that a configuration file states: Prisma's migration lock, Drizzle's journal or configuration."""
    if name == "migration_lock.toml":
        found = re.search(r'^[^\S\n]*+provider\s*+=\s*+"(\w+)"', content, re.MULTILINE)
        return NAMES.get(found[1].lower()) if found else None
    if name == "_journal.json":
        try:
            journal = json.loads(content)
        except (ValueError, RecursionError):
            return None
        return NAMES.get(str(journal.get("dialect", "")).lower()) if isinstance(journal, dict) else None
    if name.startswith("drizzle.config."):
        found = re.search(r"\b(?:dialect|driver)\s*:\s*['\"]([\w-]+)['\"]", content)
        return NAMES.get(found[1].split("-")[0].lower()) if found else None
    if name in {"sqlc.yaml", "sqlc.yml", "sqlc.json"}:
        found = re.search(r"\bengine[\"']?\s*:\s*[\"']?(\w+)", content)
        return NAMES.get(found[1].lower()) if found else None
    return None
