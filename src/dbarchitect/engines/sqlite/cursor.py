"""A reading position in a list of tokens: the small moves that a reader of DDL is made of."""

from __future__ import annotations

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.engines.sqlite.lexer import Token, TokenKind, fold, tokenize

_NAMES = frozenset({TokenKind.WORD, TokenKind.QUOTED, TokenKind.STRING})


class UnexpectedToken(Exception):  # noqa: N818 - never leaves the reader: it becomes a problem of the definition
    """The text does not go on as the grammar would have it; `start` is the place, `wanted` what was looked for."""

    def __init__(self, start: int, found: str, wanted: str) -> None:
        super().__init__(f"expected {wanted}, found {found!r}" if found else f"expected {wanted}, found the end")
        self.start = start


class Cursor:
    """A position in the tokens of one statement."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = tokenize(sql)
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether all tokens were taken."""
        return self.at >= len(self.tokens)

    @property
    def start(self) -> int:
        """The offset of the next token, or of the end of the text."""
        return len(self.sql) if self.done else self.tokens[self.at].start

    @property
    def last_end(self) -> int:
        """The offset after the token taken last."""
        return self.tokens[self.at - 1].end if self.at else 0

    def peek(self, ahead: int = 0) -> str:
        """The keyword or operator that comes, in upper case; empty for anything quoted and at the end."""
        place = self.at + ahead
        return self.tokens[place].upper if place < len(self.tokens) else ""

    def looks_at(self, *words: str) -> bool:
        """Whether exactly these keywords come next."""
        return all(self.peek(i) == word for i, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        """Take these keywords if they come next."""
        if not self.looks_at(*words):
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Take these keywords, or raise `UnexpectedToken`."""
        if not self.accept(*words):
            raise self.unexpected(" ".join(words))

    def unexpected(self, wanted: str) -> UnexpectedToken:
        """The exception for what stands here."""
        return UnexpectedToken(self.start, "" if self.done else self.tokens[self.at].text[:40], wanted)

    def take(self) -> Token:
        """The next token, whatever it is."""
        if self.done:
            raise self.unexpected("more")
        self.at += 1
        return self.tokens[self.at - 1]

    def is_name(self) -> bool:
        """Whether something that can be a name comes next."""
        return not self.done and self.tokens[self.at].kind in _NAMES

    def is_number(self) -> bool:
        """Whether a number comes next."""
        return not self.done and self.tokens[self.at].kind is TokenKind.NUMBER

    def name(self) -> str:
        """Take a name: bare, or in any of the four kinds of quotes."""
        if not self.is_name():
            raise self.unexpected("a name")
        return self.take().name

    def qualified_name(self) -> tuple[str | None, str]:
        """Take `name` or `schema.name`; the schema `main` is None."""
        first = self.name()
        if not self.accept("."):
            return None, first
        return (None if first.lower() == "main" else first), self.name()

    def names(self) -> tuple[str, ...]:
        """Take a list of names in parentheses."""
        self.expect("(")
        names = [self.name()]
        while self.accept(","):
            names.append(self.name())
        self.expect(")")
        return tuple(names)

    def parenthesised(self) -> str:
        """Take a balanced pair of parentheses; the text between them."""
        self.expect("(")
        opened = self.last_end
        self.skip_until(")")
        closed = self.start
        self.expect(")")
        return self.sql[opened:closed].strip()

    def skip_until(self, *stops: str) -> None:
        """Go forward to one of these operators outside any parentheses opened on the way, or to the end."""
        depth = 0
        while not self.done:
            here = self.peek()
            if depth == 0 and here in stops:
                return
            if here == "(":
                depth += 1
            elif here == ")":
                if depth == 0:
                    return
                depth -= 1
            self.at += 1

    def expression(self) -> Expression:
        """Take an expression in parentheses."""
        return expression(fold(self.parenthesised()))
