"""Every command of the tutorial and the README's sample are run: what the pages show is what is printed."""

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


def assert_shown(shown: str, printed: str) -> None:
    """Every line of the page stands in the output, in this order; what follows `…` is left out."""
    for line in shown.splitlines():
        start = line.partition("…")[0].rstrip()
        if start:
            assert start in printed, f"not printed (any more, or not in this order): {line}"
            printed = printed[printed.index(start) + len(start) :]


def test_the_readme_shows_what_its_command_prints(checkout: Path) -> None:
    (shown,) = re.findall(r"```text\n((?:.*\n)*?)```", (ROOT / "README.md").read_text("utf-8"))
    assert_shown(shown, dba("audit", "examples/cibozer", cwd=checkout).stdout)


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_the_tutorial_shows_what_is_printed(command: str, shown: str, checkout: Path) -> None:
    result = dba(*shlex.split(command), cwd=checkout)
    assert result.stderr == ""
    assert_shown(shown, result.stdout)


def test_there_are_commands_in_the_tutorial() -> None:
    assert len(BLOCKS) >= 5
