"""What runs around the queries of a client: conditions that it adds are the query's."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import code_of
from .written import told

CLIENT = (
    "import {{ PrismaClient }} from '@prisma/client'\n{before}\nexport const prisma = new PrismaClient(){extended}\n"
)
LIVING = "({ args, query }) { args.where = { ...args.where, deletedAt: null }; return query(args) }"
ASKED = "import { prisma } from './db'\nexport async function work(id) { await prisma.%s }\n"
PLAIN = "post.findMany({ where: { title: id } })"
SEEN = "select Post where Post.title = ?"
ALL = ".$extends({ query: { $allModels: { %s } } })"


def _asks(folder: Path, extended: str, asked: str = PLAIN, before: str = "") -> list[str]:
    code = code_of(folder, ASKED % asked, db=CLIENT.format(before=before, extended=extended))
    return [told(query) for query in code.queries if query.origin.path == "app.ts"]


@pytest.mark.parametrize(
    "hook",
    [
        f"async findMany{LIVING}",
        "async findMany({ args, query }) { return query({ ...args, where: { ...args.where, deletedAt: null } }) }",
        "findMany: ({ args, query }) => { args.where.deletedAt = null; return query(args) }",
        f"$allOperations{LIVING}",
        "async findMany(on) { on.args.where = { ...on.args.where, deletedAt: null }; return on.query(on.args) }",
        "async findMany({ args, query }) { return query(living(args)) }",
    ],
)
def test_a_condition_for_all_is_each_querys(tmp_path: Path, hook: str) -> None:
    """However the hook puts it in; what the program holds stays as it is."""
    before = "const living = (args) => ({ ...args, where: { ...args.where, deletedAt: null } })"
    assert _asks(tmp_path, ALL % hook, before=before) == [f"{SEEN}, Post.deleted_at is null null"]


def test_of_one_model_alone(tmp_path: Path) -> None:
    """Another model's queries have no such condition, another method's neither."""
    hook = f"{{ query: {{ post: {{ async findMany{LIVING} }} }} }}"
    both = "label.findMany({ where: { name: id } }); await prisma.post.findFirst({ where: { title: id } })"
    assert _asks(tmp_path, f".$extends({hook})", both) == ["select Label where Label.name = ?", f"{SEEN} limit 1"]


def test_on_some_ways_only(tmp_path: Path) -> None:
    """What the hook adds where it is asked to is there sometimes."""
    hook = """async findMany({ args, query }) {
      const author = current.author
      if (!author) return query(args)
      return query({ ...args, where: { ...args.where, authorId: author } })
    }"""
    assert _asks(tmp_path, ALL % hook, before="const current = {}") == [f"{SEEN}, ?Post.author_id = ?"]


@pytest.mark.parametrize(
    "extended",
    [
        ".$extends(softDelete({ models: ['Post'] }))",
        ".$extends({ name: 'tenants', query: made() })",
        ".$extends({ query: { $allModels: { findMany: made() } } })",
        ALL
        % """async findMany({ args, query }) {
          const told = base.$executeRaw`select set_config('a.b', ${1}, true)`
          return (await base.$transaction([told, query(args)]))[1]
        }""",
    ],
)
def test_what_nobody_can_tell_leaves_the_condition_open(tmp_path: Path, extended: str) -> None:
    """An extension of a package that leaves rows out, one that is computed for tenants, policies of the database."""
    before = "import { softDelete } from 'prisma-extension-soft-delete'\nconst base = new PrismaClient()\n"
    found = [query for query in _asks(tmp_path, extended, before=before) if "Post" in query]
    assert found == [f"{SEEN} dynamic where"]


@pytest.mark.parametrize(
    "extended",
    [
        ".$extends(withAccelerate())",
        ALL % "async findMany({ model, args, query }) { const rows = await query(args); log(model); return rows }",
        ALL % "async findMany({ args, query }) { log(args.where); return query(args) }",
        ".$extends({ result: { user: { full: { compute(user) { return user.name } } } } })",
    ],
)
def test_what_only_looks_on_changes_nothing(tmp_path: Path, extended: str) -> None:
    """Logs, caches, computed fields."""
    before = "import { withAccelerate } from '@prisma/extension-accelerate'\nimport { log } from './log'\n"
    assert _asks(tmp_path, extended, before=before) == [SEEN]


def test_a_hook_that_stands_around_everything(tmp_path: Path) -> None:
    """`$use` changes what others ask, wherever the client came from."""
    hook = "(asked, next) => { asked.args.where.deletedAt = null; return next(asked) }"
    before = f"const first = new PrismaClient()\nfirst.$use({hook})\n"
    assert _asks(tmp_path, "", before=before) == [f"{SEEN} dynamic where"]


def test_a_class_that_keeps_an_extended_client(tmp_path: Path) -> None:
    """`readonly living = this.$extends(…)`, and a getter of one."""
    hook = f"{{ query: {{ post: {{ async findMany{LIVING} }} }} }}"
    source = f"""
import {{ PrismaClient }} from '@prisma/client'
export class Service extends PrismaClient {{
  readonly living = this.$extends({hook})
  get present() {{ return this.$extends({hook}) }}
}}
export async function one(service: Service, id) {{ await service.living.{PLAIN} }}
export async function other(service: Service, id) {{ await service.present.{PLAIN} }}
export async function plain(service: Service, id) {{ await service.{PLAIN} }}
"""
    found = {q.place.function.rpartition(":")[2]: told(q) for q in code_of(tmp_path, source).queries}
    living = f"{SEEN}, Post.deleted_at is null null"
    assert found == {"one": living, "other": living, "plain": SEEN}


def test_hooks_that_are_computed_for_something_else_leave_it(tmp_path: Path) -> None:
    """Most that a function makes seal what is written, or keep a log."""
    found = [query for query in _asks(tmp_path, ".$extends({ name: 'sealed', query: made() })") if "Post" in query]
    assert found == [SEEN]
