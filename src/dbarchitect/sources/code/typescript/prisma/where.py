"""`where`: conditions on columns and over relations, however deep, as predicates and joins."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbarchitect.catalog.queries import Comparison, Operand, Predicate, Verb
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.predicates import OPPOSITE, alternatives, of_one_condition
from dbarchitect.sources.code.typescript.prisma.filters import Filters
from dbarchitect.sources.code.typescript.prisma.models import Models, own_keys
from dbarchitect.sources.code.typescript.prisma.reading import entry, is_null, is_open, is_raw_object, members, named
from dbarchitect.sources.code.typescript.values import Choice, Const, Undefined
from dbarchitect.sources.code.values import OPAQUE, Entries, Sequence, Value
from dbarchitect.sources.mapping import MappedModel, MappedRelation

_MANY = frozenset({"some", "every", "none"})
_ONE = frozenset({"is", "isNot"})


@dataclass(frozen=True, slots=True)
class Marks:
    """What holds for a condition because of what stands around it. `turned`: it alone stands under a NOT."""

    negated: bool = False
    alternative: bool = False
    optional: bool = False
    turned: bool = False

    def sometimes(self, optional: bool) -> Marks:
        """The same for a condition that is there on some ways through the code only."""
        return replace(self, optional=True) if optional and not self.optional else self


PLAIN = Marks()


class Where:
    """Puts conditions into queries."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.filters = Filters(models)

    def put(self, draft: Draft, model: MappedModel, value: Value | None, marks: Marks = PLAIN) -> Draft:
        """The query with the conditions of a `where` on a model's rows."""
        if value is None or isinstance(value, Undefined):
            return draft
        if not isinstance(value, Entries):
            if is_null(value) or isinstance(value, Const | Choice):
                return draft
            return _unknown(draft, value)
        if is_open(value):
            draft = _unknown(draft, value)
        alone = len(value.entries) == 1
        for name, given, optional in named(value, undefined=True):
            if isinstance(given, Undefined):
                if name in model.columns:
                    draft = self._column(draft, model, name, OPAQUE, _settled(marks).sometimes(True))
                continue
            own = marks.sometimes(optional)
            own = own if alone or not own.turned else replace(own, turned=False, negated=True)
            before = len(draft.predicates)
            draft = self._entry(draft, model, name, given, own)
            if optional and len(draft.predicates) > before + 1:
                told = of_one_condition(draft.predicates[before:])
                draft = draft.but(predicates=(*draft.predicates[:before], *told))
        return draft

    def _entry(self, draft: Draft, model: MappedModel, name: str, value: Value, marks: Marks) -> Draft:
        match name:
            case "AND":
                return self._all(draft, model, value, marks)
            case "OR":
                return self._any(draft, model, value, marks)
            case "NOT":
                return self._none(draft, model, value, marks)
        if name in model.columns:
            return self._column(draft, model, name, value, marks)
        found = self.models.relation(model, name)
        if found is not None:
            return self._relation(draft, model, found, value, marks)
        attributes = model.keys.get(name)
        if attributes is not None:
            return self._key(draft, model, attributes, value, marks)
        return draft.unknown("where")

    # Logic

    def _all(self, draft: Draft, model: MappedModel, value: Value, marks: Marks) -> Draft:
        each, more = members(value)
        for one in each:
            draft = self.put(draft, model, one, marks if len(each) == 1 else _settled(marks))
        return draft.unknown("where") if more else draft

    def _any(self, draft: Draft, model: MappedModel, value: Value, marks: Marks) -> Draft:
        each, more = members(value)
        several = len(each) > 1 or more or isinstance(value, Sequence)
        own = replace(_settled(marks), alternative=True) if several else marks
        for one in each:
            before = len(draft.predicates)
            draft = self.put(draft, model, one, own)
            if several and isinstance(one, Entries) and not {"OR", "NOT"} & one.entries.keys():
                side = tuple(replace(p, alternative=False) for p in draft.predicates[before:])
                side = alternatives(side)
                draft = draft.but(predicates=(*draft.predicates[:before], *side))
        return draft.unknown("where") if more else draft

    def _none(self, draft: Draft, model: MappedModel, value: Value, marks: Marks) -> Draft:
        each, more = members(value)
        if marks.turned or marks.negated:
            own = replace(marks, turned=False, negated=False)  # NOT of NOT
        else:
            own = replace(marks, turned=True)
        for one in each:
            draft = self.put(draft, model, one, own)
        return draft.unknown("where") if more else draft

    # Columns

    def _column(self, draft: Draft, model: MappedModel, name: str, value: Value, marks: Marks) -> Draft:
        predicates, known = self.filters.of_column(model, name, value)
        turned = marks.turned and len(predicates) == 1
        for predicate in predicates:
            comparison = OPPOSITE.get(predicate.comparison) if turned and not predicate.path else None
            if marks.turned or marks.negated or marks.alternative or marks.optional:  # most have none of these
                predicate = replace(  # noqa: PLW2901 - the same as it stands here
                    predicate,
                    comparison=comparison or predicate.comparison,
                    negated=predicate.negated != (marks.negated or (marks.turned and comparison is None)),
                    alternative=predicate.alternative or marks.alternative,
                    optional=predicate.optional or marks.optional,
                )
            draft = draft.where(predicate)
        return draft if known else draft.unknown("where")

    def _key(self, draft: Draft, model: MappedModel, attributes: tuple[str, ...], value: Value, marks: Marks) -> Draft:
        """`userId_trackId: {…}`: each column of the key by itself."""
        for attribute in attributes:
            if attribute not in model.columns:
                return draft.unknown("where")
            given = entry(value, attribute)
            if given is not None:
                draft = self._column(draft, model, attribute, given, _settled(marks))
            else:
                column = model.table.column(model.columns[attribute])
                draft = draft.where(
                    Predicate(column, Comparison.EQUAL, alternative=marks.alternative, optional=marks.optional)
                )
        return draft

    # Relations

    def _relation(
        self, draft: Draft, model: MappedModel, found: tuple[MappedRelation, MappedModel], value: Value, marks: Marks
    ) -> Draft:
        if is_null(value):
            return self._missing(draft, model, found, _settled(marks), missing=not marks.turned)
        if not isinstance(value, Entries):
            return _unknown(draft, value)
        relation = found[0]
        words = _MANY if relation.many else _ONE
        names = {name for name, _, _ in named(value)}
        others = names - words
        if not relation.many and (others or (is_open(value) and not names & words)):
            rest = {name: given for name, given in value.entries.items() if name not in words}
            plain = Entries(rest, value.open, value.branch, value.optional)
            draft = self._over(draft, model, found, plain, _settled(marks))
        elif is_open(value) or others:
            draft = draft.unknown("where")
        for name, given, optional in named(value):
            own = _settled(marks).sometimes(optional)
            if name in {"isNot", "none", "every"}:
                if name == "isNot" and is_null(given):
                    draft = self._missing(draft, model, found, own, missing=own.negated)
                    continue
                own = replace(own, negated=not own.negated)
            elif name == "is" and is_null(given):
                draft = self._missing(draft, model, found, own, missing=not own.negated)
                continue
            if name in words:
                draft = self._over(draft, model, found, given, own)
        return draft

    def _over(
        self, draft: Draft, model: MappedModel, found: tuple[MappedRelation, MappedModel], value: Value, marks: Marks
    ) -> Draft:
        """Conditions on the rows that a relation leads to.

        One on the very column that a foreign key refers to is one on the foreign key: planners know the two for equal.
        """
        relation, target = found
        outer = marks.negated or marks.alternative or marks.optional
        draft = draft.join(*self.models.steps(model, relation, target, outer=outer))
        before = len(draft.predicates)
        draft = self.put(draft, target, value, marks)
        if marks.negated:
            return draft
        own = {target.table.column(other): model.table.column(mine) for mine, other in own_keys(relation)}
        if not own or model.table.key == target.table.key:
            return draft
        moved = tuple(replace(p, column=own.get(p.column, p.column)) for p in draft.predicates[before:])
        return draft.but(predicates=(*draft.predicates[:before], *moved))

    def _missing(
        self,
        draft: Draft,
        model: MappedModel,
        found: tuple[MappedRelation, MappedModel],
        marks: Marks,
        *,
        missing: bool,
    ) -> Draft:
        """A relation that must be there, or must not: its foreign key, or the key of the row that is not joined."""
        relation, target = found
        columns = tuple(model.table.column(own) for own, _ in own_keys(relation))
        if not columns:
            draft = draft.join(*self.models.steps(model, relation, target, outer=True))
            columns = tuple(target.table.column(other) for _, other in relation.pairs[:1])
        comparison = Comparison.IS_NULL if missing else Comparison.IS_NOT_NULL
        return draft.where(
            *(
                Predicate(
                    c, comparison, Operand.CONSTANT, ("null",), alternative=marks.alternative, optional=marks.optional
                )
                for c in columns
            )
        )


def _settled(marks: Marks) -> Marks:
    """The marks where a condition does not stand alone: NOT is told of all of them."""
    return replace(marks, turned=False, negated=True) if marks.turned else marks


def _unknown(draft: Draft, value: Value) -> Draft:
    draft = draft.unknown("where")
    return draft.but(raw_input=True) if draft.verb is Verb.SELECT and is_raw_object(value) else draft
