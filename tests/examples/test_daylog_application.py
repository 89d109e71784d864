"""The example `daylog` is an application that works: its own tests pass, on SQLite and on the engine it is made for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dbarchitect.shadow import Shadow

EXAMPLE = Path(__file__).parents[2] / "examples" / "daylog"


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py`, leaving no compiled files in the tree."""
    command = [sys.executable, "-B", "manage.py", *words]
    env = os.environ | {"DJANGO_SECRET_KEY": "of the tests"} | environment
    return subprocess.run(command, cwd=EXAMPLE, env=env, capture_output=True, text=True, timeout=120)


def test_its_tests_pass_on_sqlite() -> None:
    done = manage("test", "--settings", "daylog.settings_test")
    assert done.returncode == 0, done.stderr
    assert "\nOK" in done.stderr


def test_its_tests_pass_on_postgresql(postgresql: Shadow) -> None:
    there = conninfo_to_dict(postgresql.database())
    with psycopg.connect(**there) as connection:
        server = connection.info
        where = {"POSTGRES_HOST": server.host, "POSTGRES_PORT": str(server.port), "POSTGRES_USER": server.user}
    done = manage("test", "--noinput", **where, POSTGRES_PASSWORD=str(there.get("password", "")))
    assert done.returncode == 0, done.stderr
    assert "\nOK" in done.stderr


def test_the_migrations_are_those_of_the_models() -> None:
    done = manage("makemigrations", "--check", "--dry-run", "--settings", "daylog.settings_test")
    assert done.returncode == 0, done.stdout + done.stderr
