"""Transactions in both forms, and those that Prisma opens for nested writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import QueryFact

from .programs import asked, code_of
from .written import told


def opened(query: QueryFact) -> int | None:
    """The line of the call that opens the transaction around a query."""
    return query.place.transaction.line if query.place.transaction is not None else None


def test_an_array(tmp_path: Path) -> None:
    body = "const first = prisma.post.update({ where: { id: 1 }, data: { views: 1 } })\n"
    body += "await prisma.$transaction([first, prisma.user.delete({ where: { id: 1 } })])\nawait prisma.label.count()"
    assert [(told(q)[:6], opened(q)) for q in asked(tmp_path, body)] == [("update", 4), ("delete", 4), ("select", None)]


def test_a_nested_write_in_an_array_is_a_part_of_its_transaction(tmp_path: Path) -> None:
    body = "const all = []\nall.push(prisma.post.delete({ where: { id: 1 } }))\n"
    body += "all.push(prisma.user.create({ data: { email: 'a', posts: { create: { title: 'b' } } } }))\n"
    body += "await prisma.$transaction(all)"
    assert [(str(q.table), opened(q)) for q in asked(tmp_path, body)] == [("Post", 6), ("users", 6), ("Post", 6)]


def test_an_array_made_by_a_loop(tmp_path: Path) -> None:
    body = "await prisma.$transaction(input.ids.map((id) => prisma.post.delete({ where: { id } })))"
    (query,) = asked(tmp_path, body)
    assert (opened(query), [loop.batched for loop in query.place.loops]) == (3, [True])


def test_an_array_that_a_loop_fills_in_each_turn_of_another(tmp_path: Path) -> None:
    body = "for (const ids of input.groups) {\n  const all = []\n"
    body += "  for (const id of ids) all.push(prisma.post.delete({ where: { id } }))\n"
    body += "  await prisma.$transaction(all)\n}"
    (query,) = asked(tmp_path, body)
    assert [loop.batched for loop in query.place.loops] == [False, True]


def test_what_an_array_gives(tmp_path: Path) -> None:
    body = "const [rows, n] = await prisma.$transaction([prisma.post.findMany(), prisma.post.count()])\n"
    body += "return rows.map((r) => r.title)"
    listed, _ = asked(tmp_path, body)
    assert [str(a) for a in listed.attributes or ()] == ["Post.title"]


def test_a_function(tmp_path: Path) -> None:
    body = """
    return await prisma.$transaction(async (tx) => {
      const user = await tx.user.findUniqueOrThrow({ where: { id: input.id } })
      await tx.user.update({ where: { id: user.id }, data: { balance: user.balance - 5 } })
      await helper(tx)
    }, { isolationLevel: 'Serializable', timeout: 5000 })
    """
    source = "import { Prisma } from '@prisma/client'\nexport async function helper(db: Prisma.TransactionClient) "
    source += "{ await db.label.deleteMany({ where: { name: 'old' } }) }"
    found = asked(tmp_path, f"const {{ helper }} = require('./helper')\n{body}", helper=source)
    inside = [q for q in found if q.origin.path == "app.ts"]
    assert [opened(q) for q in inside] == [5, 5]
    assert [str(r) for r in inside[1].assignments[0].reads] == ["users.balance"]
    assert "delete Label where Label.name = old" in [told(q) for q in found]


def test_nested_writes_are_one_transaction(tmp_path: Path) -> None:
    body = "await prisma.user.create({ data: { email: 'a', posts: { create: { title: 'b' } } } })\n"
    body += "await prisma.label.create({ data: { name: 'c' } })"
    assert [(str(q.table), opened(q)) for q in asked(tmp_path, body)] == [("users", 3), ("Post", 3), ("Label", None)]


def test_nested_writes_stand_where_they_are_written(tmp_path: Path) -> None:
    body = "await prisma.user.update({ where: { id: 1 }, data: {\n posts: {\n  deleteMany: { views: 0 } } } })"
    user, posts = asked(tmp_path, body)
    assert (user.origin.line, posts.origin.line, posts.text) == (3, 5, "deleteMany: { views: 0 }")


@pytest.mark.parametrize(
    ("options", "isolated"),
    [
        (", { isolationLevel: 'Serializable' }", True),
        (", { isolationLevel: Prisma.TransactionIsolationLevel.RepeatableRead, timeout: 5000 }", True),
        (", { isolationLevel: 'ReadCommitted' }", False),
        (", { timeout: 5000 }", False),
        ("", False),
    ],
)
def test_the_level_of_a_transaction(tmp_path: Path, options: str, *, isolated: bool) -> None:
    source = "import { Prisma } from '@prisma/client'\nimport { prisma } from './db'\nexport async function work() {\n"
    source += f"await prisma.$transaction(async (tx) => {{ await tx.label.deleteMany({{}}) }}{options})\n}}\n"
    code = code_of(tmp_path, source)
    (query,) = code.queries
    assert (query.place.transaction in code.isolated) is isolated
