"""`dba config`: the settings that an audit would use, and where each is said."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import click

from dbarchitect.options import Options, choose_rules, find_options
from dbarchitect.report.clean import one_line


@click.command("config")
@click.argument("folder", default=".", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--config", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Read settings from this file."
)
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", help="How to print it. Default: text."
)
def command(folder: Path, config: Path | None, format_: str) -> None:
    """Print the settings that an audit of FOLDER would use.

    They come as TOML, fit to be written into `dbarchitect.toml`; what nobody has set is marked as default. A setting
    that is not understood is an error, which names the nearest one.
    """
    options, file = find_options(folder, config)
    rules = choose_rules(options)
    if format_ == "json":
        values = {name: _plain(getattr(options, name)) for name in _names()}
        click.echo(json.dumps({"file": str(file) if file else None, "rules": len(rules), "settings": values}, indent=2))
        return
    where = f"# from {one_line(str(file))}" if file is not None else "# nothing is set: these are the defaults"
    click.echo(where)
    click.echo(f"# {len(rules)} rules are on")
    defaults = Options()
    tables: list[str] = []
    for name in _names():
        value, key = getattr(options, name), name.replace("_", "-")
        if name == "rules":
            tables += [_table(f"rules.{_key(rule)}", settings) for rule, settings in value.items()]
        elif name == "suppress":
            tables += [_table("suppress", _plain(one), listed=True) for one in value]
        else:
            default = "  # default" if value == getattr(defaults, name) else ""
            click.echo(f"{key} = {_toml(_plain(value))}{default}")
    for table in tables:
        click.echo(f"\n{table}")


def _names() -> list[str]:
    return [item.name for item in dataclasses.fields(Options)]


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((item.name, getattr(value, item.name)) for item in dataclasses.fields(value))
        return {name: _plain(item) for name, item in pairs if item not in ("", None)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _table(name: str, values: object, *, listed: bool = False) -> str:
    pairs = values.items() if isinstance(values, Mapping) else ()
    head = f"[[{name}]]" if listed else f"[{name}]"
    return "\n".join([head, *(f"{_key(str(key))} = {_toml(_plain(value))}" for key, value in pairs)])


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else json.dumps(name)


def _toml(value: object) -> str:
    """A value as TOML: its strings, lists and numbers are written as JSON's."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=True)
