"""The DDL inside DO blocks: what stands there in plain text, and constant strings that are executed.

Migrations wrap statements in blocks to run them only where they fit (`exception when duplicate_object`, `if not
exists (select …)`). Replayed with the same tolerance, each statement does what the block would do on an empty database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbarchitect.sources.sqlfiles.statements import pieces
from dbarchitect.sources.sqlfiles.tree import parse, string

_DDL = re.compile(
    rb"(?:\A|\b(?:BEGIN|THEN|ELSE|LOOP)\b)\s*((?:CREATE|ALTER|DROP|COMMENT|GRANT)\s+[A-Z])", re.IGNORECASE
)
_EXECUTE = re.compile(rb"(?:\A|\b(?:BEGIN|THEN|ELSE|LOOP)\b)\s*EXECUTE\s+", re.IGNORECASE)
_CONSTANT = re.compile(rb"(?:[eE]?'(?:[^']++|'')*'|(\$\w*\$).*?\1)\s*\Z", re.DOTALL)
_COMMENTS = re.compile(rb"--[^\n]*+|/\*.*?\*/|(?P<unclosed>/\*.*+)", re.DOTALL)
_ROWS = re.compile(rb"\b(?:INSERT\s+INTO|UPDATE\s+[\w\".]+\s+SET|DELETE\s+FROM|TRUNCATE)\b", re.IGNORECASE)
_CREATES = re.compile(rb"\b(?:CREATE|ALTER|DROP)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """What a block does to the schema: statements and problems, each with its offset in the body.

    `changes_rows` is set where it works on rows too.
    """

    statements: tuple[tuple[int, bytes], ...]
    problems: tuple[tuple[int, str], ...]
    changes_rows: bool = False


def read_block(body: bytes) -> Block:
    """Find the DDL in the body of a block."""
    found: list[tuple[int, bytes]] = []
    problems: list[tuple[int, str]] = []
    for start, end in pieces(body):
        piece = _COMMENTS.sub(lambda match: match["unclosed"] or b" " * len(match[0]), body[start:end])
        executed, plain = _EXECUTE.search(piece), _DDL.search(piece)
        if executed is not None and (plain is None or executed.start() < plain.start()):
            argument = piece[executed.end() :]
            constant = _CONSTANT.fullmatch(argument.strip())
            if constant is not None:
                sql = _constant(argument.strip())
                found.append((start + executed.end(), sql))
            elif _CREATES.search(argument):
                problems.append((start + executed.start(), "runs SQL that it puts together: not followed"))
        elif plain is not None:
            found.append((start + plain.start(1), body[start + plain.start(1) : end]))
    return Block(tuple(found), tuple(problems), _ROWS.search(body) is not None)


def _constant(spelled: bytes) -> bytes:
    if spelled.startswith(b"$"):
        tag = spelled[: spelled.index(b"$", 1) + 1]
        return spelled[len(tag) : -len(tag)]
    root = parse(b"SELECT " + spelled)
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "Sconst":
            return (string(node) or "").encode()
        stack.extend(node.children)
    return b""
