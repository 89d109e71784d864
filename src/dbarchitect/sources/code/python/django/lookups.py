"""Lookups: `name__icontains="x"` as predicates on columns."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Comparison, Operand, Predicate
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.predicates import OPPOSITE
from dbarchitect.sources.code.python.django.expressions import Expressions
from dbarchitect.sources.code.python.django.paths import Reached
from dbarchitect.sources.code.python.django.values import Computed, Condition, FieldPath, QuerySet
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.values import Value, is_raw

_LOOKUPS: dict[str, tuple[Comparison, bool]] = {
    "exact": (Comparison.EQUAL, False), "iexact": (Comparison.EQUAL, True),
    "contains": (Comparison.CONTAINS, False), "icontains": (Comparison.CONTAINS, True),
    "in": (Comparison.IN, False), "gt": (Comparison.RANGE, False), "gte": (Comparison.RANGE, False),
    "lt": (Comparison.RANGE, False), "lte": (Comparison.RANGE, False), "range": (Comparison.RANGE, False),
    "startswith": (Comparison.PREFIX, False), "istartswith": (Comparison.PREFIX, True),
    "endswith": (Comparison.SUFFIX, False), "iendswith": (Comparison.SUFFIX, True),
    "isnull": (Comparison.IS_NULL, False), "regex": (Comparison.PATTERN, False), "iregex": (Comparison.PATTERN, True),
    "like": (Comparison.PATTERN, False), "ilike": (Comparison.PATTERN, True),
    "search": (Comparison.FULL_TEXT, False), "ne": (Comparison.NOT_EQUAL, False),
    "trigram_similar": (Comparison.OTHER, True), "trigram_word_similar": (Comparison.OTHER, True),
    "overlap": (Comparison.CONTAINS_ELEMENT, False), "contained_by": (Comparison.CONTAINS_ELEMENT, False),
    "has_key": (Comparison.CONTAINS_ELEMENT, False), "has_keys": (Comparison.CONTAINS_ELEMENT, False),
    "has_any_keys": (Comparison.CONTAINS_ELEMENT, False),
}  # fmt: skip
_UPPER = (("lt",), ("lte",))
_FUNCTIONS = frozenset(
    {"date", "month", "day", "week", "week_day", "iso_week_day", "iso_year", "quarter", "hour", "minute", "second",
     "time", "lower", "upper", "length", "unaccent", "len", "trim", "abs", "md5"}
)  # fmt: skip


class Lookups:
    """Puts conditions into queries."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions
        self.paths = expressions.paths

    def where(self, draft: Draft, condition: Condition) -> Draft:
        """The query with a condition."""
        return self._put(draft, condition, negated=False, alternative=False, optional=False)

    def test(self, draft: Draft, key: str, value: Value) -> Draft:
        """The query with one lookup more."""
        return self._test(draft, key, value, (False, False, False))

    def _put(self, draft: Draft, condition: Condition, *, negated: bool, alternative: bool, optional: bool) -> Draft:
        negated = negated != condition.negated
        several = len(condition.parts) > 1
        alternative = alternative or (condition.either and several)
        optional = optional or condition.optional
        if condition.open:
            draft = draft.unknown("where")
        single = negated and not several and not alternative
        for part in condition.parts:
            match part:
                case Condition():
                    draft = self._put(draft, part, negated=negated, alternative=alternative, optional=optional)
                case (str(key), value):
                    draft = self._test(draft, key, value, (negated, alternative, optional), turned=single)
                case _:
                    draft = self._alone(draft, part, negated=negated, alternative=alternative)
        return draft

    def _alone(self, draft: Draft, part: Value, *, negated: bool, alternative: bool) -> Draft:
        """`Exists(…)`, or something that nobody knows, standing as a condition."""
        if isinstance(part, Const) and part.value is None:
            return draft
        if isinstance(part, Computed):
            before = len(draft.predicates)
            draft, known = self.expressions.used(draft, part)
            marked = tuple(
                replace(p, negated=p.negated or negated, alternative=p.alternative or alternative)
                for p in draft.predicates[before:]
            )
            draft = draft.but(predicates=(*draft.predicates[:before], *marked))
            return draft if known else draft.unknown("where")
        return draft.unknown("where")

    def _test(
        self, draft: Draft, key: str, value: Value, marks: tuple[bool, bool, bool], *, turned: bool = False
    ) -> Draft:
        negated, alternative, optional = marks
        reached, draft = self._reach(draft, key, value, outer=negated or alternative)
        if isinstance(reached, str):
            return draft if reached == "computed" else draft.unknown("where")
        draft, predicate = self.predicate(draft, reached, value)
        if predicate is None:
            return draft.unknown("where")
        if turned and predicate.comparison in OPPOSITE:
            predicate, negated = replace(predicate, comparison=OPPOSITE[predicate.comparison]), False
        draft = draft.where(replace(predicate, negated=negated, alternative=alternative, optional=optional))
        return draft.but(raw_input=draft.raw_input or is_raw(value))

    def _reach(self, draft: Draft, key: str, value: Value, *, outer: bool) -> tuple[Reached | str, Draft]:
        """Where the path of a lookup leads; `computed` for an annotation, `unknown` for what nobody knows."""
        head, _, rest = key.partition("__")
        named = self.expressions.annotation(draft, head)
        if named is not None:
            if isinstance(named, FieldPath) and not named.outer:
                return self._reach(draft, f"{named.path}__{rest}" if rest else named.path, value, outer=outer)
            column = self.expressions.column_under(draft, named)
            if column is None:
                return "computed", draft
            return Reached(column[0], (column[1], *rest.split("__")) if rest else (column[1],)), draft
        is_null = key.endswith("__isnull") and not (isinstance(value, Const) and value.value is False)
        draft, reached = self.paths.follow(draft, key, outer=outer or is_null)
        return (reached, draft) if reached is not None else ("unknown", draft)

    def predicate(self, draft: Draft, reached: Reached, value: Value) -> tuple[Draft, Predicate | None]:
        """The predicate of a lookup on a column."""
        comparison, insensitive, function, path = self._lookup(reached)
        if comparison is None:
            return draft, None
        column = reached.column
        draft, operand, constants, other = self.expressions.operand(draft, value)
        if comparison is Comparison.IS_NULL:
            wanted = value.value if isinstance(value, Const) else None
            if wanted is False:
                comparison = Comparison.IS_NOT_NULL
            operand, constants = (Operand.CONSTANT, ("null",)) if isinstance(wanted, bool) else (operand, constants)
            if not isinstance(wanted, bool):
                found = Predicate(column, Comparison.IS_NULL, Operand.PARAMETER, (), function, path)
                return draft, replace(found, optional=True)
        elif comparison is Comparison.EQUAL and isinstance(value, Const) and value.value is None and not path:
            comparison, operand, constants = Comparison.IS_NULL, Operand.CONSTANT, ("null",)
        elif comparison is Comparison.EQUAL and isinstance(value, QuerySet):
            comparison = Comparison.IN if reached.relation is not None else Comparison.EQUAL
        if path:
            comparison = Comparison.JSON
        upto = comparison is Comparison.RANGE and reached.rest[-1:] in _UPPER
        found = Predicate(column, comparison, operand, constants, function, path, insensitive, other=other, upto=upto)
        return draft, found

    def _lookup(self, reached: Reached) -> tuple[Comparison | None, bool, str | None, tuple[str, ...]]:
        """(comparison, whether case is ignored, function, path inside a document)."""
        rest = list(reached.rest)
        column: Ref = reached.column
        comparison, insensitive, function = Comparison.EQUAL, False, None
        json, array = self.paths.columns.is_json(column), self.paths.columns.is_array(column)
        if rest and rest[-1] in _LOOKUPS:
            comparison, insensitive = _LOOKUPS[rest.pop()]
            if comparison is Comparison.CONTAINS and not insensitive and (json or array) and not rest:
                comparison = Comparison.CONTAINS_ELEMENT
        if json:
            return comparison, insensitive, None, tuple(rest)
        if rest and rest[-1] == "year":
            rest.pop()
            comparison = Comparison.RANGE
        for part in rest:
            if part in _FUNCTIONS:
                function = part
            elif array and part.isdigit():
                function = "element"
            elif not self.paths.columns.is_plain(column) and part.isidentifier():
                return comparison, insensitive, None, tuple(rest)  # the type is not known: keys of a document
            else:
                return None, False, None, ()
        return comparison, insensitive, function, ()
