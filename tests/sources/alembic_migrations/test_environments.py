"""Where Alembic's environments are found, and which version files belong to them."""

from __future__ import annotations

from dbarchitect.sources.alembic import Environment, find_environments
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import PythonIndex

from .versions import ENVIRONMENT, Write, version


def found(write: Write, files: dict[str, str]) -> dict[str, Environment]:
    project = open_project(write(files))
    return {e.folder: e for e in find_environments(project, PythonIndex(project))}


def revisions(environment: Environment) -> list[str]:
    return sorted(revision.name for revision in environment.revisions)


def test_flask_migrate_has_its_own_folder(write: Write) -> None:
    files = {"migrations/env.py": ENVIRONMENT, "migrations/versions/a.py": version("a", None, "pass")}
    environments = found(write, files)
    assert list(environments) == ["migrations"]
    assert environments["migrations"].script is not None


def test_several_in_one_repository(write: Write) -> None:
    files = {}
    for service in ("billing", "users"):
        files[f"{service}/alembic.ini"] = "[alembic]\nscript_location = alembic\n"
        files[f"{service}/alembic/env.py"] = ENVIRONMENT
        files[f"{service}/alembic/versions/a.py"] = version(service, None, "pass")
    environments = found(write, files)
    assert {folder: revisions(e) for folder, e in environments.items()} == {
        "billing/alembic": ["billing"],
        "users/alembic": ["users"],
    }
    assert environments["users/alembic"].configured_by == "users/alembic.ini"


def test_the_ini_names_the_folders_of_versions(write: Write) -> None:
    ini = "[alembic]\nscript_location = %(here)s/db\nversion_locations = %(here)s/db/core %(here)s/plugins/one\n"
    files = {
        "alembic.ini": ini,
        "db/env.py": ENVIRONMENT,
        "db/core/a.py": version("a", None, "pass"),
        "plugins/one/b.py": version("b", None, "pass"),
        "plugins/two/c.py": version("c", None, "pass"),
    }
    environments = found(write, files)
    assert {folder: revisions(e) for folder, e in environments.items()} == {"db": ["a", "b"]}


def test_a_package_is_named_in_the_ini(write: Write) -> None:
    files = {
        "alembic.ini": "[alembic]\nscript_location = shop:migrations\n",
        "src/shop/__init__.py": "",
        "src/shop/migrations/env.py": ENVIRONMENT,
        "src/shop/migrations/versions/a.py": version("a", None, "pass"),
    }
    assert list(found(write, files)) == ["src/shop/migrations"]


def test_pyproject_configures_it(write: Write) -> None:
    files = {
        "pyproject.toml": '[tool.alembic]\nscript_location = "%(here)s/db"\nversion_locations = ["%(here)s/db/v"]\n',
        "db/env.py": ENVIRONMENT,
        "db/v/a.py": version("a", None, "pass"),
    }
    assert list(found(write, files)) == ["db"]


def test_versions_set_aside_do_not_run(write: Write) -> None:
    files = {
        "migrations/env.py": ENVIRONMENT,
        "migrations/versions/a.py": version("a", None, "pass"),
        "migrations/versions/archive/old.py": version("old", None, "pass"),
    }
    assert revisions(found(write, files)["migrations"]) == ["a"]


def test_version_files_alone_are_an_environment(write: Write) -> None:
    files = {"db/versions/a.py": version("a", None, "pass"), "db/versions/b.py": version("b", "a", "pass")}
    assert {f: revisions(e) for f, e in found(write, files).items()} == {"db": ["a", "b"]}


def test_nothing_is_found_where_nothing_is(write: Write) -> None:
    assert not found(
        write, {"app.py": "down_revision = 'x'\n", "alembic.ini": "[broken", "pyproject.toml": "script_location ="}
    )
