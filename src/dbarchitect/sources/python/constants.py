"""The values that evaluation knows beyond Python's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


class _Unknown:
    """The one value for "cannot be told"; false, and equal only to itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN = _Unknown()


@dataclass(frozen=True, slots=True)
class Environment:
    """A setting that comes from the environment: the variable, and the default (UNKNOWN without one).

    `kind` is `text`, `database` for a database URL (`env.db(…)`, `dj_database_url.config(…)`), or the cast asked for.
    """

    name: str
    default: Any = UNKNOWN
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A member of an enumeration. `mixed` when it is its own value (a text or a number), as in `StrEnum`."""

    enum: str
    name: str
    value: Any = field(hash=False)
    label: str = ""
    mixed: bool = False


Constant: TypeAlias = Any
"""A constant as Python has it; lists and dictionaries may hold UNKNOWN where an element is not known."""


def is_known(value: Constant) -> bool:
    """Whether nothing in a value is UNKNOWN or left to the environment."""
    if value is UNKNOWN or isinstance(value, Environment):
        return False
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(is_known(item) for item in value)
    if isinstance(value, dict):
        return all(is_known(k) and is_known(v) for k, v in value.items())
    if isinstance(value, EnumMember):
        return is_known(value.value)
    return True


def plain(value: Constant) -> Constant:
    """The value with the members of enumerations replaced by their values, at every depth."""
    match value:
        case EnumMember():
            return plain(value.value)
        case list():
            return [plain(item) for item in value]
        case tuple():
            return tuple(plain(item) for item in value)
        case dict():
            return {plain(k): plain(v) for k, v in value.items()}
        case _:
            return value


def with_default(value: Constant) -> Constant:
    """What holds when no environment variable is set: defaults in place of Environment, at every depth."""
    match value:
        case Environment():
            return with_default(value.default)
        case list():
            return [with_default(item) for item in value]
        case tuple():
            return tuple(with_default(item) for item in value)
        case dict():
            return {k: with_default(v) for k, v in value.items()}
        case _:
            return value
