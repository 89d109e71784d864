"""Roles by decorators: controllers, resolvers, processors and commands of NestJS.

Sources: https://docs.nestjs.com/controllers, https://docs.nestjs.com/guards, https://docs.nestjs.com/techniques/task-scheduling
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.sources.code.typescript.walking import dotted
from dbarchitect.sources.code.typescript.web.chains import constant_of, entry_of
from dbarchitect.sources.code.typescript.web.guarding import CHECKED
from dbarchitect.sources.code.typescript.web.role import Given, Role
from dbarchitect.sources.typescript.syntax import Array, Call, Expr, Function

_VERBS = frozenset({"Get", "Post", "Put", "Patch", "Delete", "Head", "Options", "All", "Sse"})
_GRAPHQL = frozenset({"Query", "Mutation", "Subscription", "ResolveField", "FieldResolver"})
_TASKS = re.compile(r"^(?:Cron|Interval|Timeout|Process|OnEvent|EventPattern|MessagePattern|OnQueue\w+|OnWorkerEvent|"
                    r"SqsMessageHandler|RabbitSubscribe|RabbitRPC|Task)$")  # fmt: skip
_COMMANDS = frozenset({"Command", "SubCommand", "RootCommand"})
_PLAIN = re.compile(
    r"^(?:Api\w*|HttpCode|Header|Render|Version|UseInterceptors|UseFilters|Throttle|SkipThrottle|Injectable|Controller|"
    r"Resolver|Processor|Redirect|Args|Parent|Public|Module|Cache\w*|Swagger\w*|Serialize\w*|Log\w*|Transaction\w*|"
    r"Inject\w*|Repository|Entity|SetMetadata|Span|Trace\w*|Optional|override)$"
)
_USER = re.compile(r"user|session|auth|account|actor|jwt|principal", re.IGNORECASE)


def role_of_decorators(function: Function) -> Role | None:
    """The role that the decorators of a method and its class give it."""
    owner = function.owner
    if owner is None or not (function.decorators or owner.decorators):
        return None
    around = {_name(d): d for d in owner.decorators}
    guards = tuple(dict.fromkeys((*_guards(owner.decorators), *_guards(function.decorators))))
    for decorator in function.decorators:
        name = _name(decorator)
        if name in _VERBS and not _COMMANDS.intersection(around):
            verb = "" if name in {"All", "Sse"} else name.upper()
            route = f"{verb} {_path(around.get('Controller'))}{_path(decorator)}".strip()
            return Role(FunctionKind.ROUTE, route or None, guards, Given.NOTHING)
        if name in _GRAPHQL:
            return Role(FunctionKind.ROUTE, function.name or None, guards, Given.NOTHING)
        if _TASKS.match(name):
            return Role(FunctionKind.TASK, None, guards)
        if name in _COMMANDS:
            return Role(FunctionKind.COMMAND)
    if "Processor" in around and function.name == "process":
        return Role(FunctionKind.TASK)
    if _COMMANDS.intersection(around) and function.name == "run":
        return Role(FunctionKind.COMMAND)
    return None


def takes_user(function: Function) -> bool:
    """Whether a parameter is decorated as the one who asks: `@CurrentUser() user`."""
    return any(_USER.search(_name(d)) for p in function.parameters for d in p.decorators)


def _guards(decorators: Iterable[Expr]) -> list[str]:
    found: list[str] = []
    for decorator in decorators:
        name = _name(decorator)
        given = decorator.args if isinstance(decorator, Call) else ()
        if name == "UseGuards":
            found.extend(_name(arg) for arg in given)
        elif name == "UsePipes":
            found.append(CHECKED)
        elif name not in _VERBS | _GRAPHQL and not _PLAIN.match(name) and not _TASKS.match(name):
            found.append(name)
    return found


def _name(decorator: Expr) -> str:
    return dotted(decorator).rpartition(".")[2]


def _path(decorator: Expr | None) -> str:
    """`/orders` of `@Controller("orders")`, `@Controller({ path: "orders" })`."""
    given = decorator.args[0] if isinstance(decorator, Call) and decorator.args else None
    if isinstance(given, Array):
        given = given.items[0] if given.items else None
    path = constant_of(given) or constant_of(entry_of(given, "path")) or ""
    return "/" + path.strip("/") if path.strip("/") else ""
