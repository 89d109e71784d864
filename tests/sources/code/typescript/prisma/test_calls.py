"""Calls in whole programs: what each method of a model asks, and what is done with what it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Bound, Fetch, Idiom, Use

from .programs import asked, code_of
from .written import told


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("user.findMany()", ["select users"]),
        ("user.findMany({ where: { id: 1 }, take: 5 })", ["select users where users.id = 1 order users.id limit 5"]),
        ("user.findFirst({ where: { name: 'a' } })", ["select users where users.name = a limit 1"]),
        ("user.findUnique({ where: { email: 'a' } })", ["select users where users.email = a"]),
        ("user.count({ where: { role: 'ADMIN' } })", ["select users where users.role = admin"]),
        ("user.create({ data: { email: input.email } })", ["insert users set users.email = parameter"]),
        ("label.createMany({ data: [{ name: 'a' }, { name: 'b' }] })", ["insert Label set Label.name = a/b"]),
        ("label.createMany({ data: input.map((name) => ({ name })) })", ["insert Label set Label.name = parameter"]),
        ("label.createMany({ data: [{ name: 'a' }], skipDuplicates: true })", ["upsert Label set Label.name = a"]),
        ("post.update({ where: { id: 1 }, data: { views: 1 } })", ["update Post where Post.id = 1 set Post.views = 1"]),
        ("post.updateMany({ data: { views: 0 } })", ["update Post set Post.views = 0"]),
        ("post.deleteMany({ where: { status: 'DRAFT' } })", ["delete Post where Post.status = DRAFT"]),
        ("post.deleteMany()", ["delete Post"]),
        ("user.delete({ where: { id: input.id } })", ["delete users where users.id = ?"]),
        (
            "user.upsert({ where: { email: 'a' }, create: { email: 'a', name: 'b' }, update: { name: 'b' } })",
            ["upsert users where users.email = a set users.email = a, users.name = b"],
        ),
        ("user.findMany(input.args)", ["select users dynamic where, order by, limit, columns"]),
        ("user.findMany({ ...input, where: {} })", ["select users dynamic order by, limit, columns"]),
        ("user.create({ data: input })", ["insert users dynamic columns"]),
    ],
)  # fmt: skip
def test_methods(tmp_path: Path, call: str, found: list[str]) -> None:
    assert [told(q) for q in asked(tmp_path, f"await prisma.{call}")] == found


@pytest.mark.parametrize(
    ("call", "fetch"),
    [
        ("findMany()", Fetch.ALL),
        ("findFirst()", Fetch.FIRST),
        ("findFirstOrThrow()", Fetch.FIRST),
        ("findUnique({ where: { id: 1 } })", Fetch.ONE),
        ("findUniqueOrThrow({ where: { id: 1 } })", Fetch.ONE),
        ("count()", Fetch.COUNT),
        ("count({ select: { _all: true, name: true } })", Fetch.SCALAR),
        ("aggregate({ _sum: { balance: true } })", Fetch.SCALAR),
        ("groupBy({ by: ['role'], _count: true })", Fetch.ALL),
        ("update({ where: { id: 1 }, data: {} })", Fetch.NONE),
    ],
)
def test_what_is_taken_of_the_result(tmp_path: Path, call: str, fetch: Fetch) -> None:
    (query,) = asked(tmp_path, f"await prisma.user.{call}")
    assert query.fetch is fetch


def test_aggregates_and_groups(tmp_path: Path) -> None:
    body = """return await prisma.post.groupBy({
      by: ['status', 'authorId'], where: { views: { gt: 0 } }, _sum: { views: true }, _count: { _all: true },
      having: { status: 'LIVE', views: { _avg: { gt: 3 } } }, orderBy: { _count: { id: 'desc' } },
    })"""
    (query,) = asked(tmp_path, body)
    assert [str(c) for c in query.grouping] == ["Post.status", "Post.author_id"]
    assert [(a.function, str(a.column)) for a in query.aggregates] == [("count", "None"), ("sum", "Post.views")]
    assert told(query) == "select Post where Post.views range 0, Post.status = LIVE order count(Post.id) desc"


def test_attributes_are_the_columns_that_are_used(tmp_path: Path) -> None:
    body = (
        "const rows = await prisma.user.findMany()\nfor (const row of rows) { console.log(row.email, row.createdAt) }"
    )
    (query,) = asked(tmp_path, body)
    assert [str(a) for a in query.attributes or ()] == ["users.created_at", "users.email"]


@pytest.mark.parametrize(
    ("body", "use"),
    [
        ("const rows = await prisma.post.findMany(); return { n: rows.length }", Use.COUNTED),
        ("const rows = await prisma.post.findMany(); return rows.filter((r) => r.views > 3).length", Use.FILTERED),
        ("return (await prisma.post.findMany()).sort((a, b) => a.views - b.views)", Use.SORTED),
        ("const row = await prisma.post.findFirst(); if (!row) throw new Error('none'); return 1", Use.TESTED),
        ("return await prisma.post.findMany()", Use.RETURNED),
        ("return prisma.post.findMany()", Use.RETURNED),
    ],
)
def test_uses_of_the_rows(tmp_path: Path, body: str, use: Use) -> None:
    (query,) = asked(tmp_path, body)
    assert use in query.uses


def test_a_query_for_each_row_of_another(tmp_path: Path) -> None:
    body = "const users = await prisma.user.findMany({ take: 50 })\n"
    body += "for (const user of users) { await prisma.post.count({ where: { authorId: user.id } }) }\n"
    body += "await Promise.all(users.map((user) => prisma.comment.findMany({ where: { postId: user.id } })))"
    _, counted, listed = asked(tmp_path, body)
    for query in (counted, listed):
        (loop,) = query.place.loops
        assert (loop.rows, loop.bound, loop.over) == (True, 50, "users")
        assert query.predicates[0].operand == "parameter"


def test_rows_found_by_a_key_in_one_tick_are_one_query(tmp_path: Path) -> None:
    body = "await Promise.all(input.ids.map((id) => prisma.user.findUnique({ where: { id } })))\n"
    body += "await Promise.all(input.ids.map((id) => prisma.user.findFirst({ where: { id } })))\n"
    body += "for (const id of input.ids) { await prisma.user.findUnique({ where: { id } }) }"
    assert [q.place.loops[0].batched for q in asked(tmp_path, body)] == [True, False, False]


def test_relations_are_loaded_where_they_are_written(tmp_path: Path) -> None:
    body = "const users = await prisma.user.findMany({\n include: {\n  posts: { where: { status: 'LIVE' } },\n },\n})\n"
    body += "for (const user of users) { for (const post of user.posts) console.log(post.title) }"
    main, posts = asked(tmp_path, body)
    assert (told(main), main.origin.line) == ("select users", 3)
    assert told(posts) == "select Post where Post.author_id in ?, Post.status = LIVE"
    assert (posts.origin.line, posts.text, posts.idiom) == (
        5,
        "posts: { where: { status: 'LIVE' } }",
        Idiom.LAZY_RELATION,
    )
    assert [str(a) for a in posts.attributes or ()] == ["Post.title"]
    assert posts.place.loops == main.place.loops == ()


def test_relations_named_elsewhere_are_loaded_at_the_call(tmp_path: Path) -> None:
    body = (
        "const include = { author: true } satisfies Prisma.PostInclude\nreturn await prisma.post.findFirst({ include })"
    )
    main, author = asked(tmp_path, body)
    assert (told(author), author.origin.start) == ("select users where users.id in ?", main.origin.start)
    assert author.attributes is None  # it leaves with the row that it belongs to


def test_the_fluent_interface(tmp_path: Path) -> None:
    body = "return await prisma.user.findUnique({ where: { id: input.id } }).posts({ where: { status: 'LIVE' } })"
    found = [told(q) for q in asked(tmp_path, body)]
    assert found == ["select users where users.id = ?", "select Post where Post.author_id in ?, Post.status = LIVE"]


def test_then_and_catch(tmp_path: Path) -> None:
    body = "return prisma.user.findMany().then((rows) => rows.map((row) => row.email)).catch(() => [])"
    (query,) = asked(tmp_path, body)
    assert [str(a) for a in query.attributes or ()] == ["users.email"]


def test_paging(tmp_path: Path) -> None:
    (query,) = asked(tmp_path, "return await prisma.post.findMany({ skip: (input.page - 1) * 20, take: 20 })")
    assert (query.limit, query.offset) == (Bound(20), Bound())


def test_objects_built_in_steps(tmp_path: Path) -> None:
    body = """
    const where = { status: 'LIVE' }
    if (input.author) { where.authorId = input.author }
    const filters = []
    if (input.q) { filters.push({ title: { contains: input.q } }) }
    return await prisma.post.findMany({
      where: {
        ...where, AND: filters, views: input.min ? { gte: input.min } : undefined,
        ...(input.x ? { deletedAt: null } : {}),
      },
    })"""
    (query,) = asked(tmp_path, body)
    assert told(query) == (
        "select Post where Post.status = LIVE, ?Post.author_id = ?, ?Post.title contains ?, ?Post.views range ?, "
        "?Post.deleted_at is null null"
    )


def test_validators_and_enums_of_the_package(tmp_path: Path) -> None:
    source = """
    import { Prisma, Status } from '@prisma/client'
    import { prisma } from './db'
    const columns = Prisma.validator<Prisma.PostSelect>()({ id: true, title: true })
    export const list = () => prisma.post.findMany({
      where: { status: Status.LIVE }, select: columns, orderBy: { id: Prisma.SortOrder.desc } })
    """
    (query,) = code_of(tmp_path, source).queries
    assert told(query) == "select Post where Post.status = LIVE order Post.id desc"
    assert [str(c) for c in query.columns or ()] == ["Post.id", "Post.title"]
