"""Which of the functions that are being followed hands in a value: a query is told of where it is said, not of the one
line that runs the queries of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import Place
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.vocabulary import Site


def around(site: Site) -> dict[int, Frame]:
    """The functions that are being followed, by how deep each is called."""
    return {frame.depth: frame for frame in site.interpreter.frames}


def giver(site: Site, given: Callable[[object], bool]) -> Frame:
    """The function around that hands in an argument, through those that only pass it on."""
    above, frame = around(site), site.frame
    while frame.function is not None and frame.depth - 1 in above:
        if not any(given(frame.names.get(parameter.name)) for parameter in frame.function.parameters):
            break
        frame = above[frame.depth - 1]
    return frame


def place_in(frame: Frame, site: Site) -> Place:
    """The place in a function around, with the loops, handlers and transaction of those between it and the site."""
    place = site.interpreter.place(frame)
    if frame is site.frame:
        return place
    above = around(site)
    between = [above[depth] for depth in range(frame.depth + 1, site.frame.depth + 1) if depth in above]
    loops, handlers, transaction = place.loops, place.handlers, place.transaction
    for inner in between:
        loops = (*loops, *inner.loops)
        handlers = (*inner.handlers, *handlers)
        transaction = transaction or inner.transaction
    return replace(place, loops=loops, handlers=handlers, transaction=transaction)


def handing(frame: Frame, site: Site) -> Site:
    """The call in a function around that leads to the site; the site itself where the function is its own."""
    inner = around(site).get(frame.depth + 1)
    if frame is site.frame or inner is None or inner.called is None:
        return site
    return Site(site.interpreter, frame, inner.called)
