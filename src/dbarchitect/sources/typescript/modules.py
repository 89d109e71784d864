"""A whole file: its top level, what it imports and what it exports, and where it could not be parsed."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from dbarchitect.sources.typescript.commonjs import assigned_exports, required
from dbarchitect.sources.typescript.expressions import EXPRESSIONS
from dbarchitect.sources.typescript.functions import bound, class_at, function, is_class
from dbarchitect.sources.typescript.grammar import TSX, TYPESCRIPT, grammar_of
from dbarchitect.sources.typescript.lowering import Lowering, Tables, Trees
from dbarchitect.sources.typescript.statements import STATEMENTS, broken
from dbarchitect.sources.typescript.syntax import (
    ArrayPattern,
    Bind,
    Block,
    Define,
    Enum,
    Expr,
    Imported,
    Module,
    Name,
    ObjectPattern,
    Pattern,
    Statement,
    TypeDeclaration,
)
from dbarchitect.sources.typescript.texts import cooked

_TABLES = {grammar: Tables(grammar, EXPRESSIONS, STATEMENTS) for grammar in (TYPESCRIPT, TSX)}


def read_module(path: str, source: bytes, trees: Trees | None = None) -> Module:
    """The module of a source in UTF-8; its path tells the language. Trees are kept in `trees`."""
    module = Module(path, source)
    trees = trees if trees is not None else Trees()
    root = trees.of(module).root_node
    _TopLevel(module, Lowering(module, _TABLES[grammar_of(path)], trees)).read(root)
    return module


class _TopLevel:
    """Reads the top level of one module."""

    def __init__(self, module: Module, lowering: Lowering) -> None:
        self.module = module
        self.r = lowering
        self.statements: list[Statement] = []
        self.stars: list[str] = []

    def read(self, root: Node) -> None:
        """Fill the module."""
        self._nodes(root.named_children)
        module = self.module
        module.statements = tuple(self.statements)
        module.stars = tuple(dict.fromkeys((*self.stars, *module.stars)))
        for statement in module.statements:
            for name in names_bound(statement):
                if isinstance(statement, TypeDeclaration):
                    module.types[name] = statement
                    module.bound.setdefault(name, statement)
                else:
                    module.bound[name] = statement

    def _nodes(self, nodes: list[Node]) -> None:
        r, t = self.r, self.r.t
        for node in nodes:
            kind = node.kind_id
            if kind == t.import_statement:
                self._import(node)
            elif kind == t.export_statement:
                self._export(node)
            elif kind == t.error:
                self._broken(node)
            else:
                lower = r.statements.get(kind)
                if lower is None:
                    continue
                begun = len(self.statements)
                lower(r, node, self.statements)
                if kind == t.expression_statement:
                    assigned_exports(self.module, self.statements, begun)
                elif len(self.statements) > begun and isinstance(self.statements[begun], Bind):
                    required(self.module, self.statements, begun)

    def _broken(self, node: Node) -> None:
        """What of a piece that could not be parsed is in order: imports and exports too."""
        r = self.r
        for child in node.named_children:
            if child.kind_id in r.t.top_level or child.kind_id in r.statements:
                self._nodes([child])
            elif child.kind_id not in r.t.plain:
                broken(r, child, self.statements)

    # Imports

    def _import(self, node: Node) -> None:
        r, imports = self.r, self.module.imports
        clause = r.first(node)
        if clause is None or clause.kind_id == r.t.string:  # for what it does alone
            return
        type_only = r.chars[node.start_byte + 6 : clause.start_byte].strip() in {"type", "typeof"}
        if clause.type == "import_require_clause":
            source, named = clause.child_by_field_id(r.t.of_source), r.first(clause)
            if named is not None and source is not None:
                imports[r.text(named)] = Imported(self._specifier(source), "*", type_only)
            return
        source = node.child_by_field_id(r.t.of_source)
        if source is None:
            return
        specifier = self._specifier(source)
        for child in clause.named_children:
            kind = child.type
            if kind == "named_imports":
                for name, alias, typed in self._specifiers(child):
                    imports[alias] = Imported(specifier, name, type_only or typed)
            elif kind == "identifier":
                imports[r.text(child)] = Imported(specifier, "default", type_only)
            elif kind == "namespace_import":
                named = r.first(child)
                if named is not None:
                    imports[r.text(named)] = Imported(specifier, "*", type_only)

    def _specifiers(self, node: Node) -> Iterator[tuple[str, str, bool]]:
        """Each `type name as alias` of `{ … }`: the name, the alias, whether it is a type."""
        r = self.r
        for child in node.named_children:
            if child.child_count == 1:
                name = r.chars[child.start_byte : child.end_byte]
                yield name, name, False
                continue
            named = child.child_by_field_id(r.t.of_name)
            if named is None:
                continue
            alias = child.child_by_field_id(r.t.of_alias)
            name = self._specifier(named)
            typed = child.start_byte != named.start_byte and r.chars[child.start_byte : child.start_byte + 4] == "type"
            yield name, self._specifier(alias) if alias is not None else name, typed

    def _specifier(self, node: Node) -> str:
        """The text of a string, or a name."""
        if node.kind_id == self.r.t.string:
            return cooked(self.r.chars[node.start_byte + 1 : node.end_byte - 1])
        return self.r.text(node)

    # Exports

    def _export(self, node: Node) -> None:
        r, module = self.r, self.module
        declaration = node.child_by_field_id(r.t.of_declaration)
        if declaration is not None:
            before = r.chars[node.start_byte + 6 : declaration.start_byte]
            self._declared(node, declaration, "default" in before and _is_default(node))
            return
        source = node.child_by_field_id(r.t.of_source)
        value = node.child_by_field_id(r.t.of_value)
        tokens = {child.type for child in node.children if not child.is_named}
        if source is not None:
            self._passed_on(node, self._specifier(source), "type" in tokens)
        elif value is not None:
            self._default(node, value, "default")
        elif "=" in tokens:
            inner = r.first(node)
            if inner is not None:
                self._default(node, inner, "export=")
                module.exports["default"] = module.exports["export="]
        elif "as" not in tokens:
            for child in node.named_children:
                if child.type == "export_clause":
                    for name, alias, _ in self._specifiers(child):
                        module.exports[alias] = name

    def _passed_on(self, node: Node, specifier: str, type_only: bool) -> None:
        for child in node.named_children:
            if child.type == "export_clause":
                for name, alias, typed in self._specifiers(child):
                    self.module.passed_on[alias] = Imported(specifier, name, type_only or typed)
                return
            if child.type == "namespace_export":
                named = self.r.first(child)
                if named is not None:
                    self.module.passed_on[self._specifier(named)] = Imported(specifier, "*", type_only)
                return
        self.stars.append(specifier)

    def _declared(self, node: Node, declaration: Node, default: bool) -> None:
        r, module = self.r, self.module
        begun = len(self.statements)
        if is_class(declaration):
            decorators = tuple(
                r.expr(r.first(child)) for child in node.named_children if child.kind_id == r.t.decorator
            )
            made = class_at(r, declaration, "", decorators)
            self.statements.append(Define(declaration.start_byte, declaration.end_byte, made))
        else:
            r.into((declaration,), self.statements)
        for statement in self.statements[begun:]:
            for name in names_bound(statement):
                module.exports["default" if default else name] = name

    def _default(self, node: Node, value: Node, exported: str) -> None:
        """`export default value`, `export = value`."""
        r = self.r
        name = "default"
        inner: Expr
        if value.kind_id == r.t.identifier:
            self.module.exports[exported] = r.text(value)
            return
        if is_class(value):
            decorators = tuple(
                r.expr(r.first(child)) for child in node.named_children if child.kind_id == r.t.decorator
            )
            own = value.child_by_field_id(r.t.of_name)
            inner = class_at(r, value, "" if own is not None else name, decorators)
        elif value.kind_id in r.t.functions and value.kind_id != r.t.arrow:
            own = value.child_by_field_id(r.t.of_name)
            inner = function(r, value, "" if own is not None else name)
        else:
            inner = bound(r, value, name)
            made = Bind(node.start_byte, node.end_byte, "const", Name(value.start_byte, value.start_byte, name), inner)
            self.statements.append(made)
            self.module.exports[exported] = name
            return
        self.statements.append(Define(value.start_byte, value.end_byte, inner))
        self.module.exports[exported] = inner.name


def _is_default(node: Node) -> bool:
    return any(child.type == "default" for child in node.children)


def names_bound(statement: Statement) -> Iterator[str]:
    """The names that a statement of the top level binds."""
    match statement:
        case Bind(target=target):
            yield from names_of(target)
        case Define(value=value):
            yield value.name
        case Enum(name=name) | TypeDeclaration(name=name):
            yield name
        case Block(name=name) if name:
            yield name.partition(".")[0]


def names_of(pattern: Pattern | None) -> Iterator[str]:
    """The names that a pattern binds."""
    match pattern:
        case Name(id=name):
            yield name
        case ObjectPattern(properties=properties, rest=rest):
            for each in properties:
                yield from names_of(each.target)
            yield from names_of(rest)
        case ArrayPattern(items=items, rest=rest):
            for item in items:
                if item is not None:
                    yield from names_of(item[0])
            yield from names_of(rest)
