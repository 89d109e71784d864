"""Reads saved JSON reports for the commands that work on them."""

from __future__ import annotations

import sys
from pathlib import Path

from dbarchitect.errors import ReportUnreadable
from dbarchitect.report.document import Report
from dbarchitect.report.json import read


def read_report(file: Path) -> Report:
    """The report in a file, or on standard input for `-`. Raises `ReportUnreadable`."""
    hint = "Make one with `dba audit --format json:FILE`."
    name = "standard input" if str(file) == "-" else str(file)
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ReportUnreadable(f"cannot read {name!r}: {error.strerror}", hint=hint) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ReportUnreadable(f"{name} is no report: it is not UTF-8", hint=hint) from None
    return read(text, name)
