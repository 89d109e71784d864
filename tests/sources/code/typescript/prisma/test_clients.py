"""What is a client: made, kept, handed on, extended, injected, or told only by what is called on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.sources.code.typescript.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.prisma import PrismaReader
from dbarchitect.sources.typescript.index import TypeScriptIndex

from .conftest import SCHEMA
from .programs import asked, code_of
from .written import told

WANTED = "insert Label set Label.name = x"
CREATE = "label.create({ data: { name: 'x' } })"
WAYS = """
==== made here
import { PrismaClient } from '@prisma/client'
const c = new PrismaClient({ log: [] })
export const f = () => c.CREATE
==== of a generated package that is not in the tree
import { PrismaClient } from './generated/client'
const c = new PrismaClient()
export const f = () => c.CREATE
==== kept over reloads
import { PrismaClient } from '@prisma/client'
const g = globalThis as unknown as { prisma?: PrismaClient }
const c = g.prisma ?? new PrismaClient()
export const f = () => c.CREATE
==== assigned later
import { PrismaClient } from '@prisma/client'
let c: PrismaClient
if (x) { c = new PrismaClient() } else { if (!global.c) { global.c = new PrismaClient() }; c = global.c }
export const f = () => c.CREATE
==== made by a function, and extended
import { PrismaClient } from '@prisma/client'
const make = () => new PrismaClient().$extends({ model: {} })
const c = make()
export const f = () => c.CREATE
==== kept by something that nobody knows
import { PrismaClient } from '@prisma/client'
import { keep } from 'somewhere'
const c = keep('c', () => new PrismaClient())
export const f = () => c.CREATE
==== by the type of a parameter
import { PrismaClient } from '@prisma/client'
export async function f(c: PrismaClient) { await c.CREATE }
==== by the type of a transaction
import { Prisma } from '@prisma/client'
export async function f(c: Prisma.TransactionClient) { await c.CREATE }
==== by a type of its own name
import { Prisma, PrismaClient } from '@prisma/client'
type Db = PrismaClient | Prisma.TransactionClient
export async function f(c: Db) { await c.CREATE }
==== by a type with something left out
import { PrismaClient } from '@prisma/client'
export async function f(c: Omit<PrismaClient, '$connect'>) { await c.CREATE }
==== by the type of a value
import { prisma } from './db'
export async function f(c: typeof prisma) { await c.CREATE }
==== a model of a client
import { Prisma } from '@prisma/client'
export async function f(label: Prisma.LabelDelegate) { await LABEL }
==== as a part of an object
import { PrismaClient } from '@prisma/client'
export async function f({ c, n }: { c: PrismaClient; n: string }) { await c.CREATE }
==== handed on
import { prisma } from './db'
const g = async (c) => { await c.CREATE }
export const f = () => g(prisma)
==== a service that is injected
import { PrismaClient } from '@prisma/client'
class Base extends PrismaClient {}
class Service extends Base {}
export class Labels {
  constructor(private readonly db: Service) {}
  f() { return this.db.CREATE }
}
==== the service itself
import { PrismaClient } from '@prisma/client'
class Service extends PrismaClient {
  async f() { await this.CREATE }
}
""".replace("LABEL", CREATE).replace("CREATE", CREATE)


@pytest.mark.parametrize("way", WAYS.split("====")[1:], ids=lambda way: way.partition("\n")[0].strip())
def test_ways_to_a_client(tmp_path: Path, way: str) -> None:
    source = way.partition("\n")[2]
    assert [told(q) for q in code_of(tmp_path, source).queries] == [WANTED]


def test_a_method_that_only_prisma_has_tells_a_client(tmp_path: Path) -> None:
    source = "export const f = (ctx) => ctx.storage.label.findMany({ where: { name: 'a' } })"
    assert [told(q) for q in code_of(tmp_path, source).queries] == ["select Label where Label.name = a"]


def test_a_common_method_only_on_what_others_are_called_on(tmp_path: Path) -> None:
    source = f"export const f = (ctx) => ctx.storage.{CREATE}"
    assert code_of(tmp_path / "alone", source).queries == ()
    other = "export const g = (req) => req.storage.post.findUnique({ where: { id: 1 } })"
    assert WANTED in [told(q) for q in code_of(tmp_path / "beside", source, other=other).queries]


@pytest.mark.parametrize(
    "call",
    [
        "storage.label.create('x')",
        "storage.label.create({ label: 'x' })",
        "storage.nothing.findMany({})",
        "db.query.label.findMany({})",
        "storage.label.delete(id)",
    ],
)
def test_what_is_no_call_of_a_model(tmp_path: Path, call: str) -> None:
    other = "export const g = (req) => req.storage.post.findUnique({ where: { id: 1 } })"
    source = f"export const f = (ctx, id) => ctx.{call}"
    found = [q for q in code_of(tmp_path, source, other=other).queries if q.origin.path == "app.ts"]
    assert found == []


def test_the_type_of_a_row_tells_its_columns(tmp_path: Path) -> None:
    source = """
    import { prisma } from './db'
    import type { Prisma, User } from '@prisma/client'
    import type { Post } from './other'
    export async function pay(user: User, post: Post) {
      await prisma.user.update({ where: { id: 1 }, data: { balance: user.balance - 5, name: post.title } })
    }
    export async function each(users: Prisma.UserGetPayload<{ include: { posts: true } }>[]) {
      for (const user of users) { await prisma.post.count({ where: { authorId: user.id } }) }
    }
    """
    update, count = code_of(tmp_path, source).queries
    assert [[str(r) for r in a.reads] for a in update.assignments] == [["users.balance"], []]
    assert count.place.loops[0].rows


def test_an_extension_leaves_a_client(tmp_path: Path) -> None:
    source = """
    import { prisma } from './db'
    const logged = prisma.$extends({ query: { post: { findMany({ args, query }) { return query(args) } } } })
    const xprisma = logged.$extends(cache)
    export const f = () => xprisma.post.findMany({ where: { id: 3 } })
    """
    assert [told(q) for q in code_of(tmp_path, source).queries] == ["select Post where Post.id = 3"]


EXTENDED = """
import { Prisma } from '@prisma/client'
import { prisma } from './db'
const counting = Prisma.defineExtension({ client: { async $labels() { return this.label.count() } } })
export const xprisma = prisma.$extends({
  model: {
    post: {
      async byTitle(title: string) { return prisma.post.findFirst({ where: { title } }) },
    },
    $allModels: {
      async exists<T>(this: T, where: Prisma.Args<T, 'findFirst'>['where']) {
        const context = Prisma.getExtensionContext(this)
        return (await (context as any).findFirst({ where })) !== null
      },
    },
  },
}).$extends(counting)
"""


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("xprisma.label.exists({ name: 'b' })", "select Label where Label.name = b"),
        ("xprisma.user.exists({ id: 3 })", "select users where users.id = 3"),
        ("xprisma.$labels()", "select Label"),
        ("xprisma.post.findFirst({ where: { id: 4 } })", "select Post where Post.id = 4"),
    ],
)
def test_methods_that_an_extension_gives(tmp_path: Path, call: str, wanted: str) -> None:
    source = f"import {{ xprisma }} from './client'\nexport const f = async () => {{ await {call} }}"
    found = code_of(tmp_path, source, client=EXTENDED).queries
    assert wanted in [told(q).removesuffix(" count").removesuffix(" limit 1") for q in found]


def test_a_method_that_an_extension_gives_is_called(tmp_path: Path) -> None:
    source = "import { xprisma } from './client'\nexport const f = () => xprisma.post.byTitle('a')"
    code = code_of(tmp_path, source, client=EXTENDED)
    (query,) = (q for q in code.queries if told(q).startswith("select Post"))
    assert [(c.caller.function, c.callee) for c in code.calls] == [("app.ts:f", query.place.function)]


def test_of_several_schemas_the_nearest(tmp_path: Path) -> None:
    other = SCHEMA.replace('@@map("users")', '@@map("people")')
    (tmp_path / "apps" / "shop" / "prisma").mkdir(parents=True)
    (tmp_path / "apps" / "shop" / "prisma" / "schema.prisma").write_text(other)
    (tmp_path / "apps" / "shop" / "package.json").write_text("{}")
    client = "import { PrismaClient } from '@prisma/client'\nconst c = new PrismaClient()\n"
    ask = f"{client}export const f = () => c.user.findMany()"
    shared = "import { prisma } from '../../db'\nexport const g = () => prisma.user.count()"
    found = code_of(tmp_path, ask, apps__shop__app=ask, apps__shop__of_root=shared).queries
    assert sorted((q.origin.path, str(q.table)) for q in found) == [
        ("app.ts", "users"),
        ("apps/shop/app.ts", "people"),
        ("apps/shop/of_root.ts", "users"),
    ]


def test_of_several_schemas_equally_near_the_one_that_is_asked_more(tmp_path: Path) -> None:
    source = """
datasource db {
  provider = "PROVIDER"
  url      = env("URL")
}
model User {
  id    Int    @id
  email String
}
"""
    others, added = (
        "".join(f"model {name} {{\n  id Int @id\n}}\n" for name in names)
        for names in (("Page", "View", "Event"), ("Post", "Tag", "Note"))
    )
    old = source.replace("PROVIDER", "mysql") + others
    new = source.replace("PROVIDER", "postgresql").replace("email String", 'email String @map("mail")') + added
    for name, text in {"mysql": old, "postgresql": new}.items():
        (tmp_path / "db" / name).mkdir(parents=True)
        (tmp_path / "db" / name / "schema.prisma").write_text(text)
    client = "import { PrismaClient } from '@prisma/client'\nconst c = new PrismaClient()\n"
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "app.ts").write_text(
        f"{client}export const f = (x) => c.user.findMany({{ where: {{ email: x }} }})\n"
        "export const g = () => c.post.findMany({})\n"
    )
    project = open_project(tmp_path)
    readings = read_code(TypeScriptIndex(project), PrismaReader().read(project))
    asked_of = {r.catalog.engine.name: list(r.code.queries) if r.code else [] for r in readings}
    assert asked_of["mysql"] == []
    assert [str(p.column) for q in asked_of["postgresql"] for p in q.predicates] == ["User.mail"]


def test_of_a_database_that_is_not_read_nothing_is_asked(tmp_path: Path) -> None:
    schema = SCHEMA.replace('"postgresql"', '"mongodb"')
    source = "import { prisma } from './db'\nexport const f = () => prisma.$queryRaw`SELECT 1 FROM users`\n"
    source += "export const g = () => prisma.user.findMany()"
    assert code_of(tmp_path, source, schema).queries == ()


def test_a_row_that_is_spread_keeps_what_was_loaded_along(tmp_path: Path) -> None:
    body = "const post = await prisma.post.findFirst({ include: { author: true } })\n"
    body += "const found = { ...post, seen: true }\n"
    body += "return prisma.user.findMany({ where: { email: found.author.email } })"
    assert [str(p.column) for p in asked(tmp_path, body)[-1].predicates] == ["users.email"]


def test_wasps_entities_are_called_by_the_models_own_names(tmp_path: Path) -> None:
    source = "export const f = (args, context) => context.entities.Label.findMany({ where: { name: args.name } })"
    (query,) = code_of(tmp_path, source).queries
    assert [str(p.column) for p in query.predicates] == [f"{query.table}.name"]
