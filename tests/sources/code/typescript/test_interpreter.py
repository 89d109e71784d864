"""The interpreter by itself, with a library of the test's own: `q()` begins a query, `.where({ a })` narrows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Code, Comparison, EventKind, Fetch, Operand, Predicate, QueryFact, Use
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.typescript.interpreter import Interpreter
from dbarchitect.sources.code.typescript.values import Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site, Vocabulary, operand
from dbarchitect.sources.code.values import Entries, Library, Member, Rows, Value
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.typescript.index import TypeScriptIndex

TABLE = Ref.of_table("t")
MODEL = MappedModel("t", "T", TABLE, {"id": "id", "a": "a", "b": "b", "doc": "doc"}, ("id",))


class Toy(Vocabulary):
    name = "toy"

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        if function == Library("toy:q"):
            return Draft(self.name, site.origin, model=MODEL, table=TABLE)
        if function == Library("toy:begin"):
            inner = arguments.get(0)
            assert isinstance(inner, Function)
            return site.interpreter.run(inner, Arguments((Library("toy:q"),)), site, transaction=site.origin)
        if not isinstance(function, Member) or not isinstance(function.owner, Draft):
            return None
        draft = function.owner
        given = arguments.get(0)
        if function.name == "where" and isinstance(given, Entries):
            draft = draft.where(
                *(
                    Predicate(TABLE.column(n), Comparison.EQUAL, *operand(v), optional=n in given.optional)
                    for n, v in given.entries.items()
                    if not n.startswith("?")
                )
            )
            return draft.unknown("where") if given.open else draft
        if function.name in {"all", "first"}:
            many = function.name == "all"
            place = site.interpreter.place(site.frame)
            fetch = Fetch.ALL if many else Fetch.FIRST
            record = site.interpreter.recorder.query(draft, place, site.origin, fetch, site.interpreter.text(site))
            return Rows(MODEL, self.name, many, record)
        return None


WORDS = re.compile(rb"\bq\(|begin|tx\(")


def read(tmp_path: Path, source: str, wanted: re.Pattern[bytes] | None = None, **others: str) -> Code:
    head = 'import { q, begin } from "toy"\n'
    (tmp_path / "app.ts").write_text(head + source)
    for name, text in others.items():
        (tmp_path / f"{name}.ts").write_text(head + text)
    index = TypeScriptIndex(open_project(tmp_path))
    interpreter = Interpreter(index, {"t": MODEL}, (Toy(),), wanted)
    whole = Recorder()
    for path in index.paths:
        module = index.module(path)
        assert module is not None
        whole.absorb(interpreter.follow_module(module))
    assert interpreter.diagnostics == []
    return whole.code()


def only(tmp_path: Path, source: str, **others: str) -> QueryFact:
    (query,) = read(tmp_path, source, None, **others).queries
    return query


def asked(query: QueryFact) -> dict[str, tuple[str, ...] | str]:
    """The columns of a query's predicates: their constants, or what they are compared with; `?` where optional."""
    return {
        f"{p.column.columns[0]}{'?' if p.optional else ''}": p.constants or p.operand.value for p in query.predicates
    }


def test_a_query_knows_its_function_and_line(tmp_path: Path) -> None:
    query = only(tmp_path, "export async function list(a: string) {\n  return await q().where({ a }).all()\n}\n")
    assert query.place.function == "app.ts:list"
    assert (query.origin.line, query.fetch) == (3, Fetch.ALL)
    assert asked(query) == {"a": "parameter"}
    assert query.text == "q().where({ a }).all()"
    assert Use.RETURNED in query.uses


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("const f = () => q().where({ a: 1 }).all()", {"a": ("1",)}),
        ("const w: W = { a: 'x' }\nif (b) w.b = b\nreturn q().where(w).all()", {"a": ("x",), "b?": "parameter"}),
        ("return q().where({ a: 1, ...(b && { b }) }).all()", {"a": ("1",), "b?": "parameter"}),
        ("return q().where({ ...(b ? { b: 2 } : {}) }).all()", {"b?": ("2",)}),
        ("return q().where(b ? { a: 1 } : { a: 2 }).all()", {"a": ("1", "2")}),
        ("return q().where({ a: b ? 'x' : undefined }).all()", {"a?": ("x",)}),
        ("let s = 'x'; if (b) { s = 'y' }; return q().where({ a: s }).all()", {"a": ("y", "x")}),
        ("const { a } = b; return q().where({ a }).all()", {"a": "parameter"}),
        ("const w = Object.assign({ a: 1 }, { b: 2 }); return q().where(w).all()", {"a": ("1",), "b": ("2",)}),
        ("switch (b) { case 1: return null; default: return q().where({ a: 3 }).all() }", {"a": ("3",)}),
        ("for (const x of [1, 2]) { await q().where({ a: x }).all() }", {"a": ("1", "2")}),
        ("const key = 'a'; return q().where({ [key]: 5 } as any).all()", {"a": ("5",)}),
        ("const ask = async (v: number) => q().where({ a: v }).all(); return ask(4)", {"a": ("4",)}),
    ],
)  # fmt: skip
def test_objects_put_together(tmp_path: Path, source: str, expected: dict[str, object]) -> None:
    if source.startswith("const f"):
        query = only(tmp_path, source)
    else:
        query = only(tmp_path, f"export async function work(b) {{ {source} }}")
    assert asked(query) == expected


def test_through_functions_of_other_modules(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "import { byA } from './other'\nimport { LIMIT as limit } from './other'\n"
        "export const work = async () => byA({ a: limit })",
        other="export const LIMIT = 7\nexport async function byA({ a, b }: { a: number; b?: string }) "
        "{ return q().where({ a, ...(b ? { b } : {}) }).all() }",
    )
    assert {q.place.function for q in code.queries} == {"other.ts:byA"}
    assert sorted(map(str, map(asked, code.queries))) == ["{'a': 'parameter', 'b?': 'parameter'}", "{'a': ('7',)}"]
    assert [(c.caller.function, c.callee) for c in code.calls] == [("app.ts:work", "other.ts:byA")]


def test_the_query_that_a_function_builds(tmp_path: Path) -> None:
    source = "const base = (a) => q().where({ a })\nexport const work = async () => base(1).where({ b: 2 }).all()"
    assert asked(only(tmp_path, source)) == {"a": ("1",), "b": ("2",)}


def test_methods_of_a_service(tmp_path: Path) -> None:
    source = """
    class Base { find(a) { return q().where({ a }) } }
    export class Service extends Base {
      private readonly kind = 'k'
      constructor(private other: Other) { super() }
      async list() { return this.find(this.kind).all() }
    }
    class Other {}
    """
    query = only(tmp_path, source)
    assert query.place.function == "app.ts:Service.list"
    assert asked(query) == {"a": ("k",)}


@pytest.mark.parametrize(
    "source",
    [
        "for (const row of rows) { await q().where({ a: row.id }).first() }",
        "await Promise.all(rows.map(async (row) => q().where({ a: row.id }).first()))",
        "rows.forEach((row) => { q().where({ a: row.id }).first() })",
        "for (let i = 0; i < rows.length; i++) { await q().where({ a: rows[i].id }).first() }",
    ],
)
def test_queries_in_loops_over_rows(tmp_path: Path, source: str) -> None:
    code = read(tmp_path, f"export async function work() {{ const rows = await q().all(); {source} }}")
    inner = next(query for query in code.queries if query.fetch is Fetch.FIRST)
    (loop,) = inner.place.loops
    assert loop.rows or loop.over == "i < rows.length"
    assert inner.place.function == "app.ts:work"
    (outer,) = (query for query in code.queries if query.fetch is Fetch.ALL)
    assert outer.place.loops == ()
    assert [str(c) for c in outer.attributes or ()] == [str(TABLE.column("id"))]


@pytest.mark.parametrize(
    ("source", "use"),
    [
        ("return rows.filter((row) => row.a > 3)", Use.FILTERED),
        ("return rows.length", Use.COUNTED),
        ("if (rows.length === 0) { return 1 }", Use.TESTED),
        ("return rows.sort((x, y) => x.a - y.a)", Use.SORTED),
        ("return rows.reduce((sum, row) => sum + row.a, 0)", Use.SUMMED),
    ],
)
def test_what_rows_serve_for(tmp_path: Path, source: str, use: Use) -> None:
    query = only(tmp_path, f"export async function work() {{ const rows = await q().all(); {source} }}")
    assert use in query.uses


def test_transactions_branches_and_handlers(tmp_path: Path) -> None:
    source = """
    export async function work(b) {
      try {
        await begin(async (tx) => {
          if (b) { return tx().where({ a: 1 }).all() }
          await tx().where({ a: 2 }).all()
        })
      } catch (error) {
        return []
      }
    }
    """
    code = read(tmp_path, source)
    first, second = code.queries
    assert first.place.function == second.place.function == "app.ts:work"
    assert first.place.transaction is not None
    assert first.place.transaction == second.place.transaction
    assert first.place.branch
    assert second.place.left == first.place.branch
    (handler,) = code.handlers
    assert second.place.handlers == (handler.attempt,)
    assert handler.swallows
    assert handler.empty == "[]"


def test_a_handler_of_a_promise(tmp_path: Path) -> None:
    code = read(tmp_path, "export const work = async () => { await q().all().catch(() => null) }")
    (handler,) = code.handlers
    assert handler.swallows


def test_a_function_that_is_only_handed_on_is_followed(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "import { wrap } from 'somewhere'\n"
        "export const GET = wrap(async (request) => { return q().where({ a: 1 }).all() })\n"
        "export const router = make({ list: async () => q().where({ b: 2 }).all() })",
    )
    assert [asked(q) for q in code.queries] == [{"a": ("1",)}, {"b": ("2",)}]
    assert {q.place.function for q in code.queries} == set(code.functions)


@pytest.mark.parametrize(
    "guard",
    [
        "export function guarded(handler) { return async (request) => { return handler({ a: 9 }) } }",
        "export const guarded = (handler) => async (request) => handler({ a: 9, b: await who(request) })",
        "import { outer } from 'e'\nexport const guarded = (f) => outer(async (r) => { if (r) return f({ a: 9 }) })",
    ],
)
def test_what_a_wrapper_hands_to_a_function_at_the_top_of_another_module(tmp_path: Path, guard: str) -> None:
    code = read(
        tmp_path,
        "import { guarded } from './guard'\n"
        "export const GET = guarded(async ({ a, b }) => { return q().where({ a, b }).all() })\n"
        "export const POST = guarded(async (given) => { return q().where({ a: given.a }).all() })",
        guard=guard,
    )
    first, second = code.queries
    assert asked(first) == {"a": ("9",), "b": "parameter"}
    assert asked(second) == {"a": ("9",)}
    assert first.place.function == "app.ts:GET.guarded"


def test_what_a_wrapper_decides_by_a_switch_decides_nothing(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "import { guarded } from './guard'\n"
        "export const GET = guarded(async ({ user }) => { if (!user) { return } return q().where({ a: user }).all() })",
        guard="export const guarded = (handler) => async () => handler({ user: null })",
    )
    assert len(code.queries) == 1


def test_several_calls_of_a_wrapped_function_are_one(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "import { guarded } from './guard'\n"
        "export const GET = guarded(async (request, a) => { return q().where({ a }).all() })",
        guard="export const guarded = (handler) => async (request) => "
        "request.own ? handler(request, 1) : handler(request, 2)",
    )
    (query,) = code.queries
    assert asked(query) == {"a": ("1", "2")}


def test_json_that_is_parsed_out_of_a_column(tmp_path: Path) -> None:
    code = read(tmp_path, "export const work = async () => { const r = await q().first(); return JSON.parse(r.doc) }")
    (event,) = code.events
    assert (event.kind, event.column) == (EventKind.JSON_PARSED, TABLE.column("doc"))


def test_recursion_and_circles_end(tmp_path: Path) -> None:
    code = read(
        tmp_path,
        "import { b } from './other'\nexport const a = b\n"
        "export async function walk(n) { await q().where({ a: n }).all(); "
        "await walk(n + 1) }",
        other="import { a } from './app'\nexport const b = a",
    )
    assert len(code.queries) == 1


def test_calls_that_lead_to_a_query_through_functions_without_a_word_of_it(tmp_path: Path) -> None:
    padding = "  // nothing that tells of a query" + " at all" * 60 + "\n"
    code = read(
        tmp_path,
        "import { step } from './step'\nexport async function GET(request) { await q().first(); await step(request) }",
        WORDS,
        step=f"import {{ find }} from './find'\nexport async function step(request) {{\n{padding}  inner(request)\n}}\n"
        f"function inner(request) {{\n{padding}  return find(request.id)\n}}",
        find=f"export async function find(id) {{\n{padding}  return q().where({{ a: id }}).all()\n}}",
    )
    calls = {(c.caller.function, c.callee) for c in code.calls}
    assert {
        ("app.ts:GET", "step.ts:step"),
        ("step.ts:step", "step.ts:inner"),
        ("step.ts:inner", "find.ts:find"),
    } <= calls


def test_a_message_on_one_way_is_no_constant(tmp_path: Path) -> None:
    source = """
function told(ok, given) {
  if (ok) return { a: 'mail is not set up here' };
  return { a: String(given) };
}
export function run(ok, given) {
  const { a } = told(ok, given);
  q().where({ a }).all();
}
"""
    query = only(tmp_path, source)
    assert [(p.operand, p.constants) for p in query.predicates] == [(Operand.PARAMETER, ())]


@pytest.mark.parametrize(("body", "turns"), [("return await ask()", 0), ("await ask()", 1)])
def test_a_turn_that_works_ends_a_retry(tmp_path: Path, body: str, turns: int) -> None:
    source = "async function again(ask) {\n  for (let n = 1; ; n++) {\n    try { %s }\n"
    source += "    catch (e) { if (n > 3) throw e }\n  }\n}\n"
    query = only(tmp_path, source % body + "export function run(a) { return again(() => q().where({ a }).all()) }\n")
    assert len(query.place.loops) == turns


@pytest.mark.parametrize(("given", "column"), [("'name'", "a"), ("'made'", "b"), ("'other'", "b")])
def test_a_switch_goes_where_the_caller_says(tmp_path: Path, given: str, column: str) -> None:
    source = "function way(by) {\n  switch (by) {\n    case 'name': return { a: 1 }\n    case 'made':\n"
    source += "    default: return { b: 1 }\n  }\n}\n"
    query = only(tmp_path, source + f"export function run() {{ return q().where(way({given})).all() }}\n")
    assert [p.column.columns[0] for p in query.predicates] == [column]
