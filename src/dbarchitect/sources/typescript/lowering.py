"""What turns the nodes of a syntax tree into the small tree of `syntax.py`: its state, and the tables it goes by.

The functions that know the single kinds of nodes are in the files beside this one; they find each other through the
tables here. Kinds are told by their numbers: names would be made anew for every node.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from tree_sitter import Node, Tree

from dbarchitect.sources.typescript.grammar import Grammar, grammar_of, parse
from dbarchitect.sources.typescript.syntax import Class, Expr, Function, Member, Module, Name, Other, Return, Statement

DEEPEST = 150
"""Nodes nested deeper within one function become `Other`: hostile input must not exhaust our stack."""
LONGEST_CHAIN = 200
"""Links of `a.b().c()`."""
_MOST_PROBLEMS = 100
_MOST_WRAPPERS = 5
"""Calls within calls that a function is named by."""
_MOST_LEVELS = 40
"""Functions within functions."""
_MOST_PARSED = 6_000_000
"""Bytes of source whose trees are kept."""
NAMELESS = "<anonymous>"
"""What a function is called that nothing names."""
_TELLING = re.compile(r"[\w/:.*@\[\]{}?+~-]{1,60}")
"""A text that tells handlers apart: a path, an event, the name of a step."""

OfExpression = Callable[["Lowering", Node], Expr]
OfStatement = Callable[["Lowering", Node, list[Statement]], None]


class Tables:
    """For one grammar: the functions by number of kind, and the numbers that these functions compare with."""

    def __init__(
        self, grammar: Grammar, expressions: dict[str, OfExpression], statements: dict[str, OfStatement]
    ) -> None:
        self.expressions: dict[int, OfExpression] = {}
        self.statements: dict[int, OfStatement] = {}
        for name, numbers in grammar.ids.items():
            for number in numbers:
                self.expressions[number] = expressions.get(name, other)
                if name in statements:
                    self.statements[number] = statements[name]
        self.known = frozenset(n for name in expressions for n in grammar.ids.get(name, ()))
        kind, field, token = grammar.kind, grammar.field, grammar.token
        self.skipped = frozenset({kind("comment"), kind("html_comment")})
        self.error = grammar.ids["ERROR"][0]
        self.comma = token(",")
        # Kinds
        self.identifier = kind("identifier")
        self.property_identifier = kind("property_identifier")
        self.string = kind("string")
        self.template_string = kind("template_string")
        self.template_substitution = kind("template_substitution")
        self.arguments = kind("arguments")
        self.call = kind("call_expression")
        self.member = kind("member_expression")
        self.subscript = kind("subscript_expression")
        self.non_null = kind("non_null_expression")
        self.binary = kind("binary_expression")
        self.pair = kind("pair")
        self.shorthand = kind("shorthand_property_identifier")
        self.spread = kind("spread_element")
        self.method = kind("method_definition")
        self.computed = kind("computed_property_name")
        self.arrow = kind("arrow_function")
        self.class_expression = kind("class")
        self.block = kind("statement_block")
        self.decorator = kind("decorator")
        self.else_clause = kind("else_clause")
        self.if_statement = kind("if_statement")
        self.empty = kind("empty_statement")
        self.declarator = kind("variable_declarator")
        self.type_assertion = kind("type_assertion")
        self.functions = frozenset({self.arrow, kind("function_expression"), kind("generator_function")})
        self.wrappers = frozenset(
            map(kind, ("parenthesized_expression", "as_expression", "satisfies_expression", "type_assertion",
                       "non_null_expression", "instantiation_expression"))
        )  # fmt: skip
        self.plain = frozenset(
            map(kind, ("identifier", "string", "number", "true", "false", "null", "undefined", "this"))
        )
        self.import_statement = kind("import_statement")
        self.export_statement = kind("export_statement")
        self.expression_statement = kind("expression_statement")
        self.top_level = frozenset({self.import_statement, self.export_statement})
        # Fields
        self.of_name = field("name")
        self.of_value = field("value")
        self.of_type = field("type")
        self.of_body = field("body")
        self.of_key = field("key")
        self.of_object = field("object")
        self.of_property = field("property")
        self.of_index = field("index")
        self.of_function = field("function")
        self.of_arguments = field("arguments")
        self.of_constructor = field("constructor")
        self.of_type_arguments = field("type_arguments")
        self.of_parameters = field("parameters")
        self.of_parameter = field("parameter")
        self.of_pattern = field("pattern")
        self.of_return_type = field("return_type")
        self.of_left = field("left")
        self.of_right = field("right")
        self.of_operator = field("operator")
        self.of_argument = field("argument")
        self.of_condition = field("condition")
        self.of_consequence = field("consequence")
        self.of_alternative = field("alternative")
        self.of_initializer = field("initializer")
        self.of_increment = field("increment")
        self.of_handler = field("handler")
        self.of_finalizer = field("finalizer")
        self.of_source = field("source")
        self.of_declaration = field("declaration")
        self.of_alias = field("alias")


class _Encoded:
    """A source that is not ASCII, sliced by bytes like a text that is."""

    __slots__ = ("source",)

    def __init__(self, source: bytes) -> None:
        self.source = source

    def __getitem__(self, span: slice) -> str:
        return self.source[span].decode("utf-8", "replace")


class Trees:
    """The syntax trees that were asked for last: they are sixteen times as large as the source."""

    def __init__(self, most: int = _MOST_PARSED) -> None:
        self._most = most
        self._bytes = 0
        self._trees: OrderedDict[str, tuple[Tree, int]] = OrderedDict()

    def of(self, module: Module) -> Tree:
        """The tree of a module, which is told what of it could not be parsed."""
        found = self._trees.get(module.path)
        if found is not None:
            self._trees.move_to_end(module.path)
            return found[0]
        tree, problems = parse(module.source, grammar_of(module.path))
        if not module.problems:
            module.problems = problems
        self._trees[module.path] = (tree, len(module.source))
        self._bytes += len(module.source)
        while self._bytes > self._most and len(self._trees) > 1:
            self._bytes -= self._trees.popitem(last=False)[1][1]
        return tree


class Handed(NamedTuple):
    """A call whose arguments are lowered: what is called, the arguments, the names around, the call that it is handed
    to itself."""

    called: Expr
    given: Node
    prefix: str
    around: Handed | None


class Lowering:
    """The state: where in the module we are. `prefix` are the names around, `owner` is the class whose body this is,
    `level` counts the functions around, `taken` counts the qualified names that are given within this body, `handed` is
    the call whose arguments these are."""

    __slots__ = (
        "chars",
        "depth",
        "expressions",
        "handed",
        "level",
        "module",
        "owner",
        "prefix",
        "statements",
        "t",
        "taken",
        "trees",
    )

    def __init__(self, module: Module, tables: Tables, trees: Trees) -> None:
        self.module = module
        self.t = tables
        self.trees = trees
        self.level = 0
        self.expressions = tables.expressions
        self.statements = tables.statements
        source = module.source
        self.chars: str | _Encoded = source.decode("ascii") if source.isascii() else _Encoded(source)
        self.depth = 0
        self.prefix = ""
        self.owner: Class | None = None
        self.taken: dict[str, int] = {}
        self.handed: Handed | None = None

    def text(self, node: Node) -> str:
        """The source of a node."""
        return self.chars[node.start_byte : node.end_byte]

    def expr(self, node: Node | None) -> Expr:
        """The expression at a node."""
        return self.expressions[node.kind_id](self, node) if node is not None else Other(0, 0)

    def first(self, node: Node) -> Node | None:
        """The first child that is no comment."""
        if node.named_child_count == 0:
            return None
        child = node.named_child(0)
        if child is None or child.kind_id not in self.t.skipped:
            return child
        return next(iter(self.parts(node)), None)

    def parts(self, node: Node) -> list[Node]:
        """The named children that are no comments."""
        skipped = self.t.skipped
        return [child for child in node.named_children if child.kind_id not in skipped]

    def type(self, node: Node | None) -> str:
        """The type of a type annotation, as written."""
        return self.text(node).lstrip(":").strip() if node is not None else ""

    def types(self, node: Node | None) -> tuple[str, ...]:
        """Type arguments, as written."""
        return tuple(map(self.text, self.parts(node))) if node is not None else ()

    def block(self, node: Node | None) -> tuple[Statement, ...]:
        """The statements of a block, or the one that stands for a block."""
        if node is None:
            return ()
        out: list[Statement] = []
        if node.kind_id == self.t.block:
            self.into(node.named_children, out)
        else:
            self.into((node,), out)
        return tuple(out)

    def into(self, nodes: list[Node] | tuple[Node, ...], out: list[Statement]) -> None:
        """Add the statements at nodes."""
        if self.depth >= DEEPEST:
            if nodes:
                self.too_deep(nodes[0].start_byte, nodes[-1].end_byte)
            return
        self.depth += 1
        statements = self.statements
        for node in nodes:
            lower = statements.get(node.kind_id)
            if lower is not None:
                lower(self, node, out)
        self.depth -= 1

    def too_deep(self, start: int, end: int) -> Other:
        """What stands for something nested too deeply: it is told as a problem."""
        if len(self.module.problems) < _MOST_PROBLEMS and (start, end) not in self.module.problems:
            self.module.problems = (*self.module.problems, (start, end))
        return Other(start, end)

    def name_of(self, name: str) -> str:
        """What a function is called in its module: by its name, else by what it is handed to.

        Of several that have one name within a function, the first bears it, the others with their number. No line is a
        part of it: a function keeps its name when lines are added above.
        """
        name = name or self._handed_to()
        found = base = f"{self.prefix}.{name}" if self.prefix else name
        taken = self.taken
        count = taken.get(base, 0)
        while found in taken:
            count += 1
            found = f"{base}#{count}"
        taken[found] = 1
        taken[base] = max(count, 1)
        return found

    def _handed_to(self) -> str:
        """`transaction` of `db.transaction(() => …)`, `router.post(/orders)` where no other name stands around it.

        Of calls within calls (`router.post("/orders", caught(async () => …))`) the nearest that a text tells from its
        like, else the nearest.
        """
        nearest, handed = "", self.handed
        for _ in range(_MOST_WRAPPERS):
            if handed is None or handed.prefix != self.prefix:
                break
            name, text = self._called(handed.called), self._first_text(handed.given)
            if name and text:
                return f"{name}({text})"
            nearest = nearest or name
            handed = handed.around
        return nearest or NAMELESS

    def _called(self, called: Expr) -> str:
        match called:
            case Member(name=name, owner=Name(id=owner)) if not self.prefix:
                return f"{owner}.{name}"
            case Member(name=name) | Name(id=name):
                return name
            case _:
                return ""

    def _first_text(self, given: Node) -> str:
        first = given.named_child(0)
        if first is None or first.kind_id not in {self.t.string, self.t.template_string}:
            return ""
        text = self.text(first)[1:-1]
        return text if _TELLING.fullmatch(text) else ""

    def made(self, function: Function, body: Node | None, owner: Class | None) -> Function:
        """A function, with what lowers its body when it is asked for: in a tree that may have to be made anew."""
        if body is not None:
            level = self.level + 1
            function.lower = partial(_body, self, body.start_byte, body.end_byte, function.qualname, owner, level)
            if level == 1:
                self.module.outer.append(function)
        return function


def _body(r: Lowering, start: int, end: int, qualname: str, owner: Class | None, level: int) -> tuple[Statement, ...]:
    if level > _MOST_LEVELS:
        r.too_deep(start, end)
        return ()
    node = r.trees.of(r.module).root_node.descendant_for_byte_range(start, end)
    if node is None or node.start_byte != start or node.end_byte != end:
        return ()
    before = (r.depth, r.prefix, r.owner, r.level, r.taken, r.handed)
    r.depth, r.prefix, r.owner, r.level, r.taken, r.handed = 0, qualname, owner, level, {}, None
    try:
        if node.kind_id == r.t.block:
            return r.block(node)
        return (Return(node.start_byte, node.end_byte, r.expressions[node.kind_id](r, node)),)
    except RecursionError:  # who asked is deep in the program himself
        r.too_deep(node.start_byte, node.end_byte)
        return ()
    finally:
        r.depth, r.prefix, r.owner, r.level, r.taken, r.handed = before


def other(r: Lowering, node: Node) -> Expr:
    """Any node that has no function of its own: the expressions in it."""
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    known, error = r.t.known, r.t.error
    found = tuple(r.expr(child) for child in node.named_children if child.kind_id in known or child.kind_id == error)
    r.depth -= 1
    return Other(node.start_byte, node.end_byte, found)


def inner(r: Lowering, node: Node) -> Expr:
    """What parentheses, `as`, `satisfies`, `!` stand around."""
    found = r.first(node)
    if found is None:
        return Other(node.start_byte, node.end_byte)
    if r.depth >= DEEPEST:
        return r.too_deep(node.start_byte, node.end_byte)
    r.depth += 1
    value = r.expressions[found.kind_id](r, found)
    r.depth -= 1
    return value
