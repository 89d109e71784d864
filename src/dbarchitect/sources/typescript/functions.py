"""Functions and classes. Bodies of functions are lowered when they are asked for."""

from __future__ import annotations

from tree_sitter import Node

from dbarchitect.sources.typescript.lowering import DEEPEST, Lowering
from dbarchitect.sources.typescript.patterns import parameters
from dbarchitect.sources.typescript.syntax import Class, Expr, Field, Function, Literal, Other
from dbarchitect.sources.typescript.texts import string

_CLASSES = frozenset({"class", "class_declaration", "abstract_class_declaration"})


def bound(r: Lowering, node: Node, name: str, owner: Class | None = None) -> Expr:
    """A value that a name is given to: a function or class is called by it, through parentheses and `as` too."""
    t = r.t
    at: Node | None = node
    while at is not None and at.kind_id in t.wrappers:
        at = r.parts(at)[-1] if at.kind_id == t.type_assertion else r.first(at)
    if at is not None and at.kind_id in t.functions:
        return function(r, at, name, owner)
    if at is not None and at.kind_id == t.class_expression:
        return class_at(r, at, name)
    if not name:
        return r.expr(node)
    before = r.prefix
    r.prefix = f"{before}.{name}" if before else name
    value = r.expr(node)
    r.prefix = before
    return value


def function(r: Lowering, node: Node, name: str, owner: Class | None = None) -> Function:
    """A function that is declared or an expression, or an arrow function; of a field of class `owner`."""
    t = r.t
    start = node.start_byte
    if not name:
        own = node.child_by_field_id(t.of_name)
        name = r.text(own) if own is not None else ""
    qualname = r.name_of(name)
    arrow = node.kind_id == t.arrow
    given = node.child_by_field_id(t.of_parameters)
    if given is None and arrow:
        given = node.child_by_field_id(t.of_parameter)
    returns = node.child_by_field_id(t.of_return_type)
    body = node.child_by_field_id(t.of_body)
    before = r.prefix
    r.prefix = qualname
    taken = parameters(r, given) if given is not None and given.end_byte - given.start_byte != 2 else ()
    if given is not None and not taken and given.kind_id == t.identifier:
        taken = parameters(r, given)
    r.prefix = before
    made = Function(
        start,
        node.end_byte,
        name,
        qualname,
        taken,
        r.module,
        "arrow" if arrow else "function",
        owner,
        False,
        r.chars[start : start + 5] == "async",
        not arrow and node.type.startswith("generator"),
        r.type(returns) if returns is not None else "",
    )
    return r.made(made, body, owner or (r.owner if arrow else None))


def method(
    r: Lowering, node: Node, owner: Class | None = None, decorators: tuple[Expr, ...] = ()
) -> tuple[str | Expr, Function] | None:
    """A method of a class or an object, and its key; None for one without a name or body."""
    t = r.t
    named, body = node.child_by_field_id(t.of_name), node.child_by_field_id(t.of_body)
    if named is None or body is None:
        return None
    key: str | Expr
    if named.kind_id == t.computed:
        inner = r.first(named)
        value = r.expr(inner) if inner is not None else Other(0, 0)
        key = value.value if isinstance(value, Literal) and isinstance(value.value, str) else value
        name = key if isinstance(key, str) else r.text(named)
    elif named.kind_id == t.string:
        found = string(r, named)
        key = name = str(found.value) if isinstance(found, Literal) else ""
    else:
        key = name = r.text(named)
    words = {child.type for child in node.children if child.start_byte < named.start_byte}
    kind = next((word for word in ("get", "set") if word in words), "method")
    if owner is not None and name == "constructor" and "static" not in words:
        kind = "constructor"
    returns = node.child_by_field_id(t.of_return_type)
    # What sets a property shares the name with what gets it.
    qualname = r.name_of(name) if kind != "set" else f"{r.prefix}.{name}"
    before = r.prefix
    r.prefix = qualname
    taken = parameters(r, node.child_by_field_id(t.of_parameters))
    r.prefix = before
    made = Function(
        node.start_byte,
        node.end_byte,
        name,
        qualname,
        taken,
        r.module,
        kind,
        owner,
        "static" in words,
        "async" in words,
        "*" in words,
        r.type(returns),
        decorators,
    )
    return key, r.made(made, body, owner)


def class_at(r: Lowering, node: Node, name: str = "", decorators: tuple[Expr, ...] = ()) -> Class:
    """A class; `name` is what it is bound to, if not its own."""
    t = r.t
    own = node.child_by_field_id(t.of_name)
    if own is not None and not name:
        name = r.text(own)
    made = Class(node.start_byte, node.end_byte, name, r.name_of(name), r.module)
    before = (r.prefix, r.owner)
    if r.depth >= DEEPEST:
        r.too_deep(node.start_byte, node.end_byte)
        return made
    r.depth += 1
    r.prefix, r.owner = made.qualname, made
    found = list(decorators)
    for child in node.named_children:
        kind = child.type
        if kind == "decorator":
            found.extend(_decorated(r, child))
        elif kind == "class_heritage":
            _heritage(r, child, made)
        elif kind == "class_body":
            _members(r, child, made)
    made.decorators = tuple(found)
    r.prefix, r.owner = before
    r.depth -= 1
    return made


def _decorated(r: Lowering, node: Node) -> list[Expr]:
    inner = r.first(node)
    return [r.expr(inner)] if inner is not None else []


def _heritage(r: Lowering, node: Node, made: Class) -> None:
    for clause in node.named_children:
        if clause.type == "extends_clause":
            value = clause.child_by_field_id(r.t.of_value)
            if value is not None:
                made.base = r.expr(value)
        elif clause.type == "implements_clause":
            made.implements = tuple(map(r.text, r.parts(clause)))


def _members(r: Lowering, node: Node, made: Class) -> None:
    waiting: list[Expr] = []
    fields: list[Field] = []
    for child in node.named_children:
        kind = child.type
        if kind == "decorator":
            waiting.extend(_decorated(r, child))
        elif kind == "method_definition":
            found = method(r, child, made, tuple(waiting))
            waiting = []
            if found is not None:
                _add(made.methods, found[1])
        elif kind == "public_field_definition":
            fields.extend(_field(r, child, made, waiting))
            waiting = []
        elif kind not in {"comment", "ERROR"}:
            waiting = []
    made.fields = tuple(fields)


def _add(methods: dict[str, Function], new: Function) -> None:
    """Add a method under its name; of two that share it, what sets, or else the static one, goes by that word too."""
    old = methods.get(new.name)
    if old is not None:
        for each, other in ((new, old), (old, new)):
            word = "set" if each.kind == "set" != other.kind else "static" if each.static and not other.static else ""
            if word:
                methods[f"{word} {each.name}"] = each
                methods[each.name] = other
                return
    methods[new.name] = new


def _field(r: Lowering, node: Node, made: Class, waiting: list[Expr]) -> list[Field]:
    t = r.t
    named = node.child_by_field_id(t.of_name)
    if named is None:
        return []
    if named.kind_id == t.string:
        found = string(r, named)
        name = str(found.value) if isinstance(found, Literal) else ""
    elif named.kind_id == t.computed:
        inner = r.first(named)
        computed = r.expr(inner) if inner is not None else None
        name = computed.value if isinstance(computed, Literal) and isinstance(computed.value, str) else r.text(named)
    else:
        name = r.text(named)
    value = node.child_by_field_id(t.of_value)
    decorators = [*waiting]
    static = False
    for child in node.children:
        if child.start_byte >= named.start_byte:
            break
        if child.kind_id == t.decorator:
            decorators.extend(_decorated(r, child))
        elif child.type == "static":
            static = True
    bound_to = bound(r, value, name, made) if value is not None else None
    return [Field(name, bound_to, r.type(node.child_by_field_id(t.of_type)), static, tuple(decorators))]


def is_class(node: Node) -> bool:
    """Whether a node is a class."""
    return node.type in _CLASSES


def declared(r: Lowering, node: Node, decorators: tuple[Expr, ...] = ()) -> Function | Class:
    """A function or class that is declared."""
    if is_class(node):
        return class_at(r, node, "", decorators)
    return function(r, node, "")
