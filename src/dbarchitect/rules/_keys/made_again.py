"""Rows that a program makes several of on purpose, though a part of them looks like a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from dbarchitect.catalog.queries import Code, Operand, Verb
from dbarchitect.rules._code.queries import queries_by_function
from dbarchitect.rules._code.reach import is_backstage
from dbarchitect.rules._code.written import is_of_tests


def is_made_several_times(code: Code, table: tuple[str, ...], columns: Iterable[str]) -> bool:
    """Whether a loop adds rows of one kind that have all of these columns and another one besides: the votes of one
    person for several answers repeat by design, though a like of the same table does not."""
    wanted = frozenset(columns)
    return len(wanted) > 1 and any(
        wanted < row.keys() and any(row[name] for name in wanted) for row in _made_in_loops(code).get(table, ())
    )


@lru_cache(maxsize=4)
def _made_in_loops(code: Code) -> Mapping[tuple[str, ...], tuple[Mapping[str, bool], ...]]:
    """By table the columns of each row that a loop adds without looking in its turns, and whether each is a constant:
    the same in all of them."""
    found: dict[tuple[str, ...], list[Mapping[str, bool]]] = {}
    for query in code.queries:
        if query.verb is not Verb.INSERT or query.table is None or not query.place.loops:
            continue
        looked = any(
            other.verb is Verb.SELECT and other.table == query.table and other.place.loops
            for other in queries_by_function(code).get(query.place.function, ())
        )
        if not looked and not is_of_tests(query.origin.path) and not is_backstage(code, query.place.function):
            given = {a.column.columns[0]: a.operand is Operand.CONSTANT for a in query.assignments if a.column.columns}
            found.setdefault(query.table.key, []).append(given)
    return {table: tuple(each) for table, each in found.items()}
