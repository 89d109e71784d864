"""Database servers among the containers of a compose file (or of a Kubernetes manifest): the image and its version."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from dbarchitect.catalog.engine import MARIADB, MYSQL, POSTGRESQL
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import ConfiguredEngine

IMAGE_FILE = re.compile(r"[\w.-]+\.ya?ml")
"""Files whose `image:` lines are read."""

_SERVERS = {
    "postgres": POSTGRESQL,
    "postgresql": POSTGRESQL,
    "postgis": POSTGRESQL,
    "pgvector": POSTGRESQL,
    "pgvecto-rs": POSTGRESQL,
    "timescaledb": POSTGRESQL,
    "timescaledb-ha": POSTGRESQL,
    "mysql": MYSQL,
    "mysql-server": MYSQL,
    "mariadb": MARIADB,
}
_IMAGE = re.compile(r"""^(?P<indent>[ \t]*)(?:-[ \t]+)?image:[ \t]*["']?(?P<image>[^\s"'#]+)""", re.MULTILINE)
_DEFAULT = re.compile(r"\$\{\w++:?-([^}]{0,1000})\}|\$\{\w+\}|\$\w+")
_VERSION = re.compile(r"(?:pg|postgres)?v?(\d+(?:\.\d+)*)")
_NAME = re.compile(r"""(?:POSTGRES_DB|MYSQL_DATABASE|MARIADB_DATABASE)["']?\s*[:=]\s*["']?([\w-]+)""")


def engines_of_images(
    text: str, origin: Callable[[int, int], Origin], environment: str | None
) -> Iterator[ConfiguredEngine]:
    """Each `image: postgres:16` with its version; `POSTGRES_DB` of the same service gives the database's name."""
    for match in _IMAGE.finditer(text):
        image = _DEFAULT.sub(lambda m: m[1] or "", match["image"]).partition("@")[0]
        repository, _, tag = image.rpartition("/")[2].partition(":")
        engine = _SERVERS.get(repository.lower())
        if engine is None:
            continue
        version = _VERSION.match(tag)
        if version is not None and engine is POSTGRESQL and repository.startswith("timescaledb") and "pg" in tag:
            version = _VERSION.search(tag, tag.index("pg"))
        named = replace(engine, version=version[1]) if version is not None and version[1] else engine
        name = _NAME.search(_service(text, match))
        target = name[1] if name is not None else None
        yield ConfiguredEngine(named, origin(match.start("image"), match.end("image")), environment, target=target)


def _service(text: str, image: re.Match[str]) -> str:
    """The lines of the service that the image belongs to: all around it that are indented as deep."""
    depth = len(image["indent"])
    lines = text.split("\n")
    at = text.count("\n", 0, image.start())

    def belongs(line: str) -> bool:
        bare = line.lstrip()
        return not bare or bare.startswith("#") or len(line) - len(bare) >= depth

    first = last = at
    while first > 0 and belongs(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and belongs(lines[last + 1]):
        last += 1
    return "\n".join(lines[first : last + 1])
