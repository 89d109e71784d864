"""What `catch` clauses do with errors."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import handler, read_files

HEAD = 'import { PrismaClient, Prisma } from "@prisma/client"\nconst prisma = new PrismaClient()\n'


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("{}", "swallows"),
        ("{ return null }", "swallows null"),
        ("{ return [] }", "swallows []"),
        ("{ return { items: [], total: 0 } }", "swallows {[], 0}"),
        ("{ return }", "swallows undefined"),
        ("{ console.error(e) }", "logs swallows"),
        ("{ logger.error({ e }, 'failed'); return [] }", "logs swallows []"),
        ("{ Sentry.captureException(e); return undefined }", "logs swallows undefined"),
        ("{ console.log(`failed: ${e}`) }", "logs swallows"),
        ("{ throw e }", "raises"),
        ("{ console.error(e); throw new Error('failed') }", "raises logs"),
        ("{ return false }", ""),
        ("{ return { error: 'failed' } }", ""),
        ("{ return err(e) }", ""),
        ("{ return NextResponse.json({ error: 'x' }, { status: 409 }) }", "409"),
        ("{ return new Response('x', { status: 500 }) }", "500"),
        ("{ res.status(500).json({ error: 'x' }) }", "500"),
        ("{ reply.code(404).send({}) }", "404"),
        ("{ return c.json({ error: 'x' }, 500) }", "500"),
        ("{ throw new TRPCError({ code: 'CONFLICT', message: 'x' }) }", "raises 409"),
        ("{ throw new NotFoundException('x') }", "raises 404"),
        ("{ throw error(404, 'x') }", "raises 404"),
        ("{ notFound() }", "raises"),
        ("{ redirect('/login') }", "raises"),
        ("{ next(e) }", ""),
        ("{ reject(e) }", ""),
        ("{ handleError(e) }", ""),
        ("{ failed = true }", ""),
        ("{ failures++ }", ""),
        ("{ await askElsewhere() }", ""),
        ("{ await cleanUp(); return null }", "swallows null"),
        ("{ await logger.error(e) }", "logs swallows"),
        ("{ await cronFailed() }", ""),
        ("{ await prisma.order.update({ where: { id: '1' }, data: { status: 'FAILED' } }) }", ""),
        ("{ return textResponse('x', 500) }", "500"),
        ("{ await tx.rollback(); throw e }", "raises rolls_back"),
        ("{ if (e instanceof Prisma.PrismaClientKnownRequestError && e.code === 'P2002') return false; throw e }",
         "raises Prisma.PrismaClientKnownRequestError,P2002"),
        ("{ if (e.code === '23505') return res.status(409).end(); throw e }", "raises 409 23505"),
        ("{ if (isUniqueViolation(e)) return false; throw e }", "raises isUniqueViolation"),
        ("{ const m = e instanceof Error ? e.message : 'x'; return null }", "swallows null"),
    ],
)  # fmt: skip
def test_clauses(tmp_path: Path, clause: str, expected: str) -> None:
    source = f"export async function f(res) {{ try {{ await prisma.order.findMany() }} catch (e) {clause} }}"
    found = handler(read_files(tmp_path, {"a.ts": HEAD + source}))
    words = [name for name in ("raises", "rolls_back", "logs", "swallows") if getattr(found, name)]
    words += [str(found.status)] if found.status else []
    words += [found.empty] if found.empty else []
    words += [",".join(found.catches)] if found.catches else []
    assert sorted(" ".join(words).split()) == sorted(expected.split())


def test_a_function_given_to_catch(tmp_path: Path) -> None:
    source = "export async function f() { return prisma.order.findMany().catch(() => []) }"
    found = handler(read_files(tmp_path, {"a.ts": HEAD + source}))
    assert (found.swallows, found.empty) == (True, "[]")


def test_an_imported_class_by_its_own_name(tmp_path: Path) -> None:
    source = (
        'import { PrismaClientKnownRequestError as Known } from "@prisma/client/runtime/library"\n'
        "export async function f() { try { await prisma.order.findMany() } "
        "catch (e) { if (e instanceof Known) return false; throw e } }"
    )
    assert handler(read_files(tmp_path, {"a.ts": HEAD + source})).catches == ("PrismaClientKnownRequestError",)


def test_an_error_that_a_generator_tells_of(tmp_path: Path) -> None:
    body = "export async function* f() { try { await prisma.order.findMany() } catch (e) { yield { failed: e } } }"
    assert not handler(read_files(tmp_path, {"a.ts": HEAD + body})).swallows


@pytest.mark.parametrize(
    ("behind", "swallows"),
    [("return session()", False), ("return null", True), ("count += 1", True)],
)
def test_another_way_behind_the_block_that_holds_the_try(tmp_path: Path, behind: str, *, swallows: bool) -> None:
    body = (
        "export async function f(key) { if (key) { try { return { user: await prisma.user.findMany() } } catch {} }\n"
    )
    assert handler(read_files(tmp_path, {"a.ts": f"{HEAD}{body}{behind} }}"})).swallows is swallows
