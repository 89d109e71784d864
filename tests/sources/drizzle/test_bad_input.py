"""What cannot be understood is said, at its place, and costs nothing else."""

# ruff: noqa: E501 - schemas as people write them

from __future__ import annotations

import pytest

CORE = 'import { sql } from "drizzle-orm";\nimport { pgTable, text, integer, index, check, unique } from "drizzle-orm/pg-core";\n'
GOOD = 'export const good = pgTable("good", { a: text("a") });\n'

BROKEN = {
    "an unknown builder": ('pgTable("t", { x: text("x"), c: magic("c").notNull() })', "the type of t.c cannot be told"),
    "a column of nothing": ('pgTable("t", { x: text("x"), c: 5 })', "the column t.c cannot be told"),
    "a spread of nothing": ('pgTable("t", { x: text("x"), ...nowhere() })', "not all columns of t can be told"),
    "a name that is computed": (
        'pgTable(Date.now() + "x", { x: text("x") })',
        "the name of the table t cannot be told",
    ),
    "no columns": ('pgTable("t", columnsFrom(1))', "not all columns of t can be told"),
    "a default that is computed": ('pgTable("t", { x: integer("x").default(compute()) })', "the default of t.x"),
    "a reference to nothing": ('pgTable("t", { x: text("x").references(() => gone.id) })', "what t.x refers to"),
    "an index over nothing": (
        'pgTable("t", { x: text("x") }, (t) => [index("i").on(t.gone)])',
        "what an index of t is over",
    ),
    "an unknown member": ('pgTable("t", { x: text("x") }, (t) => [magic(t.x)])', "something beside the columns of t"),
    "a check that is computed": (
        'pgTable("t", { x: text("x") }, (t) => [check("c", f())])',
        "the condition of a check of t",
    ),
    "a predicate that is computed": (
        'pgTable("t", { x: text("x") }, (t) => [index("i").on(t.x).where(f())])',
        "of an index of t",
    ),
    "members in a loop": (
        'pgTable("t", { x: text("x") }, (t) => names.map((n) => index(n).on(t.x)))',
        "beside the columns of t",
    ),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_it_is_said(case, reading) -> None:
    spelled, words = case
    found = reading(f"{CORE}{GOOD}export const t = {spelled};\n")
    assert any(words in d.text and d.origin.line == 4 for d in found.diagnostics), found.diagnostics
    assert "good" in {table.name for table in found.catalog.tables}


def test_a_column_that_cannot_be_told_is_there(reading) -> None:
    found = reading(
        CORE + 'import { money } from "elsewhere";\nexport const t = pgTable("t", { c: money("c_c").notNull() });'
    )
    (column,) = found.catalog.tables[0].columns
    assert (column.name, column.type.name, column.nullable) == ("c_c", "", False)


SOURCES = [
    'export const t = pgTable("t", {',
    'export const t = pgTable("t", { a: text("a" });',
    "export const t = pgTable();",
    'export const t = pgTable("t");',
    'export const t = pgTable("t", t);',
    "export const t = t;",
    "export const a = b; export const b = a;",
    'export const t = pgTable("t", { ...t });',
    "const f = () => f(); export const t = f();",
    "const f = (n) => [...f(n + 1), ...f(n + 2)]; export const t = f(0);",
    "export const t = pgTable(...arguments);",
    "export const [t] = [pgTable];",
    "export const { t } = pgTable;",
    "export default pgTable;",
    "export const t = " + "(" * 400 + "1" + ")" * 400 + ";",
    "export const t = text('x')" + ".notNull()" * 2000 + ";",
    "export const t = " + "[" * 500 + "]" * 500 + ";",
    "export const t = pgTable('t', (x) => { while (true) {} });",
    'export const t = pgTable("t", { a: text("a") }, (t) => t);',
    'export const t = pgTable("t", { get a() { return text("a"); } });',
    'export const t = pgTable("t", { a: text(sql`x`) });',
    "export const t = pgTable`x`;",
    "export const t = new pgTable('t', {});",
    "\x00\x01",
]


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_breaks(source, readings) -> None:
    found = readings({"src/schema.ts": CORE + GOOD + source})
    assert all("Traceback" not in d.text for r in found for d in r.diagnostics)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"\xef\xbb\xbf" + (CORE + GOOD).encode(), (CORE + GOOD).encode("utf-16")]
)
def test_codings(data, readings) -> None:
    found = readings({"src/schema.ts": data})
    if len(data) > 3:
        assert [table.name for table in found[0].catalog.tables] == ["good"]


@pytest.mark.parametrize("text", ['a"b', "a'b", "</script>", "a`b", "😀", "a\\nb", "table", "A b"])
def test_hostile_names(text, reading) -> None:
    spelled = '"' + text.replace('"', '\\"') + '"'
    found = reading(
        f"{CORE}export const t = pgTable({spelled}, {{ c: text({spelled}).unique().default({spelled}) }}, (t) => "
        f"[check({spelled}, sql`${{t.c}} <> ''`), index({spelled}).on(t.c)]);"
    )
    (table,) = found.catalog.tables
    expected = text.replace("\\n", "\n")
    assert table.name == expected
    assert table.columns[0].name == expected
    assert table.indexes[0].name == expected
    assert [check.expression.text.endswith("<> ''") for check in table.checks] == [True]


def test_two_tables_of_one_name(reading) -> None:
    found = reading(CORE + GOOD + 'export const other = pgTable("good", { b: text("b") });')
    (table,) = found.catalog.tables
    assert [column.name for column in table.columns] == ["a"]
    assert "declared twice" in found.diagnostics[0].text


def test_a_broken_configuration(readings) -> None:
    (found,) = readings(
        {"drizzle.config.ts": 'import "drizzle-kit";\nexport default make();', "schema.ts": CORE + GOOD}
    )
    assert [d.text for d in found.diagnostics] == ["the configuration of drizzle-kit cannot be told"]
    assert [table.name for table in found.catalog.tables] == ["good"]


def test_nothing_there(readings) -> None:
    assert readings({"a.ts": "export const x = 1;", "b.sql": "create table t (a int);"}) == ()


def test_a_prefix_that_the_environment_tells(reading) -> None:
    found = reading(
        CORE.replace("pgTable,", "pgTable, pgTableCreator,")
        + 'import { env } from "@/env";\nconst table = pgTableCreator((name) => `${env.PREFIX}${name}`);\n'
        'export const t = table("t", { a: text("a") });'
    )
    assert [table.name for table in found.catalog.tables] == ["t"]
    assert "what is added to the name of t cannot be told" in found.diagnostics[0].text
