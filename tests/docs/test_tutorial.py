"""Every command of the tutorial, the how-to pages and the README's sample is run: what they show is what is printed.

A page is run from top to bottom in a folder of its own, beside a copy of the examples. A fenced block whose language is
followed by a path (```` ```sql migrations/0001_shop.sql ````) is that file; a `console` block holds commands after `$ `
and what they print, where `…` stands for what is left out, in a line or of lines. Pages that speak of a server get a
throwaway one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from support.dba import dba

from dbarchitect.engines.postgresql.server import find_binaries
from dbarchitect.shadow import open_shadow

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (DOCS / "tutorial.md", *sorted((DOCS / "how-to").glob("*.md")))
FENCE = re.compile(r"^```(?P<language>[\w-]*)(?: (?P<path>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": word for who in ("AUTHOR", "COMMITTER") for what, word in (("NAME", "a"), ("EMAIL", "b"))},
}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file that it is (empty: none), and what stands in it."""

    language: str
    path: str
    body: str


def blocks(page: Path) -> list[Block]:
    found = FENCE.finditer(page.read_text("utf-8"))
    return [Block(match["language"], match["path"] or "", match["body"]) for match in found]


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what the page shows of its output."""
    for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        command, _, shown = part.replace("\\\n", "").partition("\n")
        yield command, shown


def assert_shown(shown: str, printed: str, command: str = "") -> None:
    """Every line of the page stands in the output, in this order; `…` stands for anything up to the line's end."""
    place = 0
    for line in shown.splitlines():
        if line.strip() in {"", "…"}:
            continue
        pattern = ".*?".join(re.escape(part) for part in line.rstrip().split("…"))
        found = re.compile(pattern).search(printed, place)
        assert found, f"{command}\nnot printed (any more, or not in this order): {line}\n\n{printed}"
        place = found.end()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder in which commands may write, beside a `dba` of this checkout."""
    (tmp_path / "page").mkdir()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "dba").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dbarchitect "$@"\n')
    (programs / "dba").chmod(0o755)
    return tmp_path / "page"


def copy_examples(place: Path) -> None:
    shutil.copytree(ROOT / "examples", place / "examples", ignore=shutil.ignore_patterns("__pycache__"))


def environment(place: Path, more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "GIT_", "DATABASE_"))}
    said = {**kept, **GIT, "HOME": str(place.parent), "NO_COLOR": "1", **more}
    return {**said, "PATH": os.pathsep.join((str(place.parent / "bin"), said["PATH"]))}


@contextmanager
def server(text: str) -> Iterator[dict[str, str]]:
    """What a page finds in its environment that speaks of a server: a superuser's URL, an auditor's, and `psql`."""
    if "$ psql " not in text and " --load" not in text:
        yield {}
        return
    programs = next(iter(find_binaries()), None)
    if programs is None:
        pytest.skip("no PostgreSQL to start here")
    with open_shadow("postgresql", programs.version) as shadow:
        url = urlsplit(shadow.database())
        auditor = url._replace(netloc=f"auditor@{url.netloc.rpartition('@')[2]}")
        path = os.pathsep.join((os.environ["PATH"], str(programs.bindir)))
        yield {"ADMIN_URL": url.geturl(), "DATABASE_URL": auditor.geturl(), "PATH": path}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_is_printed(page: Path, place: Path) -> None:
    text = page.read_text("utf-8")
    if "$ git " in text and shutil.which("git") is None:
        pytest.skip("git is not installed")
    if "examples/" in text:
        copy_examples(place)
    with server(text) as more:
        run(page, place, environment(place, more))


def run(page: Path, place: Path, said: dict[str, str]) -> None:
    """Write the page's files and run its commands, from top to bottom."""
    code, count = 0, 0
    for block in blocks(page):
        if block.path:
            file = place / block.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.body)
        if block.language != "console":
            continue
        for command, shown in commands(block):
            count += 1
            words = ["sh", "-c", f"(exit {code}); {command}"]
            done = subprocess.run(
                words, cwd=place, env=said, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120
            )
            code = done.returncode
            assert code != 127, done.stdout
            assert_shown(shown, done.stdout, command)
            assert command.startswith("dba") or command == "echo $?" or code == 0, f"{command}\n{done.stdout}"
    assert count >= 2, f"{page.name} shows nothing"


def test_the_readme_shows_what_its_command_prints(place: Path) -> None:
    copy_examples(place)
    (shown,) = re.findall(r"```text\n((?:.*\n)*?)```", (ROOT / "README.md").read_text("utf-8"))
    assert_shown(shown, dba("audit", "examples/cibozer", cwd=place).stdout)


@pytest.mark.parametrize("page", (ROOT / "README.md", *PAGES), ids=lambda page: page.stem)
def test_settings_and_workflows_are_what_they_claim_to_be(page: Path) -> None:
    """TOML and YAML can be read; inputs of the action and names of hooks exist."""
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    for block in blocks(page):
        if block.language == "toml":
            tomllib.loads(block.body)
        if block.language == "yaml":
            for one in each_mapping(yaml.safe_load(block.body)):
                if "dbarchitect" in str(one.get("uses", "")):
                    assert set(one.get("with", ())) <= set(inputs), page.name
                if "hooks" in one and one["repo"] != "local":
                    assert {hook["id"] for hook in one["hooks"]} <= hooks, page.name


def each_mapping(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from each_mapping(item)
