"""Pieces of SQL written as templates: read as a condition, as sort keys, as an expression, as a whole statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Operand, SortKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.rawsql import Texts
from dbarchitect.sources.code.sql import Hole, SqlQuery
from dbarchitect.sources.code.texts import together
from dbarchitect.sources.code.typescript.builders.combining import both
from dbarchitect.sources.code.typescript.builders.conditions import inner_condition
from dbarchitect.sources.code.typescript.builders.values import Column, Condition, Derived, Fragment, Raw, Sort, Written
from dbarchitect.sources.code.typescript.texts import ways_of
from dbarchitect.sources.code.typescript.values import Choice, Const, Table, Undefined, constant_text
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Items, Text, Value, is_raw

Named = tuple[Ref, str | None]
"""A table as a query names it: with its alias, None where it has none."""

_PARAMETER = "$1"
_DEEPEST = 12
_INNER = re.compile(r"\(\s*select\b", re.IGNORECASE)


@dataclass(slots=True)
class Rendered:
    """A piece of SQL as text and holes; `tables` are those of its columns, `inner` what queries in it demand.

    `named` are the tables that it names itself, in a FROM of its own; `raw`: something that comes from a request is
    put into the text as it is.
    """

    parts: list[str | Hole] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    tables: list[Named] = field(default_factory=list)
    inner: Condition = field(default_factory=Condition)
    raw: bool = False


class Templates:
    """Reads pieces of SQL, each text once."""

    def __init__(self, catalog_of: Callable[[str], Catalog]) -> None:
        self.catalog_of = catalog_of
        self._texts = Texts()

    def rendered(self, fragment: Value, site: Site) -> Rendered:
        """A piece of SQL as text, as a statement of the place would hold it."""
        found = Rendered()
        quote = "`" if self.catalog_of(site.frame.module.path).engine.name == "mysql" else '"'
        _render(fragment, found, quote, 0)
        found.tables = [(ref, alias) for ref, alias in found.tables if (alias or ref.table or "") not in found.named]
        return found

    def statements(self, parts: Iterable[str | Hole], site: Site, *, told: bool = False) -> tuple[SqlQuery, ...]:
        """The statements of a text; none, and a Diagnostic where it is `told`, where it cannot be read."""
        diagnostics = site.interpreter.diagnostics if told else []
        return self._texts.told((tuple(parts),), self.catalog_of(site.frame.module.path), site.origin, diagnostics)

    def _one(self, before: str, piece: Rendered, after: str, tables: Iterable[Named], site: Site) -> SqlQuery | None:
        """What a SELECT around a piece reads: `before`, the tables, `after`, with `{}` where the piece stands."""
        quote = "`" if self.catalog_of(site.frame.module.path).engine.name == "mysql" else '"'
        listed: dict[str, str] = {}
        for ref, alias in (*tables, *piece.tables):
            listed.setdefault(alias or ref.table or "", _named(ref, alias, quote))
        source = f" from {', '.join(listed.values())} " if listed else " "
        parts: list[str | Hole] = []
        for text in (before, source, after):
            head, mark, tail = text.partition("{}")
            parts.append(head)
            parts.extend(piece.parts if mark else ())
            parts.append(tail)
        found = self.statements(_together(parts), site)
        return found[0] if len(found) == 1 else None

    def condition(self, written: Written, tables: Iterable[Named], site: Site) -> Condition:
        """A piece of SQL as what it demands of the tables of a query; unknown where it cannot be read."""
        piece = self.rendered(written.fragment, site)
        query = self._one("select 1", piece, "where {}", tables, site)
        if query is None:
            known = tuple(t for t, _ in piece.tables)
            return both(Condition(tables=known, unknown=True), piece.inner)
        predicates = tuple(
            replace(
                p,
                alternative=p.alternative or written.alternative,
                optional=p.optional or written.optional,
                negated=p.negated != written.negated,
            )
            for p in query.predicates
        )
        own = {ref.key for ref, _ in tables}
        others = tuple(t for t in query.tables if t.key not in own)
        found = Condition(predicates, (), query.joins, others, (), "where" in query.dynamic)
        return both(found, piece.inner)

    def ordering(self, fragment: Value, tables: Iterable[Named], site: Site) -> tuple[SortKey, ...]:
        """A piece of SQL as sort keys."""
        piece = self.rendered(fragment, site)
        query = self._one("select 1", piece, "order by {}", tables, site)
        if query is None or not query.ordering:
            return (SortKey(None),)
        return query.ordering

    def expression(self, fragment: Fragment, tables: Iterable[Named], site: Site) -> Column:
        """A piece of SQL as an expression of columns."""
        single = [part for part in fragment.parts if not (isinstance(part, str) and not part.strip())]
        if len(single) == 1 and isinstance(single[0], Column):
            return replace(single[0], name=fragment.name or single[0].name)
        piece = self.rendered(fragment, site)
        query = self._one("select {}", piece, "", tables, site)
        if query is None:
            reads = frozenset(p.column for p in fragment.parts if isinstance(p, Column) and p.column is not None)
            return Column(function="expression", name=fragment.name, reads=reads)
        reads = frozenset(query.columns or ()) | {p.column for p in piece.inner.predicates}
        aggregate = query.aggregates[0] if query.aggregates else None
        only = next(iter(reads)) if len(reads) == 1 else None
        inner = Draft("", site.origin, joined=piece.inner.tables) if piece.inner.tables else None
        own = {ref.key for ref, _ in (*tables, *piece.tables)}
        others = tuple(ref for ref in query.tables if ref.key not in own)
        if others:  # it holds a query of its own
            inner = Draft("", site.origin, joined=others, predicates=query.predicates, joins=query.joins)
            head = _INNER.split("".join(part for part in piece.parts if isinstance(part, str)), maxsplit=1)[0]
            aggregate = aggregate if aggregate is not None and f"{aggregate.function}(" in head.lower() else None
        return Column(only, "expression", (), fragment.name, aggregate, reads, inner=inner)

    def assigned(self, fragment: Fragment) -> Operand:
        """How a piece of SQL counts that a column is set to: a query, a column as it is, or computed."""
        single = [part for part in fragment.parts if not (isinstance(part, str) and not part.strip())]
        if len(single) == 1 and isinstance(single[0], Column) and single[0].plain:
            return Operand.COLUMN
        text = "".join(part for part in single if isinstance(part, str)).strip().lower()
        if text.startswith("excluded.") and len(single) == 1:
            return Operand.COLUMN
        if any(isinstance(part, Draft | Derived) for part in single) or text.lstrip("( ").startswith("select "):
            return Operand.SUBQUERY
        if not text and all(not isinstance(part, Fragment | Raw | Table) for part in single):
            return Operand.PARAMETER
        return Operand.EXPRESSION


def _together(parts: Iterable[str | Hole]) -> list[str | Hole]:
    return together(part for part in parts if part != "")


def _quoted(name: str, quote: str) -> str:
    return quote + name.replace(quote, quote * 2) + quote


def _named(ref: Ref, alias: str | None, quote: str) -> str:
    table = _quoted(ref.table or "", quote)
    table = f"{_quoted(ref.schema, quote)}.{table}" if ref.schema else table
    return f"{table} as {_quoted(alias, quote)}" if alias else table


def _render(value: Value, into: Rendered, quote: str, depth: int) -> None:
    match value:
        case str():
            into.parts.append(value)
        case _ if depth > _DEEPEST:
            into.parts.append(_PARAMETER)
        case Fragment(parts=parts):
            for part in parts:
                _render(part, into, quote, depth + 1)
        case Column():
            _render_column(value, into, quote)
        case Sort(key=key, descending=descending):
            _render(key, into, quote, depth + 1)
            into.parts.append(" desc" if descending else " asc")
        case Table(model=model, alias=alias):
            into.parts.append(_quoted(alias, quote) if alias else _named(model.table, None, quote))
            into.named.add(alias or model.table.table or "")
        case Raw():
            _render_raw(value, into)
        case Draft() | Derived() | Condition():
            _render_inner(value, into, quote, depth)
        case Items(items=items):
            for number, item in enumerate(items or [Undefined()]):
                into.parts.append("(" if number == 0 else ", ")
                _render(item, into, quote, depth + 1)
            into.parts.append(")")
        case _:
            into.parts.append(_literal(value, quote))


def _literal(value: Value, quote: str) -> str:
    """A value that is handed over as a parameter; a constant is told as it is."""
    if isinstance(value, Text) and quote != "`":  # a pattern, of which the ends are known
        return " || ".join(_spelled_out(part) if isinstance(part, str) else _PARAMETER for part in value.parts)
    if not isinstance(value, Const):
        return _PARAMETER
    return _spelled_out(value.value) if isinstance(value.value, str) else constant_text(value.value)


def _spelled_out(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _render_inner(value: Draft | Derived | Condition, into: Rendered, quote: str, depth: int) -> None:
    """A query, or a condition, within a piece of SQL: what it demands is known already."""
    if not isinstance(value, Condition):
        into.inner = both(into.inner, inner_condition(value))
        into.parts.append("(select 1)")
    elif len(value.written) == 1 and not value.predicates and not value.pairs:
        _render(value.written[0].fragment, into, quote, depth + 1)
    else:
        into.inner = both(into.inner, value)
        into.parts.append("(1 = 1)")


def _render_column(value: Column, into: Rendered, quote: str) -> None:
    if value.inner is not None:
        into.inner = both(into.inner, inner_condition(value))
    if value.column is None or value.inner is not None:
        call = value.aggregate.function if value.aggregate is not None else value.function
        reads = sorted(value.reads, key=str)
        inside = ", ".join(_spelled(ref, None, quote) for ref in reads)
        for ref in reads:
            into.tables.append((ref.table_ref, None))
        into.parts.append(f"{call}({inside or '*'})" if call and call.isidentifier() else inside or _PARAMETER)
        return
    derived = value.alias is not None and value.alias.startswith("derived ")
    alias = None if derived else value.alias
    into.tables.append((value.column.table_ref, alias))
    text = _spelled(value.column, alias, quote)
    for function in reversed((value.function or "").split()):
        text = f"{function}({text})" if function.isidentifier() else text
    into.parts.append(text)


def _spelled(ref: Ref, alias: str | None, quote: str) -> str:
    return f"{_quoted(alias or ref.table or '', quote)}.{_quoted(ref.columns[-1] if ref.columns else '', quote)}"


def _render_raw(value: Raw, into: Rendered) -> None:
    match value.value:
        case Const(value=known) | Choice(values=(Const(value=known), *_)):  # of several texts of the program, one
            into.parts.append(constant_text(known))
        case Text():
            text = ways_of(value.value)[0]
            names = list(text.sources)
            for part in text.parts:
                into.parts.append(part if isinstance(part, str) else Hole(names.pop(0) if names else "…"))
            into.raw = into.raw or is_raw(value.value)
        case other:
            into.parts.append(Hole(value.source or "…"))
            into.raw = into.raw or is_raw(other)
