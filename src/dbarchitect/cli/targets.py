"""The arguments and options that say what is audited: the same for every command that audits."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypedDict, TypeVar

import click

from dbarchitect.cli import completed
from dbarchitect.errors import UsageError
from dbarchitect.options import Options, find_options

_Command = TypeVar("_Command", bound=Callable[..., object])


class TargetArguments(TypedDict):
    """What the command line said, by the names of its options."""

    targets: tuple[str, ...]
    applications: tuple[str, ...]
    schemas: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    config: Path | None
    load: bool
    statement_timeout: float | None


_DECORATORS = (
    click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=completed.targets),
    click.option(
        "--app",
        "applications",
        multiple=True,
        metavar="NAME",
        help="Audit only this application (name or path); repeatable.",
    ),
    click.option(
        "--schema", "schemas", multiple=True, metavar="NAME", help="Read only this schema of a database; repeatable."
    ),
    click.option(
        "--select",
        multiple=True,
        metavar="RULE",
        shell_complete=completed.rules,
        help="Only these rules: names, codes, beginnings of codes (IDX), or ALL; repeatable.",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="RULE",
        shell_complete=completed.rules,
        help="Not these rules, named as for --select; repeatable.",
    ),
    click.option(
        "--include",
        multiple=True,
        metavar="PATTERN",
        help="Read paths that are left out by default (tests, vendored code …); repeatable.",
    ),
    click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave these paths out; repeatable."),
    click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Read settings from this file.",
    ),
    click.option(
        "--load", is_flag=True, help="Read PostgreSQL's SQL files by running them on a throwaway server: exact, slower."
    ),
    click.option(
        "--statement-timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0.1),
        help="How long a query on a database may take. Default: 60.",
    ),
)


def target_options(command: _Command) -> _Command:
    """Adds the argument TARGET and the options that go with it."""
    for decorate in reversed(_DECORATORS):
        command = decorate(command)
    return command


def options_of(said: TargetArguments) -> tuple[Options, Path | None]:
    """The options: what the settings' file says, the command line before it; and that file.

    Warns of a password on the command line. Raises `SettingsError`, and `UsageError` for schemas of no database.
    """
    _check_schemas(said["schemas"], said["targets"])
    options, file = find_options(settings_folder(said["targets"]), said["config"])
    _warn_of_passwords(said["targets"])
    return replace(
        options,
        applications=said["applications"] or options.applications,
        schemas=said["schemas"] or options.schemas,
        select=_listed(said["select"]) or options.select,
        ignore=(*options.ignore, *_listed(said["ignore"])),
        include=(*options.include, *said["include"]),
        exclude=(*options.exclude, *said["exclude"]),
        load=said["load"] or options.load,
        statement_timeout=said["statement_timeout"] or options.statement_timeout,
    ), file


def settings_folder(targets: tuple[str, ...]) -> Path:
    """The folder whose settings count: the first target, if it is one, else the one we stand in."""
    return Path(targets[0]) if targets and os.path.isdir(targets[0]) else Path()  # noqa: PTH112 - Path fails on long ones


def checked_level(fail_on: str, levels: tuple[str, ...]) -> str:
    """The level from which on findings fail the command. Raises `UsageError` for one that there is not."""
    if fail_on not in levels:
        raise UsageError(f"fail-on is {fail_on!r}", hint=f"Use one of: {', '.join(levels)}.")
    return fail_on


def _listed(words: tuple[str, ...]) -> tuple[str, ...]:
    """What was given one by one or with commas between."""
    return tuple(part.strip() for word in words for part in word.split(",") if part.strip())


def _check_schemas(schemas: tuple[str, ...], targets: tuple[str, ...]) -> None:
    """Files have no schemas to choose from: whoever names one of a folder's means the folder itself, or a database."""
    if not schemas:
        return
    from dbarchitect.sources.live import engine_of

    if any(target.startswith("env:") or engine_of(target) is not None for target in targets):
        return
    there = [schema for schema in schemas if os.path.exists(schema)]  # noqa: PTH110 - Path fails on long ones
    hint = (
        f"Folders and files are targets themselves: dba audit {shlex.join(there)}"
        if there
        else "Name the database as a target, too."
    )
    raise UsageError(f"--schema {schemas[0]} names a schema of a database, and no target is one", hint=hint)


def _warn_of_passwords(targets: tuple[str, ...]) -> None:
    from dbarchitect.sources.live import has_password

    if any(has_password(target) for target in targets):
        click.echo("dba: the password on the command line can be seen by every user of this machine.", err=True)
        click.echo("     Put the URL into an environment variable and say env:NAME, or use PGPASSFILE.", err=True)
