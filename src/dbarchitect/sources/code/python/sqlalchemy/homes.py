"""Where a query stands that several functions build and run: the one that says what is asked, not a shared runner."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from dbarchitect.catalog.queries import Fetch
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.givers import around, giver, place_in
from dbarchitect.sources.code.python.quoting import text_with_beginning
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.values import Entries, Rows
from dbarchitect.sources.python.expressions import Span


@dataclass(frozen=True, slots=True)
class Home:
    """The function nearest to the caller's side that had a hand in a query, and its last expression about it."""

    frame: Frame
    span: Span


def touched(draft: Draft, site: Site) -> Draft:
    """A draft after a step of its building at a place."""
    home = draft.noted("home")
    frame = site.frame
    if isinstance(home, Home) and not _alive(home.frame, site):
        home = None
    if isinstance(home, Home) and home.frame is not frame and frame.depth > home.frame.depth:
        return draft.note("built", (*_built(draft), site.origin)) if frame.key != home.frame.key else draft
    if isinstance(home, Home) and home.frame is not frame:
        draft = draft.note("built", (*_built(draft), home.frame.module.origin(home.span)))
    elif isinstance(home, Home) and not _within(home.span, site.span):
        draft = draft.note("built", (*_built(draft), frame.module.origin(home.span)))
    return draft.note("home", Home(frame, site.span))


def handed(draft: Draft, site: Site) -> Draft:
    """A draft that a call gave to its caller."""
    home = draft.noted("home")
    if not isinstance(home, Home) or _alive(home.frame, site):
        return draft
    draft = draft.note("built", (*_built(draft), home.frame.module.origin(home.span)))
    return draft.note("home", Home(site.frame, site.span))


def given_by(draft: Draft, function: tuple[int, str], site: Site) -> Draft:
    """A draft of which a function around (its depth and key) hands in what it is about: it is told of where that one
    calls, not of what all callers share."""
    depth, key = function
    above = around(site)
    frame, inner = above.get(depth), above.get(depth + 1)
    if frame is None or inner is None or frame.key != key or frame is site.frame or inner.called is None:
        return touched(draft, site)
    return draft.note("built", (*_built(draft), site.origin)).note("home", Home(frame, inner.called))


def handed_down(draft: Draft, row: Rows, site: Site) -> Draft:
    """A draft about a new row: it is told of where the innermost function that saw it being made, and is followed
    still, hands it on to be stored."""
    frames = site.interpreter.frames
    shared = list(takewhile(lambda pair: pair[0] == pair[1].key, zip(row.makers, frames, strict=False)))
    if shared:
        return given_by(draft, (len(shared) - 1, shared[-1][0]), site)
    frame = giver(site, lambda value: value is row)
    return given_by(draft, (frame.depth, frame.key), site)


def passed_on(draft: Draft, arguments: Arguments, site: Site) -> Draft:
    """A draft after a step whose `**conditions` are those that the function around was called with: its caller says
    what is asked."""
    frame = site.frame
    definition = frame.function
    for parameter in definition.parameters if definition is not None and frame.depth else ():
        given = frame.names.get(parameter.name) if parameter.star == "**" else None
        if isinstance(given, Entries) and any(arguments.kwargs.get(name) is v for name, v in given.entries.items()):
            caller = around(site).get(frame.depth - 1)
            return given_by(draft, (caller.depth, caller.key), site) if caller is not None else draft
    return draft


def wanted(draft: Draft, site: Site) -> Draft:
    """A draft after a step that a caller asks for with a True (`get(id, for_update=True)`): it is told of where that
    one calls, as it holds of no other call."""
    frame = giver(site, lambda value: isinstance(value, Const) and value.value is True)
    return draft if frame is site.frame else given_by(draft, (frame.depth, frame.key), site)


def _alive(frame: Frame, site: Site) -> bool:
    """Whether a function is still being followed."""
    frames = site.interpreter.frames
    return frame.depth < len(frames) and frames[frame.depth] is frame


def _built(draft: Draft) -> tuple[Origin, ...]:
    found = draft.noted("built")
    return found[-4:] if isinstance(found, tuple) else ()


def run_at(draft: Draft, site: Site, fetch: Fetch) -> Record:
    """Note that a query is run at a place; it is told of where it is asked."""
    interpreter = site.interpreter
    home = draft.noted("home")
    frame, origin, text = site.frame, site.origin, interpreter.text(site)
    shown = origin
    if isinstance(home, Home) and home.frame is not frame:
        held = around(site).get(home.frame.depth)
        if held is home.frame:
            frame, origin = held, held.module.origin(home.span)
            text, shown = interpreter.text(Site(interpreter, held, home.span)), origin
        else:
            home = None
    if isinstance(home, Home) and home.frame is frame and not _within(home.span, site.span):
        text, shown = interpreter.text(Site(interpreter, frame, home.span)), frame.module.origin(home.span)
    text = text_with_beginning(text, draft.origin, shown, interpreter.index)
    place = place_in(frame, site)
    return interpreter.recorder.query(_clean(draft, origin), place, origin, fetch, text, direct=frame.depth == 0)


def _clean(draft: Draft, origin: Origin) -> Draft:
    builders = [draft.origin, *_built(draft)]
    home = draft.noted("home")
    if isinstance(home, Home):
        builders.append(home.frame.module.origin(home.span))
    found = {(b.path, b.line): b for b in builders if (b.path, b.line) != (origin.path, origin.line)}
    return draft.but(builders=tuple(found.values()), notes=())


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
