"""What a command must not import: each starts in a moment because it loads only what it uses."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from support.dba import dba

LIBRARIES = frozenset({"psycopg", "sqlglot", "tree_sitter", "lark", "pathspec", "rich"})
READERS = LIBRARIES | {"dbarchitect.sources", "dbarchitect.engines", "dbarchitect.shadow"}
ALL = READERS | {"dbarchitect.rules", "dbarchitect.audit"}

SCRIPT = """
import json, sys
from dbarchitect.cli.main import main
try:
    main()
except SystemExit as left:
    code = left.code
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a command has imported when it is done, each by its first part, ours by the first two."""
    result = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
    code, modules = json.loads(result.stderr.splitlines()[-1])
    assert code in {0, 1}, result.stderr
    return {".".join(name.split(".")[: 2 if name.startswith("dbarchitect.") else 1]) for name in modules}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A JSON report."""
    folder = tmp_path_factory.mktemp("saved")
    with sqlite3.connect(folder / "shop.sqlite3") as connection:
        connection.execute("create table orders (id integer primary key, customer_id integer)")
    report = folder / "report.json"
    dba("audit", str(folder / "shop.sqlite3"), "--format", f"json:{report}")
    return str(report)


@pytest.mark.parametrize("command", ["--help", "--version", "audit --help", "doctor --help", "completion bash"])
def test_what_only_prints_imports_nothing(command: str) -> None:
    assert not imported(*command.split()) & ALL


def test_a_saved_report_needs_neither_rule_nor_reader(saved: str) -> None:
    assert not imported("diff", saved, saved) & ALL
    for format_ in ("text", "concise", "json", "markdown", "html", "sarif", "junit"):
        assert not imported("report", saved, "--format", format_) & (ALL - {"rich"}), format_


def test_rules_and_settings_are_told_without_a_reader(tmp_path: Path) -> None:
    assert not imported("rules") & READERS
    assert not imported("explain", "unindexed-foreign-key") & READERS
    assert not imported("config", str(tmp_path)) & READERS
