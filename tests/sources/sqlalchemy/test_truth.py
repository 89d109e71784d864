"""What is read from models equals what SQLAlchemy itself makes of them, on SQLite and on PostgreSQL.

Each folder of `cases/` is a small project. Its models are imported by a process of its own with the real SQLAlchemy,
which creates the tables; the database is read back by our own engines and compared with the models read statically.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.shadow import Shadow
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.sqlalchemy import SqlAlchemyReader

CASES = Path(__file__).parent / "cases"
NAMES = sorted(p.name for p in CASES.iterdir() if p.is_dir())
ONLY_POSTGRESQL = {"only_postgresql", "schemas", "types_postgresql"}
URLS = {"sqlite": "sqlite:///app.db", "postgresql": "postgresql://localhost/app"}


def build(jobs: list[tuple[Path, str]]) -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    script = str(Path(__file__).with_name("build_databases.py"))
    wanted = json.dumps([(str(folder), url) for folder, url in jobs])
    command = [sys.executable, "-W", "ignore", script, wanted]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    folder = tmp_path_factory.mktemp("databases")
    wanted = {name: f"sqlite:///{folder / name}.db" for name in NAMES if name not in ONLY_POSTGRESQL}
    failures = build([(CASES / name, url) for name, url in wanted.items()])
    assert not failures, "\n".join(failures.values())
    return wanted


@pytest.fixture(scope="module")
def postgresql_databases(postgresql: Shadow) -> Mapping[str, str]:
    wanted = {name: postgresql.database() for name in NAMES}
    spelled = [(CASES / name, url.replace("postgresql://", "postgresql+psycopg://", 1)) for name, url in wanted.items()]
    failures = build(spelled)
    assert not failures, "\n".join(failures.values())
    return wanted


def read_statically(name: str, kind: str, folder: Path) -> SourceReading:
    project = folder / name
    shutil.copytree(CASES / name, project)
    (project / ".env").write_text(f"DATABASE_URL={URLS[kind]}\n")
    readings = SqlAlchemyReader().read(open_project(project))
    assert len(readings) == 1, [r.application for r in readings]
    assert readings[0].catalog.engine.name == kind
    return readings[0]


def read_live(kind: str, url: str) -> Catalog:
    return engine(kind).read(url, ReadOptions()).catalog


def differences(read: Table, live: Table) -> list[str]:
    """Every field that differs, piece by piece."""
    found: list[str] = []
    for field in fields(Table):
        if not field.compare or field.name.startswith("_"):
            continue
        ours, theirs = getattr(read, field.name), getattr(live, field.name)
        if ours == theirs:
            continue
        if isinstance(ours, tuple):
            found += [f"{read.name}.{field.name} only read: {x}" for x in ours if x not in theirs]
            found += [f"{read.name}.{field.name} only live: {x}" for x in theirs if x not in ours]
        else:
            found.append(f"{read.name}.{field.name}: read {ours}, live {theirs}")
    return found


def compare(read: Catalog, live: Catalog) -> list[str]:
    problems = [f"table {t.name} is not in the database" for t in read.tables if live.table(t.ref) is None]
    problems += [f"table {t.name} was not read" for t in live.tables if read.table(t.ref) is None]
    for table in read.tables:
        there = live.table(table.ref)
        if there is not None:
            problems += differences(table, there)
    if read.enums != live.enums:
        problems.append(f"enums: read {read.enums}, live {live.enums}")
    names = {s.name for s in live.sequences} ^ {s.name for s in read.sequences}
    return problems + [f"sequence {name} is on one side only" for name in sorted(names)]


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ONLY_POSTGRESQL])
def test_sqlite(name: str, sqlite_databases: Mapping[str, str], tmp_path: Path) -> None:
    reading = read_statically(name, "sqlite", tmp_path)
    assert not reading.diagnostics, reading.diagnostics
    assert not compare(reading.catalog, read_live("sqlite", sqlite_databases[name]))


@pytest.mark.server
@pytest.mark.parametrize("name", NAMES)
def test_postgresql(name: str, postgresql_databases: Mapping[str, str], tmp_path: Path) -> None:
    reading = read_statically(name, "postgresql", tmp_path)
    assert not reading.diagnostics, reading.diagnostics
    assert not compare(reading.catalog, read_live("postgresql", postgresql_databases[name]))


def test_every_object_has_its_place(tmp_path: Path) -> None:
    for name in NAMES:
        for table in read_statically(name, "postgresql", tmp_path).catalog.tables:
            objects = (table, *table.columns, *table.indexes, *table.unique_keys, *table.foreign_keys, *table.checks)
            for found in objects:
                origin = found.origin
                assert origin.path and origin.line and origin.digest, (name, table.name, found)
                source = (CASES / name / origin.path).read_bytes()
                assert origin.start is not None and origin.end is not None
                assert 0 <= origin.start < origin.end <= len(source)
                assert source[: origin.start].count(b"\n") + 1 == origin.line
