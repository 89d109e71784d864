"""What a `catch` clause, or a function given to `.catch(…)`, does with the error it catches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from dbarchitect.catalog.queries import HandlerFact
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.typescript.answers import is_failing_call, status_of
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.walking import dotted, every_statement, inside, own_expressions
from dbarchitect.sources.typescript.syntax import (
    Array,
    Assign,
    Await,
    Binary,
    Bind,
    Call,
    Conditional,
    Expr,
    Function,
    Literal,
    Member,
    Module,
    Name,
    Object,
    Return,
    Statement,
    Template,
    Throw,
    Try,
    Unary,
    Yield,
)

_LOGGING = re.compile(
    r"(?:^|\.)(?:console|log|logger|_logger|logging|captureException|captureMessage|Sentry|reportError|recordException|"
    r"log[A-Z]\w*|\w*[lL]ogger)(?:\.|$)"
)
_ANSWERING = re.compile(
    r"(?:^|\.)(?:json|send|status|sendStatus|redirect|end|render|reply|writeHead|setError|setStatus|toast(?:\.\w+)?|"
    r"Response|NextResponse|fail|err|failure|setFailed|exit|addIssue|unauthorized|badRequest|done|next|"
    r"respond|responses?\.\w+|\w*Response|\w*ErrorResult)$"
)
_TELLING = re.compile(r"(?:error|fail|failed|failure|reject|nack|retry|abort|unhandled|invalid)s?$", re.IGNORECASE)
"""A function that is told of the error: `handleError(…)`, `reject(…)`, `job.markFailed()`."""
_KEEPING = frozenset({"push", "add"})
_FAILED = re.compile(r"(?:\w+[_-])?(?:fail(?:ed|ure)?|error(?:ed)?|cancel(?:l?ed)?|rejected)$", re.IGNORECASE)
_ROLLING_BACK = frozenset({"rollback", "rollbackTransaction", "abortTransaction"})
_CODE = re.compile(r"^(?:P[12]\d{3}|2[23]\d{3}|40001|40P01|ER_\w+|SQLITE_CONSTRAINT\w*)$")
"""Codes of errors: Prisma's, PostgreSQL's, MySQL's, SQLite's."""
_TEST = re.compile(r"^is[A-Z]\w*(?:Error|Exception|Violation|Conflict|Constraint)$|(?:[uU]nique|[dD]uplicate)\w*$")
_ANY_ERROR = frozenset({"Error", "Object", "AggregateError", "Exception"})


def handled(step: Try, frame: Frame) -> HandlerFact:
    """What the catch clause of a `try` catches and does; function and places are the caller's to fill in.

    TypeScript catches everything; the names are those that the clause tells apart: classes by `instanceof`, codes.
    """
    name = step.target.id if isinstance(step.target, Name) else ""
    return _fact(step.handler or (), name, frame.module)


def handled_callback(function: Function) -> HandlerFact:
    """What a function given to `.catch(…)` catches and does."""
    first = function.parameters[0].target if function.parameters else None
    return _fact(function.body, first.id if isinstance(first, Name) else "", function.module)


@lru_cache(maxsize=64)  # a function is followed again for many of its callers
def _fact(statements: tuple[Statement, ...], error: str, module: Module) -> HandlerFact:
    raises = rolls_back = logs = answers = binds = helps = False
    status: int | None = None
    empty: str | None = None
    for statement in every_statement(statements):
        match statement:
            case Throw(value=value):
                raises = True
                status = status or status_of(value)
            case Return(value=given):
                nothing = _empty(given)
                empty = nothing if nothing is not None else empty
                answers = answers or nothing is None
                status = status or status_of(given)
            case Bind():
                continue
            case _:
                pass
        for part in _parts(statement):
            if isinstance(part, Assign):
                binds = binds or _empty(part.value) in {None, "null", "undefined"}
            elif isinstance(part, Unary):
                binds = binds or part.operator in {"++", "--"}  # counted
            elif isinstance(part, Yield):
                answers = answers or (part.value is not None and _empty(part.value) is None)
            elif isinstance(part, Await):
                helps = helps or not _LOGGING.search(dotted(part.value))
            if not isinstance(part, Call):
                continue
            name = dotted(part)
            last = name.rpartition(".")[2]
            logging = _LOGGING.search(name) is not None and not _ANSWERING.search(name)
            logs = logs or logging
            rolls_back = rolls_back or last in _ROLLING_BACK
            raises = raises or is_failing_call(part)
            told = _TELLING.search(last) is not None or (bool(error) and not _asks(name) and _speaks_of(part, error))
            told = told or _marks_failure(part)
            binds = binds or last in _KEEPING  # `failed.add(row.id)`: what did not go well is kept for later
            answers = answers or _ANSWERING.search(name) is not None or (not logging and told)
            status = status or status_of(part)
    another_way = helps and empty is None  # `catch { await fallback() }`
    quiet = not (raises or answers or binds or another_way or status)
    catches = tuple(dict.fromkeys(_caught(statements, module)))
    return HandlerFact(
        "", Origin(), Origin(), catches, raises, rolls_back, logs, quiet, status, empty if quiet else None
    )


def _parts(statement: Statement) -> Iterator[Expr]:
    """The expressions in a statement, and in the functions that stand in it (`finally(() => …)`)."""
    for expr in own_expressions(statement):
        for part in inside(expr):
            yield part
            if isinstance(part, Function):
                for inner in every_statement(part.body):
                    yield from (found for own in own_expressions(inner) for found in inside(own))


def _caught(statements: Iterable[Statement], module: Module) -> Iterator[str]:
    """The errors that a clause tells from others, by their class or code."""
    for statement in every_statement(statements):
        for part in _parts(statement):
            match part:
                case Binary(operator="instanceof", right=right):
                    name = dotted(right)
                    imported = module.imports.get(name)
                    if imported is not None and imported.name not in {"default", "*"}:
                        name = imported.name
                    if name and name.rpartition(".")[2] not in _ANY_ERROR:
                        yield name
                case Literal(value=str() as text) if _CODE.match(text):
                    yield text
                case Call(function=function) if _TEST.search(dotted(function).rpartition(".")[2]):
                    yield dotted(function).rpartition(".")[2]
                case _:
                    continue


def _empty(value: Expr | None) -> str | None:
    """What is as good as nothing, as written: null, an empty array, zero. `false` is an answer: None for all that is
    one."""
    match value:
        case None:
            return "undefined"
        case Name(id="undefined"):
            return "undefined"
        case Literal(value=None):
            return "null"
        case Literal(value=bool()):
            return None
        case Literal(value=str() | int() | float() as found):
            return repr(found) if not found else None
        case Array(items=()):
            return "[]"
        case Object(entries=()):
            return "{}"
        case Await(value=inner):
            return _empty(inner)
        case Object(entries=entries):
            parts = [_empty(entry.value) for entry in entries]
            known = [part for part in parts if part is not None]
            return "{" + ", ".join(known) + "}" if len(known) == len(parts) else None
        case Call(function=Member(owner=Name(id="Promise"), name="resolve"), args=args):
            return _empty(args[0] if args else None)
        case _:
            return None


def _asks(name: str) -> bool:
    """Whether a call only asks what an error is: `isPrismaError(error)`, `String(error)`."""
    last = name.rpartition(".")[2]
    return last.startswith(("is", "get", "format", "String", "to", "serialize")) or _LOGGING.search(name) is not None


def _marks_failure(call: Call) -> bool:
    """Whether a call is given a state of failure: `job.update({ data: { status: "FAILED" } })`."""
    entries = (e.value for arg in call.args for part in inside(arg) if isinstance(part, Object) for e in part.entries)
    return any(_FAILED.match(_word(value)) is not None for value in entries)


def _word(value: Expr) -> str:
    """`FAILED` of `"FAILED"`, `Status.FAILED`."""
    if isinstance(value, Member):
        return value.name
    return value.value if isinstance(value, Literal) and isinstance(value.value, str) else ""


def _speaks_of(call: Call, error: str) -> bool:
    """Whether a call is given the error itself, or a text with it."""
    stack: list[Expr] = [*call.args]
    while stack:
        match stack.pop():
            case Name(id=name) if name == error:
                return True
            case Template(parts=parts):
                stack.extend(part for part in parts if isinstance(part, Expr))
            case Call(args=args):
                stack.extend(args)
            case Member(owner=owner):
                stack.append(owner)
            case Object(entries=entries):
                stack.extend(entry.value for entry in entries)
            case Binary(left=left, right=right):
                stack.extend((left, right))
            case Conditional(then=then, otherwise=otherwise):
                stack.extend((then, otherwise))
            case Unary(operand=operand):
                stack.append(operand)
            case _:
                continue
    return False
