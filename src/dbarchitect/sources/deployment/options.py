"""Options of a connection as libraries spell them, made into `ConnectionSettings`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.sources.deployment.urls import ConnectionUrl, seconds, server_settings
from dbarchitect.sources.python.constants import UNKNOWN, with_default

_LARGEST = 1e15  # no time, size or count that somebody configures is larger
_SECRET = ("pass", "secret", "token", "key", "user")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) > _LARGEST):
        return None
    return float(value) if isinstance(value, (int, float)) and abs(value) <= _LARGEST else _digits(value)


def _digits(value: object) -> float | None:
    is_one = isinstance(value, str) and len(value) < 16 and value.replace(".", "", 1).isdecimal()
    return float(value) if isinstance(value, str) and is_one else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None else None


def _milliseconds(value: object) -> float | None:
    number = _number(value)
    return number / 1000 if number is not None else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _tls(value: object) -> str | None:
    if value is True or value == "true":
        return "require"
    if value is False or value == "false":
        return "disable"
    return value.lower() if isinstance(value, str) else None


_FIELDS: dict[str, tuple[str, Callable[[object], Any]]] = {
    "pool_size": ("pool_size", _whole),
    "max_size": ("pool_size", _whole),
    "maxconn": ("pool_size", _whole),
    "max": ("pool_size", _whole),
    "connectionLimit": ("pool_size", _whole),
    "connection_limit": ("pool_size", _whole),
    "MAX_CONNS": ("pool_size", _whole),
    "max_overflow": ("max_overflow", _whole),
    "pool_timeout": ("pool_timeout", _number),
    "pool_recycle": ("pool_recycle", _number),
    "max_lifetime": ("pool_recycle", _number),
    "max_inactive_connection_lifetime": ("pool_recycle", _number),
    "pool_pre_ping": ("pool_pre_ping", _truth),
    "pool_reset_on_return": ("reset_on_return", _text),
    "reset_on_return": ("reset_on_return", _text),
    "CONN_MAX_AGE": ("persistent_for", _number),
    "CONN_HEALTH_CHECKS": ("health_checks", _truth),
    "connect_timeout": ("connect_timeout", _number),
    "connectionTimeoutMillis": ("connect_timeout", _milliseconds),
    "connectTimeout": ("connect_timeout", _milliseconds),
    "statement_timeout": ("statement_timeout", seconds),
    "max_execution_time": ("statement_timeout", seconds),
    "query_timeout": ("statement_timeout", _milliseconds),
    "command_timeout": ("statement_timeout", _number),
    "lock_timeout": ("lock_timeout", seconds),
    "idle_in_transaction_session_timeout": ("idle_in_transaction_timeout", seconds),
    "sslmode": ("tls_mode", _tls),
    "ssl": ("tls_mode", _tls),
    "ssl_mode": ("tls_mode", _tls),
    "sslaccept": ("tls_mode", lambda value: "require" if value == "strict" else None),
}
_POOL = (
    "pool_size",
    "max_size",
    "maxconn",
    "max",
    "max_overflow",
    "pool_timeout",
    "poolclass",
    "connectionLimit",
    "connection_limit",
    "pool",
    "MAX_CONNS",
    "min_size",
    "minconn",
)
_TOLD = frozenset(
    {*_FIELDS, *_POOL, *("isolation_level", "pool_use_lifo", "max_connections", "max_connection_lifetime", "timeout")}
)
"""Options whose text is kept. Of any other only a number or a switch is: its text may hold a password."""
_REVEALING = re.compile(r"://|pass|pwd|secret|token|lambda|[{]", re.IGNORECASE)


def flattened(options: Mapping[Any, Any]) -> dict[str, Any]:
    """Options with those inside of `connect_args`, `server_settings`, `OPTIONS`, `options` brought up."""
    flat: dict[str, Any] = {}
    for name, raw in options.items():
        value = with_default(raw)
        if not isinstance(name, str):
            continue
        if name in {"connect_args", "server_settings", "OPTIONS", "connection_options"} and isinstance(value, dict):
            flat.update(flattened(value))
            flat.setdefault(name, UNKNOWN)
        elif name == "options" and isinstance(value, str):
            flat.update(server_settings(value))
        elif name == "pool" and isinstance(value, dict):
            flat["pool"] = True
            flat.update({k: v for k, v in flattened(value).items() if k != "timeout"})
        elif name == "init_command" and isinstance(value, str):
            flat["init_command"] = value[:80]
        else:
            flat[name] = value
    return flat


def settings_of(
    base: ConnectionSettings, options: Mapping[Any, Any], texts: Mapping[str, str] = {}
) -> ConnectionSettings:
    """The settings with what options say; `texts` are the expressions of those whose value is computed."""
    flat = flattened(options)
    changes: dict[str, Any] = {}
    written = list(base.written)
    for name, value in flat.items():
        if not any(word in name.lower() for word in _SECRET):
            written.append((name, _shown(name, value, texts)))
        field = _FIELDS.get(name)
        if field is not None and value is not UNKNOWN:
            made = field[1](value)
            if made is not None:
                changes[field[0]] = made
    return replace(base, written=tuple(dict.fromkeys(written)), **changes)


def _shown(name: str, value: object, texts: Mapping[str, str]) -> str:
    """What is kept of an option's value: `…` for what is computed and for all that may hold a password."""
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)[:60]
    text = texts.get(name, "…") if value is UNKNOWN else value
    if name not in _TOLD or not isinstance(text, str) or _REVEALING.search(text):
        return "…"
    return " ".join(text.split())[:60]


def with_url(base: ConnectionSettings, url: ConnectionUrl) -> ConnectionSettings:
    """The settings with what a URL says."""
    engine = (
        "mysql"
        if url.scheme.startswith(("mysql", "maria"))
        else None
        if url.scheme.startswith("prisma")
        else "postgresql"
    )
    made = settings_of(replace(base, engine=base.engine or engine), dict(url.options))
    return replace(made, host=url.host or base.host, through_pooler=base.through_pooler or url.through_pooler)


def merged(records: Iterable[ConnectionSettings]) -> tuple[ConnectionSettings, ...]:
    """The records without those that repeat another word for word at the same place."""
    seen: dict[tuple[object, ...], ConnectionSettings] = {}
    for record in records:
        seen.setdefault((record, record.origin.path, record.origin.line), record)
    return tuple(seen.values())
