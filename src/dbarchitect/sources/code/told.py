"""What is said of a program that could not be understood: each thing once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.refs import Diagnostic


def told_once(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Diagnostics without repetition: of several of one kind at one place the first, with how many more there are.

    One place can run the texts of many callers, of which each may be one that cannot be read.
    """
    places: dict[tuple[str | None, int | None, int | None, str], dict[Diagnostic, None]] = {}
    for diagnostic in found:
        origin = diagnostic.origin
        place = (origin.path, origin.line, origin.column, diagnostic.text.partition(":")[0])
        places.setdefault(place, {})[diagnostic] = None
    return tuple(_counted(list(alike)) for alike in places.values())


def _counted(alike: list[Diagnostic]) -> Diagnostic:
    first, more = alike[0], len(alike) - 1
    return replace(first, text=f"{first.text} (and {more} more here)") if more else first
