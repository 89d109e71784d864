"""`dba doctor`: what can be examined here, what is missing, and how to get it."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from dbarchitect import __version__, api
from dbarchitect.cli import completed
from dbarchitect.cli.targets import settings_folder
from dbarchitect.counted import count
from dbarchitect.errors import DbarchitectError
from dbarchitect.options import Options, baseline_file, choose_rules, find_options
from dbarchitect.report.clean import one_line

if TYPE_CHECKING:
    from dbarchitect.catalog.survey import Survey

OK, MISSING, NOTE = "ok", "missing", "note"
_MARKS = {OK: "+", MISSING: "-", NOTE: "?"}
_STYLES = {OK: "green", MISSING: "red", NOTE: "yellow"}
_URLS = ("DATABASE_URL", "POSTGRES_URL", "POSTGRESQL_URL", "DB_URL", "SQLALCHEMY_DATABASE_URI", "DIRECT_URL")
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: how it stands, in words, and what to do where it is missing."""

    name: str
    state: str
    text: str
    hint: str = ""


@click.command("doctor")
@click.argument("targets", nargs=-1, metavar="[TARGET]...", shell_complete=completed.targets)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", help="How to print it. Default: text."
)
def command(targets: tuple[str, ...], format_: str) -> None:
    """Say what can be examined here, what is missing and how to get it.

    TARGET is as for `dba audit`: its applications or database are read, harmlessly, and what cannot be seen of them
    is said. Nothing is changed or installed.

    Exit code 0: every target can be audited; 2: one cannot.
    """
    checks = [*_here(), *_settings(targets), *_targets(targets)]
    if format_ == "json":
        click.echo(json.dumps([dataclasses.asdict(check) for check in checks], indent=2, ensure_ascii=True))
    else:
        for check in checks:
            mark = click.style(_MARKS[check.state], fg=_STYLES[check.state], bold=True)
            click.echo(f"{mark} {check.name}: {one_line(check.text)}")
            if check.hint:
                click.echo(f"    {one_line(check.hint)}")
    sys.exit(2 if any(check.state == MISSING and check.name.startswith("target ") for check in checks) else 0)


def _here() -> Iterator[Check]:
    yield Check("dbarchitect", OK, f"{__version__} on Python {platform.python_version()}")
    yield _sqlite()
    yield _postgresql()
    yield _shadow()
    git = shutil.which("git")
    if git is None:
        yield Check("git", MISSING, "not installed: --since cannot compare", "Install it from the system's packages.")
    else:
        done = subprocess.run([git, "--version"], capture_output=True, text=True, check=False)
        yield Check("git", OK, f"{done.stdout.strip().removeprefix('git version ')}, for --since")
    for name in _URLS:
        if os.environ.get(name):
            yield Check("environment", NOTE, f"{name} is set", f"Audit that database with: dba audit env:{name}")


def _sqlite() -> Check:
    import sqlite3

    return Check("SQLite", OK, f"files are read by its library {sqlite3.sqlite_version}")


def _postgresql() -> Check:
    try:
        import psycopg
    except ImportError as error:  # the wheel without its library
        return Check("PostgreSQL", MISSING, f"its driver does not load: {error}", "Install psycopg[binary].")
    version = psycopg.pq.version()
    return Check(
        "PostgreSQL", OK, f"servers 13 to 18 are read by psycopg {psycopg.__version__}, libpq {version // 10000}"
    )


def _shadow() -> Check:
    from dbarchitect.engines.postgresql.server import find_binaries
    from dbarchitect.shadow.opening import HOW_TO_GET_POSTGRESQL

    found = find_binaries()
    if not found:
        return Check(
            "throwaway server", MISSING, "no PostgreSQL to start here: --load cannot run", HOW_TO_GET_POSTGRESQL
        )
    versions = ", ".join(f"{binaries.full_version} ({binaries.origin})" for binaries in found)
    return Check("throwaway server", OK, f"PostgreSQL {versions}, for --load")


def _settings(targets: tuple[str, ...]) -> Iterator[Check]:
    try:
        options, file = find_options(settings_folder(targets))
        rules = choose_rules(options)
    except DbarchitectError as error:
        yield Check("settings", MISSING, error.message, error.hint)
        return
    yield Check("settings", OK, f"{file or 'none written, the defaults hold'}; {len(rules)} rules are on")
    baseline = baseline_file(targets, options, file)
    if options.baseline == "none":
        yield Check("baseline", OK, "switched off by the settings")
    elif os.path.isfile(baseline):  # noqa: PTH113 - Path fails in a folder that may not be entered
        yield Check("baseline", OK, f"{baseline}")
    else:
        yield Check("baseline", NOTE, "none: every finding counts", "`dba baseline` writes today's down as known.")


def _targets(targets: tuple[str, ...]) -> Iterator[Check]:
    from dbarchitect.sources.live import named

    for target in targets or (".",):
        name = f"target {named(target)}"
        try:
            options, _ = find_options(settings_folder((target,)))
            surveys = api.survey((target,), options)
        except DbarchitectError as error:
            yield Check(name, MISSING, error.message.replace("\n", "; "), error.hint)
            continue
        for survey in surveys:
            tables = sum(1 for _ in survey.tables)
            kind = survey.application.framework or "live"
            seen = count(tables, "table")
            if survey.code is not None:
                seen += f", {count(len(survey.code.queries), 'query', 'queries')} in the code"
            yield Check(name, OK, f"{survey.application.name}: {seen}, {survey.engine.name}, read from {kind}")
            yield from _not_seen(name, survey.application.name, survey, options)


def _not_seen(name: str, application: str, survey: Survey, options: Options) -> Iterator[Check]:
    from dbarchitect.audit.run import WHY_NOT

    for unseen in survey.unseen:
        yield Check(name, NOTE, f"{application}: not visible to this role: {unseen.what}", f"{unseen.grant};")
    for diagnostic in survey.diagnostics[:_SHOWN]:
        yield Check(name, NOTE, f"{application}: not understood: {diagnostic.origin}: {diagnostic.text}")
    if len(survey.diagnostics) > _SHOWN:
        yield Check(name, NOTE, f"{application}: and {len(survey.diagnostics) - _SHOWN} more places not understood")
    asked = [rule for rule in choose_rules(options) if not rule.engines or survey.engine.name in rule.engines]
    lacking = Counter(WHY_NOT[need] for rule in asked for need in sorted(rule.needs - survey.needs)[:1])
    for why, number in lacking.items():
        words = f"{number} rules need{why.removeprefix('needs')}" if number > 1 else f"1 rule {why}"
        yield Check(name, NOTE, f"{application}: {words}")
