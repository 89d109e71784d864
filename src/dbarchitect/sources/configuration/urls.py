"""Database URLs as projects write them: the engine, the database's name and who hosts it; never a password."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from dbarchitect.catalog.engine import MARIADB, MYSQL, POSTGRESQL, SQLITE, EngineInfo

ELLIPSIS = "…"
"""Stands for a part of a URL or path that the source computes."""

_SCHEMES = {
    "postgres": POSTGRESQL,
    "postgresql": POSTGRESQL,
    "postgis": POSTGRESQL,
    "psql": POSTGRESQL,
    "pgsql": POSTGRESQL,
    "asyncpg": POSTGRESQL,
    "sqlite": SQLITE,
    "sqlite3": SQLITE,
    "mysql": MYSQL,
    "mysql2": MYSQL,
    "mariadb": MARIADB,
}
_HOSTS = (
    ("neon.tech", "neon"),
    ("neon.build", "neon"),
    ("supabase.co", "supabase"),
    ("supabase.com", "supabase"),
    ("rds.amazonaws.com", "rds"),
    ("render.com", "render"),
    ("railway.app", "railway"),
    ("railway.internal", "railway"),
    ("rlwy.net", "railway"),
    ("database.azure.com", "azure"),
    ("aivencloud.com", "aiven"),
    ("ondigitalocean.com", "digitalocean"),
    ("psdb.cloud", "planetscale"),
    ("timescale.com", "timescale"),
    ("postgresbridge.com", "crunchybridge"),
    ("elephantsql.com", "elephantsql"),
    ("flycast", "fly"),
)
_URL = re.compile(r"""(?<![\w+.-])(?P<scheme>[a-z][a-z0-9]{3,11})(?:\+[a-z0-9_]+)?://(?P<rest>[^\s'"`<>\\,;]*)""")


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """What a URL tells. `start` and `end` are its place in the text it was found in."""

    engine: EngineInfo
    target: str
    start: int = 0
    end: int = 0


def engine_of_scheme(scheme: str) -> EngineInfo | None:
    """The engine of `postgresql+asyncpg` and its like; None for a scheme of something else."""
    return _SCHEMES.get(scheme.partition("+")[0].lower())


def find_urls(text: str) -> tuple[DatabaseUrl, ...]:
    """Every database URL inside a text, in order. URLs of anything else are passed over."""
    if "://" not in text:
        return ()
    found: list[DatabaseUrl] = []
    for match in _URL.finditer(text):
        engine = _SCHEMES.get(match["scheme"])
        if engine is not None:
            found.append(_read(engine, match["rest"], match.start(), match.end()))
    return tuple(found)


def _read(engine: EngineInfo, rest: str, start: int, end: int) -> DatabaseUrl:
    rest, _, query = rest.partition("?")
    if engine is SQLITE:
        path = rest.removeprefix("/") if rest.startswith("/") else rest
        return DatabaseUrl(engine, path or ":memory:", start, end)
    place = rest.rpartition("@")[2]
    host, _, name = place.partition("/")
    if "/cloudsql/" in query or "/cloudsql/" in rest:
        return DatabaseUrl(replace(engine, hosted_by="cloudsql"), name, start, end)
    host = re.sub(r":[^:]*\Z", "", host).lower()
    hosted = next((who for suffix, who in _HOSTS if host == suffix or host.endswith("." + suffix)), None)
    return DatabaseUrl(replace(engine, hosted_by=hosted) if hosted else engine, name, start, end)
