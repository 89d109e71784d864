"""The lines' ways: across a column through its gap, between columns on a track of their own.

Channel n is the space left of column n. A line between two boxes of one column runs through the channel left of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from dbarchitect.report.html.diagram.columns import Columns
from dbarchitect.report.html.diagram.geometry import Box, Layout, Link

_MARGIN = 22.0  # beside a column: room for the marks at the lines' ends, and for lines from a box to itself
_TRACK = 9.0
_NEAR = 5.0
_LOOP = 13.0

Net = tuple[int, int]  # a parent, and the side of it on which the children are: 1 right, -1 left, 0 its own column
Ends = tuple[set[float], set[float]]
Hop = tuple[int, float, float]  # a channel, and the heights at which a line enters and leaves it
Point = tuple[float, float]


def route(boxes: Sequence[Box], links: Sequence[Link], column: Sequence[int], columns: Columns) -> Layout:
    """Places and lines of a connected graph whose columns are ordered."""
    ways = [_way(link, column, columns) for link in links]
    nets: dict[int, dict[Net, Ends]] = defaultdict(lambda: defaultdict(lambda: (set(), set())))
    for link, way in zip(links, ways, strict=True):
        net = _net(link, column)
        for channel, enters, leaves in way:
            left, right = nets[channel][net]
            (left if net[1] < 0 else right).add(enters)
            (left if net[1] > 0 else right).add(leaves)
    count = len(columns.columns)
    tracks = [_tracks(nets.get(channel, {})) for channel in range(count)]
    widths = [max((boxes[i.box].width for i in stack if i.box is not None), default=0.0) for stack in columns.columns]
    channels, starts, x = [], [], 0.0
    for number in range(count):
        channels.append(x + (_MARGIN if number else 0.0))
        used = max(tracks[number].values(), default=-1) + 1
        x += (2 * _MARGIN if number else _MARGIN if nets.get(0) else 0.0) + _TRACK * used
        starts.append(x)
        x += widths[number]
    places = tuple((starts[column[n]], columns.boxes[n].top) for n in range(len(boxes)))
    routes: list[tuple[Point, ...]] = []
    for link, way in zip(links, ways, strict=True):
        child, parent = places[link.child], places[link.parent]
        if link.child == link.parent:
            routes.append(_loop(child, boxes[link.child], link))
            continue
        net = _net(link, column)
        points = [(child[0] + (boxes[link.child].width if net[1] < 0 else 0.0), child[1] + link.child_port)]
        for channel, enters, leaves in way:
            across = channels[channel] + _TRACK * (tracks[channel].get(net, 0) + 0.5)
            points += [(across, enters), (across, leaves)]
        points.append((parent[0] + (boxes[link.parent].width if net[1] > 0 else 0.0), parent[1] + link.parent_port))
        routes.append(_straightened(points))
    loops = any(link.child == link.parent for link in links)
    heights = [place[1] + box.height for place, box in zip(places, boxes, strict=True)]
    height = max(*heights, *(y for points in routes for _, y in points), 0.0)
    return Layout(places, tuple(routes), x + (_MARGIN if loops else 0.0), height)


def _net(link: Link, column: Sequence[int]) -> Net:
    far, near = column[link.child], column[link.parent]
    return link.parent, (far > near) - (far < near)


def _way(link: Link, column: Sequence[int], columns: Columns) -> tuple[Hop, ...]:
    """The channels that a line runs through from child to parent."""
    if link.child == link.parent:
        return ()
    net = _net(link, column)
    at, y = column[link.child], columns.boxes[link.child].top + link.child_port
    end = columns.boxes[link.parent].top + link.parent_port
    if not net[1]:
        return ((at, y, end),)
    hops = []
    while at != column[link.parent]:
        channel = at if net[1] > 0 else at + 1
        at -= net[1]
        gap = columns.gaps.get((net, at))
        there = end if at == column[link.parent] or gap is None else gap.top + gap.height / 2
        hops.append((channel, y, there))
        y = there
    return tuple(hops)


def _tracks(nets: dict[Net, Ends]) -> dict[Net, int]:
    """A track for each net whose line has to climb or fall, counted from the left.

    Two nets share a track where they do not touch. A net that comes from the left at the height at which another goes
    off to the right stands left of it: otherwise their lines would run over each other.
    """
    spans = {net: (min(left | right), max(left | right)) for net, (left, right) in nets.items()}
    climbing = sorted(
        (net for net in nets if spans[net][1] - spans[net][0] > 1 or not net[1]), key=lambda net: (spans[net][0], net)
    )
    before = _before(nets, climbing)
    track: dict[Net, int] = {}
    taken: list[list[tuple[float, float]]] = []
    while len(track) < len(climbing):
        rest = [net for net in climbing if net not in track]
        free = [net for net in rest if before[net] <= track.keys()]
        for net in free or [min(rest, key=lambda net: len(before[net] - track.keys()))]:  # a circle: break it here
            top, bottom = spans[net][0] - _NEAR, spans[net][1] + _NEAR
            number = max((track[other] + 1 for other in before[net] if other in track), default=0)
            while number < len(taken) and any(top < low and high < bottom for high, low in taken[number]):
                number += 1
            taken.extend([] for _ in range(number + 1 - len(taken)))
            taken[number].append(spans[net])
            track[net] = number
    return track


def _before(nets: dict[Net, Ends], climbing: Sequence[Net]) -> dict[Net, set[Net]]:
    """For each net those that have to stand left of it."""
    ends = sorted((y, net) for net in climbing for y in nets[net][0])
    before: dict[Net, set[Net]] = {net: set() for net in climbing}
    for net in climbing:
        for y in nets[net][1]:
            at = bisect_left(ends, (y - _NEAR, (-1, -1)))
            while at < len(ends) and ends[at][0] < y + _NEAR:
                if ends[at][1] != net:
                    before[net].add(ends[at][1])
                at += 1
    return before


def _loop(place: Point, box: Box, link: Link) -> tuple[Point, ...]:
    right = place[0] + box.width
    down, up = place[1] + link.child_port, place[1] + link.parent_port
    if abs(down - up) < _NEAR:
        down = up + 2 * _NEAR
    return ((right, down), (right + _LOOP, down), (right + _LOOP, up), (right, up))


def _straightened(points: list[Point]) -> tuple[Point, ...]:
    """Without corners that are none."""
    kept = points[:1]
    for here, after in pairwise(points[1:]):
        level = abs(kept[-1][1] - here[1]) < 0.01 and abs(here[1] - after[1]) < 0.01
        if not level and here != kept[-1]:
            kept.append(here)
    return (*kept, points[-1])
