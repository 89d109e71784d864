"""What git ignores: the patterns of a repository's .gitignore files, and which of them decide of a path."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

_UNCLOSED = re.compile(r"(?:\\.|[^\\\[]|\[[!^]?+\]?+(?:\\.|[^\\\]])*+\])*+\[", re.DOTALL)
_MOST_STARS = 4  # in a pattern, or in one name of it

Specs = tuple[tuple[int, GitIgnoreSpec], ...]
"""Files of patterns, outermost first, each with the length of the path of its own folder."""


def ignores_above(base: Path) -> Iterator[tuple[int, GitIgnoreSpec]]:
    """The .gitignore files between the root of the repository and the folder above `base`, made relative to it.

    None when they would ignore `base` itself: whoever names a folder wants it read.
    """
    if (base / ".git").exists():
        yield from _own_excludes(base)
        return
    for parent in base.parents:
        if (parent / ".git").exists():
            break
    else:
        return
    found: list[tuple[int, GitIgnoreSpec]] = []
    for folder in (*reversed(base.relative_to(parent).parents),):
        spec = read_ignore(parent / folder / ".gitignore")
        if spec is None:
            continue
        inside = base.relative_to(parent / folder).as_posix()
        if spec.match_file(inside + "/"):
            return
        found.append((-len(inside) - 1, _Prefixed(inside + "/", spec)))
    yield from found


class _Prefixed(GitIgnoreSpec):
    """A .gitignore of a folder above the project: paths get the way down to the project in front."""

    def __init__(self, prefix: str, spec: GitIgnoreSpec) -> None:
        super().__init__(spec.patterns)
        self.prefix = prefix


def _own_excludes(base: Path) -> Iterator[tuple[int, GitIgnoreSpec]]:
    spec = read_ignore(base / ".git" / "info" / "exclude")
    if spec is not None:
        yield 0, spec


def read_ignore(path: Path) -> GitIgnoreSpec | None:
    """The patterns of a .gitignore file without those that are malformed; None where there are none."""
    try:
        if not path.is_file():  # a named pipe would keep us waiting for ever
            return None
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    kept = [line for line in lines if line.strip() and not line.startswith("#") and not _is_endless(line)]
    try:
        return spec_of(kept) if kept else None
    except (ValueError, re.error):  # one malformed pattern must not lose the others
        return spec_of([line for line in kept if is_pattern(line)])


def is_pattern(line: str) -> bool:
    """Whether a line is a pattern that we would try on names."""
    try:
        spec_of([line])
    except (ValueError, re.error):
        return False
    return not _is_endless(line)


def is_unclosed(pattern: str) -> bool:
    """Whether a bracket opens a set of characters that nothing closes: git matches nothing by such a pattern."""
    return _UNCLOSED.match(pattern) is not None


def _is_endless(line: str) -> bool:
    """True for a pattern of so many stars that to try all their lengths on one long name would take hours."""
    return line.count("**") > _MOST_STARS or any(part.count("*") > _MOST_STARS for part in line.split("/"))


def spec_of(lines: Sequence[str]) -> GitIgnoreSpec:
    """Some patterns, made into regular expressions without a word about what these may mean in later versions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return GitIgnoreSpec.from_lines(lines)


def is_ignored(specs: Specs, path: str) -> bool:
    """Whether a path is ignored: the innermost file with something to say decides; inside one, its last match."""
    for start, spec in reversed(specs):
        relative = spec.prefix + path if isinstance(spec, _Prefixed) else path[start:]
        verdict = spec.check_file(relative).include
        if verdict is not None:
            return verdict
    return False
