"""Routes with the paths that their routers are mounted under, in the same module or in another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import read_files

PRISMA = 'import { prisma } from "@/db"\n'
DB = {
    "db.ts": 'import { PrismaClient } from "@prisma/client"\nexport const prisma = new PrismaClient()\n',
    "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./*"]}}}',
}
ASK = "await prisma.order.findMany()"
ROUTER = "const router = Router()\nrouter.get('/:id', async (req, res) => { ASK })\n"
HONO = "const orders = new Hono().get('/', async (c) => { ASK }).get('/:id', async (c) => c.text(''))\n"


@pytest.mark.parametrize(
    ("orders", "main", "route"),
    [
        (ROUTER + "export default router", "import orders from './orders'\napp.use('/api/orders', orders)",
         "GET /api/orders/:id"),
        (ROUTER + "export { router as orderRoutes }",
         ("import { orderRoutes } from './orders'\nconst api = Router()\napi.use('/orders/', orderRoutes)\n"
          "express().use('/api', api)"), "GET /api/orders/:id"),
        (ROUTER + "module.exports = router", "const orders = require('./orders')\napp.use('/orders', orders)",
         "GET /orders/:id"),
        (ROUTER + "module.exports = router", "app.use('/orders', require('./orders'))", "GET /orders/:id"),
        (HONO + "export default orders", "import orders from './orders'\napp.route('/orders', orders)", "GET /orders"),
        (HONO + "export default orders",
         "import orders from './orders'\nconst app = new Hono().basePath('/api').route('/orders', orders)",
         "GET /api/orders"),
        (HONO + "export default orders",
         "import * as o from './orders'\nconst v1 = app.basePath('/v1')\nv1.route('/orders', o.default)",
         "GET /v1/orders"),
        ("export default async function (fastify) { fastify.get('/:id', async () => { ASK }) }",
         ("import orders from './orders'\nasync function api(app) { app.register(orders, { prefix: '/orders' }) }\n"
          "server.register(api, { prefix: '/api' })"), "GET /api/orders/:id"),
        ("export const orders = fp(async (fastify) => { fastify.get('/orders', async () => { ASK }) })",
         ("app.register(import('./orders'), { prefix: 'x' })\nimport { orders } from './orders'\n"
          "app.register(orders, { prefix: '/api' })"), "GET /api/orders"),
        ("export function orders(db) {\n" + ROUTER + "return router }",
         "import { orders } from './orders'\napp.use('/orders', orders(db))", "GET /orders/:id"),
        ("export class Orders { routes() { this.router.get('/:id', async (req, res) => { ASK }) } }",
         "import { Orders } from './orders'\napp.use('/orders', new Orders().router)", "GET /orders/:id"),
        ("const router = new Router({ prefix: '/orders' })\nrouter.get('/:id', async (ctx) => { ASK })",
         "", "GET /orders/:id"),
        ("app.group('/orders', (app) => app.get('/:id', async () => { ASK }))", "", "GET /orders/:id"),
        (ROUTER + "export default router", "import orders from './orders'\napp.use(orders)", "GET /:id"),
        (ROUTER + "router.use('/again', router)", "", "GET /again/:id"),
        (ROUTER, "import { orders } from './missing'\napp.use('/orders', orders)\napp.use(`/a/${b}`, helmet())",
         "GET /:id"),
        ("export const orderRouter = router({ list: procedure.query(async () => { ASK }) })",
         "import { orderRouter } from './orders'\napp.use('/trpc', trpc({ router: orderRouter }))", "order.list"),
    ],
)  # fmt: skip
def test_the_whole_path(tmp_path: Path, orders: str, main: str, route: str) -> None:
    code = read_files(tmp_path, {**DB, "src/orders.ts": PRISMA + orders.replace("ASK", ASK), "src/main.ts": main})
    assert [code.functions[query.place.function].route for query in code.queries] == [route]


@pytest.mark.parametrize(
    ("main", "guards"),
    [
        ("app.use('/orders', requireAuth, orders)", ("requireAuth",)),
        ("app.use(cors())\napp.use(requireAuth)\napp.use('/orders', orders)", ("requireAuth",)),
        ("app.use('/orders', orders)\napp.use(requireAuth)", ()),
        ("app.use('/admin', isAdmin)\napp.use('/orders', orders)", ()),
        ("app.use('/api/*', requireAuth)\napp.use('/api/orders', orders)", ("requireAuth",)),
        ("app.use('/auth', authRoutes)\napp.use('/users', userRoutes)\napp.use('/orders', orders)", ()),
        ("import auth from './auth'\napp.use('/auth', auth)\napp.use('/orders', orders)", ()),
        ("import requireUser from './auth'\napp.use('/orders', requireUser, orders)", ("requireUser",)),
        ("import user from './orders'\napp.use('/user', user)", ()),
        ("const api = Router()\napi.use(requireAuth)\napi.use('/orders', orders)\napp.use('/api', limit, api)",
         ("requireAuth",)),
    ],
)  # fmt: skip
def test_guards_where_a_router_is_mounted(tmp_path: Path, main: str, guards: tuple[str, ...]) -> None:
    files = {
        "src/orders.ts": f"{PRISMA}{ROUTER.replace('ASK', ASK)}export default router",
        "src/main.ts": f"import orders from './orders'\n{main}",
    }
    code = read_files(tmp_path, {**DB, **files})
    (query,) = code.queries
    assert code.functions[query.place.function].guards == guards


def test_a_handler_of_a_third_module(tmp_path: Path) -> None:
    files = {
        "src/handlers.ts": f"{PRISMA}export async function list(req, res) {{ {ASK} }}",
        "src/orders.ts": "import { list } from './handlers'\nconst router = Router()\nrouter.get('/', list)\n"
        "export default router",
        "src/main.ts": "import orders from './orders'\napp.use('/orders', orders)",
    }
    code = read_files(tmp_path, {**DB, **files})
    (query,) = code.queries
    assert code.functions[query.place.function].route == "GET /orders"


CONTROLLER = """import { PrismaClient } from "@prisma/client"
@Controller("orders")
export class OrdersController {
  constructor(private readonly prisma: PrismaClient) {}
  @Get(":id")
  async find(@Param("id") id: string) { return this.prisma.order.findMany({ where: { id } }) }
  @Get("health")
  async health() { return this.prisma.order.count() }
  @Query()
  async orders() { return this.prisma.order.findFirst() }
}
"""
MAIN = (
    "async function bootstrap() { const app = await NestFactory.create(Root); app.setGlobalPrefix(SET) }\nbootstrap()"
)


def routes(folder: Path, files: dict[str, str]) -> dict[str, str | None]:
    code = read_files(folder, files)
    return {key.rpartition(".")[2]: fact.route for key, fact in code.functions.items()}


@pytest.mark.parametrize(
    ("main", "found"),
    [
        ("app.listen(3)", "GET /orders/:id"),
        (MAIN.replace("SET", "'api'"), "GET /api/orders/:id"),
        (MAIN.replace("SET", "'/api/v1/'"), "GET /api/v1/orders/:id"),
        ("const PREFIX = 'rest'\n" + MAIN.replace("SET", "PREFIX"), "GET /rest/orders/:id"),
        (MAIN.replace("SET", "process.env.PREFIX"), "GET /orders/:id"),
        (MAIN.replace("SET", "'api', { exclude: ['orders/:id'] }"), "GET /orders/:id"),
        (MAIN.replace("SET", "'api', { exclude: [{ path: 'orders/health', method: 1 }] }"), "GET /api/orders/:id"),
    ],
)
def test_the_prefix_of_all_controllers(tmp_path: Path, main: str, found: str) -> None:
    told = routes(tmp_path, {"src/main.ts": main, "src/orders/orders.controller.ts": CONTROLLER})
    assert told["find"] == found
    if "health" in main:
        assert told["health"] == "GET /orders/health"
    assert told["orders"] == "orders"


def test_of_several_applications_each_has_its_own(tmp_path: Path) -> None:
    files = {
        "apps/a/src/main.ts": MAIN.replace("SET", "'a'"),
        "apps/a/src/orders.controller.ts": CONTROLLER,
        "apps/b/src/main.ts": "bootstrap()",
        "apps/b/src/orders.controller.ts": CONTROLLER,
    }
    code = read_files(tmp_path, files)
    found = {key.partition(":")[0]: fact.route for key, fact in code.functions.items() if key.endswith(".find")}
    assert found == {
        "apps/a/src/orders.controller.ts": "GET /a/orders/:id",
        "apps/b/src/orders.controller.ts": "GET /orders/:id",
    }
