"""A schema file is taken apart, and what is broken in it costs nothing but itself."""

from __future__ import annotations

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbarchitect.sources.prisma.parse import parse
from dbarchitect.sources.prisma.syntax import Call, Many, Number, Text, Word

SCHEMA = """\
// a comment with "quotes" and { braces
datasource db {
  provider = "postgresql" // inside
  url      = env("DATABASE_URL")
}

/* a comment
   of two lines */
/// documentation
model User {
  id    Int     @id @default(autoincrement()) // why not "this" {
  email String  @unique(map: "by_email") @db.VarChar(255)
  bio   String? @default("a // b \\"c\\" } \\u00e9")
  tags  String[] @default(["a", "b"])
  geo   Unsupported("geometry(Point, 4326)")?

  @@index([
    email,
    bio(sort: Desc, ops: raw("text_pattern_ops")), // last
  ], map: "i")
  @@map("users")
}

enum Role {
  USER  @map("user")
  ADMIN

  @@map("role")
}
"""


def test_blocks_fields_and_attributes() -> None:
    file = parse(SCHEMA.encode(), "schema.prisma")
    assert file.diagnostics == ()
    assert [(block.kind, block.name) for block in file.blocks] == [
        ("datasource", "db"),
        ("model", "User"),
        ("enum", "Role"),
    ]
    source, user, role = file.blocks
    provider, url = source.setting("provider"), source.setting("url")
    assert provider is not None
    assert url is not None
    assert provider.value == Text("postgresql")
    assert isinstance(url.value, Call)
    assert [(f.name, f.type, f.is_list, f.optional) for f in user.fields] == [
        ("id", "Int", False, False),
        ("email", "String", False, False),
        ("bio", "String", False, True),
        ("tags", "String", True, False),
        ("geo", "Unsupported", False, True),
    ]
    bio, tags, geo = user.fields[2:]
    assert geo.unsupported == "geometry(Point, 4326)"
    assert bio.attributes[0].call.positional() == (Text('a // b "c" } é'),)
    assert tags.attributes[0].call.positional() == (Many((Text("a"), Text("b"))),)
    assert [a.name for a in user.fields[1].attributes] == ["unique", "db.VarChar"]
    assert user.fields[1].attributes[1].call.positional() == (Number("255"),)
    index = user.attribute("index")
    assert index is not None
    (fields,) = index.call.positional()
    assert isinstance(fields, Many)
    assert fields.items[0] == Word("email")
    assert isinstance(fields.items[1], Call)
    assert fields.items[1].get("sort") == Word("Desc")
    assert [(v.name, len(v.attributes)) for v in role.values] == [("USER", 1), ("ADMIN", 0)]


def test_origins_say_where_it_stands_in_bytes() -> None:
    raw = ("\ufeff// é😀\r\n" + SCHEMA).encode()
    file = parse(raw, "a/b.prisma")
    for block in file.blocks:
        assert raw[block.origin.start : block.origin.end].decode().startswith(f"{block.kind} {block.name} {{")
        assert raw[block.origin.start : block.origin.end].endswith(b"}")
        for field in block.fields:
            assert raw[field.origin.start : field.origin.end].decode().startswith(field.name)
    email = file.blocks[1].fields[1].origin
    assert (email.path, email.line, email.column) == ("a/b.prisma", 13, 3)
    assert email.digest == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize(
    ("broken", "line", "words"),
    [
        ("  what is this ???", 2, "a field of model A"),
        ("  name", 2, "a field of model A"),
        ('  name String @default("open', 2, "a field of model A"),
        ("  name String @default(", 2, "a field of model A"),
        ("  @@index([id", 2, "an attribute of model A"),
        ("  name String @@map(x)", 2, "a field of model A"),
    ],
)
def test_a_broken_line_costs_itself_alone(broken: str, line: int, words: str) -> None:
    text = f"model A {{\n{broken}\n  @@index([id])\n}}\nmodel B {{\n  id Int @id\n}}\n"
    file = parse(text.encode(), "s.prisma")
    assert [d.origin.line for d in file.diagnostics] == [line]
    assert words in file.diagnostics[0].text
    assert [block.name for block in file.blocks] == ["A", "B"]
    assert len(list(file.blocks[0].attributes("index"))) == 1
    assert len(file.blocks[1].fields) == 1


def test_a_broken_field_leaves_the_fields_after_it() -> None:
    file = parse(b"model A {\n  id Int @id\n  b ??\n  c String\n}", "s.prisma")
    assert [f.name for f in file.blocks[0].fields] == ["id", "c"]
    assert len(file.diagnostics) == 1


def test_a_block_that_is_not_closed_ends_where_the_next_begins() -> None:
    file = parse(b"model A {\n  id Int @id\n\nmodel B {\n  id Int @id\n}\n", "s.prisma")
    assert [(block.name, len(block.fields)) for block in file.blocks] == [("A", 1), ("B", 1)]
    assert [d.text for d in file.diagnostics] == ["model A is not closed"]


def test_a_long_file_takes_time_in_proportion() -> None:
    fields = "".join(f'  f{number} String @default("é (") // ü\n' for number in range(1500))
    broken = "model B {\n" + "  x String @default(\n" * 1500 + "}\n"
    start = time.perf_counter()
    file = parse(f"model A {{\n{fields}}}\n{broken}".encode(), "s.prisma")
    assert time.perf_counter() - start < 15
    assert len(file.blocks[0].fields) == 1500
    assert file.blocks[0].fields[-1].origin.line == 1501


def test_strays_are_said() -> None:
    file = parse(b"import x\nmodel A {\n  id Int @id\n}\n}\ntable C {\n}\n", "s.prisma")
    assert [d.origin.line for d in file.diagnostics] == [1, 5, 6, 7]


def test_a_generator_is_not_looked_into() -> None:
    assert parse(b"generator x {\n  ??? anything\n}\n", "s.prisma").diagnostics == ()


def test_what_is_no_utf8_is_said() -> None:
    file = parse(b"model A {\n // \xff\n id Int @id\n}", "s.prisma")
    assert [block.name for block in file.blocks] == ["A"]
    assert "line 2 is not UTF-8" in file.diagnostics[0].text
    assert file.diagnostics[0].origin.line == 2


def test_a_comment_without_end_is_said() -> None:
    file = parse(b"model A {\n  id Int @id\n}\n/* lost\nmodel B {\n  id Int @id\n}\n", "s.prisma")
    assert [block.name for block in file.blocks] == ["A"]
    assert [(d.origin.line, "does not end" in d.text) for d in file.diagnostics] == [(4, True)]


def test_utf_16_is_read() -> None:
    text = "model A {\n id Int @id\n}"
    for coding in ("utf-16", "utf-16-le", "utf-16-be"):
        file = parse(text.encode(coding), "s.prisma")
        assert ([block.name for block in file.blocks], file.diagnostics) == (["A"], ())


def test_the_comment_of_a_field() -> None:
    """What stands behind it, else the `///` lines right above; a section's title is nobody's."""
    text = """model A {
  id     Int    @id // "one" | "two"
  // not kept by Prisma
  plain  String
  /// first line
  /// second line
  told   String @default("// no comment")
  both   String /// behind
  blocks String @relation(
    fields: [a]
  ) // after the bracket
  empty  String //

  /// of a gap

  apart  String
}
"""
    (block,) = parse(text.encode(), "s.prisma").blocks
    assert {field.name: field.comment for field in block.fields} == {
        "id": '"one" | "two"',
        "plain": None,
        "told": "first line second line",
        "both": "behind",
        "blocks": "after the bracket",
        "empty": None,
        "apart": None,
    }


@given(st.text(alphabet='{}[]()"/*@?\\= \nmodelAxString:,.é😀'))
def test_no_text_makes_it_fall(text: str) -> None:
    parse(text.encode(), "s.prisma")


@given(st.integers(0, len(SCHEMA)), st.text(alphabet='{}[]()"@?\n', max_size=3))
def test_no_damage_makes_it_fall_or_silent(position: int, damage: str) -> None:
    whole = parse(SCHEMA.encode(), "s.prisma")
    file = parse((SCHEMA[:position] + damage + SCHEMA[position:]).encode(), "s.prisma")
    fields = sum(len(block.members) for block in whole.blocks)
    assert file.diagnostics or sum(len(block.members) for block in file.blocks) >= fields - 4
