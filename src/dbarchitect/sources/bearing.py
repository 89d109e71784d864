"""Whether what was looked at would say the same of files that hold something else than they did."""

from __future__ import annotations

from collections.abc import Mapping

from dbarchitect.sources.consulted import Consulted, Searchable
from dbarchitect.sources.deployment.places import DOCUMENTS, kind_of
from dbarchitect.sources.discover import SourceFile, is_plain, suffix_of
from dbarchitect.sources.state import Changes
from dbarchitect.sources.typescript.sources import is_searched_as_it_is
from dbarchitect.sources.typescript.specifiers import SUFFIXES

_ASSETS = frozenset(
    {".css", ".scss", ".sass", ".less", ".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico", ".woff",
     ".woff2", ".ttf", ".otf", ".eot", ".mp3", ".mp4", ".webm", ".pdf"}
)  # fmt: skip
_DOCUMENTS = frozenset({".md", ".mdx", ".rst"})


def is_led_to_by_none(path: str) -> bool:
    """Whether no name in Python leads to a file of this name: a script of another language, a document, a picture."""
    suffix = suffix_of(path)
    return suffix in SUFFIXES or suffix in _ASSETS or suffix in _DOCUMENTS


def bears(log: Consulted, changes: Changes) -> bool:
    """Whether these changes leave everything that was looked at as it was."""
    if changes.moves:
        return False
    return (
        all(bears_new(log, path, content) for path, content in changes.added.items())
        and all(bears_loss(log, path) for path in changes.removed)
        and all(bears_edit(log, path, content) for path, content in changes.edited.items())
    )


def bears_new(log: Consulted, path: str, content: bytes) -> bool:
    """Whether a file could be new, with everything that was looked at being the same."""
    return _is_listed_by_none(log, path) and bears_edit(log, path, content)


def bears_loss(log: Consulted, path: str) -> bool:
    """Whether a file could be gone, with everything that was looked at being the same."""
    searched = (*log.in_scripts.values(), *(among for among, _ in log.sought.values()))
    return _is_listed_by_none(log, path) and path not in log.files and not any(path in each for each in searched)


def _is_listed_by_none(log: Consulted, path: str) -> bool:
    """Whether nobody who went through the list of files cares for one of this name.

    Readers of models list Python, SQL, Prisma's schemas, manifests and settings; scripts are searched, and asked for by
    what imports them; documents and pictures mean nothing but to who tells how the program is run.
    """
    file = SourceFile(path, 0, path)
    if file.suffix in _ASSETS:
        return kind_of(file) is None
    if log.listed:
        return False
    if file.suffix in SUFFIXES:
        return bool(log.in_scripts) and not log.resolved and "config" not in file.name.lower()
    return file.suffix in _DOCUMENTS and kind_of(file) in {None, DOCUMENTS}


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
