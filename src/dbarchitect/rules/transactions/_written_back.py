"""Numbers whose new value the program computes from the old one, and writes back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Operand, QueryFact, Verb
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.rules._code.queries import table_of
from dbarchitect.rules._code.units import happenings
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.money import is_money
from dbarchitect.rules._schema.quantities import is_consumed, is_number
from dbarchitect.rules.transactions._locks import is_versioned

COUNTERS = phrases(
    "count, counter, view, like, hit, vote, upvote, downvote, download, click, score, point, "
    "usage, used, uses, times used, attempt, retry, total used, redemption, credits used, quota used, reputation, xp, "
    "karma, streak, sold, reserved, booked, seats taken"
)
_NUMBERED = phrases(
    "version, revision, generation, position, order, sort order, level, depth, lft, rgt, rank, step, index, page, "
    "sequence, seq, priority, offset, cursor, attempt, retry, retries, retry count, attempt count"
)
"""Numbers that follow from another row's, or that one worker counts up."""
_BY_DATABASE = frozenset({Operand.EXPRESSION, Operand.COLUMN, Operand.SUBQUERY})
_ARITHMETIC = re.compile(r"[-+]")
_OF_ANOTHER = re.compile(r"(?!self\.)[a-z_]\w{0,80}(?:\.\w{1,80}){1,4}")
"""An attribute of something else, which has worked the value out: `verification.new_sign_count`."""
_AUGMENTED = re.compile(r"(?<![=!<>])[-+*/]=")


def computed_columns(query: QueryFact, survey: Survey) -> Iterator[Column]:
    """The columns whose new value is computed from what was read of them before."""
    table = table_of(query, survey)
    if table is None or table.owned_by is not None or is_versioned(table):
        return
    asked = {p.column for p in query.predicates}
    for assignment in query.assignments:
        if assignment.operand in _BY_DATABASE:
            continue
        if assignment.column in assignment.reads and assignment.column not in asked and assignment.column.columns:
            column = table.column(assignment.column.columns[0])
            if column is not None and _is_computed(query, table, column, survey):
                yield column


def is_reset(code: Code, query: QueryFact) -> bool:
    """Whether the function sets the column to a constant before: it sums up anew, whatever was there."""
    columns = {a.column for a in query.assignments}
    return any(
        a.operand is Operand.CONSTANT and a.column in columns
        for happening in happenings(code, query.place.function)
        if happening.query is not None
        and happening.query.verb is Verb.UPDATE
        and happening.query.origin != query.origin
        for a in happening.query.assignments
    )


def _is_computed(query: QueryFact, table: Table, column: Column, survey: Survey) -> bool:
    if not is_number(survey.catalog, column) or column.type.family is Family.BOOLEAN or _NUMBERED.ends(column.name):
        return False
    known = is_consumed(table, column) or is_money(table, column) or COUNTERS.ends(column.name)
    if query.library == "django" or column.name not in query.text:
        return known  # the text is that of the saving, and tells nothing of how the value came about
    if _AUGMENTED.search(query.text):
        return True
    target, _, value = query.text.partition("=")
    receivers = re.findall(rf"(?<![\w.])([\w.]+)\.{re.escape(column.name)}\b", value)
    if receivers:  # of this row, and not of the one before or above it
        return target.strip().rpartition(".")[0] in receivers and _ARITHMETIC.search(value) is not None
    return known and not _OF_ANOTHER.fullmatch(value.strip())
