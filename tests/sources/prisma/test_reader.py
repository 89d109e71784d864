"""Which applications are found, for which database they are read, and what is said of what was not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.members import Action, Column, Identity
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.prisma import PrismaReader

POSTGRESQL = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
MYSQL = POSTGRESQL.replace("postgresql", "mysql")
USER = "model User {\n  id Int @id\n}\n"
POST = "model Post {\n  id Int @id\n}\n"


def readings(folder: Path, files: dict[str, str]) -> tuple[SourceReading, ...]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return PrismaReader().read(open_project(folder))


def reading(folder: Path, text: str, **more: str) -> SourceReading:
    (found,) = readings(folder, {"prisma/schema.prisma": text, **more})
    return found


def table(catalog: Catalog, name: str) -> Table:
    found = catalog.table(Ref.of_table(name))
    assert found is not None
    return found


def column(catalog: Catalog, name: str, of: str) -> Column:
    found = table(catalog, of).column(name)
    assert found is not None
    return found


def names(found: SourceReading) -> list[str]:
    return [t.name for t in found.catalog.tables]


def test_nothing_there(tmp_path: Path) -> None:
    assert readings(tmp_path, {"README.md": "x"}) == ()


def test_one_file(tmp_path: Path) -> None:
    files = {
        "package.json": '{"name": "shop"}',
        "prisma/schema.prisma": POSTGRESQL + USER,
        "prisma/migrations/2_b/migration.sql": "",
        "prisma/migrations/1_a/migration.sql": "",
        ".env.example": "DATABASE_URL=postgresql://u:secret@ep-x.eu.neon.tech/shop\n",
    }
    (found,) = readings(tmp_path, files)
    assert (found.application.name, found.application.path, found.application.framework) == ("shop", ".", "prisma")
    assert found.files == ("prisma/schema.prisma",)
    assert found.migrations == ("prisma/migrations/1_a/migration.sql", "prisma/migrations/2_b/migration.sql")
    assert found.diagnostics == ()
    assert found.catalog.engine.name == "postgresql"
    assert found.catalog.engine.hosted_by == "neon"
    assert found.configured_engines[0].origin.line == 2
    assert "secret" not in repr(found)
    assert found.catalog.tables[0].origin.path == "prisma/schema.prisma"
    assert found.catalog.tables[0].model == "User"


@pytest.mark.parametrize(
    ("files", "read"),
    [
        (("prisma/schema/main.prisma", "prisma/schema/user.prisma", "prisma/schema/deep/post.prisma"), 3),
        (("prisma/schema.prisma", "prisma/models/user.prisma", "prisma/models/post.prisma"), 3),
        (("db/main.prisma", "db/user.prisma", "db/post.prisma"), 3),
        (("prisma/schema/main.prisma", "prisma/models/user.prisma", "prisma/models/post.prisma"), 3),
    ],
)
def test_many_files(tmp_path: Path, files: tuple[str, ...], read: int) -> None:
    (found,) = readings(tmp_path, dict(zip(files, (POSTGRESQL, USER, POST), strict=True)))
    assert names(found) == ["Post", "User"]
    assert len(found.files) == read


def test_several_applications(tmp_path: Path) -> None:
    files = {
        "apps/a/package.json": '{"name": "@x/a"}',
        "apps/a/prisma/schema.prisma": POSTGRESQL + USER,
        "packages/b/package.json": '{"name": "@x/b"}',
        "packages/b/schema.prisma": POSTGRESQL + POST,
        "packages/b/more/user.prisma": USER,
    }
    first, second = readings(tmp_path, files)
    assert (first.application.name, first.application.path, names(first)) == ("@x/a", "apps/a", ["User"])
    assert (second.application.name, second.application.path) == ("@x/b", "packages/b")
    assert names(second) == ["Post", "User"]


def test_two_databases_of_one_package_are_two_applications(tmp_path: Path) -> None:
    files = {
        "package.json": '{"name": "x"}',
        "prisma/main/schema.prisma": POSTGRESQL + USER,
        "prisma/log/schema.prisma": POSTGRESQL + POST,
    }
    assert [r.application.path for r in readings(tmp_path, files)] == ["prisma/log", "prisma/main"]


@pytest.mark.parametrize(
    ("package", "chosen"),
    [
        ('{"name": "x"}', "postgresql"),
        ('{"prisma": {"schema": "db/mysql/schema.prisma"}}', "mysql"),
        ('{"scripts": {"build": "prisma generate --schema ./db/mysql/schema.prisma"}}', "mysql"),
        ("not json", "postgresql"),
    ],
)
def test_variants_for_several_databases_are_one_application(tmp_path: Path, package: str, chosen: str) -> None:
    files = {
        "package.json": package,
        "db/mysql/schema.prisma": MYSQL + USER + POST,
        "db/postgresql/schema.prisma": POSTGRESQL + USER + POST,
    }
    (found,) = readings(tmp_path, files)
    assert found.catalog.engine.name == chosen
    assert {e.engine.name for e in found.configured_engines} == {"mysql", "postgresql"}
    assert len(found.diagnostics) == 1
    assert "not read" in found.diagnostics[0].text


@pytest.mark.parametrize(
    "config",
    [
        'export default defineConfig({ schema: "old/schema.prisma" })',
        'import path from "node:path"\nexport default { schema: path.join("old", "schema.prisma") }',
        "export default defineConfig({ schema: './old' })",
    ],
)
def test_prisma_config_says_which(tmp_path: Path, config: str) -> None:
    files = {
        "prisma.config.ts": config,
        "old/schema.prisma": POSTGRESQL + USER,
        "new/schema.prisma": POSTGRESQL + USER + POST,
    }
    (found,) = readings(tmp_path, {"package.json": "{}", **files})
    assert found.files == ("old/schema.prisma",)


def test_without_a_datasource_it_is_read_for_postgresql_and_said(tmp_path: Path) -> None:
    found = reading(tmp_path, USER)
    assert names(found) == ["User"]
    assert [d.text for d in found.diagnostics] == ["no datasource block: read as a schema for PostgreSQL"]


@pytest.mark.parametrize("provider", ["mongodb", "sqlserver"])
def test_what_is_not_supported_is_said(tmp_path: Path, provider: str) -> None:
    found = reading(tmp_path, POSTGRESQL.replace("postgresql", provider) + USER)
    assert found.catalog.tables == ()
    assert [d.text for d in found.diagnostics] == [f"the provider {provider} is not supported: the schema was not read"]


def test_cockroachdb_is_read_as_postgresql_and_said(tmp_path: Path) -> None:
    found = reading(tmp_path, POSTGRESQL.replace("postgresql", "cockroachdb") + USER)
    assert found.catalog.engine.name == "postgresql"
    assert len(found.diagnostics) == 1


BLOG = """
model Author {
  id    Int    @id @default(autoincrement())
  books Book[]
  tags  Tag[]
}

model Book {
  id       Int     @id @default(autoincrement())
  authorId Int
  author   Author  @relation(fields: [authorId], references: [id])
  editor   Int?
  kind     Kind    @default(LONG)
  title    String
  changed  DateTime @updatedAt
}

model Tag {
  id      Int      @id
  authors Author[]
}

enum Kind {
  LONG @map("long")
  SHORT
}
"""


@pytest.mark.parametrize("setting", ['relationMode = "prisma"', 'referentialIntegrity = "prisma"'])
def test_relations_that_only_the_client_keeps(tmp_path: Path, setting: str) -> None:
    found = reading(tmp_path, POSTGRESQL.replace("url", f"{setting}\n  url") + BLOG)
    assert all(not t.foreign_keys for t in found.catalog.tables)
    author = column(found.catalog, "authorId", "Book").declared
    assert author is not None
    assert author.references == "Author.id"
    assert table(found.catalog, "_AuthorToTag").primary_key is not None


@pytest.mark.parametrize(("version", "keyed"), [("^5.22.0", False), ("6.1.0", True), ("~7", True), ("latest", True)])
def test_join_tables_have_a_key_since_version_6(tmp_path: Path, version: str, keyed: bool) -> None:
    package = f'{{"devDependencies": {{"prisma": "{version}"}}}}'
    join = table(reading(tmp_path, POSTGRESQL + BLOG, **{"package.json": package}).catalog, "_AuthorToTag")
    assert (join.primary_key is not None) is keyed
    assert join.is_key(("A", "B"))
    assert join.owned_by == "prisma"
    assert len(join.indexes) == (1 if keyed else 2)
    assert {key.on_delete for key in join.foreign_keys} == {Action.CASCADE}


def test_what_only_the_client_knows_is_declared(tmp_path: Path) -> None:
    found = reading(tmp_path, POSTGRESQL + BLOG)
    changed = column(found.catalog, "changed", "Book")
    assert changed.default is None
    assert changed.declared is not None
    assert changed.declared.sets_on_update
    (key,) = table(found.catalog, "Book").foreign_keys
    assert (key.on_delete, key.on_delete_written) == (Action.RESTRICT, False)
    assert column(found.catalog, "kind", "Book").declared is None


def test_enums_where_the_database_has_none(tmp_path: Path) -> None:
    found = reading(tmp_path, POSTGRESQL.replace("postgresql", "sqlite") + BLOG)
    kind = column(found.catalog, "kind", "Book")
    assert found.catalog.enums == ()
    assert str(kind.type) == "text"
    assert kind.declared is not None
    assert kind.declared.choices == ("long", "SHORT")
    assert str(kind.default) == "'long'"
    assert column(found.catalog, "id", "Book").identity is Identity.AUTOINCREMENT
    assert column(found.catalog, "id", "Tag").identity is Identity.ROWID


def test_mysql(tmp_path: Path) -> None:
    more = (
        "model Doc {\n  id Int @id\n  body String @db.LongText\n  size Int @db.UnsignedInt\n  @@fulltext([body])\n}\n"
    )
    found = reading(tmp_path, MYSQL + BLOG + more)
    assert str(column(found.catalog, "title", "Book").type) == "character varying(191)"
    assert str(column(found.catalog, "kind", "Book").type) == "enum('long','SHORT')"
    assert str(column(found.catalog, "body", "Doc").type) == "text"
    assert [index.method for index in table(found.catalog, "Doc").indexes] == ["fulltext"]
    assert found.diagnostics == ()


def test_partial_indexes(tmp_path: Path) -> None:
    model = """
model A {
  id      Int       @id
  deleted DateTime? @map("deleted_at")
  kind    String
  open    Boolean

  @@unique([kind], where: raw("deleted_at IS NULL"), map: "one")
  @@index([kind], where: { deleted: null, open: true, kind: { not: "x" } }, map: "two")
}
"""
    found = table(reading(tmp_path, POSTGRESQL + model).catalog, "A")
    predicates = {index.name: index.predicate.canonical for index in found.indexes if index.predicate}
    assert predicates == {"one": "deleted_at IS NULL", "two": "(deleted_at IS NULL) AND (kind <> 'x') AND open"}


def test_views_and_ignored_models(tmp_path: Path) -> None:
    text = POSTGRESQL + USER + 'view Active {\n  id Int @unique\n  name String @map("n")\n  @@map("active")\n}\n'
    found = reading(tmp_path, text)
    assert [(view.name, view.columns) for view in found.catalog.views] == [("active", ("id", "n"))]
    assert names(found) == ["User"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("  b Nothing", "the type Nothing of A.b is not declared"),
        ("  b Address", "which only MongoDB has"),
        ("  @@index([nothing])", "@@index of A names nothing"),
        ("  u User @relation(fields: [nothing], references: [id])", "names nothing"),
        ("  u User @relation(fields: [id], references: [])", "does not say which fields"),
        ("  @@unique([x.y])", "@@unique of A names x.y"),
    ],
)
def test_what_makes_no_sense_is_said_and_the_rest_is_read(tmp_path: Path, lines: str, words: str) -> None:
    model = f"type Address {{\n  street String\n}}\nmodel A {{\n  id Int @id\n{lines}\n  last String\n}}\n"
    found = reading(tmp_path, POSTGRESQL + USER + model)
    assert any(words in d.text and d.origin.line is not None for d in found.diagnostics)
    assert [c.name for c in table(found.catalog, "A").ordered_columns] == ["id", "last"]


def test_hostile_names_survive(tmp_path: Path) -> None:
    model = 'model A {\n  id Int @id @map("i\\"d; --")\n\n  @@map("</script> \\n😀 \'")\n}\n'
    (only,) = reading(tmp_path, POSTGRESQL + model).catalog.tables
    assert only.name == "</script> \n😀 '"
    assert only.primary_key is not None
    assert only.primary_key.columns == ('i"d; --',)


def test_a_name_is_cut_where_the_server_would_cut_it(tmp_path: Path) -> None:
    model = f"model {'A' * 60} {{\n  id Int @id\n  name String @unique\n}}\n"
    (only,) = reading(tmp_path, POSTGRESQL + model).catalog.tables
    assert [index.name for index in only.indexes] == ["A" * 59 + "_key"]


def test_tables_of_a_library_that_the_schema_lists_stay_the_librarys(tmp_path: Path) -> None:
    models = "model jackson_ttl {\n  key String @id\n  expiresAt BigInt\n}\n"
    (found,) = readings(tmp_path, {"prisma/schema.prisma": POSTGRESQL + USER + models})
    assert {t.name: t.owned_by for t in found.catalog.tables if t.owned_by} == {"jackson_ttl": "jackson"}
