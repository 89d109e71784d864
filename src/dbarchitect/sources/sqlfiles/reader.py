"""The reader of SQL files: which sets of files are applications of their own, and which tell the same schema twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.survey import Application
from dbarchitect.counted import count
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import Project
from dbarchitect.sources.sqlfiles.dialects import NAMES, READABLE
from dbarchitect.sources.sqlfiles.folders import FileSet, find_sets
from dbarchitect.sources.sqlfiles.reading import NOT_YET, read_set

_SAME_AT_LEAST = 0.5
_MISSING = re.compile(rf"there is no (?:table )?(?:\w+\.)?\"?(?P<name>\w+)\"? {NOT_YET}")
_Pair = tuple[FileSet, SourceReading]
_PREFERENCE = ("postgresql", "sqlite")


@dataclass(frozen=True, slots=True)
class SqlFilesReader:
    """Finds SQL files that create tables, and replays them.

    `claimed` are folders (relative, with `/`; `.` for all) whose SQL files belong to a framework's application: its
    models are read instead. The engine is the one that configuration beside the files names (Prisma's migration lock,
    Drizzle's journal, sqlc), else the folder's name, else the content; PostgreSQL where nothing tells.
    """

    claimed: tuple[str, ...] = ()
    name: str = "sql"

    def read(self, project: Project) -> tuple[SourceReading, ...]:
        """One reading per schema found.

        Files for databases that cannot be read yet are named in a Diagnostic: of the first reading, or of one that is
        otherwise empty.
        """
        every: list[_Pair] = []
        for found in find_sets(project, self.claimed):
            path = found.application_path
            name = path.rpartition("/")[2] if path != "." else project.root.name
            every.append((found, read_set(found, Application(name or "sql", path, "sql"))))
        applications: dict[str, list[_Pair]] = {}
        for pair in every:
            base = next((other for other in every if _leads_to(pair, other)), pair)
            applications.setdefault(_without_dialect(base[0].application_path), []).append(pair)
        readings = [reading for sets in applications.values() for reading in _distinct(_on_their_base(sets))]
        readable = [r for r in readings if r.catalog.engine.name in READABLE]
        whole = [r for r in readable if not _is_fragment(r)] or readable
        notes = [d for r in readings if r not in readable for d in r.diagnostics]
        notes += [_note(r) for r in readable if r not in whole]
        if not whole:
            return tuple(replace(r, diagnostics=tuple(notes)) for r in readings[:1])
        return (replace(whole[0], diagnostics=(*whole[0].diagnostics, *notes)), *whole[1:])


def _is_fragment(reading: SourceReading) -> bool:
    """Whether the files change more tables than they create, or make them after others that stand elsewhere."""
    if not any(table.columns for table in reading.catalog.tables):
        return True
    missing = [d for d in reading.diagnostics if NOT_YET in d.text]
    return len(missing) > len(reading.catalog.tables)


def _note(reading: SourceReading) -> Diagnostic:
    files = "1 SQL file here speaks" if len(reading.files) == 1 else f"{len(reading.files)} SQL files here speak"
    words = f"{files} of tables that stand elsewhere: they were not audited"
    return Diagnostic(Origin(reading.files[0] if reading.files else None, 1), words)


def _without_dialect(path: str) -> str:
    return "/".join(part for part in path.split("/") if part.lower() not in NAMES)


def _leads_to(changes: _Pair, base: _Pair) -> bool:
    """Whether ordered files change tables that schema files above or beside them create: a folder of updates to a
    database that whoever begins anew makes whole."""
    (later, of_changes), (schema, of_base) = changes, base
    above = later.folder.rpartition("/")[0]
    near = schema.folder == above or schema.folder.rpartition("/")[0] == above
    if not later.ordered or schema.ordered or not near or of_changes.catalog.engine != of_base.catalog.engine:
        return False
    missing = {match["name"] for d in of_changes.diagnostics if (match := _MISSING.match(d.text))}
    known = {table.name for table in of_base.catalog.tables}
    named = missing | {table.name for table in of_changes.catalog.tables}
    return bool(missing & known) and len(named & known) >= _SAME_AT_LEAST * len(named)


def _on_their_base(sets: list[_Pair]) -> list[_Pair]:
    """Migrations that go on from a schema file are replayed on it: they name tables which they do not create. Where it
    holds what they make already it is what they led to, and they are left out."""
    done = list(sets)
    for migrations in [pair for pair in sets if pair[0].ordered and pair[1].diagnostics]:
        best = migrations
        for base in [pair for pair in sets if not pair[0].ordered]:
            if base[1].catalog.engine != migrations[1].catalog.engine:
                continue
            together = replace(migrations[0], files=(*base[0].files, *migrations[0].files), given=len(base[0].files))
            reading = read_set(together, migrations[1].application)
            if len(reading.diagnostics) < len(best[1].diagnostics):
                best = (together, reading)
        whole = next((at for at, pair in enumerate(done) if _leads_to(migrations, pair)), None)
        if whole is not None and (best is migrations or _is_broken(best[1])):
            done[whole] = (done[whole][0], _with_updates(done[whole][1], migrations[0]))
            done.remove(migrations)
        else:
            done[done.index(migrations)] = best
    return done


def _with_updates(reading: SourceReading, updates: FileSet) -> SourceReading:
    files = count(len(updates.files), "SQL file")
    words = f"{files} of updates, which the whole schema beside them is taken to hold: not audited by themselves"
    return replace(reading, diagnostics=(*reading.diagnostics, Diagnostic(Origin(updates.files[0].path, 1), words)))


def _distinct(sets: Sequence[_Pair]) -> list[SourceReading]:
    """The readings of one application without those that tell the schema of another one again.

    A project keeps the same schema for several databases, or a dump beside its migrations. The one for PostgreSQL is
    read before the one for SQLite, migrations before a dump, and what replays without problems before what does not.
    """
    ranked = sorted(sets, key=lambda pair: _rank(*pair))
    kept: list[_Pair] = []
    for found, reading in ranked:
        same = next((other for other in kept if _tells_the_same(reading, other[1])), None)
        if same is None:
            kept.append((found, reading))
            continue
        dialect = reading.catalog.engine.name
        if dialect != same[1].catalog.engine.name:
            note = f"the same schema for {dialect} is not audited, only the one for {same[1].catalog.engine.name}"
            diagnostic = Diagnostic(Origin(found.folder or "."), note)
            if diagnostic not in same[1].diagnostics:
                changed = replace(same[1], diagnostics=(*same[1].diagnostics, diagnostic))
                kept[kept.index(same)] = (same[0], changed)
    return [reading for _, reading in sorted(kept, key=lambda pair: pair[0].folder)]


def _rank(found: FileSet, reading: SourceReading) -> tuple[int, int, bool, int]:
    engine = reading.catalog.engine.name
    place = _PREFERENCE.index(engine) if engine in _PREFERENCE else len(_PREFERENCE)
    return place, _is_broken(reading), not found.ordered, -len(reading.catalog.tables)


def _is_broken(reading: SourceReading) -> bool:
    return len(reading.diagnostics) * 4 > len(reading.catalog.tables)


def _tells_the_same(reading: SourceReading, other: SourceReading) -> bool:
    if reading.catalog.engine.name not in READABLE:
        return True
    names = {_plain(t.name) for t in reading.catalog.tables}
    known = {_plain(t.name) for t in other.catalog.tables}
    return len(names & known) >= _SAME_AT_LEAST * min(len(names), len(known)) if names and known else not names


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
