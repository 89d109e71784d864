"""What is no query and matters to what tables hold: passwords, files, markup, slugs, rows of no type, signs."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import only, read_files

from dbarchitect.catalog.queries import EventKind, SignKind

HEAD = 'import { PrismaClient } from "@prisma/client"\nconst prisma = new PrismaClient()\n'
ASK = "await prisma.order.findMany()"


def kinds(folder: Path, body: str, imports: str = "", name: str = "a.ts") -> list[EventKind]:
    """The kinds of events of a route that asks a query and does something."""
    source = f"{imports}\n{HEAD}export async function POST(request: Request) {{\n  {ASK}\n  {body}\n}}"
    found = read_files(folder, {f"app/api/x/{name}": source}).events
    return [event.kind for event in found]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ('import bcrypt from "bcryptjs"', "await bcrypt.compare(a, b)"),
        ('import * as bcrypt from "bcrypt"', "bcrypt.compareSync(a, b)"),
        ('import { compare } from "bcryptjs"', "await compare(password, b)"),
        ('import argon2 from "argon2"', "await argon2.verify(b, a)"),
        ('import { verify } from "@node-rs/argon2"', "await verify(b, a)"),
    ],
)
def test_passwords(tmp_path: Path, imports: str, call: str) -> None:
    assert kinds(tmp_path, call, imports) == [EventKind.PASSWORD_COMPARED]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ('import bcrypt from "bcryptjs"', "await bcrypt.hash(a, 12)"),
        ('import { compare } from "fast-json-patch"', "compare(a, b)"),
        ('import jwt from "jsonwebtoken"', "jwt.verify(a, b)"),
    ],
)
def test_no_passwords(tmp_path: Path, imports: str, call: str) -> None:
    assert kinds(tmp_path, call, imports) == []


def test_files(tmp_path: Path) -> None:
    body = (
        "const form = await request.formData(); const file = form.get('file');"
        "if (!TYPES.includes(file.type) || file.size > 9) return; await keep(await file.arrayBuffer())"
    )
    found = kinds(tmp_path, body, name="route.ts")
    assert found == [EventKind.FILE_TYPE_TESTED, EventKind.FILE_SIZE_TESTED, EventKind.FILE_RECEIVED]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ('import fs from "fs"', "fs.unlinkSync(path)"),
        ('import * as fs from "node:fs"', "await fs.promises.unlink(path)"),
        ('import { rm } from "fs/promises"', "await rm(path, { force: true })"),
        ('import fse from "fs-extra"', "await fse.remove(path)"),
        ('import { rimraf } from "rimraf"', "await rimraf(path)"),
        ('import { DeleteObjectCommand } from "@aws-sdk/client-s3"', "new DeleteObjectCommand({ Key: path })"),
    ],
)
def test_files_that_are_removed(tmp_path: Path, imports: str, call: str) -> None:
    assert kinds(tmp_path, call, imports) == [EventKind.FILE_REMOVED]


def test_files_that_are_kept(tmp_path: Path) -> None:
    assert kinds(tmp_path, "await fs.readFile(path); fs.existsSync(path)", 'import fs from "fs"') == []


def test_files_that_are_looked_into(tmp_path: Path) -> None:
    imports = 'import { fileTypeFromBuffer } from "file-type"'
    assert kinds(tmp_path, "await fileTypeFromBuffer(b)", imports) == [EventKind.FILE_LOOKED_INTO]


@pytest.mark.parametrize(
    ("slug", "is_one"),
    [
        ("title.toLowerCase().replace(/[^a-z0-9]+/g, '-')", True),
        ("title.toLowerCase().replace(/\\s+/g, '-').replace(/^-|-$/g, '')", True),
        ("slugify(title)", True),
        ("slugify(`${title} ${Date.now()}`)", False),
        ("`${slugify(title)}-${n}`", False),
        ("randomUUID().replace(/-/g, '_')", False),
        ("title", False),
    ],
)
def test_slugs(tmp_path: Path, slug: str, is_one: bool) -> None:
    source = (
        f'import slugify from "slugify"\n{HEAD}export async function f(title: string, n: number) {{\n'
        f"  await prisma.order.create({{ data: {{ note: {slug} }} }})\n}}"
    )
    (assignment,) = only(read_files(tmp_path, {"a.ts": source})).assignments
    assert assignment.slug is is_one


def test_markup_of_a_column(tmp_path: Path) -> None:
    source = (
        f"{HEAD}export async function Page() {{\n  const order = await prisma.order.findFirst()\n"
        "  return <p dangerouslySetInnerHTML={{ __html: order.note }} />\n}"
    )
    (event,) = read_files(tmp_path, {"page.tsx": source}).events
    assert (event.kind, str(event.column)) == (EventKind.MARKUP_RENDERED, "orders.note")


@pytest.mark.parametrize("clean", ["DOMPurify.sanitize(order.note)", "sanitizeHtml(order.note)", "xss(order.note)"])
def test_markup_that_is_cleaned(tmp_path: Path, clean: str) -> None:
    source = (
        'import DOMPurify from "dompurify"\nimport sanitizeHtml from "sanitize-html"\nimport xss from "xss"\n'
        f"{HEAD}export async function Page() {{\n  const order = await prisma.order.findFirst()\n"
        f"  return <p dangerouslySetInnerHTML={{{{ __html: {clean} }}}} />\n}}"
    )
    (event,) = read_files(tmp_path, {"page.tsx": source}).events
    assert event.kind is EventKind.MARKUP_CLEANED


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("const rows: any[] = await prisma.order.findMany()", "rows: any[]"),
        ("const rows: any = await prisma.order.findFirst()", "rows: any"),
        ("const ids = (await prisma.order.findMany()).map((row: any) => row.id)", "row: any"),
        ("const rows: any[] = []; rows.push(await prisma.order.findFirst()); return rows", "rows: any[]"),
    ],
)
def test_rows_of_no_type(tmp_path: Path, statement: str, text: str) -> None:
    source = f"{HEAD}export async function f() {{\n  {statement}\n}}"
    (event,) = read_files(tmp_path, {"a.ts": source}).events
    assert (event.kind, event.text) == (EventKind.UNTYPED_ROWS, text)


@pytest.mark.parametrize(
    "statement",
    [
        "const rows: Order[] = await prisma.order.findMany()",
        "const rows: Record<string, Company[]> = group(await prisma.order.findMany())",
        "const seen: any[] = []; await prisma.order.findMany(); return seen",
        "const ids = values.map((value: any) => value.id)",
    ],
)
def test_rows_of_a_type(tmp_path: Path, statement: str) -> None:
    source = f"{HEAD}export async function f(values) {{\n  {ASK}\n  {statement}\n}}"
    assert read_files(tmp_path, {"a.ts": source}).events == ()


def test_signs_are_searched_where_they_matter(tmp_path: Path) -> None:
    limit = {"limit.ts": 'import rateLimit from "express-rate-limit"\nexport const limit = rateLimit({})\n'}
    ask = {"a.ts": f"{HEAD}export async function f() {{ {ASK} }}"}
    assert read_files(tmp_path, {**limit, **ask}).signs == ()
    compare = 'import bcrypt from "bcrypt"\n' + ask["a.ts"].replace(ASK, f"{ASK}; await bcrypt.compare(a, b)")
    (sign,) = read_files(tmp_path, {**limit, "a.ts": compare}).signs
    assert (sign.kind, sign.origin.path, sign.origin.line) == (SignKind.ATTEMPTS_LIMITED, "limit.ts", 1)


@pytest.mark.parametrize(
    ("other", "is_one"),
    [
        ('if (error.code === "P2034") again()', True),
        ("function withRetry(transaction) { return transaction() }", True),
        ('throw new Error("database is locked")', True),
        ("const delimiter = 1; export const retryButton = 2", False),
        ("fetchWithRetry(url)", False),
    ],
)
def test_signs_of_retrying(tmp_path: Path, other: str, is_one: bool) -> None:
    body = "await prisma.$transaction(async (tx) => { await tx.order.findMany() })"
    source = f"{HEAD}export async function f() {{ {body} }}"
    signs = read_files(tmp_path, {"a.ts": source, "b.ts": other}).signs
    assert [sign.kind for sign in signs] == ([SignKind.FAILURES_RETRIED] if is_one else [])


@pytest.mark.parametrize(
    ("imports", "html", "found"),
    [
        ("", "order.note", True),
        ("", "`<b>${order.note}</b>`", True),
        (
            'import MarkdownIt from "markdown-it"\nconst md = new MarkdownIt({ html: true })',
            "md.render(order.note)",
            True,
        ),
        ('import { marked } from "marked"', "marked.parse(order.note ?? '')", True),
        ('import { renderSVG } from "uqr"', "renderSVG(order.note)", False),
        ('import { highlight } from "shiki"', "highlight(order.note)", False),
    ],
)
def test_what_stays_markup(tmp_path: Path, imports: str, html: str, found: bool) -> None:
    source = (
        f"{imports}\n{HEAD}export async function Page() {{\n  const order = await prisma.order.findFirst()\n"
        f"  return <p dangerouslySetInnerHTML={{{{ __html: {html} }}}} />\n}}"
    )
    events = read_files(tmp_path, {"page.tsx": source}).events
    assert [event.kind for event in events] == ([EventKind.MARKUP_RENDERED] if found else [])


def test_a_slug_that_a_caller_hands_in(tmp_path: Path) -> None:
    files = {
        "db/orders.ts": f"{HEAD}export async function add(note: string) {{\n"
        "  await prisma.order.create({ data: { note } })\n}",
        "api/orders.ts": 'import slugify from "slugify"\nimport { add } from "../db/orders"\n'
        f"{HEAD}export async function POST(request: Request) {{\n  const {{ title }} = await request.json()\n"
        f"  {ASK}\n  await add(slugify(title))\n}}",
    }
    (assignment,) = next(q for q in read_files(tmp_path, files).queries if q.assignments).assignments
    assert assignment.slug


@pytest.mark.parametrize(
    ("name", "looks"),
    [("sniffType", True), ("checkMagicBytes", True), ("sanitizeFile", True), ("verifySlackSignature", False)],
)
def test_functions_of_the_project_that_look_into_files(tmp_path: Path, name: str, looks: bool) -> None:
    found = kinds(tmp_path, f"await {name}(b)", f"async function {name}(b) {{ return b }}")
    assert (EventKind.FILE_LOOKED_INTO in found) is looks
