"""The library's face: survey and audit as functions. It opens files and databases, and puts the rooms together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dbarchitect.errors import NothingAudited, SettingsError, TargetError, UsageError
from dbarchitect.options import Options, baseline_file, choose_rules, find_options, load_options
from dbarchitect.spelling import engine_speller

__all__ = [
    "Options",
    "audit",
    "audited",
    "choose_rules",
    "engine_speller",
    "find_options",
    "formatter",
    "load_options",
    "report",
    "resolve_target",
    "survey",
    "written",
]

if TYPE_CHECKING:
    from dbarchitect.audit.baseline import Baseline
    from dbarchitect.audit.model import Audit
    from dbarchitect.catalog.survey import Survey
    from dbarchitect.report.base import Rendering
    from dbarchitect.report.document import Report
    from dbarchitect.sources.opened import Opened

LONGEST_TIMEOUT = 86_400  # seconds
FORMATS = ("text", "concise", "markdown", "html", "json", "sarif", "github", "gitlab", "junit")
STRUCTURED = frozenset(
    {"html", "json", "markdown", "sarif", "github", "gitlab"}
)  # the formats that show the tables' structure


class Format(Protocol):
    """Renders a report as text."""

    def __call__(self, report: Report, rendering: Rendering) -> str:
        """The report as text."""
        ...


def survey(
    targets: Sequence[str], options: Options | None = None, *, opened: Opened | None = None
) -> tuple[Survey, ...]:
    """Read every target: directories, files, databases. One Survey per application.

    `opened` is the first target where that is a directory that was listed already.

    Raises `TargetError` and its kin for a target that cannot be read, `NothingAudited` when no target held a
    schema, `UsageError` for a single text in place of a sequence.
    """
    from dbarchitect.catalog.refs import Diagnostic, Origin
    from dbarchitect.engines.base import ReadOptions
    from dbarchitect.sources.assemble import assemble
    from dbarchitect.sources.live import engine_of, read_live

    if isinstance(targets, str):  # which is a sequence of texts, too: its first letter may be `/`
        raise UsageError("the targets are one text", hint="Give a list, of one target or several.")
    options = options or Options()
    for name in ("connect_timeout", "statement_timeout", "lock_timeout"):
        seconds = getattr(options, name)
        if not 0 < seconds <= LONGEST_TIMEOUT:
            hint = f"Give it a number of seconds above 0 and up to {LONGEST_TIMEOUT}."
            raise UsageError(f"{name.replace('_', '-')} is {seconds:g}", hint=hint)
    reading = ReadOptions(options.connect_timeout, options.statement_timeout, options.lock_timeout, options.schemas)
    declared: list[Survey] = []
    live: list[Survey] = []
    barren: dict[str, Path] = {}
    for target in dict.fromkeys(targets or (".",)):
        resolved = resolve_target(target)
        if engine_of(resolved) is not None:
            live.append(read_live(resolved, reading))
            continue
        path = Path(resolved)
        found = _survey_of_path(path, options, opened)
        opened = None
        read_from = (("directory" if path.is_dir() else "file", target),)
        declared.extend(replace(s, application=replace(s.application, targets=read_from)) for s in found)
        if not found:
            barren[target] = path
    surveys = list(assemble(declared, live))
    if not any(True for s in surveys for _ in s.tables):
        raise _nothing(surveys, targets or (".",), barren.values(), options)
    empty = (Diagnostic(Origin(target), "no tables were found here") for target in barren)
    surveys[0] = replace(surveys[0], diagnostics=(*surveys[0].diagnostics, *empty))
    wanted = tuple(s for s in surveys if _wanted(s, options.applications))
    if not wanted:
        names = ", ".join(s.application.name for s in surveys)
        missing = " or ".join(map(repr, options.applications))
        raise UsageError(f"there is no application {missing}", hint=f"Applications: {names}.")
    return wanted


def resolve_target(target: str) -> str:
    """`env:NAME` stands for the value of that environment variable. Raises `UsageError` when it is not set."""
    if not target.strip():
        raise UsageError("a target is empty", hint="Name a directory, a file or a database.")
    if not target.startswith("env:"):
        return target
    name = target.removeprefix("env:")
    if not name:
        raise UsageError("env: names no environment variable", hint="Write env:DATABASE_URL, or another's name.")
    value = os.environ.get(name, "")
    if not value:
        raise UsageError(f"the environment variable {name} is not set", hint="Set it to the database's URL.")
    return value


def _survey_of_path(path: Path, options: Options, opened: Opened | None = None) -> tuple[Survey, ...]:
    from dbarchitect.sources.opened import survey_path

    if not os.path.exists(path):  # noqa: PTH110 - Path fails on names that are too long for a file's
        raise TargetError(
            f"there is no file or directory {str(path)!r}", hint="Name a directory, a file or a database."
        )
    if opened is not None:
        found = opened.surveys()
    else:
        found = survey_path(path, include=options.include, exclude=options.exclude)
    if not options.load:
        return found
    from dbarchitect.loading import can_load, load

    root = path if path.is_dir() else path.parent
    return tuple(load(survey, root) if can_load(survey) else survey for survey in found)


def _wanted(survey: Survey, names: Sequence[str]) -> bool:
    return not names or survey.application.name in names or survey.application.path in names


def _nothing(
    surveys: Sequence[Survey], targets: Sequence[str], barren: Iterable[Path], options: Options
) -> NothingAudited:
    from dbarchitect.sources.discover import open_project
    from dbarchitect.sources.live import named
    from dbarchitect.sources.unread import passed_over

    projects = (open_project(path, include=options.include, exclude=options.exclude) for path in barren)
    told = [*(d for s in surveys for d in s.diagnostics), *(d for project in projects for d in passed_over(project))]
    problems = [f"{d.origin}: {d.text}" for d in told][:5]
    if options.schemas and any(survey.facts is not None for survey in surveys):
        problems.insert(0, f"read of its schemas: {', '.join(options.schemas)} only")
    where = ", ".join("the database" if named(target) != target else repr(target) for target in targets)
    hint = (
        "dbarchitect reads Django and SQLAlchemy models, Prisma and Drizzle schemas, Kysely's and Knex's migrations, "
        "SQL files, CREATE TABLE in Python and JavaScript, PostgreSQL and SQLite databases."
    )
    return NothingAudited("\n  ".join((f"no tables were found in {where}", *problems)), hint=hint)


def audit(
    targets: Sequence[str],
    options: Options | None = None,
    *,
    since: str | None = None,
    settings: Path | None = None,
    opened: Opened | None = None,
) -> Audit:
    """Audit every target.

    With `since`, a git revision, the one target is a directory, and what was there when work on top of that revision
    began counts as known. `settings` is the file that the options come from: baseline and suppressions refer to it.
    `opened` is the first target where that is a directory that was listed already.

    Raises what `survey` and `choose_rules` raise; `UsageError` where `since` does not fit the targets.
    """
    from dbarchitect.audit.run import Judgement
    from dbarchitect.audit.run import audit as run
    from dbarchitect.catalog.refs import Origin
    from dbarchitect.catalog.suppression import Suppression
    from dbarchitect.rules._registry import all_rules
    from dbarchitect.sources.meanwhile import shared

    options = options or Options()
    rules = choose_rules(options)
    written = Origin(settings.name) if settings is not None else Origin()
    judgement = Judgement(
        tuple(
            Suppression(s.rules, s.reason, s.until, s.object, s.path, s.application, origin=written)
            for s in options.suppress
        ),
        today=_today(),
        known_rules=all_rules(),
    )
    surveys = survey(targets, options, opened=opened)
    shown = _shown_options(targets, options)
    baseline: Baseline | None
    if since is not None:
        surveys, baseline = _since(
            surveys, targets, options, since, lambda found: run(found, rules, engine_speller(), {}, judgement)
        )
    else:
        baseline = _known(targets, options, settings)
    return run(surveys, rules, engine_speller(), shown, replace(judgement, baseline=baseline), shared)


def audited(
    targets: Sequence[str],
    options: Options,
    rendering: Rendering,
    formats: Sequence[str] = FORMATS,
    *,
    since: str | None = None,
    settings: Path | None = None,
) -> Report:
    """The report of an audit (`report(audit(…))`): of a large directory that of the last audit, where nothing that goes
    into it has changed. Raises as these do."""
    opened = None if since is not None or options.load else _opened(targets, options)
    if opened is None:
        return report(audit(targets, options, since=since, settings=settings), rendering, formats)
    from dbarchitect.report.kept import KeptReport

    baseline = _known(targets, options, settings)
    asked = repr((_today(), list(targets), options, settings.name if settings is not None else None, baseline))
    kept = KeptReport.of(opened, asked, structure=_shows_structure(formats))
    found = kept.find(rendering) if kept is not None else None
    if found is None:
        found = report(audit(targets, options, settings=settings, opened=opened), rendering, formats)
        if kept is not None:
            kept.keep(found)
    return found


def _opened(targets: Sequence[str], options: Options) -> Opened | None:
    """The one target, where it is a directory by itself, listed; None for anything else."""
    from dbarchitect.sources.live import engine_of

    (target, *others) = dict.fromkeys(targets or (".",))
    resolved = resolve_target(target)
    if others or engine_of(resolved) is not None or not os.path.isdir(resolved):  # noqa: PTH112 - Path fails on long ones
        return None
    from dbarchitect.sources.opened import open_whole

    return open_whole(Path(resolved), include=options.include, exclude=options.exclude)


def _today() -> date:
    return datetime.now(UTC).date()


def _shown_options(targets: Sequence[str], options: Options) -> dict[str, object]:
    from dbarchitect.sources.live import named

    return {
        "targets": [named(target) for target in targets or (".",)],
        "select": list(options.select),
        "ignore": list(options.ignore),
        "include": list(options.include),
        "exclude": list(options.exclude),
        "fail_on": options.fail_on,
    }


def _known(targets: Sequence[str], options: Options, settings: Path | None) -> Baseline | None:
    from dbarchitect.audit.baseline import from_text

    if options.baseline == "none":
        return None
    path = baseline_file(targets, options, settings)
    if not options.baseline and not os.path.isfile(path):  # noqa: PTH113 - Path fails where it may not look
        return None
    try:
        return from_text(path.read_text(encoding="utf-8"), path.name)
    except OSError as error:
        hint = "Check its path, or write it with `dba baseline`."
        raise SettingsError(f"cannot read the baseline {str(path)!r}: {error.strerror}", hint=hint) from None
    except UnicodeDecodeError:
        raise SettingsError(
            f"{path} is no baseline: it is not UTF-8", hint="Write it anew with `dba baseline`."
        ) from None


def _since(
    surveys: tuple[Survey, ...],
    targets: Sequence[str],
    options: Options,
    since: str,
    judge: Callable[[Sequence[Survey]], Audit],
) -> tuple[tuple[Survey, ...], Baseline]:
    """The surveys with the migrations that the revision had marked as applied, and the findings of the revision."""
    import tempfile

    from dbarchitect.audit.baseline import baseline_of
    from dbarchitect.catalog.migrations import applied_since
    from dbarchitect.sources.revision import base_of, write_tree

    path = Path((targets or (".",))[0])
    if len(targets) > 1 or not path.is_dir():
        raise UsageError("--since compares two states of one directory", hint="Name one directory, or none.")
    revision = base_of(path, since)
    with tempfile.TemporaryDirectory(prefix="dbarchitect-") as folder:
        root = Path(folder) / (path.resolve().name or "root")  # applications are called by their folder's name
        root.mkdir()
        write_tree(path, revision, root)
        before = _survey_of_path(root, options)
    names = {
        survey.application.name: {m.name for m in survey.history.migrations}
        for survey in before
        if survey.history is not None
    }
    known, marked = (
        tuple(
            s
            if s.history is None
            else replace(s, history=applied_since(s.history, names.get(s.application.name, set())))
            for s in state
        )
        for state in (before, surveys)
    )
    audited = judge([s for s in known if _wanted(s, options.applications)])
    return marked, baseline_of(audited.findings, f"{since} ({revision.commit[:12]})")


def report(audit: Audit, rendering: Rendering, formats: Sequence[str] = FORMATS) -> Report:
    """The report of an audit as plain data, with all that these formats show."""
    from dbarchitect.report.build import build

    return build(audit, rendering, structure=_shows_structure(formats))


def _shows_structure(formats: Sequence[str]) -> bool:
    return not STRUCTURED.isdisjoint(formats)


def formatter(name: str) -> Format:
    """The format of that name. Raises `UsageError` when there is none."""
    if name in FORMATS:
        import importlib

        render: Format = importlib.import_module(f"dbarchitect.report.{name}").render
        return render
    raise UsageError(f"there is no format {name!r}", hint=f"Formats: {', '.join(FORMATS)}.")


def written(name: str, report: Report, rendering: Rendering) -> Iterator[str]:
    """A report in the format of that name, a piece after the other where all of it together would take much memory.

    Raises `UsageError` when there is none.
    """
    if name == "json":
        from dbarchitect.report.json import pieces

        return pieces(report, rendering)
    return iter((formatter(name)(report, rendering),))
