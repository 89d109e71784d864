"""Hostile texts in every place of a report, in every format; and saved reports that somebody has damaged.

What HTML does with them is looked at in a browser, see tests/report/html.
"""

from __future__ import annotations

import copy
import json
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from support.reports import report, with_texts

from dbarchitect import api
from dbarchitect.audit.baseline import from_text
from dbarchitect.errors import ReportUnreadable, SettingsError
from dbarchitect.report.base import Rendering
from dbarchitect.report.comparison import as_text, difference
from dbarchitect.report.document import Report
from dbarchitect.report.json import read
from dbarchitect.report.markdown_text import code, plain, table

NAMES = (
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<b", "<!-- c", "--> x", "]]>", "&lt;b&gt;",
    "::error::x", "::set-output name=a::b", "%0A::error::", "a|b|c", "| a | b |\n|---|---|", "{{7*7}}",
    "{% include x %}",
    "x" * 500, "😀" * 30, "nul\0nul", "\ud800half", "-lead", "=1+1", "@cmd", "+x", "\u202eevil", "new\nline",
    "\r\n# heading\n- list\n```\nfence", "[a](javascript:alert(1))", "![a](http://evil/x.png)", "<http://evil.example>",
    "http://evil.example/a", "`tick`", "``", "`", "```sql", "* b*_c_ **d** ~~e~~", "\\", "\\`<b>\\`", "a\\|b", "1. one",
    "1) one", "    code", "> quote", "# h", "---", "===", "[^1]", "[x]: http://evil", "\x1b[31m", "\u2028sep",
    "\x85nel",
    "\x0b\x0c", "'\"", "$(rm)", "| `a|b` |", "`a` <b>x</b> `c`", "](http://evil)", "\t", "\ufffe\uffff",
)  # fmt: skip
LINES = ("github", "junit", "text", "concise", "markdown")
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HARMFUL = {"html_inline", "html_block", "link_open", "image"}
SIGNS = {"text", "softbreak", "hardbreak", "text_special", "code_inline", "inline"}


def rendered(name: str, data: Report) -> str:
    return api.formatter(name)(data, Rendering.now())


def tokens(text: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


def shape(text: str) -> Counter[str]:
    """How many of each thing a document has, its mere texts apart."""
    return Counter(token.type for token in tokens(text) if token.type not in SIGNS)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:24])
def test_every_format_keeps_its_form(name: str) -> None:
    plain_report = report()
    for hostile in (with_texts(report(), lambda text: text + name), with_texts(report(), lambda text: name)):
        texts = {each: rendered(each, hostile) for each in api.FORMATS if each != "html"}
        assert read(texts["json"], "here") == hostile
        json.loads(texts["sarif"])
        json.loads(texts["gitlab"])
        ET.fromstring(texts["junit"])
        for each in ("github", "concise"):
            assert len(texts[each].splitlines()) == len(rendered(each, plain_report).splitlines())
        assert all(re.match(r"::(?:error|warning|notice) ", line) for line in texts["github"].splitlines())
        for each in LINES:
            unsafe = {c for c in texts[each] if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"}}
            assert not unsafe, f"{each} prints {unsafe!a} as it is"
        assert not HARMFUL & shape(texts["markdown"]).keys()


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:24])
def test_a_document_has_the_same_parts_whatever_the_names(name: str) -> None:
    before, after = (
        shape(rendered("markdown", report())),
        shape(rendered("markdown", with_texts(report(), lambda text: text + name))),
    )
    assert after == before


def test_the_names_of_categories_are_texts_too() -> None:
    """They are keys of a saved report, and come from outside like everything in it."""
    name = "\x1b[31m\u202esecurity\n# no"
    before = report()
    scores = [replace(one.score, categories={**one.score.categories, name: 1.0}) for one in before.applications]
    hostile = replace(
        before, applications=tuple(replace(a, score=s) for a, s in zip(before.applications, scores, strict=True))
    )
    told = as_text(difference(before, hostile))
    for text in (rendered("text", hostile), rendered("markdown", hostile), told):
        assert "u202esecurity" in text
        assert "\x1b" not in text
        assert "\u202e" not in text


PIECES = ("`", "``", "<b>", "\\", "a", " ", "![x](http://e)", "[x](http://e)", "|", "<http://e>", "*", "_", "~~",
          "&lt;", "\n", "\r", "- ", "# ", "1. ", "1) ", "http://e", "<!--", "-->", "]", "(", ")", "\t", "=", "+ ", "> ",
          "    ",
          "===", "---", "~~~")  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_markdown_of_any_text_is_text(text: str) -> None:
    paragraph = {"paragraph_open", "paragraph_close"}
    assert shape(plain(text)).keys() <= paragraph
    assert shape(code(text)).keys() <= paragraph
    assert shape(f"# {plain(text)}").keys() == {"heading_open", "heading_close"}
    cells = shape("\n".join(table(("a", "b"), [(plain(text), code(text))])))
    assert (cells["tr_open"], cells["td_open"]) == (2, 2)
    assert not (cells.keys() & HARMFUL)


JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 10**400, -(10**400), 1e308, float("nan"), float("inf"), "", "x", "\ud800", "</script>", "\0", [],
    {}, [[]], {"a": 1}, [None], "error", "2027-01-01", 1.5, 10**17,
)  # fmt: skip


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*path, key))


def damaged(data: dict[str, Any], paths: list[tuple[str | int, ...]], chance: random.Random) -> dict[str, Any]:
    """The report with some values taken out, doubled or replaced."""
    data = copy.deepcopy(data)
    for _ in range(chance.choice([1, 1, 2, 5])):
        path, inside = chance.choice(paths), data
        try:
            for key in path[:-1]:
                inside = inside[key]  # type: ignore[index]
            if chance.random() < 0.25:
                del inside[path[-1]]  # type: ignore[arg-type]
            else:
                inside[path[-1]] = chance.choice(JUNK)  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier accident has taken it away
    return data


def test_saved_reports_that_are_damaged() -> None:
    """One is refused in words, or every format shows it."""
    data = json.loads(rendered("json", report()))
    paths, shown = list(places(data)), 0
    for seed in range(400):
        text = json.dumps(damaged(data, paths, random.Random(seed)))
        try:
            got = read(text, "report.json")
        except ReportUnreadable as error:
            assert error.message.startswith("report.json is no ")
            continue
        shown += 1
        for name in api.FORMATS if seed % 4 == 0 else ("text", "markdown", "sarif"):
            assert rendered(name, got).encode("utf-8", "backslashreplace")
    assert shown > 20


TEXTS = ("", "[]", "null", "NaN", "[" * 100_000, '{"a":' * 100_000, "9" * 5000, "\ufeff{}", '{"version": 1}',
         '{"version": 1, "findings": [{}]}', '{"schema_version": 1}',
         '{"version": 1, "findings": [{"application": 5, "rule": [], "object": null, "fingerprint": {}}]}')  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:20])
def test_texts_that_are_neither_report_nor_baseline(text: str) -> None:
    with pytest.raises(ReportUnreadable):
        read(text, "file")
    with pytest.raises(SettingsError):
        from_text(text, "file")
