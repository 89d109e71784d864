"""`dev.py parity`: a point is found only by the right rule on the right object, and the examples have parity."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples" / "parity.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("parity", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["parity"] = module
    spec.loader.exec_module(module)
    return module


parity = load()
EXAMPLES = sorted(
    path.parent.relative_to(ROOT / "examples").as_posix() for path in (ROOT / "examples").rglob("expected.toml")
)
POINTS = {
    "cibozer": 73,
    "mealservice/before": 39,
    "mealservice/after": 32,
    "daylog": 80,
    "mediamanager": 89,
    "signals": 119,
}


def report(**changes: Any) -> dict[str, Any]:
    """A JSON report with one finding and one strength."""
    finding = {
        "rule": "unindexed-foreign-key",
        "object": {"kind": "column", "schema": None, "table": "book", "columns": ["author_id"], "name": None},
        "message": "book(author_id) references author without an index.",
        "hint": "Add an index on book(author_id).",
        "location": {"path": "models.py", "line": 7, "column": 1, "end_line": 7},
        "evidence": [
            {"kind": "catalog", "text": "no index leads with author_id", "location": None},
            {"kind": "code", "text": "a query", "location": {"path": "views.py", "line": 3, "end_line": 5}},
        ],
        "fix": {"applicability": "safe", "changes": [], "up": ['create index on "book" (author_id)'], "down": []},
    }
    strength = {
        "rule": "undeclared-foreign-key",
        "object": {"kind": "database", "schema": None, "table": None, "columns": [], "name": None},
        "message": "All 2 references are declared: book(author_id), loan(book_id).",
        "evidence": [],
    }
    applications = [{"readiness": 7.5, "tables": [{"name": "book", "score": 9.1}]}]
    return {"findings": [finding | changes], "strengths": [strength], "applications": applications}


def verdict(report: dict[str, Any], **point: Any) -> str:
    head = {"id": "x", "lines": "1", "kind": "finding", "where": "schema", "said": "…"}
    point_ = parity.Point(**head | point)
    return str(parity.judge(point_, parity.everything_said(report), parity.told_of(report)).verdict)


RIGHT = {"objects": ("book.author_id",), "rule": ("unindexed-foreign-key",)}


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (RIGHT, "found"),
        (RIGHT | {"rule": ("duplicate-index", "unindexed-foreign-key")}, "found"),
        (RIGHT | {"objects": ("book",)}, "found"),
        (RIGHT | {"objects": ("book.author_id", "loan.book_id")}, "missed"),
        (RIGHT | {"objects": ("author",)}, "missed"),
        (RIGHT | {"objects": ("database",)}, "missed"),
        (RIGHT | {"rule": ("duplicate-index",)}, "missed"),
        (RIGHT | {"kind": "strength"}, "missed"),
        (RIGHT | {"says": "without an INDEX"}, "found"),
        (RIGHT | {"says": "two million"}, "missed"),
        (RIGHT | {"fix": "create index"}, "found"),
        (RIGHT | {"fix": "drop index"}, "missed"),
        (RIGHT | {"never": "create index"}, "missed"),
        (RIGHT | {"human_error": "H1: no"}, "found, with a correction"),
        ({"human_error": "H1: no"}, "human error"),
        ({"human_error": "H1: no", "never": "create index"}, "missed"),
        (RIGHT | {"at": ("views.py:5-6",)}, "found"),
        (RIGHT | {"at": ("views.py:5-6", "models.py:7-7")}, "found"),
        (RIGHT | {"at": ("views.py:5-6", "models.py:8-9")}, "missed"),
        (RIGHT | {"objects": ("author",), "at": ("models.py:1-9",)}, "found"),
        (RIGHT | {"objects": ("author.name",), "at": ("models.py:1-9",)}, "missed"),
        ({"covered": "later", "reason": "no"}, "not yet covered"),
        (RIGHT | {"covered": "later", "reason": "no", "rule": (), "awaits": ("a",)}, "not yet covered"),
        ({"told": '"book".*"score": 9'}, "found"),
        ({"told": '"loan"'}, "missed"),
        ({"told": "readiness", "human_error": "H1: no"}, "found, with a correction"),
    ],
)
def test_verdicts(point: dict[str, Any], expected: str) -> None:
    assert verdict(report(), **point) == expected


def test_what_waits_tells_what_it_would_be() -> None:
    waiting = {"covered": "later", "reason": "no", "objects": ("book.author_id",), "awaits": RIGHT["rule"]}
    head = {"id": "x", "lines": "1", "kind": "finding", "where": "schema", "said": "…"}
    outcome = parity.judge(parity.Point(**head, **waiting), parity.everything_said(report()))
    assert "awaits unindexed-foreign-key (today: found: unindexed-foreign-key book(author_id))" in outcome.why


@pytest.mark.parametrize(
    ("object_", "expected"),
    [("loan.book_id", "found"), ("book", "found"), ("database", "found"), ("loan.member_id", "missed")],
)
def test_a_strength_of_many_objects_counts_for_those_it_names(object_: str, expected: str) -> None:
    point = {"kind": "strength", "objects": (object_,), "rule": ("undeclared-foreign-key",)}
    assert verdict(report(), **point) == expected


CODE = """\
for row in (
    query.all()
):
    rows = [
        row,
    ]
    print(rows)
"""
HEAD = '[audit]\nid = "1"\napplication = "X"\npoints = 1\n'
POINT = '[[point]]\nid = "1-1"\nlines = "1"\nkind = "finding"\nwhere = "schema"\nsaid = "x"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD, "[[point]]"),
        (POINT, "[audit]"),
        (HEAD + POINT, "one of rule, told, human_error, covered"),
        (HEAD + POINT + 'human_eror = "x"', "unknown key human_eror"),
        (HEAD + POINT + 'rule = ["a"]', "a rule needs the objects"),
        (HEAD + POINT + 'rule = ["a"]\nobjects = ["b"]\ntold = "c"', "told is of the report's own parts"),
        (HEAD + POINT + 'covered = "later"', "with a reason"),
        (HEAD + POINT + 'rule = ["a"]\nobjects = ["b"]\nawaits = ["c"]', "awaits names the rules of a point"),
        (HEAD + POINT + 'human_error = "x"\nat = ["code.py: all("]', "and needs objects"),
        (HEAD + POINT + 'rule = ["a"]\nobjects = ["b"]\nat = ["code.py: rows"]', "code.py has 2 lines with 'rows'"),
        (HEAD + POINT + 'rule = ["a"]\nobjects = ["b"]\nat = ["none.py: rows"]', "none.py"),
        (HEAD + POINT.replace("schema", "shema") + 'human_error = "x"', "'shema'"),
        (HEAD + POINT.replace('said = "x"\n', "") + 'human_error = "x"', "said is missing"),
        (HEAD + (POINT + 'human_error = "x"\n') * 2, "is there twice"),
        (HEAD.replace("points = 1", "points = 2") + POINT + 'human_error = "x"', "2 points are announced"),
        (HEAD + "[[point]", "line 5"),
    ],
)
def test_a_wrong_list_is_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    path.write_text(text)
    (tmp_path / "code.py").write_text(CODE)
    with pytest.raises(parity.Unreadable) as caught:
        parity.read_points(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "lines"), [("rows = [", "4-6"), ("row,", "4-6"), ("query.all()", "1-3"), ("print(", "7-7")]
)
def test_a_place_is_the_statement_whose_line_holds_the_text(text: str, lines: str, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(CODE)
    path = tmp_path / "expected.toml"
    path.write_text(HEAD + POINT + f'rule = ["a"]\nobjects = ["b"]\nat = ["code.py: {text}"]')
    assert parity.read_points(path)[1][0].at == (f"code.py:{lines}",)


def test_every_audits_points_are_all_listed() -> None:
    counts = {name: len(parity.read_points(ROOT / "examples" / name / "expected.toml")[1]) for name in EXAMPLES}
    assert counts | POINTS == counts


def test_points_name_rules_that_exist() -> None:
    from dbarchitect.rules._registry import all_rules

    there = {rule.name() for rule in all_rules()}
    for name in EXAMPLES:
        for point in parity.read_points(ROOT / "examples" / name / "expected.toml")[1]:
            assert set(point.rule) <= there, f"{name}: point {point.id}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_waits_is_code_or_the_written_report(name: str) -> None:
    """Points on schema, configuration and operations may wait only where the application's queries decide."""
    for point in parity.read_points(ROOT / "examples" / name / "expected.toml")[1]:
        if point.covered and point.where not in {"code", "report"}:
            assert "quer" in point.reason, f"{name}: point {point.id}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_that_should_be_found_is_missed(name: str) -> None:
    done = subprocess.run([sys.executable, PROGRAM, name], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
