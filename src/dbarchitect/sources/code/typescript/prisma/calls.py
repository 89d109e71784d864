"""The methods of a model: `prisma.user.findMany(…)`, `create`, `upsert`, `groupBy` …"""

from __future__ import annotations

from collections.abc import Callable

from dbarchitect.catalog.queries import Aggregate, Bound, Fetch, Idiom, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.typescript.prisma.data import Data, Written
from dbarchitect.sources.code.typescript.prisma.loading import Load, Loading, Shape, distinct
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.nested import Nested
from dbarchitect.sources.code.typescript.prisma.ordering import AGGREGATES, Ordering, grouping
from dbarchitect.sources.code.typescript.prisma.reading import (
    bound_of,
    entry,
    is_false,
    is_open,
    is_raw_object,
    is_true,
    named,
)
from dbarchitect.sources.code.typescript.prisma.running import Running
from dbarchitect.sources.code.typescript.prisma.values import LIBRARY, Fetched, Pending
from dbarchitect.sources.code.typescript.prisma.where import Where
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Entries, Opaque, Sequence, Value
from dbarchitect.sources.mapping import MappedModel

ONLY_PRISMAS = frozenset(
    {"findMany", "findUnique", "findFirst", "findUniqueOrThrow", "findFirstOrThrow", "createMany",
     "createManyAndReturn", "updateMany", "updateManyAndReturn", "deleteMany", "upsert", "groupBy", "aggregate"}
)  # fmt: skip
"""Methods that tell by their name that they are Prisma's, where they follow the name of a model."""
COMMON = {"create": "data", "update": "data", "delete": "where", "count": "where"}
"""Those that others have as well, and what an argument of Prisma's has in any case."""
_NUMBER = Opaque(number=True)


class Calls:
    """Runs the methods of models. `conditioned`: something that stands around all of them may add conditions."""

    def __init__(self, models: Models, *, conditioned: bool = False) -> None:
        self.models = models
        self.conditioned = conditioned
        self.where = Where(models)
        self.ordering = Ordering(models)
        self.loading = Loading(models, self.where, self.ordering)
        self.data = Data(models)
        self.data.nested = Nested(models, self.data, self.where)
        self.running = Running()
        self._methods: dict[str, Callable[[MappedModel, Value | None, Site], Value]] = {
            "findMany": self._find_many,
            "findFirst": lambda model, given, site: self._find_one(model, given, site, Fetch.FIRST),
            "findFirstOrThrow": lambda model, given, site: self._find_one(model, given, site, Fetch.FIRST, there=True),
            "findUnique": lambda model, given, site: self._find_one(model, given, site, Fetch.ONE),
            "findUniqueOrThrow": lambda model, given, site: self._find_one(model, given, site, Fetch.ONE, there=True),
            "count": self._count,
            "aggregate": self._aggregate,
            "groupBy": self._group_by,
            "create": self._create,
            "createMany": self._create_many,
            "createManyAndReturn": lambda model, given, site: self._create_many(model, given, site, back=True),
            "update": self._update,
            "updateMany": lambda model, given, site: self._change(model, given, site, Verb.UPDATE),
            "updateManyAndReturn": lambda model, given, site: self._change(model, given, site, Verb.UPDATE, back=True),
            "upsert": self._upsert,
            "delete": self._delete,
            "deleteMany": lambda model, given, site: self._change(model, given, site, Verb.DELETE),
        }

    def has(self, name: str) -> bool:
        """Whether models have a method of that name."""
        return name in self._methods

    def run(self, model: MappedModel, name: str, given: Value | None, site: Site) -> Value:
        """What a method gives."""
        return self._methods[name](model, given, site)

    def follow(self, pending: Pending, name: str, given: Value | None, site: Site) -> Value | None:
        """`prisma.user.findUnique(…).posts(…)`: a relation of one row that is found; None where it is none."""
        rows = pending.value
        if not isinstance(rows, Fetched) or rows.many:
            return None
        load = self.loading.load(rows.model, name, given if given is not None else Entries(), ())
        if load is None:
            return None
        if rows.record is not None:
            rows.record.otherwise = True
        return self._loaded(load, site, pending.records)

    def _loaded(self, load: Load, site: Site, records: tuple[Record, ...]) -> Pending:
        record = self.running.note(load.draft, Fetch.ALL if load.many else Fetch.ONE, site)
        rows, more = self.running.fetched(load.model, record, load.shape, site, many=load.many, optional=not load.many)
        return Pending(rows, (*records, record, *more))

    # Reading

    def _find_many(self, model: MappedModel, given: Value | None, site: Site) -> Value:
        return self._find(model, given, site, Fetch.ALL, many=True, optional=False)

    def _find_one(
        self, model: MappedModel, given: Value | None, site: Site, fetch: Fetch, *, there: bool = False
    ) -> Value:
        return self._find(model, given, site, fetch, many=False, optional=not there)

    def _find(
        self, model: MappedModel, given: Value | None, site: Site, fetch: Fetch, *, many: bool, optional: bool
    ) -> Value:
        draft = self.loading.asked(self._begin(model, site), model, given)
        shape = self.loading.shape(model, given)
        draft = draft.but(limit=Bound(1)) if fetch is Fetch.FIRST else draft
        draft = distinct(_shaped(draft, shape), model, given)
        record = self.running.note(draft.but(loaded=shape.loaded()), fetch, site)
        rows, more = self.running.fetched(model, record, shape, site, many=many, optional=optional)
        return Pending(rows, (record, *more))

    def _count(self, model: MappedModel, given: Value | None, site: Site) -> Value:
        draft = self.loading.asked(self._begin(model, site), model, given)
        select = entry(given, "select")
        if isinstance(select, Entries):
            names = [name for name, value, _ in named(select) if not is_false(value)]
            counted = tuple(Aggregate("count", _column(model, name)) for name in names)
            record = self.running.note(draft.but(aggregates=counted, columns=()), Fetch.SCALAR, site)
            return Pending(Entries(dict.fromkeys(names, _NUMBER)), (record,))
        draft = draft.but(aggregates=(Aggregate("count"),), columns=())
        return Pending(_NUMBER, (self.running.note(draft, Fetch.COUNT, site),))

    def _aggregate(self, model: MappedModel, given: Value | None, site: Site) -> Value:
        draft = self.loading.asked(self._begin(model, site), model, given)
        aggregates, values = _aggregates(model, given)
        columns = tuple(dict.fromkeys(a.column for a in aggregates if a.column is not None))
        record = self.running.note(draft.but(aggregates=aggregates, columns=columns), Fetch.SCALAR, site)
        return Pending(values, (record,))

    def _group_by(self, model: MappedModel, given: Value | None, site: Site) -> Value:
        draft = self.loading.asked(self._begin(model, site), model, given)
        names = grouping(model, entry(given, "by"))
        columns = tuple(model.table.column(model.columns[name]) for name in names or ())
        aggregates, values = _aggregates(model, given)
        draft = draft.but(grouping=columns, aggregates=aggregates, columns=columns)
        if names is None:
            draft = draft.unknown("columns").but(columns=None)
        draft = self._having(draft, model, entry(given, "having"))
        record = self.running.note(draft, Fetch.ALL, site)
        for name in names or ():
            column = model.table.column(model.columns[name])
            values.entries[name] = Opaque(reads=frozenset({column}), cell=column)
        record.otherwise = True
        record.attributes.update(columns)
        bound = draft.limit.value if draft.limit is not None else None
        return Pending(Sequence(values, rows=True, bound=bound, record=record), (record,))

    def _having(self, draft: Draft, model: MappedModel, having: Value | None) -> Draft:
        """Conditions of groups: those on the columns themselves, not on what is aggregated of them."""
        if not isinstance(having, Entries):
            return draft
        plain = {
            name: value
            for name, value, _ in named(having)
            if not (isinstance(value, Entries) and any(inner in AGGREGATES for inner in value.entries))
        }
        return self.where.put(draft, model, Entries(plain))

    # Writing

    def _create(self, model: MappedModel, given: Value | None, site: Site) -> Value:
        data = (
            self.data.of_row(model, entry(given, "data") or Entries(), ("data",))
            if _is_plain(given)
            else _nothing(given)
        )
        draft = data.put_in(self._begin(model, site, Verb.INSERT))
        records = self.running.write(draft, Fetch.NONE, site, data.before, data.after)
        return self._back(model, given, site, records)

    def _create_many(self, model: MappedModel, given: Value | None, site: Site, *, back: bool = False) -> Value:
        data = self.data.of_rows(model, entry(given, "data"), ("data",)) if _is_plain(given) else _nothing(given)
        draft = data.put_in(self._begin(model, site, Verb.INSERT)).but(idiom=Idiom.BULK)
        if is_true(entry(given, "skipDuplicates")):
            draft = draft.but(verb=Verb.UPSERT, idiom=Idiom.ON_CONFLICT)
        records = (self.running.note(draft, Fetch.NONE, site),)
        return self._back(model, given, site, records, many=True) if back else _changed(records)

    def _update(self, model: MappedModel, given: Value | None, site: Site) -> Value:
        draft = self.loading.asked(self._begin(model, site, Verb.UPDATE), model, _condition(given))
        data = self._data(model, given)
        draft = data.put_in(draft)
        records = self.running.write(draft, Fetch.NONE, site, data.before, data.after)
        return self._back(model, given, site, records)

    def _change(self, model: MappedModel, given: Value | None, site: Site, verb: Verb, *, back: bool = False) -> Value:
        """`updateMany`, `deleteMany`."""
        draft = self.loading.asked(self._begin(model, site, verb), model, _condition(given))
        if verb is Verb.UPDATE:
            draft = self._data(model, given).put_in(draft)
        limit = entry(given, "limit")
        draft = draft.but(limit=bound_of(limit)) if limit is not None else draft
        records = (self.running.note(draft, Fetch.NONE, site),)
        return self._back(model, given, site, records, many=True) if back else _changed(records)

    def _upsert(self, model: MappedModel, given: Value | None, site: Site) -> Value:
        draft = self._begin(model, site, Verb.UPSERT).but(idiom=Idiom.UPDATE_OR_CREATE)
        draft = self.loading.asked(draft, model, _condition(given))
        own = (p.column for p in draft.predicates if p.column.table_ref.key == model.table.key)
        draft = draft.but(key=tuple(dict.fromkeys(own)))
        data = Written()
        for name in ("create", "update"):
            value = entry(given, name)
            data.take(self.data.of_row(model, value, (name,)) if value is not None else _nothing(given))
        draft = data.put_in(draft)
        records = self.running.write(draft, Fetch.ONE, site, data.before, data.after)
        return self._back(model, given, site, records)

    def _delete(self, model: MappedModel, given: Value | None, site: Site) -> Value:
        draft = self.loading.asked(self._begin(model, site, Verb.DELETE), model, _condition(given))
        return self._back(model, given, site, (self.running.note(draft, Fetch.NONE, site),))

    def _data(self, model: MappedModel, given: Value | None) -> Written:
        data = entry(given, "data")
        return self.data.of_row(model, data, ("data",)) if data is not None else _nothing(given)

    def _back(
        self,
        model: MappedModel,
        given: Value | None,
        site: Site,
        records: tuple[Record, ...],
        *,
        many: bool = False,
    ) -> Pending:
        """The row that a write gives back, with the relations that are loaded along."""
        shape = self.loading.shape(model, given)
        rows, more = self.running.fetched(model, None, shape, site, many=many)
        return Pending(rows, (*records, *more))

    def _begin(self, model: MappedModel, site: Site, verb: Verb = Verb.SELECT) -> Draft:
        draft = Draft.begun(LIBRARY, site.origin, verb, model, model.table)
        return draft.unknown("where") if self.conditioned and verb is not Verb.INSERT else draft


def _shaped(draft: Draft, shape: Shape) -> Draft:
    if shape.columns is not None:
        return draft.but(columns=shape.columns)
    return draft if shape.known else draft.unknown("columns")


def _aggregates(model: MappedModel, given: Value | None) -> tuple[tuple[Aggregate, ...], Entries]:
    """What `_sum`, `_count` … ask for, and the object that comes of it."""
    found: list[Aggregate] = []
    values = Entries(open=isinstance(given, Entries) and is_open(given))
    for name, function in AGGREGATES.items():
        wanted = entry(given, name)
        if wanted is None or is_false(wanted):
            continue
        if not isinstance(wanted, Entries):
            found.append(Aggregate(function))
            values.entries[name] = _NUMBER
            continue
        cells: dict[str, Value] = {}
        for attribute, value, _ in named(wanted):
            if not is_false(value):
                found.append(Aggregate(function, _column(model, attribute)))
                cells[attribute] = _NUMBER
        values.entries[name] = Entries(cells, open=is_open(wanted))
    return tuple(found), values


def _column(model: MappedModel, attribute: str) -> Ref | None:
    return model.table.column(model.columns[attribute]) if attribute in model.columns else None


def _condition(given: Value | None) -> Value | None:
    """Of the arguments of a write only its condition."""
    if not isinstance(given, Entries):
        return given
    where = {name: value for name, value in given.entries.items() if name == "where" or name.startswith("?")}
    optional = {name: branch for name, branch in given.optional.items() if name in where}
    return Entries(where, given.open, given.branch, optional)


def _is_plain(given: Value | None) -> bool:
    return entry(given, "data") is not None


def _nothing(given: Value | None) -> Written:
    """What is written where the data is not known."""
    return Written(known=given is None, raw=is_raw_object(given))


def _changed(records: tuple[Record, ...]) -> Pending:
    """`{ count }` of a write of many rows."""
    return Pending(Entries({"count": _NUMBER}), records)
