"""Runs the cases of a case book: the real readers, the rule, its fix on a real database, and the rule again."""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import cast

from dbarchitect.catalog.drift import Difference, Side
from dbarchitect.catalog.engine import ENGINES, EngineInfo
from dbarchitect.catalog.facts import ColumnFacts, Facts, IndexFacts, SequenceFacts, SessionFacts, TableFacts
from dbarchitect.catalog.migrations import History
from dbarchitect.catalog.objects import Catalog, Role, Setting
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
from dbarchitect.sources.applied import with_applied
from dbarchitect.sources.discover import open_project
from dbarchitect.testing.casebook import Case, Expectation

ENGINES_OF_CASES = ("postgresql", "sqlite")
_ONE_AT_A_TIME = frozenset({"sqlite"})  # its driver takes one statement, the other a whole script


def engines_of(case: Case, rule: type[Rule]) -> tuple[str, ...]:
    """The engines that a case's SQL runs on."""
    if case.files:
        return ()
    names = rule.engines or ENGINES_OF_CASES
    return tuple(name for name in names if name in ENGINES_OF_CASES and case.ddl(name) is not None)


def rule_for(case: Case, rule: type[Rule]) -> Rule:
    """The rule with the case's options."""
    return rule(decode(case.options, rule.Options, f"{case.book}: options"))


def survey_of(catalog: Catalog, case: Case, facts: Facts | None = None, history: History | None = None) -> Survey:
    """The Survey that a case's input makes: a catalog, the facts written in the case, what the migrations did."""
    written = _facts(case, catalog)
    needs = {Need.CATALOG, Need.CONFIGURATION} | ({Need.MODELS} if case.models else set())
    if written is not None:
        needs.add(Need.STATISTICS)
        facts = written
    if case.settings:
        needs.add(Need.SETTINGS)
        catalog = _with_settings(catalog, case)
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


def _with_settings(catalog: Catalog, case: Case) -> Catalog:
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


def read_migrations(case: Case) -> Survey:
    """The Survey of a case's `migrations` block, read by the tool's real reader in a project of its own.

    Its catalog is the one that the migrations make. Files are put where the tool looks for them; what configures the
    tool (a schema for Prisma, a journal for Drizzle, settings for Django) is written where the block does not.
    """
    with tempfile.TemporaryDirectory(prefix="dba-case-") as folder:
        root = Path(folder)
        for path, content in migrations_project(case).items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        from dbarchitect.sources.assemble import read_project

        readings = read_project(open_project(root))
    assert len(readings) == 1, f"one application expected, {len(readings)} found"  # noqa: S101 - see above
    reading = readings[0]
    assert reading.history is not None, "no history was read"  # noqa: S101 - see above
    applied = {migration_path(case, file.path): file.applied for file in case.migrations}
    migrations = tuple(replace(m, applied=applied.get(m.path)) for m in reading.history.migrations)
    history = replace(reading.history, migrations=migrations)
    made = survey_of(reading.migrated or reading.catalog, case, history=history)
    if not case.applied:
        return made
    lists = cast("dict[str, list[str]]", case.applied)
    return replace(made, history=with_applied(history, lists), needs=made.needs | {Need.STATISTICS})


_FOLDERS = {
    "drizzle": "drizzle",
    "flyway": "src/main/resources/db/migration",
    "supabase": "supabase/migrations",
    "alembic": "migrations/versions",
    "django": "",
}


# Without any model there is no application of Django; the case's catalog is that of its migrations.
_DJANGO_MODELS = "from django.db import models\n\n\nclass Declared(models.Model):\n    pass\n"


def migration_path(case: Case, path: str) -> str:
    """Where a file of the block lies in the project: below the tool's folder unless the block names another."""
    if case.tool == "prisma" and path.endswith((".prisma", ".toml")):
        return path
    if case.tool == "prisma" and not path.startswith("prisma/"):
        name = path.removesuffix("/migration.sql").removesuffix(".sql")
        return f"prisma/migrations/{name}/migration.sql"
    folder = _FOLDERS.get(case.tool, "migrations")
    return path if "/" in path or not folder else f"{folder}/{path}"


def migrations_project(case: Case) -> dict[str, str]:
    """The files of the project that a `migrations` block stands for, by path."""
    files = {migration_path(case, file.path): file.text for file in case.migrations}
    made: dict[str, str] = {}
    if case.tool == "prisma":
        made["prisma/schema.prisma"] = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
        made["prisma/migrations/migration_lock.toml"] = 'provider = "postgresql"\n'
    elif case.tool == "drizzle":
        tags = [Path(path).stem for path in files if path.endswith(".sql")]
        entries = [{"idx": index, "version": "7", "when": index, "tag": tag} for index, tag in enumerate(tags)]
        made["drizzle/meta/_journal.json"] = json.dumps({"version": "7", "dialect": "postgresql", "entries": entries})
    elif case.tool == "supabase":
        made["supabase/config.toml"] = "[db]\nmajor_version = 15\n"
    elif case.tool == "sqlite":
        made["sqlc.yaml"] = 'version: "2"\nsql:\n  - engine: "sqlite"\n    schema: "migrations"\n'
    elif case.tool == "alembic":
        made["alembic.ini"] = "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql:///case\n"
        made["migrations/env.py"] = "target_metadata = None\n"
    elif case.tool == "django":
        apps = sorted({path.split("/")[0] for path in files if "/migrations/" in path})
        made |= _project("django", "")
        made["site_/settings.py"] = made["site_/settings.py"].replace('["shop"]', repr(apps))
        del made["shop/models.py"], made["shop/__init__.py"]
        for app in apps:
            made |= {f"{app}/{name}": "" for name in ("__init__.py", "migrations/__init__.py")}
            made[f"{app}/models.py"] = _DJANGO_MODELS
    return made | files


def read_project_of(case: Case) -> Survey:
    """The Survey of a case's `file` blocks: a project of its own, read as `dba audit` reads one.

    Models of the case are put where their reader looks, DDL into `schema.sql`; a file of the case replaces them.
    """
    with tempfile.TemporaryDirectory(prefix="dba-case-") as folder:
        root = Path(folder, "case")
        made: dict[str, str] = {}
        for reader, text in case.models.items():
            made |= _project(reader, text)
        if (ddl := case.ddl("postgresql")) is not None:
            made["schema.sql"] = ddl
        for path, content in (made | case.files).items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")
        from dbarchitect.sources.opened import survey_path

        surveys = survey_path(root)
    assert len(surveys) == 1, f"one application expected, {len(surveys)} found"  # noqa: S101 - see above
    survey = surveys[0]
    lost = [d.text for d in survey.diagnostics if "could not be followed (" in d.text]
    assert not lost, lost  # noqa: S101 - see above
    if case.settings:  # the repository and its server, read together
        catalog = _with_settings(survey.catalog, case)
        return replace(survey, catalog=catalog, needs=survey.needs | {Need.SETTINGS})
    return survey


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


# A case that names them finds the roles and functions that hosting services with an API bring along.
_API = re.compile(r"\b(?:anon|authenticated|service_role)\b|\bauth\.(?:uid|jwt|role)\b")
_API_ROLES = """
do $$ begin create role anon; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role authenticated; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role service_role; exception when duplicate_object or unique_violation then null; end $$;
create schema auth;
create function auth.uid() returns uuid language sql stable
  as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
create function auth.jwt() returns jsonb language sql stable
  as $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
create function auth.role() returns text language sql stable
  as $$ select nullif(current_setting('request.jwt.claim.role', true), '') $$;
"""


@dataclass(frozen=True, slots=True)
class LiveCase:
    """A case's DDL in a database of its own."""

    engine: EngineInfo
    target: str

    @classmethod
    def create(cls, engine: str, target: str, ddl: str, *more: str) -> LiveCase:
        """Run the DDL, and what else there is, on an empty database."""
        live = cls(ENGINES[engine], target)
        if engine == "postgresql" and _API.search(ddl) is not None:
            live.run((_API_ROLES,))
        for script in (ddl, *filter(None, more)):
            live.run(_statements(script) if engine in _ONE_AT_A_TIME else (script,))
        return live

    def run(self, statements: Sequence[str]) -> None:
        """Run statements."""
        engine_named(self.engine.name).execute(self.target, statements)

    def catalog(self) -> Catalog:
        """Read the database."""
        reading = engine_named(self.engine.name).read(self.target, ReadOptions())
        return replace(reading.catalog, roles=(), settings=())

    def change(self, changes: Iterable[Change], catalog: Catalog) -> None:
        """Make changes by the engine's own DDL, each rendered for the state that the ones before it left."""
        for change in changes:
            self.run(engine_named(self.engine.name).render(change, catalog))
            catalog = apply_all((change,), catalog)


def rebuilt(catalog: Catalog) -> Catalog:
    """The catalog with every index valid: no server can be told to make one that is not."""
    return replace(
        catalog,
        tables=tuple(
            replace(table, indexes=tuple(replace(index, valid=True) for index in table.indexes))
            for table in catalog.tables
        ),
    )


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
        applies = not rule.engines or survey.engine.name in rule.engines
        if rule.default and applies and rule.needs <= survey.needs and rule().unanswered(survey) is None:
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
