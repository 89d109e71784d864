"""Programs that would cost for ever: values that are put to themselves, and words that searches stumble over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sources.code.typescript.shop import read_files

CLIENT = 'import { PrismaClient } from "@prisma/client";\nconst prisma = new PrismaClient();\n'
ASKED = "  await prisma.order.findMany({ where: { status: 'open' } });\n"


@pytest.fixture(autouse=True)
def _in_seconds() -> object:
    begun = time.perf_counter()
    yield
    assert time.perf_counter() - begun < 10


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ('"select * from orders"', "s + s"),
        ("`select ${id}`", "`${s}${s}`"),
        ("[id]", "[...s, ...s]"),
        ("[id]", "s.concat(s)"),
        ("[id]", "[s, s]"),
        ("[id]", "id ? [s, s] : undefined"),
        ("{ id }", "{ ...s, ...s }"),
    ],
)
def test_what_is_put_to_itself_over_and_over(tmp_path: Path, first: str, again: str) -> None:
    body = f"  let s = {first};\n" + f"  s = {again};\n" * 50 + "  await prisma.$queryRawUnsafe(s + id);\n"
    code = read_files(tmp_path, {"a.ts": f"{CLIENT}export async function f(id) {{\n{body}{ASKED}}}\n"})
    assert "orders" in {query.table.table for query in code.queries if query.table is not None}


@pytest.mark.parametrize(
    "before",
    [
        "/**/\n" * 500,
        "/* a */ // b\n" * 500,
        "// " + "a" * 2_000 + "\n" + "//\n" * 500,
        "// " + "retry" * 400 + "\n" + "//\n" * 500,
        "//\n" * 500 + " " * 2_000 + "\n",
    ],
)
def test_searches_end_on_any_text(tmp_path: Path, before: str) -> None:
    login = "export async function POST(req) {\n"
    login += "  const user = await prisma.user.findUnique({ where: { email: req.body.email } });\n"
    login += "  if (await bcrypt.compare(req.body.password, user.email)) throw new Error('rate limit?');\n"
    login += "  await prisma.$transaction([prisma.order.create({ data: { id: '1', note: 'use server' } })]);\n}\n"
    text = f'{before}{CLIENT}import bcrypt from "bcrypt";\nconst most = 10;\n{login}'
    code = read_files(tmp_path, {"app/login/route.ts": text})
    assert {query.table.table for query in code.queries if query.table is not None} == {"orders", "users"}
