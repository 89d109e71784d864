"""Raw SQL: templates bind their values, the unsafe kind pastes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Fetch, QueryFact

from .programs import asked, code_of
from .written import told

HEAD = "import { Prisma } from '@prisma/client'\nimport { prisma } from './db'\nexport async function f(input) {\n"


def one(folder: Path, body: str) -> QueryFact:
    (query,) = code_of(folder, f"{HEAD}{body}\n}}").queries
    return query


def test_values_of_a_template_are_bound(tmp_path: Path) -> None:
    query = one(
        tmp_path,
        "return prisma.$queryRaw`SELECT id FROM users WHERE email = ${input.email} ORDER BY created_at LIMIT 5`",
    )
    assert told(query) == "select users where users.email = ? order users.created_at limit 5"
    assert (query.interpolated, query.pasted, query.as_text, query.fetch) == ((), (), True, Fetch.ALL)


def test_pieces_are_put_together(tmp_path: Path) -> None:
    body = """
    const conditions = [Prisma.sql`status = 'LIVE'`, Prisma.sql`author_id = ${input.author}`]
    const order = Prisma.raw('ORDER BY "views" DESC')
    return await prisma.$queryRaw(Prisma.sql`SELECT * FROM "Post" WHERE ${Prisma.join(conditions, ' AND ')}
      AND id IN (${Prisma.join(input.ids)}) ${order} ${Prisma.empty}`)"""
    assert told(one(tmp_path, body)) == (
        "select Post where Post.status = LIVE, Post.author_id = ?, Post.id in ? order Post.views desc"
    )


def test_a_piece_that_is_there_on_some_ways(tmp_path: Path) -> None:
    body = "const more = input.name ? Prisma.sql`AND name = ${input.name}` : Prisma.empty\n"
    body += "return prisma.$queryRaw`SELECT * FROM users WHERE email = ${input.email} ${more}`"
    assert told(one(tmp_path, body)) == "select users where users.email = ?, ?users.name = ?"


@pytest.mark.parametrize("text", ["${input.text};", "${input.text} LIMIT 5"])
def test_a_text_whose_beginning_nobody_knows_is_passed_over(tmp_path: Path, text: str) -> None:
    assert code_of(tmp_path, f"{HEAD}return prisma.$queryRawUnsafe(`{text}`)\n}}").queries == ()


def test_what_the_program_chooses_itself_is_not_pasted(tmp_path: Path) -> None:
    body = "const name = input.a ? 'a' : 'b'\n"
    body += "return prisma.$queryRawUnsafe(`SELECT * FROM users WHERE name = '${name}' AND email = '${input.b}'`)"
    query = one(tmp_path, body)
    assert query.pasted == ("input.b",)


def test_what_is_pasted_is_told(tmp_path: Path) -> None:
    body = "return prisma.$queryRaw`SELECT * FROM users ORDER BY ${Prisma.raw(input.sort)}`"
    assert one(tmp_path, body).interpolated == ("input.sort",)
    query = asked(
        tmp_path / "unsafe", "await prisma.$executeRawUnsafe(`DELETE FROM users WHERE name = '${input.name}'`)"
    )[0]
    assert (query.interpolated, query.pasted, query.fetch) == (("input.name",), ("input.name",), Fetch.NONE)


def test_a_value_that_nobody_knows_may_be_a_piece(tmp_path: Path) -> None:
    query = one(
        tmp_path, "return prisma.$queryRaw`SELECT * FROM users WHERE email = ${input.email} ${input.more} LIMIT 5`"
    )
    assert told(query).startswith("select users where users.email = ?")
    assert query.interpolated == ()


def test_the_unsafe_kind_with_places_is_safe(tmp_path: Path) -> None:
    query = one(tmp_path, "return prisma.$queryRawUnsafe('SELECT * FROM users WHERE email = $1', input.email)")
    assert (told(query), query.interpolated) == ("select users where users.email = ?", ())


@pytest.mark.parametrize("client", ["prisma", "ctx.db"])
def test_an_aggregate_of_all_is_one_value(tmp_path: Path, client: str) -> None:
    query = one(tmp_path, f"return {client}.$queryRaw`SELECT count(*) FROM users`")
    assert query.fetch is Fetch.SCALAR


def test_sql_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="SQL that could not be read"):
        one(tmp_path, "return prisma.$queryRaw`SELECT FROM WHERE ((`")
