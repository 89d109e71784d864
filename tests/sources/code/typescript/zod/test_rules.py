"""Schemas followed to the columns that their values are written into."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import read_files

from dbarchitect.catalog.queries import Code, FieldRule

HEAD = """import { PrismaClient } from "@prisma/client"
import { z } from "zod"
import * as v from "valibot"
import * as yup from "yup"
const prisma = new PrismaClient()
const STATUSES = ["open", "paid"] as const
enum State { Open = "open", Paid = "paid" }
"""


def read(folder: Path, source: str, **files: str) -> Code:
    return read_files(folder, {"src/orders.ts": HEAD + source, **{f"src/{n}.ts": t for n, t in files.items()}})


def rules(code: Code) -> dict[str, FieldRule]:
    """By column what is demanded."""
    return {rule.column.columns[0]: rule for rule in code.rules if rule.column is not None}


@pytest.mark.parametrize(
    "status",
    [
        'z.enum(["open", "paid"])',
        "z.enum(STATUSES)",
        "z.nativeEnum(State)",
        "z.enum(State)",
        'z.union([z.literal("open"), z.literal("paid")])',
        'z.literal("open").or(z.literal("paid"))',
        'z.enum(["open", "paid"]).optional()',
        'z.enum(["open", "paid"]).default("open").describe("x")',
        'z.enum(["open", "paid", "void"]).exclude(["void"])',
        'z.string().pipe(z.enum(["open", "paid"]))',
    ],
)
def test_sets_of_values(tmp_path: Path, status: str) -> None:
    code = read(
        tmp_path,
        f"const schema = z.object({{ status: {status} }})\n"
        "export async function save(input: unknown) {\n"
        "  const { status } = schema.parse(input)\n"
        "  await prisma.order.update({ where: { id: '1' }, data: { status } })\n}",
    )
    rule = rules(code)["status"]
    assert (rule.layer, rule.name, rule.choices) == ("schema", "status", ("open", "paid"))
    assert rule.origin.line == 8
    assert str(rule.column) == "orders.status"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("z.object({ note: z.string().min(1).max(80), quantity: z.number().int().min(1).max(9) })", (80, 1.0, 9.0)),
        ("z.object({ note: z.string().trim().max(80), quantity: z.coerce.number().gte(1).lte(9) })", (80, 1.0, 9.0)),
        ("base.extend({ quantity: z.number().min(1).max(9) })", (80, 1.0, 9.0)),
        ("base.merge(z.object({ quantity: z.number().min(1).max(9) }))", (80, 1.0, 9.0)),
        ("full.pick({ note: true, quantity: true })", (80, 1.0, 9.0)),
        ("full.omit({ id: true }).partial()", (80, 1.0, 9.0)),
        ("z.object({ ...base.shape, quantity: z.number().min(1).max(9) })", (80, 1.0, 9.0)),
        ("v.object({ note: v.pipe(v.string(), v.maxLength(80)), quantity: v.pipe(v.number(), v.minValue(1), NINE) })",
         (80, 1.0, 9.0)),
        ("yup.object({ note: yup.string().required().max(80), quantity: yup.number().min(1).max(9) })", (80, 1.0, 9.0)),
    ],
)  # fmt: skip
def test_lengths_and_ranges(tmp_path: Path, schema: str, expected: tuple[int, float, float]) -> None:
    schema = schema.replace("NINE", "v.maxValue(9)")
    parse = "v.parse(schema, input)" if schema.startswith("v.") else "schema.parse(input)"
    code = read(
        tmp_path,
        "const base = z.object({ note: z.string().max(80) })\n"
        "const full = base.extend({ id: z.string(), quantity: z.number().min(1).max(9) })\n"
        f"const schema = {schema}\n"
        "export async function save(input: unknown) {\n"
        f"  const data = {parse}\n"
        "  await prisma.order.update({ where: { id: '1' }, data })\n}",
    )
    found = rules(code)
    note, quantity = found["note"], found["quantity"]
    assert (note.max_length, quantity.minimum, quantity.maximum) == expected


def test_a_closed_object_names_the_columns_that_it_writes(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "const schema = z.object({ status: z.string(), note: z.string().optional() })\n"
        "export async function save(input: unknown) {\n"
        "  const found = schema.safeParse(input)\n  if (!found.success) return null\n"
        "  await prisma.order.update({ where: { id: '1' }, data: { ...found.data, quantity: 1 } })\n}",
    )
    (query,) = code.queries
    assert {a.column.columns[0]: a.optional for a in query.assignments} == {
        "status": False, "note": True, "quantity": False,
    }  # fmt: skip
    assert "columns" not in query.dynamic
    assert not query.raw_input


@pytest.mark.parametrize("schema", ["z.object({ status: z.string() }).passthrough()", "z.record(z.any())", "z.any()"])
def test_an_open_one_lets_anything_in(tmp_path: Path, schema: str) -> None:
    code = read(
        tmp_path,
        f"const schema = {schema}\n"
        "export async function save(input: unknown) {\n"
        "  await prisma.order.update({ where: { id: '1' }, data: schema.parse(input) })\n}",
    )
    (query,) = code.queries
    assert "columns" in query.dynamic


def test_what_a_type_infers_of_a_schema_in_another_module(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        'import { type Save } from "./schema"\n'
        "export async function save(input: Save) {\n"
        "  await prisma.order.update({ where: { id: '1' }, data: { status: input.status } })\n}",
        schema='import { z } from "zod"\nexport const save = z.object({ status: z.enum(["open", "paid"]) })\n'
        "export type Save = z.infer<typeof save>\n",
    )
    assert rules(code)["status"].choices == ("open", "paid")
    assert rules(code)["status"].origin.path == "src/schema.ts"


@pytest.mark.parametrize("declared", ['"open" | "paid"', "Status", "(typeof STATUSES)[number]"])
def test_unions_of_strings(tmp_path: Path, declared: str) -> None:
    code = read(
        tmp_path,
        'type Status = "open" | "paid"\n'
        f"export async function save(status: {declared}) {{\n"
        "  await prisma.order.update({ where: { id: '1' }, data: { status } })\n}",
    )
    rule = rules(code)["status"]
    assert (rule.layer, rule.choices) == ("constant", ("open", "paid"))


def test_what_a_schema_for_new_rows_requires(tmp_path: Path) -> None:
    source = (
        "const {name} = z.object({{ note: z.string(), status: z.string().optional() }})\n"
        "export async function save(input: unknown) {{\n"
        "  const data = {name}.parse(input)\n"
        "  await prisma.order.update({{ where: {{ id: '1' }}, data }})\n}}"
    )
    making = rules(read(tmp_path, source.format(name="createOrderSchema")))
    assert making["note"].required is True
    assert "status" not in making


def test_changing_needs_nothing(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "const updateOrderSchema = z.object({ note: z.string() })\n"
        "export async function save(input: unknown) {\n"
        "  await prisma.order.update({ where: { id: '1' }, data: updateOrderSchema.parse(input) })\n}",
    )
    assert code.rules == ()


def test_one_value_is_a_constant(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        'const schema = z.object({ status: z.literal("open") })\n'
        "export async function save(input: unknown) {\n"
        "  await prisma.order.update({ where: { id: '1' }, data: schema.parse(input) })\n}",
    )
    (assignment,) = code.queries[0].assignments
    assert assignment.constants == ("open",)


def test_a_regular_expression(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "const schema = z.object({ note: z.string().regex(/^[a-z]+$/) })\n"
        "export async function save(input: unknown) {\n"
        "  await prisma.order.update({ where: { id: '1' }, data: schema.parse(input) })\n}",
    )
    assert rules(code)["note"].pattern == "^[a-z]+$"


def test_decorators_of_a_class(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        'import { IsIn, IsOptional, Max, MaxLength, Min } from "class-validator"\n'
        'class SaveDto {\n  @IsIn(["open", "paid"]) status: string\n  @IsOptional() @MaxLength(80) note?: string\n'
        "  @Min(1) @Max(9) quantity: number\n}\n"
        "export async function save(dto: SaveDto) {\n"
        "  await prisma.order.update({ where: { id: '1' }, "
        "data: { status: dto.status, note: dto.note, quantity: dto.quantity } })\n}",
    )
    found = rules(code)
    assert found["status"].choices == ("open", "paid")
    assert found["note"].max_length == 80
    assert (found["quantity"].minimum, found["quantity"].maximum) == (1.0, 9.0)
    assert found["status"].origin.line == 10
