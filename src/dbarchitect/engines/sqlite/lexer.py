"""SQLite's SQL as tokens with their places, and what can be told from tokens alone: folding and splitting.

SQLite accepts more than any general SQL parser does (names in four kinds of quotes, any words as a type), but its
lexical rules are few and documented, so that no input is refused here: an unterminated string ends with the text.
Source: https://www.sqlite.org/src/file/src/tokenize.c, https://www.sqlite.org/lang_keywords.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?)
  | (?P<blob>[xX]'[0-9a-fA-F]*')
  | (?P<string>'[^']*(?:''[^']*)*'?)
  | (?P<quoted>"[^"]*(?:""[^"]*)*"?|`[^`]*(?:``[^`]*)*`?|\[[^\]]*\]?)
  | (?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<word>[A-Za-z_\u0080-\U0010ffff][\w$\u0080-\U0010ffff]*)
  | (?P<operator>\|\||<<|>>|<=|>=|<>|!=|==|->>|->|[?@:\#$]\w+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class TokenKind(StrEnum):
    """The lexical classes that matter to a reader of DDL."""

    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    BLOB = "blob"
    NUMBER = "number"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` as written, `upper` for comparing keywords (empty for what is quoted), its span."""

    kind: TokenKind
    text: str
    upper: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """The identifier or the string's content that this token stands for, quotes removed."""
        return unquote(self.text)

    @property
    def complete(self) -> bool:
        """False for a string or quoted name that the end of the text cuts off."""
        if self.kind not in {TokenKind.STRING, TokenKind.QUOTED}:
            return True
        close = "]" if self.text[0] == "[" else self.text[0]
        inner = self.text[1:]
        return inner.endswith(close) and (close == "]" or inner.count(close) % 2 == 1)


def unquote(text: str) -> str:
    """A name or string without its quotes, doubled quotes inside made single; unquoted text stays."""
    if not text or text[0] not in "'\"`[":
        return text
    close = "]" if text[0] == "[" else text[0]
    inner = text[1:-1] if len(text) > 1 and text.endswith(close) else text[1:]
    return inner if close == "]" else inner.replace(close * 2, close)


def tokenize(sql: str, start: int = 0, end: int | None = None) -> list[Token]:
    """All tokens of a text but white space and comments."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(sql, start, len(sql) if end is None else end):
        kind = match.lastgroup
        if kind == "space" or kind is None:
            continue
        text = match.group()
        upper = text.upper() if kind in {"word", "operator"} else ""
        tokens.append(Token(TokenKind(kind), text, upper, match.start(), match.end()))
    return tokens


def fold(sql: str) -> str:
    """The same SQL without comments and with white space folded to single blanks; quoted text stays as it is."""
    parts: list[str] = []
    blank = False
    for match in _TOKEN.finditer(sql):
        if match.lastgroup == "space":
            blank = bool(parts)
            continue
        if blank:
            parts.append(" ")
        parts.append(match.group())
        blank = False
    return "".join(parts)


def split(sql: str) -> Iterator[tuple[int, int]]:
    """The spans of the statements of a script, without their semicolons; a trigger's body is not cut.

    As SQLite's own shell does it: `CREATE TRIGGER` ends with `; END ;`, everything else with the next semicolon.
    """
    start: int | None = None
    end = 0
    head: list[str] = []
    last = before_last = ""
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind == "space":
            continue
        text = match.group()
        if text == ";" and (not _is_trigger(head) or (last == "END" and before_last == ";")):
            if start is not None:
                yield start, end
            start, head, last, before_last = None, [], "", ""
            continue
        if start is None:
            start = match.start()
        end = match.end()
        if kind in {"word", "operator"}:
            text = text.upper()
        if len(head) < 4:
            head.append(text)
        before_last, last = last, text
    if start is not None:
        yield start, end


def _is_trigger(head: list[str]) -> bool:
    return head[:1] == ["CREATE"] and "TRIGGER" in head[1:3]
