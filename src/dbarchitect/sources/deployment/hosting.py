"""Hosting services: which one the evidence shows, and what its documentation says that it brings.

Of a service only what its own documentation states is cited: `neon.com/docs/manage/backups` (a history window of six
hours to thirty days, by plan), `developers.cloudflare.com/d1/reference/time-travel` (seven or thirty days, by plan),
`supabase.com/docs/guides/platform/backups` (daily on paid plans, point in time as an
add-on), `docs.render.com/postgresql-backups` (paid instances), `devcenter.heroku.com` (continuous protection on the
Standard tier and above).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.deployment import Ground, Practice, Sign
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import ConfiguredEngine
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.places import Found

_PROVIDES: dict[str, tuple[tuple[Practice, str], ...]] = {
    "neon": (
        (Practice.POINT_IN_TIME_RECOVERY, "Neon keeps a history to restore from, six hours to thirty days by plan"),
        (Practice.BACKUP, "Neon restores to a point in time within its history window; no copy outside of Neon"),
    ),
    "supabase": ((Practice.BACKUP, "Supabase backs up daily on paid plans; point in time is an add-on"),),
    "render": (
        (Practice.BACKUP, "Render backs up paid databases"),
        (Practice.POINT_IN_TIME_RECOVERY, "Render restores paid databases to a point within three or seven days"),
    ),
    "d1": ((Practice.POINT_IN_TIME_RECOVERY, "D1 restores to any minute of the last seven or thirty days, by plan"),),
    "heroku": ((Practice.BACKUP, "Heroku protects databases of the Standard tier and above continuously"),),
}
_NEON = re.compile(r"\"@neondatabase/serverless\"\s*:")
_WORKERS = re.compile(r"\"(?:wrangler|@cloudflare/workers-types)\"\s*:")
"""Packages of programs that run where there are no files: their SQLite is a service."""
_ALWAYS_SERVERLESS = re.compile(
    r"(?:vercel\.json|netlify\.toml|wrangler\.(?:toml|jsonc?)|serverless\.\w+|zappa_settings\.\w+|sst\.config\.ts)\Z"
)


def host_of(engines: Iterable[ConfiguredEngine], found: Iterable[Found]) -> tuple[str, Origin] | None:
    """The hosting service of the database, and where that is said."""
    configured = tuple(engines)
    embedded = bool(configured) and not any(c.engine.capabilities.concurrent_writers for c in configured)
    for engine in configured:
        offered = (engine.origin.path or "").endswith("app.json")  # a button to install it there, for whoever likes
        if engine.engine.hosted_by and engine.environment not in {"testing", "development"} and not offered:
            return engine.engine.hosted_by, engine.origin
    for file in found:
        if file.file.name == "package.json" and (match := _NEON.search(file.text)):
            return "neon", file.origin(match.start(), match.end())
        if embedded and file.file.name == "package.json" and (match := _WORKERS.search(file.text)):
            return "d1", file.origin(match.start(), match.end())
        if file.kind == places.TERRAFORM and (match := _RESOURCE.search(file.text)):
            return _RESOURCES[match["resource"]], file.origin(match.start(), match.end())
    return None


_RESOURCES = {
    "aws_db_instance": "rds",
    "aws_rds_cluster": "rds",
    "render_postgres": "render",
    "neon_project": "neon",
    "supabase_project": "supabase",
    "google_sql_database_instance": "cloudsql",
    "digitalocean_database_cluster": "digitalocean",
    "azurerm_postgresql_flexible_server": "azure",
}
_RESOURCE = re.compile(rf"(?:resource|data)\s+\"(?P<resource>{'|'.join(_RESOURCES)})\"")


def provided_by(host: str, origin: Origin) -> Iterator[Sign]:
    """What the documentation of a service says that it brings."""
    for practice, words in _PROVIDES.get(host, ()):
        yield Sign(practice, words, origin, provided=host)


def serverless_grounds(found: Iterable[Found]) -> Iterator[Ground]:
    """Manifests of services that run the application as functions that come and go."""
    for file in found:
        if file.kind != places.HOSTING or file.path.count("/") > 2:
            continue
        name = file.file.name
        if _ALWAYS_SERVERLESS.match(name) or (name.startswith("template.") and "AWS::Serverless" in file.text):
            yield Ground(f"{name} deploys it as functions", file.origin(0, 1))
