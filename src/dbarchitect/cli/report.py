"""`dba report`: a saved JSON report in another format."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dbarchitect import api
from dbarchitect.cli import completed
from dbarchitect.cli.output import LEVELS, deliver, fails, rendering_for, wanted_formats
from dbarchitect.cli.saved import read_report


@click.command("report")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="F[:FILE]",
    shell_complete=completed.formats,
    help=f"One of {', '.join(api.FORMATS)}; repeatable; to a file with :FILE. Default: text.",
)
@click.option(
    "--fail-on", type=click.Choice(LEVELS), default="none", help="Exit with 1 from this level up. Default: none."
)
@click.option("--known", is_flag=True, help="Show known and suppressed findings too, in text and concise output.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    help="Show so many findings in text and concise output, 0 for all. Default: 0.",
)
@click.option("--color/--no-color", default=None, help="Colours on or off. Default: on in a terminal.")
def command(file: Path, formats: tuple[str, ...], fail_on: str, known: bool, limit: int, color: bool | None) -> None:
    """Turn a saved JSON report into another format.

    FILE is what `dba audit --format json:FILE` wrote, `-` for standard input. Neither the repository nor the database
    is needed.

    Exit code 0: no findings at or above --fail-on; 1: there are; 2: the report could not be read.
    """
    wanted = wanted_formats(formats)
    report = read_report(file)
    deliver(report, wanted, rendering_for(color, limit or None, details=True, known=known))
    sys.exit(1 if fails(report, fail_on) else 0)
