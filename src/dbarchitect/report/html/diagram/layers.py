"""Which column each box of a connected graph stands in: parents left of their children, columns about equally high."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

from dbarchitect.report.html.diagram.geometry import Box, Link

GAP = 26.0
_CHANNEL = 90.0
_LEAST = 600.0  # a column may always be as high as a screen
_SHAPE = 1.9  # width by height of the whole


def layers(boxes: Sequence[Box], links: Sequence[Link]) -> list[int]:
    """The column of each box.

    Every parent stands left of its children. Where the references are nested so deeply that the whole would be a long
    thin strip, a parent and its child may share a column.
    """
    children, parents = _without_circles(len(boxes), links)
    depth = _pulled(children, parents)
    area = sum((box.height + GAP) * (box.width + _CHANNEL) for box in boxes)
    room = max(_LEAST, (area / _SHAPE) ** 0.5, *(box.height + GAP for box in boxes))
    wide = sum(box.width + _CHANNEL for box in boxes) / len(boxes)
    wanted = max(2, math.ceil((area * _SHAPE) ** 0.5 / wide))
    column = _filled(boxes, children, parents, depth, room, apart=1)
    if max(column) + 1 > 1.5 * wanted + 1:
        squeeze = (wanted - 1) / max(1, *depth)
        column = _filled(boxes, children, parents, [int(wish * squeeze) for wish in depth], room, apart=0)
    ranks = {place: rank for rank, place in enumerate(sorted(set(column)))}
    return [ranks[place] for place in column]


def _filled(
    boxes: Sequence[Box],
    children: list[list[int]],
    parents: list[list[int]],
    wishes: Sequence[int],
    room: float,
    *,
    apart: int,
) -> list[int]:
    """Each box in the first column from its wish on that has room, at least `apart` columns right of its parents."""
    used: dict[int, float] = {}
    column = [0] * len(boxes)
    waiting = [len(found) for found in parents]
    ready = [(wishes[n], -len(children[n]), n) for n in range(len(boxes)) if not waiting[n]]
    heapq.heapify(ready)
    while ready:
        wish, _, n = heapq.heappop(ready)
        place = max([wish, *(column[parent] + apart for parent in parents[n])])
        height = boxes[n].height + GAP
        while used.get(place, 0.0) + height > room + 1:
            place += 1
        column[n] = place
        used[place] = used.get(place, 0.0) + height
        for child in children[n]:
            waiting[child] -= 1
            if not waiting[child]:
                heapq.heappush(ready, (wishes[child], -len(children[child]), child))
    return column


def _without_circles(count: int, links: Sequence[Link]) -> tuple[list[list[int]], list[list[int]]]:
    """Children and parents of each box, links that close a circle turned round (depth first, in the boxes' order)."""
    below: list[list[int]] = [[] for _ in range(count)]
    for parent, child in sorted({(link.parent, link.child) for link in links if link.parent != link.child}):
        below[parent].append(child)
    has_parent = {child for found in below for child in found}
    state = [0] * count  # 0 unseen, 1 on the path, 2 done
    children: list[set[int]] = [set() for _ in range(count)]
    for root in sorted(range(count), key=lambda n: (n in has_parent, -len(below[n]), n)):
        if state[root]:
            continue
        state[root] = 1
        path = [(root, iter(below[root]))]
        while path:
            node, rest = path[-1]
            child = next(rest, -1)
            if child < 0:
                state[node] = 2
                path.pop()
            elif state[child] == 1:
                children[child].add(node)
            else:
                children[node].add(child)
                if not state[child]:
                    state[child] = 1
                    path.append((child, iter(below[child])))
    parents: list[list[int]] = [[] for _ in range(count)]
    for parent in range(count):
        for child in sorted(children[parent]):
            parents[child].append(parent)
    return [sorted(found) for found in children], parents


def _pulled(children: list[list[int]], parents: list[list[int]]) -> list[int]:
    """The column by the longest way from a box without parents; such boxes stand just before their first child."""
    depth = [0] * len(children)
    waiting = [len(found) for found in parents]
    ready = [n for n, count in enumerate(waiting) if not count]
    order: list[int] = []
    while ready:
        n = ready.pop()
        order.append(n)
        for child in children[n]:
            depth[child] = max(depth[child], depth[n] + 1)
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return [
        min((depth[child] for child in children[n]), default=1) - 1 if not parents[n] else depth[n]
        for n in range(len(children))
    ]
