"""What advice calls the violation of a unique key, by the engine."""

from __future__ import annotations

import pytest

from dbarchitect.rules._code.handlers import code_of_conflict


@pytest.mark.parametrize(
    ("engine", "code"),
    [("postgresql", "23505"), ("sqlite", "SQLITE_CONSTRAINT_UNIQUE"), ("mysql", "ER_DUP_ENTRY")],
)
def test_the_code_is_that_of_the_engine(engine: str, code: str) -> None:
    assert code_of_conflict(engine) == code
