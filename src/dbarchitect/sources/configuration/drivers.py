"""Drivers among a project's requirements: weak evidence of the engine that it talks to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.engine import MYSQL, POSTGRESQL, SQLITE
from dbarchitect.catalog.survey import ConfiguredEngine
from dbarchitect.sources.configuration.environments import environment_of, is_illustration
from dbarchitect.sources.configuration.files import Place
from dbarchitect.sources.discover import Project

_DRIVERS = {
    "psycopg": POSTGRESQL,
    "psycopg2": POSTGRESQL,
    "psycopg2-binary": POSTGRESQL,
    "psycopg2cffi": POSTGRESQL,
    "asyncpg": POSTGRESQL,
    "pg8000": POSTGRESQL,
    "aiosqlite": SQLITE,
    "pysqlite3": SQLITE,
    "pysqlcipher3": SQLITE,
    "pymysql": MYSQL,
    "mysqlclient": MYSQL,
    "aiomysql": MYSQL,
    "asyncmy": MYSQL,
    "mysql-connector-python": MYSQL,
}
_FILES = re.compile(
    r"requirements[\w.-]*\.(?:txt|in)|[\w.-]*requirements\.(?:txt|in)|pyproject\.toml|Pipfile|setup\.(?:cfg|py)|environment\.ya?ml"
)
_NAME = re.compile(
    rf"(?<![\w./-])(?P<name>{'|'.join(sorted(_DRIVERS, key=len, reverse=True))})(?![\w/-])", re.IGNORECASE
)


def engines_of_drivers(project: Project, prefix: str) -> Iterator[ConfiguredEngine]:
    """One for each engine that a requirements file has a driver for: marked as a default without a target.

    Requirements for development and tests, and comments, are passed over.
    """
    for file in project.under(prefix):
        in_folder = file.path.rpartition("/")[0].rpartition("/")[2] == "requirements" and file.suffix in {".txt", ".in"}
        if not in_folder and not _FILES.fullmatch(file.name):
            continue
        if is_illustration(file.path, prefix):
            continue
        if environment_of(file.name) in {"testing", "development"}:
            continue
        try:
            place = Place(file, file.text())
        except (OSError, UnicodeDecodeError):
            continue
        seen: set[str] = set()
        for match in _NAME.finditer(place.text):
            line = place.text[place.text.rfind("\n", 0, match.start()) + 1 : match.start()]
            engine = _DRIVERS[match["name"].lower()]
            if "#" in line or engine.name in seen:
                continue
            seen.add(engine.name)
            yield ConfiguredEngine(engine, place.origin(match.start(), match.end()), is_default=True)
