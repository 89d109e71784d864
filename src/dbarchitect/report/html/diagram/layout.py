"""Places boxes and lines: connected groups by columns, lone boxes in a grid, all packed into rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbarchitect.report.html.diagram.channels import route
from dbarchitect.report.html.diagram.columns import arrange_columns
from dbarchitect.report.html.diagram.geometry import Box, Layout, Link
from dbarchitect.report.html.diagram.layers import GAP, layers

_SHAPE = 1.9  # width by height of the whole
_BETWEEN = 56.0


@dataclass(frozen=True, slots=True)
class _Group:
    """Boxes that are placed together, and how."""

    boxes: tuple[int, ...]
    links: tuple[int, ...]
    layout: Layout


def arrange(boxes: Sequence[Box], links: Sequence[Link]) -> Layout:
    """Places for all boxes and lines for all links. The same input gives the same layout; boxes never overlap."""
    if not boxes:
        return Layout((), (), 0.0, 0.0)
    groups, lone = _components(len(boxes), links)
    made = [_connected(boxes, links, numbers, lines) for numbers, lines in groups]
    made.sort(key=lambda group: (-group.layout.height, group.boxes[0]))
    wide = max((group.layout.width for group in made), default=0.0)
    area = sum((g.layout.width + _BETWEEN) * (g.layout.height + _BETWEEN) for g in made)
    area += sum((boxes[n].width + GAP) * (boxes[n].height + GAP) for n in lone)
    room = max(wide, (area * _SHAPE) ** 0.5)
    if lone:
        made.append(_grid(boxes, lone, room))
    return _packed(made, len(boxes), len(links), room)


def _components(count: int, links: Sequence[Link]) -> tuple[list[tuple[list[int], list[int]]], list[int]]:
    """The connected groups, as the numbers of their boxes and links; and the boxes without any link."""
    root = list(range(count))

    def find(n: int) -> int:
        while root[n] != n:
            root[n] = root[root[n]]
            n = root[n]
        return n

    for link in links:
        first, second = sorted((find(link.child), find(link.parent)))
        root[second] = first
    members: dict[int, tuple[list[int], list[int]]] = {}
    for n in range(count):
        members.setdefault(find(n), ([], []))[0].append(n)
    for number, link in enumerate(links):
        members[find(link.child)][1].append(number)
    groups = [found for found in members.values() if found[1]]
    return groups, [found[0][0] for found in members.values() if not found[1]]


def _connected(boxes: Sequence[Box], links: Sequence[Link], numbers: list[int], lines: list[int]) -> _Group:
    local = {number: n for n, number in enumerate(numbers)}
    own = [boxes[n] for n in numbers]
    tied = [
        Link(local[link.child], local[link.parent], link.child_port, link.parent_port)
        for link in (links[n] for n in lines)
    ]
    column = layers(own, tied)
    layout = route(own, tied, column, arrange_columns(own, tied, column))
    return _Group(tuple(numbers), tuple(lines), layout)


def _grid(boxes: Sequence[Box], lone: Sequence[int], room: float) -> _Group:
    """Columns of lone boxes, filled from the left, each time the shortest; as many as fit."""
    width = max(boxes[n].width for n in lone)
    count = min(len(lone), max(1, int((room + GAP) / (width + GAP))))
    heights = [0.0] * count
    places = []
    for n in lone:
        at = min(range(count), key=lambda column: (heights[column], column))
        places.append((at * (width + GAP), heights[at]))
        heights[at] += boxes[n].height + GAP
    layout = Layout(tuple(places), (), count * (width + GAP) - GAP, max(heights) - GAP)
    return _Group(tuple(lone), (), layout)


def _packed(groups: Sequence[_Group], boxes: int, links: int, room: float) -> Layout:
    """The groups in rows, each row as high as its first group."""
    places: list[tuple[float, float]] = [(0.0, 0.0)] * boxes
    routes: list[tuple[tuple[float, float], ...]] = [()] * links
    x = y = row = width = 0.0
    for group in groups:
        if x and x + group.layout.width > room + 1:
            x, y, row = 0.0, y + row + _BETWEEN, 0.0
        for n, (left, top) in zip(group.boxes, group.layout.places, strict=True):
            places[n] = (x + left, y + top)
        for n, points in zip(group.links, group.layout.routes, strict=True):
            routes[n] = tuple((x + left, y + top) for left, top in points)
        x += group.layout.width + _BETWEEN
        width = max(width, x - _BETWEEN)
        row = max(row, group.layout.height)
    return Layout(tuple(places), tuple(routes), width, y + row)
