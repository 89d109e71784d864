"""Knex and Objection: what the interpreter is told of their builders."""

from __future__ import annotations

import re
from collections.abc import Sequence as Readings
from dataclasses import replace

from dbarchitect.catalog.queries import Fetch, Use, Verb
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.sql import looks_like_sql
from dbarchitect.sources.code.typescript.builders.fragments import of_fragment
from dbarchitect.sources.code.typescript.builders.names import Names
from dbarchitect.sources.code.typescript.builders.receivers import is_open
from dbarchitect.sources.code.typescript.builders.results import of_row, ran, subscripted
from dbarchitect.sources.code.typescript.builders.running import Home, run_at, settle
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import Fragment, Row
from dbarchitect.sources.code.typescript.drivers.values import Connection, Shape
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.knex.building import Queries
from dbarchitect.sources.code.typescript.knex.names import FETCHING, FIRST, JOINS, STARTS, clause_of
from dbarchitect.sources.code.typescript.knex.raw import fragment_of
from dbarchitect.sources.code.typescript.knex.values import LIBRARY, Query, begun
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.values import ClassValue, Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.typescript.walking import dotted
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Library, Member, Opaque, Rows, Sequence, Text, Value
from dbarchitect.sources.typescript.syntax import Assign, Await, Call, Expr

_CLIENT = re.compile(r"(?:^|[a-z_.$])(?:knex|db|database|trx|tx|txn|transaction|conn|connection)\d*$", re.IGNORECASE)
"""How a client of which nobody knows where it comes from is called."""
_TYPE = re.compile(r"^(?:Knex(?:\.(?:Transaction|Client))?|Transaction)\s*(?:<|$)")
_LAST = frozenset({"then", "catch", "finally"})
_TEXTS = frozenset({"toSQL", "toString", "toQuery", "toNative", "toKnexQuery"})
_STREAMS = frozenset({"stream", "pipe", "asyncIterator"})
_KNEX = Connection("knex", Shape.HELD)


class KnexVocabulary(Vocabulary):
    """Builders, pieces of SQL, rows."""

    name = LIBRARY
    needles = (
        rb"knex\b(?<=\bknex)",
        rb"\.(?:query|\$query|\$relatedQuery)\(",
        rb"\.(?:where|andWhere|orWhere|whereIn|whereNotIn|whereNull|whereRaw|insert|onConflict|orderBy|del|from|into)\(",
        rb"\b(?:db|trx|tx)(?:<[^<>()]*>)?\(\s*[\w'\"`]",
    )

    def __init__(self, readings: Readings[SourceReading]) -> None:
        self.queries = Queries(Names(readings), Templates(Catalogs(readings).near))

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:  # noqa: ARG002
        """`Knex`, `Knex.Transaction`."""
        if not _TYPE.match(type_text):
            return None
        imported = frame.module.imports.get(re.split(r"[.<\s]", type_text, maxsplit=1)[0])
        return _KNEX if imported is not None and imported.specifier in {"knex", "objection"} else None

    @of(Row)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:  # noqa: ARG002
        """Values of rows."""
        return of_row(owner, name) if isinstance(owner, Row) else None

    @of(Connection, Opaque, Member, Library)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """A client called with a table, methods of it and of builders."""
        match function:
            case Member(owner=Query() as query, name=name):
                return self._step(query, name, arguments, site)
            case Member(owner=Fragment() as fragment, name=name):
                return of_fragment(fragment, name, arguments)
            case Member(owner=ClassValue() as owner, name="query"):
                return self._of_class(owner, site)
            case Member(owner=owner, name=name) if self._is_client(owner, _owner_of(site.expr)):
                found = self._of_client(owner, name, arguments, site)
                if found is not None:
                    return found
        if len(arguments.args) in {1, 2} and self._is_client(function, _called(site.expr)):
            return self._table(function, arguments, site)
        return None

    def _is_client(self, value: Value, written: str) -> bool:
        if isinstance(value, Connection):
            return value.driver == "knex"
        unknown = isinstance(value, Opaque | Member | Library) and is_open(value)
        return unknown and _CLIENT.search(written) is not None

    def _table(self, client: Value, arguments: Arguments, site: Site) -> Value | None:
        """`knex("users as u")`; of a client that only its name tells of, no other text."""
        table = arguments.args[0]
        named = isinstance(table, Const) and self.queries.names.source(str(table.value)) is not None
        if not named and not (isinstance(client, Connection) and not isinstance(table, Const)):
            return None
        query = begun(site, certain=isinstance(client, Connection))
        query.add("from", arguments, site)
        return query

    def _of_client(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        first = arguments.get(0)
        if name == "raw" and isinstance(first, Const | Text) and not _is_statement(first):
            return fragment_of(arguments)
        if name == "ref" and isinstance(first, Const):
            return fragment_of(Arguments((Const("??"), first)))
        if name == "transaction" and isinstance(first, Function) and not isinstance(owner, Connection):
            return site.interpreter.run(first, Arguments((_KNEX,)), site, transaction=site.origin)
        if name not in STARTS and not (isinstance(owner, Connection) and (clause_of(name) or name in JOINS)):
            return None
        if name == "insert" and not isinstance(owner, Connection) and not isinstance(first, Entries | Items | Opaque):
            return None  # of another library: `db.insert(users)`
        query = begun(site, certain=isinstance(owner, Connection))
        return self._step(query, name, arguments, site)

    def _of_class(self, owner: ClassValue, site: Site) -> Value | None:
        """`User.query()` of a class that names its table."""
        table = site.interpreter.attribute(owner, "tableName", site)
        if isinstance(table, Function):
            table = site.interpreter.run(table, Arguments(), site)
        if not isinstance(table, Const):
            return None
        query = begun(site)
        query.add("from", Arguments((table,)), site)
        return query

    def _step(self, query: Query, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A method of a builder."""
        if name in _LAST:
            return None
        if name == "clone":
            return query.copied()
        if name == "as":
            label = arguments.get(0)
            query.label = str(label.value) if isinstance(label, Const) else None
            return query
        if name in _TEXTS:
            return OPAQUE
        if name in _STREAMS:
            return self._ran(query, site, Fetch.ITERATED)
        if name == "modify" and isinstance(arguments.get(0), Function):
            site.interpreter.run(arguments.args[0], Arguments((query, *arguments.args[1:])), site)  # type: ignore[arg-type]  # a Function
            return query
        query.add(name, self._collected(arguments, site), site)
        return query

    def _collected(self, arguments: Arguments, site: Site) -> Arguments:
        """The arguments with what callbacks do to the builder that they are handed (or find as `this`)."""
        if not any(isinstance(value, Function) for value in arguments.args):
            return arguments
        found: list[Value] = []
        for value in arguments.args:
            if isinstance(value, Function):
                inner = begun(site)
                inner.within = True
                given = value if value.function.kind == "arrow" else replace(value, this=inner)
                result = site.interpreter.run(given, Arguments((inner,)), site)
                found.append(result if isinstance(result, Query) and not inner.steps else inner)
            else:
                found.append(value)
        return replace(arguments, args=tuple(found))

    # Running, and rows

    @of(Query)
    def awaited(self, value: Value, site: Site) -> Value | None:
        """A query runs when it is waited for; one that a function returns at several places runs at one of them."""
        if not isinstance(value, Query):
            return None
        again = value.told == len(value.steps) and not isinstance(site.expr, Await)
        return OPAQUE if again else self._ran(value, site)

    def _ran(self, query: Query, site: Site, fetch: Fetch = Fetch.ALL) -> Value:
        draft = self._draft(query)
        query.told = len(query.steps)
        if draft is None:
            return OPAQUE
        if any(step.name in FIRST | FETCHING for step in query.steps):
            fetch = Fetch.FIRST
        return ran(draft, site, fetch)

    def _draft(self, query: Query) -> Draft | None:
        """The query that a builder makes; None where it may be something else's."""
        draft = self.queries.draft(query)
        if draft.table is None and not query.certain:
            return None
        return draft.note("home", Home(query.frame, query.site.expr))

    @of(Row, Rows, Sequence)
    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:  # noqa: ARG002
        """The first of several rows."""
        if isinstance(owner, Row):
            return of_row(owner, index.value) if isinstance(index, Const) and isinstance(index.value, str) else None
        return subscripted(owner, index)

    @of(Row)
    def truth(self, value: Value, site: Site) -> None:  # noqa: ARG002
        """A row is tested for being there."""
        if isinstance(value, Row):
            value.record.uses.add(Use.TESTED)

    @of(Query, Row)
    def escape(self, value: Value, site: Site) -> None:
        """A query that leaves our sight is run elsewhere; what an asynchronous function returns is waited for."""
        if isinstance(value, Row) and value.record.draft.library == LIBRARY:
            value.record.escape()
        if not isinstance(value, Query) or isinstance(site.expr, Assign) or value.within:
            return
        if value.told == len(value.steps):
            return
        function = site.frame.function
        if function is not None and site.expr is function and function.is_async:
            site.interpreter.made(self._ran(value, value.site), site)
            return
        draft, value.told = self._draft(value), len(value.steps)
        if draft is not None and draft.table is not None:
            run_at(draft, value.site, Fetch.BUILT)

    @of(Query)
    def returned(self, value: Value, site: Site) -> Value | None:
        """A builder that a function gives to its caller is the caller's from then on."""
        return value.copied(site) if isinstance(value, Query) and value.frame is not site.frame else None

    @of(Query)
    def merge(self, first: Value, second: Value) -> Value | None:
        """A builder, whatever there is on another way."""
        return first if isinstance(first, Query) and isinstance(second, Items) else None

    def finish(self, interpreter: Following) -> None:
        """Queries that were handed on are told once: where they are run, else as whoever got them will do; of one that
        names its table and nothing else, whoever got it says the rest (`tables = { orders: (db) => db('orders') }`)."""
        records = interpreter.recorder.records
        for key, record in list(records.items()):
            if record.fetch is Fetch.BUILT and record.draft.library == LIBRARY and _is_only_begun(record.draft):
                del records[key]
        for record in settle(records, LIBRARY):
            record.fetch = Fetch.ALL if record.draft.verb is Verb.SELECT else Fetch.NONE
            record.escape()


def _is_only_begun(draft: Draft) -> bool:
    """Whether a query says nothing yet but which table it is about."""
    said = (*draft.predicates, *draft.joins, *draft.joined, *draft.grouping, *draft.ordering, *draft.aggregates)
    plain = draft.verb is Verb.SELECT and not (said or draft.dynamic or draft.as_text or draft.distinct)
    return plain and draft.columns is None and draft.limit is None and draft.offset is None


def _is_statement(text: Const | Text) -> bool:
    """Whether a text is a whole statement, and no expression of one (`(select count(*) …) as n`)."""
    begin = str(text.value) if isinstance(text, Const) else next((p for p in text.parts[:1] if isinstance(p, str)), "")
    return not begin.lstrip().startswith("(") and looks_like_sql(begin)


def _called(expr: Expr) -> str:
    return dotted(expr.function) if isinstance(expr, Call) else ""


def _owner_of(expr: Expr) -> str:
    return _called(expr).rpartition(".")[0]
