"""A small Django project, read statically and made for real: the two catalogs must be equal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from textwrap import dedent

import pytest

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.errors import ShadowUnavailable
from dbarchitect.shadow.opening import open_shadow
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.django import DjangoReader

SETTINGS = """
SECRET_KEY = "x"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.{engine}", "NAME": "app"}}}}
INSTALLED_APPS = [{apps}]
USE_TZ = True
{more}
"""
MANAGE = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
"""
MIGRATE = """
import os, sys, urllib.parse
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
from django.conf import settings
from django.core.management import call_command
url = sys.argv[1]
default = settings.DATABASES["default"]
if url.startswith("postgresql"):
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query))
    default.update(NAME=parts.path[1:], USER=urllib.parse.unquote(parts.username or query.get("user", "")),
                   PASSWORD=urllib.parse.unquote(parts.password or ""), PORT=parts.port or query.get("port", ""),
                   HOST=parts.hostname or query.get("host", ""))
else:
    default["NAME"] = url
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for extension in ("citext", "hstore", "btree_gist", "pg_trgm"):
        if url.startswith("postgresql"):
            cursor.execute("select 1 from pg_available_extensions where name = %s", [extension])
            if cursor.fetchone():
                cursor.execute(f"create extension if not exists {extension}")
call_command("makemigrations", *sys.argv[2:], verbosity=0)
call_command("migrate", run_syncdb=True, verbosity=0)
"""


@dataclass(frozen=True)
class DjangoCase:
    """A project on disk and what was read of it."""

    root: Path
    reading: SourceReading

    def table(self, name: str) -> Table:
        """The table of that name as declared."""
        return next(table for table in self.reading.catalog.tables if table.name == name)

    @property
    def texts(self) -> list[str]:
        """The diagnostics."""
        return [d.text for d in self.reading.diagnostics]


Write = Callable[..., Path]


def write_project(root: Path, files: dict[str, str], engine_name: str, apps: tuple[str, ...], more: str) -> Path:
    names = ", ".join(f'"{a}"' for a in apps)
    settings = SETTINGS.format(engine=engine_name, apps=names, more=dedent(more))
    everything = {"config/settings.py": settings, "config/__init__.py": "", "manage.py": MANAGE, **files}
    for path, text in everything.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.parent != root and not (file.parent / "__init__.py").exists() and path.endswith(".py"):
            (file.parent / "__init__.py").write_text("")
        file.write_text(dedent(text))
    return root


@pytest.fixture
def read_django(tmp_path: Path) -> Callable[..., DjangoCase]:
    """Write a project of one application `shop` (or more files) and read it."""

    def read(
        models: str = "",
        *,
        files: dict[str, str] | None = None,
        engine_name: str = "postgresql",
        apps: tuple[str, ...] = ("shop",),
        more: str = "",
    ) -> DjangoCase:
        given = {"shop/models.py": models, **(files or {})}
        write_project(tmp_path, given, engine_name, apps, more)
        readings = DjangoReader().read(open_project(tmp_path))
        assert len(readings) == 1
        return DjangoCase(tmp_path, readings[0])

    return read


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """Fresh databases of a throwaway PostgreSQL; skips where there is none."""
    try:
        shadow = open_shadow("postgresql")
    except ShadowUnavailable as reason:
        pytest.skip(str(reason))
    with shadow:
        yield shadow.database


def migrated(root: Path, url: str, *labels: str) -> Catalog:
    """What Django makes of the project: makemigrations, migrate, then read the database."""
    command = [sys.executable, "-W", "ignore", "-c", dedent(MIGRATE), url, *labels]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    name = "postgresql" if url.startswith("postgresql") else "sqlite"
    return engine(name).read(url, ReadOptions()).catalog


def differences(declared: Catalog, live: Catalog) -> list[str]:
    """What the two catalogs do not agree on, in words."""
    found: list[str] = []
    ours = {t.name: t for t in declared.tables}
    theirs = {t.name: t for t in live.tables if t.name not in {"django_migrations", "sqlite_sequence"}}
    found += [f"only declared: {name}" for name in sorted(set(ours) - set(theirs))]
    found += [f"only live: {name}" for name in sorted(set(theirs) - set(ours))]
    for name in sorted(set(ours) & set(theirs)):
        left, right = ours[name], theirs[name]
        for field in fields(Table):
            if not field.compare:
                continue
            a, b = getattr(left, field.name), getattr(right, field.name)
            if a == b:
                continue
            if isinstance(a, tuple) and isinstance(b, tuple):
                found += [f"{name}.{field.name} declared: {x}" for x in a if x not in b]
                found += [f"{name}.{field.name} live:     {x}" for x in b if x not in a]
            else:
                found += [f"{name}.{field.name} declared: {a}", f"{name}.{field.name} live:     {b}"]
    return found
