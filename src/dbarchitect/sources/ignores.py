"""Suppressions that stand as comments beside what they silence: `dba: ignore[rule, until=2027-01-31] reason`.

The comment is written in the file's own syntax (`#`, `--`, `//`, `/* */`, `{# #}`), behind the declaration or query, or
on lines of its own above it. The reason is part of it: without one nothing is silenced, and the audit says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.suppression import Suppression
from dbarchitect.sources.consulted import note_sought
from dbarchitect.sources.discover import Project, SourceFile

_MENTION = re.compile(rb"dba:\s*ignore")
_COMMENT = re.compile(r"(?:\{?#|--|//|/\*|<!--)\s*dba:\s*ignore\b(?P<rest>.*)")
_REST = re.compile(r"\[(?P<inside>[^\]]*)\]\s*+:?\s*+(?P<reason>(?:.*?\S)??)\s*+(?:(?:\*/|-->|#\})\s*+)?\Z")
_UNTIL = re.compile(r"until\s*=\s*(?P<day>\S+)\Z")
_STARTS_COMMENT = ("#", "--", "//", "/*", "*", "<!--", "{#")
_OPENS = ("(", "[", "{")
_PYTHON = (".py", ".pyi")
_HOW = "write `dba: ignore[rule] reason`"


Peek = Callable[[SourceFile], bytes | None]
"""Gives the content of a file, None where it cannot be read: maybe of one that somebody has read already."""


def ignores_of(
    project: Project, paths: Iterable[str], peek: Peek = SourceFile.peek
) -> tuple[tuple[Suppression, ...], tuple[Diagnostic, ...]]:
    """The suppressions in these files, and what was meant as one and is none."""
    found: list[Suppression] = []
    problems: list[Diagnostic] = []
    files = {path: file for path in paths if (file := project.get(path)) is not None}
    held = [path for path, file in files.items() if _MENTION.search(peek(file) or b"")]
    note_sought(_MENTION, files, held)
    for path in held:
        lines = _lines(files[path])
        below = _declared_below(lines, path) if lines else []
        for number, line in enumerate(lines or (), start=1):
            match = _COMMENT.search(line)
            if match is None:
                continue
            origin = Origin(path, number, match.start() + 1, number, len(line) + 1)
            read = _read(match["rest"])
            if isinstance(read, str):
                problems.append(Diagnostic(origin, read))
                continue
            rules, reason, until = read
            before = line[: match.start()].strip()
            last = (below[number - 1] or number) if not before else number
            if path.endswith(_PYTHON):
                last = _opened(lines or (), last, before)
            found.append(Suppression(rules, reason, until, path=path, first_line=number, last_line=last, origin=origin))
    return tuple(found), tuple(problems)


def _lines(file: SourceFile) -> list[str] | None:
    try:
        return file.text().split("\n")
    except (OSError, UnicodeDecodeError):
        return None  # its reader has said so


def _read(rest: str) -> tuple[tuple[str, ...], str, date | None] | str:
    """The rules, the reason and the day; or what is wrong."""
    match = _REST.match(rest)
    if match is None:
        return f"this suppresses nothing: {_HOW}"
    rules: list[str] = []
    until: date | None = None
    for part in (part.strip() for part in match["inside"].split(",")):
        day = _UNTIL.match(part)
        if day is None:
            if "=" in part:
                return f"this suppresses nothing: {part!r} is neither a rule nor until=2027-01-31"
            rules += [part] if part else []
            continue
        try:
            until = date.fromisoformat(day["day"])
        except ValueError:
            return f"this suppresses nothing: {day['day']!r} is no date, write until=2027-01-31"
    if not rules:
        return f"this suppresses nothing, it names no rule: {_HOW}"
    if not match["reason"]:
        return f"this suppresses nothing, it gives no reason: {_HOW}"
    return tuple(rules), match["reason"], until


def _declared_below(lines: Sequence[str], path: str) -> list[int]:
    """For each line, that of what a comment on it stands above (0: nothing follows); Python's decorators belong to
    what they decorate."""
    decorated = path.endswith(_PYTHON)
    found = [0] * len(lines)
    below = 0
    for number in range(len(lines), 0, -1):
        found[number - 1] = below
        text = lines[number - 1].strip()
        if text and not text.startswith(_STARTS_COMMENT) and not (decorated and text.startswith("@")):
            below = number
    return found


def _opened(lines: Sequence[str], last: int, before: str) -> int:
    """The line where a Python statement goes on that does no more than open a bracket: `found = (`, `return f(`.

    `before` is what stands before the comment on its own line, where it is not the last one already.
    """
    text = before or lines[last - 1]
    while text.rstrip().endswith(_OPENS) and last < len(lines):
        text = lines[last]
        last += 1
    return last
