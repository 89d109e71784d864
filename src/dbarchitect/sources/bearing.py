"""Whether what was looked at would say the same of files that hold something else than they did."""

from __future__ import annotations

from collections.abc import Mapping

from dbarchitect.sources.consulted import Consulted, Searchable
from dbarchitect.sources.discover import is_plain
from dbarchitect.sources.state import Changes
from dbarchitect.sources.typescript.sources import is_searched_as_it_is
from dbarchitect.sources.typescript.specifiers import SUFFIXES


def bears(log: Consulted, changes: Changes) -> bool:
    """Whether these changes leave everything that was looked at as it was."""
    if changes.added or changes.removed:
        return False
    return all(bears_edit(log, path, content) for path, content in changes.edited.items())


def bears_edit(log: Consulted, path: str, content: bytes) -> bool:
    """Whether a file could have had this content, with everything that was looked at being the same."""
    if path in log.files:
        return False
    name = path.lower()
    if name.endswith((".py", ".pyi")):
        held = is_plain(content) and _holds_the_same(path, content, log.patterns)
        held = held and all((word in content) == (path in paths) for word, paths in log.words.items())
    elif name.endswith(SUFFIXES):
        held = is_searched_as_it_is(content) and _holds_the_same(path, content, log.in_scripts)
    else:
        held = True
    return held and all(
        (pattern.search(content) is not None) == (path in found)
        for pattern, (among, found) in log.sought.items()
        if path in among
    )


def _holds_the_same(path: str, content: bytes, searched: Mapping[Searchable, frozenset[str]]) -> bool:
    return all((each.search(content) is not None) == (path in paths) for each, paths in searched.items())
