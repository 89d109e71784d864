"""The small tree written out again, in a form that tells what it is made of: calls, members, patterns, names."""

from __future__ import annotations

import json

from dbarchitect.sources.typescript.modules import read_module
from dbarchitect.sources.typescript.syntax import (
    Array,
    ArrayPattern,
    Assign,
    Await,
    Binary,
    Bind,
    Block,
    Call,
    Class,
    Conditional,
    Define,
    Do,
    Entry,
    Enum,
    Expr,
    Function,
    If,
    Jsx,
    Leave,
    Literal,
    Loop,
    Member,
    Module,
    Name,
    Object,
    ObjectPattern,
    Other,
    Parameter,
    Regex,
    Return,
    Spread,
    Statement,
    Subscript,
    Switch,
    Template,
    Throw,
    Try,
    TypeDeclaration,
    Unary,
    Yield,
)


def module(source: str | bytes, path: str = "a.ts") -> Module:
    """The module of a source."""
    return read_module(path, source if isinstance(source, bytes) else source.encode())


def written(source: str, path: str = "a.ts") -> str:
    """The statements of a source."""
    return statements(module(source, path).statements)


def statements(all_: tuple[Statement, ...]) -> str:
    return "; ".join(map(statement, all_))


def _types(types: tuple[str, ...]) -> str:
    return f"<{'|'.join(types)}>" if types else ""


def _entry(entry: Entry) -> str:
    if entry.key is None:
        return f"...{expr(entry.value)}"
    key = entry.key if isinstance(entry.key, str) else f"[{expr(entry.key)}]"
    return f"{key}: {expr(entry.value)}"


def _default(target: Expr, default: Expr | None) -> str:
    return expr(target) + (f" = {expr(default)}" if default is not None else "")


def _parameter(each: Parameter) -> str:
    words = [f"@{expr(d)} " for d in each.decorators] + ["kept "] * each.kept + ["..."] * each.rest
    return (
        "".join(words)
        + _default(each.target, None)
        + (f": {each.type}" if each.type else "")
        + (f" = {expr(each.default)}" if each.default is not None else "")
    )


def function(f: Function) -> str:
    """A function with its body."""
    words = [f"@{expr(d)}" for d in f.decorators]
    words += ["static"] * f.static + ["async"] * f.is_async + [f.kind + "*" * f.generator]
    of = f" of {f.owner.name}" if f.owner is not None else ""
    returns = f": {f.returns}" if f.returns else ""
    head = f"{' '.join(words)} {f.qualname}({', '.join(map(_parameter, f.parameters))}){returns}{of}"
    return f"{head} {{{statements(f.body)}}}"


def class_(c: Class) -> str:
    """A class with its members."""
    parts = [f"@{expr(d)}" for d in c.decorators] + [f"class {c.qualname}"]
    parts += [f"extends {expr(c.base)}"] if c.base is not None else []
    parts += [f"implements {', '.join(c.implements)}"] if c.implements else []
    fields = [
        "".join(f"@{expr(d)} " for d in f.decorators)
        + "static " * f.static
        + f.name
        + (f": {f.type}" if f.type else "")
        + (f" = {expr(f.value)}" if f.value is not None else "")
        for f in c.fields
    ]
    return f"{' '.join(parts)} {{{'; '.join([*fields, *map(function, c.methods.values())])}}}"


def expr(e: Expr) -> str:  # noqa: C901 - a case for each class
    """An expression, everything that belongs together in brackets."""
    match e:
        case Name():
            return e.id
        case Literal():
            return json.dumps(e.value, ensure_ascii=False)
        case Regex():
            return f"/{e.pattern}/"
        case Template():
            parts = "".join(p if isinstance(p, str) else f"${{{expr(p)}}}" for p in e.parts)
            return (expr(e.tag) if e.tag is not None else "") + _types(e.types) + f"`{parts}`"
        case Spread():
            return f"...{expr(e.value)}"
        case Array():
            return f"[{', '.join(map(expr, e.items))}]"
        case Object():
            return f"{{{', '.join(map(_entry, e.entries))}}}"
        case Member():
            return f"{expr(e.owner)}.{e.name}"
        case Subscript():
            return f"{expr(e.owner)}[{expr(e.index)}]"
        case Call():
            return "new " * e.new + f"{expr(e.function)}{_types(e.types)}({', '.join(map(expr, e.args))})"
        case Unary():
            return f"({e.operator} {expr(e.operand)})"
        case Binary():
            return f"({expr(e.left)} {e.operator} {expr(e.right)})"
        case Conditional():
            return f"({expr(e.test)} ? {expr(e.then)} : {expr(e.otherwise)})"
        case Await():
            return f"await {expr(e.value)}"
        case Yield():
            return "yield" + (f" {expr(e.value)}" if e.value is not None else "")
        case Assign():
            return f"{expr(e.target)} {e.operator} {expr(e.value)}"
        case Jsx():
            return f"<{' '.join([e.tag, *map(_entry, e.attributes)])}>[{', '.join(map(expr, e.children))}]"
        case Function():
            return function(e)
        case Class():
            return class_(e)
        case ObjectPattern():
            parts_ = [
                f"{p.key if isinstance(p.key, str) else f'[{expr(p.key)}]'}: {_default(p.target, p.default)}"
                for p in e.properties
            ]
            return f"{{{', '.join([*parts_, *([f'...{expr(e.rest)}'] if e.rest is not None else [])])}}}"
        case ArrayPattern():
            items = ["" if item is None else _default(*item) for item in e.items]
            return f"[{', '.join([*items, *([f'...{expr(e.rest)}'] if e.rest is not None else [])])}]"
        case Other():
            return f"?({', '.join(map(expr, e.parts))})"
        case _:
            raise AssertionError(e)


def statement(s: Statement) -> str:  # noqa: C901 - a case for each class
    """A statement."""
    match s:
        case Do():
            return expr(s.value)
        case Bind():
            kind = f"{s.kind} {expr(s.target)}" + (f": {s.type}" if s.type else "")
            return kind + (f" = {expr(s.value)}" if s.value is not None else "")
        case Define():
            return function(s.value) if isinstance(s.value, Function) else class_(s.value)
        case Return():
            return "return" + (f" {expr(s.value)}" if s.value is not None else "")
        case Throw():
            return f"throw {expr(s.value)}"
        case Leave():
            return s.kind
        case If():
            return f"if {expr(s.test)} {{{statements(s.then)}}} else {{{statements(s.otherwise)}}}"
        case Loop(target=None):
            head = [statements(s.first), expr(s.test) if s.test else "", expr(s.step) if s.step else ""]
            return f"{s.kind} ({' | '.join(head)}) {{{statements(s.body)}}}"
        case Loop():
            assert s.target is not None
            assert s.over is not None
            return f"{s.kind} ({expr(s.target)} | {expr(s.over)}) {{{statements(s.body)}}}"
        case Try():
            caught = expr(s.target) if s.target is not None else ""
            handler = f" catch {caught} {{{statements(s.handler)}}}" if s.handler is not None else ""
            return f"try {{{statements(s.body)}}}{handler} finally {{{statements(s.last)}}}"
        case Switch():
            cases = [f"{expr(c.test) if c.test is not None else 'default'}: {statements(c.body)}" for c in s.cases]
            return f"switch {expr(s.subject)} {{{' | '.join(cases)}}}"
        case Block():
            return f"{s.name}{{{statements(s.body)}}}"
        case Enum():
            return f"enum {s.name} {json.dumps(s.members)}"
        case TypeDeclaration():
            return f"type {s.name}{''.join(f' < {e}' for e in s.extends)} = {s.text}"
        case _:
            raise AssertionError(s)
