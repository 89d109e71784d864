"""A small Django project, read statically and made for real: the two catalogs must be equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest
from support.djangorun import SETTINGS, made_by

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.errors import ShadowUnavailable
from dbarchitect.shadow.opening import open_shadow
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.django import DjangoReader

MANAGE = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
"""
MIGRATE = """
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
    return made_by(MIGRATE, root, url, *labels)
