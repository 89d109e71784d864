"""What an expression answers a request with: the HTTP status in it, and calls that throw by themselves.

Sources: https://nextjs.org/docs/app/api-reference/functions/not-found, https://trpc.io/docs/server/error-handling,
https://docs.nestjs.com/exception-filters, https://expressjs.com/en/api.html#res.status
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.sources.code.typescript.walking import dotted, inside
from dbarchitect.sources.code.typescript.web.chains import entry_of
from dbarchitect.sources.typescript.syntax import Call, Expr, Function, Literal, Member, Object

_CODES = {
    "BAD_REQUEST": 400, "PARSE_ERROR": 400, "UNAUTHORIZED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404,
    "METHOD_NOT_SUPPORTED": 405, "TIMEOUT": 408, "CONFLICT": 409, "PRECONDITION_FAILED": 412, "PAYLOAD_TOO_LARGE": 413,
    "UNPROCESSABLE_CONTENT": 422, "UNPROCESSABLE_ENTITY": 422, "TOO_MANY_REQUESTS": 429, "CLIENT_CLOSED_REQUEST": 499,
    "INTERNAL_SERVER_ERROR": 500, "NOT_IMPLEMENTED": 501, "BAD_GATEWAY": 502, "SERVICE_UNAVAILABLE": 503,
    "GATEWAY_TIMEOUT": 504,
}  # fmt: skip
_EXCEPTIONS = {
    "BadRequest": 400, "Unauthorized": 401, "Forbidden": 403, "NotFound": 404, "NotAcceptable": 406, "Conflict": 409,
    "Gone": 410, "PreconditionFailed": 412, "PayloadTooLarge": 413, "UnprocessableEntity": 422,
    "InternalServerError": 500, "NotImplemented": 501, "BadGateway": 502, "ServiceUnavailable": 503,
}  # fmt: skip
_EXCEPTION = re.compile(r"^(?P<name>[A-Z]\w*?)(?:Exception|HttpError|Error)$")
_WITH_STATUS = frozenset(
    {"status", "sendStatus", "code", "writeHead", "throw", "error", "fail", "json", "text", "body"}
)
_KEYS = ("status", "statusCode", "code", "httpStatus")
_ANSWER = re.compile(r"(?:Response|Error|response|Exception)$|^(?:respond|reply|send)")
_THROWING = frozenset(
    {"notFound", "redirect", "permanentRedirect", "unauthorized", "forbidden", "assertNever", "unreachable"}
)
_FAILING = re.compile(r"^(?:throw[A-Z]\w*|raise[A-Z]?\w*|rethrow\w*)$")


def is_failing_call(call: Call) -> bool:
    """Whether a call throws by itself: `notFound()`, `redirect("/login")`, `ctx.throw(400)`, `throwError(…)`."""
    last = dotted(call).rpartition(".")[2]
    if isinstance(call.function, Member):
        return call.function.name == "throw" or last == "exit" or _FAILING.match(last) is not None
    return last in _THROWING or _FAILING.match(last) is not None


def status_of(expr: Expr | None) -> int | None:
    """The HTTP status of an error in an expression: `res.status(500).json(…)`, `NextResponse.json(…, { status: 409 })`,
    `new TRPCError({ code: "CONFLICT" })`, `new NotFoundException()`. None where there is none, or none is known."""
    for part in inside(expr):
        if isinstance(part, Call):
            found = _of_call(part)
            if found is not None:
                return found
        elif isinstance(part, Function):
            continue
    return None


def _of_call(call: Call) -> int | None:
    name = dotted(call.function).rpartition(".")[2]
    named = _EXCEPTION.match(name) if call.new else None
    if named is not None and named["name"] in _EXCEPTIONS:
        return _EXCEPTIONS[named["name"]]
    for number, arg in enumerate(call.args):
        if isinstance(arg, Object):
            status = next(_statuses(arg), None)
            if status is not None:
                return status
        elif isinstance(arg, Literal) and (name in _WITH_STATUS or _ANSWER.search(name) or (call.new and number < 2)):
            value = _number(arg)
            if value is not None:
                return value
    return None


def _statuses(options: Object) -> Iterator[int]:
    for key in _KEYS:
        value = entry_of(options, key)
        if isinstance(value, Literal):
            number = _number(value)
            if number is not None:
                yield number
        elif isinstance(value, Member) and value.name in _CODES:
            yield _CODES[value.name]


def _number(value: Literal) -> int | None:
    if isinstance(value.value, str):
        return _CODES.get(value.value)
    known = isinstance(value.value, int) and not isinstance(value.value, bool) and 400 <= value.value < 600
    return int(value.value) if known and value.value is not None else None
