"""Runs the cases of a case book: the real readers, the rule, its fix on a real database, and the rule again."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from dbarchitect.catalog.engine import ENGINES, EngineInfo
from dbarchitect.catalog.facts import ColumnFacts, Facts, IndexFacts, TableFacts
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.catalog.survey import Application, ConfiguredEngine, Need, Survey
from dbarchitect.change.apply import apply_all
from dbarchitect.change.invert import Irreversible, invert
from dbarchitect.change.operations import Change
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine as engine_named
from dbarchitect.finding import Applicability, Finding, Fix, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._registry import all_rules
from dbarchitect.settings import decode
from dbarchitect.sources.discover import open_project
from dbarchitect.testing.casebook import Case, Expectation

ENGINES_OF_CASES = ("postgresql", "sqlite")
_ONE_AT_A_TIME = frozenset({"sqlite"})  # its driver takes one statement, the other a whole script


def engines_of(case: Case, rule: type[Rule]) -> tuple[str, ...]:
    """The engines that a case's SQL runs on."""
    names = rule.engines or ENGINES_OF_CASES
    return tuple(name for name in names if name in ENGINES_OF_CASES and case.ddl(name) is not None)


def rule_for(case: Case, rule: type[Rule]) -> Rule:
    """The rule with the case's options."""
    return rule(decode(case.options, rule.Options, f"{case.book}: options"))


def survey_of(catalog: Catalog, case: Case, facts: Facts | None = None) -> Survey:
    """The Survey that a case's input makes: a catalog, and the facts written in the case."""
    written = _facts(case, catalog)
    needs = {Need.CATALOG, Need.CONFIGURATION} | ({Need.MODELS} if case.models else set())
    if written is not None:
        needs.add(Need.STATISTICS)
        facts = written
    return Survey(Application("case"), catalog, facts, _configured(case), frozenset(needs))


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


def _facts(case: Case, catalog: Catalog) -> Facts | None:
    if not case.facts:
        return None
    tables: dict[tuple[str, ...], TableFacts] = {}
    columns: dict[tuple[str, ...], ColumnFacts] = {}
    indexes: dict[tuple[str, ...], IndexFacts] = {}
    known = {table.name: table.ref for table in catalog.tables}
    for kind, entries in case.facts.items():
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
    return Facts(tables=MappingProxyType(tables), columns=MappingProxyType(columns), indexes=MappingProxyType(indexes))


def read_models(reader: str, text: str) -> Catalog:
    """Read a models file of a case with the real reader, in a project of its own."""
    with tempfile.TemporaryDirectory(prefix="dba-case-") as folder:
        root = Path(folder)
        for path, content in _project(reader, text).items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        project = open_project(root)
        from dbarchitect.sources.assemble import reader_named

        readings = reader_named(reader).read(project)
        assert len(readings) == 1, f"one application expected, {len(readings)} found"  # noqa: S101 - see above
        return readings[0].catalog


def _project(reader: str, text: str) -> dict[str, str]:
    if reader == "django":
        settings = (
            'INSTALLED_APPS = ["shop"]\n'
            'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "case"}}\n'
            'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\n'
        )
        return {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")\n',
            "site_/__init__.py": "",
            "site_/settings.py": settings,
            "shop/__init__.py": "",
            "shop/models.py": text,
        }
    if reader == "prisma":
        return {"prisma/schema.prisma": text}
    return {"models.py": text}


def read_sql(engine: str, text: str) -> Catalog:
    """Read a case's DDL with the static reader."""
    from dbarchitect.sources.sqlfiles.reading import replay
    from dbarchitect.sources.sqlfiles.text import read_text

    replayed = replay((read_text("case.sql", text.encode()),), engine, ordered=True)
    assert not replayed.diagnostics, [d.text for d in replayed.diagnostics]  # noqa: S101 - see above
    return replayed.catalog


def _statements(script: str) -> tuple[str, ...]:
    """The statements of a script, told apart as SQLite tells them (a trigger's body is part of its statement)."""
    found, rest = [], ""
    for piece in script.split(";"):
        rest += piece + ";"
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    return tuple(statement for statement in found if statement.strip(" \n;"))


@dataclass(frozen=True, slots=True)
class LiveCase:
    """A case's DDL in a database of its own."""

    engine: EngineInfo
    target: str

    @classmethod
    def create(cls, engine: str, target: str, ddl: str) -> LiveCase:
        """Run the DDL on an empty database."""
        live = cls(ENGINES[engine], target)
        live.run(_statements(ddl) if engine in _ONE_AT_A_TIME else (ddl,))
        return live

    def run(self, statements: Sequence[str]) -> None:
        """Run statements."""
        engine_named(self.engine.name).execute(self.target, statements)

    def catalog(self) -> Catalog:
        """Read the database."""
        reading = engine_named(self.engine.name).read(self.target, ReadOptions())
        return replace(reading.catalog, roles=(), grants=(), settings=())

    def change(self, changes: Iterable[Change], catalog: Catalog) -> None:
        """Make changes by the engine's own DDL, each rendered for the state that the ones before it left."""
        for change in changes:
            self.run(engine_named(self.engine.name).render(change, catalog))
            catalog = apply_all((change,), catalog)


def unmet(expected: Sequence[Expectation], said: Sequence[Finding] | Sequence[Strength]) -> list[str]:
    """The differences between what a case expects and what was said, in words; empty when they agree."""
    rest = [(str(item.object), item.message) for item in said]
    problems: list[str] = []
    for line in expected:
        match = next((r for r in rest if r[0] == line.object and line.words in r[1]), None)
        if match is None:
            problems.append(f"expected, not said: {line.object} :: {line.words}".rstrip(" :"))
        else:
            rest.remove(match)
    problems.extend(f"said, not expected: {object_} :: {message}" for object_, message in rest)
    return problems


def voices(survey: Survey) -> set[tuple[str, tuple[str, ...]]]:
    """Every (rule, object) that any default rule has a finding on."""
    spoken: set[tuple[str, tuple[str, ...]]] = set()
    for rule in all_rules():
        if rule.default and (not rule.engines or survey.engine.name in rule.engines) and rule.needs <= survey.needs:
            spoken.update((finding.rule, finding.object.key) for finding in rule().detect(survey))
    return spoken


def after_fix_problems(rule: Rule, finding: Finding, before: Survey, after: Survey) -> list[str]:
    """What a fix left or raised: the rule still speaking on the object, or any rule speaking anew."""
    problems = [
        f"still said after the fix: {f.object} :: {f.message}"
        for f in rule.detect(after)
        if f.fingerprint == finding.fingerprint
    ]
    new = voices(after) - voices(before)
    problems.extend(f"raised by the fix of {finding.object}: {name} on {key}" for name, key in sorted(new))
    return problems


def applicable(fix: Fix | None) -> bool:
    """True for a fix that can be applied by itself."""
    return fix is not None and bool(fix.changes) and fix.applicability is not Applicability.MANUAL


def inverse(changes: Sequence[Change], catalog: Catalog) -> tuple[Change, ...] | Irreversible:
    """The way back from a row of changes."""
    back: list[Change] = []
    for change in changes:
        undo = invert(change, catalog)
        if isinstance(undo, Irreversible):
            return undo
        back[:0] = undo
        catalog = apply_all((change,), catalog)
    return tuple(back)
