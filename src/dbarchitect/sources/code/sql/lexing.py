"""From the text of an application to text that a parser of SQL accepts: parameters and holes become identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from dbarchitect.sources.code.sql.shapes import Hole

UNSEEN = 9_999_999
"""The number of a hole that the caller did not tell of: `{where}` in a text that is a template still."""


class Sort(Enum):
    """What a token is; an OPERAND is a name, a constant, or something else that stands for a value."""

    WORD = auto()
    OPERAND = auto()
    PARAMETER = auto()
    OPERATOR = auto()
    MARK = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token, where it stands in the text, and what is put there; `word` is a bare word in lower case."""

    sort: Sort
    text: str
    start: int
    end: int
    word: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """The identifiers that stand for parameters and holes in one text: a prefix that the text does not have."""

    prefix: str

    def parameter(self) -> str:
        """What stands for a parameter."""
        return f"{self.prefix}p_"

    def hole(self, number: int) -> str:
        """What stands for a hole."""
        return f"{self.prefix}h{number}_"

    def operator(self) -> str:
        """What marks an operator that is not known."""
        return f"{self.prefix}o_"

    def unknown_operator(self) -> str:
        """An operator that parses in the place of one that does not."""
        return f" = {self.operator()} * "

    def has_hole(self, text: str) -> bool:
        """Whether a name or a constant holds a hole."""
        return f"{self.prefix}h" in text

    def has_any(self, text: str) -> bool:
        """Whether a name or constant is or holds something from outside."""
        return self.prefix in text

    def numbers(self, text: str) -> list[int]:
        """The numbers of the holes in a text, in order."""
        return [int(found) for found in re.findall(rf"{self.prefix}h(\d+)_", text)]


def joined(parts: str | Sequence[str | Hole]) -> tuple[str, Marks, tuple[Hole, ...]]:
    """The text with an identifier in each hole's place, and the holes in order."""
    if isinstance(parts, str):
        parts = (parts,)
    whole = "".join(part for part in parts if isinstance(part, str))
    prefix = "dba_"
    while prefix in whole.lower():
        prefix = prefix[:-1] + "x_"
    marks, pieces = Marks(prefix), list[str]()
    holes: list[Hole] = []
    for part in parts:
        if isinstance(part, Hole):
            pieces.append(marks.hole(len(holes)))
            holes.append(part)
        else:
            pieces.append(part)
    return "".join(pieces), marks, tuple(holes)


_COMMON = r"""
 (?P<space>\s+|--[^\n]*|/\*.*?(?:\*/|\Z){hash})
|(?P<string>(?:[eE]'[^'\\]*(?:(?:''|\\.)[^'\\]*)*'|(?:[nNbBxX]|[uU]&)?{single}))
|(?P<quoted>{double}|`[^`]*`)
|(?P<dollar>\$(?:[^\W\d]\w*)?\$)
|(?P<number>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?=\W|\Z)|\.\d+)
|(?P<word>[^\W\d][\w$]*|\d\w*)
|(?P<format>%\(\w+\)[sbtd]|%[sbt](?!\w))
|(?P<foreign><<=|>>=|<<\||\|>>|@\?|<<?%(?!\(|[sbt](?!\w))|%>>?|<\#>|<\+>|<~>|~=)
|(?P<fixed>::|:=|<=>|@@@?|@>|<@|->>|->|\#>>|\#>|\#-|\?\||\?&|&&|\|\||!~~?\*?|~~?\*|[<>!]=|<>)
|(?P<named>\$\d+|\$\w+|:\w+|@\w+|\?\d+)
|(?P<question>\?)
|(?P<brace>\{\{\s*[\w.]+(?:::\w+)?\s*\}\}|\{[\w.!:\[\]]*\})
|(?P<percent>%%)
|(?P<operator>[-+*/<>=~!@\#%^&|:])
|(?P<mark>.)
"""
_STANDARD = {"single": r"'[^']*(?:''[^']*)*'", "double": r'"[^"]*(?:""[^"]*)*"', "hash": ""}
_BACKSLASH = {
    "single": r"'[^'\\]*(?:(?:''|\\.)[^'\\]*)*'",
    "double": r'"[^"\\]*(?:(?:""|\\.)[^"\\]*)*"',
    "hash": r"|\#[^\n>-][^\n]*",
}


def _compiled(quoting: dict[str, str]) -> re.Pattern[str]:
    text = _COMMON
    for name, pattern in quoting.items():
        text = text.replace("{" + name + "}", pattern)
    return re.compile(text, re.VERBOSE | re.DOTALL)


_TOKENS = {"mysql": _compiled(_BACKSLASH)}
_TOKENS_OF_MOST = _compiled(_STANDARD)

# fmt: off
BEFORE_OPERAND = frozenset({
    "against", "all", "and", "any", "as", "between", "binary", "by", "case", "cast", "collate", "conflict",
    "constraint", "delete", "distinct", "div", "do", "else", "escape", "except", "exists", "extract", "fetch",
    "filter", "first", "for", "from", "glob", "having", "ignore", "ilike", "in", "insert", "intersect", "interval",
    "into", "is", "join", "lateral", "like", "limit", "match", "mod", "next", "not", "of", "offset", "on", "only",
    "or", "over", "partition", "recursive", "references", "regexp", "replace", "returning", "rlike", "select",
    "set", "similar", "some", "table", "tablesample", "then", "to", "union", "update", "using", "value", "values",
    "when", "where", "with", "xor", "zone",
})
# fmt: on
"""The keywords after which an operand, a name or a list is expected."""


def tokens(text: str, engine: str, marks: Marks) -> Iterator[Token]:
    """The tokens of a text, comments left out and parameters replaced."""
    pattern = _TOKENS.get(engine, _TOKENS_OF_MOST)
    at, length = 0, len(text)
    before: Token | None = None
    unclosed: set[str] = set()
    while at < length:
        found = pattern.match(text, at)
        if found is None:
            return
        end, kind, piece = found.end(), found.lastgroup, found[0]
        if kind == "space":
            at = end
            continue
        if kind == "dollar":
            close = -1 if piece in unclosed else text.find(piece, end)
            if close < 0:
                unclosed.add(piece)
                token = Token(Sort.MARK, piece, at, end)
            else:
                end = close + len(piece)
                token = Token(Sort.OPERAND, text[at:end], at, end)
        else:
            token = _token(str(kind), piece, at, before, marks)
        yield token
        before, at = token, end


def _token(kind: str, piece: str, at: int, before: Token | None, marks: Marks) -> Token:
    end = at + len(piece)
    match kind:
        case "word":
            return Token(Sort.WORD, piece, at, end, piece.lower())
        case "string" | "quoted" | "number":
            return Token(Sort.OPERAND, piece, at, end)
        case "format":
            return Token(Sort.PARAMETER, marks.parameter(), at, end)
        case "named" if piece[0] != ":" or before is None or before.text not in {"[", ":"}:
            return Token(Sort.PARAMETER, marks.parameter(), at, end)
        case "question" if not is_operand(before):
            return Token(Sort.PARAMETER, marks.parameter(), at, end)
        case "foreign":  # operators that sqlglot does not know
            return Token(Sort.OPERATOR, marks.unknown_operator(), at, end)
        case "brace":  # a template that is filled in elsewhere
            return Token(Sort.WORD, marks.hole(UNSEEN), at, end, marks.hole(UNSEEN))
        case "percent":
            return Token(Sort.OPERATOR, "%", at, end)
        case "fixed" | "operator" | "named" | "question":
            return Token(Sort.OPERATOR, piece, at, end)
        case _:
            return Token(Sort.MARK, piece, at, end)


def is_operand(token: Token | None) -> bool:
    """Whether a token ends an operand, so that an operator or a new clause must follow."""
    if token is None:
        return False
    if token.sort is Sort.WORD:
        return token.word not in BEFORE_OPERAND
    return token.sort in {Sort.OPERAND, Sort.PARAMETER} or token.text in {")", "]"}


def statements(listed: Iterator[Token]) -> Iterator[list[Token]]:
    """The tokens of each statement; a routine's or trigger's body is not cut at its semicolons."""
    current: list[Token] = []
    for token in listed:
        if token.text == ";" and not _is_routine(current):
            if current:
                yield current
            current = []
        else:
            current.append(token)
    if current:
        yield current


def _is_routine(listed: list[Token]) -> bool:
    if not listed or listed[0].word != "create":
        return False
    return any(token.word in {"trigger", "function", "procedure"} for token in listed[1:6])
