"""What nobody should write, and some do: broken, endless, generated, in other codings."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sources.typescript.written import expr, module, statements, written

from dbarchitect.sources.discover import open_project
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Bind, Define, Do, Function


def index_of(folder: Path, files: dict[str, bytes]) -> TypeScriptIndex:
    for path, content in files.items():
        (folder / path).write_bytes(content)
    return TypeScriptIndex(open_project(folder))


def bodies(source: str) -> str:
    """All of a source, the bodies of functions in functions too."""
    return written(source, "a.tsx")


def test_the_rest_of_a_broken_file_is_read() -> None:
    source = """
import { db } from "./db";
export async function first() { return db.find(1) }
const broken = a.b( , { 1 ;
export function second() { return db.get(1) }
"""
    found = module(source)
    assert found.problems
    assert all(0 <= start <= end <= len(source) for start, end in found.problems)
    assert "db" in found.imports
    assert {"first", "second"} <= found.bound.keys()
    define = found.bound["second"]
    assert isinstance(define, Define)
    assert isinstance(define.value, Function)
    assert statements(define.value.body) == "return db.get(1)"


@pytest.mark.parametrize(
    "source",
    [
        "for (let i = 0; i < unique.length; i += cap) { batches.push(unique.slice(i, i + cap)) }",
        'const a = { ...(await load<typeof import("./b")>()) }',
        "const a = async (b: B): Promise<import('axios').AxiosResponse<C>> => b",
        "const a = <p title='Q&A'>Terms & Conditions</p>",
        'const a = <p title="?a=1&b=2">A&B <b>x</b> & more {c && d}</p>',
        "const a = await db.$queryRaw<{ a: number | null; b: Array<string>; c: { d: string }[] }[]>`select 1`",
        "export type * from './a'; export type * as b from './b'",
        "{ await using a = b; using c = d }",
        "let a: import('b').default.C.D[] = []",
        "interface A {\n  in?: string\n  in: B\n  c: D\n}\nconst e = { in: [1] }",
    ],
)
def test_what_the_grammar_stumbles_over(source: str) -> None:
    assert not module(source, "a.tsx").problems


def test_functions_in_what_could_not_be_parsed() -> None:
    source = "const a = prisma.user.find({ where: { a: 1 }\nfunction ok() { return 1 }\nexport const b = 2\n"
    found = module(source)
    assert found.text(*found.problems[0]).startswith("const a = prisma")
    assert {"ok", "b"} <= found.bound.keys()


def test_functions_in_a_broken_statement() -> None:
    found = module("  const a = prisma.user.find({ where: { a: 1 }\n  function ok() { return 1 }\n  const b = 2\n")
    assert found.problems
    assert "ok" in {s.value.name for s in found.statements if isinstance(s, Define)}


@pytest.mark.parametrize(
    "source",
    [
        "x(" + "[" * 5_000 + "]" * 5_000 + ")",
        "x = " + "{a:" * 5_000 + "1" + "}" * 5_000,
        "(" * 5_000 + "1" + ")" * 5_000,
        "a" + ".b()" * 5_000,
        "a" + "[0]" * 5_000,
        "a" + "!" * 5_000,
        "!" * 5_001 + "a",
        " - ".join(["a"] * 5_000),
        " ** ".join(["a"] * 5_000),
        " + ".join(["a"] * 5_000),
        " , ".join(["a"] * 5_000),
        "a ? b : " * 5_000 + "c",
        "a = " * 5_000 + "1",
        "() => " * 5_000 + "1",
        "f(() => { " * 3_000 + "})" * 3_000,
        "`${" * 3_000 + "1" + "}`" * 3_000,
        "if (a) {} else " * 5_000 + "{}",
        "if (a) { " * 5_000 + "}" * 5_000,
        "{ " * 5_000 + "}" * 5_000,
        "await " * 5_000 + "a",
        "new " * 5_000 + "a",
        "class A { b = " * 2_000 + "1" + "}" * 2_000,
        "<a>" * 2_000 + "</a>" * 2_000,
        "const " + "{a:" * 3_000 + "b" + "}" * 3_000 + " = c",
        "const " + "[" * 3_000 + "b" + "]" * 3_000 + " = c",
        "type A = " + "Array<" * 3_000 + "b" + ">" * 3_000,
        "label: " * 3_000 + "a",
        "namespace A { " * 2_000 + "}" * 2_000,
        "for (;;) " * 3_000 + "a",
        "@a" + "(@a" * 10 + " class A {}",
        "module.exports = " * 3_000 + "a",
    ],
)
def test_what_is_nested_too_deeply_is_cut_off(source: str) -> None:
    """Neither our stack nor that of whoever walks the outcome is used up."""
    begun = time.perf_counter()
    found = module(source, "a.tsx")
    assert isinstance(statements(found.statements), str)
    assert time.perf_counter() - begun < 10


def test_what_was_cut_off_is_told() -> None:
    assert module("x(" + "[" * 500 + "]" * 500 + ")").problems
    assert not module("x(" + "[" * 50 + "]" * 50 + ")").problems


def test_a_body_asked_for_deep_in_a_recursion_is_a_problem_not_an_end() -> None:
    found = module("function f() { return " + "[" * 140 + "]" * 140 + " }")
    (define,) = found.statements
    assert isinstance(define, Define)
    function = define.value
    assert isinstance(function, Function)

    def deep() -> None:
        try:
            deep()
        except RecursionError:
            assert function.body == ()
            raise

    with pytest.raises(RecursionError):
        deep()


def test_codings(tmp_path: Path) -> None:
    text = "const größe = db.find('ä');\r\nexport { größe }\n"
    index = index_of(
        tmp_path,
        {
            "utf8.ts": text.encode(),
            "marked.ts": text.encode("utf-8-sig"),
            "utf16.ts": text.encode("utf-16"),
            "utf16le.ts": text.encode("utf-16-le"),
            "latin.ts": text.encode("latin-1"),
            "nul.ts": b'const a = "\0x\0"; const b = 1',
        },
    )
    for path in ("utf8.ts", "marked.ts", "utf16.ts", "utf16le.ts"):
        found = index.module(path)
        assert found is not None
        assert not found.problems
        assert list(found.bound) == ["größe"]
        (bind,) = found.statements
        assert isinstance(bind, Bind)
        assert bind.value is not None
        assert expr(bind.value) == 'db.find("ä")'
        origin = found.origin(bind.value.start, bind.value.end)
        assert origin.line == 1
        if path.startswith("utf16"):
            assert (origin.start, origin.end) == (None, None)
        else:
            raw = (tmp_path / path).read_bytes()
            assert raw[origin.start : origin.end].decode() == "db.find('ä')"
    latin = index.module("latin.ts")
    assert latin is not None
    assert "\ufffd" in latin.source.decode()
    nul = index.module("nul.ts")
    assert nul is not None
    assert not nul.problems
    assert list(nul.bound) == ["a", "b"]
    assert [d.origin.path for d in index.diagnostics] == ["latin.ts"]
    assert "not UTF-8" in index.diagnostics[0].text


def test_what_nobody_wrote_is_left_out(tmp_path: Path) -> None:
    minified = b"!function(e){" + b"var t=e.prisma.user;n(t);" * 2_000 + b"}(this);\n"
    icons = b"\n".join(b"export const icon%d = 1;" % n for n in range(60))
    icons += b'\nexport const a = "' + b"x" * 60_000 + b'"\nprisma'
    big = b"const row = { a: 1, b: 2 };\n" * 60_000
    index = index_of(
        tmp_path,
        {
            "written.ts": b"prisma.user",
            "client.ts": b"/* !!! This is code generated by Prisma. Do not edit. !!! */\n/* no lint */\nprisma",
            "api.ts": b"/**\n * @generated by a tool\n */\nexport const a = prisma",
            "types.ts": b"// This file was generated by kysely-codegen. Please do not edit it manually.\nprisma",
            "bundle.js": minified,
            "quiet.js": minified.replace(b"prisma", b"nobody"),
            "big.ts": big + b"prisma\n",
            "mentions.ts": b'const text = "@generated by prisma";\n// generated elsewhere\nprisma.user',
            "icons.ts": icons,
        },
    )
    assert index.matching(re.compile(rb"prisma")) == ("icons.ts", "mentions.ts", "written.ts")
    assert [(d.origin.path, d.text.partition(":")[0]) for d in index.diagnostics] == [
        ("big.ts", "1,680,007 bytes"),
        ("bundle.js", "minified"),
    ]
    assert index.module("client.ts") is None


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    index = index_of(tmp_path, {"a.ts": b"export const a = 1", "b.ts": b"import { a } from './a'"})
    (tmp_path / "a.ts").unlink()
    assert index.paths == ("b.ts",)
    assert index.module("a.ts") is None
    assert [d.origin.path for d in index.diagnostics] == ["a.ts"]


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """As `dba audit` runs."""
    gc.disable()
    yield
    gc.enable()


def test_fifty_thousand_lines(no_garbage_collection: None) -> None:
    source = "export async function f() {\n" + "  await db.items.find({ where: { id: 1 } });\n" * 50_000 + "}\n"
    begun = time.perf_counter()
    found = module(source)
    define = found.bound["f"]
    assert isinstance(define, Define)
    assert isinstance(define.value, Function)
    assert len(define.value.body) == 50_000
    last = define.value.body[-1]
    assert isinstance(last, Do)
    assert found.line(last.start) == 50_001
    assert time.perf_counter() - begun < 20


@pytest.mark.parametrize(
    "source",
    ["", "\n", "\ufeff", "#!/usr/bin/env node\nconst a = 1", "<", "`${", "'", "/*", "export", "import",
     "export default",
     "export {", "class {", "({", "const", "@", "enum A {", "switch (a) { case", "for (",
     "module.exports =", "exports.a ="],
)  # fmt: skip
def test_stumps(source: str) -> None:
    assert isinstance(bodies(source), str)


def test_hostile_names_survive() -> None:
    source = 'const a = { "x\\"; drop\\n</script>": 1, "🙈": 2, "__proto__": 3 }; sql`"a""b" \'${c}\'`'
    assert bodies(source) == 'const a = {x"; drop\n</script>: 1, 🙈: 2, __proto__: 3}; sql`"a""b" \'${c}\'`'
