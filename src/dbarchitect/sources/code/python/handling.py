"""What an `except` clause does with the error it catches."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.queries import HandlerFact
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.python.body import Bind, Branch, Do, Except, Grow, Leave, Loop, Step, Try, With
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Dict,
    Display,
    Expr,
    FString,
    Literal,
    Name,
    Subscript,
    Unknown,
)
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.resolved import External

_LOGGING = re.compile(r"(?:^|\.)(?:log|logger|logging|_logger|_log|LOG|print|capture_exception|warn|warning)(?:\.|$)")
_ANSWERING = re.compile(
    r"(?:^|\.)(?:abort|jsonify|make_response|\w*Response|HttpResponse\w*|HTTPException|render\w*|redirect|flash|"
    r"messages\.(?:error|warning|info|add_message)|echo|secho|stdout\.write|stderr\.write|set_result|message_user)$"
)
_LONGEST_NAME = 100
_TELLING = re.compile(
    r"(?:error|fail|failed|failure|exception|reject|nack|retry|abort|errback)s?(?:_\w+)?$", re.IGNORECASE
)
"""A function of the project that is told of the error: `handle_error(…)`, `self.retry(…)`, `job.mark_failed()`."""
_ROLLING_BACK = frozenset({"rollback", "rollback_all", "invalidate", "remove", "dispose", "set_rollback"})
_EMPTY_CALLS = frozenset({"list", "dict", "set", "tuple", "str", "int"})


def handled(clause: Except, index: PythonIndex, frame: Frame, *, otherwise: bool = False) -> HandlerFact:
    """What a clause catches and does; function and places are the caller's to fill in. `otherwise`: what follows where
    all went well stands apart, in the `else` of the `try`, so that a clause that does something does it instead."""
    raises = rolls_back = logs = answers = returns = binds = helps = False
    status: int | None = None
    empty: str | None = None
    for step in _steps(clause.body):
        match step:
            case Leave(kind="raise", value=value):
                raises = True
                status = status or _status(value)
            case Leave(kind="return", value=value):
                nothing = _empty(value)
                empty = nothing if nothing is not None else empty
                returns = returns or nothing is None
                status = status or _status(value)
            case Bind(value=value):
                binds = binds or _empty(value) in {None, "None"}
            case Grow():
                binds = True
            case _:
                pass
        for call in _calls(step):
            name = call.name or ""
            rolls_back = rolls_back or name.rpartition(".")[2] in _ROLLING_BACK or _is_rollback(call)
            logging = _LOGGING.search(name) is not None
            logs = logs or logging
            answers = answers or _ANSWERING.search(name) is not None
            told = _TELLING.search(name[-_LONGEST_NAME:]) is not None
            told = told or (clause.name is not None and _speaks_of(call, clause.name))
            answers = answers or (not logging and told)
            helps = helps or not logging
            if name.rpartition(".")[2] in {"abort", "exit", "_exit"}:
                raises = True
            status = status or (_status(call) if _ANSWERING.search(name) else None)
    quiet = not (raises or answers or returns or binds or status or (otherwise and helps))
    return HandlerFact(
        "", Origin(), Origin(), tuple(_names(clause.types, index, frame)), raises, rolls_back, logs, quiet, status,
        empty if quiet else None,
    )  # fmt: skip


def _is_rollback(call: Call) -> bool:
    """Whether the statement itself is run: `cursor.execute("rollback")`."""
    said = call.args[0] if (call.name or "").endswith(".execute") and call.args else None
    return isinstance(said, Literal) and isinstance(said.value, str) and said.value.lower().startswith("rollback")


def answers_otherwise(attempt: Try, after: Step | None) -> bool:
    """Whether a function that goes on behind a `try` tells by what it returns there that something went wrong: the
    `try` returns one answer where all went well, and another one stands behind it (`return False`)."""
    if not isinstance(after, Leave) or after.kind != "return" or after.value is None or _empty(after.value) is not None:
        return False
    inside = [step.value for step in _steps(attempt.body) if isinstance(step, Leave) and step.kind == "return"]
    return bool(inside) and all(value != after.value for value in inside)


def _empty(value: Expr | None) -> str | None:
    """What is as good as nothing, as written: None, an empty list, zero. `False` is an answer: None for all that is
    one."""
    match value:
        case None:
            return "None"
        case Literal(value=None):
            return "None"
        case Literal(value=bool()):
            return None
        case Literal(value=str() | int() | float() as found):
            return repr(found) if not found else None
        case Display(kind=kind, items=()):
            return {"list": "[]", "tuple": "()"}.get(kind, "an empty set")
        case Display(items=items):
            parts = [_empty(item) for item in items]
            known = [part for part in parts if part is not None]
            return ", ".join(known) if len(known) == len(parts) else None
        case Dict(items=()):
            return "{}"
        case Call(args=(), kwargs=()) if value.name in _EMPTY_CALLS:
            return f"{value.name}()"
        case _:
            return None


def _names(types: Expr | None, index: PythonIndex, frame: Frame) -> Iterator[str]:
    """The dotted names of what is caught."""
    if isinstance(types, Display):
        for item in types.items:
            yield from _names(item, index, frame)
    elif isinstance(types, Call) and types.name == "getattr" and len(types.args) > 1:
        said = types.args[1]  # `getattr(model, "MultipleObjectsReturned", Exception)`
        if isinstance(said, Literal) and isinstance(said.value, str):
            yield said.value
    elif isinstance(types, Name):
        found = index.resolve(frame.module, types.id)
        name = found.name if isinstance(found, External) else types.id
        yield name.removeprefix("builtins.")


def _steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        match step:
            case Branch(body=body, orelse=orelse):
                yield from _steps(body)
                yield from _steps(orelse)
            case Loop(body=body) | With(body=body) | Try(body=body):
                yield from _steps(body)
            case _:
                continue


def _calls(step: Step) -> Iterator[Call]:
    value: Expr | None = step.value if isinstance(step, Do | Bind | Grow | Leave) else None
    stack: list[Expr | None] = [value]
    while stack:
        found = stack.pop()
        if isinstance(found, Call):
            yield found
            stack.extend(found.args)
            stack.extend(keyword.value for keyword in found.kwargs)
            if not isinstance(found.function, Name):
                stack.append(getattr(found.function, "value", None))
        elif isinstance(found, Display):
            stack.extend(found.items)


def _speaks_of(call: Call, error: str) -> bool:
    """Whether a call is given the error itself, or a text with it."""
    stack: list[Expr] = [*call.args, *(keyword.value for keyword in call.kwargs)]
    while stack:
        match stack.pop():
            case Name(id=name) if name.partition(".")[0] == error:
                return True
            case FString(parts=parts):
                stack.extend(part for part in parts if not isinstance(part, str))
            case Call(args=args):
                stack.extend(args)
            case BinOp(left=left, right=right):
                stack.extend((left, right))
            case Subscript(value=inner) | Attribute(value=inner):
                stack.append(inner)  # `str(error)[:80]`
            case Unknown(text=text) if re.search(rf"\b{re.escape(error)}\b", text):
                return True  # `{error!s}` in a text
            case _:
                continue
    return False


def _status(expr: Expr | None) -> int | None:
    """The HTTP status in `abort(500)`, `return body, 500`, `JSONResponse(…, status_code=500)`, `HTTPException(400)`."""
    candidates: list[Expr] = []
    if isinstance(expr, Call):
        candidates = [*expr.args, *(k.value for k in expr.kwargs if k.name in {"status", "status_code", "code"})]
    elif isinstance(expr, Display):
        candidates = [*expr.items]
    for candidate in candidates:
        if isinstance(candidate, Literal) and isinstance(candidate.value, int) and 400 <= candidate.value < 600:
            return candidate.value
        if isinstance(candidate, Name) and (found := re.search(r"HTTP_(\d{3})", candidate.id)):
            return int(found[1])
    return None
