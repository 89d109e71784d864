"""The case books of the page on rules hold, and the vocabulary that it shows reads the program that it shows."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from dbarchitect.catalog.queries import QueryFact
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.rules._registry import find_rule
from dbarchitect.shadow import Shadow
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.typescript.interpreter import Interpreter as TypeScriptInterpreter
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import PythonIndex
from dbarchitect.sources.python.statements import FunctionDef
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.words import Words
from dbarchitect.testing import bench, blocks, projects
from dbarchitect.testing.casebook import Case, read_case_book
from dbarchitect.testing.live import LiveCase

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text("utf-8")
BOOKS = re.findall(r"^````markdown\n(# (\S+)\n.*?)^````$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("text", "rule"), BOOKS, ids=[rule for _, rule in BOOKS])
def test_a_book_on_the_page_holds(text: str, rule: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = tmp_path / f"{rule.replace('-', '_')}.md"
    path.write_text(text)
    for case in read_case_book(path).cases:
        judge = bench.rule_for(case, find_rule(rule))
        survey = survey_of(case, request)
        assert judge.unanswered(survey) is None
        assert not bench.unmet(case.findings, tuple(judge.detect(survey))), case.title


def survey_of(case: Case, request: pytest.FixtureRequest) -> Survey:
    if case.migrations:
        return projects.read_migrations(case)
    if case.files:
        return projects.read_project_of(case)
    if not case.on_a_server:
        return blocks.survey_of(projects.read_sql("postgresql", case.ddl("postgresql") or ""), case)
    shadow: Shadow = request.getfixturevalue("postgresql")
    live = LiveCase.create("postgresql", shadow.database(), case.ddl("postgresql") or "", case.on_a_server)
    return blocks.survey_of(live.catalog(), case)


def test_the_page_names_every_need() -> None:
    for need in Need:
        assert f"`{need.value}`" in PAGE, f"docs/extending.md does not explain {need.value}"


def test_the_page_shows_a_case_of_each_kind_that_is_no_schema() -> None:
    assert len(BOOKS) >= 5
    for block in ("migrations", "drift", "settings", "sql server", "file web.py"):
        assert f"\n```{block}\n" in PAGE


def test_the_vocabulary_on_the_page_reads_the_program_on_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = dict(re.findall(r"^```python (\w+)\.py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
    (tmp_path / "taught").mkdir()
    (tmp_path / "taught" / "dataset_vocabulary.py").write_text(files["dataset"])
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text(files["app"])
    monkeypatch.syspath_prepend(str(tmp_path / "taught"))
    vocabulary = import_module("dataset_vocabulary").DatasetVocabulary()
    index = PythonIndex(open_project(tmp_path / "app"))
    interpreter = Interpreter(index, {}, (vocabulary,))
    for function in index.modules["app.py"].statements:
        if isinstance(function, FunctionDef):
            interpreter.follow(function)
    (expected,) = re.findall(r"the rules are told\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert [told(query) for query in interpreter.recorder.code().queries] == expected.splitlines()


def test_the_vocabulary_for_typescript_reads_its_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (taught,) = re.findall(r"^```python zapatos\.py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (program,) = re.findall(r"^```ts app\.ts\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "taught").mkdir()
    (tmp_path / "taught" / "zapatos_vocabulary.py").write_text(taught)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.ts").write_text(program)
    monkeypatch.syspath_prepend(str(tmp_path / "taught"))
    vocabulary = import_module("zapatos_vocabulary").ZapatosVocabulary()
    index = TypeScriptIndex(open_project(tmp_path / "app"))
    assert index.matching(Words.of(vocabulary.needles)) == ("app.ts",)
    module = index.module("app.ts")
    assert module is not None
    recorder = TypeScriptInterpreter(index, {}, (vocabulary,)).follow_module(module)
    (expected,) = re.findall(r"the rules are told, too,\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert [told(query) for query in recorder.code().queries] == expected.splitlines()


def told(query: QueryFact) -> str:
    """A query as the page tells it."""
    compared = ", ".join(
        " ".join((p.column.columns[0], p.comparison.value, p.operand.value, *p.constants)) for p in query.predicates
    )
    sorted_by = ", ".join(f"{k.column.columns[0]}{' desc' * k.descending}" for k in query.ordering if k.column)
    parts = [
        f"{query.table} where {compared}" if compared else str(query.table),
        *([f"order by {sorted_by}"] if sorted_by else []),
        *([f"limit {query.limit.value}"] if query.limit else []),
        *(["in a loop over rows"] if any(loop.rows for loop in query.place.loops) else []),
        *(f"unknown: {part}" for part in query.dynamic),
    ]
    return f"{query.place.function.partition(':')[2]}: {'; '.join(parts)}"
