"""Where a query stands that is built and run: the function that says what is asked, not a runner that many share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.queries import Comparison, Fetch, Join, Operand, Place, Predicate
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.typescript.builders.drafts import folded, sources_of
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.typescript.syntax import Expr


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """The function nearest to the caller's side that had a hand in a query, and its last expression about it."""

    frame: Frame
    expr: Expr


def touched(draft: Draft, site: Site) -> Draft:
    """A draft after a step of its building at a place."""
    home = draft.noted("home")
    frame = site.frame
    if isinstance(home, Home) and not _alive(home.frame, site):
        home = None
    if isinstance(home, Home) and home.frame is not frame and frame.depth > home.frame.depth:
        return draft.note("built", (*_built(draft), site.origin)) if frame.key != home.frame.key else draft
    if isinstance(home, Home) and (home.frame is not frame or not _within(home.expr, site.expr)):
        draft = draft.note("built", (*_built(draft), home.frame.module.origin(home.expr.start, home.expr.end)))
    return draft.note("home", Home(frame, site.expr))


def handed(draft: Draft, site: Site) -> Draft:
    """A draft that a call gave to its caller."""
    home = draft.noted("home")
    if not isinstance(home, Home) or _alive(home.frame, site):
        return draft
    around = home.frame.closure
    if around is not None and around.function is not None and around is not site.frame and _alive(around, site):
        return draft.note("home", Home(around, home.expr))  # of a callback: a runner called it, which many may share
    draft = draft.note("built", (*_built(draft), home.frame.module.origin(home.expr.start, home.expr.end)))
    return draft.note("home", Home(site.frame, site.expr))


def at_home(draft: Draft, site: Site) -> Site:
    """The place where a query is written that is run together with others, or by whoever gets it."""
    home = draft.noted("home")
    if isinstance(home, Home) and home.frame is site.frame:
        return Site(site.interpreter, site.frame, home.expr)
    return site


def run_at(draft: Draft, site: Site, fetch: Fetch) -> Record:
    """Note that a query is run at a place; it is told of where it is asked."""
    interpreter = site.interpreter
    home = draft.noted("home")
    frame, origin, text = site.frame, site.origin, interpreter.text(site)
    if isinstance(home, Home) and home.frame is not frame:
        if _alive(home.frame, site) or _is_by_a_runner(home, site):
            frame, origin = home.frame, home.frame.module.origin(home.expr.start, home.expr.end)
            text = interpreter.text(Site(interpreter, frame, home.expr))
        else:
            home = None
    if isinstance(home, Home) and home.frame is frame and not _within(home.expr, site.expr):
        text = interpreter.text(Site(interpreter, frame, home.expr))
    place = _place(site, frame)
    direct = frame.depth == 0
    record = interpreter.recorder.query(_clean(draft, origin), place, origin, fetch, text, direct=direct)
    if direct and record.direct and place.transaction is not None and record.place.transaction is None:
        record.place = place  # `inTransaction(db) ? work(db) : db.transaction(work)`
    return record


def with_inner(draft: Draft, inner: Draft, site: Site) -> Draft:
    """A draft one of whose values in each row another query gives. It holds what that one reads and demands, but where
    it has the other's table already: no row is asked for what both demand, and so the other is told by itself."""
    if inner.table is not None and inner.table in draft.tables:
        record = run_at(_of_one_row(inner), at_home(inner, site), Fetch.BUILT)
        record.draft = record.draft.note("inner", "a value of each row")
        return draft
    return folded(draft, inner)


def _of_one_row(inner: Draft) -> Draft:
    """A query within another as it is run for one of the outer rows, the columns of which are values to it."""
    own = {ref for ref, _ in sources_of(inner)}
    joins: list[Join] = []
    given: list[Predicate] = []
    for join in inner.joins:
        sides = [[ref for ref in pair if ref.table_ref in own] for pair in join.pairs]
        if all(len(here) == 1 for here in sides):
            given.extend(Predicate(here[0], Comparison.EQUAL, Operand.EXPRESSION) for here in sides)
        else:
            joins.append(join)
    joined = tuple(ref for ref in inner.joined if ref in own)
    return inner.but(joins=tuple(joins), joined=joined, predicates=(*inner.predicates, *given))


def _alive(frame: Frame, site: Site) -> bool:
    """Whether a function is still being followed."""
    return frame is site.frame or any(known is frame for known in site.interpreter.frames)


def _is_by_a_runner(home: Home, site: Site) -> bool:
    """Whether another module's runner runs what a function gave it, after that has handed the runner on
    (`return cached(db.select()…)`): the function says what is asked, the runner serves many."""
    return home.frame.function is not None and home.frame.module.path != site.frame.module.path


def _built(draft: Draft) -> tuple[Origin, ...]:
    found = draft.noted("built")
    return found[-4:] if isinstance(found, tuple) else ()


def _clean(draft: Draft, origin: Origin) -> Draft:
    within = draft.noted("within")
    builders = [draft.origin, *_built(draft), *(within if isinstance(within, tuple) else ())]
    home = draft.noted("home")
    if isinstance(home, Home):
        builders.append(home.frame.module.origin(home.expr.start, home.expr.end))
    found = {(b.path, b.line): b for b in builders if (b.path, b.line) != (origin.path, origin.line)}
    return draft.but(builders=tuple(found.values()), notes=())


def settle(records: dict[tuple[object, ...], Record], library: str) -> Iterator[Record]:
    """Leave out what was handed on and is seen to be run, or is a part of a query that is; gives what else was."""
    mine = [record for record in records.values() if record.draft.library == library]
    run = {_begun(r.draft.origin, r) for r in mine if r.fetch is not Fetch.BUILT}
    parts = {(b.path, b.start) for r in mine if r.fetch is not Fetch.BUILT for b in r.draft.builders}
    for key, record in list(records.items()):
        if record.fetch is not Fetch.BUILT or record.draft.library != library or record.draft.noted("inner"):
            continue
        begun = record.draft.origin
        if _begun(begun, record) in run or (begun.path, begun.start) in parts:
            del records[key]
        else:
            yield record


def _begun(origin: Origin, record: Record) -> tuple[object, ...]:
    return origin.path, origin.start, str(record.draft.table)


def _within(inner: Expr, outer: Expr) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _place(site: Site, frame: Frame) -> Place:
    """The place in a function, with the loops, handlers and transaction of those between it and the run."""
    place = site.interpreter.place(frame)
    if frame is site.frame:
        return place
    frames = site.interpreter.frames
    start = next((n for n, known in enumerate(frames) if known is frame), None)
    if start is None:
        return replace(place, transaction=site.interpreter.place(site.frame).transaction)
    loops, handlers, transaction = place.loops, place.handlers, place.transaction
    for inner in frames[start + 1 :]:
        loops = (*loops, *inner.loops)
        handlers = (*inner.handlers, *handlers)
        transaction = transaction or inner.transaction
    return replace(place, loops=loops, handlers=handlers, transaction=transaction)
