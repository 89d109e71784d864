"""Packages and versions, from requirement files, manifests and lock files."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.sources.dependencies import dependencies_of
from dbarchitect.sources.discover import open_project


def found(root: Path, files: dict[str, str], folder: str = ".") -> dict[str, str | None]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return {d.name: d.version for d in dependencies_of(open_project(root), folder)}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("requirements.txt", "Django==5.2.4\npsycopg[binary]>=3.1 # why\ndjangorestframework-x==1\n",
         {"django": "==5.2.4", "psycopg": ">=3.1"}),
        ("pyproject.toml", '[project]\ndependencies = ["sqlalchemy[asyncio]>=2.0", "alembic"]\n',
         {"sqlalchemy": ">=2.0", "alembic": None}),
        ("pyproject.toml", '[tool.poetry.dependencies]\ndjango = "^5.0"\npsycopg2 = {version = "^2.9", extras = []}\n',
         {"django": "^5.0", "psycopg2": "^2.9"}),
        ("package.json", '{"dependencies": {"drizzle-orm": "^0.30.1", "pg": "8.11.0", "pg-boss": "9"}}',
         {"drizzle-orm": "^0.30.1", "pg": "8.11.0"}),
        ("setup.py", "install_requires=['Flask>=2', 'flask-sqlalchemy']", {"flask": ">=2", "flask-sqlalchemy": None}),
    ],
)  # fmt: skip
def test_each_kind_of_file(tmp_path: Path, path: str, text: str, expected: dict[str, str | None]) -> None:
    assert found(tmp_path, {path: text}) == expected


def test_a_lock_file_s_version_goes_before_a_range(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\ndependencies = ["sqlalchemy>=2.0"]\n',
        "uv.lock": '[[package]]\nname = "sqlalchemy"\nversion = "2.0.41"\n',
    }
    assert found(tmp_path, files) == {"sqlalchemy": "2.0.41"}


def test_what_another_package_brings_is_not_the_application_s(tmp_path: Path) -> None:
    locked = '[[package]]\nname = "flask"\nversion = "3.1"\n\n[[package]]\nname = "fastapi"\nversion = "0.136"\n'
    files = {"pyproject.toml": '[project]\ndependencies = ["fastapi>=0.1"]\n', "uv.lock": locked}
    assert found(tmp_path, files) == {"fastapi": "0.136"}
    (tmp_path / "pyproject.toml").unlink()
    assert found(tmp_path, {"uv.lock": locked}) == {"fastapi": "0.136", "flask": "3.1"}


def test_the_application_s_folder_goes_before_those_above(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "django==4.2\n",
        "api/requirements.txt": "django==5.1\n",
        "docs/requirements.txt": "flask\n",
    }
    assert found(tmp_path, files, "api") == {"django": "==5.1"}
    assert found(tmp_path, {}, "worker") == {"django": "==4.2"}


def test_scripts_and_settings_of_a_package_json_are_no_packages(tmp_path: Path) -> None:
    manifest = """{
  "scripts": {"db:seed": "prisma db seed", "pg": "psql"},
  "prisma": {"seed": "tsx prisma/seed.ts"},
  "dependencies": {"zod": "3.24.1"},
  "devDependencies": {"prisma": "6.1.0"}
}"""
    assert found(tmp_path, {"package.json": manifest}) == {"prisma": "6.1.0", "zod": "3.24.1"}


def test_what_checks_input_has_a_role_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["pydantic>=2", "fastapi"]\n')
    roles = {d.name: d.role for d in dependencies_of(open_project(tmp_path), ".")}
    assert roles == {"fastapi": "framework", "pydantic": "validation"}
