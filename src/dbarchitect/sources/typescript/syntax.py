"""TypeScript and JavaScript as a small tree of our own: what a program does, without what only its types say.

Parentheses, `as`, `satisfies`, `!` and the like are gone; JSX is a call of its parts. `start` and `end` are offsets in
bytes into the source of the module. Bodies of functions are lowered when they are asked for: most never are.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from dbarchitect.catalog.refs import Origin
from dbarchitect.often import made_often
from dbarchitect.sources.typescript.words import Searched, Words

# Expressions


@dataclass(eq=False, slots=True)
class Expr:
    """The base of every expression."""

    start: int
    end: int


@dataclass(eq=False, slots=True)
class Name(Expr):
    """An identifier; `this` and `super` are names as well, `undefined` too."""

    id: str


@dataclass(eq=False, slots=True)
class Literal(Expr):
    """A string, a number (a bigint is an int), true, false, null (None)."""

    value: str | int | float | bool | None


@dataclass(eq=False, slots=True)
class Regex(Expr):
    """A regular expression, its pattern without slashes and flags."""

    pattern: str


@dataclass(eq=False, slots=True)
class Template(Expr):
    """A template: texts and expressions in turn. `tag` is what is called with it (``sql`…` ``), None: a plain text.

    `types` are the type arguments of the tag, as written.
    """

    parts: tuple[str | Expr, ...]
    tag: Expr | None = None
    types: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class Spread(Expr):
    """`...value` in an array, among arguments."""

    value: Expr


@dataclass(eq=False, slots=True)
class Array(Expr):
    """An array; a hole in it is `undefined`."""

    items: tuple[Expr, ...]


@dataclass(eq=False, slots=True)
class Entry:
    """One entry of an object. `key` is the name, an expression where it is computed, None for `...value`."""

    key: str | Expr | None
    value: Expr


@dataclass(eq=False, slots=True)
class Object(Expr):
    """An object; methods in it are entries whose value is a Function (`get` and `set` methods are left out)."""

    entries: tuple[Entry, ...]


@dataclass(eq=False, slots=True)
class Member(Expr):
    """`owner.name`, `owner?.name`, `owner.#name`."""

    owner: Expr
    name: str


@dataclass(eq=False, slots=True)
class Subscript(Expr):
    """`owner[index]`."""

    owner: Expr
    index: Expr


@dataclass(eq=False, slots=True)
class Call(Expr):
    """`function(…)`, `new function(…)` with `new`. `types` are the type arguments as written.

    `import(…)` is a call of the name `import`.
    """

    function: Expr
    args: tuple[Expr, ...]
    new: bool = False
    types: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class Unary(Expr):
    """`!a`, `-a`, `typeof a`, `void a`, `delete a.b`, `++a` (`operator` without what stands before or after)."""

    operator: str
    operand: Expr


@dataclass(eq=False, slots=True)
class Binary(Expr):
    """`a + b`, `a === b`, `a && b`, `a ?? b`, `a in b`, `a instanceof b`; of `a, b` the operator is `,`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(eq=False, slots=True)
class Conditional(Expr):
    """`test ? then : otherwise`."""

    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(eq=False, slots=True)
class Await(Expr):
    """`await value`."""

    value: Expr


@dataclass(eq=False, slots=True)
class Yield(Expr):
    """`yield value`, `yield* value`; `value` None: nothing."""

    value: Expr | None


@dataclass(eq=False, slots=True)
class Assign(Expr):
    """`target = value`, `target += value` (`operator` is `=`, `+=`, `??=` …)."""

    target: Pattern
    operator: str
    value: Expr


@dataclass(eq=False, slots=True)
class Jsx(Expr):
    """An element: its tag as written (`""`: a fragment), its attributes and what stands in it."""

    tag: str
    attributes: tuple[Entry, ...]
    children: tuple[Expr, ...]


@dataclass(eq=False, slots=True)
class Other(Expr):
    """Anything else: the expressions in it."""

    parts: tuple[Expr, ...] = ()


# What is bound


@dataclass(eq=False, slots=True)
class PropertyPattern:
    """`key: target = default` in a pattern."""

    key: str | Expr
    target: Pattern
    default: Expr | None = None


@dataclass(eq=False, slots=True)
class ObjectPattern(Expr):
    """`{ a, b: c = 1, ...rest }`."""

    properties: tuple[PropertyPattern, ...]
    rest: Pattern | None = None


@dataclass(eq=False, slots=True)
class ArrayPattern(Expr):
    """`[a, , b = 1, ...rest]`: None for a hole; each with its default."""

    items: tuple[tuple[Pattern, Expr | None] | None, ...]
    rest: Pattern | None = None


Pattern = Expr
"""A Name, ObjectPattern, ArrayPattern; as the target of an assignment a Member or Subscript too."""


@dataclass(eq=False, slots=True)
class Parameter:
    """A parameter: what it binds, its type as written (`""`: none), default, and decorators (`@Body() dto`).

    `kept`: a parameter of a constructor that becomes a property (`private readonly db: Db`).
    """

    target: Pattern
    type: str = ""
    default: Expr | None = None
    rest: bool = False
    kept: bool = False
    decorators: tuple[Expr, ...] = ()


@dataclass(eq=False, slots=True)
class Function(Expr):
    """A function, arrow function or method. `name` is what it is called, `""` where nothing names it.

    `qualname` names it in its module: `Service.find`, `GET`, `router.create`, for one without a name the names around
    it and what it is handed to (`placeOrder.transaction`, `router.post(/orders)`, `<anonymous>` where that is nothing),
    a number where that is not the first (`columns.cell#2`): lines added above change none of it. `owner` is the class
    of a method, `kind` `function`, `arrow`, `method`, `constructor`, `get` or `set`. `returns` is the type that it says
    to return, as written.
    """

    name: str
    qualname: str
    parameters: tuple[Parameter, ...]
    module: Module
    kind: str = "function"
    owner: Class | None = None
    static: bool = False
    is_async: bool = False
    generator: bool = False
    returns: str = ""
    decorators: tuple[Expr, ...] = ()
    lower: Callable[[], tuple[Statement, ...]] | None = None
    _body: tuple[Statement, ...] | None = None

    @property
    def body(self) -> tuple[Statement, ...]:
        """Its statements; of an arrow function with an expression a Return of it."""
        if self._body is None:
            self._body = self.lower() if self.lower is not None else ()
        return self._body

    def forget(self) -> None:
        """Let go of its statements; they are lowered again when they are asked for."""
        self._body = None


@dataclass(eq=False, slots=True)
class Field:
    """A property of a class: `private db = new Db()`. `type` as written."""

    name: str
    value: Expr | None
    type: str = ""
    static: bool = False
    decorators: tuple[Expr, ...] = ()


@dataclass(eq=False, slots=True)
class Class(Expr):
    """A class: what it extends, its methods and accessors by name, and its properties.

    Methods are lowered as functions (their bodies later), the constructor is `methods["constructor"]`. Where two share
    a name, it leads to what gets, or to what is not static; the other is `methods["set name"]`, `["static name"]`.
    """

    name: str
    qualname: str
    module: Module
    base: Expr | None = None
    implements: tuple[str, ...] = ()
    methods: dict[str, Function] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    decorators: tuple[Expr, ...] = ()


# Statements


@dataclass(eq=False, slots=True)
class Statement:
    """The base of every statement."""

    start: int
    end: int


@dataclass(eq=False, slots=True)
class Do(Statement):
    """An expression that stands by itself."""

    value: Expr


@dataclass(eq=False, slots=True)
class Bind(Statement):
    """`const target: type = value`, one for each declarator. `kind` is `const`, `let`, `var` or `using`."""

    kind: str
    target: Pattern
    value: Expr | None
    type: str = ""


@dataclass(eq=False, slots=True)
class Define(Statement):
    """A function or class declared here."""

    value: Function | Class


@dataclass(eq=False, slots=True)
class Return(Statement):
    """`return value`."""

    value: Expr | None


@dataclass(eq=False, slots=True)
class Throw(Statement):
    """`throw value`."""

    value: Expr


@dataclass(eq=False, slots=True)
class Leave(Statement):
    """`break` or `continue`."""

    kind: str


@dataclass(eq=False, slots=True)
class If(Statement):
    """`if (test) then else otherwise`."""

    test: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(eq=False, slots=True)
class Loop(Statement):
    """A loop. `kind` is `for of`, `for in`, `for`, `while` or `do`.

    The first two go through `over` and bind `target`; the others have `first` (what stands before), `test`, `step`.
    """

    kind: str
    body: tuple[Statement, ...]
    target: Pattern | None = None
    over: Expr | None = None
    first: tuple[Statement, ...] = ()
    test: Expr | None = None
    step: Expr | None = None


@dataclass(eq=False, slots=True)
class Try(Statement):
    """`try { body } catch (target) { handler } finally { last }`.

    `handler` None: no catch; `caught` is where the catch clause stands.
    """

    body: tuple[Statement, ...]
    target: Pattern | None = None
    handler: tuple[Statement, ...] | None = None
    last: tuple[Statement, ...] = ()
    caught: tuple[int, int] = (0, 0)


@dataclass(eq=False, slots=True)
class Case:
    """A case of a switch; `test` None: `default`."""

    test: Expr | None
    body: tuple[Statement, ...]


@dataclass(eq=False, slots=True)
class Switch(Statement):
    """`switch (subject) { … }`."""

    subject: Expr
    cases: tuple[Case, ...]


@dataclass(eq=False, slots=True)
class Block(Statement):
    """`{ … }` by itself, a namespace (with its name), what a label stands before."""

    body: tuple[Statement, ...]
    name: str = ""


@dataclass(eq=False, slots=True)
class Enum(Statement):
    """`enum Name { A = "a", B }`: its members with their values (numbered where nothing is said, None: not known)."""

    name: str
    members: dict[str, str | int | float | None]


@dataclass(eq=False, slots=True)
class TypeDeclaration(Statement):
    """`type Name<…> = …` or `interface Name extends … { … }`: what stands for it, as written (an interface with its
    braces); `extends` of an interface."""

    name: str
    text: str
    extends: tuple[str, ...] = ()


# Modules


@made_often
@dataclass(frozen=True, slots=True)
class Imported:
    """What a name of a module is bound to by an import: `name` of the module `specifier`.

    `name` is `default` for a default import, `*` for the whole module (also `const x = require("y")`).
    `type_only`: it is gone when the program runs.
    """

    specifier: str
    name: str
    type_only: bool = False


@dataclass(eq=False, slots=True)
class Module:
    """One file. `statements` are its top level without imports and exports; what an `export` declares is among them.

    `bound` are the names that its top level binds, each to the statement that does (the last one where several do, a
    value before a type of the same name); `types` are its type declarations by name.
    `exports` leads from exported names to local ones (`default` too; an expression exported as default is bound to the
    name `default` by a Bind of its own), `passed_on` from exported names to imports (`export { a } from "./b"`),
    `stars` are the specifiers of `export * from`. CommonJS's `module.exports` and `exports.x` count as exports.
    `problems` are the places (start, end) that could not be parsed, or are nested too deeply to be followed.
    `outer` are the functions and methods that stand in no other one.
    `recoded`: `source` is not, byte for byte, what the file holds, so that offsets are none of the file.
    """

    path: str
    source: bytes
    statements: tuple[Statement, ...] = ()
    bound: dict[str, Statement] = field(default_factory=dict)
    types: dict[str, TypeDeclaration] = field(default_factory=dict)
    imports: dict[str, Imported] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    passed_on: dict[str, Imported] = field(default_factory=dict)
    stars: tuple[str, ...] = ()
    problems: tuple[tuple[int, int], ...] = ()
    recoded: bool = False
    outer: list[Function] = field(default_factory=list)
    _lines: list[int] | None = None
    _mentioned: dict[int, tuple[Searched, list[tuple[int, int]]]] = field(default_factory=dict)
    _origins: dict[tuple[int, int], Origin] = field(default_factory=dict)

    def line(self, offset: int) -> int:
        """The line, counted from one, that an offset lies in."""
        if self._lines is None:
            self._lines = [match.end() for match in re.finditer(rb"\n", self.source)]
        return bisect_right(self._lines, offset) + 1

    def origin(self, start: int, end: int) -> Origin:
        """The place of a span of this file."""
        found = self._origins.get((start, end))
        if found is None:  # each is asked for several times
            found = self._origins[start, end] = self._origin(start, end)
        return found

    def _origin(self, start: int, end: int) -> Origin:
        line = self.line(start)
        begin = self._lines[line - 2] if self._lines and line > 1 else 0
        column = len(self.source[begin:start].decode(errors="replace")) + 1
        last = self.line(max(start, end - 1))
        if self.recoded:
            return Origin(self.path, line, column, last)
        return Origin(self.path, line, column, last, None, start, end)

    def forget(self) -> None:
        """Let go of the bodies of its functions; they are lowered again when they are asked for."""
        self._origins.clear()
        for function in self.outer:
            function.forget()

    def text(self, start: int, end: int) -> str:
        """The source of a span."""
        return self.source[start:end].decode(errors="replace")

    def mentions(self, pattern: Searched, start: int, end: int) -> bool:
        """Whether a pattern matches within a span: the module is searched once for all who ask for spans of it."""
        known = self._mentioned.get(id(pattern))  # its hash is made anew each time
        if known is not None and known[0] is pattern:
            found = known[1]
        else:
            words = pattern if isinstance(pattern, Words) else Words((pattern,))
            found = words.spans(self.source)
            self._mentioned[id(pattern)] = (pattern, found)
        first = bisect_left(found, (start, start))
        return first < len(found) and found[first][1] <= end


@made_often
@dataclass(frozen=True, slots=True)
class Found:
    """A name at the top level of a module of the project; `*`: the module as a whole."""

    module: Module
    name: str


@made_often
@dataclass(frozen=True, slots=True)
class External:
    """Something that a package exports: `name` is `default`, `*` (all of it) or its own (`drizzle-orm`, `eq`).

    `package` is the specifier as written (`drizzle-orm/pg-core`); also that of a file which the project lacks, as it is
    made when the program is built (`@/generated/prisma/client`, `PrismaClient`), or which is left out as generated.
    """

    package: str
    name: str
