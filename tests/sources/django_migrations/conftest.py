"""Small Django projects with migrations written out: replayed, and run for real by Django itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest
from support.djangorun import SETTINGS, made_by

from dbarchitect.catalog.migrations import History, Migration, Operation, OperationKind
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.django import DjangoReader


@dataclass(frozen=True)
class Replayed:
    """A project that was written and read."""

    root: Path
    reading: SourceReading

    @property
    def history(self) -> History:
        """What its migrations did."""
        assert self.reading.history is not None
        return self.reading.history

    @property
    def catalog(self) -> Catalog:
        """What came of its migrations."""
        assert self.reading.migrated is not None
        return self.reading.migrated

    @property
    def names(self) -> list[str]:
        """The migrations in order."""
        return [migration.name for migration in self.history.migrations]

    @property
    def texts(self) -> list[str]:
        """The diagnostics."""
        return [diagnostic.text for diagnostic in self.reading.diagnostics]

    def migration(self, name: str) -> Migration:
        """The migration of that name."""
        return next(migration for migration in self.history.migrations if migration.name == name)

    def operations(self, name: str) -> list[Operation]:
        """The operations of a migration."""
        return list(self.migration(name).operations)

    def kinds(self, name: str) -> list[OperationKind]:
        """The kinds of the operations of a migration."""
        return [operation.kind for operation in self.operations(name)]

    def table(self, name: str) -> Table:
        """The table of that name."""
        return next(table for table in self.catalog.tables if table.name == name)

    @property
    def tables(self) -> set[str]:
        """The names of the project's own tables."""
        return {table.name for table in self.catalog.tables if table.owned_by is None}


Replay = Callable[..., Replayed]


def migration(operations: str, *dependencies: str, more: str = "") -> str:
    """A migration file: `dependencies` are written `shop.0001_initial`."""
    keys = ", ".join(repr(tuple(key.split(".", 1))) for key in dependencies)
    return (
        "import uuid\n"
        "import django.contrib.postgres.operations as pg\n"
        "from django.conf import settings\n"
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n"
        f"    dependencies = [{keys}]\n"
        + _indented(more, 4)
        + "    operations = [\n"
        + _indented(operations, 8)
        + "    ]\n"
    )


def _indented(text: str, by: int) -> str:
    lines = dedent(text).strip("\n").splitlines()
    return "".join(f"{' ' * by}{line}\n" if line.strip() else "\n" for line in lines)


def write(root: Path, files: Mapping[str, str], engine_name: str, apps: tuple[str, ...], more: str = "") -> Path:
    """Write a project."""
    names = ", ".join(f'"{app}"' for app in apps)
    keys = 'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\n'
    settings = SETTINGS.format(engine=engine_name, apps=names, more=keys + dedent(more))
    for path, text in {"config/settings.py": settings, "manage.py": "", **files}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for folder in file.relative_to(root).parents:
            if folder != Path() and path.endswith(".py"):
                (root / folder / "__init__.py").touch()
        file.write_text(dedent(text))
    return root


def read(root: Path) -> Replayed:
    """Read the project."""
    (reading,) = DjangoReader().read(open_project(root))
    return Replayed(root, reading)


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    """Write a project of migrations by path under `shop/migrations/` (or any path with a slash) and replay it."""

    def run(
        files: Mapping[str, str],
        *,
        engine_name: str = "postgresql",
        apps: tuple[str, ...] = ("shop",),
        more: str = "",
    ) -> Replayed:
        placed = {path if "/" in path else f"shop/migrations/{path}.py": text for path, text in files.items()}
        placed.setdefault("shop/models.py", "from django.db import models\n\nclass Anchor(models.Model):\n    pass\n")
        return read(write(tmp_path, placed, engine_name, apps, more))

    return run


def run_for_real(root: Path, url: str) -> Catalog:
    """What Django's own `migrate` makes of the project."""
    return made_by('call_command("migrate", verbosity=0)', root, url)
