"""What comes from a request as it is: bodies, queries, parameters, forms, as each framework hands them over."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.sources.code.typescript.web.role import Given
from dbarchitect.sources.code.values import Member, Opaque, Value

RAW = Opaque(raw=True)
_BROUGHT = frozenset(
    {"body", "query", "params", "param", "cookies", "headers", "searchParams", "rawBody", "files", "file", "formData",
     "rawInput", "payload", "search", "rawParams",
     "multiValueQueryStringParameters", "queryStringParameters"}
)  # fmt: skip
_INNER = frozenset({"req", "request", "nextUrl", "url", "raw", "web"})
_WITHIN = frozenset({"json", "text", "formData", "arrayBuffer", "blob", "parseBody", "param", "query", "queries",
                     "header", "get", "getAll", "raw", "multipart"})  # fmt: skip
_READING = frozenset({"json", "text", "formData", "arrayBuffer", "blob", "parseBody"})
_ANSWERING = frozenset({"res", "response", "reply", "next", "done", "err", "error", "rep"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request, or a context that holds one (`given`). `input` is what was validated of it, None: nothing.

    `valid` are the parts that validators of the route have checked, by their names (`json`, `query`).
    """

    given: Given = Given.REQUEST
    input: Value = None
    valid: tuple[tuple[str, Value], ...] = ()


def attribute_of(request: Request, name: str) -> Value | None:
    """`request.name`; None for what a request says of itself (`method`, `user`)."""
    if request.given is Given.PARTS:
        return _of_parts(request, name)
    if name in _BROUGHT:
        return Member(request, name) if name in {"param", "query", "formData"} and _is_method(request, name) else RAW
    if name in _INNER:
        return Request(valid=request.valid)
    return Member(request, name)


def called(request: Request, name: str, given: int) -> Value | None:
    """What a method of a request gives, `given` arguments handed to it; None where it is none that reads it."""
    if name == "valid":
        return Opaque()
    if name not in _WITHIN or (name in _READING and given) or (request.given is Given.CONTEXT and name in _READING):
        return None
    return RAW


def is_answer(name: str) -> bool:
    """Whether a parameter is what a handler answers with, or hands on to."""
    return name.lstrip("_") in _ANSWERING


def _is_method(request: Request, name: str) -> bool:
    """Hono's `c.req.query("x")` beside Express's `req.query.x`: both give what the request brings."""
    return name == "formData" or (request.given is Given.REQUEST and name == "param")


def _of_parts(request: Request, name: str) -> Value | None:
    if name in {"input", "parsedInput", "data"}:
        return request.input if request.input is not None else RAW
    if name in {"rawInput", "clientInput", "body", "params", "query", "bindArgsParsedInputs"}:
        return RAW if request.input is None or name == "rawInput" else Opaque()
    return Member(request, name)
