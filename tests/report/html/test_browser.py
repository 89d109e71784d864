"""The page in a real browser: filters, keys, themes, paper, and nobody's name is ever run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from support.reports import report, table, with_texts

from dbarchitect import api
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import ObjectName, Report

ROOT = Path(__file__).parents[3]
Opened = Callable[..., Any]
SCRIPTS = "\"'></script><script>sentinel(1)</script><img src=x onerror=sentinel(2)><svg onload=sentinel(3)>\u202e\n"


def visible(page: Any) -> list[str]:
    """The numbers of the findings that are shown."""
    return [
        card.locator(".priority").inner_text() for card in page.locator("#list > .finding").all() if card.is_visible()
    ]


def audited(targets: list[str]) -> Report:
    """The report of an audit of these folders of the project."""
    return api.report(api.audit([str(ROOT / target) for target in targets]), Rendering.now(), ["html"])


def wide() -> Report:
    """Enough tables for a diagram larger than its frame."""
    return report(*(table(f"wide_{n}", references=(f"wide_{n // 3}",) if n else ()) for n in range(60)))


def test_filters_count_and_keep_their_state_in_the_address(opened: Opened) -> None:
    page = opened(report())
    assert visible(page) == ["1", "2", "3", "4"]
    page.get_by_role("checkbox", name="warning").check()
    assert visible(page) == ["2", "4"]
    assert page.locator("#shown").inner_text() == "2 of 4 findings"
    assert page.url.endswith("#findings?level=warning")
    page.get_by_label("Table", exact=True).select_option("t-orders")
    assert visible(page) == ["4"]
    assert page.locator("[data-count=error]").inner_text() == "0"
    page.get_by_label("Search", exact=True).fill("nowhere to be found")
    page.locator("#nothing").wait_for(state="visible")
    page.get_by_role("button", name="Clear filters").click()
    assert visible(page) == ["1", "2", "3", "4"]
    assert page.url.endswith("#findings")
    for name, value, expected in (
        ("Category", "security", ["1"]),
        ("Phase", "later", ["3"]),
        ("Rule", "money-as-float", ["2", "4"]),
    ):
        page.get_by_label(name, exact=True).select_option(value)
        assert visible(page) == expected
        page.get_by_role("button", name="Clear filters").click()


def test_an_address_brings_the_filters_back(opened: Opened) -> None:
    page = opened(report(), "#findings?level=error%2Cinfo&q=number")
    assert visible(page) == ["1", "3"]
    assert page.get_by_role("checkbox", name="error").is_checked()
    assert page.get_by_label("Search", exact=True).input_value() == "number"
    page.locator(".contents a", has_text="Plan").click()
    page.go_back()
    expect(page.locator("#shown")).to_have_text("2 of 4 findings")
    assert visible(page) == ["1", "3"]


def test_a_finding_has_an_address_that_unfolds_it_in_spite_of_filters(opened: Opened) -> None:
    page = opened(report(), "#findings?level=error")
    card = page.locator("#f-0000000000000003")
    assert not card.is_visible()
    page.locator("#plan a", has_text="3").first.click()
    expect(card.locator(".fold-body")).to_be_visible()
    expect(card.locator(".fold")).to_be_focused()


def test_findings_unfold_by_keyboard(opened: Opened) -> None:
    page = opened(report())
    body = page.locator("#f-0000000000000002-body")
    assert not body.is_visible()
    button = page.locator("#f-0000000000000002 .fold")
    button.focus()
    page.keyboard.press("Enter")
    assert body.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    page.get_by_role("button", name="Unfold all").click()
    assert page.locator("#f-0000000000000003-body").is_visible()
    page.get_by_role("button", name="Fold all").click()
    assert not body.is_visible()


def test_statements_are_copied_as_they_are(opened: Opened) -> None:
    page = opened(report(), "#f-0000000000000002", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#f-0000000000000002").get_by_role("button", name="Copy Up").click()
    page.locator("#f-0000000000000002 .copy", has_text="Copied").wait_for()
    assert (
        page.evaluate("navigator.clipboard.readText()") == "ALTER TABLE payment\n  ALTER amount TYPE numeric;\nANALYZE;"
    )


def test_one_table_is_shown_at_a_time(opened: Opened) -> None:
    page = opened(report())
    assert not page.locator("#t-orders").is_visible()
    page.locator("#tables .grid a", has_text="orders").click()
    expect(page.locator("#t-orders")).to_be_visible()
    page.locator("#t-orders a", has_text="customer").first.click()
    expect(page.locator("#t-customer")).to_be_visible()
    assert not page.locator("#t-orders").is_visible()
    page.locator("#t-customer a", has_text="In the diagram").click()
    assert page.evaluate("document.activeElement.dataset.table") == "t-customer"
    page.get_by_label("Find a table").fill("pay")
    rows = [row.inner_text() for row in page.locator("#app-1-tables tbody th").all() if row.is_visible()]
    assert rows == ["payment"]


def test_the_list_of_tables_is_sorted_by_a_column(opened: Opened) -> None:
    page = opened(report())
    names = page.locator("#app-1-tables tbody th")
    page.get_by_role("button", name="Score").click()
    assert names.all_inner_texts()[0] == "payment"
    assert (
        page.locator("#tables").get_by_role("columnheader", name="Score", exact=True).get_attribute("aria-sort")
        == "ascending"
    )
    page.get_by_role("button", name="Rows").click()
    page.get_by_role("button", name="Rows").click()
    assert page.get_by_role("columnheader", name="Rows", exact=True).get_attribute("aria-sort") == "descending"
    assert names.all_inner_texts()[0] == "customer"  # the only one whose rows are known
    page.get_by_role("button", name="Worst").click()
    assert names.all_inner_texts()[:2] == ["payment", "orders"]


def test_the_diagram_obeys_keys_and_its_boxes_lead_to_tables(opened: Opened) -> None:
    page = opened(wide(), "#diagram")
    canvas = page.locator(".canvas").first

    def width() -> float:
        return float(page.locator(".er").first.evaluate("node => node.getBoundingClientRect().width"))

    canvas.focus()
    page.keyboard.press("0")
    fit = width()
    assert page.locator(".er.far text.sign").first.is_visible()
    assert not page.locator(".er text.row").first.is_visible()
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert width() > fit * 1.4
    page.keyboard.press("-")
    assert width() < fit * 1.4
    for _ in range(8):
        page.keyboard.press("+")
    start = canvas.evaluate("node => [node.scrollLeft, node.scrollTop]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    moved = canvas.evaluate("node => [node.scrollLeft, node.scrollTop]")
    assert moved[0] > start[0]
    assert moved[1] > start[1]
    page.keyboard.press("0")
    assert abs(width() - fit) < 1
    page.get_by_role("button", name="Zoom in").click()
    assert width() > fit
    page.get_by_role("button", name="Fit").click()
    assert abs(width() - fit) < 1
    canvas.focus()
    page.keyboard.press("Tab")
    box = page.evaluate("document.activeElement.dataset.table")
    assert page.locator(".lines .hot").count() or box == "t-note"
    page.keyboard.press("Enter")
    expect(page.locator(f"#{box}")).to_be_visible()


def test_the_diagram_is_moved_by_dragging_without_following_a_link(opened: Opened) -> None:
    page = opened(wide(), "#diagram")
    canvas = page.locator(".canvas").first
    for _ in range(5):
        page.get_by_role("button", name="Zoom in").click()
    canvas.evaluate("node => node.scrollTo(200, 100)")
    at = page.locator(".canvas").first.bounding_box()
    page.mouse.move(at["x"] + 300, at["y"] + 200)
    page.mouse.down()
    page.mouse.move(at["x"] + 200, at["y"] + 150, steps=5)
    page.mouse.up()
    assert canvas.evaluate("node => [node.scrollLeft, node.scrollTop]") == [300, 150]
    assert page.url.endswith("#diagram")


def test_many_diagrams_are_shown_one_by_one(opened: Opened) -> None:
    page = opened(report(*(table(f"{area}_{n}") for area in ("a", "b") for n in range(110))))
    assert [d.is_visible() for d in page.locator(".drawing").all()] == [True, False, False, False]
    page.locator(".drawings a", has_text="b 110").click()
    expect(page.locator("#diagram-1-2")).to_be_visible()
    assert [d.is_visible() for d in page.locator(".drawing").all()] == [False, False, True, False]
    assert page.locator("#diagram-1-2 .box").count() == 110


def colours(page: Any) -> tuple[str, str]:
    ground, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    return ground, ink


def test_light_and_dark_follow_the_system_until_one_is_chosen(opened: Opened) -> None:
    light = opened(report(), color_scheme="light")
    dark = opened(report(), color_scheme="dark")
    assert colours(light) != colours(dark)
    light.get_by_role("button", name="Dark theme").click()
    assert colours(light) == colours(dark)
    light.reload()
    assert colours(light) == colours(dark)
    light.get_by_role("button", name="Light theme").click()
    assert colours(light) != colours(dark)


def test_everything_is_on_paper(opened: Opened) -> None:
    page = opened(report())
    page.emulate_media(media="print")
    for place in (".finding .fold-body", ".rule .fold-body", ".table", ".drawing", ".references li"):
        items = page.locator(place).all()
        assert items
        assert all(item.is_visible() for item in items), place
    for place in (".filters", ".contents", ".zoom", ".copy", "#theme", ".skip"):
        assert not any(item.is_visible() for item in page.locator(place).all()), place
    assert len(page.pdf()) > 10_000


def test_everything_is_there_without_javascript(opened: Opened) -> None:
    page = opened(report(), java_script_enabled=False)
    for place in (".finding .fold-body", ".rule .fold-body", ".table", ".drawing"):
        items = page.locator(place).all()
        assert items
        assert all(item.is_visible() for item in items), place
    for place in (".filters", ".zoom", "#theme"):
        assert not page.locator(place).first.is_visible(), place


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_nothing_is_wider_than_the_window(opened: Opened, width: int) -> None:
    page = opened(with_texts(report(), lambda text: text + "n" * 480), viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Unfold all").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page = opened(report(), "#t-orders", viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_query_s_long_name_breaks_beside_its_arrow_on_a_telephone(opened: Opened) -> None:
    query = ObjectName("query", None, "journal_entry", (), "journal/management/commands/remind.py:Command.handle")
    given = report()
    given = replace(given, findings=tuple(replace(item, object=query) for item in given.findings))
    page = opened(given, "#findings", viewport={"width": 360, "height": 800})
    fold = page.locator("#list .finding .fold").first
    name = fold.locator(".object").bounding_box()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert fold.bounding_box()["y"] + fold.bounding_box()["height"] - name["y"] - name["height"] < 4, "the arrow below"
    fold.click()
    copy = page.locator("#list .copy").first
    assert copy.bounding_box()["height"] < 32, "its word is broken"


def test_hostile_names_run_nothing(opened: Opened) -> None:
    made = with_texts(report(), lambda text: text + SCRIPTS)
    page = opened(made)
    assert page.evaluate("executed") == []
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    assert visible(page) == ["1", "2", "3", "4"]
    page.get_by_role("button", name="Unfold all").click()
    for select in page.locator("#filters select").all():
        select.select_option(index=1)
        assert page.locator("#shown").inner_text() != "0 of 4 findings"
        assert visible(page)
        page.get_by_role("button", name="Clear filters").click()
    page.locator("#tables .grid a").first.click()
    page.locator(".box").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy Up").first.click()
    page.wait_for_timeout(200)
    assert page.evaluate("executed") == []


@pytest.mark.parametrize(
    "address", ["#", "#%E0%A4%A", "#findings?%zz", '#"><script>sentinel()</script>', "#nowhere", "#main"]
)
def test_strange_addresses_do_no_harm(opened: Opened, address: str) -> None:
    page = opened(report(), address)
    assert visible(page) == ["1", "2", "3", "4"]
    assert page.evaluate("executed") == []


def test_an_empty_report_opens(opened: Opened) -> None:
    made = report()
    page = opened(replace(made, applications=(), findings=(), strengths=(), rules=()))
    assert "No application" in page.locator("h1").inner_text()


def test_a_real_audit_opens(opened: Opened) -> None:
    """The example, from its models to the page."""
    made = audited(["examples/cibozer"])
    page = opened(made, "#diagram")
    assert page.locator(".box").count() == len(made.applications[0].tables)
    page.get_by_role("button", name="Unfold all").click()
    assert len(visible(page)) == len(made.findings)
