"""A file or a package of a project, audited by itself: its own tables, read with what the project says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.survey import Survey
from dbarchitect.sources import part
from dbarchitect.sources.opened import survey_path

BASES = """
from django.db import models
class Stamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    class Meta:
        abstract = True
"""
SHOP = """
from django.db import models
from core.bases import Stamped
class Order(Stamped):
    number = models.CharField(max_length=9)
"""
STOCK = """
from django.db import models
class Item(models.Model):
    order = models.ForeignKey("shop.Order", models.CASCADE)
"""
PRISMA = """
datasource db {
  provider = "sqlite"
  url      = "file:dev.db"
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "manage.py": "",
        "conf/__init__.py": "",
        "conf/settings.py": "INSTALLED_APPS = ['core', 'shop', 'stock']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
        "core/__init__.py": "",
        "core/bases.py": BASES,
        "shop/__init__.py": "",
        "shop/models.py": SHOP,
        "stock/__init__.py": "",
        "stock/models.py": STOCK,
        "dump.sql": "CREATE TABLE old (id int PRIMARY KEY);",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def names(surveys: tuple[Survey, ...]) -> list[str]:
    return [table.name for survey in surveys for table in survey.tables]


def test_a_file_of_models_is_read_as_the_project_has_it(project: Path) -> None:
    (survey,) = survey_path(project / "shop/models.py")
    assert names((survey,)) == ["shop_order"]
    assert survey.engine.name == "sqlite"
    (table,) = survey.tables
    assert {column.name for column in table.columns} == {"id", "created_at", "number"}
    assert table.origin.path == "shop/models.py"


def test_what_it_points_at_is_there_but_not_judged(project: Path) -> None:
    (survey,) = survey_path(project / "stock")
    assert names((survey,)) == ["stock_item"]
    assert {table.name for table in survey.catalog.tables} == {"shop_order", "stock_item"}


def test_a_file_of_abstract_models_means_the_tables_made_of_them(project: Path) -> None:
    assert names(survey_path(project / "core/bases.py")) == ["shop_order"]


def test_the_whole_project_and_an_sql_file_are_read_by_themselves(project: Path) -> None:
    assert names(survey_path(project)) == ["shop_order", "stock_item"]
    assert names(survey_path(project / "dump.sql")) == ["old"]


def test_a_file_in_a_folder_that_the_project_leaves_out(project: Path) -> None:
    (project / ".gitignore").write_text("/drafts/\n")
    (project / "drafts").mkdir()
    (project / "drafts/models.py").write_text(SHOP)
    assert names(survey_path(project / "drafts/models.py")) == ["drafts_order"]


def test_one_file_of_a_prisma_schema_in_several(tmp_path: Path) -> None:
    folder = tmp_path / "prisma"
    folder.mkdir()
    (tmp_path / "package.json").write_text("{}")
    (folder / "schema.prisma").write_text(PRISMA)
    (folder / "user.prisma").write_text("model User {\n  id Int @id\n}\n")
    (folder / "post.prisma").write_text("model Post {\n  id Int @id\n}\n")
    (folder / "more").mkdir()
    (folder / "more/tag.prisma").write_text("model Tag {\n  id Int @id\n}\n")
    (more,) = survey_path(folder / "more")
    assert (names((more,)), more.engine.name) == (["Tag"], "sqlite")
    (survey,) = survey_path(folder / "user.prisma")
    assert names((survey,)) == ["User"]
    assert survey.engine.name == "sqlite"


def test_the_home_directory_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".git").mkdir()
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "notes.py").write_text("")
    assert part.project_around(tmp_path / "notes.py") is None
    (tmp_path / "work").mkdir()
    (tmp_path / "work/setup.py").write_text("")
    (tmp_path / "work/models.py").write_text("")
    assert part.project_around(tmp_path / "work/models.py") == tmp_path / "work"


def test_a_package_that_keeps_its_own_configuration_is_still_a_part(tmp_path: Path) -> None:
    for path in ("pyproject.toml", "app/__init__.py", "app/alembic.ini", "app/models.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("")
    assert part.project_around(tmp_path / "app/models.py") == tmp_path
    assert part.project_around(tmp_path / "app") == tmp_path
    assert part.project_around(tmp_path) is None
    (tmp_path / ".git").mkdir()
    (tmp_path / "web/lib").mkdir(parents=True)
    (tmp_path / "web/package.json").write_text("{}")
    (tmp_path / "web/lib/x.prisma").write_text("model A {\n  id Int @id\n}\n")
    assert part.project_around(tmp_path / "web/lib/x.prisma") == tmp_path
