"""Going through a tree: what stands in a statement or an expression, without following the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.sources.typescript.syntax import (
    Array,
    Assign,
    Await,
    Binary,
    Bind,
    Block,
    Call,
    Conditional,
    Define,
    Do,
    Expr,
    If,
    Jsx,
    Loop,
    Member,
    Name,
    Object,
    Other,
    Return,
    Spread,
    Statement,
    Subscript,
    Switch,
    Template,
    Throw,
    Try,
    Unary,
    Yield,
)


def parts_of(expr: Expr) -> tuple[Expr, ...]:
    """The expressions that one is made of; of a function or class none, they are for their own time."""
    match expr:
        case Call(function=function, args=args):
            return (function, *args)
        case Member(owner=owner):
            return (owner,)
        case Binary(left=left, right=right):
            return (left, right)
        case Await(value=value) | Spread(value=value) | Unary(operand=value):
            return (value,)
        case Conditional(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
        case Object(entries=entries):
            return tuple(
                part for e in entries for part in ((e.key, e.value) if isinstance(e.key, Expr) else (e.value,))
            )
        case Array(items=items):
            return items
        case Template(parts=parts, tag=tag):
            inner = tuple(part for part in parts if isinstance(part, Expr))
            return inner if tag is None else (tag, *inner)
        case Subscript(owner=owner, index=index):
            return (owner, index)
        case Assign(target=target, value=value):
            return (target, value)
        case Jsx(attributes=attributes, children=children):
            return (*(entry.value for entry in attributes), *children)
        case Other(parts=parts):
            return parts
        case Yield(value=given) if given is not None:
            return (given,)
        case _:
            return ()


def inside(expr: Expr | None) -> Iterator[Expr]:
    """An expression and all in it, bodies of functions left out."""
    stack: list[Expr] = [expr] if expr is not None else []
    while stack:
        found = stack.pop()
        yield found
        stack.extend(reversed(parts_of(found)))


def every_statement(statements: Iterable[Statement]) -> Iterator[Statement]:
    """The statements and those in their blocks, bodies of functions left out."""
    for statement in statements:
        yield statement
        match statement:
            case If(then=then, otherwise=otherwise):
                yield from every_statement(then)
                yield from every_statement(otherwise)
            case Loop(first=first, body=body):
                yield from every_statement(first)
                yield from every_statement(body)
            case Block(body=body):
                yield from every_statement(body)
            case Try(body=body, handler=handler, last=last):
                yield from every_statement(body)
                yield from every_statement(handler or ())
                yield from every_statement(last)
            case Switch(cases=cases):
                for case in cases:
                    yield from every_statement(case.body)
            case _:
                continue


def own_expressions(statement: Statement) -> tuple[Expr, ...]:
    """The expressions that stand in a statement itself, not in the statements within it."""
    match statement:
        case Do(value=value) | Throw(value=value):
            return (value,)
        case Bind(value=given) | Return(value=given):
            return (given,) if given is not None else ()
        case If(test=test):
            return (test,)
        case Loop(over=over, test=asked, step=step):
            return tuple(part for part in (over, asked, step) if part is not None)
        case Switch(subject=subject, cases=cases):
            return (subject, *(case.test for case in cases if case.test is not None))
        case Define(value=value):
            return (value,)
        case _:
            return ()


def dotted(expr: Expr | None) -> str:
    """`res.status.json` for `res.status(400).json`: the names of a chain, what it is called with left out."""
    names: list[str] = []
    while expr is not None:
        match expr:
            case Name(id=name):
                names.append(name)
                break
            case Member(owner=owner, name=name):
                names.append(name)
                expr = owner
            case Call(function=function):
                expr = function
            case Await(value=value):
                expr = value
            case Subscript(owner=owner):
                expr = owner
            case _:
                break
    return ".".join(reversed(names))
