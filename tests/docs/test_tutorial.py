"""Every command of the tutorial is run, and what the page shows is what it prints."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from support.dba import dba

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```console\n\$ dba (.+)\n((?:.*\n)*?)```", (ROOT / "docs" / "tutorial.md").read_text("utf-8"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which a command may write its report."""
    folder = tmp_path_factory.mktemp("tutorial")
    shutil.copytree(ROOT / "examples" / "cibozer", folder / "examples" / "cibozer")
    return folder


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_the_tutorial_shows_what_is_printed(command: str, shown: str, checkout: Path) -> None:
    result = dba(*shlex.split(command), cwd=checkout)
    assert result.stderr == ""
    rest = result.stdout
    for line in shown.splitlines():
        start = line.partition("…")[0].rstrip()
        if start:
            assert start in rest, f"not printed (any more, or not in this order): {line}"
            rest = rest[rest.index(start) + len(start) :]


def test_there_are_commands_in_the_tutorial() -> None:
    assert len(BLOCKS) >= 5
