"""What others may learn of a module without following its functions: all that it says outside their bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from dbarchitect.sources.python.expressions import Expr
from dbarchitect.sources.python.statements import ClassDef, Condition, FunctionDef, Import, Module, Statement


def surface_of(module: Module) -> bytes:
    """The digest of what a module says outside the bodies of its functions; places and comments do not count."""
    words = "\0".join(_said(module.statements, module.source))
    return sha256(words.encode("utf-8", "replace")).digest()


def _said(statements: Iterable[Statement], source: bytes) -> Iterator[str]:
    for statement in statements:
        yield from _conditions(statement.conditions, source)
        match statement:
            case ClassDef(body=body):
                yield f"class {statement.qualname}"
                for expr in (*statement.decorators, *statement.bases, *(k.value for k in statement.keywords)):
                    yield _text(expr, source)
                yield repr([keyword.name for keyword in statement.keywords])
                yield from _said(body, source)
                yield "end"
            case FunctionDef():
                yield f"def {statement.qualname}"
                for decorator in statement.decorators:
                    yield _text(decorator, source)
                for parameter in statement.parameters:
                    yield f"{parameter.star}{parameter.name}"
                    yield _text(parameter.annotation, source)
                    yield _text(parameter.default, source)
                yield _text(statement.annotation, source)
            case Import():
                yield repr((statement.module, statement.level, statement.name, statement.bound))
            case _:
                yield type(statement).__name__
                written = source[statement.span.start : statement.span.end]
                yield written.decode("utf-8", "replace") if written else repr(statement)


def _conditions(conditions: tuple[Condition, ...], source: bytes) -> Iterator[str]:
    for condition in conditions:
        yield f"if {condition.expected} {_text(condition.test, source)}"


def _text(expr: Expr | None, source: bytes) -> str:
    """An expression as written."""
    if expr is None:
        return ""
    return source[expr.span.start : expr.span.end].decode("utf-8", "replace")
