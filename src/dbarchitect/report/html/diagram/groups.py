"""Which tables are drawn together: all of an application, or in a large one each part of the business."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dbarchitect.report.document import Table

LARGEST = 200  # tables in one drawing
_SMALLEST = 3
OTHERS = "Other tables"


@dataclass(frozen=True, slots=True)
class Group:
    """Tables that are drawn together, by their numbers; the title is empty where they are all there are."""

    title: str
    tables: tuple[int, ...]


def groups_of(tables: Sequence[Table], parents: Sequence[Sequence[int]]) -> tuple[Group, ...]:
    """The groups, largest first. `parents` are the tables that each table references.

    A large application is cut by domain, else by schema, else by the first word of the tables' names; groups that are
    still too large are cut into tables that hang together.
    """
    everything = tuple(range(len(tables)))
    if len(tables) <= LARGEST:
        return (Group("", everything),) if tables else ()
    named: dict[str, list[int]] = defaultdict(list)
    name_of = _naming(tables)
    for number in everything:
        named[name_of(tables[number])].append(number)
    others = [n for name, found in named.items() if not name or len(found) < _SMALLEST for n in found]
    found = [(name, numbers) for name, numbers in named.items() if name and len(numbers) >= _SMALLEST]
    found.sort(key=lambda item: (-len(item[1]), item[0]))
    if others:
        found.append((OTHERS, sorted(others)))
    return tuple(group for name, numbers in found for group in _cut(name, numbers, parents))


def _naming(tables: Sequence[Table]) -> Callable[[Table], str]:
    domains = [table.domain for table in tables if table.domain is not None]
    if len(set(domains)) > 1 and 2 * len(domains) > len(tables):
        return lambda table: table.domain or ""
    if len({table.schema for table in tables}) > 1:
        return lambda table: table.schema or ""
    return lambda table: table.name.partition("_")[0] if "_" in table.name else ""


def _cut(name: str, numbers: Sequence[int], parents: Sequence[Sequence[int]]) -> list[Group]:
    """Pieces of at most `LARGEST` tables, in an order in which neighbours follow each other."""
    if len(numbers) <= LARGEST:
        return [Group(name, tuple(numbers))]
    inside = set(numbers)
    near: dict[int, list[int]] = {n: [] for n in numbers}
    for child in numbers:
        for parent in parents[child]:
            if parent in inside and parent != child:
                near[child].append(parent)
                near[parent].append(child)
    order: dict[int, None] = {}
    for start in sorted(numbers, key=lambda n: (-len(near[n]), n)):
        waiting = [start]
        for n in waiting:
            if n not in order:
                order[n] = None
                waiting.extend(sorted(set(near[n])))
    ordered = list(order)
    pieces = [ordered[at : at + LARGEST] for at in range(0, len(ordered), LARGEST)]
    return [Group(f"{name} {n} of {len(pieces)}", tuple(sorted(piece))) for n, piece in enumerate(pieces, 1)]
