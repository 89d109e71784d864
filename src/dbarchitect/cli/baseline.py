"""`dba baseline`: the findings of today, written down as known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Unpack

import click

from dbarchitect import api
from dbarchitect.cli.output import print_text, write_file
from dbarchitect.cli.targets import TargetArguments, options_of, target_options
from dbarchitect.options import baseline_file
from dbarchitect.report.clean import one_line


@click.command("baseline")
@target_options
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to this file, `-` for standard output."
)
def command(output: Path | None, **said: Unpack[TargetArguments]) -> None:
    """Write today's findings down as known: only new ones are shown.

    Nor do known ones fail an audit. The file is `dbarchitect-baseline.json` in the audited folder unless the settings
    or --output name another; `dba audit` finds it there. Commit it. Written again, it loses what has been mended and
    takes in what is new.
    """
    from dbarchitect.audit.baseline import baseline_of, to_text

    options, settings = options_of(said)
    unnamed = options if options.baseline != "none" else replace(options, baseline="")
    file = output or baseline_file(said["targets"], unnamed, settings)
    audit = api.audit(said["targets"], replace(options, baseline="none"), settings=settings)
    baseline = baseline_of(audit.findings)
    count = sum(known.count for known in baseline.known.values())
    if str(file) == "-":
        print_text((to_text(baseline),), in_utf8=True)
        return
    write_file(file, (to_text(baseline),))
    click.echo(f"{count} finding{'s' if count != 1 else ''} written to {one_line(str(file))}", err=True)
