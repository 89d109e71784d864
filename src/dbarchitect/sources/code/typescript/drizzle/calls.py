"""Calls: functions of the library, and methods of databases, queries, templates and columns."""

from __future__ import annotations

from collections.abc import Mapping

from dbarchitect.catalog.queries import Aggregate, Fetch
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.columns import of_column
from dbarchitect.sources.code.typescript.builders.drafts import of_each, united
from dbarchitect.sources.code.typescript.builders.fragments import of_fragment, raw_of
from dbarchitect.sources.code.typescript.builders.receivers import is_open
from dbarchitect.sources.code.typescript.builders.results import ran
from dbarchitect.sources.code.typescript.builders.running import at_home, touched
from dbarchitect.sources.code.typescript.builders.statements import run_text
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import (
    Column,
    Condition,
    Derived,
    EitherQuery,
    Fragment,
    Options,
    Raw,
    Sort,
)
from dbarchitect.sources.code.typescript.drizzle.building import Building
from dbarchitect.sources.code.typescript.drizzle.databases import made
from dbarchitect.sources.code.typescript.drizzle.expressions import NAMES, called, concerns, either_way, short_name
from dbarchitect.sources.code.typescript.drizzle.relational import FINDS, Finding
from dbarchitect.sources.code.typescript.drizzle.values import (
    LIBRARY,
    Database,
    Directions,
    Naming,
    Prepared,
    Relational,
    SomeTable,
    Started,
)
from dbarchitect.sources.code.typescript.drizzle.writing import VERBS, Writing
from dbarchitect.sources.code.typescript.values import Const, Function, Instance, Table, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site, note_isolation
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Library, Member, Opaque, Sequence, Text, Value
from dbarchitect.sources.mapping import MappedModel

_SELECTS = frozenset({"select", "selectDistinct", "selectDistinctOn"})
_RUNS = {"execute": Fetch.ALL, "all": Fetch.ALL, "get": Fetch.FIRST, "run": Fetch.ALL, "values": Fetch.ALL,
         "iterator": Fetch.ITERATED, "sync": Fetch.ALL}  # fmt: skip
_UNIONS = frozenset({"union", "unionAll", "intersect", "intersectAll", "except", "exceptAll"})


class Calls:
    """What calls give."""

    def __init__(self, templates: Templates, documents: frozenset[Ref], labels: Mapping[str, MappedModel]) -> None:
        self.templates = templates
        self.documents = documents
        self.labels = labels
        self.building = Building(templates, documents)
        self.writing = Writing(self.building, templates)
        self.finding = Finding(self.building)

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """A call of something of the library, or of what it makes."""
        match function:
            case Library(name=dotted):
                return self._library(dotted, arguments, site)
            case Directions():
                first = arguments.get(0)
                return either_way(first) if first is not None else None
            case Member(owner=owner, name=name):
                return self._method(owner, name, arguments, site)
            case _:
                return None

    # Functions

    def _library(self, dotted: str, arguments: Arguments, site: Site) -> Value | None:
        name = short_name(dotted)
        if name is None:
            name = dotted.rpartition(":")[2]
            if name not in NAMES or not any(map(_concerns, arguments.args)):
                return None
        if name in _UNIONS:
            drafts = [a for a in arguments.args if isinstance(a, Draft | Derived)]
            return touched(united(list(drafts)), site) if drafts else None
        if name == "sql.raw":
            return raw_of(arguments, site)
        if name in {"QueryBuilder", "queryBuilder"}:
            return Database()
        return called(name, arguments, self.documents) or made(name)

    # Methods

    def _method(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        match owner:
            case Draft() if owner.library == LIBRARY:
                return self._of_draft(owner, name, arguments, site)
            case EitherQuery():
                return of_each(owner, lambda draft: self._method(draft, name, arguments, site), site)
            case Started():
                if name == "from":
                    target = arguments.get(0)
                    known = owner.known or isinstance(target, Table | SomeTable | Derived | Draft)
                    return self.building.from_(owner, target, site) if known else None
                return None
            case Fragment():
                return of_fragment(owner, name, arguments)
            case Column():
                return of_column(owner, name, arguments)
            case Condition() | Sort() | Options():
                return owner if name in {"as", "mapWith", "getSQL", "if"} else None
            case Naming():
                return self._named(owner, arguments, site) if name == "as" else None
            case Prepared(draft=draft):
                return ran(touched(draft, site), site, _RUNS[name]) if name in _RUNS else None
            case Relational(model=model) if model is not None:
                if name not in FINDS:
                    return None
                return self.finding.find(model, name, arguments, site)
            case _ if is_open(owner):
                return self._of_database(owner, name, arguments, site)
            case _:
                return None

    def _of_draft(self, draft: Draft, name: str, arguments: Arguments, site: Site) -> Value | None:
        found = self.writing.method(draft, name, arguments, site)
        if found is None:
            found = self.building.method(draft, name, arguments, site)
        if found is not None:
            return found
        if name in _RUNS:
            return ran(draft, site, _RUNS[name])
        if name == "prepare":
            return Prepared(draft)
        return None

    def _named(self, naming: Naming, arguments: Arguments, site: Site) -> Value | None:
        """`db.$with("name").as(query)`."""
        query = arguments.get(0)
        if isinstance(query, Function):
            query = site.interpreter.run(query, Arguments((Database(),)), site)
        return Derived(query, naming.name) if isinstance(query, Draft) else None

    # Databases

    def _of_database(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        known = isinstance(owner, Database)
        first = arguments.get(0)
        if name in _SELECTS:
            return self._select(name, arguments, site, known=known)
        if name in VERBS and (isinstance(first, Table | SomeTable) or (known and first is not None)):
            return self.writing.started(name, first, site)
        if name in FINDS and isinstance(owner, Member) and isinstance(owner.owner, Member):
            model = self.labels.get(owner.name) if owner.owner.name == "query" else None
            return self.finding.find(model, name, arguments, site) if model is not None else None
        if name in {"transaction", "$transaction"} and isinstance(first, Function):
            if not known and (name != "transaction" or not isinstance(owner, Opaque | Member | Instance)):
                return None
            note_isolation(arguments.get(1), site)
            return site.interpreter.run(first, Arguments((Database(),)), site, transaction=site.origin)
        if name in {"execute", "run", "all", "get", "values"}:
            return self._execute(name, first, site, known=known)
        if name == "batch" and isinstance(first, Items) and (known or any(isinstance(i, Draft) for i in first.items)):
            return self._batch(first, site)
        if name == "$with":
            return Naming(str(first.value) if isinstance(first, Const) else None)
        if name == "with" and (known or isinstance(first, Derived)):
            return Database()
        if name == "$count" and isinstance(first, Table | Derived):
            return self._count(first, arguments.get(1), site)
        return Database() if known and name in {"$withAuth", "withSession"} else None

    def _select(self, name: str, arguments: Arguments, site: Site, *, known: bool) -> Value | None:
        """`select(fields)`; of a receiver that is not known, only where what it is given can be fields."""
        args = arguments.args
        draft = Draft(LIBRARY, site.origin, distinct=name != "select")
        if name == "selectDistinctOn":
            args = args[1:]
        fields = args[0] if args else None
        if not known and not isinstance(fields, Entries | Undefined | None):
            return None
        return Started(draft, fields, known)

    def _execute(self, name: str, given: Value | None, site: Site, *, known: bool) -> Value | None:
        """`db.execute(sql`…`)`; of SQLite also `db.all(…)`, `db.get(…)`."""
        if isinstance(given, Draft) and given.library == LIBRARY:
            return ran(given, site, _RUNS[name])
        if not isinstance(given, Fragment) and not (known and isinstance(given, Const | Text)):
            return None
        given = given if isinstance(given, Fragment) else Fragment((Raw(given),))
        fetch = _RUNS[name]
        record = run_text(self.templates, given, site, fetch, LIBRARY)
        if record is None:
            return OPAQUE
        record.escaped = True
        return OPAQUE if fetch is Fetch.FIRST else Sequence(OPAQUE, rows=True, record=record)

    def _batch(self, given: Items, site: Site) -> Value:
        """Several queries in one go, which are one transaction."""
        frame = site.frame
        outer = frame.transaction
        frame.transaction = outer or site.origin
        try:
            found = [ran(item, at_home(item, site)) if isinstance(item, Draft) else item for item in given.items]
        finally:
            frame.transaction = outer
        return Items(found, open=given.open)

    def _count(self, target: Value, condition: Value | None, site: Site) -> Draft:
        """`db.$count(table, condition)`."""
        draft = self.building.from_(Started(Draft(LIBRARY, site.origin), None), target, site)
        draft = draft.but(columns=(), aggregates=(Aggregate("count"),)).note("kind", "count")
        return touched(self.building.filling.demanded(draft, condition, site) if condition is not None else draft, site)


def _concerns(value: Value) -> bool:
    return concerns(value) or (isinstance(value, Items) and any(map(concerns, value.items)))
