"""Syntax trees of tree-sitter → statements of a module.

A broken file is read in pieces: first per statement at the left margin, then per statement of a class's body, so
that a syntax error in one class costs that one statement and gives one problem with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import tree_sitter

from dbarchitect.sources.python.cuts import body_start, cuts_at, cuts_at_margin
from dbarchitect.sources.python.expressions import (
    Call,
    Display,
    Expr,
    Literal,
    Name,
    Span,
    Starred,
    Subscript,
    Unknown,
)
from dbarchitect.sources.python.parse import ExpressionReader, parse
from dbarchitect.sources.python.statements import (
    Assign,
    ClassDef,
    Condition,
    Effect,
    FunctionDef,
    Import,
    Module,
    Mutate,
    Parameter,
    Return,
    Scope,
    Statement,
    Syntax,
)

_DEEPEST = 200
"""Columns: blocks indented further were not written by a person, and would exhaust our stack."""
_DEEPEST_TARGET = 20  # of tuples within tuples that are assigned to
_CLASS = re.compile(rb"(?:if 1:\n)?(?:[ \t]*@[^\n]*\n)*[ \t]*class\b")
_BRANCHING = frozenset(
    ["if_statement", "try_statement", "except_clause", "except_group_clause", "finally_clause", "else_clause",
     "with_statement", "for_statement", "while_statement", "match_statement", "case_clause"]
)  # fmt: skip
_MUTATORS = frozenset({"append", "extend", "insert", "remove", "update", "setdefault"})
_UNTESTED = Condition(None)


def read_statements(module: Module) -> tuple[Statement, ...]:
    """All statements of a module, branches flattened; what is broken is reported to the module."""
    root = parse(module.source).root_node
    if not root.has_error:
        return tuple(_Reader(module, module.source).block(root, None, ""))
    return tuple(_pieces(module))


def release(module: Module) -> None:
    """Let go of the syntax tree of a module that was read: bodies of functions that somebody asks for are parsed
    again, each by itself."""
    if module.is_read:
        _release(module.statements)


def _release(statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        if isinstance(statement, ClassDef):
            _release(statement.body)
            statement._read = lambda owner: owner.body  # noqa: SLF001 - it holds the tree, and has been asked
        elif isinstance(statement, FunctionDef) and statement.syntax is not None:
            if statement._body is not None:  # noqa: SLF001 - what is inside is known by identity: it stays
                _release(statement.body)
            statement.syntax = None
            statement._read = _read_again  # noqa: SLF001 - it holds the tree


def _read_again(function: FunctionDef) -> tuple[Statement, ...]:
    """The statements of the body of a function whose tree was let go."""
    span = function.span
    source = function.module.source[span.start : span.end]
    reader = _Reader(function.module, source, span.start, span.line - 1)
    nodes = parse(source).root_node.named_children
    definition = next((node for node in nodes if node.type == "function_definition"), None)
    body = definition.child_by_field_name("body") if definition is not None else None
    return tuple(reader.block(body, function, f"{function.qualname}.<locals>.")) if body is not None else ()


def _pieces(module: Module) -> Iterator[Statement]:
    """The statements of a broken module, each parsed by itself."""
    source = module.source
    for start, end in cuts_at_margin(source):
        yield from _piece(module, source[start:end], start, source.count(b"\n", 0, start), None, "")


def _piece(
    module: Module, piece: bytes, offset: int, line: int, outer: ClassDef | None, prefix: str
) -> Iterator[Statement]:
    """The statements of a piece of a broken module or class; `outer` is the class whose body it is of."""
    header = b"" if outer is None else b"if 1:\n"
    reader = _Reader(module, header + piece, offset - len(header), line - bool(header))
    root = parse(reader.source).root_node
    blocks = [c.child_by_field_name("consequence") or c for c in root.named_children] if header else [root]
    found = [s for block in blocks for s in reader.block(block, outer, prefix)]
    if not root.has_error:
        yield from found
        return
    known = len(module.problems)
    if not any(isinstance(s, ClassDef) for s in found):
        found = list(reader.class_from_header(outer, prefix)) or found
    for statement in found:
        if isinstance(statement, ClassDef):
            _ = statement.body  # reads the body in pieces and reports each broken one
        yield statement
    if len(module.problems) == known:
        reader.report_errors(root)


class _Reader(ExpressionReader):
    """Statements of one (piece of a) file."""

    __slots__ = ("module",)

    def __init__(self, module: Module, source: bytes, offset: int = 0, line: int = 0) -> None:
        super().__init__(source, offset, line)
        self.module = module

    def report_errors(self, root: tree_sitter.Node) -> None:
        """Report the first broken place below a node."""
        node = root
        while node.has_error and not node.is_error and not node.is_missing:
            broken = next((c for c in node.children if c.has_error or c.is_missing), None)
            if broken is None:
                break
            node = broken
        span = self.span(node)
        if self.source.startswith(b"if 1:\n") and node.start_byte == 0:  # the header that `_piece` put in front
            span = span._replace(line=span.line + 1, start=span.start + 6)
        self.module.report(span, "syntax error: the statement here could not be read")

    def block(
        self, node: tree_sitter.Node, outer: Scope | None, prefix: str, conditions: tuple[Condition, ...] = ()
    ) -> Iterator[Statement]:
        """The statements of a module, a body or a branch."""
        if node.start_point[1] > _DEEPEST:
            self.module.report(self.span(node), f"nested deeper than {_DEEPEST} columns: not read")
            return
        for child in node.children:
            kind = child.type
            if kind == "expression_statement":
                yield from self._simple(child, conditions)
            elif kind in {"class_definition", "function_definition", "decorated_definition"}:
                yield from self._definition(child, outer, prefix, conditions)
            elif kind in {"import_statement", "import_from_statement", "future_import_statement"}:
                yield from self._import(child, conditions)
            elif kind in _BRANCHING:
                yield from self._branch(child, outer, prefix, conditions)
            elif kind == "return_statement":
                values = [c for c in child.named_children if c.type != "comment"]
                value = self.expression(values[0]) if values else None
                yield Return(value, conditions, self.span(child))
            elif kind == "type_alias_statement":
                yield from self._type_alias(child, conditions)
            elif kind == "ERROR":
                yield from self.block(child, outer, prefix, conditions)

    def _branch(
        self, node: tree_sitter.Node, outer: Scope | None, prefix: str, conditions: tuple[Condition, ...]
    ) -> Iterator[Statement]:
        if node.type != "if_statement":
            for child in node.children:
                if child.type == "block":
                    own = (
                        conditions
                        if node.type in {"with_statement", "try_statement", "finally_clause"}
                        else (*conditions, _UNTESTED)
                    )
                    yield from self.block(child, outer, prefix, own)
                elif child.type in _BRANCHING:
                    yield from self._branch(child, outer, prefix, conditions)
            return
        failed: tuple[Condition, ...] = ()
        for part in (node, *node.children_by_field_name("alternative")):
            test = part.child_by_field_name("condition")
            body = part.child_by_field_name("consequence" if test is not None else "body")
            passed: tuple[Condition, ...] = ()
            if test is not None:
                expression = self.expression(test)
                passed = (Condition(expression),)
            if body is not None:
                yield from self.block(body, outer, prefix, (*conditions, *failed, *passed))
            if test is not None:
                failed = (*failed, Condition(expression, expected=False))

    def _definition(
        self, node: tree_sitter.Node, outer: Scope | None, prefix: str, conditions: tuple[Condition, ...]
    ) -> Iterator[Statement]:
        decorators: tuple[Expr, ...] = ()
        inner = node
        if node.type == "decorated_definition":
            decorators = tuple(
                self.expression(next((c for c in child.named_children if c.type != "comment"), None))
                for child in node.children
                if child.type == "decorator"
            )
            definition = node.child_by_field_name("definition")
            if definition is None:
                return
            inner = definition
        name_node = inner.child_by_field_name("name")
        name = self.text(name_node) if name_node is not None else "?"
        span = self.span(inner)
        if inner.type == "class_definition":
            bases, keywords = self.arguments(inner.child_by_field_name("superclasses"))
            yield ClassDef(
                name, prefix + name, self.module, bases, keywords, decorators, outer, conditions, span,
                lambda owner: tuple(self._class_body(inner, owner)),
            )  # fmt: skip
        else:
            returns = inner.child_by_field_name("return_type")
            yield FunctionDef(
                name, prefix + name, self.module, decorators, tuple(self._parameters(inner)),
                self.expression(returns) if returns is not None else None, outer, conditions, span,
                lambda owner: tuple(self._function_body(inner, owner)),
                None if inner.has_error else Syntax(inner, self.source, self.offset, self.line),
            )  # fmt: skip

    def _function_body(self, node: tree_sitter.Node, owner: FunctionDef) -> Iterator[Statement]:
        body = node.child_by_field_name("body")
        if body is not None:
            yield from self.block(body, owner, f"{owner.qualname}.<locals>.")

    def _class_body(self, node: tree_sitter.Node, owner: ClassDef) -> Iterator[Statement]:
        body = node.child_by_field_name("body")
        in_pieces = node.has_error and self._body_in_pieces(node.start_byte, node.end_byte, owner)
        if in_pieces:
            yield from in_pieces
        elif body is not None:
            yield from self.block(body, owner, f"{owner.qualname}.")

    def _body_in_pieces(self, header: int, stop: int, owner: ClassDef) -> list[Statement]:
        """The statements of the body of the broken class that begins at `header`; empty when it has no lines."""
        start = body_start(self.source, header)
        indent = re.match(rb"[ \t]*", self.source[start:stop])
        found: list[Statement] = []
        if indent is None or not indent.group():
            return found
        for begin, end in cuts_at(self.source, start, stop, indent.group()):
            line = self.line + self.source.count(b"\n", 0, begin)
            piece = self.source[begin:end]
            found += _piece(self.module, piece, self.offset + begin, line, owner, f"{owner.qualname}.")
        return found

    def class_from_header(self, outer: ClassDef | None, prefix: str) -> Iterator[ClassDef]:
        """The class that this broken piece begins with, when at least its header can be read."""
        header = _CLASS.match(self.source)
        if header is None:
            return
        start = body_start(self.source, header.end())
        indent = re.match(rb"[ \t]*", self.source[start:])
        whole = self.source[:start] + (indent.group() if indent is not None else b"") + b"pass\n"
        root = parse(whole).root_node
        if root.has_error:
            return
        stop = len(self.source)
        blocks = [c.child_by_field_name("consequence") or c for c in root.named_children]
        for block in blocks if self.source.startswith(b"if 1:\n") else [root]:
            for statement in self.block(block, outer, prefix):
                if isinstance(statement, ClassDef):
                    yield replace(statement, _read=lambda owner: tuple(self._body_in_pieces(header.end(), stop, owner)))

    def _parameters(self, node: tree_sitter.Node) -> Iterator[Parameter]:
        parameters = node.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            default = child.child_by_field_name("default") or child.child_by_field_name("value")
            annotation = child.child_by_field_name("type")
            named = child.child_by_field_name("name") or (child.named_children[0] if child.named_children else child)
            text = self.text(named if child.type != "identifier" else child)
            if child.type in {"comment", "keyword_separator", "positional_separator", "ERROR"}:
                continue
            whole = self.text(child)
            star = "**" if whole.startswith("**") else "*" if whole.startswith("*") else ""
            yield Parameter(
                text.lstrip("*"),
                self.expression(default) if default is not None else None,
                self.expression(annotation) if annotation is not None else None,
                star,
            )

    def _import(self, node: tree_sitter.Node, conditions: tuple[Condition, ...]) -> Iterator[Statement]:
        span = self.span(node)
        module, level = "__future__" if node.type == "future_import_statement" else "", 0
        source = node.child_by_field_name("module_name")
        if source is not None:
            text = "".join(self.text(source).split())
            module = text.lstrip(".")
            level = len(text) - len(module)
        for child in node.named_children:
            if child.type == "wildcard_import":
                yield Import(module, level, "*", "*", conditions, span)
        for child in node.children_by_field_name("name"):
            alias = None
            if child.type == "aliased_import":
                alias_node = child.child_by_field_name("alias")
                alias = self.text(alias_node) if alias_node is not None else None
                named = child.child_by_field_name("name")
                child = named if named is not None else child  # noqa: PLW2901 - the name inside its alias
            name = "".join(self.text(child).split())
            if source is not None or node.type == "future_import_statement":
                yield Import(module, level, name, alias or name, conditions, span)
            else:
                yield Import(name, 0, None, alias or name.partition(".")[0], conditions, span)
                # `import a.b as c` binds the module a.b itself; `import a.b` binds a.

    def _type_alias(self, node: tree_sitter.Node, conditions: tuple[Condition, ...]) -> Iterator[Statement]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        target = self.expression(left)
        if isinstance(target, Subscript):
            target = target.value
        if isinstance(target, Name):
            yield Assign(target.id, self.expression(right), None, conditions, self.span(node))

    def _simple(self, node: tree_sitter.Node, conditions: tuple[Condition, ...]) -> Iterator[Statement]:
        child = next((c for c in node.named_children if c.type != "comment"), None)
        if child is None:
            return
        span = self.span(child)
        if child.type == "assignment":
            yield from self._assignment(child, conditions, span)
        elif child.type == "augmented_assignment":
            target = self.expression(child.child_by_field_name("left"))
            operator = child.child_by_field_name("operator")
            op = self.text(operator) if operator is not None else "+="
            value = self.expression(child.child_by_field_name("right"))
            if isinstance(target, Name):
                yield Mutate(target.id, op, value, None, conditions, span)
            elif isinstance(target, Subscript) and isinstance(target.value, Name):
                yield Mutate(target.value.id, f"[]{op}", value, target.index, conditions, span)
        else:
            yield from _effect(self.expression(child), conditions, span)

    def _assignment(self, node: tree_sitter.Node, conditions: tuple[Condition, ...], span: Span) -> Iterator[Statement]:
        targets = [node.child_by_field_name("left")]
        annotation_node = node.child_by_field_name("type")
        right = node.child_by_field_name("right")
        while right is not None and right.type == "assignment":
            targets.append(right.child_by_field_name("left"))
            right = right.child_by_field_name("right")
        value = self.expression(right) if right is not None else None
        annotation = self.expression(annotation_node) if annotation_node is not None else None
        for target in targets:
            if target is not None:
                yield from self._bind(target, value, annotation, conditions, span)

    def _bind(
        self,
        target: tree_sitter.Node,
        value: Expr | None,
        annotation: Expr | None,
        conditions: tuple[Condition, ...],
        span: Span,
        depth: int = 0,
    ) -> Iterator[Statement]:
        if target.type in {"pattern_list", "tuple_pattern", "list_pattern"}:
            if depth > _DEEPEST_TARGET:
                return
            parts = [c for c in target.named_children if c.type != "comment"]
            given = value.items if isinstance(value, Display) and len(value.items) == len(parts) else None
            if given is not None and any(isinstance(item, Starred) for item in given):
                given = None
            for position, part in enumerate(parts):
                if part.type == "list_splat_pattern":
                    return
                piece = given[position] if given is not None else None
                if piece is None and value is not None:
                    piece = Subscript(value, Literal(position, span), span)
                yield from self._bind(part, piece, annotation, conditions, span, depth + 1)
            return
        expression = self.expression(target)
        if isinstance(expression, Name):
            yield Assign(expression.id, value, annotation, conditions, span)
        elif isinstance(expression, Subscript) and isinstance(expression.value, Name):
            yield Mutate(expression.value.id, "[]=", value or Unknown(""), expression.index, conditions, span)
        elif isinstance(expression, Subscript) and value is not None:
            yield Effect(Call(Name("[]="), (expression, value), (), span), conditions, span)


def _effect(value: Expr, conditions: tuple[Condition, ...], span: Span) -> Iterator[Statement]:
    name = value.name if isinstance(value, Call) else None
    target, _, method = (name or "").rpartition(".")
    if isinstance(value, Call) and target and method in _MUTATORS and value.args and "." not in target:
        key = value.args[0] if method in {"insert", "setdefault"} and len(value.args) > 1 else None
        yield Mutate(target, method, value.args[-1], key, conditions, span)
    yield Effect(value, conditions, span)
