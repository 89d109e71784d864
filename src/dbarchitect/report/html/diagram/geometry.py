"""What a layout takes and gives: boxes and links as numbers, no names. Units are those of the SVG; y runs down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A box to be placed."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """A line from a child to a parent, by their numbers; the ports are the heights, from a box's top, where it ends."""

    child: int
    parent: int
    child_port: float
    parent_port: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the boxes' upper left corners are, the corners of each link's line (from child to parent), and the size."""

    places: tuple[tuple[float, float], ...]
    routes: tuple[tuple[tuple[float, float], ...], ...]
    width: float
    height: float
