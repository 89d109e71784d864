"""What a newcomer meets first is true: the README's commands, its links, the build machine's command, the pins."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL_LINES = [
    line for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]


def commands(program: str) -> list[list[str]]:
    """The arguments that the README gives to a program."""
    found = []
    for line in SHELL_LINES:
        for part in line.split("&&"):
            words = [word for word in shlex.split(part) if not re.match(r"[A-Z_]+=", word)]
            names = [Path(word).name for word in words[:2]]
            if program in names:
                found.append(words[names.index(program) + 1 :])
    return found


def test_the_readme_shows_both_programs() -> None:
    assert ["audit", "examples/cibozer"] in commands("dba")
    assert ["test"] in commands("dev.py")


@pytest.mark.parametrize("arguments", commands("dba"), ids=" ".join)
def test_the_readme_names_commands_of_dba_that_exist(arguments: list[str]) -> None:
    help_ = [sys.executable, "-m", "dbarchitect", arguments[0], "--help"]
    done = subprocess.run(help_, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for option in (word for word in arguments if word.startswith("--")):
        assert option in done.stdout


@pytest.mark.parametrize("arguments", commands("dev.py"), ids=" ".join)
def test_the_readme_names_commands_of_dev_py_that_exist(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "dev.py", *arguments, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_readme_names_the_options_of_the_test_command() -> None:
    done = subprocess.run([sys.executable, "dev.py", "test", "--help"], cwd=ROOT, capture_output=True, text=True)
    for option in ("--install-system", "--slow"):
        assert option in README
        assert option in done.stdout


def test_the_readme_links_to_files_that_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_build_machine_runs_the_readmes_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, ".ci/run is executable"
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    lines = script.read_text().splitlines()
    assert "export CI=true" in lines, "where CI=true, a skipped test is a failure"
    [test] = commands("dev.py")
    assert lines[-1] == shlex.join(["exec", "python3", "dev.py", *test, "--install-system", "--slow"])


def test_every_requirement_is_pinned_to_a_version_it_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *(line for extra in project["project"]["optional-dependencies"].values() for line in extra),
        *project["dependency-groups"]["dev"],
    ]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.lower().split("==") for line in lines if line and not line.startswith("#"))
    for requirement in map(Requirement, wanted):
        if requirement.name != "dbarchitect":
            assert requirement.name.lower() in pins, f"run `python3 dev.py setup --upgrade` to pin {requirement.name}"
            assert requirement.specifier.contains(pins[requirement.name.lower()], prereleases=True)


def test_changes_are_named_by_topic_and_kind() -> None:
    names = [path.name for path in (ROOT / "changes").iterdir() if path.name != "README.md"]
    assert [name for name in names if not re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed|removed)\.md", name)] == []


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
