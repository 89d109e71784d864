"""What a user may set for an audit, where that is written, and which rules it chooses."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dbarchitect.errors import SettingsError

if TYPE_CHECKING:
    from dbarchitect.rules._base import Rule

BASELINE = "dbarchitect-baseline.json"


@dataclass(frozen=True, slots=True)
class Silence:
    """One `[[suppress]]` of the settings: rules, and the object, path or application where they are silenced.

    `object` and `path` may hold `*` and `?`; `reason` says why; after the day `until` the findings count again.
    """

    rules: tuple[str, ...]
    reason: str
    until: date | None = None
    object: str = ""
    path: str = ""
    application: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may set for an audit, by file or by option.

    `applications` limits the audit to these names or paths; `schemas` limits the reading of live databases;
    `select` and `ignore` name rules by name, code or beginning of a code; `include` brings left-out paths back,
    `exclude` leaves more out; `rules` holds the settings of single rules by name; timeouts are in seconds.
    `suppress` lists what is silenced, with the reason; `baseline` is the file of known findings, relative to the
    settings' folder (`none` for none; where nothing is said, `dbarchitect-baseline.json` if it is there). `load` reads
    PostgreSQL's SQL files by running them on a throwaway server.
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
    suppress: tuple[Silence, ...] = ()
    baseline: str = ""
    load: bool = False


def load_options(folder: Path, config: Path | None = None) -> Options:
    """The options written in `dbarchitect.toml`, or in `[tool.dbarchitect]` of `pyproject.toml`, of this folder.

    Raises `SettingsError` for a file that is no TOML, an unknown key or a value of the wrong type.
    """
    return find_options(folder, config)[0]


def find_options(folder: Path, config: Path | None = None) -> tuple[Options, Path | None]:
    """The options of this folder, and the file that holds them (None: all are defaults). Raises as `load_options`."""
    import tomllib

    from dbarchitect.settings import decode

    candidates = (config,) if config is not None else (folder / "dbarchitect.toml", folder / "pyproject.toml")
    for path in candidates:
        if config is None and not os.path.isfile(path):  # noqa: PTH113 - Path fails in a folder that may not be entered
            continue
        try:
            data: Mapping[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(
                f"cannot read {path}: {error.strerror}", hint="Check the path of the settings."
            ) from None
        except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number of 5,000 digits, nested too deeply
            if config is None and path.name == "pyproject.toml" and b"tool.dbarchitect" not in path.read_bytes():
                continue  # somebody else's file; the audit reports what it cannot read itself
            hint = "Mend the file, or give another with --config. `dba config` shows what is understood."
            raise SettingsError(f"{path} is no TOML: {error}", hint=hint) from None
        if path.name == "pyproject.toml":
            tool = data.get("tool")
            section = tool.get("dbarchitect") if isinstance(tool, dict) else None
            if section is None:
                continue
            data = section
        if not isinstance(data, Mapping):
            raise SettingsError(
                f"{path}: [tool.dbarchitect] must be a table", hint="Write the settings below that line."
            )
        options = decode(data, Options, str(path))
        for number, one in enumerate(options.suppress, start=1):
            if not (one.object or one.path or one.application):
                hint = "Say where, by object, path or application; to switch a rule off for all, use `ignore`."
                raise SettingsError(f"{path}: suppress {number} silences {', '.join(one.rules)} everywhere", hint=hint)
            if not any(word.strip() for word in one.rules):
                raise SettingsError(f"{path}: suppress {number} names no rule", hint='List them: rules = ["IDX001"].')
            if not one.reason.strip():
                raise SettingsError(
                    f"{path}: suppress {number} gives no reason", hint="Say why, for who reads it next."
                )
        return options, path
    return Options(), None


def choose_rules(options: Options) -> tuple[Rule, ...]:
    """The rules that the options select, with their settings. Raises `UnknownRule` and `SettingsError`."""
    from dbarchitect.rules._registry import all_rules, find_rule
    from dbarchitect.settings import decode, named

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
                raise SettingsError(f"rules.{name}: expected a table, found {named(type(values))}")
            rules.append(rule(decode(values, rule.Options, f"rules.{name}")))
    return tuple(rules)


def baseline_file(targets: Sequence[str], options: Options, settings: Path | None = None) -> Path:
    """Where the baseline of these targets lies, whether it is there or not."""
    if options.baseline:
        return (settings.parent if settings is not None else Path()) / options.baseline
    first = Path(targets[0]) if targets and os.path.isdir(targets[0]) else Path()  # noqa: PTH112 - Path fails on long ones
    return first / BASELINE
