"""A rule's manual page, Markdown, as HTML: no raw HTML, no images, links to the web only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from dbarchitect.report.clean import one_line

_ADDRESS = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]]")
_FIRST_HEADING = 4
_LAST_HEADING = 6
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def html_of(manual: str) -> Markup:
    """The manual without its first line, which is the title. Headings start at the fourth level of the page."""
    body = "\n".join(one_line(line) for line in manual.split("\n")[1:])
    tokens = _MARKDOWN.parse(body)
    top = min((int(token.tag[1]) for token in tokens if token.type == "heading_open"), default=1)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) - top + _FIRST_HEADING, _LAST_HEADING)}"
        elif token.type == "inline":
            token.children = list(_linked(token.children or []))
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704 - the renderer escapes


def _linked(tokens: list[Token]) -> Iterator[Token]:
    """Bare addresses become links; other links lead to the web or are plain text."""
    inside = 0
    refused = 0
    for token in tokens:
        if token.type == "link_open":
            if not str(token.attrGet("href") or "").startswith(("https://", "http://")):
                refused += 1
                continue
            inside += 1
            token.attrSet("rel", "noreferrer")
        elif token.type == "link_close":
            if refused:
                refused -= 1
                continue
            inside -= 1
        elif token.type == "text" and not inside:
            yield from _split(token.content)
            continue
        yield token


def _split(text: str) -> Iterator[Token]:
    rest = 0
    for match in _ADDRESS.finditer(text):
        yield Token("text", "", 0, content=text[rest : match.start()])
        yield Token("link_open", "a", 1, attrs={"href": match.group(), "rel": "noreferrer"})
        yield Token("text", "", 0, content=match.group())
        yield Token("link_close", "a", -1)
        rest = match.end()
    yield Token("text", "", 0, content=text[rest:])
