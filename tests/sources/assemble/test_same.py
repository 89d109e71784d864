"""Which applications a repository has: what is told twice counts once, what differs stays apart, and their order."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project

MODELS = """
from django.db import models
class Product(models.Model):
    title = models.CharField(max_length=20)
class Line(models.Model):
    product = models.ForeignKey(Product, models.CASCADE)
"""
SETTINGS = "INSTALLED_APPS = [{0}]\nDATABASES = {{'default': {{'ENGINE': 'django.db.backends.postgresql'}}}}\n"
PRISMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
model User {
  id    Int    @id
  email String @unique
  posts Post[]
}
model Post {
  id      Int    @id
  title   String
  ownerId Int
  owner   User   @relation(fields: [ownerId], references: [id])
}
model Tag {
  id   Int    @id
  name String
}
model Team {
  id   Int    @id
  name String
}
"""
SQL = """
CREATE TABLE users (id int PRIMARY KEY, email text);
CREATE TABLE posts (id int PRIMARY KEY, title text, owner_id int);
CREATE TABLE tags (id int PRIMARY KEY, name text);
"""
ALCHEMY = """
from sqlalchemy import Column, Integer, Text
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(Text)
class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(Text)
    owner_id = Column(Integer)
class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(Text)
"""


def read(root: Path, files: dict[str, str]) -> list[SourceReading]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(dedent(text))
    return list(read_project(open_project(root)))


def shown(readings: list[SourceReading]) -> list[tuple[str, str, str | None]]:
    return [(r.application.name, r.application.path, r.application.framework) for r in readings]


def own(reading: SourceReading) -> set[str]:
    return {t.name for t in reading.catalog.tables if t.owned_by is None}


def test_a_library_and_the_sandbox_that_installs_it_are_one_application(tmp_path: Path) -> None:
    root = tmp_path / "shoplib"
    root.mkdir()
    files = {
        "setup.py": "",
        "sandbox/manage.py": "",
        "sandbox/settings.py": "import shop\n" + SETTINGS.format("*shop.INSTALLED_APPS"),
        "src/shop/__init__.py": "INSTALLED_APPS = ['shop.catalogue']\n",
        "src/shop/catalogue/__init__.py": "",
        "src/shop/catalogue/models.py": MODELS,
    }
    (reading,) = read(root, files)
    assert shown([reading]) == [("shoplib", "src/shop/catalogue", "django")]
    assert own(reading) == {"catalogue_product", "catalogue_line"}
    assert [e.engine.name for e in reading.configured_engines] == ["postgresql"]


def test_two_applications_with_the_same_models_of_their_own_stay_two(tmp_path: Path) -> None:
    files = {}
    for name in ("one", "two"):
        files |= {f"{name}/manage.py": "", f"{name}/conf/settings.py": SETTINGS.format("'shop'")}
        files |= {f"{name}/shop/models.py": MODELS}
    assert shown(read(tmp_path, files)) == [("one", "one", "django"), ("two", "two", "django")]


def test_small_schemas_that_resemble_each_other_stay_two(tmp_path: Path) -> None:
    small = PRISMA.partition("model Tag")[0]
    files = {f"{p}/{f}": t for p in ("a", "b") for f, t in (("package.json", "{}"), ("prisma/schema.prisma", small))}
    assert len(read(tmp_path, files)) == 2


def test_a_copied_schema_is_no_second_application(tmp_path: Path) -> None:
    files = {
        "packages/db/package.json": '{"name": "@acme/db"}',
        "packages/db/prisma/schema.prisma": PRISMA,
        "packages/web/package.json": '{"name": "@acme/web"}',
        "packages/web/prisma/schema.prisma": PRISMA,
    }
    (reading,) = read(tmp_path, files)
    assert reading.application.name == "@acme/db"
    (note,) = [d for d in reading.diagnostics if "second time" in d.text]
    assert note.origin.path == "packages/web/prisma/schema.prisma"


def test_the_models_win_over_sql_files_with_the_same_tables(tmp_path: Path) -> None:
    files = {"backend/app/models.py": ALCHEMY, "database/schema.sql": SQL}
    (reading,) = read(tmp_path, files)
    assert reading.application.framework == "sqlalchemy"
    assert own(reading) == {"users", "posts", "tags"}
    assert [d.origin.path for d in reading.diagnostics] == ["database/schema.sql"]


def test_sql_files_with_other_tables_are_another_application(tmp_path: Path) -> None:
    other = SQL.replace("users", "meters").replace("posts", "readings").replace("tags", "sites")
    found = read(tmp_path, {"backend/app/models.py": ALCHEMY, "metering/schema.sql": other})
    assert shown(found) == [(tmp_path.name, "backend/app", "sqlalchemy"), ("metering", "metering", "sql")]


def test_what_the_repository_is_for_comes_before_its_examples(tmp_path: Path) -> None:
    files = {
        "a_demo/manage.py": "",
        "a_demo/settings.py": SETTINGS.format("'toys'"),
        "a_demo/toys/models.py": MODELS.replace("Product", "Toy"),
        "site/manage.py": "",
        "site/settings.py": SETTINGS.format("'shop'"),
        "site/shop/models.py": MODELS,
    }
    assert [path for _, path, _ in shown(read(tmp_path, files))] == ["site", "a_demo"]


def test_an_only_application_has_the_name_of_the_repository(tmp_path: Path) -> None:
    root = tmp_path / "weblog"
    root.mkdir()
    (reading,) = read(root, {"lib/db/migrations/0001_init.sql": SQL})
    assert shown([reading]) == [("weblog", "lib", "sql")]


def test_the_same_sql_for_a_database_that_is_not_read(tmp_path: Path) -> None:
    ddl = "CREATE TABLE owners (id serial PRIMARY KEY); CREATE TABLE pets (id serial PRIMARY KEY, owner_id int);"
    files = {f"resources/db/{engine}/schema.sql": ddl for engine in ("postgres", "h2", "hsqldb")}
    (reading,) = read(tmp_path, files)
    assert reading.catalog.engine.name == "postgresql"
    assert {str(d.origin.path) for d in reading.diagnostics} == {"resources/db/h2", "resources/db/hsqldb"}


def test_a_snapshot_beside_migrations_elsewhere(tmp_path: Path) -> None:
    more = SQL + "CREATE TABLE teams (id int PRIMARY KEY, name text);\n"
    files = {
        "cmd/migrator/migrations/0001_init.sql": more,
        "cmd/migrator/migrations/0002_more.sql": "CREATE TABLE plans (id int PRIMARY KEY, price int);",
        "store/snapshot/schema.sql": more,
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"users", "posts", "tags", "teams", "plans"}


def test_small_services_with_a_table_of_the_same_name_stay_two(tmp_path: Path) -> None:
    users = "CREATE TABLE users (id int PRIMARY KEY, email text);"
    found = read(tmp_path, {"orders/schema.sql": users, "payments/schema.sql": users})
    assert [path for _, path, _ in shown(found)] == ["orders", "payments"]


def test_folders_that_say_nothing_give_no_name(tmp_path: Path) -> None:
    files = {
        "services/billing/db/schema.sql": SQL,
        "packages/db/1.4.2/schema.sql": SQL.replace("users", "gauges")
        .replace("posts", "sites")
        .replace("tags", "logs"),
    }
    assert {name for name, _, _ in shown(read(tmp_path, files))} == {"billing", tmp_path.name}


def test_two_frameworks_side_by_side(tmp_path: Path) -> None:
    other = ALCHEMY.replace("users", "meters").replace("posts", "readings").replace("tags", "sites")
    files = {"web/shop/models.py": MODELS, "meters/store/models.py": other}
    assert {framework for _, _, framework in shown(read(tmp_path, files))} == {"django", "sqlalchemy"}


def test_of_two_projects_with_the_same_models_the_one_on_a_server_counts(tmp_path: Path) -> None:
    lite = SETTINGS.format("'shop'").replace("postgresql", "sqlite3")
    files = {
        "showcase/manage.py": "",
        "showcase/settings.py": lite,
        "standalone/manage.py": "",
        "standalone/settings.py": SETTINGS.format("'shop'"),
        "src/shop/models.py": MODELS,
    }
    (reading,) = read(tmp_path, files)
    assert reading.catalog.engine.name == "postgresql"
    assert {e.engine.name for e in reading.configured_engines} == {"postgresql", "sqlite"}


def test_sql_files_of_which_nothing_could_be_read_are_no_application(tmp_path: Path) -> None:
    other = "CREATE TABLE domains (\n  id INT AUTO_INCREMENT,\n  PRIMARY KEY (id)\n) Engine=InnoDB;\n"
    (reading,) = read(tmp_path, {"backend/app/models.py": ALCHEMY, "docker/mysql-init.sql": other})
    assert reading.application.framework == "sqlalchemy"
    assert [d.origin.path for d in reading.diagnostics] == ["docker/mysql-init.sql"]
    (alone,) = read(tmp_path / "alone", {"docker/mysql-init.sql": other})
    assert not alone.catalog.tables
