"""The library's face: survey and audit as functions. It opens files and databases, and puts the rooms together."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dbarchitect.errors import ChangeRefused, NothingAudited, SettingsError, TargetError, UsageError

if TYPE_CHECKING:
    from dbarchitect.audit.model import Audit, SpelledFix
    from dbarchitect.audit.run import Speller
    from dbarchitect.catalog.objects import Catalog, Table
    from dbarchitect.catalog.refs import Ref
    from dbarchitect.catalog.survey import Survey
    from dbarchitect.finding import Fix
    from dbarchitect.report.base import Rendering
    from dbarchitect.report.document import Report
    from dbarchitect.rules._base import Rule

LONGEST_TIMEOUT = 86_400  # seconds
FORMATS = ("text", "concise", "json")
STRUCTURED = frozenset({"json"})  # the formats that show the tables' structure


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may set for an audit, by file or by option.

    `applications` limits the audit to these names or paths; `schemas` limits the reading of live databases;
    `select` and `ignore` name rules by name, code or beginning of a code; `include` brings left-out paths back,
    `exclude` leaves more out; `rules` holds the settings of single rules by name; timeouts are in seconds.
    """

    applications: tuple[str, ...] = ()
    schemas: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: str = "warning"
    connect_timeout: float = 10.0
    statement_timeout: float = 60.0
    lock_timeout: float = 2.0
    rules: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


class Format(Protocol):
    """Renders a report as text."""

    def __call__(self, report: Report, rendering: Rendering) -> str:
        """The report as text."""
        ...


def load_options(folder: Path, config: Path | None = None) -> Options:
    """The options written in `dbarchitect.toml`, or in `[tool.dbarchitect]` of `pyproject.toml`, of this folder.

    Raises `SettingsError` for a file that is no TOML, an unknown key or a value of the wrong type.
    """
    import tomllib

    from dbarchitect.settings import decode

    candidates = (config,) if config is not None else (folder / "dbarchitect.toml", folder / "pyproject.toml")
    for path in candidates:
        if config is None and not path.is_file():
            continue
        try:
            data: Mapping[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"cannot read {path}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            if config is None and path.name == "pyproject.toml" and b"tool.dbarchitect" not in path.read_bytes():
                continue  # somebody else's file; the audit reports what it cannot read itself
            raise SettingsError(f"{path}: {error}") from None
        if path.name == "pyproject.toml":
            tool = data.get("tool")
            section = tool.get("dbarchitect") if isinstance(tool, dict) else None
            if section is None:
                continue
            data = section
        if not isinstance(data, Mapping):
            raise SettingsError(f"{path}: [tool.dbarchitect] must be a table")
        return decode(data, Options, str(path))
    return Options()


def survey(targets: Sequence[str], options: Options | None = None) -> tuple[Survey, ...]:
    """Read every target: directories, files, databases. One Survey per application.

    Raises `TargetError` and its kin for a target that cannot be read, `NothingAudited` when no target held a
    schema.
    """
    from dbarchitect.catalog.refs import Diagnostic, Origin
    from dbarchitect.engines.base import ReadOptions
    from dbarchitect.sources.assemble import assemble
    from dbarchitect.sources.live import engine_of, read_live

    options = options or Options()
    for name in ("connect_timeout", "statement_timeout", "lock_timeout"):
        seconds = getattr(options, name)
        if not 0 < seconds <= LONGEST_TIMEOUT:
            hint = f"Give it a number of seconds above 0 and up to {LONGEST_TIMEOUT}."
            raise UsageError(f"{name.replace('_', '-')} is {seconds:g}", hint=hint)
    reading = ReadOptions(options.connect_timeout, options.statement_timeout, options.lock_timeout, options.schemas)
    declared: list[Survey] = []
    live: list[Survey] = []
    barren: list[Diagnostic] = []
    for target in dict.fromkeys(targets or (".",)):
        resolved = resolve_target(target)
        if engine_of(resolved) is not None:
            live.append(read_live(resolved, reading))
            continue
        found = _survey_of_path(Path(resolved), options)
        declared.extend(found)
        if not found:
            barren.append(Diagnostic(Origin(target), "no tables were found here"))
    surveys = list(assemble(declared, live))
    if not any(True for s in surveys for _ in s.tables):
        raise _nothing(surveys, targets or (".",))
    surveys[0] = replace(surveys[0], diagnostics=(*surveys[0].diagnostics, *barren))
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


def _survey_of_path(path: Path, options: Options) -> tuple[Survey, ...]:
    from dbarchitect.sources.assemble import survey_path

    if not os.path.exists(path):  # noqa: PTH110 - Path fails on names that are too long for a file's
        raise TargetError(
            f"there is no file or directory {str(path)!r}", hint="Name a directory, a file or a database."
        )
    return survey_path(path, include=options.include, exclude=options.exclude)


def _wanted(survey: Survey, names: Sequence[str]) -> bool:
    return not names or survey.application.name in names or survey.application.path in names


def _nothing(surveys: Sequence[Survey], targets: Sequence[str]) -> NothingAudited:
    problems = [f"{d.origin}: {d.text}" for s in surveys for d in s.diagnostics][:5]
    where = ", ".join("the database" if "://" in target else repr(target) for target in targets)
    hint = "dbarchitect reads Django and SQLAlchemy models, Prisma schemas, SQL files, PostgreSQL and SQLite databases."
    return NothingAudited("\n  ".join((f"no tables were found in {where}", *problems)), hint=hint)


def choose_rules(options: Options) -> tuple[Rule, ...]:
    """The rules that the options select, with their settings. Raises `UnknownRule` and `SettingsError`."""
    from dbarchitect.rules._registry import all_rules, find_rule
    from dbarchitect.settings import decode

    def matching(word: str) -> set[type[Rule]]:
        prefix = word.upper()
        if prefix == "ALL":
            return set(all_rules())
        return {rule for rule in all_rules() if prefix.isalnum() and rule.code.startswith(prefix)} or {find_rule(word)}

    chosen = {rule for word in options.select for rule in matching(word)}
    if not options.select:
        chosen = {rule for rule in all_rules() if rule.default}
    for word in options.ignore:
        chosen -= matching(word)
    settings = {find_rule(name): (name, values) for name, values in options.rules.items()}
    rules: list[Rule] = []
    for rule in all_rules():
        if rule in chosen:
            name, values = settings.get(rule, (rule.name(), {}))
            if not isinstance(values, Mapping):
                raise SettingsError(f"rules.{name}: expected table, found {type(values).__name__}")
            rules.append(rule(decode(values, rule.Options, f"rules.{name}")))
    return tuple(rules)


def audit(targets: Sequence[str], options: Options | None = None) -> Audit:
    """Audit every target. Raises what `survey` and `choose_rules` raise."""
    from dbarchitect.audit.run import audit as run

    options = options or Options()
    rules = choose_rules(options)
    shown = {
        "targets": ["database" if "://" in target else target for target in targets or (".",)],
        "select": list(options.select),
        "ignore": list(options.ignore),
        "include": list(options.include),
        "exclude": list(options.exclude),
        "fail_on": options.fail_on,
    }
    return run(survey(targets, options), rules, engine_speller(), shown)


def engine_speller() -> Speller:
    """Spells fixes by the engines' renderers."""
    return _EngineSpeller()


class _EngineSpeller:
    """Spells fixes by the engines' renderers (see `audit.run.Speller`)."""

    def spell(self, fix: Fix, survey: Survey) -> SpelledFix | None:
        from dbarchitect.audit.model import SpelledFix
        from dbarchitect.change.apply import apply
        from dbarchitect.change.invert import Irreversible, invert
        from dbarchitect.engines.registry import READABLE, engine

        if survey.engine.name not in READABLE:
            return None
        writer = engine(survey.engine.name)
        catalog = _around(fix, survey.catalog)
        up: list[str] = []
        down: list[str] | None = []
        try:
            for change in fix.changes:
                after = apply(change, catalog)
                up.extend(writer.render(change, catalog))
                back = invert(change, catalog)
                if down is None or isinstance(back, Irreversible):
                    down = None
                else:
                    undone: list[str] = []
                    state = after
                    for undo in back:
                        undone.extend(writer.render(undo, state))
                        state = apply(undo, state)
                    down[:0] = undone
                catalog = after
        except ChangeRefused:
            return None
        return SpelledFix(fix, tuple(up), None if down is None else tuple(down))

    def risk(self, fix: Fix, survey: Survey) -> str:
        from dbarchitect.engines.registry import engine

        catalog = _around(fix, survey.catalog)
        costs = [engine(survey.engine.name).cost(change, catalog) for change in fix.changes]
        words = [cost.blocks for cost in costs if cost.blocks]
        return "; ".join(dict.fromkeys(words)) or "no lock on an existing table"


def _around(fix: Fix, catalog: Catalog) -> Catalog:
    """The part of a catalog that spelling a fix needs: in a large one, copying all of it per fix would cost seconds."""
    from dbarchitect.change.operations import CreateTable, DropTable, SetTableOptions

    named: list[Ref] = []
    for change in fix.changes:
        if isinstance(change, CreateTable | DropTable):
            named.append(change.table.ref)
            named.extend(key.referenced for key in change.table.foreign_keys)
        elif isinstance(change, SetTableOptions):
            named.append(change.old.ref)
        elif (table := getattr(change, "table", None)) is not None:
            named.append(table)
    near: dict[tuple[str, ...], Table] = {}
    for ref in named:
        if (own := catalog.table(ref)) is not None:
            near[own.ref.key] = own
            near.update((child.ref.key, child) for child, _ in catalog.references_to(own.ref))
    for table in tuple(near.values()):
        for reference in table.foreign_keys:
            parent = catalog.table(reference.referenced)
            if parent is not None:
                near[parent.ref.key] = parent
    return replace(catalog, tables=tuple(near.values()))


def report(audit: Audit, rendering: Rendering, formats: Sequence[str] = FORMATS) -> Report:
    """The report of an audit as plain data, with all that these formats show."""
    from dbarchitect.report.build import build

    return build(audit, rendering, structure=not STRUCTURED.isdisjoint(formats))


def formatter(name: str) -> Format:
    """The format of that name. Raises `UsageError` when there is none."""
    if name == "text":
        from dbarchitect.report.text import render as text

        return text
    if name == "concise":
        from dbarchitect.report.concise import render as concise

        return concise
    if name == "json":
        from dbarchitect.report.json import render as json

        return json
    raise UsageError(f"there is no format {name!r}", hint=f"Formats: {', '.join(FORMATS)}.")
