"""The formats: JSON by its schema, text and concise by what a reader must find in them; hostile names in all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from support.surveys import NeedsStatistics, Unindexed, survey, table

from dbarchitect.api import engine_speller, formatter, report
from dbarchitect.audit.run import audit
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "report-schema.json").read_text())
HOSTILE = "we\u202eird\n\x1b[31m</script>\"'`"


def made(*tables: str) -> Report:
    schema = (table("author"), *(table(name, references="author") for name in tables))
    made = audit([survey(*schema)], [Unindexed(), NeedsStatistics()], engine_speller(), {"targets": ["."]})
    return report(made, Rendering.now())


def test_json_satisfies_its_schema() -> None:
    data = json.loads(formatter("json")(made("book"), Rendering.now()))
    jsonschema.validate(data, SCHEMA)
    (finding,) = data["findings"]
    assert finding["object"] == {
        "kind": "column",
        "schema": None,
        "table": "book",
        "columns": ["author_id"],
        "name": None,
    }
    assert finding["location"]["path"] == "app/models.py"
    (refused,) = data["applications"][0]["examined"]["rules_not_evaluated"]
    assert "statistics" in refused["why"]
    assert data["diagnostics"] == [
        {
            "application": "shop",
            "location": {"path": "app/broken.py", "line": 7, "column": None, "end_line": None, "end_column": None},
            "text": "cannot read this class",
        }
    ]


def test_text_tells_the_application_the_finding_its_evidence_the_fix_and_the_gaps() -> None:
    text = formatter("text")(made("book"), Rendering.now())
    for words in (
        "shop (sqlalchemy)", "2 tables", "/10", "book.author_id", "app/models.py:3", "no index starts with it",
        "-> Add one.", "keys are declared", "app/broken.py:7: cannot read this class", "Not evaluated", "1 warning",
    ):  # fmt: skip
        assert words in text
    assert "\x1b" not in text


def test_paths_are_one_word() -> None:
    place = "apps/the-server-of-the-shop/src/modules/order-lines/order-lines.repository.ts"
    found = made("book")
    (finding,) = found.findings
    shown = replace(
        found, findings=(replace(finding, message=f"book.author_id is asked for by what stands in {place}"),)
    )
    assert place in formatter("text")(shown, Rendering.now())


def test_text_has_colour_when_asked() -> None:
    assert "\x1b[" in formatter("text")(made("book"), replace(Rendering.now(), colour=True))


def test_a_limit_says_how_many_are_left() -> None:
    text = formatter("text")(made("a", "b", "c"), replace(Rendering.now(), limit=2))
    assert "1 more" in text


def test_concise_is_one_line_a_finding() -> None:
    assert formatter("concise")(made("book"), Rendering.now()) == (
        "app/models.py:3:1: warning TST001 surveys: book.author_id has no index\n"
    )


@pytest.mark.parametrize("name", ["text", "concise", "json"])
def test_hostile_names_stay_data(name: str) -> None:
    text = formatter(name)(made(HOSTILE), Rendering.now())
    if name == "json":
        assert json.loads(text)["findings"][0]["object"]["table"] == HOSTILE
    else:
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert r"we\u202eird\n\x1b[31m</script>" in text
