"""What the database holds of an enumeration: its members' names or their values, as the column's own list tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dbarchitect.catalog.expressions import value_sets
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Assignment, Operand, Predicate
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.python.constants import EnumMember, plain
from dbarchitect.sources.python.enumerations import is_enum
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.index import PythonIndex


class Stored:
    """The values that columns are known to hold, and the enumerations of the project whose names they are."""

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self._labels: dict[Ref, frozenset[str]] = {}
        for reading in readings:
            for table in reading.catalog.tables:
                self._labels.update(_labels(reading.catalog, table))

    def labels(self, column: Ref) -> frozenset[str]:
        """The values that a column may hold; empty where nothing tells."""
        return self._labels.get(column, frozenset())

    def of_members(self, column: Ref | None, members: Sequence[EnumMember]) -> tuple[str, ...]:
        """The members as the column holds them: by name where its list has the names, else by value."""
        names = tuple(member.name for member in members)
        labels = self.labels(column) if column is not None else frozenset()
        values = tuple(plain(member.value) for member in members)
        texts = tuple(str(value) for value in values if isinstance(value, str | int))
        if labels and labels.issuperset(names) and not labels.issuperset(texts):
            return names
        return texts if len(texts) == len(members) else ()

    def names_of_values(self, index: PythonIndex, evaluator: Evaluator) -> Mapping[Ref, Mapping[str, str]]:
        """By column, the name that stands in the database for each value that the program compares or writes."""
        named = {column: labels for column, labels in self._labels.items() if labels}
        found: dict[frozenset[str], dict[str, str]] = {}
        unsure: set[tuple[frozenset[str], str]] = set()
        if not named:
            return {}
        asked = set(named.values())
        for module in index.candidates(b"Enum"):
            for cls in module.classes:
                members = evaluator.members(cls) if cls.bases and is_enum(cls, index) else None
                names = frozenset(member.name for member in members or ())
                if names not in asked:
                    continue
                known = found.setdefault(names, {})
                for member in members or ():
                    value = plain(member.value)
                    text = str(value) if isinstance(value, str | int) else member.name
                    if text not in names and known.setdefault(text, member.name) != member.name:
                        unsure.add((names, text))
        for names, text in unsure:
            found[names].pop(text, None)
        return {column: found[labels] for column, labels in named.items() if found.get(labels)}


def renamed(draft: Draft, names: Mapping[Ref, Mapping[str, str]]) -> Draft:
    """The query with the constants that the database holds."""
    predicates = tuple(_predicate(p, names) for p in draft.predicates)
    assignments = tuple(_assignment(a, names) for a in draft.assignments)
    if predicates == draft.predicates and assignments == draft.assignments:
        return draft
    return replace(draft, predicates=predicates, assignments=assignments)


def _predicate(predicate: Predicate, names: Mapping[Ref, Mapping[str, str]]) -> Predicate:
    known = names.get(predicate.column) if predicate.operand is Operand.CONSTANT and not predicate.path else None
    if known is None or not known.keys() & set(predicate.constants):
        return predicate
    return replace(predicate, constants=tuple(known.get(c, c) for c in predicate.constants))


def _assignment(assignment: Assignment, names: Mapping[Ref, Mapping[str, str]]) -> Assignment:
    known = names.get(assignment.column)
    if known is None or not known.keys() & set(assignment.constants):
        return assignment
    return replace(assignment, constants=tuple(known.get(c, c) for c in assignment.constants))


def _labels(catalog: Catalog, table: Table) -> dict[Ref, frozenset[str]]:
    """By column the values of its enum, of a CHECK, of what the model allows."""
    found: dict[Ref, frozenset[str]] = {}
    checked = [value_sets(check.expression) for check in table.checks]
    for column in table.columns:
        enum = catalog.enum_of(catalog.base_type(column.type))
        values = enum.values if enum is not None else column.declared.choices if column.declared else ()
        if not values:
            values = next((tuple(sets[column.name]) for sets in checked if sets.get(column.name)), ())
        if values:
            found[table.ref.column(column.name)] = frozenset(map(str, values))
    return found
