"""How the models stand for the tables: what the generated client calls them, and where each name leads."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.mapping import MappedModel, MappedRelation, Through, column_of, relation_of
from dbarchitect.sources.prisma import PrismaReader

SOURCE = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
SHOP = """
enum Role {
  ADMIN @map("admin")
  GUEST
}

enum Plain {
  ONE
}

model User {
  id        Int         @id @default(autoincrement())
  email     String      @unique @map("e_mail")
  role      Role        @default(GUEST)
  roles     Role[]
  plain     Plain?
  token     Unsupported("tsvector")?
  secret    String      @ignore
  orders    OrderItem[]
  profile   Profile?
  followers User[]      @relation("Follows")
  following User[]      @relation("Follows")
  parentId  Int?        @map("parent_id")
  parent    User?       @relation("Tree", fields: [parentId], references: [id])
  children  User[]      @relation("Tree")

  @@map("users")
}

model Profile {
  userId Int  @id @map("user_id")
  user   User @relation(fields: [userId], references: [id])
}

model OrderItem {
  orderNo Int    @map("order_no")
  line    Int
  userId  Int    @map("user_id")
  sku     String
  user    User   @relation(fields: [userId], references: [id])
  notes   Note[]
  tags    Unknown?

  @@id([orderNo, line])
  @@unique([userId, sku], name: "byUser", map: "uq_items")
  @@unique([line, sku], map: "uq_line")
  @@unique([sku])
  @@schema("sales")
}

model Note {
  id      Int       @id
  orderNo Int       @map("n")
  line    Int       @map("l")
  item    OrderItem @relation(fields: [orderNo, line], references: [orderNo, line])
  topics  Topic[]
}

model Topic {
  slug  String @id @map("topic_slug")
  notes Note[]
  rows  Summary[]
}

model Hidden {
  id Int @id

  @@ignore
}

view Summary {
  topicId String @unique @map("topic_id")
  total   Int
  topic   Topic  @relation(fields: [topicId], references: [slug])
}
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> SourceReading:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "prisma").mkdir()
    (folder / "prisma" / "schema.prisma").write_text(SOURCE + SHOP)
    (found,) = PrismaReader().read(open_project(folder))
    return found


def model(reading: SourceReading, name: str) -> MappedModel:
    return next(m for m in reading.models if m.name == name)


def test_names(reading: SourceReading) -> None:
    assert [m.name for m in reading.models] == ["User", "Profile", "OrderItem", "Note", "Topic", "Summary"]
    item = model(reading, "OrderItem")
    assert (item.key, item.label) == ("prisma/schema.prisma:OrderItem", "orderItem")
    assert item.table == Ref.of_table("OrderItem", "sales")
    assert item.columns == {"orderNo": "order_no", "line": "line", "userId": "user_id", "sku": "sku"}
    assert item.primary_key == ("order_no", "line")
    assert pickle.loads(pickle.dumps(reading.models)) == reading.models


def test_only_what_the_client_offers(reading: SourceReading) -> None:
    user = model(reading, "User")
    assert user.table == Ref.of_table("users")
    assert set(user.columns) == {"id", "email", "role", "roles", "plain", "parentId"}
    assert column_of({}, user, "email") == (Ref.of_table("users").column("e_mail"), ())
    assert model(reading, "OrderItem").relations.keys() == {"user", "notes"}


def test_values_as_stored(reading: SourceReading) -> None:
    stored = {"ADMIN": "admin", "GUEST": "GUEST"}
    assert model(reading, "User").values == {"role": stored, "roles": stored}
    assert model(reading, "Note").values == {}


def test_keys_of_several_fields(reading: SourceReading) -> None:
    assert model(reading, "OrderItem").keys == {
        "orderNo_line": ("orderNo", "line"),
        "byUser": ("userId", "sku"),
        "line_sku": ("line", "sku"),
    }
    assert model(reading, "User").keys == {}


@pytest.mark.parametrize(
    ("owner", "name", "target", "many", "pairs", "reverse"),
    [
        ("OrderItem", "user", "User", False, (("user_id", "id"),), False),
        ("User", "orders", "OrderItem", True, (("id", "user_id"),), True),
        ("User", "profile", "Profile", False, (("id", "user_id"),), True),
        ("User", "parent", "User", False, (("parent_id", "id"),), False),
        ("User", "children", "User", True, (("id", "parent_id"),), True),
        ("Note", "item", "OrderItem", False, (("n", "order_no"), ("l", "line")), False),
        ("OrderItem", "notes", "Note", True, (("order_no", "n"), ("line", "l")), True),
        ("Summary", "topic", "Topic", False, (("topic_id", "topic_slug"),), False),
        ("Topic", "rows", "Summary", True, (("topic_slug", "topic_id"),), True),
    ],
)
def test_relations(
    reading: SourceReading,
    owner: str,
    name: str,
    target: str,
    *,
    many: bool,
    pairs: tuple[tuple[str, str], ...],
    reverse: bool,
) -> None:
    found = model(reading, owner).relations[name]
    assert found == MappedRelation(name, f"prisma/schema.prisma:{target}", many, pairs, reverse=reverse)
    assert relation_of({}, model(reading, owner), name, in_filter=True) == (model(reading, owner), found, ())


def test_tables_between(reading: SourceReading) -> None:
    """A is the model whose name sorts first; of a model related to itself, the holder of the field whose name does."""
    notes, topics = model(reading, "Topic").relations["notes"], model(reading, "Note").relations["topics"]
    table = Ref.of_table("_NoteToTopic")
    assert notes.many and not notes.pairs
    assert notes.through == Through(table, (("topic_slug", "B"),), (("A", "id"),))
    assert topics.through == Through(table, (("id", "A"),), (("B", "topic_slug"),))
    user = model(reading, "User")
    follows = Ref.of_table("_Follows")
    assert user.relations["followers"].through == Through(follows, (("id", "A"),), (("B", "id"),))
    assert user.relations["following"].through == Through(follows, (("id", "B"),), (("A", "id"),))
    for between in (table, follows):
        found = reading.catalog.table(between)
        assert found is not None
        assert [column.name for column in found.ordered_columns] == ["A", "B"]


def test_a_view_is_no_table_and_nothing_refers_to_it(reading: SourceReading) -> None:
    assert model(reading, "Summary").table == Ref.of_table("Summary")
    assert [v.name for v in reading.catalog.views] == ["Summary"]
    assert not [d for d in reading.diagnostics if "Summary" in d.text]


def test_without_foreign_keys_the_relations_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "schema.prisma").write_text(SOURCE.replace("  url", '  relationMode = "prisma"\n  url') + SHOP)
    (found,) = PrismaReader().read(open_project(tmp_path))
    assert all(not table.foreign_keys for table in found.catalog.tables)
    assert model(found, "User").relations["orders"].pairs == (("id", "user_id"),)
    assert model(found, "User").relations["following"].through is not None


@pytest.mark.parametrize(
    "broken",
    [
        "model A {\n  id Int @id\n  b B[]\n}\nmodel B {\n  id Int @id\n}\n",
        "model A {\n  id Int @id\n  b B @relation(fields: [gone], references: [id])\n}\nmodel B {\n  id Int @id\n}\n",
        "model A {\n  id Int @id\n  b B @relation(fields: [id], references: [id, x])\n}\nmodel B {\n  id Int @id\n}\n",
        "model A {\n  x Int\n  b B[]\n  @@id([x])\n}\nmodel B {\n  y Int\n  a A[]\n  @@unique([y, gone])\n}\n",
    ],
)
def test_what_does_not_say_how_it_is_joined_leads_nowhere(tmp_path: Path, broken: str) -> None:
    (tmp_path / "schema.prisma").write_text(SOURCE + broken)
    (found,) = PrismaReader().read(open_project(tmp_path))
    assert [m.relations for m in found.models] == [{}, {}]
    assert [m.keys for m in found.models] == [{}, {}]


def test_two_models_of_a_name_in_several_files(tmp_path: Path) -> None:
    folder = tmp_path / "prisma"
    folder.mkdir()
    (folder / "schema.prisma").write_text(SOURCE + "model A {\n  id Int @id\n  b B[]\n}\n")
    (folder / "b.prisma").write_text(
        "model B {\n  id Int @id\n  aId Int\n  a A @relation(fields: [aId], references: [id])\n}\n"
    )
    (folder / "c.prisma").write_text("model B {\n  other Int @id\n}\n")
    (found,) = PrismaReader().read(open_project(tmp_path))
    assert [m.key for m in found.models] == ["prisma/schema.prisma:A", "prisma/b.prisma:B"]
    assert model(found, "A").relations["b"].target == "prisma/b.prisma:B"


def test_no_models_of_a_database_that_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "schema.prisma").write_text(SOURCE.replace("postgresql", "mongodb") + "model A {\n  id String @id\n}\n")
    (found,) = PrismaReader().read(open_project(tmp_path))
    assert found.models == ()
