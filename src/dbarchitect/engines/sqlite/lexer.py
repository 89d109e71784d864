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

# For cutting scripts of any size: possessive, so that many megabytes are passed at the speed of the expression.
_BLANK = re.compile(r"(?:\s++|--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?+)*+")
_PIECE_TEXT = (
    r"""(?:[^'"`\[;/\-]++|'(?:[^']++|'')*+'|"[^"]*+"|`[^`]*+`|\[[^\]]*+\]"""
    r"""|--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?+|[/\-])*+"""
)
_PIECE = re.compile(_PIECE_TEXT)
_INSERTS = re.compile(r"(?:INSERT\s" + _PIECE_TEXT + r";\s*+)++", re.IGNORECASE)
_TRIGGER = re.compile(r"CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?TRIGGER\b", re.IGNORECASE)
_END = re.compile(r"END\s*", re.IGNORECASE)


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


def split(sql: str, start: int = 0, stop: int | None = None, *, inserts: bool = True) -> Iterator[tuple[int, int]]:
    """The spans of the statements of a script, without their semicolons; a trigger's body is not cut.

    With `inserts` False, INSERT statements that end are passed over, many at a time.

    As SQLite's own shell does it: `CREATE TRIGGER` ends with `; END ;`, everything else with the next semicolon. A
    quote that does not end takes the rest of the text with it.
    """
    stop = len(sql) if stop is None else stop
    at = _skip_blank(sql, start, stop)
    while at < stop:
        passed = None if inserts else _INSERTS.match(sql, at, stop)
        if passed is not None:
            at = _skip_blank(sql, passed.end(), stop)
            continue
        end = _end_of_piece(sql, at, stop)
        if _TRIGGER.match(sql, at, stop):
            piece = at
            while end < stop and not (piece > at and _END.fullmatch(sql, piece, end)):
                piece = _skip_blank(sql, end + 1, stop)
                end = _end_of_piece(sql, piece, stop)
        if end > at:
            yield at, end
        at = _skip_blank(sql, end + 1, stop)


def _skip_blank(sql: str, at: int, stop: int) -> int:
    match = _BLANK.match(sql, at, stop)
    return match.end() if match is not None else at


def _end_of_piece(sql: str, at: int, stop: int) -> int:
    match = _PIECE.match(sql, at, stop)
    end = match.end() if match is not None else at
    return end if end >= stop or sql[end] == ";" else stop
