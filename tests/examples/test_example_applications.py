"""The applications of `examples/` work, as their own tests say: each is run in a copy, by a pytest of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
APPLICATIONS = ("cibozer", "mealservice/before", "mealservice/after")


@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_applications_own_tests_pass(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "application"
    shutil.copytree(EXAMPLES / name, copy, ignore=shutil.ignore_patterns("instance", "__pycache__"))
    ours = ("PYTEST_", "COVERAGE_", "DATABASE_", "APP_ENV", "FLASK_", "ADMIN_EMAILS", "SECRET_KEY")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [sys.executable, "-m", "pytest", "tests", "-q", "-p", "no:cacheprovider", "-W", "error"]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_both_states_of_the_meal_service_share_is_the_same() -> None:
    """Only what the audit speaks of differs between before and after."""
    before, after = EXAMPLES / "mealservice" / "before", EXAMPLES / "mealservice" / "after"
    for shared in (
        "app/access.py",
        "app/extensions.py",
        "app/planner.py",
        "migrations/env.py",
        "migrations/versions/000_initial.py",
        "migrations/versions/000a_sharing.py",
        "tests/conftest.py",
        "tests/test_accounts.py",
        "tests/test_plans.py",
        "tests/test_operations.py",
    ):
        assert (before / shared).read_bytes() == (after / shared).read_bytes(), shared
