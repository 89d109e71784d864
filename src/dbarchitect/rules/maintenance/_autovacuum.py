"""What autovacuum does with a table by the server's settings and the table's own, and where that is not enough."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Level
from dbarchitect.rules._running.settings import number, of_server
from dbarchitect.rules._running.statistics import days_counted, in_days, in_percent, option_of
from dbarchitect.rules._sql import count

_ENABLED, _FACTOR, _THRESHOLD = "autovacuum_enabled", "autovacuum_vacuum_scale_factor", "autovacuum_vacuum_threshold"
_CEILING = "autovacuum_vacuum_max_threshold"
_DEFAULTS = {_FACTOR: 0.2, _THRESHOLD: 50.0, _CEILING: -1.0}
_OFF = frozenset({"false", "off", "0", "no"})
_FAR, MANY_DEAD = 2.0, 100_000
_LARGE, _LAX, _HOT_SHARE = 1_000_000, 0.1, 0.8
_RECOMMENDED = ((100_000_000, "0.01"), (10_000_000, "0.02"), (_LARGE, "0.05"))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the vacuuming of a table: its kind, the words, and the storage parameters that mend it."""

    kind: str
    message: str
    hint: str
    level: Level
    evidence: tuple[str, ...]
    options: tuple[str, ...] | None = None


def _setting(survey: Survey, table: Table, name: str) -> float:
    """The table's own parameter, else the server's setting, else the default."""
    try:
        return float(option_of(table, name) or "")
    except ValueError:
        known = number(of_server(survey, name))
        return _DEFAULTS[name] if known is None else known


def _threshold(survey: Survey, table: Table, rows: int) -> float:
    """How many dead rows autovacuum waits for. Source: the manual's "The Autovacuum Daemon"."""
    waits = _setting(survey, table, _THRESHOLD) + _setting(survey, table, _FACTOR) * rows
    ceiling = _setting(survey, table, _CEILING)
    return min(waits, ceiling) if ceiling >= 0 else waits


def is_switched_off(table: Table) -> bool:
    """True where the table's own parameter keeps autovacuum away."""
    return (option_of(table, _ENABLED) or "").casefold() in _OFF


def switched_off(survey: Survey, table: Table) -> Fault | None:
    """Autovacuum is off for this table."""
    if not is_switched_off(table):
        return None
    dead = survey.facts_of(table).dead_rows
    so_far = f" ({count(dead, 'dead row')} so far)" if dead else ""
    return Fault(
        "off",
        f"Autovacuum is switched off for {table.ref}{so_far}: its dead rows stay, its statistics grow old.",
        f"Reset {_ENABLED} of {table.ref}.",
        Level.WARNING,
        (f"{table.ref}: {_ENABLED}={option_of(table, _ENABLED)}",),
        tuple(option for option in table.options if option.partition("=")[0] != _ENABLED),
    )


def behind(survey: Survey, table: Table) -> Fault | None:
    """Far more dead rows than autovacuum waits for."""
    facts = survey.facts_of(table)
    rows = facts.rows if facts.rows is not None else facts.live_rows
    if facts.dead_rows is None or rows is None:
        return None
    waits = _threshold(survey, table, rows)
    if facts.dead_rows < MANY_DEAD or facts.dead_rows < _FAR * waits:
        return None
    last = f"last vacuum on {facts.last_vacuum:%Y-%m-%d}" if facts.last_vacuum else "no vacuum since the last reset"
    return Fault(
        "behind",
        f"{table.ref} has {count(facts.dead_rows, 'dead row')} beside {count(rows, 'row')}, and autovacuum should have "
        f"come at {count(int(waits), 'dead row')}.",
        "Look for long transactions, abandoned replication slots and too few autovacuum workers, then vacuum it.",
        Level.WARNING,
        (f"{count(facts.dead_rows, 'dead row')}, threshold {count(int(waits), 'dead row')}, {last}",),
    )


def changed_rows(survey: Survey, table: Table) -> int:
    """The updates and deletes since the statistics were reset: each leaves a dead row."""
    facts = survey.facts_of(table)
    return (facts.updated or 0) + (facts.deleted or 0)


def lax(survey: Survey, table: Table, turnover: float) -> Fault | None:
    """A large table that changes much a day, for which the scale factor that suits a small one still holds."""
    facts, days = survey.facts_of(table), days_counted(survey.facts) if survey.facts else None
    rows, updated = facts.rows or 0, facts.updated or 0
    own = option_of(table, _FACTOR) or option_of(table, _THRESHOLD) or option_of(table, _CEILING)
    if rows < _LARGE or days is None or days < 1 or own or _setting(survey, table, _FACTOR) < _LAX:
        return None
    a_day = changed_rows(survey, table) / days
    hot = (facts.hot_updated or 0) / updated if updated else 0.0
    waits = _threshold(survey, table, rows)
    if a_day < turnover * rows or hot >= _HOT_SHARE or waits < _LAX * rows:
        return None
    factor = next(factor for least, factor in _RECOMMENDED if rows >= least)
    share = f"{count(updated, 'update')} ({in_percent(hot)} within the page)"
    text = f"{share} and {count(facts.deleted or 0, 'delete')} in {in_days(days)}"
    clear = count(int(float(factor) * rows), "row")
    return Fault(
        "lax",
        f"{table.ref} changes {count(int(a_day), 'row')} of its {count(rows, 'row')} a day, and autovacuum waits for "
        f"{count(int(waits), 'dead row')} before it comes.",
        f"Set {_FACTOR} of {table.ref} to {factor}: a vacuum then has {clear} to clear.",
        Level.INFO,
        (f"{text}; {_FACTOR} {_setting(survey, table, _FACTOR):g}",),
        (*table.options, f"{_FACTOR}={factor}"),
    )
