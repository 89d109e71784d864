"""The machine that watches the floors sees an arrow that runs up, a driver in the middle, a room without a floor."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def verdict(house: Path) -> subprocess.CompletedProcess[str]:
    command = [LINT, "--no-cache", "--no-logo"]
    environment = {"PYTHONPATH": str(house / "src"), "PATH": "", "COLUMNS": "200"}
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True)


def test_the_house_stands(house: Path) -> None:
    done = verdict(house)
    assert done.returncode == 0, done.stdout
    assert "Contracts: 3 kept, 0 broken." in done.stdout


@pytest.mark.parametrize(
    ("room", "line", "words"),
    [
        ("catalog/seen_by_a_rule.py", "from dbarchitect.rules import _base", "Arrows run down BROKEN"),
        ("sources/beside.py", "from dbarchitect.rules import _base", "Arrows run down BROKEN"),
        ("rules/connected.py", "import psycopg", "not even through others BROKEN"),
        ("rules/connected.py", "from dbarchitect.engines import registry", "not even through others BROKEN"),
        ("attic.py", "", "dbarchitect.attic"),
    ],
)
def test_a_broken_floor_is_seen(room: str, line: str, words: str, house: Path) -> None:
    (house / "src" / "dbarchitect" / room).write_text(f"{line}\n")
    done = verdict(house)
    assert done.returncode == 1
    assert words in done.stdout
