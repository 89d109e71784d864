"""The packages that an application declares for its database and what goes into it, with the versions stated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import Dependency
from dbarchitect.sources.discover import Project, SourceFile

_ROLES = {
    "framework": "django flask fastapi starlette djangorestframework quart sanic litestar next express fastify "
    "@nestjs/core hono",
    "ORM": "sqlalchemy sqlmodel flask-sqlalchemy tortoise-orm peewee pony @prisma/client drizzle-orm kysely typeorm "
    "sequelize",
    "driver": "psycopg psycopg2 psycopg2-binary asyncpg pg8000 aiosqlite pymysql mysqlclient aiomysql asyncmy pg "
    "postgres mysql2 better-sqlite3 @neondatabase/serverless @libsql/client",
    "migration tool": "alembic flask-migrate prisma drizzle-kit yoyo-migrations",
    "validation": "pydantic marshmallow voluptuous cerberus zod yup joi valibot ajv superstruct class-validator "
    "arktype io-ts runtypes @sinclair/typebox drizzle-zod",
}
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names.split()}
_NAMES = "|".join(sorted(map(re.escape, _ROLE_OF), key=len, reverse=True))
_REQUIREMENTS = re.compile(r"requirements[\w.-]*\.(?:txt|in)|[\w.-]*requirements\.(?:txt|in)|base\.txt|prod\w*\.txt")
_MANIFESTS = {"pyproject.toml", "Pipfile", "setup.cfg", "setup.py", "package.json"}
_LOCKS = {"poetry.lock", "uv.lock"}
_PINNED = re.compile(rf'^name = "({_NAMES})"\r?\nversion = "([^"]+)"', re.MULTILINE | re.IGNORECASE)
_REQUIRED = re.compile(
    rf"""(?:^|["'])[ \t]*({_NAMES})(?:\[[\w,\s-]{{0,200}}\])?
    (?:[ \t]*+["']?\s*+[:=]\s*+\{{?\s*+(?:version\s*+=\s*+)?["']([^"'\n]+)["']  # "pg": "8.11", django={{version="^5"
      |[ \t]*+((?:[=~<>!^]=?|===)[^"'\n;\#]+)                               # django>=5,<6
      |(?=["';\s]|$))""",
    re.MULTILINE | re.IGNORECASE | re.VERBOSE,
)
_LISTED = re.compile(r'"(?:dependencies|(?:dev|peer|optional)Dependencies)"\s*:\s*\{[^{}]*\}')
"""The parts of a package.json that name packages; elsewhere it has scripts and settings of the same names."""
_DEVELOPMENT = re.compile(r"(?:^|[/_.-])(?:dev|test|tests|testing|docs?|lint|ci)(?:[_.-]|$)", re.IGNORECASE)
_LARGEST = 2_000_000  # bytes of a lock file that are worth a look


def dependencies_of(project: Project, folder: str) -> tuple[Dependency, ...]:
    """One for each package, from the files of the application's folder, else of the folders above it.

    A version in a lock file goes before the range that a manifest asks for; what stands in the lock file alone is
    there for the sake of another package, unless there is no manifest to say so.
    """
    found: dict[str, Dependency] = {}
    stated = False
    for file in _files(project, "" if folder == "." else folder):
        try:
            text = file.read_bytes()[:_LARGEST].decode("utf-8", "replace")
        except OSError:
            continue
        locked = file.name in _LOCKS
        stated = stated or not locked
        line, counted = 1, 0  # matches come in order: what lies before them is counted once
        for match in _declared(file.name, text):
            name = match[1].lower()
            version = match[2] if locked else (match[2] or match[3] or "").strip() or None
            known = found.get(name)
            if locked and stated and known is None:
                continue
            if known is None or (locked and known.version != version) or known.version is None:
                line, counted = line + text.count("\n", counted, match.start(1)), match.start(1)
                found[name] = Dependency(_ROLE_OF[name], name, version, Origin(file.path, line))
    return tuple(sorted(found.values(), key=lambda d: (list(_ROLES).index(d.role), d.name)))


def _declared(name: str, text: str) -> Iterator[re.Match[str]]:
    """The packages that a file names, in its order."""
    if name != "package.json":
        yield from (_PINNED if name in _LOCKS else _REQUIRED).finditer(text)
        return
    for part in _LISTED.finditer(text):
        yield from _REQUIRED.finditer(text, part.start(), part.end())


def _files(project: Project, folder: str) -> Iterator[SourceFile]:
    """The files that declare dependencies: the nearest folder that has any, manifests before lock files."""
    here = folder
    while True:
        listed = [file for file in project.under(here) if _declares(file, here)]
        if listed:
            yield from sorted(listed, key=lambda file: (file.name in _LOCKS, file.path))
            return
        if not here:
            return
        here = here.rpartition("/")[0]


def _declares(file: SourceFile, folder: str) -> bool:
    inside = file.path.removeprefix(f"{folder}/") if folder else file.path
    parent, _, name = inside.rpartition("/")
    if _DEVELOPMENT.search(name) or inside.count("/") > 2:
        return False
    in_requirements = parent.rpartition("/")[2] == "requirements" and file.suffix in {".txt", ".in"}
    return in_requirements or (not parent and (name in _MANIFESTS | _LOCKS or bool(_REQUIREMENTS.fullmatch(name))))
