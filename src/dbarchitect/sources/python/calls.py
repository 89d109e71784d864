"""Calls whose result can be told: builtins, methods of texts and dictionaries, gettext, and the environment."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember, Environment, is_known
from dbarchitect.sources.python.expressions import Attribute, Call, Display, Literal, Name
from dbarchitect.sources.python.resolved import External, Resolved, Value

if TYPE_CHECKING:
    from dbarchitect.sources.python.expressions import Expr

_GETTEXT = frozenset(
    {"_", "gettext", "gettext_lazy", "ugettext", "ugettext_lazy", "gettext_noop", "ugettext_noop", "lazy_gettext",
     "ngettext", "ngettext_lazy", "_l", "N_", "format_lazy", "mark_safe"}
)  # fmt: skip
_CONTEXT_GETTEXT = frozenset({"pgettext", "pgettext_lazy"})
_LONGEST = 20_000

_BUILTINS: dict[str, Callable[..., Constant]] = {
    "list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "dict": dict, "len": len, "str": str,
    "int": int, "float": float, "bool": bool, "min": min, "max": max, "sum": sum, "sorted": sorted,
    "reversed": lambda x: list(reversed(x)), "enumerate": lambda x, start=0: list(enumerate(x, start)),
    "zip": lambda *x: list(zip(*x, strict=False)), "range": lambda *x: list(range(*x)) if _short(*x) else UNKNOWN,
    "abs": abs, "round": round,
}  # fmt: skip
_LIBRARY: dict[str, Callable[..., Constant]] = {
    "collections.OrderedDict": dict,
    "alembic.op.f": lambda name: name,
    "decimal.Decimal": lambda x=0: float(x) if not isinstance(x, str) else x,
}
_DANGEROUS_FIELD = re.compile(r"\{[^{}]*[:!.\[]")
_CASTS = frozenset({"int", "str", "bool", "float"})
_TEXT_METHODS = frozenset(
    {"format", "join", "lower", "upper", "title", "strip", "lstrip", "rstrip", "replace", "split", "removeprefix",
     "removesuffix", "capitalize", "encode", "startswith", "endswith"}
)  # fmt: skip
_DICT_METHODS = frozenset({"get", "items", "keys", "values", "copy"})
_LIST_METHODS = frozenset({"copy", "index", "count"})


def call_builtin(name: str, args: list[Constant], kwargs: dict[str, Constant]) -> Constant:
    """The result of a builtin or a well-known library function, UNKNOWN otherwise."""
    last = name.rpartition(".")[2]
    if last in _GETTEXT:
        return args[0] if args else UNKNOWN
    if last in _CONTEXT_GETTEXT:
        return args[1] if len(args) > 1 else UNKNOWN
    function = _BUILTINS.get(last) if name.startswith("builtins.") else _LIBRARY.get(name)
    if function is None:
        return UNKNOWN
    if last in _CASTS and len(args) == 1 and isinstance(args[0], Environment):
        env = args[0]
        known = env.default is not UNKNOWN and env.default is not None
        return Environment(env.name, function(env.default) if known else env.default, env.kind)
    if any(arg is UNKNOWN or isinstance(arg, Environment) for arg in (*args, *kwargs.values())):
        return dict(kwargs) if function is dict and not args else UNKNOWN
    values = [a.value if isinstance(a, EnumMember) and a.mixed else a for a in args]
    return function(*values, **kwargs)


def call_method(receiver: Constant, method: str, args: list[Constant], kwargs: dict[str, Constant]) -> Constant:
    """The result of a method of a known text, list or dictionary, UNKNOWN otherwise."""
    if isinstance(receiver, Environment):
        default = receiver.default
        if default is not UNKNOWN and default is not None:
            default = call_method(default, method, args, kwargs)
        return Environment(receiver.name, default, receiver.kind)
    allowed = (
        _TEXT_METHODS if isinstance(receiver, str) and len(receiver) < _LONGEST
        else _DICT_METHODS if isinstance(receiver, dict)
        else _LIST_METHODS if isinstance(receiver, (list, tuple))
        else frozenset()
    )  # fmt: skip
    if method not in allowed or not all(is_known(a) for a in (*args, *kwargs.values())):
        return UNKNOWN
    if method == "format" and _DANGEROUS_FIELD.search(receiver):
        return UNKNOWN  # format specifications reach attributes and can ask for a gigabyte of spaces
    result = getattr(receiver, method)(*args, **kwargs)
    return list(result) if method in {"items", "keys", "values"} else result


def environment_of(
    expr: Call, found: Resolved | None, args: list[Constant], kwargs: dict[str, Constant]
) -> Environment | None:
    """The setting that a call reads from the environment, None when it reads none.

    Knows `os.environ.get`, `os.getenv`, django-environ, environs, python-decouple, starlette's Config,
    dj-database-url.
    """
    kind = _environment_kind(expr.function, found)
    if kind is None:
        return None
    database = kind in {"database", "db", "db_url", "dj_db_url"}
    name = kwargs.get("var", kwargs.get("env", args[0] if args else UNKNOWN))
    if database and not isinstance(name, str):
        name = "DATABASE_URL"
    if not isinstance(name, str):
        return None
    default = kwargs.get("default", kwargs.get("cast_default", UNKNOWN))
    if default is UNKNOWN and len(args) > 1:
        default = args[1]
    if default is UNKNOWN and isinstance(found, Value) and isinstance(found.expr, Call):
        default = _in_scheme(found.expr, name)
    if default is UNKNOWN and isinstance(found, External) and found.name in {"os.environ.get", "os.getenv"}:
        default = None
    return Environment(name, default, "database" if database else kind)


def _in_scheme(maker: Call, name: str) -> Constant:
    """The default that a scheme gives to a variable: `environ.Env(DEBUG=(bool, False))`."""
    for keyword in maker.kwargs:
        if keyword.name == name and isinstance(keyword.value, Display) and len(keyword.value.items) == 2:
            default = keyword.value.items[1]
            return default.value if isinstance(default, Literal) else UNKNOWN
    return UNKNOWN


def _environment_kind(function: Expr, found: Resolved | None) -> str | None:
    match found:
        case External(name="os.environ.get" | "os.getenv" | "os.environ.setdefault"):
            return "text"
        case External(name="decouple.config" | "prettyconf.config" | "starlette.config.config"):
            return "text"
        case External(name="dj_database_url.config" | "environ.db"):
            return "database"
        case Value(expr=Call() as maker, rest=rest) if len(rest) <= 1 and _makes_environment(maker):
            return rest[0] if rest else "text"
        case None if isinstance(function, Name) and function.id.partition(".")[0] == "env":
            return function.id.partition(".")[2] or "text"
        case None if isinstance(function, Attribute):
            return None
        case _:
            return None


def _makes_environment(maker: Call) -> bool:
    # `environ.Env(…)`, `environ.FileAwareEnv()`, `Env()` of environs, `Config(".env")` and `AutoConfig()`
    return (maker.name or "").rpartition(".")[2] in {"Env", "FileAwareEnv", "Config", "AutoConfig"}


def _short(*bounds: int) -> bool:
    return all(isinstance(b, int) and abs(b) <= _LONGEST for b in bounds)
