"""Reads a set of SQL files: decides on the dialect, replays the files, and says what could not be followed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.migrations import Migration
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.survey import Application, ConfiguredEngine
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import SourceFile
from dbarchitect.sources.sqlfiles import sqlite
from dbarchitect.sources.sqlfiles.dialects import ENGINES, READABLE, dialect_of_content
from dbarchitect.sources.sqlfiles.folders import FileSet, set_of
from dbarchitect.sources.sqlfiles.history import history_of, migrations_of
from dbarchitect.sources.sqlfiles.postgresql import replay as postgresql
from dbarchitect.sources.sqlfiles.record import Record
from dbarchitect.sources.sqlfiles.schema import Schema
from dbarchitect.sources.sqlfiles.text import SqlText, read_text
from dbarchitect.sources.sqlfiles.tools import AT_ONCE, STANDALONE

NOT_YET = "in the statements before"
"""What the text of every problem says that is about something missing."""

_MISSING = re.compile(rf"there is no (?:table )?(?:(?P<schema>\w+)\.)?.*? {NOT_YET}")
_MISSING_TABLE = re.compile(rf"there is no table (?P<schema>[^\s.]+)\.(?P<name>\S+) {NOT_YET}")
_PLATFORMS = {
    "supabase": frozenset(
        {"auth", "storage", "realtime", "vault", "extensions", "cron", "net", "graphql", "graphql_public", "pgsodium",
         "supabase_functions"}
    )
}  # fmt: skip
_HOSTED = frozenset({"pg_catalog", "information_schema"}).union(*_PLATFORMS.values())
_ROUNDS = 5
_OLDER = re.compile(r"^there is an? .* already|^[\w. ]+ has (?:no|an?|such an?) .*")
_OUTDATED = 8
"""So many statements of one file that make what is there, or change what is not, are one problem: the file's."""


@dataclass(frozen=True)
class Replayed:
    """What came of replaying files: the catalog, what could not be followed, and what each migration did."""

    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]
    migrations: tuple[Migration, ...] = ()


def read_folder(
    files: Sequence[SourceFile],
    dialect: str | None = None,
    *,
    name: str = "sql",
    path: str = ".",
    tool_version: int | None = None,
) -> SourceReading:
    """The schema that these files make, replayed in the order that their names (or a journal among them) tell.

    `dialect` is `postgresql` or `sqlite`; None lets configuration among the files and their content decide. Files of
    a dialect that cannot be read yet give an empty catalog and a Diagnostic. `tool_version` is the major version of the
    tool that runs the migrations, where it is known.
    """
    return read_set(replace(set_of(files, dialect), tool_version=tool_version), Application(name, path, "sql"))


def read_set(found: FileSet, application: Application, given: Sequence[Table] = ()) -> SourceReading:
    """The schema that a set of files makes; `given` are tables that were there before them."""
    texts, problems = _texts(found.files)
    dialect = found.dialect or dialect_of_content(text.data for text in texts) or "postgresql"
    platform = _PLATFORMS.get(found.hosted_by or "", frozenset())
    migrations = migrations_of(found, texts, dialect)
    replayed = replay(
        texts, dialect, ordered=found.ordered, platform=platform, migrations=migrations, tool=found.tool, given=given
    )
    configured: tuple[ConfiguredEngine, ...] = ()
    if found.configured_by is not None and found.dialect is not None:
        engine = replace(ENGINES[found.dialect], version=found.version, hosted_by=found.hosted_by)
        configured = (ConfiguredEngine(engine, Origin(found.configured_by, 1)),)
        if dialect == found.dialect:
            replayed = replace(replayed, catalog=replace(replayed.catalog, engine=engine))
    paths = tuple(text.path for text in texts)
    return SourceReading(
        application,
        replayed.catalog,
        configured,
        (*problems, *replayed.diagnostics),
        paths,
        paths if found.ordered else (),
        history_of(found, replayed.migrations) if replayed.migrations else None,
    )


def _texts(files: Sequence[SourceFile]) -> tuple[list[SqlText], list[Diagnostic]]:
    texts, problems = [], []
    for file in files:
        try:
            text = read_text(file.path, file.read_bytes())
        except OSError as error:
            problems.append(Diagnostic(Origin(file.path), f"cannot be read: {error.strerror}"))
            continue
        problems += text.diagnostics
        texts.append(text)
    return texts, problems


def replay(
    texts: Sequence[SqlText],
    dialect: str,
    *,
    ordered: bool,
    platform: frozenset[str] = frozenset(),
    migrations: Sequence[Migration] = (),
    tool: str = "sql",
    given: Sequence[Table] = (),
    aliases: frozenset[str] = frozenset(),
) -> Replayed:
    """The catalog after all files. What does not fit in files without an order is tried again at the end.

    `platform` are the schemas whose tables the hosting service has made: statements on them are counted only.
    `migrations` are those among the files whose operations are wanted: they come back with them. `tool` runs them.
    `given` are tables that were there before; `aliases` other names of the default schema: where statements change
    tables of a schema that none makes, and all of these were made without one, it is the one that connections begin in.
    """
    engine = ENGINES.get(dialect, EngineInfo(dialect))
    if dialect not in READABLE:
        first = texts[0].path if texts else None
        words = f"{len(texts)} SQL files are written for {dialect}, which is not read yet: nothing of them was audited"
        return Replayed(Catalog(engine), (Diagnostic(Origin(first, 1), words),))
    schema = Schema("main" if dialect == "sqlite" else "public", aliases)
    for table in given:
        schema.put(table)
    diagnostics: list[Diagnostic] = []
    replaying = sqlite.replay if dialect == "sqlite" else postgresql.replay
    wanted, done = {migration.path: migration for migration in migrations}, []
    record = Record(schema, engine, standalone=tool in STANDALONE)
    for text in texts:
        schema.path = (None,)
        migration = wanted.get(text.path)
        if migration is None:
            diagnostics += replaying(schema, text)
            continue
        record.sent_at_once = tool in AT_ONCE and migration.transactional
        record.begin(in_transaction=migration.transactional, reversible=migration.reversible is not False)
        diagnostics += replaying(schema, text, record)
        done.append(replace(migration, operations=record.end()))
    if not ordered:
        diagnostics = _retried(schema, texts, diagnostics, dialect)
    default = _names_of_default(schema, diagnostics, platform) if not aliases else frozenset[str]()
    if default:
        return replay(
            texts,
            dialect,
            ordered=ordered,
            platform=platform,
            migrations=migrations,
            tool=tool,
            given=given,
            aliases=default,
        )
    catalog = schema.catalog(engine)
    if dialect == "sqlite":
        catalog = replace(catalog, tables=sqlite.finished(catalog.tables))
    return Replayed(catalog, tuple(_summed(diagnostics, platform)), tuple(done))


def _names_of_default(schema: Schema, diagnostics: Sequence[Diagnostic], platform: frozenset[str]) -> frozenset[str]:
    """The schemas that are only another name of the default one (`?schema=` in a URL): no statement makes them, and
    each table of theirs that statements change and did not make was made without a schema."""
    missing: dict[str, set[str]] = {}
    for diagnostic in diagnostics:
        found = _MISSING_TABLE.match(diagnostic.text)
        if found is not None:
            missing.setdefault(found["schema"], set()).add(found["name"])
    made = schema.schemas | platform | _HOSTED
    return frozenset(
        name for name, tables in missing.items() if name not in made and all((None, t) in schema.tables for t in tables)
    )


def _retried(schema: Schema, texts: Sequence[SqlText], diagnostics: list[Diagnostic], dialect: str) -> list[Diagnostic]:
    """Try what named something not yet there again, as long as that gets further."""
    by_path: dict[str, list[SqlText]] = {}
    for text in texts:
        by_path.setdefault(text.path, []).append(text)
    for _ in range(_ROUNDS):
        waiting = [d for d in diagnostics if NOT_YET in d.text and d.origin.start is not None]
        if not waiting:
            break
        rest = [d for d in diagnostics if d not in waiting]
        again: list[Diagnostic] = []
        for diagnostic in waiting:
            own = _text_of(by_path[diagnostic.origin.path or ""], diagnostic.origin)
            again += _replay_span(schema, own, diagnostic.origin, dialect)
        diagnostics = rest + again
        if len(again) >= len(waiting):
            break
    return diagnostics


def _text_of(texts: Sequence[SqlText], origin: Origin) -> SqlText:
    """The one of several texts of a file in which a statement stands; in the others its place is blank."""
    there = [text for text in texts if text.data[origin.start : origin.end].strip()]
    ending = [text for text in there if text.data[origin.end or 0 :].lstrip()[:1] in {b";", b""}]
    return next(iter(ending or there or texts))


def _replay_span(schema: Schema, text: SqlText, origin: Origin, dialect: str) -> Iterator[Diagnostic]:
    start, end = origin.start or 0, origin.end or 0
    if dialect == "sqlite":
        return sqlite.replay_statement(schema, text, start, end)
    return postgresql.replay_statement(schema, text, start, text.data[start:end])


def _summed(diagnostics: Sequence[Diagnostic], platform: frozenset[str]) -> Iterator[Diagnostic]:
    """The problems, none twice; of those about one missing table, or about the platform's, only the first."""
    older = Counter(d.origin.path for d in diagnostics if _OLDER.search(d.text))
    diagnostics = [*diagnostics]
    for path, number in older.items():
        if number < _OUTDATED:
            continue
        told = [d for d in diagnostics if d.origin.path == path and _OLDER.search(d.text)]
        words = f"{number} statements do not fit the tables, which may be newer (the first: {told[0].text})"
        dropped = {id(d) for d in told}
        diagnostics = [d for d in diagnostics if id(d) not in dropped]
        diagnostics.append(replace(told[0], text=words))
    seen: dict[tuple[str | None, str], int] = {}
    kept: list[tuple[tuple[str | None, str], Diagnostic]] = []
    for diagnostic in diagnostics:
        missing = _MISSING.match(diagnostic.text)
        key: tuple[str | None, str] = (None, missing[0]) if missing else (str(diagnostic.origin), diagnostic.text)
        if missing is not None and missing["schema"] in platform:
            key = (None, "")
        if key not in seen:
            kept.append((key, diagnostic))
        seen[key] = seen.get(key, 0) + 1
    for key, diagnostic in kept:
        more = seen[key] - 1
        if key == (None, ""):
            words = (
                f"statements on tables that the hosting service made are not followed ({more + 1} in all, this first)"
            )
            yield replace(diagnostic, text=words)
        elif more and key[0] is None:
            yield replace(diagnostic, text=f"{diagnostic.text} (and {more} more statements on it)")
        else:
            yield diagnostic
