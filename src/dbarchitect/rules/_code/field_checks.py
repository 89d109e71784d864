"""Functions of one layer that look at a value and may refuse it, and what writes the column past them."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, FieldRule, Idiom, Operand, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.coded_values import rules_of
from dbarchitect.rules._code.queries import queries_of
from dbarchitect.rules._code.reach import is_by_hand, reached
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._schema.limits import checks_naming

_LAYERS = frozenset({"form", "serializer", "schema"})
_WRITES = frozenset({Verb.INSERT, Verb.UPDATE, Verb.UPSERT})
_GIVEN = frozenset({Operand.PARAMETER, Operand.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Bypassed:
    """A check of one layer alone, and the queries that write the column without it."""

    rule: FieldRule
    writers: tuple[QueryFact, ...]

    @property
    def name(self) -> str:
        """The function's own name."""
        return name_of(self.rule)


def name_of(rule: FieldRule) -> str:
    """The name of a rule's function: `validate_content`."""
    return (rule.check or "").rpartition(":")[2].rpartition(".")[2]


def bypassed(survey: Survey, table: Table, column: Column) -> Bypassed | None:
    """The check of a column that one layer makes and neither the model nor the database does, where code writes the
    column past it. One that asks the database is about other rows, not about the value."""
    code, ref = survey.code, table.ref.column(column.name)
    if code is None:
        return None
    rules = rules_of(code, ref)
    own = [rule for rule in rules if rule.check and rule.layer in _LAYERS and not _asks(code, rule.check)]
    if len({rule.layer for rule in own}) != 1 or any(rule.layer == "model" for rule in rules):
        return None
    if model_checks(column) or any(True for _ in checks_naming(survey.catalog, table, column)):
        return None
    classes = {(rule.check or "").rpartition(".")[0] for rule in own}
    writers = [q for q in queries_of(survey) if _writes(q, ref) and not _is_of(q, classes)]
    return Bypassed(own[0], tuple(writers)) if writers else None


def model_checks(column: Column) -> bool:
    """Whether the model itself looks at the value."""
    declared = column.declared
    return declared is not None and bool(declared.checks or declared.choices or declared.minimum or declared.maximum)


def _asks(code: Code, key: str) -> bool:
    return any(True for _ in reached(code, key))


def _writes(query: QueryFact, ref: Ref) -> bool:
    """Whether a query of the application at work writes what it was given; a serializer's or form's own save is not
    meant."""
    if query.verb not in _WRITES or query.idiom is Idiom.SAVE:
        return False
    path = query.origin.path
    if is_of_tests(path) or is_by_hand(query.place.function):
        return False
    return any(a.column.key == ref.key and a.operand in _GIVEN and not a.constants for a in query.assignments)


def _is_of(query: QueryFact, classes: set[str]) -> bool:
    """Whether it stands in the class that checks."""
    return query.place.function.rpartition(".")[0] in classes
