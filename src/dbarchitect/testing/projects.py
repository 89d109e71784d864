"""The input of a case written as a project of its own, and read by the real readers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.sources.applied import with_applied
from dbarchitect.sources.discover import open_project
from dbarchitect.testing.blocks import survey_of, with_settings
from dbarchitect.testing.casebook import Case


def read_models(reader: str, text: str) -> Catalog:
    """Read a models file of a case with the real reader, in a project of its own."""
    with tempfile.TemporaryDirectory(prefix="dba-case-") as folder:
        root = Path(folder)
        _write(root, _project(reader, text))
        project = open_project(root)
        from dbarchitect.sources.assemble import reader_named

        readings = reader_named(reader).read(project)
        assert len(readings) == 1, f"one application expected, {len(readings)} found"  # noqa: S101 - a broken case book may fail loudly
        return readings[0].catalog


def _write(root: Path, files: Mapping[str, str]) -> None:
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")


def _project(reader: str, text: str) -> dict[str, str]:
    if reader == "django":
        settings = (
            'INSTALLED_APPS = ["shop"]\n'
            'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "case"}}\n'
            'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\n'
        )
        return {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")\n',
            "site_/__init__.py": "",
            "site_/settings.py": settings,
            "shop/__init__.py": "",
            "shop/models.py": text,
        }
    if reader == "prisma":
        return {"prisma/schema.prisma": text}
    return {"models.py": text}


def read_migrations(case: Case) -> Survey:
    """The Survey of a case's `migrations` block, read by the tool's real reader in a project of its own.

    Its catalog is the one that the migrations make. Files are put where the tool looks for them; what configures the
    tool (a schema for Prisma, a journal for Drizzle, settings for Django) is written where the block does not.
    """
    with tempfile.TemporaryDirectory(prefix="dba-case-") as folder:
        root = Path(folder)
        _write(root, migrations_project(case))
        from dbarchitect.sources.assemble import read_project

        readings = read_project(open_project(root))
    assert len(readings) == 1, f"one application expected, {len(readings)} found"  # noqa: S101 - see above
    reading = readings[0]
    assert reading.history is not None, "no history was read"  # noqa: S101 - see above
    applied = {migration_path(case, file.path): file.applied for file in case.migrations}
    migrations = tuple(replace(m, applied=applied.get(m.path)) for m in reading.history.migrations)
    history = replace(reading.history, migrations=migrations)
    made = survey_of(reading.migrated or reading.catalog, case, history=history)
    if not case.applied:
        return made
    lists = cast("dict[str, list[str]]", case.applied)
    return replace(made, history=with_applied(history, lists), needs=made.needs | {Need.STATISTICS})


_FOLDERS = {
    "drizzle": "drizzle",
    "flyway": "src/main/resources/db/migration",
    "supabase": "supabase/migrations",
    "alembic": "migrations/versions",
    "django": "",
}


# Without any model there is no application of Django; the case's catalog is that of its migrations.
_DJANGO_MODELS = "from django.db import models\n\n\nclass Declared(models.Model):\n    pass\n"


def migration_path(case: Case, path: str) -> str:
    """Where a file of the block lies in the project: below the tool's folder unless the block names another."""
    if case.tool == "prisma" and path.endswith((".prisma", ".toml")):
        return path
    if case.tool == "prisma" and not path.startswith("prisma/"):
        name = path.removesuffix("/migration.sql").removesuffix(".sql")
        return f"prisma/migrations/{name}/migration.sql"
    folder = _FOLDERS.get(case.tool, "migrations")
    return path if "/" in path or not folder else f"{folder}/{path}"


def migrations_project(case: Case) -> dict[str, str]:
    """The files of the project that a `migrations` block stands for, by path."""
    files = {migration_path(case, file.path): file.text for file in case.migrations}
    made: dict[str, str] = {}
    if case.tool == "prisma":
        made["prisma/schema.prisma"] = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
        made["prisma/migrations/migration_lock.toml"] = 'provider = "postgresql"\n'
    elif case.tool == "drizzle":
        tags = [Path(path).stem for path in files if path.endswith(".sql")]
        entries = [{"idx": index, "version": "7", "when": index, "tag": tag} for index, tag in enumerate(tags)]
        made["drizzle/meta/_journal.json"] = json.dumps({"version": "7", "dialect": "postgresql", "entries": entries})
    elif case.tool == "supabase":
        made["supabase/config.toml"] = "[db]\nmajor_version = 15\n"
    elif case.tool == "sqlite":
        made["sqlc.yaml"] = 'version: "2"\nsql:\n  - engine: "sqlite"\n    schema: "migrations"\n'
    elif case.tool == "alembic":
        made["alembic.ini"] = "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql:///case\n"
        made["migrations/env.py"] = "target_metadata = None\n"
    elif case.tool == "django":
        apps = sorted({path.split("/")[0] for path in files if "/migrations/" in path})
        made |= _project("django", "")
        made["site_/settings.py"] = made["site_/settings.py"].replace('["shop"]', repr(apps))
        del made["shop/models.py"], made["shop/__init__.py"]
        for app in apps:
            made |= {f"{app}/{name}": "" for name in ("__init__.py", "migrations/__init__.py")}
            made[f"{app}/models.py"] = _DJANGO_MODELS
    return made | files


def read_project_of(case: Case) -> Survey:
    """The Survey of a case's `file` blocks: a project of its own, read as `dba audit` reads one.

    Models of the case are put where their reader looks, DDL into `schema.sql`; a file of the case replaces them.
    """
    with tempfile.TemporaryDirectory(prefix="dba-case-") as folder:
        root = Path(folder, "case")
        made: dict[str, str] = {}
        for reader, text in case.models.items():
            made |= _project(reader, text)
        if (ddl := case.ddl("postgresql")) is not None:
            made["schema.sql"] = ddl
        _write(root, made | case.files)
        from dbarchitect.sources.opened import survey_path

        surveys = survey_path(root)
    assert len(surveys) == 1, f"one application expected, {len(surveys)} found"  # noqa: S101 - see above
    survey = surveys[0]
    lost = [d.text for d in survey.diagnostics if "could not be followed (" in d.text]
    assert not lost, lost  # noqa: S101 - see above
    if case.settings:  # the repository and its server, read together
        catalog = with_settings(survey.catalog, case)
        return replace(survey, catalog=catalog, needs=survey.needs | {Need.SETTINGS})
    return survey


def read_sql(engine: str, text: str) -> Catalog:
    """Read a case's DDL with the static reader."""
    from dbarchitect.sources.sqlfiles.reading import replay
    from dbarchitect.sources.sqlfiles.text import read_text

    replayed = replay((read_text("case.sql", text.encode()),), engine, ordered=True)
    assert not replayed.diagnostics, [d.text for d in replayed.diagnostics]  # noqa: S101 - see above
    return replayed.catalog
