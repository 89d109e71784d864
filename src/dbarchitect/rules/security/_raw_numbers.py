"""Numbers that the program writes into columns as a request brought them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Assignment, Code, Operand, QueryFact
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.rules._code.queries import WRITES
from dbarchitect.rules._code.reach import callers
from dbarchitect.rules._names import words
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._schema.shape import foreign_keys_over
from dbarchitect.rules._usage.requests import asked_by_requests

_CHECKS = re.compile(r"validat|is_valid|jsonschema|cleaned_data|\w*schema", re.IGNORECASE)
_FARTHEST = 3
_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT, Family.MONEY})


def numbers_as_they_come(query: QueryFact, table: Table, survey: Survey) -> Iterator[str]:
    """The columns of numbers that a query writes as a request brought them, and nothing in the database limits."""
    if query.verb not in WRITES or survey.code is None or query.place.function not in asked_by_requests(survey):
        return
    if is_checked_before(survey.code, query.place.function):
        return
    for assignment in query.assignments:
        column = table.column(assignment.column.columns[0]) if assignment.column.columns else None
        if (
            column is None
            or not assignment.raw_input
            or assignment.reads
            or assignment.operand is not Operand.PARAMETER
        ):
            continue
        if survey.catalog.family(column.type) not in _NUMBERS or foreign_keys_over(table, (column.name,)):
            continue
        if any(True for _ in checks_naming(survey.catalog, table, column)) or _is_ruled(column, assignment, survey):
            continue
        if not _is_measured(column, query):
            yield column.name


def _is_measured(column: Column, query: QueryFact) -> bool:
    """Whether the program measures the number itself: the size of an uploaded file is a number whatever was sent."""
    name = "_?".join(re.escape(word) for word in words(column.name))
    given = re.search(
        rf"\b{name}[\"']?\s*[:=]\s*[\w.\[\]?!]*(?:\.(?:size|length|byteLength)\b|\blen\()", query.text, re.IGNORECASE
    )
    return given is not None


@lru_cache(maxsize=2048)
def is_checked_before(code: Code, function: str) -> bool:
    """Whether a function, or one that leads to it, has what comes in validated: by a schema, a form, a function."""
    ways, seen = [(function, 0)], set[str]()
    while ways:
        key, far = ways.pop()
        fact = code.functions.get(key)
        if fact is not None and any(_CHECKS.match(guard) for guard in fact.guards):
            return True
        if key not in seen and far < _FARTHEST:
            seen.add(key)
            ways.extend((call.caller.function, far + 1) for call in callers(code).get(key, ()))
    return False


def _is_ruled(column: Column, assignment: Assignment, survey: Survey) -> bool:
    """Whether the model or a layer above says what the number may be."""
    declared = column.declared
    if declared is not None and (declared.minimum or declared.maximum or declared.choices):
        return True
    return survey.code is not None and assignment.column.key in _ruled(survey.code)


@lru_cache(maxsize=4)
def _ruled(code: Code) -> frozenset[tuple[str, ...]]:
    """The columns of which a layer above the database demands something."""
    return frozenset(rule.column.key for rule in code.rules if rule.column is not None)
