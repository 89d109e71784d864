"""What expressions of Knex stand for besides what every query builder has."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.catalog.queries import LoopFact
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site

LIBRARY = "knex"
MOST_STEPS = 200
"""Steps of one query that are looked at."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call that builds a query. `optional`: it is made on some ways through the code only; `branch` are those."""

    name: str
    arguments: Arguments
    site: Site
    optional: bool = False
    branch: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class Query:
    """A builder: every call changes it, so it is known by itself and not by what it holds.

    What is demanded may be said before the table is, so a step is read when the query is run. `frame` is the function
    that asks, `site` its last expression about it. `certain`: made by Knex for sure. `within`: handed to a
    callback that puts conditions into it, or makes it a query within another one. `told` is how many steps it had when
    it was run or handed on.
    """

    begun: Site
    site: Site
    steps: list[Step] = field(default_factory=list)
    branch: tuple[str, ...] = ()
    loops: tuple[LoopFact, ...] = ()
    certain: bool = True
    label: str | None = None
    within: bool = False
    told: int = -1
    __hash__ = None  # type: ignore[assignment]  # no two calls are the same by what they are given: each may change it

    @property
    def frame(self) -> Frame:
        """The function that asks."""
        return self.site.frame

    def add(self, name: str, arguments: Arguments, site: Site) -> None:
        """Another step, at a place."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append(Step(name, arguments, site, not self._is_certain(site), site.frame.branch))
        if site.frame is self.frame:
            self.site = site

    def copied(self, site: Site | None = None) -> Query:
        """Another one with the same steps; of another function, where that is told."""
        steps, at = list(self.steps), site or self.site
        return Query(self.begun, at, steps, at.frame.branch, at.frame.loops, self.certain, self.label)

    def _is_certain(self, site: Site) -> bool:
        """Whether a step is made wherever the query is begun."""
        frames = site.interpreter.frames
        start = next((number for number, known in enumerate(frames) if known is self.frame), len(frames))
        within = (*frames[start:], site.frame)
        arms = {arm for frame in within for arm in frame.branch}
        loops = {loop for frame in within for loop in frame.loops}
        if not arms.issubset(self.branch) or not loops.issubset(self.loops):
            return False
        gone = set(site.frame.left)
        return not any(step.optional and gone.intersection(step.branch) for step in self.steps)


def begun(site: Site, *, certain: bool = True) -> Query:
    """A query that begins at a place."""
    return Query(site, site, [], site.frame.branch, site.frame.loops, certain)
