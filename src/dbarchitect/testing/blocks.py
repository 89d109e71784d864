"""What the blocks of a case say in TOML (facts, settings, roles, drift, engines), put into a Survey."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import cast

from dbarchitect.catalog.drift import Difference, Side
from dbarchitect.catalog.engine import ENGINES
from dbarchitect.catalog.facts import ColumnFacts, Facts, IndexFacts, SequenceFacts, SessionFacts, TableFacts
from dbarchitect.catalog.migrations import History
from dbarchitect.catalog.objects import Catalog, Role, Setting
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.catalog.survey import Application, ConfiguredEngine, Need, Survey
from dbarchitect.settings import decode
from dbarchitect.testing.casebook import Case


def survey_of(catalog: Catalog, case: Case, facts: Facts | None = None, history: History | None = None) -> Survey:
    """The Survey that a case's input makes: a catalog, the facts written in the case, what the migrations did."""
    written = _facts(case, catalog)
    needs = {Need.CATALOG, Need.CONFIGURATION} | ({Need.MODELS} if case.models else set())
    if written is not None:
        needs.add(Need.STATISTICS)
        facts = written
    if case.settings:
        needs.add(Need.SETTINGS)
        catalog = with_settings(catalog, case)
    if case.roles:
        roles = (decode({"name": name, **values}, Role, f"{case.book}: roles.{name}") for name, values in case.roles)
        catalog = replace(catalog, roles=tuple(roles))
    if history is not None:
        needs.add(Need.MIGRATIONS)
    return Survey(
        Application("case"),
        catalog,
        facts,
        _configured(case),
        frozenset(needs),
        history=history,
        drift=_drift(case),
        compared=_compared(case),
    )


def _drift(case: Case) -> tuple[Difference, ...]:
    """The differences of a `drift` block: `[[differences]]` with `table`, `column` or `index` (a name), and the fields
    of `Difference`.
    """
    entries = cast("list[dict[str, str]]", case.drift.get("differences", []))
    return tuple(
        Difference(
            _differing(entry),
            Side(entry["present"]),
            Side(entry["absent"]),
            entry.get("aspect", "missing"),
            entry["text"],
            Origin(entry.get("path"), 1 if "path" in entry else None),
        )
        for entry in entries
    )


def _differing(entry: dict[str, str]) -> Ref:
    table = Ref.of_table(entry["table"])
    if "index" in entry:
        return table.of(Kind.INDEX, entry["index"])
    return table.column(entry["column"]) if "column" in entry else table


def _compared(case: Case) -> frozenset[frozenset[Side]]:
    """The pairs of `compared` in a `drift` block."""
    pairs = cast("list[list[str]]", case.drift.get("compared", []))
    return frozenset(frozenset(map(Side, pair)) for pair in pairs)


def _configured(case: Case) -> tuple[ConfiguredEngine, ...]:
    """The engines of a `configured` block: `[[engines]]` tables, `engine` being the name."""
    entries = case.configured.get("engines", [])
    assert isinstance(entries, list)  # noqa: S101 - a broken case book may fail loudly
    return tuple(
        ConfiguredEngine(
            ENGINES[entry["engine"]],
            Origin(entry.get("path", "settings.py"), entry.get("line", 1)),
            entry.get("environment"),
            entry.get("is_default", False),
            entry.get("target"),
        )
        for entry in entries
    )


def with_settings(catalog: Catalog, case: Case) -> Catalog:
    """The catalog with the settings of the case; `server_version` and `hosted_by` are the engine's."""
    settings = [
        Setting(name, value)
        if isinstance(value, str)
        else decode({"name": name, **cast("dict[str, object]", value)}, Setting, f"{case.book}: settings.{name}")
        for name, written in case.settings.items()
        for value in (written if isinstance(written, list) else [written])
    ]
    named = {setting.name: setting.value for setting in settings}
    engine = replace(
        catalog.engine,
        version=named.get("server_version", catalog.engine.version),
        hosted_by=named.get("hosted_by", catalog.engine.hosted_by),
    )
    return replace(catalog, engine=engine, settings=tuple(s for s in settings if s.name != "hosted_by"))


def _facts(case: Case, catalog: Catalog) -> Facts | None:
    """The facts of a case: entries by kind and name, and what is said of the database as a whole."""
    if not case.facts:
        return None
    kinds = {"tables", "columns", "indexes", "sequences", "sessions"}
    whole = decode({k: v for k, v in case.facts.items() if k not in kinds}, Facts, f"{case.book}: facts")
    sequences: dict[tuple[str, ...], SequenceFacts] = {}
    sessions: list[SessionFacts] = []
    tables: dict[tuple[str, ...], TableFacts] = {}
    columns: dict[tuple[str, ...], ColumnFacts] = {}
    indexes: dict[tuple[str, ...], IndexFacts] = {}
    known = {table.name: table.ref for table in catalog.tables}
    for kind, entries in case.facts.items():
        if kind not in kinds:
            continue
        assert isinstance(entries, dict)  # noqa: S101 - a broken case book may fail loudly
        for name, values in entries.items():
            where = f"{case.book}: facts.{kind}.{name}"
            table, _, rest = name.partition(".")
            ref = known.get(table, Ref.of_table(table))
            if kind == "tables":
                tables[ref.key] = decode(values, TableFacts, where)
            elif kind == "columns":
                columns[ref.column(rest).key] = decode(values, ColumnFacts, where)
            elif kind == "indexes":
                indexes[ref.of(Kind.INDEX, rest).key] = decode(values, IndexFacts, where)
            elif kind == "sequences":
                key = ref.column(rest) if rest else Ref(Kind.SEQUENCE, name=name)
                sequences[key.key] = decode(values, SequenceFacts, where)
            else:
                sessions.append(decode({"state": name, **values}, SessionFacts, where))
    return replace(
        whole,
        tables=MappingProxyType(tables),
        columns=MappingProxyType(columns),
        indexes=MappingProxyType(indexes),
        sequences=MappingProxyType(sequences),
        sessions=tuple(sessions),
    )
