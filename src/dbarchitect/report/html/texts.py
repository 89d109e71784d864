"""Texts for a page: what comes from a database or a repository is shown, never obeyed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from markupsafe import Markup, escape

from dbarchitect.report.clean import one_line

_CODE = re.compile("`([^`]+)`")


def shown(value: object) -> str:
    """What an expression of a template puts out: on one line, control and direction-changing characters as escapes.

    Markup is ours and stays as it is.
    """
    if isinstance(value, Markup):
        return value
    text = str(value)
    return text if text.isascii() and text.isprintable() else one_line(text)


def code(text: str) -> Markup:
    """A text whose lines matter, as the content of `<pre>`; other control characters are shown as escapes."""
    return escape("\n".join(one_line(line).replace("\\t", "    ") for line in text.split("\n")))


def prose(text: str) -> Markup:
    """A sentence of the report: what stands between backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(one_line(text)))))  # noqa: S704 - escaped first


def address(text: str) -> str:
    """The text, as it is shown, for the query of an address."""
    return quote(one_line(text), safe="")


def statements(texts: Iterable[str]) -> Markup:
    """SQL statements below each other, each with its semicolon."""
    ended = (text.rstrip() for text in texts)
    return code("\n".join(text if text.endswith(";") else f"{text};" for text in ended))


def shortened(text: str, width: int) -> str:
    """The text on one line in at most `width` columns, wide characters two; an ellipsis for what is cut off."""
    clean = one_line(text)
    if columns(clean) <= width:
        return clean
    used = 0
    for position, character in enumerate(clean):
        used += columns(character)
        if used > width - 1:
            return clean[:position] + "…"
    return clean


def columns(text: str) -> int:
    """How many columns of a fixed-width font a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def size(number: int) -> str:
    """Bytes as people write them: `512 bytes`, `3.4 MiB`."""
    value = float(number)
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{number} bytes"
