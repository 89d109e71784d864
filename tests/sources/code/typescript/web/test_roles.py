"""What calls a function, by its place and by what registers it: kind, route, guards, who asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import function, read_files

from dbarchitect.catalog.queries import FunctionKind

PRISMA = 'import { prisma } from "@/db"\n'
DB = {"db.ts": 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n'}
ASK = "await prisma.order.findMany()"
ROUTE, TASK, COMMAND, OTHER = FunctionKind.ROUTE, FunctionKind.TASK, FunctionKind.COMMAND, FunctionKind.OTHER


@pytest.mark.parametrize(
    ("path", "source", "kind", "route"),
    [
        ("app/(shop)/api/orders/[id]/route.ts", "export async function GET(req: Request) { ASK }", ROUTE,
         "GET /api/orders/[id]"),
        ("src/app/api/orders/route.ts", "export const POST = async (req) => { ASK }", ROUTE, "POST /api/orders"),
        ("app/api/orders/route.ts", "async function list() { ASK }\nexport { list as GET }", ROUTE, "GET /api/orders"),
        ("app/api/orders/route.ts", "async function helper() { ASK }\nexport async function GET() { await helper() }",
         OTHER, None),
        ("app/api/cron/clean/route.ts", "export async function GET() { ASK }", TASK, "GET /api/cron/clean"),
        ("app/orders/page.tsx", "export default async function Orders() { ASK }", ROUTE, "GET /orders"),
        ("app/orders/layout.tsx", "export async function generateMetadata() { ASK }", ROUTE, "GET /orders"),
        ("pages/api/orders/[id].ts", "export default async function handler(req, res) { ASK }", ROUTE,
         "/api/orders/[id]"),
        ("pages/orders.tsx", "export const getServerSideProps = async () => { ASK }", ROUTE, "GET /orders"),
        ("lib/actions.ts", '"use server"\nexport async function save() { ASK }', ROUTE, None),
        ("lib/inline.ts", 'export async function save() {\n  "use server"\n  ASK }', ROUTE, None),
        ("app/routes/orders.$id.tsx", "export async function loader({ params }) { ASK }", ROUTE, "GET /orders/[id]"),
        ("src/routes/orders/+server.ts", "export async function POST({ request }) { ASK }", ROUTE, "POST /orders"),
        ("src/routes/orders/+page.server.ts", "export const load = async () => { ASK }", ROUTE, "GET /orders"),
        ("server/api/orders/[id].get.ts", "export default defineEventHandler(async (event) => { ASK })", ROUTE,
         "GET /api/orders/[id]"),
        ("scripts/clean.ts", "export async function clean() { ASK }", COMMAND, None),
        ("prisma/seed.ts", "async function main() { ASK }\nmain()", COMMAND, None),
        ("src/cron/index.ts", "app.get('/clean', async (c) => { ASK })", TASK, "GET /clean"),
        ("src/workers/clean.ts", "export async function clean() { ASK }", TASK, None),
        ("src/jobs/clean.ts", "export async function clean({ payload }) { ASK }", TASK, None),
        ("src/jobs/offers.ts", "export async function offers() { ASK }", OTHER, None),
        ("pages/api/x.ts", 'export default async function h(req, res) { if (req.method === "POST") { ASK } }', ROUTE,
         "POST /api/x"),
        ("lib/orders.ts", "export async function list() { ASK }", OTHER, None),
        ("prisma/migrations/fill.ts", "export async function fill() { ASK }", FunctionKind.MIGRATION, None),
        ("db/migration/20240102_own/migration.ts", "export async function run() { ASK }", FunctionKind.MIGRATION, None),
        ("lib/controllers/migration/import.ts", "export async function run() { ASK }", FunctionKind.OTHER, None),
    ],
)  # fmt: skip
def test_places(tmp_path: Path, path: str, source: str, kind: FunctionKind, route: str | None) -> None:
    code = read_files(tmp_path, {**DB, path: _with_client(source)})
    (query,) = code.queries
    fact = code.functions[query.place.function]
    assert (fact.kind, fact.route) == (kind, route)


def _with_client(source: str) -> str:
    head, _, rest = source.partition("\n") if source.startswith('"use') else ("", "", source)
    return f"{head}\n{PRISMA}{rest}".replace("ASK", ASK)


@pytest.mark.parametrize(
    ("source", "kind", "route", "guards"),
    [
        ('router.get("/orders/:id", requireAuth, async (req, res) => { ASK })', ROUTE, "GET /orders/:id",
         ("requireAuth",)),
        ('app.use(authenticate)\napp.post("/orders", async (req, res) => { ASK })', ROUTE, "POST /orders",
         ("authenticate",)),
        ('app.use("/orders/*", authenticate)\napp.post("/orders", async (req, res) => { ASK })', ROUTE, "POST /orders",
         ("authenticate",)),
        ('app.use("/admin", isAdmin)\napp.post("/orders", async (req, res) => { ASK })', ROUTE, "POST /orders", ()),
        ('app.post("/orders", validate(orderSchema), async (req, res) => { ASK })', ROUTE, "POST /orders",
         ("validate",)),
        ('router.route("/orders").put(async (req, res) => { ASK })', ROUTE, "PUT /orders", ()),
        ('fastify.get("/orders", { preHandler: [fastify.auth] }, async (req) => { ASK })', ROUTE, "GET /orders",
         ("auth",)),
        ('fastify.route({ method: "GET", url: "/orders", handler: async () => { ASK } })', ROUTE, "GET /orders", ()),
        ('const list = createRoute({ method: "get", path: "/orders" })\napi.openapi(list, async (c) => { ASK })', ROUTE,
         "GET /orders", ()),
        ("export const ordersRouter = router({ list: protectedProcedure.query(async () => { ASK }) })", ROUTE,
         "orders.list", ("protectedProcedure",)),
        ("export const orders = router({ list: publicProcedure.input(schema).query(async () => { ASK }) })", ROUTE,
         "orders.list", ("schema",)),
        ("export const save = authActionClient.schema(s).action(async () => { ASK })", ROUTE, None,
         ("authActionClient", "schema")),
        ('export const f = inngest.createFunction({ id: "x" }, { cron: "0 * * * *" }, async () => { ASK })', TASK,
         None, ()),
        ('export const w = new Worker("mail", async (job) => { ASK })', TASK, None, ()),
        ('export const t = task({ id: "t", run: async () => { ASK } })', TASK, None, ()),
        ('program.command("clean").action(async () => { ASK })', COMMAND, None, ()),
        ('export function routes(app) {\n  app.get("/orders", async () => { ASK })\n}', ROUTE, "GET /orders", ()),
        ('const routes = { "PUT /orders/[id]": async (req, res) => { ASK } }', ROUTE, "PUT /orders/[id]", ()),
        ('async function list(req, res) { ASK }\nrouter.get("/orders", wrap(list))', ROUTE, "GET /orders", ()),
    ],
)  # fmt: skip
def test_registrations(
    tmp_path: Path, source: str, kind: FunctionKind, route: str | None, guards: tuple[str, ...]
) -> None:
    code = read_files(tmp_path, {**DB, "src/main.ts": _with_client(source)})
    (query,) = code.queries
    fact = code.functions[query.place.function]
    assert (fact.kind, fact.route, fact.guards) == (kind, route, guards)


def test_a_handler_of_another_module(tmp_path: Path) -> None:
    code = read_files(
        tmp_path,
        {
            **DB,
            "src/orders.ts": f"{PRISMA}export async function list(req, res) {{ {ASK} }}",
            "src/routes.ts": 'import { list } from "./orders"\nimport * as o from "./orders"\n'
            'router.get("/orders", auth, list)',
        },
    )
    fact = function(code, ":list")
    assert (fact.kind, fact.route, fact.guards) == (ROUTE, "GET /orders", ("auth",))


@pytest.mark.parametrize(
    "passing",
    ['export { GET } from "@/orders"', 'import { GET } from "@/orders"\nexport { GET }',
     'import { GET as list } from "@/orders"\nexport { list as GET }'],
)  # fmt: skip
def test_a_handler_that_a_route_passes_on(tmp_path: Path, passing: str) -> None:
    source = f"{PRISMA}export const GET = withAuth(async () => {{ {ASK} }})"
    code = read_files(tmp_path, {**DB, "orders.ts": source, "app/api/orders/route.ts": passing, **_PATHS})
    (query,) = code.queries
    fact = code.functions[query.place.function]
    assert (fact.kind, fact.route, fact.guards) == (ROUTE, "GET /api/orders", ("withAuth",))


_PATHS = {"tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}'}


def test_a_controller(tmp_path: Path) -> None:
    source = """
@Controller("orders")
@UseGuards(JwtAuthGuard)
export class OrdersController {
  constructor(private readonly prisma: PrismaClient) {}
  @Get(":id")
  @Roles("admin")
  async find(@Param("id") id: string) { return this.prisma.order.findMany({ where: { id } }) }
  @Cron("0 * * * *")
  async clean() { await this.prisma.order.deleteMany() }
}
"""
    code = read_files(
        tmp_path, {"src/orders.controller.ts": 'import { PrismaClient } from "@prisma/client"\n' + source}
    )
    find, clean = function(code, ".find"), function(code, ".clean")
    assert (find.kind, find.route) == (ROUTE, "GET /orders/:id")
    assert find.guards == ("JwtAuthGuard", "Roles")
    assert clean.kind is TASK


@pytest.mark.parametrize(
    ("source", "user", "guards"),
    [
        ("export async function GET() { const session = await getServerSession(); ASK }", True, ()),
        ("export const GET = withAuth(async ({ session }) => { ASK })", True, ("withAuth",)),
        ("export const GET = wrapper({ handler: async ({ req, authentication }) => { ASK } })", True, ()),
        ("export const GET = withError(async (req) => { ASK })", False, ()),
        ("async function handler() { ASK }\nexport const GET = withAuth(handler)", True, ("withAuth",)),
        ("export async function GET(req) { if (!hasPermission(req)) return; ASK }", False, ("hasPermission",)),
        ('export async function GET(req) { if (!req.user) throw new Error("Unauthorized"); ASK }', True, ()),
        ("export async function POST(req) { const body = orderSchema.parse(await req.json()); ASK }", False,
         ("orderSchema",)),
        ("export async function POST(req) { const body = JSON.parse(req.text); ASK }", False, ()),
        ("export async function GET() { await prisma.$transaction(async (tx) => { ASK }); const s = await auth() }",
         True, ()),
    ],
)  # fmt: skip
def test_who_is_let_in(tmp_path: Path, source: str, user: bool, guards: tuple[str, ...]) -> None:
    code = read_files(tmp_path, {**DB, "app/api/x/route.ts": _with_client(source)})
    facts = {code.functions[q.place.function] for q in code.queries}
    assert {(f.user, f.guards) for f in facts} == {(user, guards)}
