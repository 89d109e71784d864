"""`data`: the columns that a call writes, and what it writes in other tables along the relations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from dbarchitect.catalog.queries import Assignment, Fetch, Operand
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.reading import compared, is_null, is_open, is_raw_object, members, named
from dbarchitect.sources.code.typescript.values import Undefined
from dbarchitect.sources.code.typescript.vocabulary import assignment, weighed
from dbarchitect.sources.code.values import Entries, Rows, Sequence, Value
from dbarchitect.sources.mapping import MappedModel, MappedRelation

_COMPUTED = frozenset({"increment", "decrement", "multiply", "divide", "push"})

Path = tuple[str, ...]
Relation = tuple[MappedRelation, MappedModel]


class Nesting(Protocol):
    """What `Data` asks for what is written along a relation."""

    def write(
        self, written: Written, model: MappedModel, relation: Relation, value: Value, path: Path
    ) -> tuple[Assignment, ...]:
        """Note the queries of a nested write; the foreign keys of the row itself that it sets."""


@dataclass(frozen=True, slots=True)
class Step:
    """A query besides the main one; `path` leads from the call's argument to where it is written."""

    draft: Draft
    path: Path
    fetch: Fetch = Fetch.NONE


@dataclass(slots=True)
class Written:
    """What a `data` writes: columns of the row itself, and queries before and after that.

    `known`: these are all the columns; `raw`: those that are not known come from a request as they are.
    """

    assignments: tuple[Assignment, ...] = ()
    before: list[Step] = field(default_factory=list)
    after: list[Step] = field(default_factory=list)
    known: bool = True
    raw: bool = False

    def put_in(self, draft: Draft) -> Draft:
        """The query with what it writes."""
        draft = draft.but(assignments=once((*draft.assignments, *self.assignments)))
        draft = draft.but(raw_input=True) if self.raw else draft
        return draft if self.known else draft.unknown("columns")

    def take(self, other: Written) -> None:
        """What another `data` of the same call writes as well."""
        self.assignments = once((*self.assignments, *other.assignments))
        self.before.extend(other.before)
        self.after.extend(other.after)
        self.known = self.known and other.known
        self.raw = self.raw or other.raw


class Data:
    """Reads what calls write. `nested` reads what is written along a relation (`nested.Nested`)."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.nested: Nesting | None = None  # set by whoever makes both: each needs the other

    def of_rows(self, model: MappedModel, value: Value | None, path: Path) -> Written:
        """One row or an array of them: what any of them writes."""
        if value is None:
            return Written(known=False)
        each, more = members(value)
        found = Written()
        for one in each[:50]:
            found.take(self.of_row(model, one, path))
        if more or (isinstance(value, Sequence) and not isinstance(value.element, Entries | Rows)):
            found.known = False
            found.raw = found.raw or is_raw_object(value.element if isinstance(value, Sequence) else value)
        return found

    def of_row(self, model: MappedModel, value: Value, path: Path) -> Written:
        """The data of one row."""
        if isinstance(value, Rows) and value.model.key == model.key:
            return Written(tuple(Assignment(model.table.column(c)) for c in model.columns.values()))
        if not isinstance(value, Entries):
            return Written(known=False, raw=is_raw_object(value))
        found = Written(known=not is_open(value), raw=is_raw_object(value))
        assigned: list[Assignment] = []
        for name, given, optional in named(value, undefined=True):
            column = model.columns.get(name)
            if isinstance(given, Undefined):
                if column is not None:
                    assigned.append(Assignment(model.table.column(column), optional=True))
                continue
            if column is not None:
                made = self._assigned(model, name, given)
                assigned.append(weighed(made, name, value, optional=optional))
                continue
            relation = self.models.relation(model, name)
            if relation is None or self.nested is None:
                found.known = False
                continue
            keys = self.nested.write(found, model, relation, given, (*path, name))
            assigned.extend(replace(a, optional=True) for a in keys) if optional else assigned.extend(keys)
        found.assignments = once(assigned)
        return found

    def _assigned(self, model: MappedModel, name: str, value: Value) -> Assignment:
        column = model.table.column(model.columns[name])
        if isinstance(value, Entries) and not self.models.is_json(column):
            inner = list(named(value))
            for operator, given, _ in inner[:1]:
                if operator == "set":
                    return self._assigned(model, name, given)
                if operator in _COMPUTED:
                    return Assignment(column, Operand.EXPRESSION)
                if operator == "unset":
                    return Assignment(column, Operand.CONSTANT, ("null",))
        if is_null(value):
            return Assignment(column, Operand.CONSTANT, ("null",))
        kind, known = compared(self.models, model, name, value)
        return replace(assignment(column, value), operand=kind, constants=known)

    def keys(self, model: MappedModel, value: Value, columns: Iterable[tuple[Ref, Ref]]) -> tuple[Assignment, ...]:
        """Foreign keys (own column, theirs) set to the row that a `where` of the other model names."""
        given: dict[Ref, Assignment] = {}
        if isinstance(value, Entries):
            for name, entry, _ in named(value):
                if name in model.columns:
                    made = self._assigned(model, name, entry)
                    given[made.column] = made
        return tuple(replace(given.get(theirs, Assignment(own)), column=own) for own, theirs in columns)


def once(assigned: Iterable[Assignment]) -> tuple[Assignment, ...]:
    """Each column once: with the constants of all where only constants are written."""
    found: dict[Ref, Assignment] = {}
    for one in assigned:
        known = found.get(one.column)
        if known is None or known == one:
            found[one.column] = one
        elif known.operand is Operand.CONSTANT and one.operand is Operand.CONSTANT:
            both = tuple(dict.fromkeys((*known.constants, *one.constants)))
            found[one.column] = replace(one, constants=both, optional=known.optional and one.optional)
        elif known.operand is Operand.CONSTANT:
            found[one.column] = one
        elif not one.sure:
            found[one.column] = replace(known, sure=False)
    return tuple(found.values())
