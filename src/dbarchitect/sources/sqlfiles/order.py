"""In which order the files of a folder of migrations are applied, and which of them lead back and are not."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol, TypeVar


class Named(Protocol):
    """Anything with a path relative to the project, with `/`."""

    @property
    def path(self) -> str:
        """The path."""
        ...


_F = TypeVar("_F", bound=Named)

_BACK = re.compile(
    r"(?:.*[._-](?:down|undo|rollback|revert)|down|undo|rollback|revert|[uU]\d+(?:[._]\d+)*__.*)\.(?:sql|ddl)\Z"
)
_BACK_FOLDERS = frozenset({"down", "undo", "rollback", "rollbacks", "revert", "verify"})
_FLYWAY = re.compile(r"V(\d+(?:[._]\d+)*)__")
_REPEATABLE = re.compile(r"R__")
_NUMBERED = re.compile(r"[vV]?(\d+(?:[._-]\d+)*)")
VERSION_FOLDER = re.compile(r"v?\d+(?:\.\d+)*(?:\.x)?")
MIGRATION_NAME = re.compile(r"(?:V\d+(?:[._]\d+)*__|R__|[vV]?\d+(?:[._-]\d+)*(?:[._-]|(?=\D)))")


@lru_cache(maxsize=100_000)
def leads_back(path: str) -> bool:
    """Whether a file undoes a migration; every migration of a folder asks it of all its files."""
    *folders, name = path.split("/")
    return _BACK.match(name) is not None or bool(folders and folders[-1].lower() in _BACK_FOLDERS)


def in_order(files: Sequence[_F], journal: str | None = None, plan: str | None = None) -> list[_F]:
    """The files that lead forward, in the order of application.

    A Drizzle journal or a Sqitch plan says it; else versions and numbers in the names do, compared as numbers,
    Flyway's repeatable ones last.
    """
    forward = [file for file in files if not leads_back(file.path)]
    listed = journal_tags(journal) if journal is not None else _plan_names(plan) if plan is not None else []
    if listed:
        places = {tag: place for place, tag in enumerate(listed)}
        known = [file for file in forward if _stem(file.path) in places]
        if known:
            return sorted(known, key=lambda file: places[_stem(file.path)])
    return sorted(forward, key=lambda file: _sort_key(file.path))


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def journal_tags(journal: str) -> list[str]:
    """The names that Drizzle's journal lists, in its order."""
    try:
        content = json.loads(journal)
        entries = content.get("entries", []) if isinstance(content, dict) else []
        return [str(e["tag"]) for e in sorted(entries, key=lambda e: int(e["idx"]))]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return []


def _plan_names(plan: str) -> list[str]:
    return re.findall(r"^([\w-][^\s\[]*)(?=\s)", re.sub(r"^[%@#].*$", "", plan, flags=re.MULTILINE), re.MULTILINE)


def _sort_key(path: str) -> tuple[int, tuple[int, ...], tuple[int, ...], str]:
    """Numbered before repeatable; the version that the folder is named after; the numbers; the name.

    Prisma and Diesel name the folder, and go by the spelling of its name; the others compare numbers.
    """
    folder, _, name = path.rpartition("/")
    if name in {"migration.sql", "up.sql"}:
        return 0, (), (), path
    release = _numbers(folder.rpartition("/")[2]) if VERSION_FOLDER.fullmatch(folder.rpartition("/")[2]) else ()
    if _REPEATABLE.match(name):
        return 2, release, (), path
    version = _FLYWAY.match(name) or _NUMBERED.match(name)
    if version is None:
        return 0 if release else 1, release, (), path
    return 0, release, _numbers(version[1]), path


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", text))
