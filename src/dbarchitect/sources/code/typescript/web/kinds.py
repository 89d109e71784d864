"""What a call registers: a route, a procedure, an action, a task, a command; and which of its arguments handle it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.sources.code.typescript.web.chains import bound_to, constant_of, entry_of, root_of, steps_of
from dbarchitect.sources.code.typescript.web.guarding import CHECKED, is_guard
from dbarchitect.sources.code.typescript.web.role import Given, Role
from dbarchitect.sources.typescript.syntax import Call, Entry, Expr, Function, Literal, Member, Module, Name, Object

Registration = tuple[Role, tuple[Expr, ...], tuple[Expr, ...]]
"""The role, the arguments that handle it, and those that stand before: middlewares, options."""

_VERBS = frozenset({"get", "post", "put", "patch", "delete", "del", "options", "head", "all"})
_PROCEDURES = frozenset({"query", "mutation", "subscription"})
_PROCEDURE = re.compile(r"procedure|^publicProc|^authed|^protected", re.IGNORECASE)
_ACTION = re.compile(r"action|client|procedure", re.IGNORECASE)
_CHECKING = frozenset({"input", "schema", "inputSchema", "bindArgsSchemas", "validator", "inputValidator", "body"})
_CHAINED = _CHECKING | {"output", "use", "meta", "metadata", "concat", "outputSchema", "createServerAction"}
_EVENTS = frozenset({"defineEventHandler", "eventHandler", "defineCachedEventHandler"})
_TASKS = frozenset({"task", "schemaTask", "defineTask", "createWorker", "defineJob", "createTask", "scheduledTask"})
_QUEUES = re.compile(r"queue|worker|agenda|boss|job|cron|schedul|bree|consumer", re.IGNORECASE)
_OPEN = re.compile(r"^(?:public\w*|base\w*|procedure|actionClient|createServerAction|t|router|os|publicProcedure)$")
_ROUTER = re.compile(r"(?:Router|Routes|Controller|Procedures)$")


def role_of_call(call: Call, names: tuple[str, ...], module: Module) -> Registration | None:
    """What a call registers, None for any other call; `names` are those of what it stands in."""
    function, args = call.function, call.args
    if isinstance(function, Name):
        return _of_name(function.id, args, new=call.new)
    if not isinstance(function, Member) or not args:
        return None
    name = function.name
    if name in _VERBS:
        return _verb(name, function, args)
    if name in _PROCEDURES:
        return _procedure(function, args, names)
    if name in {"action", "handler", "stateAction"}:
        return _action(function, args)
    if name == "openapi" and len(args) > 1:
        return _described(bound_to(args[0], module), args[1:])
    if name == "route" and isinstance(args[0], Object):
        return _described(args[0], args)
    return _task(name, function, args)


def contract_of(call: Call) -> tuple[Entry, ...]:
    """The handlers of a contract (ts-rest): `server.router(contract, { list: handler })`; none for any other call."""
    function, args = call.function, call.args
    if not isinstance(function, Member) or function.name != "router" or len(args) != 2:
        return ()
    return args[1].entries if isinstance(args[1], Object) and not isinstance(args[0], Object) else ()


def _verb(verb: str, function: Member, args: tuple[Expr, ...]) -> Registration | None:
    """`app.get("/orders", auth, handler)`, `router.route("/orders").get(handler)`."""
    path, rest = constant_of(args[0]), args[1:]
    if path is None:
        routed = next((s for s in steps_of(function.owner) if s.name == "route" and s.args), None)
        path, rest = (constant_of(routed.args[0]) if routed is not None else None), args
    if path is None or not (path.startswith(("/", "*")) or (path == "" and len(rest) > 0)) or not rest:
        return None
    options = tuple(arg for arg in rest if isinstance(arg, Object))
    handlers = tuple(arg for arg in rest if not isinstance(arg, Object | Literal))
    if not handlers:
        return (_route(verb, path, Given.CONTEXT), options, options) if _has_handler(options) else None
    inline = tuple(arg for arg in handlers[:-1] if isinstance(arg, Function))
    before = tuple(arg for arg in handlers[:-1] if not isinstance(arg, Function))
    return _route(verb, path, _given(handlers[-1])), (*inline, handlers[-1]), (*before, *options)


def _given(handler: Expr) -> Given:
    """Express hands over a request and a response, Hono and the like one context."""
    function = handler if isinstance(handler, Function) else None
    return Given.CONTEXT if function is not None and len(function.parameters) == 1 else Given.REQUEST


def _route(verb: str, path: str, given: Given) -> Role:
    shown = "" if verb == "all" else "DELETE" if verb == "del" else verb.upper()
    return Role(FunctionKind.ROUTE, f"{shown} {path}".strip(), given=given)


def _has_handler(options: tuple[Expr, ...]) -> bool:
    return any(entry_of(option, "handler") is not None for option in options)


def _described(options: Expr, handlers: tuple[Expr, ...]) -> Registration | None:
    """`fastify.route({ method, url, handler })`, `app.openapi(createRoute({ method, path }), handler)`."""
    if isinstance(options, Call) and options.args:
        options = options.args[0]
    path = constant_of(entry_of(options, "url") or entry_of(options, "path"))
    verb = constant_of(entry_of(options, "method"))
    if path is None:
        return None
    given = Given.CONTEXT if options is not handlers[0] else Given.REQUEST
    return _route((verb or "all").lower(), path, given), handlers, (options,)


def _procedure(function: Member, args: tuple[Expr, ...], names: tuple[str, ...]) -> Registration | None:
    """tRPC: `list: protectedProcedure.input(schema).query(handler)`."""
    root = root_of(function.owner)
    steps = {step.name for step in steps_of(function.owner)}
    if not (_PROCEDURE.search(root) or (steps & _CHAINED and not isinstance(args[0], Literal))):
        return None
    role = Role(FunctionKind.ROUTE, _named(names), _guards(root, steps), Given.PARTS, bool(steps & _CHECKING))
    return role, args[:1], ()


def _action(function: Member, args: tuple[Expr, ...]) -> Registration | None:
    """next-safe-action, zsa: `client.schema(schema).action(handler)`; commander: `program.command("x").action(f)`."""
    root = root_of(function.owner)
    steps = {step.name for step in steps_of(function.owner)}
    if "command" in steps or "option" in steps:
        return Role(FunctionKind.COMMAND), args[:1], ()
    if not (steps & _CHAINED or (_ACTION.search(root) and function.name != "handler")):
        return None
    role = Role(FunctionKind.ROUTE, None, _guards(root, steps), Given.PARTS, bool(steps & _CHECKING))
    return role, args[:1], ()


def _guards(root: str, steps: set[str]) -> tuple[str, ...]:
    own = (root,) if not _OPEN.match(root) and is_guard(root) else ()
    return (*own, CHECKED) if steps & _CHECKING else own


def _named(names: tuple[str, ...]) -> str | None:
    """`orders.list` of a procedure `list` in `ordersRouter`."""
    shown = [_ROUTER.sub("", name) for name in names]
    return ".".join(name for name in shown if name and name not in {"default", "router", "app"}) or None


def _of_name(name: str, args: tuple[Expr, ...], *, new: bool) -> Registration | None:
    """`defineEventHandler(handler)`, `task({ id, run })`, `new Worker("queue", handler)`."""
    if name in _EVENTS and args:
        return Role(FunctionKind.ROUTE, None, given=Given.CONTEXT), args[:1], ()
    if name in _TASKS and args:
        return Role(FunctionKind.TASK), tuple(_handling(args)), ()
    if new and (name.endswith("Worker") or name == "CronJob") and len(args) > 1:
        return Role(FunctionKind.TASK), tuple(_handling(args)), ()
    return None


def _task(name: str, function: Member, args: tuple[Expr, ...]) -> Registration | None:
    """`inngest.createFunction(options, trigger, handler)`, `queue.process(handler)`, `cron.schedule(when, handler)`."""
    owner = root_of(function.owner)
    known = name in {"createFunction", "defineJob"} or (name == "task" and (owner == "schedules" or len(args) == 1))
    waiting = name in {"process", "define", "schedule", "work", "every", "consume"} and _QUEUES.search(owner)
    if not (known or waiting):
        return None
    handlers = tuple(_handling(args))
    return (Role(FunctionKind.TASK), handlers, ()) if handlers else None


def _handling(args: tuple[Expr, ...]) -> Iterator[Expr]:
    """The arguments that may be functions: not names of queues and moments."""
    for arg in args:
        if not isinstance(arg, Literal):
            yield arg
