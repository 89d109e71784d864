"""The predicates and joins of a condition: what WHERE, ON and HAVING demand of which column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from dbarchitect.catalog.queries import Comparison, Operand, Predicate
from dbarchitect.sources.code.predicates import alternatives
from dbarchitect.sources.code.sql.lexing import Marks
from dbarchitect.sources.code.sql.names import Scope, Source
from dbarchitect.sources.code.sql.operators import COMPARED, OPPOSITE, concatenated, has_columns, quantified, row_of
from dbarchitect.sources.code.sql.subjects import Subject, function_name, is_aggregate, subject_of
from dbarchitect.sources.code.sql.values import (
    Value,
    constant,
    evaluate,
    is_hole,
    mark_of,
    pattern,
    reads_rows,
    together,
    unwrapped,
)

_PREFIX_CALLS = frozenset({"starts_with", "startswith"})
_ELEMENT_CALLS = frozenset({"json_contains", "json_overlaps", "array_contains", "find_in_set", "member_of"})


@dataclass(frozen=True, slots=True)
class Flags:
    """Where in a condition something stands."""

    alternative: bool = False
    negated: bool = False
    optional: bool = False
    upto: bool = False


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two columns of different entries of the FROM list that must be equal."""

    left: Subject
    right: Subject


class Conditions:
    """Reads conditions of one scope; what it finds goes to `predicates`, `pairings` and `unknown`."""

    def __init__(self, scope: Scope, marks: Marks, inner: Callable[[exp.Expr], Source | None]) -> None:
        self.scope = scope
        self.marks = marks
        self.inner = inner
        self.predicates: list[Predicate] = []
        self.pairings: list[Pairing] = []
        self.unknown = False

    def read(self, node: exp.Expr, flags: Flags = Flags()) -> None:
        """Read a condition."""
        match node:
            case exp.Paren():
                self.read(node.this, flags)
            case exp.And():
                for term in node.flatten():
                    self.read(term, flags)
            case exp.Or():
                self._either(list(node.flatten()), flags)
            case exp.Xor():
                for term in (node.this, node.args["expression"]):
                    self.read(term, replace(flags, alternative=True))
            case exp.Not():
                self._not(node.this, flags)
            case exp.Column() | exp.Identifier():
                self._bare(node, flags, "true")
            case _:
                self._comparison(node, flags)

    def _either(self, terms: list[exp.Expr], flags: Flags) -> None:
        """OR: `($1 IS NULL OR col = $1)` switches a filter off; `a = 1 OR a = 2` is one of a set."""
        switches = [term for term in terms if self._is_switch(term)]
        rest = [term for term in terms if not any(term is switch for switch in switches)]
        if switches and len(rest) == 1:
            self.read(rest[0], replace(flags, optional=True))
            return
        merged = None if switches else _as_set([found for term in rest for found in self._tried(term)])
        if merged is not None and not flags.negated:
            self._add(merged, flags)
            return
        for term in rest:
            before = len(self.predicates)
            self.read(term, replace(flags, alternative=True, optional=flags.optional or bool(switches)))
            if term.find(exp.Or) is None:
                side = tuple(replace(p, alternative=False) for p in self.predicates[before:])
                self.predicates[before:] = alternatives(side)

    def _tried(self, term: exp.Expr) -> list[Predicate | None]:
        """The predicate that an arm of an OR is, or None in its place."""
        trial = Conditions(self.scope, self.marks, self.inner)
        trial.read(term)
        single = len(trial.predicates) == 1 and not trial.pairings and not trial.unknown
        return [trial.predicates[0] if single else None]

    def _is_switch(self, node: exp.Expr) -> bool:
        """A condition on a parameter alone, which turns others off."""
        inner = unwrapped(node)
        if isinstance(inner, exp.Not):
            inner = unwrapped(inner.this)
        if mark_of(inner, self.marks) is not None:
            return not is_hole(inner, self.marks)
        if not isinstance(inner, exp.Is | exp.EQ | exp.NEQ):
            return False
        sides = (unwrapped(inner.this), unwrapped(inner.args["expression"]))
        return all(mark_of(side, self.marks) or constant(side, self.marks) is not None for side in sides) and any(
            mark_of(side, self.marks) for side in sides
        )

    def _not(self, node: exp.Expr, flags: Flags) -> None:
        inner = node
        while isinstance(inner, exp.Paren):
            inner = inner.this
        direct = isinstance(inner, exp.In | exp.Is | exp.Exists)
        if isinstance(inner, exp.Column):
            self._bare(inner, flags, "false")
        elif direct and not flags.negated:
            self._comparison(inner, flags, opposite=True)
        else:
            self.read(inner, replace(flags, negated=not flags.negated))

    def _bare(self, node: exp.Expr, flags: Flags, value: str) -> None:
        """A boolean column standing alone, or what is put in for a whole condition: a hole, or what a tag binds, which
        may be a piece of SQL itself."""
        if mark_of(node, self.marks) is not None:
            self.unknown = True
            return
        subject = subject_of(node, self.scope, self.marks)
        if subject is not None:
            self._about(subject, Comparison.EQUAL, Value(Operand.CONSTANT, (value,)), flags)

    def _comparison(self, node: exp.Expr, flags: Flags, *, opposite: bool = False) -> None:
        if node.args.get("negate"):
            opposite = not opposite
        match node:
            case exp.Between():
                limits = (node.args["low"], node.args["high"])
                value = together(evaluate(limit, self.scope, self.marks) for limit in limits)
                self._compare_with(node.this, Comparison.RANGE, value, flags, opposite=opposite)
            case exp.In():
                self._in(node, flags, opposite=opposite)
            case exp.Is():
                self._is(node, flags, opposite=opposite)
            case exp.Like() | exp.ILike() | exp.Glob():
                self._like(node, flags, opposite=opposite)
            case exp.MatchAgainst():
                self._full_text(node, flags)
            case exp.Escape():
                self._comparison(node.this, flags, opposite=opposite)
            case exp.Exists():
                pass  # the inner query's own conditions count, and are read with it
            case exp.Cast() | exp.Collate():
                self.read(node.this, flags)
            case _ if type(node) in COMPARED:
                self._binary(node, COMPARED[type(node)], flags)
            case exp.Func() | exp.Dot():
                self._call(node, flags)

    def _binary(self, node: exp.Expr, comparison: Comparison, flags: Flags) -> None:
        left, right = node.this, node.args["expression"]
        left_row, right_row = row_of(left), row_of(right)
        if left_row and right_row and len(left_row) == len(right_row):
            for one, other in zip(left_row, right_row, strict=True):
                self._pair(one, other, comparison, flags)
            return
        if left_row:
            value = evaluate(right, self.scope, self.marks)
            for one in left_row:
                self._compare_with(one, comparison, value, flags)
            return
        over = quantified(right)
        if over is not None:
            self._any(left, *over, comparison, flags)
            return
        ends = (isinstance(node, exp.LT | exp.LTE), isinstance(node, exp.GT | exp.GTE))
        self._pair(left, right, comparison, flags, folds=isinstance(node, exp.RegexpILike), ends=ends)

    def _pair(
        self,
        left: exp.Expr,
        right: exp.Expr,
        comparison: Comparison,
        flags: Flags,
        *,
        folds: bool = False,
        ends: tuple[bool, bool] = (False, False),
    ) -> None:
        one, other = (subject_of(side, self.scope, self.marks) for side in (left, right))
        if one is not None and other is not None:
            self._columns(one, other, comparison, flags)
        elif one is not None:
            self._with_value(one, right, comparison, replace(flags, upto=ends[0]), folds=folds)
        elif other is not None:
            self._with_value(other, left, comparison, replace(flags, upto=ends[1]), folds=folds)
        elif is_hole(left, self.marks) or is_hole(right, self.marks):
            self.unknown = True

    def _with_value(
        self, subject: Subject, node: exp.Expr, comparison: Comparison, flags: Flags, *, folds: bool
    ) -> None:
        head = node.this if isinstance(node, exp.Mul) else None
        if head is not None and mark_of(head, self.marks) == self.marks.operator():
            comparison, node = Comparison.OTHER, node.args["expression"]
        if isinstance(node, exp.Collate):
            folds = folds or node.args["expression"].name.lower() == "nocase"
            node = node.this
        self._about(subject, comparison, evaluate(node, self.scope, self.marks), flags, folds=folds)

    def _columns(self, one: Subject, other: Subject, comparison: Comparison, flags: Flags) -> None:
        """Two columns: a join where they belong to different tables and must be equal, else a comparison."""
        apart = one.found.source is not other.found.source
        plain = not (one.function or other.function or one.document or other.document)
        loose = flags.alternative or flags.negated or flags.optional
        if apart and plain and comparison is Comparison.EQUAL and not loose:
            self.pairings.append(Pairing(one, other))
            return
        # For each row an expression of its own columns is another value, by which no index finds rows.
        self._about(one, comparison, _as_value(other) if apart else Value(Operand.COLUMN, other=other.column), flags)
        if apart:
            self._about(other, comparison, _as_value(one), flags)

    def _compare_with(
        self, node: exp.Expr, comparison: Comparison, value: Value, flags: Flags, *, opposite: bool = False
    ) -> None:
        subject = subject_of(node, self.scope, self.marks)
        if subject is not None:
            self._about(subject, comparison, value, flags, opposite=opposite)
        elif is_hole(node, self.marks):
            self.unknown = True

    def _in(self, node: exp.In, flags: Flags, *, opposite: bool) -> None:
        query = node.args.get("query")
        row = row_of(node.this)
        if query is not None:
            self._in_query(row or [node.this], query, flags, opposite=opposite)
            return
        values = node.expressions or [
            item for item in (node.args.get("field"), node.args.get("unnest")) if item is not None
        ]
        if len(values) == 1 and (inner := unwrapped(values[0])) and isinstance(inner, exp.Query):
            self._in_query(row or [node.this], inner, flags, opposite=opposite)
            return
        for position, column in enumerate(row or [node.this]):
            cells = [row_of(value)[position] if len(row_of(value)) > position else value for value in values]
            value = together(evaluate(cell, self.scope, self.marks) for cell in cells)
            self._compare_with(column, Comparison.IN, value, flags, opposite=opposite)
            if not row and mark_of(unwrapped(column), self.marks) is not None:  # $1 IN (a, b)
                for cell in cells:
                    self._compare_with(
                        cell,
                        Comparison.EQUAL,
                        Value(Operand.PARAMETER),
                        replace(flags, alternative=True),
                        opposite=opposite,
                    )

    def _in_query(self, columns: Sequence[exp.Expr], query: exp.Expr, flags: Flags, *, opposite: bool) -> None:
        source = self.inner(query)
        outputs = [output.plain for _, output in source.all_outputs()] if source is not None else []
        for position, column in enumerate(columns):
            other = outputs[position] if len(outputs) > position else None
            operand = Operand.SUBQUERY if reads_rows(query) else Operand.PARAMETER
            self._compare_with(column, Comparison.IN, Value(operand, other=other), flags, opposite=opposite)

    def _any(self, left: exp.Expr, quantifier: str, values: exp.Expr, comparison: Comparison, flags: Flags) -> None:
        """`column = ANY (values)`, or `$1 = ANY (column)`."""
        values = unwrapped(values)
        listed = subject_of(values, self.scope, self.marks)
        if listed is not None:
            self._about(listed, Comparison.CONTAINS_ELEMENT, evaluate(left, self.scope, self.marks), flags)
            return
        if (comparison, quantifier) == (Comparison.EQUAL, "any"):
            comparison = Comparison.IN
        elif (comparison, quantifier) == (Comparison.NOT_EQUAL, "all"):
            comparison = Comparison.NOT_IN
        if isinstance(values, exp.Query) and comparison in {Comparison.IN, Comparison.NOT_IN}:
            self._in_query([left], values, flags, opposite=comparison is Comparison.NOT_IN)
            return
        self._compare_with(left, comparison, evaluate(values, self.scope, self.marks), flags)

    def _is(self, node: exp.Is, flags: Flags, *, opposite: bool) -> None:
        what = unwrapped(node.args["expression"])
        if isinstance(what, exp.Null):
            comparison, value = Comparison.IS_NULL, Value(Operand.CONSTANT, ("null",))
        else:
            comparison, value = Comparison.EQUAL, evaluate(what, self.scope, self.marks)
        if isinstance(what, exp.Boolean) and not isinstance(unwrapped(node.this), exp.Column):
            self.read(node.this, replace(flags, negated=flags.negated != (opposite == bool(what.this))))
            return
        subject = subject_of(node.this, self.scope, self.marks)
        if subject is not None:
            self._about(subject, comparison, value, flags, opposite=opposite, keep=comparison is Comparison.IS_NULL)
        elif is_hole(node.this, self.marks):
            self.unknown = True

    def _like(self, node: exp.Expr, flags: Flags, *, opposite: bool) -> None:
        glob = isinstance(node, exp.Glob)
        wanted = node.args["expression"]
        over = quantified(wanted)
        if over is not None:
            comparison, value = Comparison.PATTERN, evaluate(over[1], self.scope, self.marks)
        else:
            wanted = wanted.this if isinstance(wanted, exp.Escape) else wanted
            comparison, value = pattern(wanted, self.marks, self.scope, *("*?" if glob else "%_"))
        flags = replace(flags, negated=flags.negated != opposite)
        folds = isinstance(node, exp.ILike)
        for target in concatenated(node.this):
            subject = subject_of(target, self.scope, self.marks)
            if subject is not None:
                self._about(subject, comparison, value, flags, folds=folds)
            elif is_hole(target, self.marks):
                self.unknown = True

    def _full_text(self, node: exp.Expr, flags: Flags) -> None:
        """`MATCH (a, b) AGAINST (…)`, `to_tsvector(a || b) @@ …`: every column that is searched."""
        sides = [side for side in (*node.expressions, node.this) if isinstance(side, exp.Expr)]
        wanted = next((side for side in reversed(sides) if not has_columns(side, self.marks)), None)
        if isinstance(wanted, exp.Anonymous) and wanted.expressions:  # to_tsquery('simple', $1)
            wanted = wanted.expressions[-1]
        value = evaluate(wanted, self.scope, self.marks) if wanted is not None else Value(Operand.EXPRESSION)
        for side in sides:
            calls = [call.name.lower() for call in side.find_all(exp.Anonymous)]
            function = "to_tsvector" if "to_tsvector" in calls else None
            for column in side.find_all(exp.Column, bfs=False):
                subject = subject_of(column, self.scope, self.marks)
                if subject is not None:
                    self._about(replace(subject, function=function), Comparison.FULL_TEXT, value, flags)

    def _call(self, node: exp.Expr, flags: Flags) -> None:
        """A function that answers true or false."""
        called = node.args["expression"] if isinstance(node, exp.Dot) else node
        if not isinstance(called, exp.Func) or is_aggregate(called):
            return
        name, arguments = function_name(called), list(called.iter_expressions())
        subjects = [(n, s) for n, a in enumerate(arguments) if (s := subject_of(a, self.scope, self.marks)) is not None]
        if len({subject.column for _, subject in subjects}) != 1:
            return
        position, subject = subjects[0]
        others = [argument for number, argument in enumerate(arguments) if number != position]
        value = (
            together([evaluate(other, self.scope, self.marks) for other in others])
            if others
            else Value(Operand.CONSTANT)
        )
        if name in _PREFIX_CALLS and position == 0:
            self._about(subject, Comparison.PREFIX, value, flags)
        elif name in _ELEMENT_CALLS:
            self._about(subject, Comparison.CONTAINS_ELEMENT, value, flags)
        else:
            self._about(replace(subject, function=name), Comparison.OTHER, value, flags)

    def _about(
        self,
        subject: Subject,
        comparison: Comparison,
        value: Value,
        flags: Flags,
        *,
        opposite: bool = False,
        folds: bool = False,
        keep: bool = False,
    ) -> None:
        """Add a predicate on a column."""
        if opposite and comparison in OPPOSITE:
            comparison = OPPOSITE[comparison]
        elif opposite:
            flags = replace(flags, negated=not flags.negated)
        if subject.document and not keep and comparison is not Comparison.CONTAINS_ELEMENT:
            comparison = Comparison.JSON
        found = Predicate(
            subject.column,
            comparison,
            value.operand,
            value.constants if value.operand is Operand.CONSTANT else (),
            function=subject.function,
            path=subject.path,
            case_insensitive=folds or subject.case_insensitive,
            other=value.other,
            upto=flags.upto and comparison is Comparison.RANGE,
        )
        self._add(found, flags)

    def _add(self, predicate: Predicate, flags: Flags) -> None:
        predicate = replace(
            predicate,
            alternative=predicate.alternative or flags.alternative,
            negated=predicate.negated != flags.negated,
            optional=predicate.optional or flags.optional,
        )
        if predicate not in self.predicates:
            self.predicates.append(predicate)


def _as_value(subject: Subject) -> Value:
    """A column as what another is compared with: something done to it makes it an expression."""
    if subject.function or subject.document:
        return Value(Operand.EXPRESSION)
    return Value(Operand.COLUMN, other=subject.column)


def _as_set(arms: list[Predicate | None]) -> Predicate | None:
    """One IN for several equalities of one column with constants or parameters, None where they differ in more."""
    predicates = [arm for arm in arms if arm is not None]
    first = predicates[0] if predicates and len(predicates) == len(arms) else None
    if first is None or any(
        replace(predicate, constants=(), operand=first.operand, comparison=Comparison.EQUAL)
        != replace(first, constants=(), comparison=Comparison.EQUAL)
        or predicate.comparison not in {Comparison.EQUAL, Comparison.IN}
        or predicate.operand not in {Operand.CONSTANT, Operand.PARAMETER}
        for predicate in predicates
    ):
        return None
    value = together(Value(predicate.operand, predicate.constants) for predicate in predicates)
    return replace(first, comparison=Comparison.IN, operand=value.operand, constants=value.constants)
