"""Undocumented means unfinished: every rule, command, option, error and format, walked from the live objects."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import click
import pytest

from dbarchitect import errors
from dbarchitect.api import FORMATS
from dbarchitect.cli.main import COMMANDS, LazyGroup, cli
from dbarchitect.rules._base import Rule
from dbarchitect.rules._registry import all_rules

ROOT = Path(__file__).parents[2]
HEADINGS = ["What it finds", "Why it matters", "When to leave it", "How the fix works", "References"]


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name())
def test_a_rule_is_a_manual_page(rule: type[Rule]) -> None:
    page = inspect.cleandoc(rule.__doc__ or "")
    title = page.splitlines()[0]
    where = f"edit {rule.__module__}"
    assert len(title) <= 60, where
    assert not title.endswith("."), where
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == HEADINGS, where
    for heading, body in re.findall(r"^## (.+)\n([^#]*)", page, re.MULTILINE):
        assert body.strip(), f"{where}: {heading} is empty"
        if heading == "References":
            assert all(line.startswith("- ") for line in body.split("\n") if line), f"{where}: References are a list"
    assert re.fullmatch(r"[A-Z]{3}[0-9]{3}", rule.code), where
    assert rule.name().replace("-", "_") == rule.__module__.rpartition(".")[2]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_a_command_has_help(name: str) -> None:
    command = LazyGroup().get_command(click.Context(cli), name)
    assert command is not None
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"cli/{name}.py: {parameter.name} has no help"


def test_every_environment_variable_is_documented() -> None:
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    readers = (p for p in (ROOT / "src").rglob("*.py") if "sources" not in p.parts)  # those read others' code
    for path in readers:
        for name in re.findall(r"os\.environ(?:\.get\(|\[)\"([A-Z_]+)\"", path.read_text(encoding="utf-8")):
            assert f"`{name}`" in page, f"{path.name} reads {name}: add it to ENVIRONMENT in docs/generate.py"


def test_every_error_says_what_it_is() -> None:
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, errors.DbarchitectError):
            assert value.__doc__, f"errors.py: {name} has no docstring"


def test_every_format_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    for name in FORMATS:
        assert f"--format {name}" in text, f"docs/tutorial.md does not show --format {name}"


def test_every_command_is_on_a_page_that_is_not_generated() -> None:
    pages = (ROOT / "README.md", ROOT / "docs" / "tutorial.md", *(ROOT / "docs" / "how-to").glob("*.md"))
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    for name in COMMANDS:
        assert f"dba {name}" in text, f"no page shows dba {name}"


def test_every_page_is_linked_from_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        path = page.relative_to(ROOT / "docs")
        if path.parts[0] != "rules" and path.name != "index.md":
            assert f"({path.as_posix()})" in index, f"docs/index.md does not link {path}"


def test_generated_pages_are_up_to_date() -> None:
    import subprocess
    import sys

    result = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target, heading in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
            there = page.parent / target if target else page
            assert there.exists(), f"{page.relative_to(ROOT)} links to {target}"
            if heading:
                assert heading in headings(there), f"{page.relative_to(ROOT)} links to {target}#{heading}"


def headings(page: Path) -> set[str]:
    """The addresses of a page's headings, as they are made where Markdown is shown."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
