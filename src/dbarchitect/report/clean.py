"""Names and texts from a database or a repository are hostile: make them safe for a line of a terminal or a log."""

from __future__ import annotations

import unicodedata


def one_line(text: str) -> str:
    """The text on one line, control and direction-changing characters shown as escapes."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\n\r\t" or unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs"}:
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character
