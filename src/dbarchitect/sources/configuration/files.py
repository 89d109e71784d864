"""Engines named in files that are not Python: env files, ini, toml, yaml, app.json.

All are read line by line, so that each engine has its place and a broken file loses nothing but its broken lines.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import ConfiguredEngine
from dbarchitect.sources.configuration.compose import IMAGE_FILE, engines_of_images
from dbarchitect.sources.configuration.environments import environment_of_path, is_illustration
from dbarchitect.sources.configuration.names import names_database, names_engine
from dbarchitect.sources.configuration.urls import ELLIPSIS, engine_of_scheme, find_urls
from dbarchitect.sources.consulted import note_file
from dbarchitect.sources.discover import Project, SourceFile

_SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+|set[ \t]+|-[ \t]*)?["']?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)["']?"""
    r"""[ \t]*[=:][ \t]*(?P<value>\S.*?)[ \t]*$""",
    re.MULTILINE,
)
_PLACEHOLDER = re.compile(
    r"\$\{[A-Za-z_]\w*:?-(?P<default>[^{}]*)\}|\$\{[^}]{0,500}\}|\$\w+|\$\(\w+\)|<[^<>\s]*>|\{\{?[^{}]*\}\}?"
)
_ENV_FILE = re.compile(r"[\w.-]*\.env(?:[.-][\w.-]+)?\Z|\.?env(?:rc|[._-][\w.-]+)?\Z|\.flaskenv\Z")
_SETTINGS_FILE = re.compile(r"[\w.-]+\.(?:ini|cfg|toml|ya?ml|conf)\Z|app\.json\Z|Dockerfile[\w.-]*\Z")
_NOT_SETTINGS = frozenset(
    {"setup.cfg", "tox.ini", "pytest.ini", "mypy.ini", "poetry.toml", "pnpm-lock.yaml", "mkdocs.yml"}
)
_REMARK = re.compile(r"\s#.*")
_ADDON = re.compile(r"heroku-postgresql")
_RENDER = re.compile(r"^databases:", re.MULTILINE)
_RENDER_VERSION = re.compile(r"""^[^\S\n]*+postgresMajorVersion:\s*+["']?(?P<version>\d+)""", re.MULTILINE)
_LONGEST = 300_000
"""Bytes: a longer file of settings was not written by a person."""


class Place:
    """A text and where it stands, for the origins of what is found in it."""

    def __init__(self, file: SourceFile, text: str) -> None:
        self.path = file.path
        self.text = text
        self._digest: str | None = None
        self._file = file

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line begins, in characters: a text may hold thousands of places."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def _bytes(self) -> list[int]:
        """Where each line begins, in bytes."""
        ends = (*self._lines[1:], len(self.text))
        sizes = (len(self.text[start:end].encode()) for start, end in zip(self._lines, ends, strict=True))
        return list(accumulate(sizes, initial=0))

    def origin(self, start: int, end: int) -> Origin:
        """The place of characters `start` up to `end` of the text."""
        if self._digest is None:
            self._digest = hashlib.sha256(self._file.read_bytes()).hexdigest()
        line = bisect_right(self._lines, start)
        begins = self._lines[line - 1]
        column = start - begins + 1
        first = self._bytes[line - 1] + len(self.text[begins:start].encode())
        last = first + len(self.text[start:end].encode())
        return Origin(self.path, line, column, line, None, first, last, self._digest)


def engines_of_files(project: Project, prefix: str) -> Iterator[ConfiguredEngine]:
    """Every engine that a settings file below `prefix` names, in the order of the paths."""
    for file in project.under(prefix):
        if not _is_settings(file) or ".github/" in file.path:
            continue
        if file.size > _LONGEST:
            note_file(file.path)
            continue
        if is_illustration(file.path, prefix):
            continue
        try:
            place = Place(file, file.text())
        except (OSError, UnicodeDecodeError):
            continue
        if IMAGE_FILE.fullmatch(file.name):
            yield from engines_of_images(place.text, place.origin, environment_of_path(file.path))
        yield from _settings(place)
        yield from _hosting(file, place)


def _is_settings(file: SourceFile) -> bool:
    name = file.name
    if name in _NOT_SETTINGS or name.endswith((".py", ".md", ".ts", ".js")):
        return False
    return bool(_ENV_FILE.fullmatch(name) or _SETTINGS_FILE.fullmatch(name))


def _settings(place: Place) -> Iterator[ConfiguredEngine]:
    """`NAME=value` and `name: value` lines whose name speaks of a database and whose value of an engine."""
    if "://" not in place.text and not re.search(r"(?i)(?:db|database)", place.text):
        return
    environment = environment_of_path(place.path)
    for match in _SETTING.finditer(place.text):
        name = match["name"]
        if not names_database(name) and not name.endswith("sqlalchemy.url"):
            continue
        raw = match["value"]
        value = _PLACEHOLDER.sub(lambda m: m["default"] or ELLIPSIS, raw)
        origin = place.origin(match.start("value"), match.end("value"))
        for url in find_urls(value):
            yield ConfiguredEngine(url.engine, origin, environment, is_default=":-" in raw, target=url.target)
            break
        else:
            chosen = _REMARK.sub("", value).strip("\"' ")
            engine = engine_of_scheme(chosen) if names_engine(name) else None
            if engine is not None:
                yield ConfiguredEngine(engine, origin, environment, is_choice=True)


def _hosting(file: SourceFile, place: Place) -> Iterator[ConfiguredEngine]:
    """The databases that a hosting service is asked for: Heroku's add-on, Render's `databases`."""
    from dataclasses import replace

    from dbarchitect.catalog.engine import POSTGRESQL

    if file.name == "app.json" and (addon := _ADDON.search(place.text)):
        engine = replace(POSTGRESQL, hosted_by="heroku")
        yield ConfiguredEngine(engine, place.origin(addon.start(), addon.end()), "production")
    if file.name in {"render.yaml", "render.yml"} and (found := _RENDER.search(place.text)):
        version = _RENDER_VERSION.search(place.text)
        engine = replace(POSTGRESQL, hosted_by="render", version=version["version"] if version else None)
        yield ConfiguredEngine(engine, place.origin(found.start(), found.end()), "production")
