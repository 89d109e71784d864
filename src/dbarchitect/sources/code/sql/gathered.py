"""What one statement gathers while its parts are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Aggregate, Assignment, Bound, Idiom, Join, Predicate, SortKey, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.sql.lexing import Marks
from dbarchitect.sources.code.sql.shapes import SqlQuery


@dataclass(slots=True)
class Gathered:
    """The parts of one statement, as its reading goes on; `inner` are changes of rows in its WITH clause."""

    catalog: Catalog
    marks: Marks
    verb: Verb = Verb.SELECT
    table: Ref | None = None
    tables: dict[Ref, None] = field(default_factory=dict)
    predicates: list[Predicate] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    grouping: dict[Ref, None] = field(default_factory=dict)
    ordering: tuple[SortKey, ...] = ()
    limit: Bound | None = None
    offset: Bound | None = None
    columns: tuple[Ref, ...] | None = ()
    aggregates: list[Aggregate] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    key: tuple[Ref, ...] = ()
    distinct: bool = False
    single: bool = False
    locks: bool = False
    idiom: Idiom | None = None
    dynamic: dict[str, None] = field(default_factory=dict)
    reads: dict[Ref, None] = field(default_factory=dict)
    inner: list[SqlQuery] = field(default_factory=list)

    def use(self, table: Table) -> None:
        """A table takes part."""
        self.tables.setdefault(table.ref)

    def read(self, columns: Iterable[Ref]) -> None:
        """Columns are touched."""
        for column in columns:
            self.reads.setdefault(column)

    def unknown(self, *parts: str) -> None:
        """Parts are not known."""
        for part in parts:
            self.dynamic.setdefault(part)

    def require(self, predicates: Iterable[Predicate]) -> None:
        """Predicates, each once."""
        for predicate in predicates:
            if predicate not in self.predicates:
                self.predicates.append(predicate)

    def join(self, join: Join) -> None:
        """A join, once."""
        if join not in self.joins:
            self.joins.append(join)

    def count(self, aggregate: Aggregate) -> None:
        """An aggregate, once."""
        if aggregate not in self.aggregates:
            self.aggregates.append(aggregate)

    def finished(self) -> SqlQuery:
        """The statement as plain data."""
        table = self.table if self.table is not None or "table" in self.dynamic else next(iter(self.tables), None)
        return SqlQuery(
            self.verb,
            table,
            tables=tuple(self.tables),
            predicates=tuple(self.predicates),
            joins=tuple(self.joins),
            grouping=tuple(self.grouping),
            ordering=self.ordering,
            limit=self.limit,
            offset=self.offset,
            columns=self.columns,
            aggregates=tuple(self.aggregates),
            assignments=tuple(self.assignments),
            key=self.key,
            distinct=self.distinct,
            locks=self.locks,
            idiom=self.idiom,
            dynamic=tuple(self.dynamic),
            reads=tuple(self.reads),
            single=self.single,
        )
