"""Puts the tokens of one statement together so that it parses, and tells what its holes leave unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dbarchitect.sources.code.sql.lexing import BEFORE_OPERAND, Marks, Sort, Token, is_operand

_CLAUSES = {
    "select": "columns",
    "returning": "columns",
    "from": "table",
    "join": "table",
    "using": "table",
    "update": "table",
    "table": "table",
    "into": "into",
    "where": "where",
    "on": "where",
    "having": "where",
    "group": "group",
    "order": "order by",
    "limit": "limit",
    "offset": "limit",
    "fetch": "limit",
    "set": "set",
    "values": "values",
}
_UNKNOWN = {
    "columns": ("columns",),
    "into": ("columns",),
    "table": ("where",),
    "where": ("where",),
    "group": ("where",),
    "set": ("where",),
    "order by": ("order by",),
    "limit": (),
    "values": ("text",),
    "": ("text",),
}
_COMPARISONS = frozenset(
    {"=", "==", "<", ">", "<=", ">=", "<>", "!=", "like", "ilike", "in", "is", "between", "glob", "regexp"}
)
_CONSTANT_TYPES = frozenset({"date", "time", "timestamp", "timestamptz"})
"""Words that a string must follow; in `DATE :day` the driver puts one there."""
_TERMS = frozenset({"where", "and", "or", "on", "having", "not"})


@dataclass(slots=True)
class Woven:
    """A statement for the parser; `dynamic` are the parts that the holes left out of it stand for."""

    text: str = ""
    dynamic: list[str] = field(default_factory=list)


def weave(listed: list[Token], marks: Marks, engine: str) -> Woven:
    """The text of one statement, with each hole as an identifier where a value or name belongs, else left out.

    A hole that follows an operand (`FROM orders {where}`, `ORDER BY id {direction}`) is a piece of SQL: it is left
    out, and said to be unknown. One between two operands is an operator.
    """
    weaver = _Weaver(marks, engine)
    split = [piece for token in listed for piece in _split(token, marks)]
    for number, token in enumerate(split):
        weaver.take(token, split[number + 1] if number + 1 < len(split) else None)
    return Woven("".join(weaver.pieces), weaver.dynamic)


def _split(token: Token, marks: Marks) -> list[Token]:
    """`users{where}` and `{join}WHERE` are two words each; `users_{year}` is one name."""
    if token.sort is not Sort.WORD or not marks.has_hole(token.text):
        return [token]
    hole = rf"(?:{marks.prefix}h\d+_)+"
    found = re.fullmatch(rf"(.*?[^_\W]|\d+)({hole})", token.text)
    if found is None or marks.has_hole(found[1]):
        found = re.fullmatch(rf"({hole})([^\W\d]+)", token.text)
        if found is None or found[2].lower() not in BEFORE_OPERAND | _OTHERS:
            return [token]
    cut = token.start + found.start(2)
    return [
        Token(Sort.WORD, found[1], token.start, cut, found[1].lower()),
        Token(Sort.WORD, found[2], cut, token.end, found[2].lower()),
    ]


class _Weaver:
    def __init__(self, marks: Marks, engine: str) -> None:
        self.marks = marks
        self.engine = engine
        self.pieces: list[str] = []
        self.dynamic: list[str] = []
        self.clause = ""
        self.outer: list[str] = []
        self.before: Token | None = None
        self.earlier = ""
        self.compared = False
        self.pure = re.compile(rf"(?:{marks.prefix}h\d+_)+")

    def take(self, token: Token, following: Token | None) -> None:
        """Add one token."""
        if token.sort is Sort.WORD and self.pure.fullmatch(token.text):
            self._hole(token, following)
            return
        if token.sort is Sort.PARAMETER:
            self._put(token, self._value(token.text, following))
            return
        if token.text in _COMPARISONS or token.word in _COMPARISONS:
            self.compared = True
        elif token.text == "(" or token.word in _TERMS:
            self.compared = False
        if token.text == "(":
            self.outer.append(self.clause)
        elif token.text == ")" and self.outer:
            self.clause = self.outer.pop()
        elif token.word in _CLAUSES and not (self.before is not None and self.before.text == "."):
            self._enter(token.word)
        self._put(token, token.text)

    def _enter(self, word: str) -> None:
        before = self.before.word if self.before is not None else ""
        if word == "update" and before in {"do", "key", "for"}:
            return
        if word == "from" and before == "distinct":
            return
        if word == "on" and self.clause == "values":
            return
        self.clause = _CLAUSES[word]

    def _put(self, token: Token, text: str) -> None:
        apart = self.before is not None and self.before.end < token.start
        changed = text != token.text or (self.pieces and self.pieces[-1][-1:] == " ")
        if self.pieces and (apart or changed or _runs_together(self.pieces[-1], text)):
            self.pieces.append(" ")
        self.pieces.append(text)
        self.earlier = self.before.word if self.before is not None else ""
        self.before = token

    def _value(self, name: str, following: Token | None) -> str:
        word = self.before.word if self.before is not None else ""
        if word in {"in", "values"}:
            return f"({name})"
        if self.before is not None and self.before.text == "(" and self.earlier == "against":
            return "?"  # where sqlglot takes nothing else
        with_unit = self.engine == "mysql" and following is not None and following.sort is Sort.WORD
        if word in _CONSTANT_TYPES or (word == "interval" and not with_unit):
            return f"'{name}'"
        return name

    def _hole(self, token: Token, following: Token | None) -> None:
        if not is_operand(self.before) and not (self.before is None and following is not None):
            self._put(token, self._value(token.text, following))
            return
        if self.clause == "where" and not self.compared and _begins_operand(following):
            self._put(token, self.marks.unknown_operator())
            self.before = Token(Sort.OPERATOR, "*", token.start, token.end)
            return
        unknown: tuple[str, ...] = _UNKNOWN[self.clause]
        if self.clause == "table" and following is not None and following.word == "where":
            unknown = ("table",)
        if following is None and self.clause not in {"limit", "values", "into", ""}:
            unknown = (*unknown, "order by", "limit")
        self.dynamic.extend(unknown)


def _begins_operand(token: Token | None) -> bool:
    """Whether a token can be the right side of a comparison."""
    if token is None:
        return False
    if token.sort is Sort.WORD:
        return token.word not in BEFORE_OPERAND and token.word not in _OTHERS
    return token.sort in {Sort.OPERAND, Sort.PARAMETER} or token.text == "("


_OTHERS = frozenset(
    {"order", "group", "end", "asc", "desc", "natural", "inner", "left", "right", "full", "cross", "window"}
)


def _runs_together(left: str, right: str) -> bool:
    return bool(left and right) and (left[-1].isalnum() or left[-1] == "_") and (right[0].isalnum() or right[0] == "_")
