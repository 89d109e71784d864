"""The pre-commit hook and the GitHub Action, run for real and without a network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
AUTHOR = "create table author (id integer primary key, made text not null);\n"
BOOK = "create table book (id integer primary key, author_id integer not null references author (id), made text);\n"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=team", "-c", "user.email=team@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "0001_author.sql").write_text(AUTHOR)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """Ours, with `dba` on the path and nothing that reaches a network."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "PIP_NO_INDEX": "1", **more}


def test_the_hooks_are_a_manifest_that_pre_commit_takes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hook_stops_a_commit_that_adds_a_fault(shop: Path, tmp_path: Path) -> None:
    (hook,) = [hook for hook in HOOKS if hook["language"] == "system"]
    (shop / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [hook]}]}))
    run = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    git(shop, "add", "-A")
    before = subprocess.run(run, cwd=shop, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert before.returncode == 0, before.stdout + before.stderr
    (shop / "migrations" / "0002_book.sql").write_text(BOOK)
    git(shop, "add", "-A")
    after = subprocess.run(run, cwd=shop, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert after.returncode == 1, after.stdout + after.stderr
    assert "unindexed-foreign-key" in after.stdout


def step(shop: Path, tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's audit as a runner does: its script in bash, its inputs in the environment."""
    (script,) = [one["run"] for one in ACTION["runs"]["steps"] if one.get("id") == "audit"]
    defaults = {name: str(one["default"]) for name, one in ACTION["inputs"].items()}
    given = {**defaults, **{name.replace("_", "-"): value for name, value in inputs.items()}}
    variables = {name.replace("-", "_").upper(): value for name, value in given.items()}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=shop,
        env=environment(
            tmp_path,
            **variables,
            BASE=inputs.get("base", ""),
            REPORT=str(tmp_path / "report.json"),
            GITHUB_OUTPUT=str(tmp_path / "output"),
            GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
        ),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_annotates_writes_its_reports_and_fails_on_what_is_new(shop: Path, tmp_path: Path) -> None:
    (shop / "migrations" / "0002_book.sql").write_text(BOOK)
    done = step(shop, tmp_path, since="main", sarif=str(tmp_path / "out.sarif"))
    assert done.returncode == 1, done.stderr
    assert "::warning file=migrations/0002_book.sql,line=1" in done.stdout
    assert (tmp_path / "output").read_text() == f"report={tmp_path / 'report.json'}\n"
    assert "# Database audit: shop" in (tmp_path / "summary.md").read_text()
    assert json.loads((tmp_path / "out.sarif").read_text())["version"] == "2.1.0"
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "second")
    assert step(shop, tmp_path, since="HEAD").returncode == 0


def test_the_action_s_inputs_are_values_and_never_code(shop: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    done = step(
        shop, tmp_path, targets=f". $(touch {marker})", arguments=f"; touch {marker}", since=f"`touch {marker}`"
    )
    assert done.returncode == 2
    assert not marker.exists()


def test_the_action_pastes_no_input_into_a_script() -> None:
    for one in ACTION["runs"]["steps"]:
        assert "${{" not in one["run"]
