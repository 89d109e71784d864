"""Databases that live within the program, and programs that serve one person."""

from __future__ import annotations

from dbarchitect.catalog.survey import Survey

SERVED = frozenset({"d1"})
"""Services that answer many machines at once, with an engine behind them that lives in a process elsewhere."""


def serves_one(survey: Survey) -> bool:
    """Whether the program runs on the desk or in the hand of the one who uses it: no two requests meet, and no way
    leads to a server."""
    return survey.deployment is not None and survey.deployment.on_devices


def is_within(survey: Survey) -> bool:
    """Whether statements run within the program's own process, as SQLite's do where no service stands before it: each
    costs microseconds, but for the commit."""
    served = survey.deployment is not None and survey.deployment.hosted_by in SERVED
    return not survey.engine.capabilities.concurrent_writers and not served
