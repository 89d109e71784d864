"""What a team lives with: baseline, revision, difference, saved reports; as a user runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
from support.dba import dba

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report-schema.json").read_text(encoding="utf-8"))
FIRST = "create table author (id integer primary key, made text not null);\n"
SECOND = """create table book (id integer primary key, author_id integer not null references author (id), made text);
"""


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=team", "-c", "user.email=team@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one commit, and a table that is not committed."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    folder = tmp_path / "shop"
    migrations = folder / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "0001_author.sql").write_text(FIRST)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    (migrations / "0002_book.sql").write_text(SECOND)
    return folder


def test_what_the_baseline_knows_neither_shows_nor_fails(shop: Path) -> None:
    assert dba("audit", cwd=shop).returncode == 1
    written = dba("baseline", cwd=shop)
    assert written.returncode == 0
    assert "written to dbarchitect-baseline.json" in written.stderr
    quiet = dba("audit", cwd=shop)
    assert quiet.returncode == 0
    assert "unindexed-foreign-key" not in quiet.stdout
    assert "known from dbarchitect-baseline.json" in quiet.stdout
    assert "unindexed-foreign-key" in dba("audit", "--known", cwd=shop).stdout
    assert dba("audit", "--baseline", "none", cwd=shop).returncode == 1
    (shop / "migrations" / "0003_log.sql").write_text(SECOND.replace("book", "log"))
    new = dba("audit", "--format", "json", cwd=shop)
    assert new.returncode == 1
    data = json.loads(new.stdout)
    jsonschema.validate(data, SCHEMA)
    warnings = {(f["object"]["table"], f["baseline"]) for f in data["findings"] if f["code"] == "IDX001"}
    assert warnings == {("book", "known"), ("log", "new")}


def test_a_baseline_from_elsewhere_and_one_that_is_none(shop: Path) -> None:
    (shop / "broken.json").write_text("{")
    result = dba("audit", "--baseline", "broken.json", cwd=shop)
    assert result.returncode == 2
    assert "broken.json is no baseline" in result.stderr
    assert dba("audit", "--baseline", "missing.json", cwd=shop).returncode == 2
    assert dba("baseline", "--output", "-", cwd=shop).stdout.startswith('{\n  "version": 1')


def test_since_shows_what_the_branch_adds(shop: Path) -> None:
    result = dba("audit", "--since", "main", "--format", "json", cwd=shop)
    assert result.returncode == 1
    data = json.loads(result.stdout)
    assert {f["object"]["table"] for f in data["findings"] if f["baseline"] == "new" and f["level"] == "warning"} == {
        "book"
    }
    assert data["compared_with"]["name"].startswith("main (")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "second")
    assert dba("audit", "--since", "HEAD", cwd=shop).returncode == 0
    assert dba("audit", "--since", "HEAD~1", cwd=shop).returncode == 1


def test_since_finds_nothing_new_and_nothing_gone_where_nothing_changed(shop: Path) -> None:
    """Both states are judged with the same knowledge of what has run: old migrations make no news as a habit."""
    for number in range(3, 16):
        column = f"alter table author add column c{number} jsonb;\ncreate index on author using gin (c{number});\n"
        (shop / "migrations" / f"{number:04}_c.sql").write_text(column)
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "many")
    data = json.loads(dba("audit", "--since", "HEAD", "--format", "json", cwd=shop).stdout)
    assert {f["baseline"] for f in data["findings"]} == {"known"}
    assert data["compared_with"]["gone"] == 0
    assert any(f["rule"] == "index-created-not-concurrently" for f in data["findings"])


def test_since_leaves_the_repository_and_its_traps_alone(shop: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    hook = shop / ".git" / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    (shop / ".gitattributes").write_text("*.sql filter=trap\n")
    git(shop, "config", "filter.trap.smudge", f"touch {marker}; cat")
    git(shop, "config", "core.fsmonitor", f"touch {marker}")
    before = {p: p.stat().st_mtime_ns for p in shop.rglob("*") if p.is_file()}
    assert dba("audit", "--since", "main", cwd=shop).returncode == 1
    assert {p: p.stat().st_mtime_ns for p in shop.rglob("*") if p.is_file()} == before
    assert not marker.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", "no-such-branch"), "there is no git revision 'no-such-branch'"),
        (("--since", "--output=x"), "no git revision"),
        (("--since", "main", "--baseline", "none"), "two things to compare with"),
        (("--since", "main", "migrations", "migrations"), "two states of one directory"),
    ],
)
def test_since_that_makes_no_sense(shop: Path, words: tuple[str, ...], says: str) -> None:
    result = dba("audit", *words, cwd=shop)
    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_since_outside_a_repository(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(FIRST)
    result = dba("audit", "--since", "main", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert result.returncode == 2
    assert "not a git repository" in result.stderr


def test_the_difference_of_two_reports(shop: Path) -> None:
    dba("audit", "--format", "json:after.json", cwd=shop)
    (shop / "migrations" / "0002_book.sql").unlink()
    dba("audit", "--format", "json:before.json", cwd=shop)
    result = dba("diff", "before.json", "after.json", cwd=shop)
    assert result.returncode == 1
    assert "+ warning IDX001 unindexed-foreign-key" in result.stdout
    assert "+ book" in result.stdout
    back = json.loads(dba("diff", "after.json", "before.json", "--format", "json", cwd=shop).stdout)
    assert "IDX001" in {change["code"] for change in back["gone"]}
    assert back["tables_removed"] == ["book"]
    same = dba("diff", "after.json", "after.json", cwd=shop)
    assert same.returncode == 0
    assert same.stdout.startswith("0 new, 0 gone, 0 changed")


def test_a_saved_report_says_the_same_in_every_format(shop: Path) -> None:
    said = dba("audit", "--format", "json:saved.json", "--format", "concise", "--limit", "0", cwd=shop).stdout
    saved = (shop / "saved.json").read_bytes()
    assert dba("report", "saved.json", "--format", "concise", cwd=shop).stdout == said
    assert dba("report", "saved.json", "--format", "json:again.json", cwd=shop).returncode == 0
    assert (shop / "again.json").read_bytes() == saved
    assert dba("report", "saved.json", "--fail-on", "warning", cwd=shop).returncode == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no JSON"),
        ("{}", "schema version 1"),
        ('{"schema_version": 1}', "has no 'tool'"),
        ('{"schema_version": 9}', "schema version 1"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_report(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "x.json").write_text(text)
    for command in (("report", "x.json"), ("diff", "x.json", "x.json")):
        result = dba(*command, cwd=tmp_path)
        assert result.returncode == 2
        assert says in result.stderr
        assert "Traceback" not in result.stderr


def test_suppress_in_the_settings(shop: Path) -> None:
    settings = '[[suppress]]\nrules = ["IDX001"]\nobject = "book.author_id"\nreason = "ten rows"\nuntil = 2090-01-31\n'
    (shop / "dbarchitect.toml").write_text(settings)
    result = dba("audit", cwd=shop)
    assert result.returncode == 0
    assert "1 suppressed" in result.stdout
    assert "suppressed, until 2090-01-31: ten rows" in dba("audit", "--known", cwd=shop).stdout


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('[[suppress]]\nrules = ["IDX001"]\nobject = "x"\n', "reason is missing"),
        ('[[suppress]]\nrules = ["IDX001"]\nreason = "x"\n', "everywhere"),
        ('[[suppress]]\nrules = ["IDX001"]\nreason = " "\nobject = "x"\n', "gives no reason"),
        ('[[suppress]]\nrules = ["IDX001"]\nreason = "x"\nobject = "x"\nuntil = "soon"\n', "'soon' is no date"),
        ('[[suppress]]\nrule = "IDX001"\nreason = "x"\nobject = "x"\n', "Did you mean rules?"),
    ],
)
def test_suppress_that_is_not_understood(shop: Path, settings: str, says: str) -> None:
    (shop / "dbarchitect.toml").write_text(settings)
    result = dba("audit", cwd=shop)
    assert result.returncode == 2
    assert says in result.stderr
