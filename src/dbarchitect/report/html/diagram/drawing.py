"""A drawing as a template needs it: boxes with their rows, lines as SVG paths."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.report.html.diagram.geometry import Box, Layout, Link
from dbarchitect.report.html.diagram.names import Sign, sign

HEADER = 28.0
ROW = 18.0
_FOOT = 7.0
_SPREAD = 5.0
_BAR = 6.0
_CORNER = 5.0
_EDGE = 16.0  # around the whole
_GLYPHS = {"error": "◆", "warning": "▲", "info": "●", "clean": "✓"}


@dataclass(frozen=True, slots=True)
class Row:
    """A column in a box: its mark (PK, FK, UK or both), name, type, and what it references when no line shows it."""

    mark: str
    name: str
    type: str = ""
    target: str = ""

    @property
    def text(self) -> str:
        """Name and target."""
        return f"{self.name} → {self.target}" if self.target else self.name


@dataclass(frozen=True, slots=True)
class Shape:
    """What a box shows, before it is placed. `link` is the id on the page that it leads to."""

    link: str
    name: str
    label: str
    level: str
    badge: str
    description: str
    rows: tuple[Row, ...]
    width: float

    @property
    def box(self) -> Box:
        """Its size."""
        return Box(self.width, HEADER + ROW * len(self.rows) + (5.0 if self.rows else 0.0))


@dataclass(frozen=True, slots=True)
class Tie:
    """What a line says, before it is placed; by the numbers of the shapes and of their rows (-1: the header)."""

    child: int
    child_row: int
    parent: int
    parent_row: int
    title: str
    single: bool = False

    @property
    def link(self) -> Link:
        """The same as geometry."""
        return Link(self.child, self.parent, port(self.child_row), port(self.parent_row))


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A box in its place."""

    shape: Shape
    x: float
    y: float

    @property
    def height(self) -> float:
        """Its height."""
        return self.shape.box.height

    @property
    def sign(self) -> Sign:
        """Its name for the view from far."""
        return sign(f"{_GLYPHS.get(self.shape.level, '')} {self.shape.name}", self.shape.width, self.height)


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A line in its place: `path` is the SVG's `d`, the ends are ids of tables on the page."""

    path: str
    child: str
    parent: str
    title: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One diagram. `notes` say what is not drawn."""

    anchor: str
    title: str
    description: str
    boxes: tuple[DrawnBox, ...]
    lines: tuple[DrawnLine, ...]
    width: int
    height: int
    notes: tuple[str, ...] = ()


def port(row: int) -> float:
    """The height, from a box's top, at which lines meet this row (-1: the header)."""
    return HEADER / 2 if row < 0 else HEADER + ROW * row + ROW / 2


def drawn_boxes(shapes: tuple[Shape, ...], layout: Layout) -> tuple[DrawnBox, ...]:
    """The shapes in their places."""
    return tuple(
        DrawnBox(shape, round(x + _EDGE, 1), round(y + _EDGE, 1))
        for shape, (x, y) in zip(shapes, layout.places, strict=True)
    )


def drawn_lines(shapes: tuple[Shape, ...], ties: tuple[Tie, ...], layout: Layout) -> tuple[DrawnLine, ...]:
    """The lines in their places, with a foot at the child (a bar where it has at most one) and a bar at the parent."""
    lines = []
    for tie, points in zip(ties, layout.routes, strict=True):
        moved = tuple((x + _EDGE, y + _EDGE) for x, y in points)
        child = "" if tie.child_row == tie.parent_row == -1 else _end(moved[0], moved[1], foot=not tie.single)
        parent = _end(moved[-1], moved[-2], foot=False)
        path = _rounded(moved) + child + parent
        lines.append(DrawnLine(path, shapes[tie.child].link, shapes[tie.parent].link, tie.title))
    return tuple(lines)


def size(layout: Layout) -> tuple[int, int]:
    """Width and height of the whole."""
    return round(layout.width + 2 * _EDGE), round(layout.height + 2 * _EDGE)


def _end(at: tuple[float, float], after: tuple[float, float], *, foot: bool) -> str:
    """The mark at a line's end: a crow's foot, or a bar."""
    x, y = at
    away = 1 if after[0] >= x else -1
    if foot:
        tip = x + away * _FOOT
        return f"M{_n(x)} {_n(y - _SPREAD)}L{_n(tip)} {_n(y)}L{_n(x)} {_n(y + _SPREAD)}"
    bar = x + away * _BAR
    return f"M{_n(bar)} {_n(y - _SPREAD)}V{_n(y + _SPREAD)}"


def _rounded(points: tuple[tuple[float, float], ...]) -> str:
    """A path through the points, its corners rounded."""
    parts = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        first, second = _towards(here, before), _towards(here, after)
        parts.append(f"L{_n(first[0])} {_n(first[1])}Q{_n(here[0])} {_n(here[1])} {_n(second[0])} {_n(second[1])}")
    parts.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(parts)


def _towards(here: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    across, down = other[0] - here[0], other[1] - here[1]
    length = max(abs(across), abs(down))
    share = min(_CORNER, length / 2) / length if length else 0.0
    return here[0] + across * share, here[1] + down * share


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
