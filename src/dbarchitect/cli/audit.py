"""`dba audit`: read, judge, report."""

from __future__ import annotations

import gc
import io
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dbarchitect import api
from dbarchitect.errors import UsageError
from dbarchitect.report.base import Rendering

if TYPE_CHECKING:
    from dbarchitect.audit.model import Audit

LEVELS = ("error", "warning", "info", "none")
DEFAULT_LIMIT = 30
_LOG_WIDTH = 120
_WIDEST = 140


@click.command("audit")
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="F[:FILE]",
    help=f"One of {', '.join(api.FORMATS)}; repeatable; to a file with :FILE. Default: text.",
)
@click.option("--app", "applications", multiple=True, help="Audit only this application (name or path); repeatable.")
@click.option("--schema", "schemas", multiple=True, help="Read only this schema of a database; repeatable.")
@click.option(
    "--select", multiple=True, metavar="RULE", help="Only these rules: names, codes or beginnings of codes, ALL."
)
@click.option("--ignore", multiple=True, metavar="RULE", help="Not these rules.")
@click.option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    help="Read paths that are left out by default (tests, vendored code …).",
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave these paths out.")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Read settings from this file.")
@click.option("--fail-on", type=click.Choice(LEVELS), help="Exit with 1 from this level up. Default: warning.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=DEFAULT_LIMIT,
    show_default=True,
    help="Show so many findings in text and concise output; 0 for all.",
)
@click.option("--statement-timeout", type=click.FloatRange(min=0.1), help="Seconds a query on a database may take.")
@click.option("--color/--no-color", default=None, help="Colours on or off. Default: on in a terminal.")
@click.option("-q", "--quiet", is_flag=True, help="Findings only, no evidence or fixes.")
def command(
    targets: tuple[str, ...],
    formats: tuple[str, ...],
    applications: tuple[str, ...],
    schemas: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    config: Path | None,
    fail_on: str | None,
    limit: int,
    statement_timeout: float | None,
    color: bool | None,
    quiet: bool,
) -> None:
    """Say what is wrong and what is right, with evidence.

    TARGET is a directory (default: the one you stand in), a file, or a database: a URL, a libpq `service=name`,
    an SQLite file, or `env:NAME` for a URL in an environment variable. Several targets are read together: a
    repository and its database give one audit.

    Reading is harmless: files are only read, nothing of the repository is run, a database is read in one
    read-only transaction with time-outs, and no row of user data is looked at.

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: the target could not be audited.
    """
    wanted = tuple(_format(text) for text in formats) or (("text", None),)
    options = _options(targets, config)
    options = replace(
        options,
        applications=applications or options.applications,
        schemas=schemas or options.schemas,
        select=_listed(select) or options.select,
        ignore=(*options.ignore, *_listed(ignore)),
        include=(*options.include, *include),
        exclude=(*options.exclude, *exclude),
        fail_on=fail_on or options.fail_on,
        statement_timeout=statement_timeout or options.statement_timeout,
    )
    if options.fail_on not in LEVELS:
        raise UsageError(f"fail-on is {options.fail_on!r}", hint=f"Use one of: {', '.join(LEVELS)}.")
    _warn_of_passwords(targets)
    gc.disable()  # a short-lived process that makes many small values and hardly a cycle: a fifth of its time
    audit = api.audit(targets, options)
    rendering = _rendering(color, limit or None, details=not quiet)
    report = api.report(audit, rendering, [name for name, _ in wanted])
    for name, file in wanted:
        text = api.formatter(name)(report, rendering if file is None else replace(rendering, colour=False))
        if file is None:
            _print(text, name)
        else:
            _write(file, text)
    sys.exit(1 if _fails(audit, options.fail_on) else 0)


def _listed(words: tuple[str, ...]) -> tuple[str, ...]:
    """What was given one by one or with commas between."""
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())


def _format(text: str) -> tuple[str, Path | None]:
    name, _, file = text.partition(":")
    if name not in api.FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=f"Formats: {', '.join(api.FORMATS)}.")
    if text.endswith(":"):
        raise UsageError(f"--format {text} names no file", hint=f"Write --format {name}:FILE, or --format {name}.")
    return name, Path(file) if file else None


def _options(targets: tuple[str, ...], config: Path | None) -> api.Options:
    folder = Path(targets[0]) if targets and os.path.isdir(targets[0]) else Path()  # noqa: PTH112 - Path fails on long ones
    return api.load_options(folder, config)


def _warn_of_passwords(targets: tuple[str, ...]) -> None:
    from dbarchitect.sources.live import has_password

    if any(has_password(target) for target in targets):
        click.echo("dba: the password on the command line can be seen by every user of this machine.", err=True)
        click.echo("     Put the URL into an environment variable and say env:NAME, or use PGPASSFILE.", err=True)


def _rendering(color: bool | None, limit: int | None, *, details: bool) -> Rendering:
    terminal = sys.stdout.isatty()
    if color is None:
        color = (terminal or bool(os.environ.get("FORCE_COLOR"))) and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size().columns, _WIDEST) if terminal else _LOG_WIDTH
    encoding = (sys.stdout.encoding or "utf-8").lower()
    return replace(Rendering.now(), width=width, colour=color, unicode="utf" in encoding, limit=limit, details=details)


def _print(text: str, name: str) -> None:
    """Print a report; what the output's coding lacks is shown as an escape, JSON is always in UTF-8."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8" if name == "json" else None, errors="backslashreplace")
    click.echo(text, nl=False, color=True)


def _write(file: Path, text: str) -> None:
    """Write a report whole or not at all; into a device or a pipe as it comes."""
    if file.exists() and not file.is_file():
        try:
            with file.open("w", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(text)
        except OSError as error:
            raise UsageError(f"cannot write {str(file)!r}: {error.strerror}") from None
        return
    file = file.resolve()  # through a symbolic link, which stays one
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(text, encoding="utf-8", errors="backslashreplace")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"cannot write {str(file)!r}: {error.strerror}") from None


def _fails(audit: Audit, fail_on: str) -> bool:
    if fail_on == "none":
        return False
    failing = LEVELS[: LEVELS.index(fail_on) + 1]
    return any(item.level.value in failing for item in audit.findings)
