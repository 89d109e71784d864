"""A statement's text without the values in it: rows, passwords and secrets never leave the file."""

from __future__ import annotations

import re

_VALUE = re.compile(
    r"""(?P<keep>"(?:[^"]++|"")*"|--[^\n]*|/\*.*?(?:\*/|\Z)|[A-Za-z_\u0080-\U0010ffff][\w$]*(?!')|\$\d+)
      | [eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)
      | (?:[A-Za-z]|[uU]&)?'(?:[^']|'')*(?:'|\Z)
      | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?:(?P=tag)|\Z)
      | (?<![\w.])\d[\w.]*""",
    re.VERBOSE | re.DOTALL,
)
_ROWS = re.compile(r"\b(?:VALUES|SELECT|WITH|DEFAULT\s+VALUES|OVERRIDING|TABLE)\b", re.IGNORECASE)


def masked(statement: str) -> str:
    """The statement with `?` in the place of every constant, and without comments."""
    return _VALUE.sub(lambda match: "?" if match["keep"] is None else _without_comment(match["keep"]), statement)


def without_comments(statement: str) -> str:
    """The statement as written, but for its comments."""
    return _VALUE.sub(lambda match: _without_comment(match[0]), statement)


def _without_comment(kept: str) -> str:
    return " " if kept.startswith(("--", "/*")) else kept


def without_rows(insert: str) -> str:
    """An INSERT up to where its rows begin."""
    text = masked(insert[:2000])
    rows = _ROWS.search(text)
    return text[: rows.end()] + " …" if rows is not None else text
