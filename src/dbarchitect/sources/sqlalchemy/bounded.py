"""Evaluation with an end: a stranger's functions may call each other twice at every level."""

from __future__ import annotations

from collections.abc import Mapping

from dbarchitect.sources.python.constants import UNKNOWN, Constant
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.expressions import Expr
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import Module, Scope

_MOST_STEPS = 3_000


class BoundedEvaluator(Evaluator):
    """An evaluator that answers UNKNOWN once a question has taken more steps than an honest one can."""

    def __init__(self, index: PythonIndex) -> None:
        super().__init__(index)
        self._nesting = 0
        self._steps = 0

    def value(
        self,
        expr: Expr | None,
        module: Module,
        scope: Scope | None = None,
        local: Mapping[str, Constant] | None = None,
    ) -> Constant:
        """The value of an expression, UNKNOWN where it cannot be told or takes too long to tell."""
        if self._nesting == 0:
            self._steps = 0
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return UNKNOWN
        self._nesting += 1
        try:
            return super().value(expr, module, scope, local)
        finally:
            self._nesting -= 1
