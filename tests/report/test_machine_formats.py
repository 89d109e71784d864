"""SARIF, GitHub, GitLab, JUnit and Markdown: what their readers need, and that hostile names stay text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from support.surveys import MODELS, NeedsStatistics, Unindexed, survey, table

from dbarchitect.api import engine_speller, formatter, report
from dbarchitect.audit.baseline import baseline_of
from dbarchitect.audit.run import Judgement, audit
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.suppression import Suppression
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report
from dbarchitect.report.json import pieces, read
from dbarchitect.report.places import SETTINGS

SARIF = json.loads((Path(__file__).parent / "sarif-2.1.0-as-we-use-it.json").read_text(encoding="utf-8"))
HOSTILE = "we\u202eird\n\x1b[31m</script>]]>\"'`|&%::,\ufffe\ud800"


def made(*tables: str, judgement: Judgement | None = None, placed: bool = True) -> Report:
    schema = [table("author"), *(table(name, references="author") for name in tables)]
    if not placed:
        schema = [replace(one, origin=Origin()) for one in schema]
    found = audit([survey(*schema)], [Unindexed(), NeedsStatistics()], engine_speller(), {}, judgement)
    return report(found, Rendering.now())


def rendered(name: str, of: Report) -> str:
    return formatter(name)(of, Rendering.now())


def sarif(of: Report) -> dict:
    data = json.loads(rendered("sarif", of))
    jsonschema.Draft7Validator(SARIF).validate(data)
    return data["runs"][0]


def test_a_large_json_report_is_written_piece_by_piece() -> None:
    small = made("book")
    large = replace(small, findings=small.findings * 500)
    longest, whole = 0, 0
    for piece in pieces(large, Rendering.now()):
        longest, whole = max(longest, len(piece)), whole + len(piece)
    assert whole == len(rendered("json", large))
    assert longest < whole / 50
    assert read("".join(pieces(large, Rendering.now())), "here") == large


def test_sarif_places_every_finding_and_names_its_rule() -> None:
    run = sarif(made("book", "essay"))
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "TST001"
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": MODELS.path, "uriBaseId": "SRCROOT"}
        assert place["region"]["startLine"] == 3
    assert len({result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]}) == 2


def test_sarif_of_a_database_alone_still_has_a_place() -> None:
    (result,) = sarif(made("book", placed=False))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == SETTINGS.path


def test_sarif_tells_what_is_suppressed_and_what_is_new() -> None:
    known = baseline_of(
        audit(
            [survey(table("author"), table("book", references="author"))], [Unindexed()], engine_speller(), {}
        ).findings
    )
    silence = Suppression(("TST",), "a reason", object="essay.*")
    run = sarif(made("book", "essay", "poem", judgement=Judgement((silence,), known)))
    by_table = {r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]: r for r in run["results"]}
    assert by_table["book.author_id"]["baselineState"] == "unchanged"
    assert by_table["poem.author_id"]["baselineState"] == "new"
    assert by_table["essay.author_id"]["suppressions"][0]["justification"] == "a reason"


def test_sarif_keeps_to_the_limits_of_code_scanning() -> None:
    small = made("book")
    large = replace(small, findings=small.findings * 30_000)
    run = json.loads(rendered("sarif", large))["runs"][0]
    assert len(run["results"]) == 25_000
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in run["tool"]["driver"]["rules"])


def test_a_path_with_blanks_and_marks_is_a_uri() -> None:
    schema = [replace(one, origin=Origin("a b/#c%.py", 1)) for one in (table("a"), table("b", references="a"))]
    found = audit([survey(*schema)], [Unindexed()], engine_speller(), {})
    (result,) = sarif(report(found, Rendering.now()))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%23c%25.py"


def test_github_s_annotations() -> None:
    text = rendered("github", made("book"))
    assert text.startswith("::warning file=app/models.py,line=3,endLine=3,title=TST001 surveys::book.author_id: ")
    assert text.count("\n") == 1


def test_github_shows_only_what_is_to_do() -> None:
    silence = Suppression(("TST",), "a reason", application="shop")
    assert rendered("github", made("book", judgement=Judgement((silence,)))) == ""


def test_gitlab_has_no_fingerprint_twice() -> None:
    once = made("book")
    entries = json.loads(rendered("gitlab", replace(once, findings=once.findings * 2)))
    assert len({entry["fingerprint"] for entry in entries}) == 2
    assert entries[0]["location"] == {"path": "app/models.py", "lines": {"begin": 3}}
    assert entries[0]["severity"] == "major"


def test_junit_fails_once_for_a_rule_and_skips_what_was_not_judged() -> None:
    root = ET.fromstring(rendered("junit", made("book", "essay")))
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["skipped"]) == ("2", "1", "1")
    failure = root.find(".//failure")
    assert failure is not None
    assert (failure.text or "").count("\n") == 1
    assert "(and 1 more)" in failure.attrib["message"]


def test_junit_passes_what_is_suppressed_and_still_tells_it() -> None:
    silence = Suppression(("TST",), "a reason", application="shop")
    root = ET.fromstring(rendered("junit", made("book", judgement=Judgement((silence,)))))
    assert root.attrib["failures"] == "0"
    assert "suppressed" in (root.findtext(".//system-out") or "")


def test_markdown_is_a_document_with_everything_in_its_place() -> None:
    text = rendered("markdown", made("book"))
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [
        "Executive summary", "Inventory", "What to do, in this order", "Plan", "What is right", "Table by table",
        "What was not seen",
    ]  # fmt: skip
    assert "```sql\ncreate index ix_hand on book (author_id);" in text
    assert "Health after this phase, by the same formula: 10/10." in text
    assert "### book - 7/10" in text
    assert "| `author_id` | `bigint` | not null | `author(id)` |" in text


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "junit", "markdown"])
def test_hostile_names_stay_text(name: str) -> None:
    text = rendered(name, made(HOSTILE))
    for harmful in ("\u202e", "\x1b"):
        assert harmful not in text
    if name == "junit":
        ET.fromstring(text)
    if name == "sarif":
        sarif(made(HOSTILE))
    if name == "github":
        assert len(text.splitlines()) == 1
    if name == "markdown":
        outside = re.sub(r"(?s)^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE)
        assert not re.search(r"(?<![\\`])</script>", re.sub(r"(`+)[^`].*?\1", "", outside))


@pytest.mark.parametrize("name", ["text", "concise", "markdown", "json", "sarif", "github", "gitlab", "junit"])
def test_every_format_says_the_same_of_a_saved_report(name: str) -> None:
    fresh = made("book", "essay")
    saved = read(rendered("json", fresh), "here")
    assert saved == fresh
    assert rendered(name, saved) == rendered(name, fresh)
