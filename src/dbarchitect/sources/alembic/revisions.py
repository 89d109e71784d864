"""Version files: which revision each is, and in which order Alembic runs them.

Source: https://alembic.sqlalchemy.org/en/latest/branches.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from dbarchitect.catalog.migrations import ChainFault, ChainProblem
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.expressions import NOWHERE
from dbarchitect.sources.python.statements import Assign, FunctionDef, Module

NEEDLE = b"down_revision"
"""What every version file holds."""

_CREATED = re.compile(rb"Create Date:\s*([0-9T :.+-]{10,40})", re.IGNORECASE)
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Revision:
    """A version file. `parents` are its down_revisions, `depends_on` what else must run before; both are full ids."""

    name: str
    module: Module
    parents: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    created: str = ""

    @property
    def origin(self) -> Origin:
        """Where its id stands."""
        assigned = self.module.names.get("revision")
        return self.module.origin(assigned.span if isinstance(assigned, Assign) else NOWHERE)

    def function(self, name: str) -> FunctionDef | None:
        """The file's `upgrade` or `downgrade`."""
        found = self.module.names.get(name)
        return found if isinstance(found, FunctionDef) else None


@dataclass(frozen=True, slots=True)
class Chain:
    """Revisions in the order in which they run."""

    revisions: tuple[Revision, ...]
    heads: tuple[str, ...]
    problems: tuple[ChainProblem, ...]


def read_revision(module: Module, evaluator: Evaluator) -> Revision | None:
    """The revision that a module is, None when it is none."""
    if "revision" not in module.names or "down_revision" not in module.names:
        return None
    name = evaluator.name(module, "revision")
    if not isinstance(name, str) or not name:
        return None
    created = _CREATED.search(module.source[:4000])
    return Revision(
        name,
        module,
        _ids(evaluator.name(module, "down_revision")),
        _ids(evaluator.name(module, "depends_on")) if "depends_on" in module.names else (),
        _ids(evaluator.name(module, "branch_labels")) if "branch_labels" in module.names else (),
        created[1].decode().strip() if created is not None else "",
    )


def _ids(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list | tuple | set | frozenset) else ()


def chain_of(revisions: Iterable[Revision]) -> Chain:
    """The revisions in an order that runs each after its parents, and what is wrong with their graph.

    Of those that may run next the one created first does. What waits for a missing parent, or for itself, runs
    nevertheless: its turn comes when nothing else is left.
    """
    known, problems = _distinct(revisions)
    resolved = {name: replace(r, depends_on=_dependencies(r, known)) for name, r in known.items()}
    problems += [problem for r in resolved.values() if (problem := _missing(r, resolved)) is not None]
    ordered, circles = _ordered(resolved)
    problems += [_circle(circle) for circle in circles]
    followed = {parent for r in resolved.values() for parent in r.parents}
    heads = tuple(r.name for r in ordered if r.name not in followed)
    if len(heads) > 1 and not _labelled_apart(heads, resolved):
        words = f"the migrations have {len(heads)} heads: {', '.join(heads)}"
        places = resolved[heads[-1]].origin
        problems.append(ChainProblem(ChainFault.SEVERAL_HEADS, words, heads, places))
    return Chain(ordered, heads, tuple(problems))


def _distinct(revisions: Iterable[Revision]) -> tuple[dict[str, Revision], list[ChainProblem]]:
    known: dict[str, Revision] = {}
    problems: list[ChainProblem] = []
    for revision in sorted(revisions, key=lambda r: r.module.path):
        first = known.setdefault(revision.name, revision)
        if first is not revision:
            words = f"the revision {revision.name} is in {first.module.path} and in {revision.module.path}"
            problems.append(ChainProblem(ChainFault.DUPLICATE, words, (revision.name,), revision.origin))
    return known, problems


def _dependencies(revision: Revision, known: dict[str, Revision]) -> tuple[str, ...]:
    """What it depends on, where written as a branch label or as the beginning of an id, as full ids."""
    found = []
    for wanted in revision.depends_on:
        bare = wanted.partition("@")[0] if "@" in wanted else wanted
        labelled = [r.name for r in known.values() if bare in r.labels]
        longer = [n for n in known if n.startswith(wanted)] if len(wanted) >= _SHORTEST_PREFIX else []
        if wanted in known:
            found.append(wanted)
        elif labelled:
            found.append(labelled[0])
        else:
            found.append(longer[0] if len(longer) == 1 else wanted)
    return tuple(found)


def _missing(revision: Revision, known: dict[str, Revision]) -> ChainProblem | None:
    gone = [parent for parent in (*revision.parents, *revision.depends_on) if parent not in known]
    if not gone:
        return None
    words = f"the revision {revision.name} follows {', '.join(gone)}, which is not there"
    return ChainProblem(ChainFault.MISSING_PARENT, words, (revision.name, *gone), revision.origin)


def _ordered(known: dict[str, Revision]) -> tuple[tuple[Revision, ...], list[list[Revision]]]:
    waits = {n: {p for p in (*r.parents, *r.depends_on) if p in known} for n, r in known.items()}
    followers: dict[str, list[str]] = {}
    for name, parents in waits.items():
        for parent in parents:
            followers.setdefault(parent, []).append(name)
    ready = [_turn(known[name]) for name, parents in waits.items() if not parents]
    heapify(ready)
    ordered: list[Revision] = []
    circles: list[list[Revision]] = []
    left = dict(waits)
    while left:
        if not ready:
            circle = _find_circle(left)
            circles.append([known[name] for name in circle])
            first = min(_turn(known[name]) for name in circle)
            left[first[2]] = set()
            heappush(ready, first)
        name = heappop(ready)[2]
        del left[name]
        ordered.append(known[name])
        for follower in followers.get(name, ()):
            if follower in left and name in left[follower]:
                left[follower].discard(name)
                if not left[follower]:
                    heappush(ready, _turn(known[follower]))
    return tuple(ordered), circles


def _turn(revision: Revision) -> tuple[str, str, str]:
    return revision.created, revision.module.path, revision.name


def _find_circle(waits: dict[str, set[str]]) -> Sequence[str]:
    """Revisions that wait for one another, where each waits for one."""
    path: list[str] = []
    name = min(waits)
    while name not in path:
        path.append(name)
        name = min(parent for parent in waits[name] if parent in waits)
    return path[path.index(name) :]


def _circle(circle: Sequence[Revision]) -> ChainProblem:
    names = tuple(revision.name for revision in circle)
    words = f"the revisions {', '.join(names)} follow one another in a circle"
    return ChainProblem(ChainFault.CYCLE, words, names, circle[0].origin)


def _labelled_apart(heads: Sequence[str], known: dict[str, Revision]) -> bool:
    """Whether every head stands on a branch with a label of its own: the project wants several."""
    labels = [_labels_above(head, known) for head in heads]
    return all(own - set().union(*(o for n, o in enumerate(labels) if n != at)) for at, own in enumerate(labels))


def _labels_above(head: str, known: dict[str, Revision]) -> set[str]:
    found: set[str] = set()
    todo, seen = [head], {head}
    while todo:
        revision = known[todo.pop()]
        found.update(revision.labels)
        for parent in revision.parents:
            if parent in known and parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return found
