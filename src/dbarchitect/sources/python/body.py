"""The body of a function with its branches, loops and blocks kept apart, as following it step by step needs it.

`sources.python.statements` flattens branches, which is what a reader of models wants. A migration is a program: a
`with op.batch_alter_table(…) as batch:` and the values of a loop decide what its statements mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import tree_sitter

from dbarchitect.sources.python.expressions import (
    BinOp,
    Call,
    Dict,
    Display,
    Expr,
    Lambda,
    Literal,
    Name,
    Span,
    Subscript,
    Unknown,
)
from dbarchitect.sources.python.parse import ExpressionReader, parse
from dbarchitect.sources.python.statements import FunctionDef

_DEEPEST = 200
"""Columns: blocks indented further were not written by a person, and would exhaust our stack."""
_TUPLES = frozenset({"pattern_list", "tuple_pattern", "list_pattern"})
_CONTAINERS = frozenset({"list", "dict", "set"})
_GROWING = frozenset({"append", "extend", "add", "update"})


@dataclass(frozen=True, slots=True)
class Do:
    """An expression standing alone."""

    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Bind:
    """`a = b = value`, `a, b = value` (one target of two names), `a += value` (the value is then `a + value`)."""

    targets: tuple[tuple[str, ...], ...]
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Grow:
    """`name.append(value)`, `name.extend(value)`, `name[key] = value`."""

    name: str
    method: str
    value: Expr
    key: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Branch:
    """`if test: body else: orelse`; an `elif` is a Branch in the else."""

    test: Expr
    body: tuple[Step, ...]
    orelse: tuple[Step, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Loop:
    """`for targets in iterable: body`; of a `while` the iterable is None, and `test` its condition."""

    targets: tuple[str, ...]
    iterable: Expr | None
    body: tuple[Step, ...]
    span: Span
    test: Expr | None = None


@dataclass(frozen=True, slots=True)
class With:
    """`with value as name, …: body`; the name is None where none is given."""

    items: tuple[tuple[Expr, str | None], ...]
    body: tuple[Step, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Except:
    """`except types as name: body`; `types` is None for a bare `except:`."""

    types: Expr | None
    name: str | None
    body: tuple[Step, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Try:
    """`try: body … else: … finally: …` as if nothing went wrong, and what is done when something does. `otherwise`
    tells that there is an `else`."""

    body: tuple[Step, ...]
    span: Span
    handlers: tuple[Except, ...] = ()
    otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """`return value`, `yield value`, `raise value`, `break`, `continue`: `kind` says which."""

    kind: str
    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Define:
    """A function or class inside the function; what it is, the module's own reading knows."""

    name: str
    span: Span


Step: TypeAlias = Do | Bind | Grow | Branch | Loop | With | Try | Leave | Define


def holds_nothing(expr: Expr) -> bool:
    """Whether a default is a list, a set or a dictionary with nothing in it: `[]`, `dict`, `lambda: {}`."""
    match expr:
        case Lambda(body=body):
            return holds_nothing(body)
        case Call(args=(), kwargs=()):
            return expr.name in _CONTAINERS
        case Name(id=name):
            return name in _CONTAINERS
        case Display(items=()) | Dict(items=()):
            return True
    return False


def may_give_nothing(function: FunctionDef) -> bool:
    """Whether a function returns None on some way, as far as its `return` statements say."""
    left = (step for step in within(steps_of(function)) if isinstance(step, Leave) and step.kind == "return")
    return any(_is_nothing(step.value) for step in left)


def _is_nothing(value: Expr | None) -> bool:
    return value is None or (isinstance(value, Literal) and value.value is None)


def within(steps: tuple[Step, ...]) -> Iterator[Step]:
    """The steps, and those of the branches, loops and blocks among them."""
    for step in steps:
        yield step
        match step:
            case Branch(body=body, orelse=other):
                yield from within((*body, *other))
            case Loop(body=body) | With(body=body):
                yield from within(body)
            case Try(body=body, handlers=handlers):
                yield from within((*body, *(inner for handler in handlers for inner in handler.body)))


def steps_of(function: FunctionDef) -> tuple[Step, ...]:
    """The steps of a function's body, in order. What cannot be parsed is left out."""
    if function.syntax is not None:
        node, source, offset, line = function.syntax
        body = node.child_by_field_name("body")
        return tuple(_Reader(source, offset, line).block(body))
    span = function.span
    source = function.module.source[span.start : span.end]
    reader = _Reader(source, span.start, span.line - 1)
    root = parse(source).root_node
    definition = next((n for n in root.named_children if n.type == "function_definition"), None)
    body = definition.child_by_field_name("body") if definition is not None else None
    return tuple(reader.block(body)) if body is not None else ()


def steps_of_module(source: bytes) -> tuple[Step, ...]:
    """The steps of a module's own statements, in order; its functions and classes are only named."""
    return tuple(_Reader(source).block(parse(source).root_node))


class _Reader(ExpressionReader):
    """Steps of one function; places are those of its file."""

    __slots__ = ()

    def called(self, call: Call) -> Expr:
        """Of `op.f("name")`, which only says that the name is final, the name."""
        return call.args[0] if len(call.args) == 1 and (call.name or "").endswith(".f") else call

    def block(self, node: tree_sitter.Node | None) -> Iterator[Step]:
        """The steps of a block."""
        if node is None or node.start_point[1] > _DEEPEST:
            return
        for child in node.children:
            yield from self._step(child)

    def _step(self, node: tree_sitter.Node) -> Iterator[Step]:  # noqa: C901 - one case for each kind of statement
        span = self.span(node)
        match node.type:
            case "expression_statement":
                for part in node.named_children:
                    yield from self._simple(part, self.span(part))
            case "if_statement":
                yield from self._named(node.child_by_field_name("condition"))
                yield self._branch(node, [*node.children_by_field_name("alternative")])
            case "for_statement":
                target = node.child_by_field_name("left")
                iterable = self.expression(node.child_by_field_name("right"))
                body = tuple(self.block(node.child_by_field_name("body")))
                yield Loop(self._names(target), iterable, body, span)
            case "while_statement":
                test = node.child_by_field_name("condition")
                yield from self._named(test)
                body = tuple(self.block(node.child_by_field_name("body")))
                yield Loop((), None, body, span, self.expression(test))
            case "with_statement":
                yield With(tuple(self._with_items(node)), tuple(self.block(node.child_by_field_name("body"))), span)
            case "try_statement":
                otherwise = any(child.type == "else_clause" for child in node.named_children)
                yield Try(tuple(self._tried(node)), span, tuple(self._handlers(node)), otherwise)
            case "match_statement":
                yield from self._match(node, span)
            case "return_statement":
                parts = [c for c in node.named_children if c.type != "comment"]
                yield Leave("return", self.expression(parts[0]) if parts else None, span)
            case "raise_statement":
                parts = [c for c in node.named_children if c.type != "comment"]
                yield Leave("raise", self.expression(parts[0]) if parts else None, span)
            case "break_statement" | "continue_statement":
                yield Leave(node.type.partition("_")[0], None, span)
            case "assert_statement":
                for part in node.named_children:
                    yield Do(self.expression(part), span)
            case "function_definition" | "class_definition" | "decorated_definition":
                inner = node.child_by_field_name("definition") or node
                name = inner.child_by_field_name("name")
                yield Define(self.text(name) if name is not None else "", span)
            case "ERROR":
                yield from self.block(node)

    def _simple(self, node: tree_sitter.Node, span: Span) -> Iterator[Step]:
        if node.type == "comment":
            return
        if node.type == "assignment":
            yield from self._assignment(node, span)
        elif node.type == "augmented_assignment":
            target = self.expression(node.child_by_field_name("left"))
            operator = node.child_by_field_name("operator")
            op = self.text(operator).removesuffix("=") if operator is not None else "+"
            if isinstance(target, Name):
                grown = BinOp(op, target, self.expression(node.child_by_field_name("right")), span)
                yield Bind(((target.id,),), grown, span)
        elif node.type == "yield":
            parts = [c for c in node.named_children if c.type != "comment"]
            yield Leave("yield", self.expression(parts[0]) if parts else None, span)
        else:
            yield from self._named(node)
            value = self.expression(node)
            yield _grown(value, span) or Do(value, span)

    def _named(self, node: tree_sitter.Node | None) -> Iterator[Step]:
        """The names that `:=` binds inside an expression, as if they had been bound before it."""
        if node is None or self.source.find(b":=", node.start_byte, node.end_byte) < 0:
            return
        stack = [node]
        while stack:
            found = stack.pop()
            if found.type == "named_expression":
                name = found.child_by_field_name("name")
                if name is not None:
                    value = self.expression(found.child_by_field_name("value"))
                    yield Bind(((self.text(name),),), value, self.span(found))
            stack.extend(reversed(found.named_children))

    def _match(self, node: tree_sitter.Node, span: Span) -> Iterator[Step]:
        """The arms of a `match`, as branches of which nothing tells which one is taken."""
        blocks = (child for child in node.named_children if child.type == "block")
        clauses = (child for block in blocks for child in block.named_children if child.type == "case_clause")
        arms = [tuple(self.block(clause.child_by_field_name("consequence"))) for clause in clauses]
        orelse: tuple[Step, ...] = ()
        for arm in reversed(arms):
            orelse = (Branch(Unknown("match", span), arm, orelse, span),)
        yield from orelse

    def _handlers(self, node: tree_sitter.Node) -> Iterator[Except]:
        for child in node.named_children:
            if child.type not in {"except_clause", "except_group_clause"}:
                continue
            types: Expr | None = None
            name: str | None = None
            body: tuple[Step, ...] = ()
            for part in child.named_children:
                if part.type == "block":
                    body = tuple(self.block(part))
                elif part.type == "as_pattern":
                    types = self.expression(part.named_children[0])
                    alias = part.child_by_field_name("alias")
                    name = self.text(alias) if alias is not None else None
                elif part.type != "comment" and types is None:
                    types = self.expression(part)
            yield Except(types, name, body, self.span(child))

    def _assignment(self, node: tree_sitter.Node, span: Span) -> Iterator[Step]:
        lefts = [node.child_by_field_name("left")]
        right = node.child_by_field_name("right")
        while right is not None and right.type == "assignment":
            lefts.append(right.child_by_field_name("left"))
            right = right.child_by_field_name("right")
        if right is None:
            return
        yield from self._named(right)
        value = self.expression(right)
        targets = []
        for left in lefts:
            found = self.expression(left) if left is not None and left.type == "subscript" else None
            if isinstance(found, Subscript) and isinstance(found.value, Name):
                yield Grow(found.value.id, "[]=", value, found.index, span)
            elif left is not None:
                targets.append(self._names(left))
        if targets or not lefts:
            yield Bind(tuple(targets), value, span)

    def _names(self, node: tree_sitter.Node | None) -> tuple[str, ...]:
        if node is None:
            return ()
        if node.type in _TUPLES:
            return tuple(self.text(child) for child in node.named_children if child.type != "comment")
        return (self.text(node),)

    def _branch(self, node: tree_sitter.Node, alternatives: list[tree_sitter.Node]) -> Branch:
        test = self.expression(node.child_by_field_name("condition"))
        body = tuple(self.block(node.child_by_field_name("consequence")))
        orelse: tuple[Step, ...] = ()
        if alternatives:
            first, *rest = alternatives
            if first.type == "elif_clause":
                orelse = (self._branch(first, rest),)
            else:
                orelse = tuple(self.block(first.child_by_field_name("body")))
        return Branch(test, body, orelse, self.span(node))

    def _with_items(self, node: tree_sitter.Node) -> Iterator[tuple[Expr, str | None]]:
        for clause in (c for c in node.named_children if c.type == "with_clause"):
            for item in (c for c in clause.named_children if c.type == "with_item"):
                value = item.child_by_field_name("value")
                if value is not None and value.type == "as_pattern":
                    alias = value.child_by_field_name("alias")
                    yield self.expression(value.named_children[0]), self.text(alias) if alias is not None else None
                else:
                    yield self.expression(value), None

    def _tried(self, node: tree_sitter.Node) -> Iterator[Step]:
        for child in node.named_children:
            if child.type == "block":
                yield from self.block(child)
            elif child.type in {"else_clause", "finally_clause"}:
                for inner in (c for c in child.named_children if c.type == "block"):
                    yield from self.block(inner)


def _grown(value: Expr, span: Span) -> Grow | None:
    if not isinstance(value, Call) or value.name is None or len(value.args) != 1 or value.kwargs:
        return None
    name, _, method = value.name.rpartition(".")
    if not name or "." in name or method not in _GROWING:
        return None
    return Grow(name, method, value.args[0], None, span)


def does_something(function: FunctionDef | None) -> bool:
    """Whether a function does anything but fail: no `pass`, no text, no bare `return`, no `raise`."""
    return function is not None and _acts(steps_of(function))


def only_fails(steps: tuple[Step, ...]) -> bool:
    """Whether a function is there for heirs to write: it raises, and does nothing before."""
    fails = bool(steps) and isinstance(steps[-1], Leave) and steps[-1].kind == "raise"
    return fails and not _acts(steps)


def _acts(steps: tuple[Step, ...]) -> bool:
    for step in steps:
        if isinstance(step, Leave) and step.kind == "raise":
            return False
        if isinstance(step, Leave | Define):
            continue
        if isinstance(step, Do) and isinstance(step.value, Literal | Unknown):
            continue
        if isinstance(step, Do) and isinstance(step.value, Call) and step.value.name in {"print", "warn"}:
            continue
        return True
    return False
