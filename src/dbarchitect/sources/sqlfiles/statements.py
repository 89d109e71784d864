"""Cuts a script of PostgreSQL into statements by looking at bytes only: quotes, comments, dollar quotes, COPY data.

Data statements are passed over at the speed of a regular expression and never parsed, so that a dump of hundreds of
megabytes costs no more than reading it.
Source: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LARGEST_STATEMENT = 1_000_000
"""Bytes: a longer statement was not written by a person, and parsing it could take long."""

_BLANK = rb"\s++|--[^\n]*+|/\*(?:[^*/]++|\*(?!/)|/(?!\*)|/\*(?:[^*]++|\*(?!/))*+\*/)*+\*/"
_SPACE = re.compile(rb"(?:" + _BLANK + rb")*+")
_BODY = re.compile(
    rb"""(?:
        [^'"$;/\-\\]++
      | (?<=[^\w$"][eE])'(?:[^'\\]++|\\.|'')*+'
      | (?<=^[eE])'(?:[^'\\]++|\\.|'')*+'
      | '(?:[^']++|'')*+'
      | "[^"]*+"
      | (?<![\w$])(?P<tag>\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*+)?+\$)(?:[^$]++|(?!(?P=tag))\$)*+(?P=tag)
      | --[^\n]*+
      | /\*(?:[^*/]++|\*(?!/)|/(?!\*)|/\*(?:[^*]++|\*(?!/))*+\*/)*+\*/
      | [$/\-\\]
    )*+""",
    re.VERBOSE | re.DOTALL,
)
_COPY = re.compile(rb"COPY\b[^;]*?\bFROM\s+stdin\b", re.IGNORECASE | re.DOTALL)
_END_OF_COPY = re.compile(rb"^\\\.\r?$", re.MULTILINE)
_ATOMIC = re.compile(rb"\bBEGIN\s+ATOMIC\b", re.IGNORECASE)
_ENDS = re.compile(rb"\bEND\s*\Z", re.IGNORECASE)
_ROUTINE = re.compile(rb"CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b", re.IGNORECASE)
_RULE = re.compile(rb"CREATE\s+(?:OR\s+REPLACE\s+)?RULE\b", re.IGNORECASE)
_NEXT = re.compile(rb";[ \t]*\r?\n|\n[ \t]*(?=(?:CREATE|ALTER|DROP|COMMENT|INSERT)\s)", re.IGNORECASE)

# What changes rows, sessions or the server, and never the schema.
_DATA = re.compile(
    rb"(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|END|ABORT|ANALYZE"
    rb"|VACUUM|LOCK|REINDEX|CLUSTER|CHECKPOINT|NOTIFY|LISTEN|UNLISTEN|DISCARD|RESET|SHOW|EXPLAIN|DECLARE|FETCH|CLOSE|MOVE"
    rb"|PREPARE|EXECUTE|DEALLOCATE|LOAD|VALUES|WITH|TABLE|CALL|REFRESH|USE|GO|PRAGMA|REVOKE|REASSIGN|SECURITY)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A statement without its semicolon, as offsets of bytes; `problem` is set when it cannot be read."""

    start: int
    end: int
    problem: str | None = None


def split(data: bytes, start: int = 0, stop: int | None = None) -> Iterator[Span]:
    """The statements of a part of a file that may change the schema; everything else is passed over."""
    at, stop = start, len(data) if stop is None else stop
    while True:
        at = _skip_blank(data, at, stop)
        if at >= stop:
            return
        if data[at : at + 1] == b"\\":  # a command of psql
            at = _line_end(data, at, stop)
            continue
        end = _statement_end(data, at, stop)
        if end < stop and data[end : end + 1] not in {b";"}:  # a quote that does not end
            following = _NEXT.search(data, end + 1, stop)
            yield Span(end, end + 1, f"the text in quotes that begins here does not end: {_head(data, end)}")
            at = following.end() if following else stop
            continue
        if data[at:end].strip() and not _DATA.match(data, at):
            if end - at > LARGEST_STATEMENT:
                yield Span(at, end, f"a statement of {(end - at) / 1e6:.1f} MB was not read: {_head(data, at)}")
            else:
                yield Span(at, end)
        if _COPY.match(data, at, end):
            closing = _END_OF_COPY.search(data, end, stop)
            end = closing.end() if closing else stop
        at = end + 1


def _skip_blank(data: bytes, at: int, stop: int) -> int:
    match = _SPACE.match(data, at, stop)
    return match.end() if match else at


def _line_end(data: bytes, at: int, stop: int) -> int:
    found = data.find(b"\n", at, stop)
    return stop if found < 0 else found + 1


def _head(data: bytes, at: int) -> str:
    return repr(data[at : at + 40].decode("utf-8", "replace").split("\n", maxsplit=1)[0])


def _statement_end(data: bytes, at: int, stop: int) -> int:
    """Where the statement's semicolon is; inside BEGIN ATOMIC … END and the parentheses of a rule they do not count."""
    match = _BODY.match(data, at, stop)
    end = match.end() if match else at
    if _ROUTINE.match(data, at) and _ATOMIC.search(data, at, end):
        while data[end : end + 1] == b";" and not _ENDS.search(data, at, end):
            further = _BODY.match(data, end + 1, stop)
            end = further.end() if further else stop
    elif _RULE.match(data, at):
        while data[end : end + 1] == b";" and data.count(b"(", at, end) > data.count(b")", at, end):
            further = _BODY.match(data, end + 1, stop)
            end = further.end() if further else stop
    return end
