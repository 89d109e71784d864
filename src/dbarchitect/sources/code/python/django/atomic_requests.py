"""`ATOMIC_REQUESTS`: every request is one transaction, unless a view says otherwise.

Django reads it as a setting of each database, inside of `DATABASES`; a setting of that name beside it says nothing.
Source: https://docs.djangoproject.com/en/5.2/topics/db/transactions/#tying-transactions-to-http-requests
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from dbarchitect.catalog.queries import FunctionKind, Sign, SignKind
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.python.expressions import Span

_NAME = re.compile(rb"ATOMIC_REQUESTS")
_SET = re.compile(
    rb"""^[^#\n]*?(?:["']ATOMIC_REQUESTS["']\s*+\]?\s*+[:=]\s*+True\b|\bATOMIC_REQUESTS\s*+=\s*+True\s*+[,)])""",
    re.MULTILINE,
)
_BESIDE = re.compile(
    rb"^(?P<indent>[ \t]*)ATOMIC_REQUESTS[ \t]*(?::[^=\n]{1,80})?=(?!=)[ \t]*(?P<value>[^\n]*)$", re.MULTILINE
)
_OFF = re.compile(rb"(?:False|None|0)\b")
_COMMENT = re.compile(rb"#[^\n]*")
_NOT_AT_WORK = re.compile(r"(?:^|[/_])(?:tests?|testing|local|dev|development|ci)(?:[/_.]|$)")
_APART = "non_atomic_requests"


def where_set(interpreter: Following) -> Origin | None:
    """The place where the settings switch it on; None where none for work does."""
    for module in interpreter.index.candidates(b"ATOMIC_REQUESTS"):
        if not _is_of_settings(module.path):
            continue
        inside = _SET.search(module.source)
        if inside is not None:
            line = module.source.count(b"\n", 0, inside.end()) + 1
            return module.origin(Span(inside.end() - len("True"), inside.end(), line))
    return None


def misplaced(search: Callable[[re.Pattern[bytes]], Iterable[tuple[str, bytes]]]) -> Sign | None:
    """The place where settings switch it on beside `DATABASES`, while nothing in the program hands that on."""
    found: Sign | None = None
    for path, source in search(_NAME):
        own = [match for match in _BESIDE.finditer(source) if _is_member(source, match)]
        on_lines = {source.count(b"\n", 0, match.start("value")) for match in own}
        bare = _COMMENT.sub(lambda comment: b" " * len(comment[0]), source)
        if any(source.count(b"\n", 0, name.start()) not in on_lines for name in _NAME.finditer(bare)):
            return None
        for match in own:
            if found is None and _is_of_settings(path) and not _OFF.match(match["value"]):
                start = match.end("indent")
                line = source.count(b"\n", 0, start) + 1
                text = source[start : match.end()].decode("utf-8", "replace").strip()
                found = Sign(SignKind.MISPLACED_ATOMIC_REQUESTS, text, Origin(path, line, start=start, end=match.end()))
    return found


def _is_of_settings(path: str) -> bool:
    return not _NOT_AT_WORK.search(path) and ("settings" in path or "conf" in path)


def _is_member(source: bytes, match: re.Match[bytes]) -> bool:
    """Whether an assignment stands at the top of a module, or in the body of a class: no argument of a call."""
    indent = len(match["indent"])
    if not indent:
        return True
    for line in reversed(source[: match.start()].splitlines()):
        if line.strip() and len(line) - len(line.lstrip()) < indent:
            return line.startswith(b"class ")
    return False


def bind_requests(interpreter: Following) -> None:
    """Put what views ask, and functions that only they call, into the transaction of the request."""
    origin = where_set(interpreter)
    if origin is None:
        return
    recorder = interpreter.recorder
    inside = {
        key for key, function in recorder.functions.items()
        if function.kind is FunctionKind.ROUTE and _APART not in function.guards
    }  # fmt: skip
    callers: dict[str, set[str]] = {}
    for call in recorder.calls():
        callers.setdefault(call.callee, set()).add(call.caller.function)
    grown = True
    while grown:
        found = {callee for callee, by in callers.items() if callee not in inside and by <= inside}
        grown = bool(found)
        inside |= found
    recorder.within(inside, origin)
