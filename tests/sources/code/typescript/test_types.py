"""What declared types tell, from their text."""

from __future__ import annotations

import pytest

from dbarchitect.sources.code.typescript.types import bare, intersected, members_of, strings_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("User | null", "User"),
        ("undefined | User", "User"),
        ("Promise<User | undefined>", "User"),
        ("Readonly<Promise<Db>>", "Db"),
        ("| User", "User"),
        ("Array<User | null>", "Array<User>"),
    ],
)
def test_bare(text: str, expected: str) -> None:
    assert bare(text) == expected


def test_members_of_an_object_type() -> None:
    text = """{
      db: PrismaClient; // the client
      readonly user?: { id: string; name: string }
      tags: Array<{ a: 1, b: 2 }>,
      "quoted-name": string
      find: (id: string) => Promise<User>;
      status:
        | "open"
        | "closed"
    }"""
    assert members_of(text) == {
        "db": "PrismaClient",
        "user": "{ id: string; name: string } | undefined",
        "tags": "Array<{ a: 1, b: 2 }>",
        "find": "(id: string) => Promise<User>",
        "status": '| "open"\n        | "closed"',
    }
    assert members_of("PrismaClient") == {}
    assert members_of("{") == {}


def test_unions_of_strings() -> None:
    assert strings_of("\"open\" | 'closed'") == ("open", "closed")
    assert strings_of('| "a"\n | "b|c"') == ("a", "b|c")
    assert strings_of('"open" | Other') == ()
    assert strings_of("string") == ()


def test_intersections() -> None:
    assert intersected("A & { b: B & C }") == ("A", "{ b: B & C }")
