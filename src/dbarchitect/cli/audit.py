"""`dba audit`: read, judge, report."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from typing import Unpack

import click

from dbarchitect import api
from dbarchitect.cli import completed
from dbarchitect.cli.output import LEVELS, deliver, fails, rendering_for, wanted_formats
from dbarchitect.cli.targets import TargetArguments, checked_level, options_of, target_options
from dbarchitect.errors import UsageError

DEFAULT_LIMIT = 30


@click.command("audit")
@target_options
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="F[:FILE]",
    shell_complete=completed.formats,
    help=f"One of {', '.join(api.FORMATS)}; repeatable; to a file with :FILE. Default: text.",
)
@click.option("--fail-on", type=click.Choice(LEVELS), help="Exit with 1 from this level up. Default: warning.")
@click.option("--since", metavar="REF", help="Show only what was added since work on top of this git revision began.")
@click.option("--baseline", metavar="FILE", help="Take the known findings from this file; `none` for none.")
@click.option("--known", is_flag=True, help="Show known and suppressed findings too, in text and concise output.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=DEFAULT_LIMIT,
    help=f"Show so many findings in text and concise output, 0 for all. Default: {DEFAULT_LIMIT}.",
)
@click.option("--color/--no-color", default=None, help="Colours on or off. Default: on in a terminal.")
@click.option("-q", "--quiet", is_flag=True, help="No evidence, fixes or strengths.")
def command(
    formats: tuple[str, ...],
    fail_on: str | None,
    since: str | None,
    baseline: str | None,
    known: bool,
    limit: int,
    color: bool | None,
    quiet: bool,
    **said: Unpack[TargetArguments],
) -> None:
    """Say what is wrong and what is right, with evidence.

    TARGET is a directory (default: the one you stand in), a file, or a database: a URL, a libpq `service=name`,
    an SQLite file, or `env:NAME` for a URL in an environment variable. Several targets are read together: a
    repository and its database give one audit.

    Reading is harmless: files are only read, nothing of the repository is run, a database is read in
    read-only transactions with time-outs, and no row of user data is looked at (the migration tool's own list is).

    Findings that a baseline or the revision of --since knows, and those that are suppressed with a reason, are
    counted but neither shown nor failed on.

    Exit code 0: no findings at or above --fail-on; 1: there are; 2: a target could not be audited.
    """
    from dbarchitect.sources.keeping import beside

    wanted = wanted_formats(formats)
    options, settings = options_of(said)
    if baseline is not None and since is not None:
        raise UsageError("--baseline and --since are two things to compare with", hint="Give one of them.")
    if baseline is not None:
        options, settings = replace(options, baseline=baseline), None if baseline != "none" else settings
    level = checked_level(fail_on or options.fail_on, LEVELS)
    options = replace(options, fail_on=level)
    gc.disable()  # a short-lived process that makes many small values and hardly a cycle: a fifth of its time
    rendering = rendering_for(color, limit or None, details=not quiet, known=known)
    with beside():
        shown = [name for name, _ in wanted]
        report = api.audited(said["targets"], options, rendering, shown, since=since, settings=settings)
        deliver(report, wanted, rendering)
    gc.freeze()  # nor does the end of the process look through all of them once more
    sys.exit(1 if fails(report, level) else 0)
