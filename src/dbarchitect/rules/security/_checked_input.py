"""What forms, serializers and schemas check before it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import FieldRule
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Evidence, EvidenceKind, Strength
from dbarchitect.rules._code.field_checks import name_of
from dbarchitect.rules._sql import count, listed

_SHOWN = 4
_TABLES = 30
_LAYERS = frozenset({"form", "serializer", "schema"})


def checked_input(name: str, survey: Survey, unchecked: Iterable[Ref]) -> Iterator[Strength]:
    """At most one strength, without the tables that some function writes with all that a request brings."""
    code = survey.code
    if code is None:
        return
    taken = {(ref.schema, ref.table) for ref in unchecked if ref.kind is Kind.QUERY}
    checked: dict[tuple[str, ...], dict[str, Evidence]] = {}
    for rule in code.rules:
        column = rule.column
        if rule.layer in _LAYERS and column is not None and column.columns and _demands(rule):
            field = f"{column}: {rule.layer} {name_of(rule) if rule.check else f'field {rule.name}'}"
            told = Evidence(EvidenceKind.CODE, field, rule.origin)
            checked.setdefault(column.table_key, {}).setdefault(column.columns[0], told)
    for table in survey.tables:
        for own in table.ordered_columns:
            if own.declared is not None and own.declared.checks:
                ref = table.ref.column(own.name)
                said = f"{ref}: the model calls {listed(own.declared.checks)}"
                checked.setdefault(table.ref.key, {})[own.name] = Evidence(
                    EvidenceKind.CODE, said, survey.origin_of(ref)
                )
    found = [
        (table, checked[table.ref.key])
        for table in survey.tables
        if table.ref.key in checked and (table.ref.schema, table.ref.table) not in taken
    ]
    if found:
        yield _strength(name, found)


def _demands(rule: FieldRule) -> bool:
    """Whether a layer demands more of a value than that it is there."""
    bounds = (rule.minimum, rule.maximum, rule.max_length)
    return bool(rule.choices or rule.pattern or rule.check) or any(bound is not None for bound in bounds)


def _strength(name: str, found: list[tuple[Table, dict[str, Evidence]]]) -> Strength:
    refs = [(table.ref.column(column), told) for table, columns in found for column, told in columns.items()]
    if len(refs) > _SHOWN and len(found) > 1:
        return _of_many(name, found, len(refs))
    rest = [f"{len(refs) - _SHOWN} more"] if len(refs) > _SHOWN else []
    what = listed([*(str(ref) for ref, _ in refs[:_SHOWN]), *rest])
    object_ = refs[0][0] if len(refs) == 1 else found[0][0].ref if len(found) == 1 else Ref.database()
    evidence = tuple(told for _, told in refs[:_SHOWN])
    return Strength(name, object_, f"What comes in for {what} is checked before it is written.", evidence)


def _of_many(name: str, found: list[tuple[Table, dict[str, Evidence]]], columns: int) -> Strength:
    """One for all tables, each with its columns where the first of them is checked."""
    most = sorted(found, key=lambda each: -len(each[1]))
    evidence = []
    for table, checked in most[:_TABLES]:
        first = next(iter(checked.values()))
        said = f"{table.ref}: what comes in for {listed(checked)} is checked"
        evidence.append(Evidence(EvidenceKind.CODE, said, first.origin))
    names = listed([*(str(table.ref) for table, _ in most[:_SHOWN]), *_rest(len(most))])
    text = f"What comes in for {columns} columns of {count(len(found), 'table')} is checked before it is written"
    return Strength(name, Ref.database(), f"{text}: {names}.", tuple(evidence))


def _rest(tables: int) -> list[str]:
    return [f"{tables - _SHOWN} more"] if tables > _SHOWN else []
