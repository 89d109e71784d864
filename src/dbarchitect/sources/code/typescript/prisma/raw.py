"""Raw SQL: `$queryRaw`, `$executeRaw`, their unsafe kind, and the pieces that `Prisma.sql` and `Prisma.join` make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Fetch, Verb
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.code.draft import Draft, either
from dbarchitect.sources.code.rawsql import ENDS, Parts, Texts, drafted, is_pasted
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sql import Hole, SqlQuery, StatementKind, Unreadable
from dbarchitect.sources.code.texts import together
from dbarchitect.sources.code.typescript.drivers.texts import is_chosen, is_raw_text
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.values import LIBRARY, EitherPiece, Pasted, Pending, Piece
from dbarchitect.sources.code.typescript.texts import ways_of
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Items, Member, Opaque, Sequence, Text, Value
from dbarchitect.sources.typescript.syntax import Call, Template

EMPTY = Piece()
RUNS = {
    "$queryRaw": Fetch.ALL,
    "$queryRawUnsafe": Fetch.ALL,
    "$queryRawTyped": Fetch.ALL,
    "$executeRaw": Fetch.NONE,
    "$executeRawUnsafe": Fetch.NONE,
}


def piece_of(parts: tuple[str | Value, ...], site: Site) -> Piece:
    """The piece that a template makes: texts and values in turn, each value with how it is written."""
    template, module = site.expr, site.frame.module
    written = template.parts if isinstance(template, Template) else ()
    sources = tuple(module.text(part.start, part.end) for part in written if not isinstance(part, str))
    return Piece(parts, sources)


def made(name: str, arguments: Arguments, site: Site) -> Value | None:
    """What `Prisma.sql`, `Prisma.raw`, `Prisma.join` give when they are called; None for any other function."""
    first = arguments.get(0)
    if name == "raw" and first is not None:
        call = site.expr
        written = call.args[0] if isinstance(call, Call) and call.args else call
        return Pasted(first, site.frame.module.text(written.start, written.end))
    if name == "join" and first is not None:
        return _joined(first, arguments.get(1))
    return EMPTY if name == "empty" else None


def _joined(values: Value, separator: Value | None) -> Piece:
    between = separator.value if isinstance(separator, Const) and isinstance(separator.value, str) else ","
    items = (
        values.items if isinstance(values, Items) else [values.element] if isinstance(values, Sequence) else [values]
    )
    parts: list[str | Value] = []
    for number, item in enumerate(items):
        parts.extend([between] if number else [])
        parts.append(item)
    return Piece(tuple(parts), tuple("…" for part in parts if not isinstance(part, str)))


class RawSql:
    """Reads raw SQL, once for each text and catalog."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self._texts = Texts()

    def run(self, name: str, value: Value, site: Site, home: str) -> Pending:
        """Note what a text of SQL asks; of several statements the last one's rows are given."""
        catalog = self.models.catalog(home, site.frame.module.path)
        if catalog is None:
            return Pending(Opaque())
        unsafe = name.endswith("Unsafe")
        ways: list[tuple[Draft, ...]] = []
        for way in (0, 1) if _has_ways(value) and not unsafe else (0,):
            found = self._unsafe(value, catalog, site) if unsafe else self._safe(value, way, catalog, site)
            for query in found if not way else ():
                if query.kind in ENDS:
                    site.interpreter.event(ENDS[query.kind], site)
            queries = (query for query in found if query.kind is StatementKind.QUERY)
            ways.append(tuple(_drafted(query, site, value, unsafe=unsafe) for query in queries))
        drafts = ways[0] if len(ways) == 1 or len(ways[0]) != len(ways[1]) else map(either, *ways)
        records = tuple(self._note(draft, RUNS[name], site) for draft in drafts)
        if RUNS[name] is Fetch.NONE or not records:
            return Pending(Opaque(number=RUNS[name] is Fetch.NONE), records)
        records[-1].escape()
        return Pending(Sequence(Opaque(), rows=True, record=records[-1]), records)

    def _note(self, draft: Draft, fetch: Fetch, site: Site) -> Record:
        if draft.verb is not Verb.SELECT:
            fetch = Fetch.NONE
        elif draft.aggregates and not draft.grouping and not draft.columns:
            fetch = Fetch.SCALAR
        interpreter = site.interpreter
        place = interpreter.place(site.frame)
        return interpreter.recorder.query(draft, place, site.origin, fetch, interpreter.text(site))

    def _safe(self, value: Value, way: int, catalog: Catalog, site: Site) -> tuple[SqlQuery, ...]:
        """The statements of a piece. Where it cannot be read with its values bound, one of those that nobody knows is
        a piece itself."""
        if not isinstance(value, Piece | EitherPiece | Pasted):
            return ()
        bound = _closed(_flat(value, "…", way, "$1" if catalog.engine.name == "postgresql" else "?"))
        try:
            return self._texts.read(bound, catalog)
        except Unreadable as error:
            try:
                return self._texts.read(_closed(_flat(value, "…", way, None)), catalog)
            except Unreadable:
                return _not_read(error, site)

    def _unsafe(self, value: Value, catalog: Catalog, site: Site) -> tuple[SqlQuery, ...]:
        """The statements of a text."""
        ways = [_parts(text) for text in ways_of(value)]
        try:
            return self._texts.any_of(ways, catalog)
        except Unreadable as error:
            return () if isinstance(ways[0][0], Hole) else _not_read(error, site)  # whose beginning nobody knows


def _not_read(error: Unreadable, site: Site) -> tuple[SqlQuery, ...]:
    site.interpreter.diagnostics.append(Diagnostic(site.origin, f"SQL that could not be read: {error}"))
    return ()


def _flat(value: Value, source: str, way: int, bound: str | None) -> Iterator[str | Hole]:
    """A piece as text, with what is pasted into it. `bound` stands for what is bound to a place (`$1`, `?`); None: for
    each a hole."""
    match value:
        case Piece(parts=parts, sources=sources):
            names = iter(sources)
            for part in parts:
                if isinstance(part, str):
                    yield part
                else:
                    yield from _flat(part, next(names, "…"), way, bound)
        case EitherPiece(first=first, second=second):
            yield from _flat(second if way else first, source, way, bound)
        case Pasted(text=text, source=written):
            yield from _parts(text) or (Hole(written),)
        case Member(name="empty"):
            return
        case _:
            yield bound if bound is not None else Hole(source)


def _pasted(value: Value) -> Iterator[str]:
    """What of a piece is put into the text as it is, as written."""
    match value:
        case Piece(parts=parts):
            for part in parts:
                if not isinstance(part, str):
                    yield from _pasted(part)
        case EitherPiece(first=first, second=second):
            yield from _pasted(first)
            yield from _pasted(second)
        case Pasted(text=text, source=written):
            yield from (part.text for part in _parts(text) or (Hole(written),) if isinstance(part, Hole))


def _parts(value: Value) -> Parts:
    """A text as it is, with what is put into it."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return (value.value,)
    text = next(iter(ways_of(value)), None)
    if text is None:
        return ()
    names = iter(text.sources)
    return tuple(part if isinstance(part, str) else Hole(next(names, "…")) for part in text.parts)


def _closed(parts: Iterable[str | Hole]) -> Parts:
    """The parts with texts that touch made one."""
    return tuple(together(parts))


def _has_ways(value: Value) -> bool:
    if isinstance(value, Piece):
        return any(_has_ways(part) for part in value.parts if not isinstance(part, str))
    return isinstance(value, EitherPiece)


def _is_raw(value: Value) -> bool:
    """Whether a request decides about the text itself."""
    match value:
        case Piece(parts=parts):
            return any(_is_raw(part) for part in parts if not isinstance(part, str))
        case EitherPiece(first=first, second=second):
            return _is_raw(first) or _is_raw(second)
        case Pasted(text=text):
            return is_raw_text(text)
        case _:
            return False


def _chosen(value: Value) -> Iterator[str]:
    """What of a text is a number or one of the program's own constants, as written."""
    if isinstance(value, Pasted):
        value = value.text
    if isinstance(value, Piece):
        for part in value.parts:
            yield from _chosen(part)
    elif isinstance(value, Text):
        for way in ways_of(value):
            put_in = (part for part in way.parts if not isinstance(part, str))
            yield from (name for part, name in zip(put_in, way.sources, strict=False) if is_chosen(part))


def _drafted(query: SqlQuery, site: Site, value: Value, *, unsafe: bool) -> Draft:
    told = None if unsafe else frozenset(_pasted(value))
    holes = [hole for hole in query.holes if told is None or hole.text in told]
    chosen = frozenset(_chosen(value))
    return replace(
        drafted(query, LIBRARY, site.origin),
        interpolated=tuple(hole.text for hole in holes),
        pasted=tuple(hole.text for hole in holes if hole.text not in chosen and is_pasted(hole, query.text)),
        raw_input=is_raw_text(value) if unsafe else _is_raw(value),
    )
