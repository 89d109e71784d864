"""What an `except` clause does with the error it catches."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.queries import HandlerFact
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.python.body import Bind, Branch, Do, Except, Grow, Leave, Loop, Step, Try, With
from dbarchitect.sources.python.expressions import Call, Display, Expr, Literal, Name
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.resolved import External

_LOGGING = re.compile(r"(?:^|\.)(?:log|logger|logging|_logger|_log|LOG|print|capture_exception|warn|warning)(?:\.|$)")
_ANSWERING = re.compile(
    r"(?:^|\.)(?:abort|jsonify|make_response|Response|JSONResponse|HttpResponse\w*|HTTPException|render|redirect|flash|"
    r"error_response|messages\.error|add_error)$"
)


def handled(clause: Except, index: PythonIndex, frame: Frame) -> HandlerFact:
    """What a clause catches and does; function and places are the caller's to fill in."""
    raises = rolls_back = logs = answers = returns = binds = False
    status: int | None = None
    for step in _steps(clause.body):
        match step:
            case Leave(kind="raise", value=value):
                raises = True
                status = status or _status(value)
            case Leave(kind="return", value=value):
                returns = value is not None and not (isinstance(value, Literal) and value.value in {None, False})
                status = status or _status(value)
            case Bind() | Grow():
                binds = True
            case _:
                pass
        for call in _calls(step):
            name = call.name or ""
            rolls_back = rolls_back or name.rpartition(".")[2] == "rollback"
            logs = logs or _LOGGING.search(name) is not None
            answers = answers or _ANSWERING.search(name) is not None
            if name.rpartition(".")[2] in {"abort", "exit", "_exit"}:
                raises = True
            status = status or (_status(call) if _ANSWERING.search(name) else None)
    quiet = not (raises or answers or returns or binds or status)
    return HandlerFact(
        "", Origin(), Origin(), tuple(_names(clause.types, index, frame)), raises, rolls_back, logs, quiet, status
    )


def _names(types: Expr | None, index: PythonIndex, frame: Frame) -> Iterator[str]:
    """The dotted names of what is caught."""
    if isinstance(types, Display):
        for item in types.items:
            yield from _names(item, index, frame)
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
