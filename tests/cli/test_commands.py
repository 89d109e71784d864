"""The other commands, and how the command line starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.dba import dba

from dbarchitect.cli.main import COMMANDS, LazyGroup, cli


def test_help_imports_no_library_beyond_click() -> None:
    script = (
        "import sys\nfrom dbarchitect.cli.main import cli\n"
        "try:\n    cli(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'rich', 'sqlglot', 'psycopg', 'tree_sitter', 'lark', 'sqlite3', 'pathspec'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    command = LazyGroup().get_command(click.Context(cli), name)
    assert command is not None
    assert (command.help or "").splitlines()[0] == COMMANDS[name]


def test_rules_lists_every_rule() -> None:
    from dbarchitect.rules._registry import all_rules

    rows = json.loads(dba("rules", "--format", "json").stdout)
    assert [row["code"] for row in rows] == [rule.code for rule in all_rules()]
    assert len(rows) == len({row["code"] for row in rows}) == len({row["rule"] for row in rows})
    assert all(row["code"] in dba("rules").stdout for row in rows[:3])


def test_explain_prints_the_manual_page_by_name_and_by_code() -> None:
    page = dba("explain", "unindexed-foreign-key").stdout
    assert "## Why it matters" in page
    assert dba("explain", "idx001").stdout == page


@pytest.mark.parametrize("wanted", ["unindexed-foreign-keys", "unindexed", "unindexed_foreing_key"])
def test_an_unknown_rule_names_the_nearest(wanted: str) -> None:
    result = dba("explain", wanted)
    assert result.returncode == 2
    assert "Did you mean unindexed-foreign-key?" in result.stderr


def test_an_unknown_command_names_the_nearest() -> None:
    result = dba("audti")
    assert result.returncode == 2
    assert "audit" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("shell", "words"), [("bash", "complete -o nosort -F"), ("zsh", "compdef"), ("fish", "complete")]
)
def test_completion(shell: str, words: str) -> None:
    assert words in dba("completion", shell).stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("dba explain unindexed-fo", {"plain,unindexed-foreign-key"}),
        ("dba audit --select idx00", {f"plain,IDX00{n}" for n in range(1, 10)}),
        ("dba audit --format js", {"plain,json"}),
        ("dba audit exam", {"file,exam"}),
        ("dba doctor exam", {"file,exam"}),
        ("dba dif", {"plain,diff"}),
    ],
)
def test_what_the_shell_completes(words: str, offered: set[str]) -> None:
    position = str(len(words.split()) - 1)
    script = "from dbarchitect.cli.main import cli; cli(prog_name='dba')"
    said = {"_DBA_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": position}
    result = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **said}, capture_output=True, text=True, check=False
    )
    assert set(result.stdout.split()) == offered, result.stderr


def test_config_prints_what_holds_and_can_be_read_again(tmp_path: Path) -> None:
    settings = 'fail-on = "error"\nignore = ["TYP"]\n[[suppress]]\nrules = ["IDX001"]\nobject = "a.*"\n'
    (tmp_path / "dbarchitect.toml").write_text(f'{settings}reason = "a \\"b\\""\nuntil = 2030-01-31\n')
    first = dba("config", cwd=tmp_path)
    assert first.returncode == 0
    assert 'fail-on = "error"\n' in first.stdout
    assert "lock-timeout = 2.0  # default" in first.stdout
    (tmp_path / "dbarchitect.toml").write_text(first.stdout)
    assert dba("config", cwd=tmp_path).stdout == first.stdout
    data = json.loads(dba("config", "--format", "json", cwd=tmp_path).stdout)
    assert data["settings"]["suppress"][0]["until"] == "2030-01-31"


def test_config_of_a_folder_that_is_not_there(tmp_path: Path) -> None:
    result = dba("config", "nowhere", cwd=tmp_path)
    assert result.returncode == 2
    assert "'nowhere' does not exist" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text", ['fail_om = "error"', 'ignore = ["NOPE001"]', "[rules.no-such-rule]", "= ="])
def test_config_refuses_what_it_does_not_understand(tmp_path: Path, text: str) -> None:
    (tmp_path / "dbarchitect.toml").write_text(text)
    result = dba("config", cwd=tmp_path)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_doctor_says_what_can_be_examined_and_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text("create table a (id int primary key);\ncreate tabel b;\n")
    result = dba("doctor", str(tmp_path), DATABASE_URL="postgresql://u:secret@h/d")
    assert result.returncode == 0
    assert f"+ target {tmp_path}: " in result.stdout
    assert "schema.sql:2" in result.stdout
    assert "Audit that database with: dba audit env:DATABASE_URL" in result.stdout
    assert "secret" not in result.stdout
    states = {check["name"]: check["state"] for check in json.loads(dba("doctor", "--format", "json").stdout)}
    assert states["SQLite"] == states["PostgreSQL"] == "ok"


def test_doctor_fails_for_a_target_that_cannot_be_audited(tmp_path: Path) -> None:
    result = dba("doctor", str(tmp_path / "nowhere"))
    assert result.returncode == 2
    assert "- target" in result.stdout
    assert "Traceback" not in result.stderr
