"""Modules that came or went since the last run, and which of the others may notice it.

A name leads to a module only where the module's own name is written: in an import, behind a dot, in a text that is
imported. So a module without that word says what it said; one with it counts as edited, for all that lead through it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.sources.bearing import is_led_to_by_none
from dbarchitect.sources.python.index import ROOT_MARKS, PythonIndex
from dbarchitect.sources.state import Changes

_PACKAGE = "__init__.py"


def comers(changes: Changes) -> dict[str, bytes]:
    """The modules that came, with what they hold, and those that went, with nothing."""
    gone = dict.fromkeys((path for path in changes.removed if _is_module(path)), b"")
    return {**{path: content for path, content in changes.added.items() if _is_module(path)}, **gone}


def noticing(index: PythonIndex, changes: Changes) -> frozenset[str] | None:
    """The modules that may notice which ones came and went; None where more hangs on one of them than its name does:
    where imports begin, what is a package, which folders hold modules at all."""
    others = (path for path in (*changes.added, *changes.removed) if not _is_module(path))
    if not all(map(is_led_to_by_none, others)):
        return None
    words = set()
    stayed = {_folder(path) for path in index.modules if path not in changes.added}
    for path in comers(changes):
        name = path.rpartition("/")[2]
        if name == _PACKAGE or name in ROOT_MARKS or _folder(path) not in stayed:
            return None
        words.add(name.removesuffix(".py").encode())
    return frozenset(_with_words(index, words)) if words else frozenset()


def _with_words(index: PythonIndex, words: set[bytes]) -> Iterator[str]:
    pattern = re.compile(rb"(?<!\w)(?:" + b"|".join(map(re.escape, sorted(words))) + rb")(?!\w)")
    for path, module in index.modules.items():
        try:
            if pattern.search(module.searched) is not None:
                yield path
        except OSError:
            yield path


def _is_module(path: str) -> bool:
    return path.endswith(".py")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
