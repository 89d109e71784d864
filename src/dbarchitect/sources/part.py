"""A file or package named by itself, judged as what it is: a part of its project.

`dba audit shop/models.py` asks about the tables of that file, but what they are is decided elsewhere too: by settings,
by bases in other files, by the tables that they point at. So the whole project is read, and what is declared outside
the part stays in the catalog as context that no rule judges.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.base import SourceReading

_MARKS = ("manage.py", "pyproject.toml", "setup.py", "setup.cfg", "alembic.ini", "requirements.txt", "package.json")
_CODE = frozenset({".py", ".pyi", ".prisma"})
_MOST = 0.5
_ELSEWHERE = "the rest of the project"


def project_around(path: Path) -> Path | None:
    """The folder of the project that a file of code, a Python package or a folder of a Prisma schema without its
    datasource is a part of; None for what is whole.

    That is the repository's root, else the nearest folder above with a manage.py, a pyproject.toml, a package.json …;
    never the home directory or what is above it. SQL files are whole: a dump says everything itself.
    """
    try:
        base = path.resolve(strict=True)
        home = Path.home().resolve()
    except (OSError, RuntimeError):
        return None
    if base.is_dir():
        if not os.access(base, os.X_OK):  # what may not be entered cannot be asked for what lies in it
            return None
        if (base / ".git").exists() or _is_marked(base) or not _is_incomplete(base):
            return None
    elif base.suffix.lower() not in _CODE:
        return None
    nearest: Path | None = None
    for folder in base.parents:
        if folder == home or folder in home.parents:
            break
        if (folder / ".git").exists():
            return folder
        if nearest is None and _is_marked(folder):
            nearest = folder
    return nearest


def _is_marked(folder: Path) -> bool:
    """Whether a folder is where a project begins; a package that keeps its alembic.ini inside does not begin there."""
    if (folder / "__init__.py").is_file():
        return (folder / "manage.py").is_file()
    return any((folder / mark).is_file() for mark in _MARKS)


def _is_incomplete(folder: Path) -> bool:
    """Whether a folder belongs to something larger by what lies in it."""
    if (folder / "__init__.py").is_file():
        return True
    try:
        schemas = [file.read_bytes() for file in folder.glob("*.prisma") if file.is_file()]
    except OSError:
        return False
    return bool(schemas) and not any(b"datasource" in text for text in schemas)


def only_part(readings: Sequence[SourceReading], part: str) -> tuple[SourceReading, ...]:
    """The readings with only the tables below a path (relative, with `/`) as the application's own.

    Tables count that are declared there, or get most of their columns from there (a file of abstract models); where
    none does, those that get any (a file of mixins). Readings without any are left out.
    """
    for share in (_MOST, 0.0):
        found = [_restricted(reading, part, share) for reading in readings]
        if any(reading is not None for reading in found):
            return tuple(reading for reading in found if reading is not None)
    return ()


def _restricted(reading: SourceReading, part: str, share: float) -> SourceReading | None:
    def belongs(table: Table) -> bool:
        here = sum(_is_below(column.origin, part) for column in table.columns)
        return _is_below(table.origin, part) or here > share * len(table.columns)

    tables = tuple(
        table if table.owned_by is not None or belongs(table) else replace(table, owned_by=_ELSEWHERE)
        for table in reading.catalog.tables
    )
    if all(table.owned_by is not None for table in tables):
        return None
    return replace(
        reading,
        catalog=replace(reading.catalog, tables=tables),
        code=_asked(reading.code, {t.ref.key for t in tables if t.owned_by is None}, part),
        diagnostics=tuple(d for d in reading.diagnostics if d.origin.path is None or _is_below(d.origin, part)),
    )


def _is_below(origin: Origin, part: str) -> bool:
    return origin.path is not None and (origin.path == part or origin.path.startswith(f"{part}/"))


def _asked(code: Code | None, tables: set[tuple[str, ...]], part: str) -> Code | None:
    """The code with the queries of these tables, and those that stand below the path."""
    if code is None:
        return None
    queries = (q for q in code.queries if (q.table is not None and q.table.key in tables) or _is_below(q.origin, part))
    return replace(code, queries=tuple(queries))
