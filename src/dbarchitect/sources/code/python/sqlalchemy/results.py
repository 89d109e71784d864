"""What running a query gives, and how much of it is taken."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Bound, Fetch, Idiom, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.sqlalchemy.homes import run_at
from dbarchitect.sources.code.python.sqlalchemy.values import (
    LIBRARY,
    Choice,
    ColumnValue,
    Exists,
    Page,
    Result,
    Row,
    Sort,
)
from dbarchitect.sources.code.python.values import Const, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Opaque,
    Rows,
    Sequence,
    Value,
)

_TAKING = {
    "all": Fetch.ALL,
    "fetchall": Fetch.ALL,
    "fetchmany": Fetch.ALL,
    "partitions": Fetch.ITERATED,
    "first": Fetch.FIRST,
    "fetchone": Fetch.FIRST,
    "one": Fetch.ONE,
    "one_or_none": Fetch.ONE,
    "scalar_one": Fetch.ONE,
    "scalar_one_or_none": Fetch.ONE,
    "scalar": Fetch.SCALAR,
    "first_or_404": Fetch.FIRST,
    "one_or_404": Fetch.ONE,
    "tolist": Fetch.ALL,
}
_SCALARS = frozenset({"scalar", "scalar_one", "scalar_one_or_none", "scalars"})
_SAME = frozenset({"unique", "yield_per", "tuples", "columns", "freeze", "execution_options", "t", "populate_existing"})


def ran(draft: Draft, site: Site, fetch: Fetch = Fetch.ALL, *, streamed: bool = False) -> Result:
    """A statement that is run at a place."""
    if draft.verb is not Verb.SELECT and draft.noted("returning") is None and fetch is Fetch.ALL:
        fetch = Fetch.NONE
    elif fetch in {Fetch.ALL, Fetch.SCALAR, Fetch.ONE, Fetch.FIRST}:
        fetch = _only(draft, fetch)
    record = run_at(draft, site, Fetch.ITERATED if streamed and fetch is Fetch.ALL else fetch)
    return Result(draft, record, streamed=streamed)


def _only(draft: Draft, fetch: Fetch) -> Fetch:
    """COUNT or EXISTS where the query asks for nothing else."""
    selected = selected_of(draft)
    if len(selected) != 1 or draft.grouping:
        return fetch
    only = selected[0]
    if isinstance(only, Exists):
        return Fetch.EXISTS
    if isinstance(only, ColumnValue) and only.aggregate is not None and only.aggregate.function == "count":
        return Fetch.COUNT
    if isinstance(only, ColumnValue) and only.aggregate is not None and fetch is not Fetch.ALL:
        return Fetch.SCALAR
    return fetch


def selected_of(draft: Draft) -> tuple[Value, ...]:
    """What a statement gives in each row."""
    found = draft.noted("returning") if draft.verb is not Verb.SELECT else draft.noted("selected")
    return found if isinstance(found, tuple) else ()


def element_of(value: Value, draft: Draft, record: Record, *, optional: bool = False) -> Value:
    """What a row holds for a selected entity or column."""
    match value:
        case ModelClass(model=model):
            main = draft.model is not None and model.key == draft.model.key
            return Rows(model, LIBRARY, False, record, draft.loaded if main else frozenset(), optional=optional)
        case ColumnValue(column=Ref() as column, aggregate=None, function=None, path=()):
            record.otherwise = True
            record.attributes.add(column)
            return Opaque(reads=frozenset({column}), cell=column)
        case ColumnValue(reads=reads):
            record.otherwise = True
            return Opaque(reads=reads)
        case Choice() | Sort():
            record.otherwise = True
            return OPAQUE
        case _:
            return OPAQUE


def name_of(value: Value) -> str | None:
    """How a row calls a selected thing."""
    if isinstance(value, ColumnValue):
        return value.name
    return value.model.name if isinstance(value, ModelClass) else None


def row_of(result: Result, *, scalars: bool | None = None, optional: bool = False) -> Value:
    """One row of a result."""
    selected = selected_of(result.draft)
    if not selected:
        result.record.otherwise = True
        return OPAQUE
    whole = [element_of(value, result.draft, result.record, optional=optional) for value in selected]
    if result.scalars if scalars is None else scalars:
        return whole[0]
    names = tuple(name_of(value) for value in selected)
    if result.mappings:
        return Entries({name: v for name, v in zip(names, whole, strict=True) if name is not None}, open=True)
    return Row(whole, "tuple", names=names)


def result_call(result: Result, name: str) -> Value | None:
    """A method of a result."""
    if name in _SAME:
        return result
    if name == "scalars":
        return replace(result, scalars=True)
    if name == "mappings":
        return replace(result, mappings=True)
    fetch = _TAKING.get(name)
    if fetch is None:
        return Const(None) if name == "close" else None
    record = result.record
    if result.draft.verb is Verb.SELECT or result.draft.noted("returning") is not None:
        streamed = result.streamed and fetch is Fetch.ALL
        record.fetch = Fetch.ITERATED if streamed else _only(result.draft, fetch)
    scalars = True if name in _SCALARS else None
    if fetch in {Fetch.ALL, Fetch.ITERATED}:
        found = all_of(result)
        return Sequence(found, batched=True) if name == "partitions" else found
    optional = "none" in name or name in {"first", "fetchone", "scalar"}
    return row_of(result, scalars=scalars, optional=optional)


def all_of(result: Result) -> Value:
    """All rows of a result."""
    element = row_of(result)
    if isinstance(element, Rows):
        return replace(element, many=True)
    limit = result.draft.limit
    return Sequence(element, rows=True, bound=limit.value if limit is not None else None, record=result.record)


def iterated(result: Result) -> Sequence:
    """Going through a result."""
    if result.draft.verb is Verb.SELECT and result.record.fetch is Fetch.BUILT:
        result.record.fetch = Fetch.ALL
    result.record.otherwise = True
    return Sequence(row_of(result), rows=True, record=result.record)


def of_query(draft: Draft, name: str, arguments: Arguments, site: Site) -> Value | None:
    """A method of a Query that runs it."""
    if name in {"first", "first_or_404"}:
        draft = draft if draft.limit is not None else draft.but(limit=Bound(1))
        return taken(draft, site, Fetch.FIRST)
    if name in _TAKING and name not in {"fetchall", "fetchmany", "fetchone", "tolist"}:
        return taken(draft, site, _TAKING[name], scalars=name == "scalar", many=name == "all")
    if name == "count":
        ran(draft, site, Fetch.COUNT)
        return OPAQUE
    if name in {"paginate", "paginate_", "page"}:
        return paginated(draft, arguments, site)
    if name == "values":
        return None
    return None


def taken(draft: Draft, site: Site, fetch: Fetch, *, scalars: bool = False, many: bool = False) -> Value:
    """The rows of a Query: entities as they are, several columns as a row."""
    result = ran(draft, site, fetch)
    result = replace(result, scalars=scalars or _is_entity(draft))
    return all_of(result) if many else row_of(result, optional=fetch is not Fetch.ALL)


def _is_entity(draft: Draft) -> bool:
    selected = selected_of(draft)
    return len(selected) == 1 and isinstance(selected[0], ModelClass)


_SIZES = ("per_page", "items_per_page", "page_size", "size")


def paginated(draft: Draft, arguments: Arguments, site: Site, *, by_offset: bool = True) -> Page:
    """`paginate()`: a page by LIMIT and, unless it goes on from the last row's keys, OFFSET."""
    size = next((arguments.kwargs[name] for name in _SIZES if name in arguments.kwargs), None)
    number = size.value if isinstance(size, Const) and isinstance(size.value, int) else None
    offset = draft.offset or (Bound() if by_offset else None)
    page = draft.but(limit=draft.limit or Bound(number), offset=offset, idiom=Idiom.PAGINATED)
    return Page(taken(page, site, Fetch.ALL, many=True))
