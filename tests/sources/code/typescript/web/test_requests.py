"""What a request brings as it is, and what was checked of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import read_files

HEAD = """import { PrismaClient } from "@prisma/client"
import { z } from "zod"
const prisma = new PrismaClient()
const schema = z.object({ status: z.string(), quantity: z.number() })
"""
HONO = "import { zValidator } from '@hono/zod-validator'\n"
SAVE = "await prisma.order.update({ where: { id: '1' }, data: { status: GIVEN } })"


def raw(folder: Path, path: str, source: str) -> set[bool]:
    head, _, rest = source.partition("\n") if source.startswith('"use') else ("", "", source)
    code = read_files(folder, {path: f"{head}\n{HEAD}{rest}"})
    return {a.raw_input for query in code.queries for a in query.assignments}


@pytest.mark.parametrize(
    ("path", "before", "given"),
    [
        ("app/api/x/route.ts", "export async function POST(req: Request) { const body = await req.json();",
         "body.status"),
        ("app/api/x/route.ts", "export async function POST(req) { const { status } = await req.json();", "status"),
        ("app/api/x/route.ts", "export async function GET(request: NextRequest) {",
         "request.nextUrl.searchParams.get('s')"),
        ("app/api/x/route.ts", "export async function GET(r) { const { searchParams } = new URL(r.url);",
         "searchParams.get('s')"),
        ("app/api/x/[id]/route.ts", "export async function GET(_: Request, { params }) { const { id } = await params;",
         "id"),
        ("app/api/x/route.ts", "export async function POST(req: Request) { const form = await req.formData();",
         "form.get('s')"),
        ("app/x/page.tsx", "export default async function Page({ searchParams }) {", "searchParams.s"),
        ("pages/api/x.ts", "export default async function handler(req: NextApiRequest, res) {", "req.body.status"),
        ("pages/api/x.ts", "export default async function handler(req, res) { const { s } = req.query;", "s"),
        ("lib/actions.ts", '"use server"\nexport async function save(id: string, status: string) {', "status"),
        ("lib/actions.ts", '"use server"\nexport async function save(data: FormData) {', "data.get('s')"),
        ("src/app.ts", "app.post('/x', async (req, res) => {", "req.body.status"),
        ("src/app.ts", "app.post('/x', async (c) => {", "(await c.req.json()).status"),
        ("src/app.ts", "app.post('/x', async (c) => {", "c.req.param('id')"),
        ("src/app.ts", "app.post('/x', withAuth(async (ctx) => {", "ctx.request.body.status"),
        ("src/trpc.ts", "export const r = router({ a: procedure.mutation(async ({ input }) => {", "input.status"),
        ("server/api/x.post.ts",
         "export default defineEventHandler(async (event) => { const body = await readBody(event);", "body.status"),
        ("src/x.controller.ts", "@Controller() class X { @Post() async save(@Body() body) {", "body.status"),
    ],
)  # fmt: skip
def test_as_it_comes(tmp_path: Path, path: str, before: str, given: str) -> None:
    assert raw(tmp_path, path, _closed(f"{before} {SAVE.replace('GIVEN', given)}")) == {True}


@pytest.mark.parametrize(
    ("path", "before", "given"),
    [
        ("app/api/x/route.ts", "export async function POST(req) { const body = schema.parse(await req.json());",
         "body.status"),
        ("app/api/x/route.ts",
         "export async function POST(req) { const r = schema.safeParse(await req.json()); if (!r.success) return;",
         "r.data.status"),
        ("app/api/x/route.ts", "export async function GET(req) { const s = await auth();", "s.user.id"),
        ("src/app.ts", "app.post('/x', async (req, res) => {", "req.user.id"),
        ("src/trpc.ts", "export const r = router({ a: procedure.input(schema).mutation(async ({ input }) => {",
         "input.status"),
        ("src/trpc.ts", "const r = router({ a: procedure.input(schema).use(x).mutation(async ({ ctx, input }) => {",
         "input.status"),
        ("src/a.ts", "export const a = actionClient.schema(schema).action(async ({ parsedInput: { status } }) => {",
         "status"),
        ("src/app.ts", HONO + "app.post('/x', zValidator('json', schema), (c) => { const d = c.req.valid('json');",
         "d.status"),
        ("lib/orders.ts", "export async function save(status: string) {", "status"),
        ("app/api/x/route.ts", "async function helper(req) {", "req.body"),
    ],
)  # fmt: skip
def test_checked(tmp_path: Path, path: str, before: str, given: str) -> None:
    assert raw(tmp_path, path, _closed(f"{before} {SAVE.replace('GIVEN', given)}")) == {False}


def _closed(source: str) -> str:
    """A source with the brackets closed that it leaves open."""
    pairs, stack = {"(": ")", "{": "}", "[": "]"}, []
    for char in source:
        if char in pairs:
            stack.append(pairs[char])
        elif stack and char == stack[-1]:
            stack.pop()
    return source + "".join(reversed(stack))


def test_all_of_a_body_written_as_it_is(tmp_path: Path) -> None:
    code = read_files(
        tmp_path,
        {
            "app/api/x/route.ts": HEAD
            + "export async function POST(req: Request) { const body = await req.json(); "
            + "await prisma.order.create({ data: body }) }"
        },
    )
    (query,) = code.queries
    assert query.raw_input
    assert "columns" in query.dynamic


def test_what_several_steps_let_in_comes_together(tmp_path: Path) -> None:
    code = read_files(
        tmp_path,
        {
            "src/trpc.ts": "import { z } from 'zod'\n"
            "export const orders = procedure.input(z.object({ status: z.string() })).use(owner)\n",
            "src/router.ts": HEAD
            + "import { z } from 'zod'\nimport { orders } from './trpc'\n"
            + "export const r = router({ a: orders.input(z.object({ page: z.number().optional() }))"
            + ".query(async ({ input }) => { return prisma.order.findMany({ where: { status: input.status } }) }) })",
        },
    )
    (query,) = code.queries
    assert [(p.column.columns, p.optional) for p in query.predicates] == [(("status",), False)]
