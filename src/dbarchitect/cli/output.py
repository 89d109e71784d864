"""Where reports go: standard output or files, and how wide and colourful they may be."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dbarchitect import api
from dbarchitect.errors import UsageError
from dbarchitect.report.base import Rendering

if TYPE_CHECKING:
    from dbarchitect.report.document import Report

LEVELS = ("error", "warning", "info", "none")
_LOG_WIDTH = 120
_WIDEST = 140
_AT_ONCE = 1_000_000
"""Characters that are printed at once."""
_ELSEWHERE = "Name a file in a folder that is there and that you may write to."
_FOR_PEOPLE = frozenset({"text", "concise"})
_LINES = _FOR_PEOPLE | {"github"}
"""Formats that are read line by line: others may stand around them."""

Wanted = tuple[str, Path | None]
"""A format, and the file it goes to (None: standard output)."""


def wanted_formats(texts: Sequence[str]) -> tuple[Wanted, ...]:
    """The formats asked for as `F` or `F:FILE`; text where none was.

    Raises `UsageError` for what is no format, and where one would overwrite or spoil another.
    """
    wanted = tuple(_format(text) for text in texts) or (("text", None),)
    for file, formats in Counter(file.resolve() for _, file in wanted if file is not None).items():
        if formats > 1 and not _is_device(file):
            raise UsageError(f"{formats} formats go to {str(file)!r}", hint="Name a file for each.")
    printed = [name for name, file in wanted if file is None]
    whole = next((name for name in printed if name not in _LINES), None)
    if whole is not None and len(printed) > 1:
        hint = f"Write {whole} to a file: --format {whole}:FILE."
        raise UsageError(f"{' and '.join(printed)} would be mixed on standard output", hint=hint)
    return wanted


def _format(text: str) -> Wanted:
    name, _, file = text.partition(":")
    if name not in api.FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=f"Formats: {', '.join(api.FORMATS)}.")
    if text.endswith(":"):
        raise UsageError(f"--format {text} names no file", hint=f"Write --format {name}:FILE, or --format {name}.")
    return name, Path(file) if file else None


def rendering_for(color: bool | None, limit: int | None, *, details: bool, known: bool) -> Rendering:
    """How to render for this terminal or log; `color` None lets the terminal and its environment decide."""
    terminal = sys.stdout.isatty()
    if color is None:
        color = (terminal or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size().columns, _WIDEST) if terminal else _LOG_WIDTH
    encoding = (sys.stdout.encoding or "utf-8").lower()
    return replace(
        Rendering.now(),
        width=width,
        colour=color,
        unicode="utf" in encoding,
        limit=limit,
        details=details,
        known=known,
    )


def deliver(report: Report, wanted: Sequence[Wanted], rendering: Rendering) -> None:
    """Render and write every format. Raises `UsageError` for a file that cannot be written."""
    for name, file in wanted:
        pieces = api.written(name, report, rendering if file is None else replace(rendering, colour=False))
        if file is None:
            print_text(pieces, in_utf8=name not in _FOR_PEOPLE)
        else:
            write_file(file, pieces)


def print_text(pieces: Iterable[str], *, in_utf8: bool) -> None:
    """Print a report; what the output's coding lacks is shown as an escape, formats for machines are in UTF-8."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8" if in_utf8 else None, errors="backslashreplace")
    try:
        for piece in _gathered(pieces):
            click.echo(piece, nl=False, color=True)
    except BrokenPipeError:  # the audit's exit code is still the audit's
        nobody_reads()


def _gathered(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in pieces that are worth a call of the system each."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size > _AT_ONCE:
            yield "".join(waiting)
            waiting.clear()
            size = 0
    yield "".join(waiting)


def nobody_reads() -> None:
    """The reader of standard output went away (`dba audit | head`): say nothing of it, and write to nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_device(file: Path) -> bool:
    """Whether it is there and no file: a device or a pipe, which takes one text after the other."""
    return os.path.exists(file) and not os.path.isfile(file)  # noqa: PTH110, PTH113 - Path fails where it may not look


def write_file(file: Path, pieces: Iterable[str]) -> None:
    """Write a report whole or not at all; into a device or a pipe as it comes. Raises `UsageError`."""
    if _is_device(file):
        try:
            with file.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                stream.writelines(pieces)
        except OSError as error:
            raise UsageError(f"cannot write {str(file)!r}: {error.strerror}", hint=_ELSEWHERE) from None
        return
    file = file.resolve()  # through a symbolic link, which stays one
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.writelines(pieces)
        part.replace(file)
    except OSError as error:
        raise UsageError(f"cannot write {str(file)!r}: {error.strerror}", hint=_ELSEWHERE) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def fails(report: Report, fail_on: str) -> bool:
    """Whether a finding that is neither suppressed nor known from the baseline stands at or above this level."""
    if fail_on == "none":
        return False
    failing = LEVELS[: LEVELS.index(fail_on) + 1]
    return any(f.level in failing and f.suppressed is None and f.baseline != "known" for f in report.findings)
