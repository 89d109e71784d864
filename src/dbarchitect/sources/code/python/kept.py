"""What following the modules of a large project gave, kept for the next run, each module's by itself.

What was seen in a module is used again while nothing changed that it depends on: every file of which a function was
followed for it or a place is told (`Seen.touched`); what the modules say outside their functions that its names lead
to, and that theirs lead to (`links`); what was asked of the whole project (`answers`). The rest cannot have changed:
with other models, another list of files or other settings, what is declared is another reading, and nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeAlias

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.code.keeper import Keeper
from dbarchitect.sources.code.python.crowds import Header
from dbarchitect.sources.code.python.fragments import Seen
from dbarchitect.sources.code.stale import leading_to
from dbarchitect.sources.consulted import Consulted
from dbarchitect.sources.state import Changes


@dataclass(eq=False, slots=True)
class Learnt:
    """What processes that followed modules learnt on the way, which holds for others as well.

    `links` lead from modules to those that their names mean, `surfaces` are digests of what modules say outside their
    functions, `called` the modules of which functions stand for constants. `touched` and `asked` are files and answers
    that anything may depend on; `answers` are those that were given.
    """

    links: dict[str, set[str]] = field(default_factory=dict)
    surfaces: dict[str, bytes] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)

    def add(self, other: Learnt) -> None:
        """Take in what another one knows."""
        for path, led_to in other.links.items():
            self.links.setdefault(path, set()).update(led_to)
        self.surfaces |= other.surfaces
        self.called |= other.called
        self.touched |= other.touched
        self.asked |= other.asked
        self.answers |= other.answers

    @classmethod
    def of(cls, found: Iterable[Learnt]) -> Learnt:
        """All of some."""
        whole = cls()
        for learnt in found:
            whole.add(learnt)
        return whole


@dataclass(eq=False, slots=True)
class Known:
    """All that is kept of a project: what was seen in each module, what was learnt and looked at on the way, the names
    of classes in its modules; what was `said` of modules that cannot be read, what vocabularies `gathered` from all of
    them, what was looked at for signs. `token` is the name of the reading that was made of it."""

    seen: dict[str, Seen] = field(default_factory=dict)
    learnt: Learnt = field(default_factory=Learnt)
    looked: Consulted = field(default_factory=Consulted)
    headers: dict[str, tuple[Header, ...]] = field(default_factory=dict)
    said: tuple[Diagnostic, ...] = ()
    gathered: str = ""
    signs: Consulted = field(default_factory=Consulted)
    token: str = ""


Last: TypeAlias = tuple[Known, Changes]
"""What the last run left, and what changed since."""


class Kept(Keeper[Known]):
    """What is kept of the Python of one project: taken from its place before following, put there after it."""

    def load(self) -> Last | None:
        """What the last run left, with what changed since; None where nothing can be used."""
        before = self.before
        found = self.found() if before is not None else None
        if before is None or not isinstance(found, Known) or found.token != before.token or before.changes.moves:
            return None
        return found, before.changes

    def signed(self, log: Consulted) -> None:
        """What was looked at for signs."""
        if self._made is not None:
            self._made.signs = log


def stale(known: Known, edited: AbstractSet[str], otherwise: AbstractSet[str], answers: AbstractSet[str]) -> set[str]:
    """The modules of which something that they depend on changed: `edited` files, of which those of `otherwise` say
    something else outside their functions, and answers of the whole project."""
    changed = leading_to(otherwise, known.learnt.links) | edited
    if not known.learnt.touched.isdisjoint(changed) or not known.learnt.asked.isdisjoint(answers):
        return set(known.seen)
    return {
        path
        for path, seen in known.seen.items()
        if not seen.touched.isdisjoint(changed) or not seen.asked.isdisjoint(answers)
    }
