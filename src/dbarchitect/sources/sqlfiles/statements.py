"""Cuts a script of PostgreSQL into statements by looking at bytes only: quotes, comments, dollar quotes, COPY data.

Data statements are passed over at the speed of a regular expression and never parsed, so that a dump of hundreds of
megabytes costs no more than reading it.
Source: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LARGEST_STATEMENT = 1_000_000
"""Bytes: a longer statement was not written by a person, and parsing it could take long."""

_MOST_UNENDED = 20
"""Quotes and comments that do not end: beyond them a file is no SQL, and each is looked for to the end of the file."""

_BLANK = rb"\s++|--[^\n]*+|/\*(?:[^*/]++|\*(?!/)|/(?!\*)|/\*(?:[^*]++|\*(?!/))*+\*/)*+\*/"
_SPACE = re.compile(rb"(?:" + _BLANK + rb")*+")
_QUOTED = rb"""(?:
        [^'"$;/\-\\]++
      | (?<=[^\w$"][eE])'(?:[^'\\]++|\\.|'')*+'
      | (?<=^[eE])'(?:[^'\\]++|\\.|'')*+'
      | '(?:[^']++|'')*+'
      | "[^"]*+"
      | --[^\n]*+
      | /\*(?:[^*/]++|\*(?!/)|/(?!\*)|/\*(?:[^*]++|\*(?!/))*+\*/)*+\*/
      | /(?!\*)
      | [\-\\]
    )*+"""
_BODY = re.compile(_QUOTED, re.VERBOSE | re.DOTALL)
_INSERTS = re.compile(rb"(?:INSERT\s" + _QUOTED + rb";\s*+)++", re.VERBOSE | re.DOTALL | re.IGNORECASE)
_INSERT_HEAD = re.compile(rb"""INSERT\s+INTO\s+(?:"(?:[^"]++|"")++"|[\w$.]++)++(?=[\s(])""", re.IGNORECASE)
_DOLLAR_QUOTE = re.compile(rb"(?<![\w$])\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$")
_COPY = re.compile(rb"COPY\b[^;]*?\bFROM\s+stdin\b", re.IGNORECASE | re.DOTALL)
_ATOMIC = re.compile(rb"\bBEGIN\s+ATOMIC\b", re.IGNORECASE)
_END = re.compile(rb"\s*END\s*", re.IGNORECASE)
_ROUTINE = re.compile(rb"CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b", re.IGNORECASE)
_RULE = re.compile(rb"CREATE\s+(?:OR\s+REPLACE\s+)?RULE\b", re.IGNORECASE)
_NEXT = re.compile(rb";[ \t]*\r?\n|\n[ \t]*(?=(?:CREATE|ALTER|DROP|COMMENT|INSERT)\s)", re.IGNORECASE)

# What changes rows, sessions or the server, and never the schema.
_DATA = re.compile(
    rb"(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|END|ABORT|ANALYZE"
    rb"|VACUUM|LOCK|REINDEX|CLUSTER|CHECKPOINT|NOTIFY|LISTEN|UNLISTEN|DISCARD|RESET|SHOW|EXPLAIN|DECLARE|FETCH|CLOSE|MOVE"
    rb"|PREPARE|EXECUTE|DEALLOCATE|LOAD|VALUES|WITH|TABLE|CALL|REFRESH|USE|GO|PRAGMA|REASSIGN|SECURITY)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A statement without its semicolon, as offsets of bytes; `problem` is set when it cannot be read."""

    start: int
    end: int
    problem: str | None = None


def split(data: bytes, start: int = 0, stop: int | None = None, *, rows: bool = False) -> Iterator[Span]:
    """The statements of a part of a file that may change the schema; everything else is passed over.

    With `rows` the statements on rows, sessions and the server come too, cut short where they are very long; of INSERTs
    into one table that follow one another the first.
    """
    at, stop = start, len(data) if stop is None else stop
    unended = 0
    while True:
        at = _skip_blank(data, at, stop)
        if at >= stop:
            return
        if data[at : at + 1] == b"\\":  # a command of psql
            at = _line_end(data, at, stop)
            continue
        inserts = _INSERTS.match(data, at, stop) if not rows else None
        if inserts is not None:
            at = inserts.end()
            continue
        end = _statement_end(data, at, stop)
        if end < stop and data[end : end + 1] != b";":  # a quote or a comment that does not end
            unended += 1
            following = _NEXT.search(data, end + 1, stop) if unended < _MOST_UNENDED else None
            what = "comment" if data[end : end + 2] == b"/*" else "text in quotes"
            rest = ", and nothing behind it was read" if following is None else ""
            yield Span(end, end + 1, f"the {what} that begins here does not end{rest}: {_head(data, end)}")
            at = following.end() if following else stop
            continue
        if rows and _DATA.match(data, at):
            yield Span(at, min(end, at + LARGEST_STATEMENT))
            head = _INSERT_HEAD.match(data, at, end)
            alike = _inserts_like(head[0]) if head is not None else None
            run = alike.match(data, at, stop) if alike is not None else None
            if run is not None:
                at = run.end()
                continue
        elif data[at:end].strip() and not _DATA.match(data, at):
            if end - at > LARGEST_STATEMENT:
                yield Span(at, end, f"a statement of {(end - at) / 1e6:.1f} MB was not read: {_head(data, at)}")
            else:
                yield Span(at, end)
        if _COPY.match(data, at, end):
            closing = data.find(b"\n\\.", end, stop)
            end = closing + 2 if closing >= 0 else stop
        at = end + 1


@lru_cache(maxsize=64)
def _inserts_like(head: bytes) -> re.Pattern[bytes]:
    """INSERTs that begin with the same words, one after the other."""
    return re.compile(rb"(?:" + re.escape(head) + rb"(?=[\s(])" + _QUOTED + rb";\s*+)++", re.VERBOSE | re.DOTALL)


def is_data(statement: bytes) -> bool:
    """Whether a statement changes rows, sessions or the server, and never the schema."""
    return _DATA.match(statement) is not None


def pieces(body: bytes) -> Iterator[tuple[int, int]]:
    """Everything between semicolons, in a body of statements whatever they are."""
    at = unended = 0
    while (at := _skip_blank(body, at, len(body))) < len(body):
        end = _piece_end(body, at, len(body)) if unended < _MOST_UNENDED else len(body)
        unended += body[end : end + 1] not in {b"", b";"}
        if end > at:
            yield at, end
        at = end + 1


def _skip_blank(data: bytes, at: int, stop: int) -> int:
    match = _SPACE.match(data, at, stop)
    return match.end() if match else at


def _line_end(data: bytes, at: int, stop: int) -> int:
    found = data.find(b"\n", at, stop)
    return stop if found < 0 else found + 1


def _head(data: bytes, at: int) -> str:
    return repr(data[at : at + 40].decode("utf-8", "replace").split("\n", maxsplit=1)[0])


def _piece_end(data: bytes, at: int, stop: int) -> int:
    """Where the next semicolon outside quotes is, or `stop`, or the beginning of a quote that does not end."""
    while True:
        match = _BODY.match(data, at, stop)
        at = match.end() if match else at
        if data[at : at + 1] != b"$" or at >= stop:
            return at
        tag = _DOLLAR_QUOTE.match(data, at, stop)
        if tag is None:
            at += 1
            continue
        closing = data.find(tag.group(), tag.end(), stop)
        if closing < 0:
            return at
        at = closing + len(tag.group())


def _statement_end(data: bytes, at: int, stop: int) -> int:
    """Where the statement's semicolon is; inside BEGIN ATOMIC … END and the parentheses of a rule they do not count."""
    end = _piece_end(data, at, stop)
    if _ROUTINE.match(data, at) and _ATOMIC.search(data, at, end):
        piece = at
        while data[end : end + 1] == b";" and not _END.fullmatch(data, piece, end):
            piece = end + 1
            end = _piece_end(data, piece, stop)
    elif _RULE.match(data, at):
        while data[end : end + 1] == b";" and data.count(b"(", at, end) > data.count(b")", at, end):
            end = _piece_end(data, end + 1, stop)
    return end
