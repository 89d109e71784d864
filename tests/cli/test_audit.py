"""`dba audit` as a user runs it: exit codes, streams, and errors in words."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import jsonschema
import psycopg
import pytest
from support.dba import dba

from dbarchitect.shadow import Shadow

SHOP = """
create table author (id integer primary key, name text not null);
create table book (id integer primary key, author_id integer not null references author (id), title text not null);
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript(SHOP)
    connection.close()
    return path


def test_a_database_file(shop: Path) -> None:
    result = dba("audit", str(shop))
    assert result.returncode == 1
    assert "unindexed-foreign-key" in result.stdout
    assert "book.author_id" in result.stdout
    assert result.stderr == ""


def test_json_alone_on_standard_output(shop: Path) -> None:
    data = json.loads(dba("audit", str(shop), "--format", "json").stdout)
    assert [f["object"]["table"] for f in data["findings"] if f["rule"] == "unindexed-foreign-key"] == ["book"]


def test_the_json_of_a_whole_application_satisfies_its_schema() -> None:
    root = Path(__file__).parents[2]
    schema = json.loads((root / "docs" / "report-schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(dba("audit", "examples/cibozer", "--format", "json", cwd=root).stdout), schema)


def test_several_formats_into_files(shop: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = dba("audit", str(shop), "--format", f"json:{report}", "--format", "concise")
    assert json.loads(report.read_text())["schema_version"] == 1
    assert "warning IDX001 unindexed-foreign-key" in result.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.json", "shop.sqlite3"]


@pytest.mark.parametrize(
    ("formats", "says"),
    [
        (("json:{0}/same", "html:{0}/./same"), "2 formats go to"),
        (("json", "text"), "json and text would be mixed on standard output"),
        (("text", "sarif"), "text and sarif would be mixed on standard output"),
    ],
)
def test_formats_that_would_spoil_each_other(shop: Path, tmp_path: Path, formats: tuple[str, ...], says: str) -> None:
    words = [word for name in formats for word in ("--format", name.format(tmp_path))]
    result = dba("audit", str(shop), *words)
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "same").exists()


def test_formats_of_lines_stand_together(shop: Path) -> None:
    result = dba("audit", str(shop), "--select", "IDX001", "--format", "concise", "--format", "github")
    assert "warning IDX001 unindexed-foreign-key" in result.stdout
    assert "::warning " in result.stdout


def test_a_report_says_what_each_application_was_read_from(shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "schema.sql").write_text(SHOP.replace("book", "essay").replace("author", "writer"))

    def read_from(*targets: str) -> list[list[dict[str, str]]]:
        data = json.loads(dba("audit", *targets, "--format", "json", cwd=tmp_path).stdout)
        return [application["targets"] for application in data["applications"]]

    assert read_from("folder") == [[{"kind": "directory", "name": "folder"}]]
    assert read_from("folder/schema.sql") == [[{"kind": "file", "name": "folder/schema.sql"}]]
    (folder / "schema.sql").write_text(SHOP)
    ((directory, database),) = read_from("folder", str(shop))
    assert directory == {"kind": "directory", "name": "folder"}
    assert database["kind"] == "database"


def test_exit_codes(shop: Path) -> None:
    assert dba("audit", str(shop), "--fail-on", "none").returncode == 0
    assert dba("audit", str(shop), "--select", "KEY001").returncode == 0
    assert dba("audit", str(shop), "--select", "IDX001", "--fail-on", "error").returncode == 0
    assert dba("audit", str(shop), "--select", "IDX001").returncode == 1


def test_the_current_directory_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SHOP)
    result = dba("audit", "--select", "unindexed-foreign-key", cwd=tmp_path)
    assert result.returncode == 1
    assert "schema.sql:3" in result.stdout


def test_a_url_in_the_environment(shop: Path) -> None:
    result = dba("audit", "env:SHOP_URL", SHOP_URL=f"sqlite:///{shop}")
    assert "book.author_id" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), ("nowhere", "Name a directory")),
        (("env:NOT_SET_AT_ALL",), ("NOT_SET_AT_ALL", "not set")),
        (("mysql://u:hunter2@localhost/x",), ("mysql", "PostgreSQL and SQLite")),
        (("postgresql://u:hunter2@127.0.0.1:1/x",), ("127.0.0.1",)),
        ((".", "--format", "yaml"), ("yaml", "json")),
        ((".", "--select", "unindexed-foreign"), ("unindexed-foreign", "unindexed-foreign-key")),
        ((".", "--fail-on", "sometimes"), ("sometimes",)),
        ((".", "--config", "not-there.toml"), ("not-there.toml",)),
        ((".",), ("no tables", "Django")),
    ],
)
def test_bad_input_is_an_error_in_words(arguments: tuple[str, ...], words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing to audit")
    result = dba("audit", *arguments, cwd=tmp_path)
    assert result.returncode == 2, result.stdout
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "hunter2" not in result.stderr
    for word in words:
        assert word in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["readme.txt"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("select = 3", "select"),
        ("selekt = ['IDX']", "select"),
        ("select = [", "dbarchitect.toml"),
        ("[rules.unindexed-foreign-key]\nnonsense = 1", "nonsense"),
        ("[rules.no-such-rule]\nx = 1", "no-such-rule"),
        ("fail-on = 'never'", "none"),
    ],
)
def test_a_broken_configuration_is_an_error_in_words(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SHOP)
    (tmp_path / "dbarchitect.toml").write_text(content)
    result = dba("audit", cwd=tmp_path)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert words in result.stderr


def test_configuration_in_pyproject(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(SHOP)
    (tmp_path / "pyproject.toml").write_text("[tool.dbarchitect]\nselect = ['KEY001']\n")
    assert dba("audit", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("command", ["audit", "doctor"])
@pytest.mark.parametrize(
    "target",
    [
        "host=/nonexistent password=sEcret1 dbname=x",
        "password=sEcret1 host=/nonexistent dbname=x",
        "sslmode=disable host=/nonexistent password=sEcret1",
        "postgresql://a:sEcret1@/x?host=/nonexistent",
    ],
)
def test_a_password_in_a_target_is_in_no_message(command: str, target: str) -> None:
    result = dba(command, target)
    assert result.returncode == 2
    assert "sEcret1" not in result.stdout + result.stderr
    assert "cannot connect" in result.stdout + result.stderr


@pytest.mark.server
def test_a_report_names_a_server_without_its_address(postgresql: Shadow) -> None:
    url = postgresql.database()
    with psycopg.connect(url) as connection:
        connection.execute("create table t (id bigint primary key)")
        host, name = connection.info.host, connection.info.dbname
    target = f"user=postgres password=sEcret1 host={host} dbname={name}"
    result = dba("audit", target, "--format", "json", "--fail-on", "none")
    assert json.loads(result.stdout)["options"]["targets"] == ["database"]
    assert "sEcret1" not in result.stdout + result.stderr


def test_a_password_on_the_command_line_is_warned_of_and_never_printed() -> None:
    result = dba("audit", "postgresql://u:hunter2@127.0.0.1:1/x")
    assert "command line" in result.stderr
    assert "hunter2" not in result.stdout + result.stderr


@pytest.mark.parametrize(("words", "code"), [("rules --format json", 0), ("audit {0} --format json", 1)])
def test_a_closed_pipe_is_no_error(shop: Path, words: str, code: int) -> None:
    """The output is larger than a pipe holds; an audit whose output nobody reads to the end still tells its result."""
    import subprocess

    script = f"{sys.executable} -m dbarchitect {words.format(shop)} | head -c 1; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (code, "")
