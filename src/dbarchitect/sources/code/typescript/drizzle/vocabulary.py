"""Drizzle: what the interpreter is told of its tables, builders, relational queries and templates."""

from __future__ import annotations

from collections.abc import Sequence as Readings

from dbarchitect.catalog.queries import Fetch, Use, Verb
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft, either
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.typescript.builders.combining import all_of, on_either_way, sometimes
from dbarchitect.sources.code.typescript.builders.conditions import truth
from dbarchitect.sources.code.typescript.builders.drafts import either_query, of_each
from dbarchitect.sources.code.typescript.builders.results import counted, of_row, or_nothing, ran, subscripted
from dbarchitect.sources.code.typescript.builders.running import at_home, handed, run_at, settle
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import (
    Condition,
    Derived,
    EitherQuery,
    Fragment,
    Options,
    Row,
    Sort,
    Written,
)
from dbarchitect.sources.code.typescript.drizzle.calls import Calls
from dbarchitect.sources.code.typescript.drizzle.databases import typed
from dbarchitect.sources.code.typescript.drizzle.expressions import column_of, concerns, merged, short_name
from dbarchitect.sources.code.typescript.drizzle.relational import models_by_label
from dbarchitect.sources.code.typescript.drizzle.values import (
    LIBRARY,
    Database,
    Directions,
    Operators,
    Prepared,
    Relational,
    SomeTable,
)
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.values import Const, Table, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.values import Library, Member, Rows, Sequence, Value
from dbarchitect.sources.typescript.specifiers import SUFFIXES
from dbarchitect.sources.typescript.syntax import Assign, Await


class DrizzleVocabulary(Vocabulary):
    """Tables, queries, rows."""

    name = LIBRARY
    needles = (
        rb"drizzle\b(?<=\bdrizzle)",
        rb"\.(?:select|selectDistinct|selectDistinctOn)\(",
        rb"\.(?:insert|update|delete)\(\s*\w",
        rb"\.query\s*\.\s*\w+\s*\.\s*find",
        rb"\.(?:transaction|batch|execute|\$count|\$with|findMany|findFirst)\(",
        rb"sql(?<=\bsql)\s*[`<.]",
    )

    def __init__(self, readings: Readings[SourceReading]) -> None:
        self.readings = readings
        models = {m.key: m for r in readings for m in r.models if m.key.partition(":")[0].endswith(SUFFIXES)}
        documents = frozenset(
            table.ref.column(column.name)
            for reading in readings
            for table in reading.catalog.tables
            for column in table.columns
            if is_document(str(column.type))
        )
        self.documents = documents
        self.calls = Calls(Templates(Catalogs(readings).near), documents, models_by_label(models))

    # Names and types

    def of_library(self, library: Library, site: Site) -> Value | None:  # noqa: ARG002
        """Names of the library that are something by themselves."""
        return Operators() if library.name in {"drizzle-orm:operators", "drizzle-orm:*"} else None

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:  # noqa: ARG002
        """`NodePgDatabase<typeof schema>`, `PgTransaction<…>`."""
        return typed(type_text)

    # Attributes

    @of(Table, Derived, Database, Relational, Operators, Row, Rows, Sequence)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:  # noqa: ARG002
        """Columns of tables and of queries, what a database holds, values of rows."""
        match owner:
            case Table():
                return column_of(owner, name, self.documents)
            case Derived():
                return self.calls.building.of_derived(owner, name)
            case Database():
                if name == "query":
                    return Relational()
                return owner if name in {"$primary", "_query", "$cache"} else None
            case Relational(model=None):
                model = self.calls.labels.get(name)
                return Relational(model) if model is not None else None
            case Operators():
                return Library(f"drizzle-orm:{name}")
            case Row():
                return of_row(owner, name)
            case Rows() | Sequence() if name == "length":
                return counted(owner)
            case _:
                return None

    # Calls and templates

    @of(Library, Directions, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Functions of the library, methods of what it makes."""
        return self.calls.call(function, arguments, site)

    def tagged(self, tag: Value, parts: tuple[str | Value, ...], site: Site) -> Value | None:  # noqa: ARG002
        """``sql`…` ``."""
        if not isinstance(tag, Library):
            return None
        name = short_name(tag.name)
        if name == "sql":
            return Fragment(parts)
        unknown = name is None and tag.name.endswith(":sql")
        return Fragment(parts) if unknown and any(concerns(p) for p in parts if not isinstance(p, str)) else None

    # Running, and rows

    @of(EitherQuery, Draft)
    def awaited(self, value: Value, site: Site) -> Value | None:
        """A query runs when it is waited for."""
        if isinstance(value, EitherQuery) and value.options[0].library == LIBRARY:
            return of_each(value, lambda draft: self.awaited(draft, site), site)
        if not isinstance(value, Draft) or value.library != LIBRARY:
            return None
        return ran(value, site if isinstance(site.expr, Await) else at_home(value, site))

    @of(Row, Rows, Sequence)
    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:  # noqa: ARG002
        """The first of several rows; a value of a row, or a column of a table, by name."""
        if isinstance(owner, Row):
            return of_row(owner, index.value) if isinstance(index, Const) and isinstance(index.value, str) else None
        return subscripted(owner, index)

    @of(Row)
    def truth(self, value: Value, site: Site) -> None:  # noqa: ARG002
        """A row is tested for being there."""
        if isinstance(value, Row):
            value.record.uses.add(Use.TESTED)

    @of(Draft, EitherQuery, Prepared, Row)
    def escape(self, value: Value, site: Site) -> None:
        """A query that leaves our sight is run elsewhere; so are rows used."""
        match value:
            case Draft() if isinstance(site.expr, Assign):
                return
            case Draft() if value.library == LIBRARY and value.table is not None:
                self._handed_on(value, site)
            case EitherQuery(options=options):
                for option in options:
                    self.escape(option, site)
            case Prepared(draft=draft):
                run_at(draft, site, Fetch.BUILT)
            case Row(record=record) if not isinstance(site.expr, Await):
                record.escape()

    def _handed_on(self, draft: Draft, site: Site) -> None:
        """What an asynchronous function returns is waited for; of any other whoever gets it decides."""
        function = site.frame.function
        if function is not None and site.expr is function and function.is_async:
            site.interpreter.made(ran(draft, at_home(draft, site)), site)
        else:
            run_at(draft, at_home(draft, site), Fetch.BUILT)

    @of(Draft, EitherQuery)
    def returned(self, value: Value, site: Site) -> Value | None:
        """A query that a function gives to its caller is the caller's from then on."""
        if isinstance(value, EitherQuery) and value.options[0].library == LIBRARY:
            return EitherQuery(tuple(handed(option, site) for option in value.options))
        return handed(value, site) if isinstance(value, Draft) and value.library == LIBRARY else None

    # Ways that meet

    def merge(self, first: Value, second: Value) -> Value | None:
        """Columns and sort keys of which it is one; conditions that hold on one way only."""
        if isinstance(first, Condition) or isinstance(second, Condition):
            one, other = truth(first), truth(second)
            if isinstance(first, Condition | Fragment | Undefined) and isinstance(
                second, Condition | Fragment | Undefined
            ):
                if one is not None and other is not None:
                    return on_either_way(one, other)
                return all_of(sometimes(c) for c in (one, other) if c is not None)
            return sometimes(first) if isinstance(first, Condition) else sometimes(truth(second) or Condition())
        if isinstance(first, Fragment) and isinstance(second, Fragment):
            return first if first == second else None
        apart = _apart(first, second)
        if apart is not None:
            return apart
        if isinstance(first, Derived) and isinstance(second, Derived):
            alike = first.draft.table == second.draft.table and first.draft.origin.path == second.draft.origin.path
            both = either(first.draft, second.draft.but(origin=first.draft.origin))
            return Derived(both, first.name) if alike else None
        if isinstance(first, Database) or isinstance(second, Database):
            return first if isinstance(first, Database) else second
        return merged(first, second) or or_nothing(first, second)

    @of(Condition, Fragment, Sort)
    def sometimes(self, value: Value) -> Value | None:
        """A condition, or a sort key, that is there on some ways only."""
        match value:
            case Condition():
                return sometimes(value)
            case Fragment():
                return Condition(written=(Written(value, optional=True),))
            case Sort():
                return Options((value,))
            case _:
                return None

    def finish(self, interpreter: Following) -> None:
        """Queries that were handed on are told once: where they are run, else as whoever got them will do."""
        for record in settle(interpreter.recorder.records, LIBRARY):
            if record.draft.verb is Verb.SELECT:  # it is waited for sooner or later
                record.fetch = Fetch.ALL
                record.escape()
            else:
                record.fetch = Fetch.NONE


def _apart(first: Value, second: Value) -> Value | None:
    """What is one of several tables, or of several queries."""
    if isinstance(first, Table | SomeTable) and isinstance(second, Table | SomeTable):
        same = isinstance(first, Table) and isinstance(second, Table) and first.model.key == second.model.key
        return first if same else SomeTable()
    return either_query(first, second)


def is_document(text: str) -> bool:
    """Whether a type holds documents or several values: JSON, an array."""
    low = text.lower()
    return low.startswith(("json", "hstore")) or low.endswith("[]") or "array" in low
