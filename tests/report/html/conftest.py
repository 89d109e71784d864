"""A real browser, started once; the tests skip where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report
from dbarchitect.report.html import render

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; nothing is downloaded for it."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("there is no Chromium here: python3 dev.py setup --install-system")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a report as a file, as its reader does. Nothing may be asked of a network, nothing may be logged."""
    contexts: list[Any] = []
    asked: list[str] = []
    logged: list[str] = []

    def open_(report: Report, address: str = "", **settings: Any) -> Any:
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(render(report, Rendering.now()), encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda message: logged.append(message.text))
        page.on("pageerror", lambda error: logged.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.add_init_script("window.executed = []; window.sentinel = (...args) => window.executed.push(args);")
        page.goto(file.as_uri() + address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not logged
    assert all(url.startswith("file:") and ".html" in url for url in asked), asked
