"""Baselines: what is known, what is new, what is gone; and the file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.surveys import Unindexed, survey, table

from dbarchitect.api import engine_speller
from dbarchitect.audit.baseline import Baseline, Known, baseline_of, compare, from_text, to_text
from dbarchitect.audit.model import Audit
from dbarchitect.audit.run import Judgement, audit
from dbarchitect.errors import SettingsError


def made(*names: str, judgement: Judgement | None = None) -> Audit:
    tables = (table("author"), *(table(name, references="author") for name in names))
    return audit([survey(*tables)], [Unindexed()], engine_speller(), {}, judgement)


def test_what_was_there_is_known_what_came_is_new_and_what_went_is_gone() -> None:
    known = baseline_of(made("book", "essay").findings, "a file")
    result = made("book", "poem", judgement=Judgement(baseline=known))
    assert {i.finding.object.table: i.baseline for i in result.findings} == {"book": "known", "poem": "new"}
    assert result.compared_with is not None
    assert (result.compared_with.name, result.compared_with.gone) == ("a file", 1)


def test_what_was_not_asked_is_not_gone() -> None:
    """Neither the findings of rules that were not run nor those of applications that were not audited."""
    one = Known("shop", Unindexed.name(), "essay.author_id", "f1")
    others = (Known("shop", "other-rule", "essay", "f2"), Known("elsewhere", one.rule, one.object, "f3"))
    known = Baseline({(k.application, k.fingerprint): k for k in (one, *others)}, "a file")
    result = made("book", judgement=Judgement(baseline=known))
    assert result.compared_with is not None
    assert result.compared_with.gone == 1


def test_without_one_nothing_is_known_or_new() -> None:
    result = made("book")
    assert [item.baseline for item in result.findings] == [None]
    assert result.compared_with is None


def test_a_second_finding_of_the_same_kind_on_the_same_object_is_new() -> None:
    (item,) = made("book").findings
    marked, gone = compare([item, item], baseline_of([item]))
    assert [m.baseline for m in marked] == ["known", "new"]
    assert gone == ()
    _, gone = compare([item], baseline_of([item, item, item]))
    assert [known.count for known in gone] == [2]


def test_another_application_s_finding_is_not_known() -> None:
    (item,) = made("book").findings
    marked, _ = compare([replace(item, application="bank")], baseline_of([item]))
    assert [m.baseline for m in marked] == ["new"]


_WORDS = st.text(max_size=12)
_KNOWN = st.builds(Known, _WORDS, _WORDS, _WORDS, _WORDS, st.integers(1, 9))


@given(st.lists(_KNOWN, max_size=6))
def test_a_file_holds_what_was_written(rows: list[Known]) -> None:
    known = {(row.application, row.fingerprint): row for row in rows}
    assert from_text(to_text(Baseline(known)), "x").known == known


def test_the_file_is_sorted_and_has_a_line_for_each_finding() -> None:
    text = to_text(baseline_of(made("essay", "book").findings))
    lines = [line for line in text.splitlines() if '"fingerprint"' in line]
    assert [json.loads(line.rstrip(","))["object"] for line in lines] == ["book.author_id", "essay.author_id"]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 2, "findings": []}', '{"version": 1, "findings": {}}',
     '{"version": 1, "findings": [1]}',
     '{"version": 1, "findings": [{"application": "a", "rule": "r", "object": "o"}]}',
     '{"version": 1, "findings": [{"application": "a", "rule": "r", "object": "o", "fingerprint": "f", "count": 0}]}',
     "[" * 100_000],
)  # fmt: skip
def test_what_is_no_baseline_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="here"):
        from_text(text, "here")
