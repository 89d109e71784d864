"""Every construct of the language, and the small tree that stands for it."""

from __future__ import annotations

import pytest
from sources.typescript.written import expr, function, module, statement, written

from dbarchitect.sources.typescript.syntax import Bind, Call, Class, Define, Do, Function, Template

EXPRESSIONS = {
    "a.b.c": "a.b.c",
    "a?.b?.[1]?.(2)": "a.b[1](2)",
    "a!.b!": "a.b",
    "(a as any).b": "a.b",
    "(a satisfies B)": "a",
    "<T>a": "a",
    "a as const": "a",
    "this.#db.find()": "this.#db.find()",
    "super.find(1)": "super.find(1)",
    "new A.B<C, D[]>(1, ...x)": "new A.B<C|D[]>(1, ...x)",
    "new A": "new A()",
    "f<A, B<C>>(x)": "f<A|B<C>>(x)",
    'a.b<import("./y").C>()': "a.b<C>()",
    "f<A>": "f",
    'import("./y")': 'import("./y")',
    "import.meta.env": "import.meta.env",
    "a /* x */ . b( /* y */ c, // z\n d)": "a.b(c, d)",
    "x = (a, b, c)": "x = ((a , b) , c)",
    "a ??= b || c && d": "a ??= (b || (c && d))",
    "a + b - c": "((a + b) - c)",
    "a in b, c instanceof d": "((a in b) , (c instanceof d))",
    "!a": "(! a)",
    "-1": "(- 1)",
    "typeof a === 'b'": '((typeof a) === "b")',
    "void 0": "(void 0)",
    "delete a.b": "(delete a.b)",
    "i++": "(++ i)",
    "--i": "(-- i)",
    "a ? b : c ? d : e": "(a ? b : (c ? d : e))",
    "[1, , 2, ...x]": "[1, undefined, 2, ...x]",
    "[, ]": "[undefined]",
    "({ a, b: 1, 'c-d': 2, [e]: 3, ['f']: 4, 5: 6, ...g })": "{a: a, b: 1, c-d: 2, [e]: 3, f: 4, 5: 6, ...g}",
    "({ get a() { return 1 }, set a(v) {} })": "{}",
    "[a.b, c = 1] = d": "[a.b, c = 1] = d",
    "({ a, b: c.d, ...e } = f)": "{a: a, b: c.d, ...e} = f",
    "'it\\'s \\u{1F600}\\x41\\u0042\\n\\\n!'": '"it\'s 😀AB\\n!"',
    '"\\uD83D\\uDE00"': '"😀"',
    '"\\uD83D"': '"\ufffd"',
    "1_000": "1000",
    "0xFF": "255",
    "0b11": "3",
    "0o17": "15",
    "017": "15",
    "1e3": "1000",
    ".5": "0.5",
    "10n": "10",
    "null": "null",
    "true": "true",
    "/a[/]b\\d/gi": "/a[/]b\\d/",
    "`a ${b} c\\``": "`a ${b} c``",
    "`${a}${b}`": "`${a}${b}`",
    "``": "``",
    "sql`select ${a}`": "sql`select ${a}`",
    "sql<number>`count(*)`": "sql<number>`count(*)`",
    "sql<string | null>`a`.mapWith(b)": "sql<string | null>`a`.mapWith(b)",
    "sql.raw<{ a: number }[], B<C>>`a`": "sql.raw<{ a: number }[]|B<C>>`a`",
    "f(sql<() => void>`a`)": "f(sql<() => void>`a`)",
    "() => `a`": "arrow <anonymous>() {return `a`}",
    "a < b && c > `d`": "((a < b) && (c > `d`))",
    "f`a`.b": "f`a`.b",
    "x = class A extends B {}": "x = class x extends B {}",
    "async () => { await a }": "async arrow <anonymous>() {await a}",
    "x => ({ x })": "arrow <anonymous>(x) {return {x: x}}",
    "async x => x": "async arrow <anonymous>(x) {return x}",
    "(async function () { return })()": "async function <anonymous>() {return}()",
}


@pytest.mark.parametrize("source", EXPRESSIONS)
def test_expression(source: str) -> None:
    found = module(source)
    assert not found.problems
    (only,) = found.statements
    assert statement(only) == EXPRESSIONS[source]


STATEMENTS = {
    "const a: A<B> = 1, b = 2; let c; var d: D": "const a: A<B> = 1; const b = 2; let c; var d: D",
    "using a = b; await using c = d": "using a = b; using c = d",
    "const { a, b: { c = 1 }, ['d']: e, ...f } = g": "const {a: a, b: {c: c = 1}, d: e, ...f} = g",
    "const [a, , b = 1, ...c] = d": "const [a, , b = 1, ...c] = d",
    "if (a) b; else if (c) { d } else e": "if a {b} else {if c {d} else {e}}",
    "for (const [k, v] of Object.entries(a)) b": "for of ([k, v] | Object.entries(a)) {b}",
    "for await (const a of b) {}": "for of (a | b) {}",
    "for (let [a] of b) {}": "for of ([a] | b) {}",
    "for await (let [a, b] of c) {}": "for of ([a, b] | c) {}",
    "for (using a of b) {}": "for of (a | b) {}",
    "for (a in b) {}": "for in (a | b) {}",
    "for (let i = 0, j; i < 1; i++) {}": "for (let i = 0; let j | (i < 1) | (++ i)) {}",
    "for (;;) { break }": "for ( |  | ) {break}",
    "for (a = 1; b; ) {}": "for (a = 1 | b | ) {}",
    "while (a) { continue }": "while ( | a | ) {continue}",
    "do { a } while (b)": "do ( | b | ) {a}",
    "outer: for (const a of b) { continue outer }": "{for of (a | b) {continue}}",
    "try { a } catch ({ b }) { c } finally { d }": "try {a} catch {b: b} {c} finally {d}",
    "try { a } catch { }": "try {a} catch  {} finally {}",
    "try { a } finally { b }": "try {a} finally {b}",
    "switch (a) { case 1: case b: c(); break; default: d }": "switch a {1:  | b: c(); break | default: d}",
    "throw new Error('x')": 'throw new Error("x")',
    "{ a; { b } }": "{a; {b}}",
    "enum A { B, C = 4, D, E = 'e', F = 1 << 3 | 1, G = B, H = f() }": (
        'enum A {"B": 0, "C": 4, "D": 5, "E": "e", "F": 9, "G": 0, "H": null}'
    ),
    "const enum A { 'b-c' = `d` + 'e', F = -2, G }": 'enum A {"b-c": "de", "F": -2, "G": -1}',
    "declare enum A { B }": 'enum A {"B": 0}',
    "namespace A.B { export const c = 1; function d() {} }": "A.B{const c = 1; function A.B.d() {}}",
    "type A<B> = { c: string } | B": "type A = { c: string } | B",
    "interface A<B> extends C<D>, E.F { g: string }": "type A < C<D> < E.F = { g: string }",
    "declare const a: A; declare global { var b: B } declare module 'c' { const d: D }": "const a: A",
    "function a(b: string): void; function a(b: any) { return b }": "function a(b: any) {return b}",
    "declare function a(): void": "",
    "async function* a() { yield; yield* b; const c = yield d }": (
        "async function* a() {yield; yield b; const c = yield d}"
    ),
    "'use server'; ;": '"use server"',
    "with (a) { b }": "{b}",
    "import a = B.C.D": "const a = B.C.D",
}


@pytest.mark.parametrize("source", STATEMENTS)
def test_statement(source: str) -> None:
    found = module(source)
    assert not found.problems
    assert "; ".join(map(statement, found.statements)) == STATEMENTS[source]


def test_parameters() -> None:
    source = (
        "function f(this: X, a: string, b?: number, { c = 1, d: { e } }: P = {}, [g]: Q, ...h: any[]): Promise<R> {}"
    )
    expected = "function f(a: string, b: number, {c: c = 1, d: {e: e}}: P = {}, [g]: Q, ...h: any[]): Promise<R> {}"
    assert written(source) == expected


def test_class() -> None:
    source = """
    @Injectable() @Scope({ a: 1 })
    export class Items extends Base.Of<Item> implements A, B<C> {
      private readonly log = new Logger(Items.name);
      static count: number = 0;
      #cache?: Map<string, Item>;
      @InjectModel(Item) private model!: Model<Item>;
      handler = async (a: A) => this.log;
      wrapped = (() => 1) as Handler;
      constructor(private readonly db: Db, @Inject(KEY) public key: string, plain: string) { super() }
      @Get(':id') @Roles('admin')
      async find(@Param('id') id: string, @Body() dto: Dto): Promise<Item> { return this.db.find(id) }
      find2(a: string): void;
      find2(a: any) { }
      abstract later(): void;
      get total() { return 1 }
      set total(v) { }
      static async *rows() { }
      [Symbol.iterator]() { }
      static { init() }
    }
    """
    (only,) = module(source).statements
    assert isinstance(only, Define)
    assert statement(only).split("; ") == [
        "@Injectable() @Scope({a: 1}) class Items extends Base.Of implements A, B<C> {log = new Logger(Items.name)",
        "static count: number = 0",
        "#cache: Map<string, Item>",
        "@InjectModel(Item) model: Model<Item>",
        "handler = async arrow Items.handler(a: A) of Items {return this.log}",
        "wrapped = arrow Items.wrapped() of Items {return 1}",
        "constructor Items.constructor(kept db: Db, @Inject(KEY) kept key: string, plain: string) of Items {super()}",
        (
            '@Get(":id") @Roles("admin") async method Items.find(@Param("id") id: string, @Body() dto: Dto)'
            ": Promise<Item> of Items {return this.db.find(id)}"
        ),
        "method Items.find2(a: any) of Items {}",
        "get Items.total() of Items {return 1}",
        "set Items.total(v) of Items {}",
        "static async method* Items.rows() of Items {}",
        "method Items.[Symbol.iterator]() of Items {}}",
    ]


def test_two_methods_of_one_name() -> None:
    source = """class A { set a(v) {} get a() {} static b() {} b() {} get c() {} set c(v) {} d() {} static d() {}
    e() {} e() {1} }"""
    define = module(source).bound["A"]
    assert isinstance(define, Define)
    assert isinstance(define.value, Class)
    assert {name: function(method) for name, method in define.value.methods.items()} == {
        "a": "get A.a() of A {}", "set a": "set A.a(v) of A {}",
        "b": "method A.b#2() of A {}", "static b": "static method A.b() of A {}",
        "c": "get A.c() of A {}", "set c": "set A.c(v) of A {}",
        "d": "method A.d() of A {}", "static d": "static method A.d#2() of A {}",
        "e": "method A.e#2() of A {1}",
    }  # fmt: skip


def qualnames(source: str, path: str = "a.tsx") -> list[str]:
    """The qualified names of all functions of a source, those in functions among them, in order."""
    found: list[Function] = []
    original = Function.__init__

    def noting(self: Function, *args: object, **more: object) -> None:
        original(self, *args, **more)  # type: ignore[arg-type]
        found.append(self)

    Function.__init__ = noting  # type: ignore[method-assign]
    try:
        module(source, path)
        for each in found:
            assert isinstance(each.body, tuple)
    finally:
        Function.__init__ = original  # type: ignore[method-assign]
    return [each.qualname for each in found]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("const find = async () => 1", ["find"]),
        ("const router = { create() {}, find: async () => 1, in: { of: function () {} } }",
         ["router.create", "router.find", "router.in.of"]),
        ("const list = procedure.input(z).query(async () => 1)", ["list.query"]),
        ("const app = router({ all: procedure.query(({ ctx }) => 1) })", ["app.all.query"]),
        ("app.get('/',\n async (req, res) => { items.map((i) => i) })", ["app.get(/)", "app.get(/).map"]),
        ("const api = new Hono().get('/orders/:id', auth, (c) => 1).post('/orders', (c) => 2)",
         ["api.get(/orders/:id)", "api.post(/orders)"]),
        ("async function place() { await db.transaction(async (tx) => { await step.run('send-mail', () => 1) }) }",
         ["place", "place.transaction", "place.transaction.run(send-mail)"]),
        ("step.run('send the mail', () => 1); step.run(`mail-${a}`, () => 2); step.run(`mail`, () => 3)",
         ["step.run", "step.run#2", "step.run(mail)"]),
        ("new Worker('mail', async (job) => 1); api().on(() => 1); (() => 1)(); a = [() => 1]",
         ["Worker(mail)", "on", "<anonymous>", "a.<anonymous>"]),
        ("router.post('/', auth, caught(async () => 1)); router.get('/a', caught(check(() => 1)), caught(() => 2))",
         ["router.post(/)", "router.get(/a)", "router.get(/a)#2"]),
        ("const all = await Promise.all([f(), () => 1])", ["all.all"]),
        ("f({ a: [() => 1] }, g(h, (() => 1) as H), () => 2)", ["a.<anonymous>", "g", "f"]),
        ("f(() => 1, () => 2)", ["f", "f#2"]),
        ("export default async function () { function inner() {} }", ["default", "default.inner"]),
        ("export default () => 1", ["default"]),
        ("export default function GET() {}", ["GET"]),
        ("class A { b() { return () => 1 } }", ["A.b", "A.b.<anonymous>"]),
        ("const A = class { b() {} }", ["A.b"]),
        ("exports.find = function () {}; Item.prototype.load = function () {}", ["find", "Item.prototype.load"]),
        ("const f = function named() {}", ["f"]),
        ("const f = (() => 1) satisfies Handler", ["f"]),
        ("if (a) { const f = () => 1 } else { const f = () => 2 }", ["f", "f#2"]),
        ("const columns = [{ cell: () => 1 },\n{ cell: () => 2 }, { cell() {} }]",
         ["columns.cell", "columns.cell#2", "columns.cell#3"]),
        ("class A { set b(c) {} get b() {} static find() {}\n find() {} }", ["A.b", "A.b", "A.find", "A.find#2"]),
        ("const C = () => <a onClick={() => 1} />", ["C", "C.onClick"]),
    ],
)  # fmt: skip
def test_qualified_names(source: str, names: list[str]) -> None:
    assert qualnames(source) == names


def test_names_stay_when_lines_are_added_above() -> None:
    source = "app.get('/a', () => rows.map((r) => [r, () => 1]))\nconst f = cache(() => 1); f2(() => 1, () => 2)"
    assert qualnames("import a from 'a'\n\n" + source) == qualnames(source)


def test_a_body_lowered_again_gives_the_same_names() -> None:
    found = module("function f() { a.map(() => 1); a.map(() => 2) }")
    (define,) = found.statements
    assert isinstance(define, Define)
    made = define.value
    assert isinstance(made, Function)
    before = function(made)
    found.forget()
    assert function(made) == before
    assert "f.map#2" in before


def test_jsx() -> None:
    source = 'const a = <A.B c="d" e={f} {...g} h><i/>text &amp; Q & A {j} {/* no */}<>{k && <l>1</l>}</></A.B>'
    expected = 'const a = <A.B c: "d" e: f ...g h: true>[<i>[], j, <>[(k && <l>[])]]'
    found = module(source, "a.tsx")
    assert statement(found.statements[0]) == expected
    assert not found.problems


@pytest.mark.parametrize("path", ["a.js", "a.jsx", "a.mjs", "a.cjs", "a.tsx"])
def test_javascript(path: str) -> None:
    source = "const a = async ({ b }) => { const c = await b.find({ where: { id: 1 } }); return <p>{c}</p> }"
    expected = "const a = async arrow a({b: b}) {const c = await b.find({where: {id: 1}}); return <p >[c]}".replace(
        "<p >", "<p>"
    )
    assert written(source, path) == expected


@pytest.mark.parametrize("path", ["a.ts", "a.mts", "a.cts"])
def test_assertions_in_angle_brackets_are_no_jsx(path: str) -> None:
    assert written("const a = <A<B>>c", path) == "const a = c"


def test_offsets_lead_back_to_the_source() -> None:
    source = "// ä\nconst a = await db.find(sql<number>`b`, { é: 1 })\n"
    found = module(source)
    (bind,) = found.statements
    assert isinstance(bind, Bind)
    assert bind.value is not None
    assert found.text(bind.start, bind.end) == "a = await db.find(sql<number>`b`, { é: 1 })"
    assert found.text(bind.value.start, bind.value.end) == "await db.find(sql<number>`b`, { é: 1 })"
    call = bind.value.value  # type: ignore[attr-defined]
    assert isinstance(call, Call)
    tagged = call.args[0]
    assert isinstance(tagged, Template)
    assert found.text(tagged.start, tagged.end) == "sql<number>`b`"
    origin = found.origin(tagged.start, tagged.end)
    assert (origin.line, origin.column, origin.end_line) == (2, 25, 2)


def test_bodies_are_lowered_when_asked_for_and_forgotten_on_demand() -> None:
    found = module("function f() { return () => g(1) }")
    (define,) = found.statements
    assert isinstance(define, Define)
    made = define.value
    assert isinstance(made, Function)
    body = made.body
    assert made.body is body
    before = function(made)
    found.forget()
    assert made.body is not body
    assert function(made) == before


def test_a_long_row_of_texts_becomes_one_template() -> None:
    (only,) = module("x(" + " + ".join(['"a"', *(f'b{i} + "c"' for i in range(200))]) + ")").statements
    assert isinstance(only, Do)
    assert isinstance(only.value, Call)
    (template,) = only.value.args
    assert isinstance(template, Template)
    assert [p if isinstance(p, str) else expr(p) for p in template.parts[:4]] == ["a", "b0", "c", "b1"]
    assert len(template.parts) == 401


def test_a_long_row_of_conditions_is_balanced() -> None:
    (only,) = module(" && ".join(f"a{i}" for i in range(1_000))).statements
    assert isinstance(only, Do)
    text = expr(only.value)
    assert text.replace("(", "").replace(")", "") == " && ".join(f"a{i}" for i in range(1_000))
    assert max(len(run) for run in text.split("a")) < 40


def test_class_expression_in_an_object() -> None:
    (only,) = module("const a = { B: class { c() {} } }").statements
    assert statement(only) == "const a = {B: class a.B {method a.B.c() of B {}}}"
