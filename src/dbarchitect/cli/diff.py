"""`dba diff`: what changed between two saved reports."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dbarchitect.cli.output import LEVELS, print_text
from dbarchitect.cli.saved import read_report


@click.command("diff")
@click.argument("before", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("after", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", help="How to print it. Default: text."
)
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default="warning",
    help="Exit with 1 from this level up, of findings that are new or became so bad. Default: warning.",
)
def command(before: Path, after: Path, format_: str, fail_on: str) -> None:
    """Say what changed between two saved JSON reports.

    BEFORE and AFTER are what `dba audit --format json:FILE` wrote. Findings are the same when their fingerprint is,
    wherever they stand in the files by now.

    Exit code 0: nothing at or above --fail-on is new or became so bad; 1: something; 2: a report could not be read.
    """
    from dbarchitect.report.comparison import as_json, as_text, difference

    found = difference(read_report(before), read_report(after))
    print_text((as_json(found) if format_ == "json" else as_text(found),), in_utf8=format_ == "json")
    worst = [LEVELS.index(item.level) for item in (*found.new, *found.changed)]
    sys.exit(1 if fail_on != "none" and any(level <= LEVELS.index(fail_on) for level in worst) else 0)
