"""The order and height of what stands in each column: boxes, and gaps through which lines pass to further columns.

All lines to one parent share one way (a bus): a gap is kept for each parent and side in each column that its lines
cross, not for each line. So no line has to cross a box.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from dbarchitect.report.html.diagram.geometry import Box, Link
from dbarchitect.report.html.diagram.layers import GAP

_LANE = 9.0
_SWEEPS = 16
_ALIGNMENTS = 10


@dataclass(slots=True)
class Item:
    """A box, or the gap for the lines to a parent on one side of it (1: its children stand right of it, -1: left)."""

    column: int
    height: float
    order: int
    box: int | None = None
    net: tuple[int, int] | None = None
    top: float = 0.0
    left: list[tuple[Item, float, float]] = field(default_factory=list)  # the other, its port, my port
    right: list[tuple[Item, float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Columns:
    """Everything that stands in the columns, from top to bottom; where each box and each gap is."""

    columns: list[list[Item]]
    boxes: list[Item]
    gaps: dict[tuple[tuple[int, int], int], Item]


def arrange_columns(boxes: Sequence[Box], links: Sequence[Link], column: Sequence[int]) -> Columns:
    """Order and heights, so that lines are short and cross little."""
    made = _items(boxes, links, column)
    for sweep in range(_SWEEPS):
        _reorder(made.columns, forwards=sweep % 2 == 0)
    for stack in made.columns:
        top = 0.0
        for item in stack:
            item.top = top
            top += item.height
    for sweep in range(_ALIGNMENTS):
        _align(made.columns, forwards=sweep % 2 == 0)
    highest = min(item.top for stack in made.columns for item in stack)
    for stack in made.columns:
        for item in stack:
            item.top -= highest
    return made


def _items(boxes: Sequence[Box], links: Sequence[Link], column: Sequence[int]) -> Columns:
    stacks: list[list[Item]] = [[] for _ in range(max(column) + 1)]
    placed = [Item(column[n], box.height + GAP, n, box=n) for n, box in enumerate(boxes)]
    for item in placed:
        stacks[item.column].append(item)
    gaps: dict[tuple[tuple[int, int], int], Item] = {}
    nets: dict[tuple[int, int], list[Link]] = defaultdict(list)
    for link in links:
        if column[link.child] != column[link.parent]:
            nets[link.parent, 1 if column[link.child] > column[link.parent] else -1].append(link)
    for net, found in sorted(nets.items()):
        parent, side = net
        port = found[0].parent_port
        last = placed[parent]
        farthest = max(abs(column[link.child] - column[parent]) for link in found)
        by_distance: dict[int, list[Link]] = defaultdict(list)
        for link in found:
            by_distance[abs(column[link.child] - column[parent])].append(link)
        for distance in range(1, farthest + 1):
            for link in by_distance[distance]:
                _join(last, placed[link.child], side, port, link.child_port)
            if distance < farthest:
                gap = Item(column[parent] + side * distance, _LANE, parent, net=net)
                stacks[gap.column].append(gap)
                gaps[net, gap.column] = gap
                _join(last, gap, side, port, _LANE / 2)
                last, port = gap, _LANE / 2
    return Columns(stacks, placed, gaps)


def _join(near: Item, far: Item, side: int, near_port: float, far_port: float) -> None:
    first, second = (near, far) if side > 0 else (far, near)
    first_port, second_port = (near_port, far_port) if side > 0 else (far_port, near_port)
    first.right.append((second, second_port, first_port))
    second.left.append((first, first_port, second_port))


def _reorder(columns: list[list[Item]], *, forwards: bool) -> None:
    """Sort each column by the mean position of what its items are tied to in the column before."""
    position: dict[int, float] = {}
    for stack in columns:
        _number(stack, position)
    for stack in columns[1:] if forwards else columns[-2::-1]:
        wishes = {}
        for item in stack:
            near = item.left if forwards else item.right
            own = position[id(item)]
            wishes[id(item)] = sum(position[id(other)] for other, _, _ in near) / len(near) if near else own
        stack.sort(key=lambda item: wishes[id(item)])
        _number(stack, position)


def _number(stack: list[Item], position: dict[int, float]) -> None:
    """Positions between 0 and 1 by height, so that columns of unlike length compare."""
    whole = sum(item.height for item in stack)
    top = 0.0
    for item in stack:
        position[id(item)] = (top + item.height / 2) / whole
        top += item.height


def _align(columns: list[list[Item]], *, forwards: bool) -> None:
    for stack in columns if forwards else reversed(columns):
        wishes = []
        for item in stack:
            both = [*item.left, *item.right]
            pulls = [other.top + port - own for other, port, own in both]
            wishes.append((sum(pulls) / len(pulls), float(len(pulls))) if pulls else (item.top, 0.5))
        for item, top in zip(stack, _stacked(wishes, [item.height for item in stack]), strict=True):
            item.top = top


def _stacked(wishes: Sequence[tuple[float, float]], heights: Sequence[float]) -> list[float]:
    """Tops as near to the wishes (top, weight) as order and heights allow, by least squares.

    Pool adjacent violators: neighbours that would overlap form a block that stands at its members' mean wish.
    """
    offsets = [0.0]
    for height in heights:
        offsets.append(offsets[-1] + height)
    blocks: list[tuple[float, float, int]] = []  # mean wish without offsets, weight, members
    for (wish, weight), offset in zip(wishes, offsets, strict=False):
        mean, total, members = wish - offset, weight, 1
        while blocks and blocks[-1][0] >= mean:
            before, heavy, count = blocks.pop()
            mean = (before * heavy + mean * total) / (heavy + total)
            total, members = total + heavy, members + count
        blocks.append((mean, total, members))
    tops: list[float] = []
    for mean, _, members in blocks:
        for _ in range(members):
            tops.append(mean + offsets[len(tops)])
    return tops
