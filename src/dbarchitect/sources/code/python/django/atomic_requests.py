"""`ATOMIC_REQUESTS`: every request is one transaction, unless a view says otherwise.

Source: https://docs.djangoproject.com/en/5.2/topics/db/transactions/#tying-transactions-to-http-requests
"""

from __future__ import annotations

import re

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.python.expressions import Span

_SET = re.compile(rb"^[^#\n]*?\bATOMIC_REQUESTS\b[\"']?\s*\]?\s*[:=]\s*True\b", re.MULTILINE)
_NOT_AT_WORK = re.compile(r"(?:^|[/_])(?:tests?|testing|local|dev|development|ci)(?:[/_.]|$)")
_APART = "non_atomic_requests"


def where_set(interpreter: Following) -> Origin | None:
    """The place where the settings switch it on; None where none for work does."""
    for module in interpreter.index.candidates(b"ATOMIC_REQUESTS"):
        if _NOT_AT_WORK.search(module.path) or not ("settings" in module.path or "conf" in module.path):
            continue
        found = _SET.search(module.source)
        if found is not None:
            line = module.source.count(b"\n", 0, found.end()) + 1
            return module.origin(Span(found.end() - len("True"), found.end(), line))
    return None


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
