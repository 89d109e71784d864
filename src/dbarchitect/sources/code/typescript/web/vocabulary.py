"""What web frameworks hand to a program's functions: requests, and what validators have made of them."""

from __future__ import annotations

import re

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.values import Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.typescript.walking import dotted
from dbarchitect.sources.code.typescript.web.procedures import CHECKING, ENDING, Procedure, Validator
from dbarchitect.sources.code.typescript.web.requests import RAW, Request, attribute_of, called, is_answer
from dbarchitect.sources.code.typescript.web.role import Given, TellsRoles
from dbarchitect.sources.code.typescript.zod.parsed import parsed
from dbarchitect.sources.code.typescript.zod.schema import Kind, Schema, joined
from dbarchitect.sources.code.values import Library, Member, Opaque, Value, is_raw
from dbarchitect.sources.typescript.syntax import Call, Name, Parameter
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax

_REQUESTS = {
    "NextRequest": Given.REQUEST, "NextApiRequest": Given.REQUEST, "FastifyRequest": Given.REQUEST,
    "IncomingMessage": Given.REQUEST, "Request": Given.REQUEST, "HonoRequest": Given.REQUEST,
    "GetServerSidePropsContext": Given.CONTEXT, "LoaderFunctionArgs": Given.CONTEXT, "LoaderArgs": Given.CONTEXT,
    "ActionFunctionArgs": Given.CONTEXT, "ActionArgs": Given.CONTEXT, "DataFunctionArgs": Given.CONTEXT,
    "RequestEvent": Given.CONTEXT, "H3Event": Given.CONTEXT, "APIContext": Given.CONTEXT, "Context": Given.CONTEXT,
    "APIGatewayProxyEvent": Given.CONTEXT, "PageServerLoadEvent": Given.CONTEXT,
}  # fmt: skip
_CONTEXTS = frozenset({"hono", "koa", "elysia", "@oak/oak"})
_HEAD = re.compile(r"^([A-Za-z_$][\w$]*)\s*(?:<|$)")
_FORM = frozenset({"FormData"})
_BRINGING = frozenset({"Body", "Query", "Param", "Headers", "UploadedFile", "RawBody", "Args", "Arg", "MessageBody"})
_PIPES = re.compile(r"^Parse(?:Int|UUID|Float|Bool|Enum)Pipe$")
_READING = frozenset(
    {"readBody", "getQuery", "getRouterParam", "getRouterParams", "readFormData", "readMultipartFormData",
     "readRawBody", "getHeader", "getCookie", "parseBody", "json", "buffer", "text", "raw"}
)  # fmt: skip
_CHECKED_READING = frozenset({"readValidatedBody", "getValidatedQuery", "getValidatedRouterParams"})
_HEADERS = frozenset({"next/headers:cookies", "next/headers:headers"})


class WebVocabulary(Vocabulary):
    """Tells values that come from a request, checked or not."""

    name = "web"
    needles = (
        *(b"%s(?<=\\b%s)\\s*[=(]" % (verb, verb) for verb in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE")),
        rb"use server(?<=[\"']use server)[\"']",
        rb"NextApiRequest\b",
        rb"getServerSideProps\b",
        rb"\.(?:get|post|put|patch|delete|all)\(\s*[\"'`]/|\.(?:query|mutation|action|handler)\(\s*(?:async\b|\()",
        rb"@(?:Get|Post|Put|Patch|Delete|Cron|Process)\(",
        rb"FunctionArgs\b(?<=LoaderFunctionArgs|ActionFunctionArgs)",
        rb"defineEventHandler\(",
        rb"createFunction\(",
        rb"new Worker\(",
        rb"export default async function\b",
        rb"schemaTask\(",
    )

    def __init__(self, roles: TellsRoles) -> None:
        self.roles = roles
        self._handed: dict[tuple[str, int], Request] = {}

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:  # noqa: ARG002
        """`request: NextRequest`, `{ params }: LoaderFunctionArgs`, `data: FormData`."""
        head = _HEAD.match(type_text)
        if head is None:
            return None
        name = head[1]
        if name in _FORM:
            return RAW
        imported = frame.module.imports.get(name)
        if imported is not None:
            name = imported.name
        if name in frame.module.bound or name not in _REQUESTS:
            return None
        if name == "Context" and (imported is None or imported.specifier.partition("/")[0] not in _CONTEXTS):
            return None
        return Request(_REQUESTS[name])

    def parameter(self, function: FunctionSyntax, parameter: Parameter, position: int, site: Site) -> Value | None:  # noqa: ARG002
        """What a handler is given: a request, its parts, what a client sends."""
        if parameter.decorators:
            return _decorated(parameter)
        handed = self._handed.get((function.module.path, function.start))
        if handed is not None and position == 0:
            return handed
        role = self.roles.role(function)
        span = role is not None and self.roles.begins(function)
        if role is None or not span:
            return None
        name = parameter.target.id if isinstance(parameter.target, Name) else ""
        match role.given:
            case Given.INPUT:
                return RAW
            case Given.PARTS:
                return Request(Given.PARTS, Opaque() if role.checked else None) if position == 0 else None
            case Given.REQUEST | Given.PAGE:
                return Request() if position < 3 and not is_answer(name) else None
            case Given.CONTEXT:
                return Request(Given.CONTEXT) if position == 0 else None
            case _:
                return None

    @of(Request, Member)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """`request.body`, `ctx.req`."""
        if isinstance(owner, Request):
            found = attribute_of(owner, name)
            return parsed(found, site.interpreter) if isinstance(found, Schema) else found
        if isinstance(owner, Member) and is_raw(owner):
            return Member(owner, name)
        return None

    @of(Request)
    def awaited(self, value: Value, site: Site) -> Value | None:  # noqa: ARG002
        """`await params`."""
        return value if isinstance(value, Request) else None

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """`request.json()`, `new URL(request.url)`, the steps of a procedure, the registration of a handler."""
        if isinstance(function, Library):
            return self._library(function, arguments, site)
        if not isinstance(function, Member):
            return self._reading(arguments, site)
        owner = function.owner
        if isinstance(owner, Request):
            if function.name == "valid":
                return _valid(owner, arguments, site)
            found = called(owner, function.name, len(arguments.args))
            return found if found is not None else self._reading(arguments, site)
        if isinstance(owner, Member) and isinstance(owner.owner, Request) and owner.name in {"param", "query"}:
            return RAW
        if isinstance(owner, Procedure):
            return self._continued(owner, function.name, arguments)
        if function.name in CHECKING and isinstance(arguments.get(0), Schema):
            return None if isinstance(owner, Schema) else Procedure(arguments.get(0))
        self._registered(arguments)
        return None

    def _library(self, function: Library, arguments: Arguments, site: Site) -> Value | None:
        first = arguments.get(0)
        if function.name in _HEADERS:
            return RAW
        if function.name in {"URL", "URLSearchParams"} and (isinstance(first, Request) or is_raw(first)):
            return Request()
        package, _, name = function.name.partition(":")
        if name in {"zValidator", "vValidator", "validator", "sValidator"} and isinstance(first, Const):
            schema = arguments.get(1)
            return Validator(str(first.value), schema) if isinstance(schema, Schema) else None
        return self._reading(arguments, site) if package else None

    def _reading(self, arguments: Arguments, site: Site) -> Value | None:
        """`await readBody(event)`."""
        if not isinstance(arguments.get(0), Request) or not isinstance(site.expr, Call):
            return None
        name = dotted(site.expr.function).rpartition(".")[2]
        if name in _CHECKED_READING:
            return Opaque()
        return RAW if name in _READING else None

    def _continued(self, owner: Procedure, name: str, arguments: Arguments) -> Value | None:
        """`.use(…)`, `.query(handler)` after `.input(schema)`."""
        first = arguments.get(0)
        if isinstance(first, Schema) and name in CHECKING:
            return Procedure(_both(owner.schema, first) if name == "input" else first)
        handlers = [given for given in arguments.args if isinstance(given, Function)]
        if name in ENDING:
            for handler in handlers:
                self._hand(handler, Request(Given.PARTS, owner.schema))
            return None
        return owner if name not in ENDING else None

    def _registered(self, arguments: Arguments) -> None:
        """`app.post("/x", zValidator("json", schema), handler)`."""
        checks = [given for given in arguments.args if isinstance(given, Validator)]
        if not checks:
            return
        for given in arguments.args:
            if isinstance(given, Function):
                valid = tuple((check.part, check.schema) for check in checks)
                self._hand(given, Request(Given.CONTEXT, valid=valid))

    def _hand(self, handler: Function, request: Request) -> None:
        self._handed[(handler.function.module.path, handler.function.start)] = request


def _both(before: Value, after: Schema) -> Schema:
    """What two steps of a procedure demand of what comes in: tRPC's `input` adds to what was said before it."""
    objects = isinstance(before, Schema) and before.kind is after.kind is Kind.OBJECT
    return joined(before, after) if isinstance(before, Schema) and objects else after


def _valid(owner: Request, arguments: Arguments, site: Site) -> Value:
    """`c.req.valid("json")`."""
    part = arguments.get(0)
    schema = dict(owner.valid).get(str(part.value)) if isinstance(part, Const) else None
    return parsed(schema, site.interpreter) if isinstance(schema, Schema) else Opaque()


def _decorated(parameter: Parameter) -> Value | None:
    """NestJS: `@Body() dto`, `@Param("id", ParseIntPipe) id`, `@Req() request`."""
    for decorator in parameter.decorators:
        name = dotted(decorator).rpartition(".")[2]
        if name in _BRINGING:
            pipes = decorator.args if isinstance(decorator, Call) else ()
            checked = any(_PIPES.match(dotted(pipe).rpartition(".")[2]) for pipe in pipes)
            return Opaque(number=True) if checked else RAW
        if name in {"Req", "Request"}:
            return Request()
    return None
