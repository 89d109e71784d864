"""What an application's code does with a foreign key: whether it searches, joins or deletes by it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Evidence
from dbarchitect.rules._code.queries import queries_at_work
from dbarchitect.rules._code.telling import first_few
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._schema.shape import says_who
from dbarchitect.rules._usage.columns import FILLED, GROWING, HARDLY, TINY, USUAL, growth_of, is_broad
from dbarchitect.rules._usage.lookups import named_columns
from dbarchitect.rules._usage.needs import WARNS, is_well_read, of_column, of_reference, weight_of
from dbarchitect.rules._usage.words import askers, keys_of

_DELETED = 0.9
"""The weight of a key that no query searches by, while the code deletes rows that it points at."""
_BOTH = 1.2
"""How much more a key weighs that queries search by while the code deletes rows that it points at."""
_BESIDE = 0.7
"""The weight of a key that queries compare beside something that leads them, or join whole tables by."""
_UNTOUCHED = 0.4
"""The weight of a key that nothing in the code touches."""
_SIZES = {TINY: 0.5, HARDLY: 0.7, USUAL: 0.8, FILLED: 0.9, GROWING: 1.2}
"""What a key weighs by how its own table grows: that one is read in full wherever the index is missing."""


@dataclass(frozen=True, slots=True)
class Use:
    """What the code does with a foreign key: the weight of a finding about it, the index that serves best (its keys as
    SQL has them), the lines, and words for the message. `strong`: reason enough for a warning whatever the table is;
    `unsearched`: no query compares it, in code that was read well, and `idle`: nothing else touches it, either, and its
    table is none of those that come with each deed."""

    weight: float
    keys: str
    lines: tuple[Evidence, ...] = ()
    words: str = ""
    strong: bool = False
    unsearched: bool = False
    idle: bool = False


def use_of(survey: Survey, table: Table, columns: tuple[str, ...], referenced: Ref | None) -> Use:
    """What the code does with a foreign key over these columns; `referenced` is the table that it points at."""
    plain = ", ".join(columns)
    if survey.code is None:
        return Use(1.0, plain)
    size = _SIZES[growth_of(survey.code, table)]
    longer = of_reference(survey, table, columns[0]) if len(columns) == 1 else None
    need = longer or of_column(survey, table, columns[0])
    deletions = deletions_from(survey.code, referenced) if referenced is not None else ()
    if need is None:
        lines = first_few(deletions, 2)
        if (table.ref.key, columns[0]) in named_columns(survey.code):
            return Use((_DELETED if deletions else _BESIDE) * size, plain, lines)
        weight, unsearched = (_DELETED if deletions else _UNTOUCHED) * size, is_well_read(survey)
        grows = is_broad(table) and not any(map(says_who, columns))
        return Use(weight, plain, lines, unsearched=unsearched, idle=not (deletions or grows) and unsearched)
    queries = dict.fromkeys(reason.lookup.query for reason in need.reasons)
    lines = (*first_few(queries), *first_few(deletions, 1))
    strong = need.score >= WARNS
    weight = max(weight_of(need.score), _DELETED) * (_BOTH if deletions else 1.0) * size
    return Use(weight, keys_of(need.keys), lines, f" (in {askers(survey, need.reasons)})", strong)


def deletions_from(code: Code, table: Ref) -> tuple[QueryFact, ...]:
    """The queries that delete rows of a table, those of scripts too: what clears out many rows at once waits longest.
    Not those that clear up after a test, nor those of migrations: they have run."""
    return _deletions(code).get(table.key, ())


@lru_cache(maxsize=4)
def _deletions(code: Code) -> dict[tuple[str, ...], tuple[QueryFact, ...]]:
    """The queries that delete rows, by the key of their table."""
    found: dict[tuple[str, ...], list[QueryFact]] = {}
    for query in queries_at_work(code):
        if query.verb is Verb.DELETE and query.table is not None and not is_of_tests(query.origin.path):
            found.setdefault(query.table.key, []).append(query)
    return {table: tuple(queries) for table, queries in found.items()}
