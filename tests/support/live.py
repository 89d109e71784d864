"""A live database in a test: statements run on it, and what is read of it then."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import pytest

from dbarchitect.catalog.survey import Survey
from dbarchitect.engines.base import ReadOptions
from dbarchitect.sources.live import read_live


def survey(url: str) -> Survey:
    """What is read of a live database."""
    return read_live(url, ReadOptions())


def run(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def eventually(url: str, true: Callable[[Survey], bool]) -> Survey:
    """The reading for which it is true: counters come a moment after what they count."""
    for _ in range(100):
        found = survey(url)
        if true(found):
            return found
        time.sleep(0.1)
    pytest.fail("the statistics never came")
