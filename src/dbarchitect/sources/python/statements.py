"""Python modules and their statements as plain data: what a file or a class body says, in order.

Branches are flattened: a statement inside `if`, `try`, `for`, `while`, `with` or `match` stands in the same tuple and
carries the `Condition`s under which it runs. Bodies of classes and functions are read when they are first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.consulted import note_file
from dbarchitect.sources.discover import SourceFile, is_plain, utf16_coding
from dbarchitect.sources.python.expressions import NOWHERE, Expr, Keyword, Name, Span

if TYPE_CHECKING:
    import tree_sitter


@dataclass(frozen=True, slots=True)
class Condition:
    """A test that must come out as `expected`; a test of None is one that cannot be known (loops, except, match)."""

    test: Expr | None
    expected: bool = True


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, `target: annotation = value`, `target: annotation` (value None).

    `target` is a name, or a dotted name for `x.y = …`. `a = b = v` gives two, `a, b = 1, 2` one each (`a, b = f()`
    gives `f()[0]`, `f()[1]`). `type X = …` is an Assign as well.
    """

    target: str
    value: Expr | None
    annotation: Expr | None = None
    conditions: tuple[Condition, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Mutate:
    """A change of something named: `x += v`, `x.append(v)` / extend / insert / remove / update, `x[key] = v`.

    `op` is the operator (`+=`), the method's name, or `[]=`.
    """

    target: str
    op: str
    value: Expr
    key: Expr | None = None
    conditions: tuple[Condition, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Import:
    """`import a.b as c` (name None) or `from a.b import name as alias`; `level` counts the leading dots.

    `bound` is the name it makes known: `*` for a star import; for `import a.b` it is `a`.
    """

    module: str
    level: int
    name: str | None
    bound: str
    conditions: tuple[Condition, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Effect:
    """An expression standing alone, nearly always a call: `event.listen(…)`, `Index("ix", User.email)`."""

    value: Expr
    conditions: tuple[Condition, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Return:
    """`return value` inside a function."""

    value: Expr | None
    conditions: tuple[Condition, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; `star` is '', '*' or '**'."""

    name: str
    default: Expr | None = None
    annotation: Expr | None = None
    star: str = ""


class Syntax(NamedTuple):
    """Where a function stands in the tree of its file (or of a piece of it that was parsed by itself).

    `source` is what was parsed; `offset` and `line` are to be added to places in it.
    """

    node: tree_sitter.Node
    source: bytes
    offset: int
    line: int


@dataclass(eq=False, slots=True)
class FunctionDef:
    """A function or method; equal only to itself. `body` is read on demand; `outer` is what it is written in.

    `syntax` is its place in a tree without errors, None where it has some.
    """

    name: str
    qualname: str
    module: Module
    decorators: tuple[Expr, ...]
    parameters: tuple[Parameter, ...]
    annotation: Expr | None
    outer: Scope | None
    conditions: tuple[Condition, ...]
    span: Span
    _read: Callable[[FunctionDef], tuple[Statement, ...]] = field(repr=False)
    syntax: Syntax | None = field(default=None, repr=False)
    _body: tuple[Statement, ...] | None = field(default=None, repr=False)
    _members: dict[str, Statement] | None = field(default=None, repr=False)

    @property
    def body(self) -> tuple[Statement, ...]:
        """The statements of the body, in order."""
        if self._body is None:
            self._body = self._read(self)
        return self._body

    @property
    def members(self) -> dict[str, Statement]:
        """What the body binds, by name."""
        if self._members is None:
            self._members = bound_names(self.body)
        return self._members

    @property
    def returns(self) -> tuple[Expr, ...]:
        """The expressions of its `return` statements (nested functions apart), in order."""
        return tuple(s.value for s in self.body if isinstance(s, Return) and s.value is not None)


@dataclass(eq=False, slots=True)
class ClassDef:
    """A class; equal only to itself. `body` is read on demand.

    `bases` as written (`*bases` too, as Starred), `keywords` of the class statement (`metaclass=…`, `table=True`),
    `outer` the class or function that it is written in.
    """

    name: str
    qualname: str
    module: Module
    bases: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expr, ...]
    outer: Scope | None
    conditions: tuple[Condition, ...]
    span: Span
    _read: Callable[[ClassDef], tuple[Statement, ...]] = field(repr=False)
    _body: tuple[Statement, ...] | None = field(default=None, repr=False)
    _members: dict[str, Statement] | None = field(default=None, repr=False)

    @property
    def body(self) -> tuple[Statement, ...]:
        """The statements of the body, in order."""
        if self._body is None:
            self._body = self._read(self)
        return self._body

    @property
    def dotted(self) -> str:
        """Module and qualified name, for messages: `accounts.models.User.Meta`."""
        return f"{self.module.name}.{self.qualname}"

    @property
    def members(self) -> dict[str, Statement]:
        """What the body binds, by name; of several bindings see `bound_names`."""
        if self._members is None:
            self._members = bound_names(self.body)
        return self._members

    @property
    def assignments(self) -> tuple[Assign, ...]:
        """The assignments of the body, in order."""
        return tuple(s for s in self.body if isinstance(s, Assign))

    def assigned(self, name: str) -> Expr | None:
        """The value assigned to `name` in this very body, or None."""
        member = self.members.get(name)
        return member.value if isinstance(member, Assign) else None

    def nested(self, name: str) -> ClassDef | None:
        """The class `name` inside this one (`Meta`), or None."""
        member = self.members.get(name)
        return member if isinstance(member, ClassDef) else None

    @property
    def methods(self) -> tuple[FunctionDef, ...]:
        """The functions of the body, in order."""
        return tuple(s for s in self.body if isinstance(s, FunctionDef))


Scope: TypeAlias = ClassDef | FunctionDef
Statement: TypeAlias = Assign | Mutate | Import | Effect | Return | FunctionDef | ClassDef


def bound_name(statement: Statement) -> str | None:
    """The name a statement makes known, None when it makes none."""
    match statement:
        case ClassDef() | FunctionDef():
            return statement.name
        case Assign():
            return None if "." in statement.target or statement.value is None else statement.target
        case Import():
            return statement.bound
        case _:
            return None


def bound_names(statements: tuple[Statement, ...]) -> dict[str, Statement]:
    """Name → the statement that decides it: the last one, except that a conditional one never replaces another.

    So `try: import a` wins over its `except`, and `if` over its `else`; star imports are left out. What stands under
    `if TYPE_CHECKING:` is there for nobody who runs the program: anything else of that name wins over it.
    """
    names: dict[str, Statement] = {}
    for statement in statements:
        name = bound_name(statement)
        if name is None or name == "*":
            continue
        if name not in names or not statement.conditions or is_for_checkers(names[name]):
            names[name] = statement
    return names


def is_for_checkers(statement: Statement) -> bool:
    """Whether a statement is only there for type checkers: under `if TYPE_CHECKING:`."""
    return any(
        condition.expected and isinstance(condition.test, Name) and condition.test.id.endswith("TYPE_CHECKING")
        for condition in statement.conditions
    )


class Module:
    """A Python file. Statements are read when first asked for; equal only to itself."""

    def __init__(self, file: SourceFile, name: str, read: Callable[[Module], tuple[Statement, ...]]) -> None:
        self.file = file
        self.path = file.path
        self.name = name
        self._read = read
        self.directory = file.path.rpartition("/")[0]
        """The folder the file is in, '' for the root of the project."""
        self.is_package = file.path.rsplit("/", 1)[-1] == "__init__.py"
        self._problems: list[Diagnostic] = []
        self._mentioned: dict[tuple[re.Pattern[bytes], int, int], bool] = {}

    def __repr__(self) -> str:
        """The path, for messages of failing tests."""
        return f"Module({self.path!r})"

    @cached_property
    def _bytes(self) -> bytes:
        return self.file.content()

    @cached_property
    def searched(self) -> bytes:
        """The source, for those who only look whether a word is in it and tell `Consulted` so."""
        return self._bytes if is_plain(self._bytes) else self.source

    @cached_property
    def source(self) -> bytes:
        """The file as UTF-8: its own bytes, or re-encoded where it declares another coding."""
        note_file(self.path)
        raw = self._bytes
        coding = utf16_coding(raw)
        if coding is not None:
            self.report(Span(0, 0, 1), "the file is in UTF-16, which Python does not read")
            return raw.decode(coding, "replace").encode("utf-8", "replace")
        if raw.isascii():
            return raw
        try:
            text = self.file.text()
        except OSError:
            return raw.decode("utf-8", "replace").encode()  # gone since it was first read
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.report(Span(0, 0, line), f"bytes that are not {error.encoding}; they are read as unknown characters")
            return raw.decode("utf-8", "replace").encode()
        encoded = text.encode("utf-8", "replace")
        return raw if raw.endswith(encoded) else encoded

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """All statements of the module, branches flattened."""
        return self._read(self)

    @property
    def is_read(self) -> bool:
        """Whether somebody has asked for the statements."""
        return "statements" in self.__dict__

    @cached_property
    def names(self) -> dict[str, Statement]:
        """Name → the statement that binds it at module level."""
        return bound_names(self.statements)

    @cached_property
    def stars(self) -> tuple[Import, ...]:
        """The star imports, last first: a later one hides an earlier one."""
        return tuple(s for s in reversed(self.statements) if isinstance(s, Import) and s.bound == "*")

    @cached_property
    def classes(self) -> tuple[ClassDef, ...]:
        """Every class of the file in order: at module level, nested, and inside functions."""
        return tuple(_classes(self.statements, self.source))

    @cached_property
    def assignments(self) -> dict[str, Expr]:
        """Name → value of the module-level assignment that decides it."""
        return {n: s.value for n, s in self.names.items() if isinstance(s, Assign) and s.value is not None}

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """What could not be read so far: bodies of classes add theirs when they are read."""
        return tuple(dict.fromkeys(self._problems))

    def bindings(self, name: str) -> tuple[Assign | Mutate, ...]:
        """Every module-level assignment and change of a name, in order."""
        return tuple(s for s in self.statements if isinstance(s, (Assign, Mutate)) and s.target == name)

    def origin(self, span: Span) -> Origin:
        """The place of a span of this file."""
        end_line = span.end_line or span.line
        return Origin(self.path, span.line, span.column, end_line, None, span.start, span.end, self.digest)

    def mentions(self, pattern: re.Pattern[bytes], span: Span) -> bool:
        """Whether a pattern matches within a span; each span is searched once."""
        key = (pattern, span.start, span.end)
        found = self._mentioned.get(key)
        if found is None:
            found = self._mentioned[key] = pattern.search(self.source, span.start, span.end) is not None
        return found

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, as an Origin wants it."""
        return sha256(self.file.read_bytes()).hexdigest()

    def forget(self) -> None:
        """Let go of the source and of what was read from it: whoever asks again has it read again."""
        for name in ("_bytes", "searched", "source", "statements", "names", "stars", "classes", "assignments"):
            self.__dict__.pop(name, None)
        self._mentioned.clear()

    def report(self, span: Span, text: str) -> None:
        """Note something of this file that could not be understood."""
        self._problems.append(Diagnostic(self.origin(span), text))


def _classes(statements: tuple[Statement, ...], source: bytes) -> Iterator[ClassDef]:
    for statement in statements:
        if isinstance(statement, ClassDef):
            yield statement
            if b"class " in source[statement.span.start + 6 : statement.span.end]:
                yield from _classes(statement.body, source)
        elif isinstance(statement, FunctionDef) and b"class " in source[statement.span.start : statement.span.end]:
            yield from _classes(statement.body, source)
