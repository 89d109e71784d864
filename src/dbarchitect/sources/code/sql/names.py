"""What the names in a query mean: tables, aliases, common table expressions, and the columns behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref

_DEFAULT_SCHEMAS = frozenset({"public", "main", "temp"})
_SYSTEM_SCHEMAS = frozenset({"information_schema", "pg_catalog", "performance_schema", "mysql", "sys"})
_SYSTEM_TABLES = ("pg_", "sqlite_", "pragma_")


@dataclass(frozen=True, slots=True)
class Output:
    """A column that a table or query gives: the base column that it plainly is, and those it is computed from."""

    plain: Ref | None = None
    reads: tuple[Ref, ...] = ()


@dataclass(slots=True)
class Source:
    """One entry of a FROM list. `is_open`: it may have columns besides `outputs` (a table that we do not know);
    `computed`: it is a query that is done with all of its rows before anything is joined (groups, the first rows)."""

    alias: str
    table: Table | None = None
    outputs: dict[str, Output] = field(default_factory=dict)
    is_open: bool = False
    main: Ref | None = None
    whole: bool = False
    order: int = 0
    computed: bool = False

    def output(self, name: str) -> Output | None:
        """The column of that name; its own case first, then any."""
        if self.table is not None:
            column = self.table.column(name) or self.table.column(self.table.derive(_folded).get(name.casefold(), ""))
            if column is None:
                return None
            ref = self.table.ref.column(column.name)
            return Output(ref, (ref,))
        return self.outputs.get(name) or self.outputs.get(name.casefold())

    def all_outputs(self) -> Iterator[tuple[str, Output]]:
        """Every column known of it, in order."""
        if self.table is None:
            yield from self.outputs.items()
            return
        for column in self.table.ordered_columns:
            ref = self.table.ref.column(column.name)
            yield column.name, Output(ref, (ref,))


def _folded(table: Table) -> Mapping[str, str]:
    return {column.name.casefold(): column.name for column in table.columns}


@dataclass(frozen=True, slots=True)
class Found:
    """What a column's name leads to, and the entry of the FROM list that it belongs to."""

    output: Output
    source: Source


@dataclass(slots=True)
class Scope:
    """The names that one SELECT can use: its FROM list, then those of the queries around it.

    `aliases` are the expressions that its select list names; `merged` the columns that USING or NATURAL make one.
    """

    parent: Scope | None = None
    queries: Mapping[str, Source] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    merged: dict[str, Found] = field(default_factory=dict)

    def find(self, column: exp.Column) -> Found | None:
        """The column meant, None where it is not known or ambiguous."""
        name = spelled(column.this)
        qualifier = column.args.get("table")
        scope: Scope | None = self
        while scope is not None:
            if qualifier is not None:
                source = scope.named(spelled(qualifier))
                if source is not None:
                    output = source.output(name)
                    return None if output is None else Found(output, source)
            else:
                known, found = scope.unqualified(name)
                if known:
                    return found
            scope = scope.parent
        return None

    def named(self, alias: str) -> Source | None:
        """The entry of the FROM list that goes by this name."""
        folded = alias.casefold()
        return next((source for source in self.sources if source.alias.casefold() == folded), None)

    def owns(self, source: Source) -> bool:
        """Whether an entry stands in this very FROM list, not in one around it."""
        return any(own is source for own in self.sources)

    def unqualified(self, name: str) -> tuple[bool, Found | None]:
        """Whether the name is this scope's, and what it means."""
        merged = self.merged.get(name.casefold())
        if merged is not None:
            return True, merged
        found = [Found(output, source) for source in self.sources if (output := source.output(name)) is not None]
        if found:
            return True, found[0] if len(found) == 1 else None
        if self.named(name) is not None:  # the whole row
            return True, None
        return any(source.is_open for source in self.sources), None

    def outermost_first(self) -> Iterator[Source]:
        """All entries of this FROM list and those around it."""
        if self.parent is not None:
            yield from self.parent.outermost_first()
        yield from self.sources


def united(sources: list[Source]) -> Source:
    """The columns of a UNION: the first arm's names; plain only where all arms give the same base column."""
    first = sources[0]
    columns = [[output for _, output in source.all_outputs()] for source in sources]
    outputs: dict[str, Output] = {}
    for position, (name, output) in enumerate(first.all_outputs()):
        others = [listed[position] for listed in columns if len(listed) > position]
        same = all(other.plain == output.plain for other in others)
        reads = tuple(dict.fromkeys(ref for other in others for ref in other.reads))
        outputs[name.casefold()] = Output(output.plain if same else None, reads)
    return Source("", outputs=outputs, is_open=any(source.is_open for source in sources), main=first.main)


def named(source: Source, alias: str, columns: list[str]) -> Source:
    """A query as an entry of a FROM list, under its alias and the column names that the alias gives."""
    found = replace(source, alias=alias)
    if columns and source.table is None:
        given = [output for _, output in source.all_outputs()]
        named = [*columns, *list(source.outputs)[len(columns) :]]
        padded = [*given, *(Output() for _ in range(len(named) - len(given)))]
        found.outputs = {name.casefold(): output for name, output in zip(named, padded, strict=False)}
    return found


def first_with(sources: list[Source], name: str) -> Found | None:
    """The first entry that has a column of this name, and the column."""
    for source in sources:
        output = source.output(name)
        if output is not None:
            return Found(output, source)
    return None


def shared(before: list[Source], joined: list[Source]) -> list[str]:
    """The columns that a NATURAL join compares, as far as the tables are known."""
    left = {name.casefold() for source in before for name, _ in source.all_outputs()}
    return [name for source in joined for name, _ in source.all_outputs() if name.casefold() in left]


def spelled(identifier: exp.Expr | str) -> str:
    """An identifier's text; the case that an engine folds it to does not count where names are compared folded."""
    if isinstance(identifier, str):
        return identifier
    text = identifier.this
    return text if isinstance(text, str) else identifier.name


def folded(identifier: exp.Expr, catalog: Catalog) -> str:
    """An identifier as the engine stores it."""
    text = spelled(identifier)
    return text.lower() if catalog.engine.name == POSTGRESQL.name and not identifier.args.get("quoted") else text


def find_table(catalog: Catalog, name: str, schema: str | None) -> Table | None:
    """The table of a name as it stands in a query; one without a schema may be any schema's, if only one has it."""
    if schema is not None and schema.casefold() in _DEFAULT_SCHEMAS:
        schema = None
    found = catalog.table(Ref.of_table(name, schema))
    if found is not None:
        return found
    namesakes = catalog.derive(_by_bare_name).get(name.casefold(), ())
    if schema is not None and (catalog.engine.name == POSTGRESQL.name or len(namesakes) != 1):
        return None  # MySQL's schema is the database itself, SQLite's an attached file
    return namesakes[0] if len(namesakes) == 1 else None


def _by_bare_name(catalog: Catalog) -> Mapping[str, tuple[Table, ...]]:
    found: dict[str, tuple[Table, ...]] = {}
    for table in catalog.tables:
        found[table.name.casefold()] = (*found.get(table.name.casefold(), ()), table)
    return found


def is_system(name: str, schema: str | None) -> bool:
    """Whether a table is the server's own."""
    return (
        (schema or "").lower() in _SYSTEM_SCHEMAS or name.lower().startswith(_SYSTEM_TABLES) or name.lower() == "dual"
    )
