"""Saying what queries ask of a table: who asks, where, what the table has, and the index that would serve them."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.catalog.expressions import Expression
from dbarchitect.catalog.members import Index, IndexColumn
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Code
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Evidence, EvidenceKind
from dbarchitect.rules._code.reach import only_route_of
from dbarchitect.rules._code.telling import first_few, shown, shown_in
from dbarchitect.rules._fixes.members import new_index
from dbarchitect.rules._schema.paths import paths, shown_keys
from dbarchitect.rules._sql import count, listed, quoted
from dbarchitect.rules._usage.needs import Need, Reason
from dbarchitect.rules._usage.runners import Runner
from dbarchitect.rules._usage.shapes import Keys

_NAMED = 2


def keys_of(keys: Keys) -> str:
    """The keys of an index as SQL has them: `user_id, created_at DESC`."""
    return ", ".join(quoted(name) + (" DESC" if down else "") for name, down in keys)


def index_over(catalog: Catalog, table: Table, keys: Keys, predicate: Expression | None = None) -> Index:
    """The index with these keys (of the rows of a condition alone), as `new_index` names it."""
    plain = new_index(catalog, table, tuple(name for name, _ in keys))
    return Index(tuple(IndexColumn(name, descending=d) for name, d in keys), predicate=predicate, name=plain.name)


def askers(survey: Survey, reasons: Sequence[Reason]) -> str:
    """Who runs the queries: `GET /orders and send_reminders`, two by name and the others counted."""
    every = list(dict.fromkeys(reason.lookup.query.place.function for reason in reasons))
    # a view's class says the same as its method
    functions = [key for key in every if not any(other.startswith(f"{key}.") for other in every)]
    named = [_asker(survey.code, key, reasons) for key in functions[:_NAMED]]
    rest = len(functions) - len(named)
    return listed([*dict.fromkeys(named), *([f"{count(rest, 'other function')}"] if rest else [])])


def _asker(code: Code | None, key: str, reasons: Sequence[Reason]) -> str:
    runner = next(reason.lookup.runner for reason in reasons if reason.lookup.query.place.function == key)
    route = (only_route_of(code, key) if code is not None and runner is Runner.REQUEST else None) or ""
    told = "" if route.strip().isalpha() and route.isupper() else route.strip()  # the root of an included list
    name = shown_in(code, key)
    return f"{name} ({told})" if told and name == shown(key) else name


def evidence_of(survey: Survey, need: Need) -> tuple[Evidence, ...]:
    """What indexes the table has, its rows where they are counted, and the queries."""
    table = need.table
    own = [shown_keys(path.index) for path in paths(table)]
    led = f"the indexes of {table.ref}: {', '.join(dict.fromkeys(own))}" if own else f"{table.ref} has no index"
    lines = [Evidence(EvidenceKind.CATALOG, led, survey.origin_of(table.ref.column(need.columns[0])))]
    rows = survey.facts_of(table).rows
    if rows is not None:
        lines.append(Evidence(EvidenceKind.STATISTIC, f"{table.ref} holds about {count(rows, 'row')}"))
    return (*lines, *first_few(dict.fromkeys(reason.lookup.query for reason in need.reasons)))


def whole(survey: Survey, table: Table) -> str:
    """What is read without an index: the whole table, with its rows where they are counted."""
    rows = survey.facts_of(table).rows
    return f"all {count(rows, 'row')}" if rows is not None and rows > 1 else "the whole table"
