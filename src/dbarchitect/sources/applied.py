"""Which migrations of a repository a live database has run, and which it has run that the repository lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from dbarchitect.catalog.migrations import History, Migration

_NUMBER = re.compile(r"(?:[VU](?=\d))?(\d[\d_.-]*\d|\d)")
_LONGEST = 100  # digits of a number; a longer one is no version
_LISTED_BY = {
    "dbmate": ("rails",),
    "sql": ("rails", "golang-migrate", "flyway", "goose"),
    "supabase": ("supabase", "rails"),
    "sql-migrate": (),
}


def with_applied(history: History, lists: Mapping[str, Sequence[str]]) -> History:
    """The history, each migration marked as applied or pending, as the database's own list tells.

    `lists` are the names that each tool has written down. Without a list of this history's tool nothing is known, and
    the history stays as it is.
    """
    kept = next((name for name in (history.tool, *_LISTED_BY.get(history.tool, ())) if name in lists), None)
    if kept is None:
        return history
    names = [str(name) for name in lists[kept]]
    if kept == "alembic":
        return _by_heads(history, names)
    if kept == "drizzle":
        return _marked(history, {m.name for m in history.migrations[: len(names)]})
    if kept == "golang-migrate":
        last = max((_value(name) for name in names if name.isdecimal()), default=-1)
        return _marked(history, {m.name for m in history.migrations if _value(m.name) <= last})
    by_name = kept in {"django", "prisma"}
    return _by_names(history, names, (lambda name: name) if by_name else _digits)


def _marked(history: History, applied: set[str], unknown: tuple[str, ...] = ()) -> History:
    migrations = tuple(replace(m, applied=m.name in applied) for m in history.migrations)
    return replace(history, migrations=migrations, unknown=unknown)


def _by_heads(history: History, heads: Sequence[str]) -> History:
    """Alembic writes down the heads only: what leads to them has run too."""
    parents: dict[str, tuple[str, ...]] = {m.name: m.parents for m in history.migrations}
    applied: set[str] = set()
    waiting = [head for head in heads if head in parents]
    while waiting:
        name = waiting.pop()
        if name not in applied and name in parents:
            applied.add(name)
            waiting += parents[name]
    return _marked(history, applied, tuple(sorted(set(heads) - parents.keys())))


def _by_names(history: History, listed: Sequence[str], spelled: Callable[[str], str]) -> History:
    """Each migration by its name or number; a squash has run when all that it replaces have."""
    ran = {spelled(name) for name in listed}
    applied = {m.name for m in history.migrations if spelled(m.name) in ran or _replaced(m, ran)}
    known = {spelled(name) for m in history.migrations for name in (m.name, *m.replaces)}
    ours = {_owner(m.name) for m in history.migrations} if history.tool == "django" else None
    unknown = [name for name in listed if spelled(name) not in known and (ours is None or _owner(name) in ours)]
    return _marked(history, applied, tuple(dict.fromkeys(unknown)))


def _replaced(migration: Migration, ran: set[str]) -> bool:
    return bool(migration.replaces) and all(name in ran for name in migration.replaces)


def _owner(name: str) -> str:
    """The application of a Django migration."""
    return name.partition(".")[0]


def _digits(name: str) -> str:
    """The number that a migration's name begins with, without what separates its parts."""
    match = _NUMBER.match(name)
    return re.sub(r"\D", "", match[1]).lstrip("0") if match else name


def _value(name: str) -> int:
    digits = _digits(name)
    return int(digits) if digits.isdecimal() and len(digits) <= _LONGEST else 0
