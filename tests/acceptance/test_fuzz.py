"""Whatever befalls the files of a repository, the audit comes to its end: no exception but our own, no rule that fails,
no hang, a place for every diagnostic; and every format can be written and read."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.damage import APPLICATIONS, SHARED, damaged

from dbarchitect import api
from dbarchitect.audit.model import Audit
from dbarchitect.errors import DbarchitectError
from dbarchitect.report.base import Rendering
from dbarchitect.report.json import read

LIMIT = 30.0
"""Seconds of processor time that one small repository may take, however it is damaged."""
CONTROL = "create table control_of_all (id bigint primary key);\n"
CONTROL_MODEL = """datasource db {
  provider = "postgresql"
  url = env("DATABASE_URL")
}
model Control {
  id BigInt @id
  @@map("control_of_all")
}
"""


@contextmanager
def time_box() -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"no end after {LIMIT:g} seconds")

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def repository(root: Path, kind: str, seed: int) -> None:
    """An application, how it is run, and another application beside it; one to four of the files are damaged."""
    chance = random.Random(seed)
    files = {**SHARED, **APPLICATIONS[kind]}
    hit = chance.sample(sorted(path for path in files if files[path]), chance.choice([1, 1, 2, 4]))
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(damaged(text, chance) if path in hit else text.encode())
    control = root / "elsewhere/prisma/schema.prisma"
    control.parent.mkdir(parents=True)
    control.write_text(CONTROL_MODEL)


def audited(root: Path) -> Audit:
    """The audit, in which no rule failed, no place is missing, and the file that nothing befell was read."""
    audit = api.audit([str(root)])
    tables = {table.name for one in audit.applications for table in one.survey.catalog.tables}
    assert "control_of_all" in tables or (root / ".gitignore").read_bytes() != SHARED[".gitignore"].encode()
    for one in audit.applications:
        assert not [refused for refused in one.not_evaluated if "fail" in refused.why]
        assert not [problem for problem in one.survey.diagnostics if problem.origin.path is None]
    return audit


def check_formats(audit: Audit, *names: str) -> None:
    report = api.report(audit, Rendering.now())
    for name in names:
        text = api.formatter(name)(report, Rendering.now())
        if name in {"json", "sarif", "gitlab"}:
            json.loads(text)
        if name == "json":
            assert read(text, "report") == report
        if name == "junit":
            ET.fromstring(text)


def check(root: Path, kind: str, seed: int) -> None:
    repository(root, kind, seed)
    with time_box():
        try:
            audit = audited(root)
        except DbarchitectError:  # nothing is left that declares a table
            return
        check_formats(audit, "json", *(("sarif", "junit", "github", "markdown", "text") if seed % 5 == 0 else ()))


@pytest.mark.parametrize("kind", APPLICATIONS)
def test_damaged_repositories(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    for seed in range(15):
        check(tmp_path_factory.mktemp("damaged"), kind, seed)


@pytest.mark.slow
@pytest.mark.parametrize("kind", APPLICATIONS)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(100, 10**9))
def test_repositories_damaged_otherwise(kind: str, seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    check(tmp_path_factory.mktemp("damaged"), kind, seed)


FILES = ("docker-compose.yml", ".env", "Dockerfile", "infra/main.tf", ".github/workflows/ci.yml", "web/db.ts",
         "settings.ini", "postgresql.conf", "deploy.sh", "README.md", "package.json", "pyproject.toml", "k8s/web.yaml",
         ".gitignore", "alembic.ini", "schema.prisma", "models.py", "db/schema.sql", "drizzle/meta/_journal.json",
         "requirements.txt", "config/app.py", "crontab", "dbarchitect-baseline.json")  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(st.sampled_from(FILES), st.binary(max_size=300) | st.text(max_size=300), max_size=6))
def test_any_bytes_in_any_file(files: dict[str, bytes | str], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("bytes")
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    (root / "elsewhere").mkdir()
    (root / "elsewhere/schema.sql").write_text(CONTROL)
    with time_box():
        tables = {t.name for survey in api.survey([str(root)]) for t in survey.catalog.tables}
    assert "control_of_all" in tables or ".gitignore" in files


AT_ONCE = {
    "requirements.txt": ("django\n", "\n", " "),
    "package.json": ("\n", '"pg"', " "),
    "db/schema.sql": ("-- dba: ignore[IDX001] small\n", "-- dba: ignore[", "''"),
    "deploy.sh": ("SET statement_timeout = 5 ", "DATABASE_URL=postgres://u:p@h/x ", "pg_dump x "),
    "docker-compose.yml": ("statement_timeout=5 ", "  a: &a *a\n", "${A:-"),
    ".gitignore": ("[z-a]\n", "*a", "*a*a*a*a*a*ab\n"),
}
"""Pieces of which a file of 150 kB is made: what is done for each must not grow with all that lies before it."""


@pytest.mark.parametrize(("path", "piece"), [(path, piece) for path, pieces in AT_ONCE.items() for piece in pieces])
def test_what_is_repeated_without_end(path: str, piece: str, tmp_path: Path) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "schema.sql").write_text(CONTROL)
    (tmp_path / ("a" * 200)).touch()
    file.write_text(CONTROL.replace("control", "other") * path.endswith(".sql") + piece * (150_000 // len(piece)))
    with time_box():
        audit = api.audit([str(tmp_path)])
    assert any(table.name == "control_of_all" for one in audit.applications for table in one.survey.catalog.tables)
