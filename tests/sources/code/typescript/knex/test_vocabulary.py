"""Knex and Objection: builders that every call changes, read when they are run."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.sqlshop import joined, names, sorted_by, told, written

from dbarchitect.catalog.queries import Bound, Code, Fetch, Idiom, QueryFact, Verb
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.typescript.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.typescript.index import TypeScriptIndex

_SCHEMA = """
create table users (id serial primary key, email text not null, name text, active boolean);
create table posts (id serial primary key, author_id int references users(id), title text, status text, views int,
  created_at timestamptz);
"""
_HEAD = """
import makeKnex, { Knex } from "knex"
import { Model } from "objection"
const knex = makeKnex({ client: "pg" })
class Post extends Model { static tableName = "posts" }
class User extends Model { static get tableName() { return "users" } }
"""


def _read(folder: Path, source: str) -> Code:
    (folder / "migrations").mkdir()
    (folder / "migrations" / "001.sql").write_text(_SCHEMA)
    (folder / "package.json").write_text('{"name": "shop", "dependencies": {"knex": "3", "pg": "8"}}')
    (folder / "app.ts").write_text(_HEAD + source)
    project = open_project(folder)
    (reading,) = read_code(TypeScriptIndex(project), read_project(project))
    assert [d for d in reading.diagnostics if "followed" in d.text] == []
    return reading.code or Code()


def _all(folder: Path, body: str) -> tuple[QueryFact, ...]:
    return _read(folder, f"export async function ask(a: any, db: Knex) {{\n{body}\n}}\n").queries


def _one(folder: Path, body: str) -> QueryFact:
    (query,) = _all(folder, body)
    return query


def test_a_select_with_all_its_parts(tmp_path: Path) -> None:
    query = _one(
        tmp_path,
        """
        return knex("posts as p").join("users as u", "u.id", "=", "p.author_id")
          .leftJoin("posts as q", function () { this.on("q.author_id", "u.id").andOnVal("q.status", "=", "open") })
          .where("u.email", a).select("p.id", "u.name as who").orderBy("p.created_at", "desc").limit(5).offset(a)
        """,
    )
    assert (query.verb, str(query.table), query.fetch) == (Verb.SELECT, "posts", Fetch.ALL)
    assert joined(query.joins) == {"posts.author_id = users.id", "users.id = posts.author_id (outer)"}
    assert {told(p) for p in query.predicates} == {"posts.status = 'open'", "users.email = parameter"}
    assert (names(query.columns), sorted_by(query.ordering)) == ({"posts.id", "users.name"}, ["posts.created_at desc"])
    assert (query.limit, query.offset, query.library, query.dynamic) == (Bound(5), Bound(), "knex", ())


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('.where({ status: "a", title: a })', {"posts.status = 'a'", "posts.title = parameter"}),
        ('.where("views", ">", 3).andWhere("title", null)', {"posts.views range '3'", "posts.title is null"}),
        ('.whereIn("id", [1, 2]).whereNotIn("title", a)', {"posts.id in '1' '2'", "posts.title not in parameter"}),
        ('.whereNull("title").whereNotNull("status")', {"posts.title is null", "posts.status is not null"}),
        (
            '.whereNot("status", "a").whereBetween("views", [1, 2])',
            {"posts.status <> 'a'", "posts.views range '1' '2'"},
        ),
        ('.whereILike("title", `%${a}%`)', {"posts.title contains parameter [case_insensitive]"}),
        ('.whereRaw("lower(??) = ?", ["title", a])', {"lower(posts.title) = parameter"}),
        (
            '.where("status", "a").orWhere("views", 2)',
            {"posts.status = 'a' [alternative]", "posts.views = '2' [alternative]"},
        ),
        (
            '.where((q) => { q.where("status", "a").orWhere("views", 2) }).where("id", a)',
            {"posts.status = 'a' [alternative]", "posts.views = '2' [alternative]", "posts.id = parameter"},
        ),
    ],
)
def test_what_is_demanded(tmp_path: Path, where: str, expected: set[str]) -> None:
    query = _one(tmp_path, f'return db("posts"){where}')
    assert {told(p) for p in query.predicates} == expected
    assert query.dynamic == ()


def test_conditions_may_come_before_the_table(tmp_path: Path) -> None:
    query = _one(tmp_path, 'return db.select("id").where({ status: "a" }).from("posts").first()')
    assert ({told(p) for p in query.predicates}, query.fetch) == ({"posts.status = 'a'"}, Fetch.FIRST)


def test_a_builder_is_changed_by_each_call(tmp_path: Path) -> None:
    query = _one(
        tmp_path,
        'const q = db("posts").where("status", "a"); if (a) { q.where("title", a) } q.orderBy("views"); return await q',
    )
    assert {told(p) for p in query.predicates} == {"posts.status = 'a'", "posts.title = parameter [optional]"}
    assert sorted_by(query.ordering) == ["posts.views"]


def test_a_copy_goes_its_own_way(tmp_path: Path) -> None:
    total, page = _all(
        tmp_path,
        'const q = db("posts").where("status", "a"); const n = await q.clone().count(); return [n, await q.limit(5)]',
    )
    assert (total.fetch, total.limit) == (Fetch.COUNT, None)
    assert (page.fetch, page.limit, len(page.predicates)) == (Fetch.ALL, Bound(5), 1)


def test_what_helpers_add_is_the_callers(tmp_path: Path) -> None:
    code = _read(
        tmp_path,
        """
        const open = () => knex("posts").where("status", "open")
        function only(q: Knex.QueryBuilder, a: string) { q.where("title", a); return q }
        export async function ask(a: string) { return only(open(), a).orderBy("id") }
        """,
    )
    (query,) = code.queries
    assert query.place.function.endswith("ask")
    assert {told(p) for p in query.predicates} == {"posts.status = 'open'", "posts.title = parameter"}


def test_a_query_within_another_is_none_by_itself(tmp_path: Path) -> None:
    query = _one(
        tmp_path,
        """
        return db("posts").whereNotIn("author_id", db("users").select("id").where("active", true))
          .whereExists(function () { this.select("*").from("users").where("email", a) })
        """,
    )
    assert names(query.tables) == {"posts", "users"}
    assert {told(p) for p in query.predicates} == {
        "posts.author_id not in subquery users.id",
        "users.active = 'true'",
        "users.email = parameter",
    }


def test_a_query_that_a_with_gives_a_name(tmp_path: Path) -> None:
    query = _one(
        tmp_path,
        """
        return db.with("c", (q) => q.select("author_id").from("posts").where("status", "a"))
          .select("*").from("c").join("users", "users.id", "c.author_id")
        """,
    )
    assert (names(query.tables), {told(p) for p in query.predicates}) == ({"posts", "users"}, {"posts.status = 'a'"})


def test_what_is_written(tmp_path: Path) -> None:
    made, changed, raised, gone = _all(
        tmp_path,
        """
        await db("posts").insert([{ title: a, status: "s" }]).onConflict(["title"]).merge()
        await db("posts").where({ id: a }).update({ status: "t" })
        await db("posts").where({ id: a }).increment("views", 2)
        await db("posts").whereIn("id", a).del()
        """,
    )
    assert (made.verb, made.idiom, names(made.key)) == (Verb.UPSERT, Idiom.ON_CONFLICT, {"posts.title"})
    assert written(made.assignments) == ["posts.title := parameter", "posts.status := 's'"]
    assert (changed.verb, written(changed.assignments)) == (Verb.UPDATE, ["posts.status := 't'"])
    assert (raised.verb, written(raised.assignments)) == (Verb.UPDATE, ["posts.views := expression"])
    assert (gone.verb, {told(p) for p in gone.predicates}) == (Verb.DELETE, {"posts.id in parameter"})


def test_a_transaction(tmp_path: Path) -> None:
    locked, changed = _all(
        tmp_path,
        """
        await db.transaction(async (trx) => {
          const row = await trx("posts").where("id", a).forUpdate().first()
          await trx("posts").where("id", row.id).update({ views: row.views + 1 })
        })
        """,
    )
    assert locked.locks
    assert locked.place.transaction is not None
    assert changed.place.transaction == locked.place.transaction


def test_classes_of_objection(tmp_path: Path) -> None:
    listed, found, changed = _all(
        tmp_path,
        """
        await Post.query().where("status", "a").withGraphFetched("author")
        await User.query().findById(a)
        await Post.query().patch({ title: a }).where("id", 3)
        """,
    )
    assert (str(listed.table), {told(p) for p in listed.predicates}) == ("posts", {"posts.status = 'a'"})
    assert (found.fetch, {told(p) for p in found.predicates}) == (Fetch.FIRST, {"users.id = parameter"})
    assert (changed.verb, written(changed.assignments)) == (Verb.UPDATE, ["posts.title := parameter"])


def test_what_nobody_knows_is_unknown(tmp_path: Path) -> None:
    query = _one(tmp_path, 'return db("posts").where(a).modify(scopes.visible).orderBy(a)')
    assert (query.predicates, set(query.dynamic)) == ((), {"where", "order by"})


def test_a_function_that_only_its_name_makes_a_client_asks_known_tables(tmp_path: Path) -> None:
    code = _read(
        tmp_path, 'export async function ask(ctx) { await ctx.db("posts"); await ctx.db("toString"); ctx.go("posts") }'
    )
    assert [str(query.table) for query in code.queries] == ["posts"]


def test_what_the_options_of_a_caller_leave_out_decides(tmp_path: Path) -> None:
    queries = _all(
        tmp_path,
        """
        const naming = (table) => (options = {}) => {
          const named = options.alias ? `${table} as ${options.alias}` : table
          return { name: named, again: options.again === true ? 'users' : 'posts' }
        }
        const posts = naming("posts")
        await knex(posts().name).where({ id: a })
        await knex(posts({ again: true }).again).where({ id: b })
        """,
    )
    assert [str(query.table) for query in queries] == ["posts", "users"]


def test_a_table_named_and_no_more_is_no_query_yet(tmp_path: Path) -> None:
    assert [
        q.fetch for q in _read(tmp_path, "export const tables = (k) => ({ orders: knex('posts') })\n").queries
    ] == []
