"""What an earlier run knows of the sources of a project, for those that still are what they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property

from dbarchitect.sources.typescript.words import Searched

Answers = dict[Searched, tuple[frozenset[str] | None, frozenset[str]]]
"""What was searched for: among which paths (None: all), and in which of them it is."""


@dataclass(frozen=True)
class Recalled:
    """`digests` are those of all sources (empty: left out); `answers` tell what was searched for, `gathered` what was
    taken out of which source. The `edited` ones are no longer what they were."""

    digests: Mapping[str, bytes] = field(default_factory=dict)
    answers: Mapping[Searched, tuple[frozenset[str] | None, frozenset[str]]] = field(default_factory=dict)
    gathered: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    edited: AbstractSet[str] = frozenset()

    def digest(self, path: str) -> bytes | None:
        """The digest of a source; None where it is not known, or not the same any more."""
        return self.digests.get(path) if path not in self.edited else None

    @cached_property
    def plain(self) -> AbstractSet[str]:
        """The sources that are known to be what people wrote, byte for byte as their files hold it."""
        return frozenset(path for path, digest in self.digests.items() if len(digest) == PLAIN) - self.edited

    def known(self, pattern: Searched) -> tuple[AbstractSet[str], frozenset[str]]:
        """The sources of which it is known whether they hold what is searched for, and which do."""
        if pattern not in self.answers:
            return frozenset(), frozenset()
        among, found = self.answers[pattern]
        return self.plain if among is None else self.plain & among, found


PLAIN = 32
"""Bytes of the digest of a source that was read as it is."""


def noted(answers: Answers, pattern: Searched, among: Iterable[str] | None, found: Iterable[str]) -> None:
    """Note what was searched for."""
    before = answers.get(pattern, (frozenset[str](), frozenset[str]()))
    everywhere = among is None or before[0] is None
    asked = None if everywhere else frozenset[str]().union(before[0] or (), among or ())
    answers[pattern] = (asked, before[1].union(found))


def carry(before: Answers, answers: Answers, edited: AbstractSet[str], paths: Iterable[str]) -> None:
    """Add what an earlier run found of the sources that are the same, where nobody has asked again."""
    same = frozenset(paths) - edited
    for pattern, (among, found) in before.items():
        if pattern not in answers:
            answers[pattern] = (same if among is None else among - edited, found - edited)
