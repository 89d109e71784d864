"""The diagram's layout over random graphs: boxes apart, lines beside boxes, the same every time, quick."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbarchitect.report.html.diagram.geometry import Box, Layout, Link
from dbarchitect.report.html.diagram.layout import arrange

SLACK = 0.01


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Link]]:
    """Boxes of many sizes, with any links: circles, links to oneself, several between the same two."""
    boxes = draw(
        st.lists(st.builds(Box, st.integers(60, 300).map(float), st.integers(28, 400).map(float)), max_size=30)
    )
    if not boxes:
        return boxes, []
    number = st.integers(0, len(boxes) - 1)
    share = st.floats(0.1, 0.9)
    ends = draw(st.lists(st.tuples(number, number, share), max_size=60))
    # All lines to a parent end at one of its rows.
    return boxes, [Link(c, p, boxes[c].height * at, boxes[p].height / 2) for c, p, at in ends]


def inside(layout: Layout, boxes: list[Box], n: int) -> tuple[float, float, float, float]:
    x, y = layout.places[n]
    return x + SLACK, y + SLACK, x + boxes[n].width - SLACK, y + boxes[n].height - SLACK


def crosses(a: tuple[float, float], b: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    left, right = sorted((a[0], b[0]))
    top, bottom = sorted((a[1], b[1]))
    return left < box[2] and right > box[0] and top < box[3] and bottom > box[1]


@given(graphs())
@settings(deadline=None)
def test_boxes_never_overlap_and_all_is_within_the_size(graph: tuple[list[Box], list[Link]]) -> None:
    boxes, links = graph
    layout = arrange(boxes, links)
    areas = [inside(layout, boxes, n) for n in range(len(boxes))]
    for n, one in enumerate(areas):
        assert one[0] >= 0
        assert one[1] >= 0
        assert one[2] <= layout.width
        assert one[3] <= layout.height
        for other in areas[:n]:
            assert not (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])
    for x, y in (point for points in layout.routes for point in points):
        assert -SLACK <= x <= layout.width + SLACK
        assert -SLACK <= y <= layout.height + SLACK


@given(graphs())
@settings(deadline=None)
def test_lines_run_level_or_upright_from_child_to_parent_and_cross_no_box(graph: tuple[list[Box], list[Link]]) -> None:
    boxes, links = graph
    layout = arrange(boxes, links)
    areas = [inside(layout, boxes, n) for n in range(len(boxes))]
    for link, points in zip(links, layout.routes, strict=True):
        for end, n in ((points[0], link.child), (points[-1], link.parent)):
            x = layout.places[n][0]
            assert end[0] in {x, x + boxes[n].width}
        for a, b in pairwise(points):
            assert abs(a[0] - b[0]) < SLACK or abs(a[1] - b[1]) < SLACK
            assert not any(crosses(a, b, area) for area in areas)


@given(graphs())
@settings(deadline=None, max_examples=20)
def test_the_same_graph_has_the_same_layout(graph: tuple[list[Box], list[Link]]) -> None:
    assert arrange(*graph) == arrange(*graph)


def test_parents_stand_left_of_their_children() -> None:
    boxes = [Box(100, 80)] * 4
    links = [Link(1, 0, 40, 40), Link(2, 0, 40, 40), Link(3, 1, 40, 40), Link(3, 2, 40, 40)]
    x = [place[0] for place in arrange(boxes, links).places]
    assert x[0] < x[1] == x[2] < x[3]


def test_a_long_chain_does_not_become_a_strip() -> None:
    boxes = [Box(100, 80)] * 60
    layout = arrange(boxes, [Link(n + 1, n, 40, 40) for n in range(59)])
    assert layout.width < 6 * layout.height


def of_tables(count: int, references: int) -> tuple[list[Box], list[Link]]:
    """As applications are: few tables that many reference, most that one or two do."""
    chance = random.Random(7)
    boxes = [Box(chance.choice((150.0, 190.0, 240.0)), chance.choice((64.0, 100.0, 136.0))) for _ in range(count)]
    ends = [(chance.randrange(1, count), chance.random() ** 3) for _ in range(references)]
    return boxes, [Link(child, int(child * share), 55, 37) for child, share in ends]


@pytest.mark.parametrize(("count", "seconds"), [(150, 0.5), (2000, 8.0)])
def test_is_quick(count: int, seconds: float) -> None:
    boxes, links = of_tables(count, 2 * count)
    start = time.perf_counter()
    layout = arrange(boxes, links)
    assert time.perf_counter() - start < seconds
    assert len(layout.places) == count
