"""Statements, declarations of variables, enums and types."""

from __future__ import annotations

from tree_sitter import Node

from dbarchitect.sources.typescript.enums import enum
from dbarchitect.sources.typescript.functions import bound, declared
from dbarchitect.sources.typescript.lowering import DEEPEST, Lowering, OfStatement
from dbarchitect.sources.typescript.patterns import pattern
from dbarchitect.sources.typescript.syntax import (
    ArrayPattern,
    Binary,
    Bind,
    Block,
    Case,
    Define,
    Do,
    Expr,
    If,
    Leave,
    Loop,
    Name,
    Pattern,
    Return,
    Statement,
    Subscript,
    Switch,
    Throw,
    Try,
    TypeDeclaration,
)


def expression(r: Lowering, node: Node, out: list[Statement]) -> None:
    """An expression that stands by itself (or a namespace, which the grammar puts there)."""
    inner = r.first(node)
    if inner is None:
        return
    lower = r.statements.get(inner.kind_id)
    if lower is not None:
        lower(r, inner, out)
    else:
        out.append(Do(node.start_byte, node.end_byte, r.expressions[inner.kind_id](r, inner)))


def variables(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`const a = 1, b = 2`."""
    t = r.t
    start = node.start_byte
    word = r.chars[start : start + 5]
    kind = word if word == "const" else "using" if word in {"using", "await"} else word[:3]
    for child in node.named_children:
        if child.kind_id != t.declarator:
            continue
        named, value = child.child_by_field_id(t.of_name), child.child_by_field_id(t.of_value)
        if named is None:
            continue
        written = ""
        if child.named_child_count != 1 + (value is not None):
            written = r.type(child.child_by_field_id(t.of_type))
        target = pattern(r, named)
        made: Expr | None = None
        if value is not None:
            if value.kind_id in t.plain or not isinstance(target, Name):
                made = r.expressions[value.kind_id](r, value)
            else:
                made = bound(r, value, target.id)
        out.append(Bind(child.start_byte, child.end_byte, kind, target, made, written))


def definition(r: Lowering, node: Node, out: list[Statement]) -> None:
    """A function or class."""
    if node.child_by_field_id(r.t.of_body) is not None:
        out.append(Define(node.start_byte, node.end_byte, declared(r, node)))


def return_(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`return value`."""
    inner = r.first(node)
    value = r.expressions[inner.kind_id](r, inner) if inner is not None else None
    out.append(Return(node.start_byte, node.end_byte, value))


def throw(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`throw value`."""
    out.append(Throw(node.start_byte, node.end_byte, r.expr(r.first(node))))


def leave(_: Lowering, node: Node, out: list[Statement]) -> None:
    """`break`, `continue`."""
    out.append(Leave(node.start_byte, node.end_byte, node.type.removesuffix("_statement")))


def if_(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`if … else if … else …`, however long."""
    t = r.t
    arms: list[tuple[int, int, Expr, tuple[Statement, ...]]] = []
    last: tuple[Statement, ...] = ()
    at: Node | None = node
    while at is not None:
        test = r.expr(at.child_by_field_id(t.of_condition))
        then = r.block(at.child_by_field_id(t.of_consequence))
        arms.append((at.start_byte, at.end_byte, test, then))
        clause = at.child_by_field_id(t.of_alternative)
        otherwise = r.first(clause) if clause is not None and clause.kind_id == t.else_clause else None
        if otherwise is not None and otherwise.kind_id == t.if_statement:
            at = otherwise
            if len(arms) >= DEEPEST:
                r.too_deep(at.start_byte, at.end_byte)
                break
        else:
            last = r.block(otherwise)
            at = None
    for start, end, test, then in reversed(arms):
        last = (If(start, end, test, then, last),)
    out.extend(last)


def for_in(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`for (const a of b)`, `for (a in b)`."""
    t = r.t
    left, operator = node.child_by_field_id(t.of_left), node.child_by_field_id(t.of_operator)
    kind = "for in" if operator is not None and operator.type == "in" else "for of"
    target: Pattern | None = pattern(r, left) if left is not None else None
    if isinstance(target, Subscript) and isinstance(target.owner, Name) and target.owner.id == "let":
        target = _names(target)  # `for await (let [a] of b)`
    over = r.expr(node.child_by_field_id(t.of_right))
    body = r.block(node.child_by_field_id(t.of_body))
    out.append(Loop(node.start_byte, node.end_byte, kind, body, target, over))


def _names(read: Subscript) -> Pattern:
    """The pattern that the grammar took for a member of something called `let`."""
    names, at = list[Pattern](), read.index
    while isinstance(at, Binary) and at.operator == ",":
        names.append(at.right)
        at = at.left
    return ArrayPattern(read.start, read.end, tuple((name, None) for name in (at, *reversed(names))))


def for_(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`for (first; test; step)`."""
    t = r.t
    begun = node.child_by_field_id(t.of_initializer)
    first: list[Statement] = []
    if begun is not None and begun.kind_id != t.empty:
        lower = r.statements.get(begun.kind_id)
        if lower is not None:
            lower(r, begun, first)
        else:
            first.append(Do(begun.start_byte, begun.end_byte, r.expr(begun)))
    test = _part(r, node.child_by_field_id(t.of_condition))
    step = _part(r, node.child_by_field_id(t.of_increment))
    body = r.block(node.child_by_field_id(t.of_body))
    out.append(Loop(node.start_byte, node.end_byte, "for", body, None, None, tuple(first), test, step))


def _part(r: Lowering, node: Node | None) -> Expr | None:
    if node is not None and node.kind_id == r.t.expression_statement:
        node = r.first(node)
    return r.expr(node) if node is not None and node.is_named and node.kind_id != r.t.empty else None


def while_(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`while (test) …`, `do … while (test)`."""
    test = r.expr(node.child_by_field_id(r.t.of_condition))
    body = r.block(node.child_by_field_id(r.t.of_body))
    kind = "do" if node.type == "do_statement" else "while"
    out.append(Loop(node.start_byte, node.end_byte, kind, body, test=test))


def try_(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`try … catch … finally …`."""
    t = r.t
    body = r.block(node.child_by_field_id(t.of_body))
    made = Try(node.start_byte, node.end_byte, body)
    handler = node.child_by_field_id(t.of_handler)
    if handler is not None:
        caught = handler.child_by_field_id(t.of_parameter)
        made.target = pattern(r, caught) if caught is not None else None
        made.handler = r.block(handler.child_by_field_id(t.of_body))
        made.caught = (handler.start_byte, handler.end_byte)
    last = node.child_by_field_id(t.of_finalizer)
    if last is not None:
        made.last = r.block(last.child_by_field_id(t.of_body))
    out.append(made)


def switch(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`switch (subject) { case … }`."""
    subject = r.expr(node.child_by_field_id(r.t.of_value))
    body = node.child_by_field_id(r.t.of_body)
    cases: list[Case] = []
    for child in body.named_children if body is not None else ():
        if child.type not in {"switch_case", "switch_default"}:
            continue
        value = child.child_by_field_id(r.t.of_value)
        inside: list[Statement] = []
        r.into([c for c in child.named_children if value is None or c.id != value.id], inside)
        cases.append(Case(r.expr(value) if value is not None else None, tuple(inside)))
    out.append(Switch(node.start_byte, node.end_byte, subject, tuple(cases)))


def block(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`{ … }`."""
    out.append(Block(node.start_byte, node.end_byte, r.block(node)))


def labelled(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`label: …`, `with (object) …`."""
    out.append(Block(node.start_byte, node.end_byte, r.block(node.child_by_field_id(r.t.of_body))))


def namespace(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`namespace Name { … }`; what is declared of another module (`declare module "x"`) is none of this one."""
    named = node.child_by_field_id(r.t.of_name)
    if named is None or named.kind_id == r.t.string:
        return
    name = r.text(named)
    before = r.prefix
    r.prefix = f"{before}.{name}" if before else name
    body = r.block(node.child_by_field_id(r.t.of_body))
    r.prefix = before
    out.append(Block(node.start_byte, node.end_byte, body, name))


def ambient(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`declare …`: variables, classes, enums and types; `declare global` says nothing of this module."""
    for child in r.parts(node):
        if child.kind_id != r.t.block and child.type not in {"module", "internal_module"}:
            r.into((child,), out)


def exported(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`export …` in a namespace: what it declares."""
    inner = node.child_by_field_id(r.t.of_declaration)
    if inner is not None:
        r.into((inner,), out)


def type_alias(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`type Name = …`."""
    named, value = node.child_by_field_id(r.t.of_name), node.child_by_field_id(r.t.of_value)
    if named is not None and value is not None:
        out.append(TypeDeclaration(node.start_byte, node.end_byte, r.text(named), r.text(value)))


def interface(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`interface Name extends … { … }`."""
    named, body = node.child_by_field_id(r.t.of_name), node.child_by_field_id(r.t.of_body)
    if named is None or body is None:
        return
    extends: tuple[str, ...] = ()
    for child in node.named_children:
        if child.type == "extends_type_clause":
            extends = tuple(map(r.text, r.parts(child)))
    out.append(TypeDeclaration(node.start_byte, node.end_byte, r.text(named), r.text(body), extends))


def alias(r: Lowering, node: Node, out: list[Statement]) -> None:
    """`import Name = Namespace.Other`."""
    parts = r.parts(node)
    if len(parts) == 2:
        value = r.expr(parts[1])
        name = Name(parts[0].start_byte, parts[0].end_byte, r.text(parts[0]))
        out.append(Bind(node.start_byte, node.end_byte, "const", name, value))


def broken(r: Lowering, node: Node, out: list[Statement]) -> None:
    """What could not be parsed: the statements, functions and expressions in it that could."""
    if r.depth >= DEEPEST:
        return
    r.depth += 1
    t = r.t
    for child in node.named_children:
        kind = child.kind_id
        lower = r.statements.get(kind)
        if lower is not None:
            lower(r, child, out)
        elif kind in t.functions and child.child_by_field_id(t.of_name) is not None:
            definition(r, child, out)
        elif kind not in t.known:
            broken(r, child, out)
        elif kind not in t.plain:
            out.append(Do(child.start_byte, child.end_byte, r.expressions[kind](r, child)))
    r.depth -= 1


STATEMENTS: dict[str, OfStatement] = {
    "expression_statement": expression,
    "lexical_declaration": variables,
    "variable_declaration": variables,
    "function_declaration": definition,
    "generator_function_declaration": definition,
    "class_declaration": definition,
    "abstract_class_declaration": definition,
    "return_statement": return_,
    "throw_statement": throw,
    "break_statement": leave,
    "continue_statement": leave,
    "if_statement": if_,
    "for_in_statement": for_in,
    "for_statement": for_,
    "while_statement": while_,
    "do_statement": while_,
    "try_statement": try_,
    "switch_statement": switch,
    "statement_block": block,
    "labeled_statement": labelled,
    "with_statement": labelled,
    "internal_module": namespace,
    "module": namespace,
    "ambient_declaration": ambient,
    "export_statement": exported,
    "type_alias_declaration": type_alias,
    "interface_declaration": interface,
    "enum_declaration": enum,
    "import_alias": alias,
    "ERROR": broken,
}
