"""Reads FROM lists: tables, joins and the conditions by which they are joined."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dbarchitect.catalog.queries import Bound, Join, SortKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.sql.conditions import Conditions, Flags
from dbarchitect.sources.code.sql.gathered import Gathered
from dbarchitect.sources.code.sql.names import (
    Output,
    Scope,
    Source,
    find_table,
    first_with,
    folded,
    is_system,
    named,
    shared,
    spelled,
)
from dbarchitect.sources.code.sql.subjects import function_name

_SIDES = frozenset({"LEFT", "RIGHT", "FULL"})


@dataclass(slots=True)
class Result:
    """What a query gives: its columns as a source, and its own order and bounds."""

    source: Source
    columns: dict[Ref, None] = field(default_factory=dict)
    ordering: tuple[SortKey, ...] = ()
    limit: Bound | None = None
    offset: Bound | None = None
    distinct: bool = False

    @property
    def read(self) -> tuple[Ref, ...] | None:
        """The columns as `QueryFact` has them: None for whole rows."""
        return None if self.source.whole else tuple(self.columns)


class FromLists(ABC):
    """Reads FROM lists into what the statement gathers; queries inside them are read by `query`."""

    def __init__(self, gathered: Gathered) -> None:
        self.gathered = gathered
        self.marks = gathered.marks
        self.results: dict[int, Result] = {}

    @abstractmethod
    def query(self, node: exp.Expr, parent: Scope | None = None, queries: Mapping[str, Source] | None = None) -> Result:
        """Read a query."""

    @abstractmethod
    def visit(self, node: exp.Expr, scope: Scope) -> tuple[Ref, ...]:
        """Every column and query in an expression: columns are noted as read, queries are read. Gives the columns."""

    def add(self, node: exp.Expr, scope: Scope) -> None:
        """Add an entry of a FROM list, with the joins that hang on it."""
        alias = node.args.get("alias")
        name = spelled(alias.this) if alias is not None and alias.this is not None else ""
        columns = [spelled(column) for column in alias.args.get("columns") or ()] if alias is not None else []
        match node:
            case exp.Table() if isinstance(node.this, exp.Identifier):
                scope.sources.append(self._table(node, name, columns, scope))
            case exp.Subquery() if isinstance(node.this, exp.Table | exp.Subquery) and not name:
                self.add(node.this, scope)  # only parentheses around joins
            case exp.Subquery() | exp.Values() | exp.Query():
                scope.sources.append(named(self.query(node, scope.parent, scope.queries).source, name, columns))
            case exp.Lateral() if isinstance(node.this, exp.Subquery):
                inner = self.query(node.this, scope, scope.queries)
                self.results[id(node)] = inner
                scope.sources.append(named(inner.source, name, columns))
            case exp.Paren():
                self.add(node.this, scope)
            case _:
                self.visit(node, scope)
                called = node.this if isinstance(node.this, exp.Func) else node
                given = {column.casefold(): Output() for column in columns}
                label = name or (function_name(called) if isinstance(called, exp.Func) else "")
                scope.sources.append(Source(label, outputs=given, is_open=not columns))
        for join in node.args.get("joins") or ():
            self.join(join, scope)

    def _table(self, node: exp.Table, alias: str, columns: list[str], scope: Scope) -> Source:
        name, schema = folded(node.this, self.gathered.catalog), None
        if node.args.get("db") is not None:
            schema = folded(node.args["db"], self.gathered.catalog)
            schema = None if self.marks.has_any(schema) else schema
        known = scope.queries.get(name.casefold()) if schema is None else None
        if known is not None:
            return named(known, alias or name, columns)
        table = None if self.marks.has_any(name) else find_table(self.gathered.catalog, name, schema)
        if table is None:
            if not is_system(name, schema):
                self.gathered.unknown("table")
            return Source(alias or name, is_open=True)
        self.gathered.use(table)
        return Source(alias or name, table, main=table.ref)

    def join(self, join: exp.Expr, scope: Scope) -> None:
        """Add what is joined, and read by which columns."""
        if not isinstance(join, exp.Join):
            self.add(join, scope)
            return
        before = list(scope.sources)
        self.add(join.this, scope)
        joined = scope.sources[len(before) :]
        outer = str(join.args.get("side") or "").upper() in _SIDES
        names = [spelled(name) for name in join.args.get("using") or ()]
        if str(join.args.get("method") or "").upper() == "NATURAL":
            names = shared(before, joined)
        pairs: list[tuple[Ref, Ref]] = []
        for name in names:
            pairs.extend(self._merge(name, before, joined, scope))
        if pairs:
            computed = dict.fromkeys(b.table_ref for _, b in pairs if any(source.computed for source in joined))
            self.gathered.join(Join(tuple(pairs), outer=outer, computed=tuple(computed)))
        if join.args.get("on") is not None:
            self.where(join.args["on"], scope, outer=outer)

    def _merge(self, name: str, before: list[Source], joined: list[Source], scope: Scope) -> Iterator[tuple[Ref, Ref]]:
        """USING makes one column of two."""
        left, right = (first_with(sources, name) for sources in (before, joined))
        found = left or right
        if found is not None:
            scope.merged[name.casefold()] = found
        for one in (left, right):
            if one is not None:
                self.gathered.read(one.output.reads)
        if left is not None and right is not None and left.output.plain is not None and right.output.plain is not None:
            yield left.output.plain, right.output.plain

    def where(self, node: exp.Expr, scope: Scope, *, outer: bool = False) -> None:
        """Read a condition: the queries in it, its predicates, its joins."""
        self.visit(node, scope)
        conditions = Conditions(scope, self.marks, self._inner)
        conditions.read(node, Flags())
        unseen = not (conditions.predicates or conditions.pairings) and node.find(exp.Query) is None
        known = bool(self.gathered.tables) and "table" not in self.gathered.dynamic
        foreign = unseen and known and node.find(exp.Column) is not None
        if conditions.unknown or foreign:  # of columns that the catalog does not have
            self.gathered.unknown("where")
        found = conditions.predicates
        self.gathered.require([replace(p, of_join=True) for p in found] if outer else found)
        order = {id(source): number for number, source in enumerate(scope.outermost_first())}
        grouped: dict[tuple[int, int], list[tuple[Ref, Ref]]] = {}
        computed: dict[Ref, None] = {}
        for pairing in conditions.pairings:
            sides = sorted((pairing.left, pairing.right), key=lambda side: order.get(id(side.found.source), -1))
            places = tuple(order.get(id(side.found.source), -1) for side in sides)
            pair = (sides[0].column, sides[1].column)
            computed |= {side.column.table_ref: None for side in sides if side.found.source.computed}
            listed = grouped.setdefault((places[0], places[1]), [])
            if pair not in listed:
                listed.append(pair)
        for pairs in grouped.values():
            own = {column.table_key for pair in pairs for column in pair}
            apart = tuple(table for table in computed if table.key in own)
            self.gathered.join(Join(tuple(pairs), outer=outer, computed=apart))

    def _inner(self, node: exp.Expr) -> Source | None:
        found = self.results.get(id(node))
        if found is None and isinstance(node, exp.Subquery):
            found = self.results.get(id(node.this))
        return found.source if found is not None else None
