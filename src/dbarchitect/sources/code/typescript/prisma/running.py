"""Queries as they are run: what is noted of them, where they are written, and what the program gets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from dbarchitect.catalog.queries import Comparison, Fetch, LoopFact, Verb
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.typescript.prisma.data import Path, Step
from dbarchitect.sources.code.typescript.prisma.loading import Shape
from dbarchitect.sources.code.typescript.prisma.values import LIBRARY, Fetched, Pending
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Entries, Opaque, Rows, Value, inside
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.typescript.syntax import Array, Call, Expr, Object

_STATEMENT = re.compile(rb"(?:for|while|do)\b")
_BEFORE_VALUE = 60
"""Bytes before a value in which its key is looked for."""


class Running:
    """Notes queries for one project."""

    def note(
        self, draft: Draft, fetch: Fetch, site: Site, path: Path = (), transaction: Origin | None = None
    ) -> Record:
        """Note a query of a call; `path` leads to the part of its argument where the query is written."""
        at = spot(site, path) if path else site
        place = site.interpreter.place(site.frame)
        if place.loops and fetch is Fetch.ONE and _is_gathered(draft, place.loops[-1], site.frame.module.source):
            place = replace(place, loops=(*place.loops[:-1], replace(place.loops[-1], batched=True)))
        if place.transaction is None and transaction is not None:
            place = replace(place, transaction=transaction)
        text = site.interpreter.text(at)
        return site.interpreter.recorder.query(draft.but(origin=at.origin), place, at.origin, fetch, text)

    def write(
        self, draft: Draft, fetch: Fetch, site: Site, before: list[Step], after: list[Step]
    ) -> tuple[Record, ...]:
        """Note a write with those along its relations: Prisma puts them all into one transaction."""
        whole = site.origin if before or after else None
        first = [self.note(step.draft, step.fetch, site, step.path, whole) for step in before]
        main = self.note(draft, fetch, site, (), whole)
        last = [self.note(step.draft, step.fetch, site, step.path, whole) for step in after]
        return (main, *first, *last)

    def fetched(
        self,
        model: MappedModel,
        record: Record | None,
        shape: Shape,
        site: Site,
        *,
        many: bool,
        optional: bool = False,
    ) -> tuple[Fetched, tuple[Record, ...]]:
        """The rows that a call gives, with the queries by which their relations are loaded along."""
        records: list[Record] = []
        related: dict[str, Value] = {}
        if record is not None and shape.columns is not None and record.draft.verb is Verb.SELECT:
            record.attributes.update(shape.columns)
        for load in shape.loads:
            own = self.note(load.draft, Fetch.ALL, site, load.path)
            inner, more = self.fetched(load.model, own, load.shape, site, many=load.many, optional=not load.many)
            records.extend((own, *more))
            if load.name is not None:
                related[load.name] = inner
            else:
                own.escape()
        if shape.counted:
            related["_count"] = Entries({name: Opaque(number=True) for name in shape.counted}, open=not shape.known)
        loaded = shape.loaded()
        rows = Fetched(model, LIBRARY, many, record, loaded, optional=optional, open=not shape.known, related=related)
        return rows, tuple(records)


def _is_gathered(draft: Draft, loop: LoopFact, source: bytes) -> bool:
    """Whether Prisma makes one query of all turns: `findUnique` by equality alone, asked for in one tick, as the turns
    of `rows.map(…)` do and those of a `for` that awaits do not.

    Source: https://www.prisma.io/docs/orm/prisma-client/queries/query-optimization-performance
    """
    equal = all(p.comparison is Comparison.EQUAL for p in draft.predicates) and not draft.joins
    start = loop.origin.start or 0
    return draft.verb is Verb.SELECT and equal and _STATEMENT.match(source, start) is None


def in_transaction(value: Value, transaction: Origin) -> None:
    """Put the queries that are handed to `$transaction([…])` into it: those of a loop go together, as a batch. A write
    with others along its relations, which is a transaction when it stands alone, is a part of this one."""
    for found in inside(value):
        if isinstance(found, Pending):
            alone = {None, *(record.origin for record in found.records)}
            for record in found.records:
                if record.place.transaction in alone:
                    loops = tuple(_of_batch(loop, transaction) for loop in record.place.loops)
                    record.place = replace(record.place, transaction=transaction, loops=loops)


def _of_batch(loop: LoopFact, transaction: Origin) -> LoopFact:
    """A loop that gathers what one transaction runs: not one in each turn of which a transaction is run."""
    begins, ends = loop.origin.start or 0, loop.origin.end or 0
    around = loop.origin.path == transaction.path and begins < (transaction.start or 0) < ends
    return loop if around else replace(loop, batched=True)


def escape(value: Value) -> None:
    """Rows leave our sight, with those of their relations."""
    for rows in _all(value):
        if rows.record is not None:
            rows.record.escape()


def _all(value: Value) -> Iterable[Rows]:
    if isinstance(value, Rows):
        yield value
    if isinstance(value, Fetched):
        for inner in value.related.values():
            yield from _all(inner)


def spot(site: Site, path: Path) -> Site:
    """The site of a part of a call's argument; that of the call where the part is written elsewhere."""
    call = site.expr
    here: Expr | None = call.args[0] if isinstance(call, Call) and call.args else None
    start = 0
    for name in path:
        if isinstance(here, Array) and here.items:
            here = here.items[0]
        if not isinstance(here, Object):
            return site
        found = next((entry for entry in here.entries if entry.key == name), None)
        if found is None:
            return site
        start = _start_of_key(site.frame.module.source, name, here.start, found.value.start)
        here = found.value
    return Site(site.interpreter, site.frame, Expr(start, here.end)) if here is not None else site


@lru_cache(maxsize=20_000)
def _key_before(name: str) -> re.Pattern[bytes]:
    """A key of this name, and nothing but its value behind it."""
    return re.compile(rb"[\"']?" + re.escape(name.encode()) + rb"[\"']?\s*:\s*\Z")


def _start_of_key(source: bytes, name: str, begin: int, start: int) -> int:
    """Where the key of an entry stands; the value's own start where nothing like it stands before."""
    before = source[max(begin, start - _BEFORE_VALUE - len(name)) : start]
    found = _key_before(name).search(before)
    return start - len(before) + found.start() if found is not None else start
