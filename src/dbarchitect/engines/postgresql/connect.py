"""Connect to a PostgreSQL server: every way people name one, one read-only transaction, no password in any message."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dbarchitect.engines.base import ReadOptions
from dbarchitect.errors import ChangeRefused, ConnectionFailed

Connection = psycopg.Connection[tuple[Any, ...]]

_SCHEMES = frozenset({"postgresql", "postgres", "postgis"})
_SECRETS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")

# What the reason says (in lower case), and what to do about it; the first that fits is told.
_HINTS = (
    ("password authentication failed", "Check the user and the password (in the URL, PGPASSWORD or ~/.pgpass)."),
    ("no password supplied", "Give the password in PGPASSWORD or ~/.pgpass, or in the URL."),
    ("no pg_hba.conf entry", "Ask the server's administrator to admit this user from this host in pg_hba.conf."),
    ("definition of service", "Check the service's name and the file that PGSERVICEFILE or ~/.pg_service.conf names."),
    ("does not exist", "Check the names of the database and of the user."),
    ("connection refused", "Check the host and the port, and that the server runs and listens there."),
    ("no such file or directory", "Check that the server runs on this machine, or name its host."),
    ("timeout expired", "Check the host, the port and the firewall between here and there."),
    ("resolve host", "Check the host's name."),
    ("translate host", "Check the host's name."),
    ("too many connections", "Try again when fewer clients are connected."),
    ("remaining connection slots", "Try again when fewer clients are connected."),
    ("starting up", "Try again in a moment."),
    ("peer authentication", "Connect as the user of that name, or by host name with a password."),
    ("ssl", "Check sslmode and the certificates."),
    ("certificate", "Check sslmode and the certificates."),
)

# Every query runs like this. The search path is empty so that nobody's operator or function can stand in for the
# server's; the rest makes the server print the same text whatever its configuration says.
_READ_ONLY = """\
begin isolation level repeatable read read only;
set local search_path = '';
set local statement_timeout = {statement_timeout};
set local lock_timeout = {lock_timeout};
set local idle_in_transaction_session_timeout = {idle_timeout};
set local timezone = 'UTC';
set local datestyle = 'ISO, YMD';
set local intervalstyle = 'postgres';
set local extra_float_digits = 1;
set local bytea_output = 'hex';
set local standard_conforming_strings = on;
set local quote_all_identifiers = off;
set local jit = off;
set local max_parallel_workers_per_gather = 0"""


# A server that is cut off in the middle of the reading (a tunnel that broke, a machine that lost its power) is given
# up after half a minute; the systems' own defaults are hours.
_ALIVE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}


def connection_string(target: str) -> str:
    """The target as libpq reads it: a URL without a driver's name and without options of other libraries, or as it is.

    Raises `ConnectionFailed` for what has not the form of a target; the message does not repeat it, since a password
    may be anywhere in it.
    """
    text = target.strip()
    scheme, colon, rest = text.partition("://")
    if colon:
        bare = scheme.lower().partition("+")[0]
        if bare not in _SCHEMES:
            raise ConnectionFailed("this is not the URL of a PostgreSQL database", hint=_FORMS)
        userinfo, at, place = rest.rpartition("@")
        address, _, query = place.partition("?")
        known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()} | {"ssl"}
        kept = "&".join(part for part in query.split("&") if part.partition("=")[0] in known)
        text = f"postgresql://{userinfo}{at}{address}" + (f"?{kept}" if kept else "")
    malformed = False
    try:
        conninfo_to_dict(text)
    except psycopg.Error:
        malformed = True
    if malformed:  # raised here and not above: libpq's own error repeats parts of the target
        raise ConnectionFailed("the connection string cannot be read", hint=_FORMS)
    return text


_FORMS = (
    "Write postgresql://user@host:5432/database (with a percent sign before the two hexadecimal digits of a special "
    "character), service=name, or libpq's keywords: host=… dbname=…."
)


def connect(target: str, options: ReadOptions) -> Connection:
    """A session on the server that `target` names, in autocommit mode, with nothing prepared.

    Raises `ConnectionFailed` with the server's reason and a hint.
    """
    conninfo = connection_string(target)
    given = conninfo_to_dict(conninfo)
    reason = ""
    try:
        return psycopg.connect(
            make_conninfo(
                conninfo,
                **{name: value for name, value in _ALIVE.items() if name not in given},
                connect_timeout=max(2, round(options.connect_timeout)),
                application_name="dbarchitect",
                client_encoding="UTF8",
            ),
            autocommit=True,
            prepare_threshold=None,  # a pooler may give each transaction another server
        )
    except psycopg.Error as error:
        reason = _one_line(str(error))
    except (UnicodeError, ValueError, OSError) as error:
        reason = f"{type(error).__name__} while connecting"
    # Raised outside of the handler, so that no traceback carries the driver's exception along.
    safe = without_secrets(reason, conninfo)
    hint = next((advice for words, advice in _HINTS if words in safe.lower()), "Check the target and try again.")
    raise ConnectionFailed(f"cannot connect to PostgreSQL: {safe}", hint=hint)


@contextmanager
def read_only(connection: Connection, options: ReadOptions) -> Iterator[None]:
    """One read-only transaction, rolled back at the end; no statement and no lock in it waits longer than allowed.

    Raises `ConnectionFailed` when the server is gone.
    """
    begin = _READ_ONLY.format(
        statement_timeout=_milliseconds(options.statement_timeout),
        lock_timeout=_milliseconds(options.lock_timeout),
        idle_timeout=_milliseconds(max(options.statement_timeout, 60.0)),
    )
    _run(connection, begin)
    try:
        yield
    finally:
        if not connection.closed:
            _run(connection, "rollback")


def _run(connection: Connection, command: str) -> None:
    reason = ""
    try:
        connection.execute(command.encode())
    except psycopg.Error as error:
        reason = _one_line(error.diag.message_primary or str(error))
    if reason:
        raise ConnectionFailed(f"the server broke off: {reason}", hint="Try again.")


def execute(target: str, statements: Sequence[str]) -> None:
    """Run statements, each committed for itself. Raises `ChangeRefused` with the server's words."""
    with connect(target, ReadOptions()) as connection:
        for statement in statements:
            refusal = ""
            try:
                connection.execute(statement.encode())
            except psycopg.Error as error:
                refusal = _one_line(error.diag.message_primary or str(error))
            if refusal:
                raise ChangeRefused(refusal, hint=f"The statement was: {statement}")


def without_secrets(text: str, conninfo: str) -> str:
    """The text with every password that may be known to it (as written, decoded, percent-encoded) made unreadable."""
    secrets = {os.environ.get("PGPASSWORD", "")}
    try:
        parameters = conninfo_to_dict(conninfo)
    except psycopg.Error:
        parameters = {}
    secrets.update(str(parameters.get(name) or "") for name in _SECRETS)
    authority = conninfo.partition("://")[2].partition("/")[0]
    userinfo, at, _ = authority.rpartition("@")
    if at:
        secrets.add(userinfo.partition(":")[2])
    spellings = {
        form for secret in secrets for form in (secret, unquote(secret), quote(secret, safe=""), quote_plus(secret))
    }
    for secret in sorted(spellings - {""}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _one_line(text: str) -> str:
    return " ".join(text.split())
