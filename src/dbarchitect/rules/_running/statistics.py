"""What a server's counters tell, and since when: ages, sizes and shares in the words of messages."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.facts import Facts
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey

MEBIBYTE, GIBIBYTE = 2**20, 2**30
_UNITS = ((2**40, "TiB"), (GIBIBYTE, "GiB"), (MEBIBYTE, "MiB"), (2**10, "KiB"))


def days_counted(facts: Facts) -> float | None:
    """For how many days the counters have counted when they were read; None where nothing tells."""
    if facts.captured_at is None or facts.statistics_reset is None:
        return None
    return max(0.0, (facts.captured_at - facts.statistics_reset).total_seconds() / 86_400)


def too_young(survey: Survey, days: float) -> str | None:
    """Why counters cannot be judged that must have counted for so many days; None where they can."""
    if survey.facts is None:
        return "needs a live database's statistics"
    counted = days_counted(survey.facts)
    if counted is None:
        return "needs to know since when the statistics count, which the server does not tell"
    if counted < days:
        return f"needs statistics of {in_days(days)} at least, and these count {in_days(counted)}"
    return None


def in_days(days: float) -> str:
    """A time as people say it: `5 hours`, `1 day`, `80 days`."""
    if days < 2:
        hours = int(days * 24)
        return "less than an hour" if hours < 1 else f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{int(days)} days"


def in_bytes(size: int) -> str:
    """A size as people say it: `1.2 GiB`."""
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"


def in_percent(share: float) -> str:
    """A share as people say it: `87 %`, `99.3 %`; never 100 % for less than all."""
    percent = int(share * 1000) / 10
    return f"{percent:.1f}".removesuffix(".0") + " %"


def stored_tables(survey: Survey) -> Iterator[Table]:
    """The application's tables that hold rows themselves: partitions instead of the table that they make up."""
    for table in survey.catalog.tables:
        if table.owned_by is None and table.partitioning is None:
            yield table


def option_of(table: Table, name: str) -> str | None:
    """The value of a storage parameter, None where the table has none of its own."""
    return dict(option.partition("=")[::2] for option in table.options).get(name)
