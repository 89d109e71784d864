"""The page for those who see little, use keys only, or listen: by axe-core, and by what it does not look at."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from support.reports import report

Opened = Callable[..., Any]
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
ALL = "for (const one of document.querySelectorAll('.choice')) one.classList.add('chosen')"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_axe_finds_nothing(opened: Opened, scheme: str, width: int) -> None:
    page = opened(report(), color_scheme=scheme, viewport={"width": width, "height": 900})
    page.get_by_role("button", name="Unfold all").click()
    page.locator(".rule .fold").first.click()
    page.evaluate(ALL)
    found = Axe().run(page, options=WCAG)
    assert found.violations_count == 0, found.generate_report()


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2 of `rgb(r, g, b)`."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_ink_is_legible_on_its_ground(opened: Opened, scheme: str) -> None:
    """Also in the diagram, which axe does not measure."""
    page = opened(report(), color_scheme=scheme)
    pairs = {
        ink: ("ground", "raised", f"{ink}-ground")
        if ink in {"error", "warning", "info", "good"}
        else ("ground", "raised")
        for ink in ("ink", "quiet", "accent", "error", "warning", "info", "good")
    }
    pairs["ink"] = ("ground", "raised", "error-ground", "warning-ground", "info-ground", "good-ground")
    pairs["on-accent"] = ("accent",)

    script = "name => { document.body.style.color = `var(--${name})`; return getComputedStyle(document.body).color; }"

    def colour(name: str) -> float:
        return luminance(page.evaluate(script, name))

    for ink, grounds in pairs.items():
        for ground in grounds:
            high, low = sorted((colour(ink), colour(ground)), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)
    for ground in ("ground", "raised"):  # lines that carry meaning
        high, low = sorted((colour("strong-line"), colour(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 3, ground


def test_headings_go_down_one_by_one(opened: Opened) -> None:
    page = opened(report())
    levels = [
        int(tag[1]) for tag in page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => h.tagName)")
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_first_stop_skips_to_the_report(opened: Opened) -> None:
    page = opened(report())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_tab_key_visits_what_is_seen_in_its_order_and_shows_where_it_is(opened: Opened) -> None:
    page = opened(report())
    stops = []
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const node = document.activeElement;
              if (node === document.body) return null;
              const style = getComputedStyle(node);
              const rim = node.querySelector?.(".rim");
              const shown = style.outlineStyle !== "none" || (rim && getComputedStyle(rim).strokeWidth === "4px");
              const all = [...document.querySelectorAll("*")];
              const label = node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent;
              return { place: all.indexOf(node), shown: Boolean(shown), name: label.trim(),
                       what: node.outerHTML.slice(0, 120) };
            }"""
        )
        if stop is None:
            break
        stops.append(stop)
    else:
        pytest.fail("the tab key does not come to an end")
    places = [stop["place"] for stop in stops]
    assert places == sorted(places)
    assert all(stop["shown"] for stop in stops), [stop["what"] for stop in stops if not stop["shown"]]
    assert all(stop["name"] for stop in stops), [stop["what"] for stop in stops if not stop["name"]]


def test_landmarks_and_spoken_counts(opened: Opened) -> None:
    page = opened(report())
    for role, count in (("main", 1), ("banner", 1), ("contentinfo", 1), ("search", 1)):
        assert page.get_by_role(role).count() == count, role
    assert page.get_by_role("navigation", name="Contents").count() == 1
    assert page.locator("#shown").get_attribute("aria-live") == "polite"
    assert page.locator("html").get_attribute("lang") == "en"
    picture = page.locator(".er").first
    for name in (picture.get_attribute("aria-labelledby") or "").split():
        assert page.locator(f"#{name}").text_content()
    assert page.locator(".references li").count() == 3
