"""Texts that small functions of the project compute: `CamelCase` → `camel_case`, prefixes, names joined.

Functions of straight statements are read step by step: assignments, `if`, `return`, methods of texts, and the `re`
module on patterns that cannot run away.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from dbarchitect.sources.python.constants import UNKNOWN, Constant, Environment, is_known
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.expressions import Attribute, Call, Expr, Literal, Name, Starred
from dbarchitect.sources.python.resolved import External, Value
from dbarchitect.sources.python.statements import Assign, ClassDef, Effect, FunctionDef, Import, Module, Return, Scope
from dbarchitect.sources.sqlalchemy.rewriting import rebuilt

_DEEPEST = 12
_LONGEST_TEXT = 200
_LONGEST_PATTERN = 120
_REPEATED = re.compile(r"[*+{]")
_RUNAWAY = re.compile(r"\)[*+{]|[*+]\)?[*+]")
_CHOICES = re.compile(r"(?<!\()\?|\|")
_MOST_REPEATED = 2
_MOST_CHOICES = 6
_PATTERN_METHODS: dict[str, Callable[..., Constant]] = {
    "sub": re.sub, "split": re.split, "findall": re.findall,
}  # fmt: skip


def computed(
    evaluator: Evaluator, expr: Expr, module: Module, scope: Scope | None, local: dict[str, Constant]
) -> Constant:
    """The value of an expression whose calls go to the project's functions or to `re`; UNKNOWN where nothing tells."""
    return _Computation(evaluator).value(expr, module, scope, local)


class _Computation:
    def __init__(self, evaluator: Evaluator) -> None:
        self.index = evaluator.index
        self.evaluator = evaluator
        self.depth = 0

    def value(self, expr: Expr, module: Module, scope: Scope | None, local: dict[str, Constant]) -> Constant:
        if self.depth > _DEEPEST:
            return UNKNOWN
        self.depth += 1
        try:
            values = dict(local)
            reduced = self._reduced(expr, module, scope, values)
            return self.evaluator.value(reduced, module, scope, values)
        except (re.error, TypeError, ValueError, IndexError):
            return UNKNOWN
        finally:
            self.depth -= 1

    def _reduced(self, expr: Expr, module: Module, scope: Scope | None, values: dict[str, Constant]) -> Expr:
        """The expression with the calls that only this module understands replaced by names of their values."""
        expr = rebuilt(expr, lambda part: self._reduced(part, module, scope, values))
        if not isinstance(expr, Call) or any(isinstance(arg, Starred) for arg in expr.args):
            return expr
        result = self._called(expr, module, scope, values)
        if result is None:
            return expr
        key = f"<{len(values)}>"
        values[key] = result
        return Name(key, expr.span)

    def _called(self, call: Call, module: Module, scope: Scope | None, values: dict[str, Constant]) -> Constant | None:
        """The result of a call, None for a call that the evaluator knows itself."""
        target = None
        if isinstance(call.function, Name) and call.function.id.partition(".")[0] not in values:
            target = self.index.resolve(module, call.function.id, scope)

        def constant(expr: Expr) -> Constant:
            return self.evaluator.value(expr, module, scope, values)

        match target:
            case External(name=name) if name.startswith("re."):
                return _of_re(name.removeprefix("re."), [constant(arg) for arg in call.args])
            case Value(expr=Call() as maker, rest=(method,)) if self._compiles(maker, target.module):
                pattern = self.evaluator.value(maker.args[0], target.module)
                return _of_re(method, [pattern, *(constant(arg) for arg in call.args)])
            case FunctionDef():
                kwargs = {k.name: constant(k.value) for k in call.kwargs if k.name is not None}
                return self._run(target, [constant(arg) for arg in call.args], kwargs)
            case _:
                pass
        inner = call.function.value if isinstance(call.function, Attribute) else None
        if isinstance(inner, Call) and isinstance(call.function, Attribute) and self._compiles(inner, module):
            return _of_re(call.function.attr, [constant(inner.args[0]), *(constant(arg) for arg in call.args)])
        return None

    def _compiles(self, maker: Call, module: Module) -> bool:
        return bool(maker.args) and self.index.external_name(module, maker.function) == "re.compile"

    def _run(self, function: FunctionDef, args: list[Constant], kwargs: dict[str, Constant]) -> Constant:
        names = [p.name for p in function.parameters if not p.star]
        if isinstance(function.outer, ClassDef) and len(args) < len(names):
            names = names[1:]
        local: dict[str, Constant] = {
            p.name: self.evaluator.value(p.default, function.module) for p in function.parameters
        }
        local.update(zip(names, args, strict=False))
        local.update(kwargs)
        for statement in function.body:
            for condition in statement.conditions:
                test = self.value(condition.test, function.module, function, local) if condition.test else UNKNOWN
                if test is UNKNOWN or isinstance(test, Environment):
                    return UNKNOWN
                if bool(test) is not condition.expected:
                    break
            else:
                match statement:
                    case Return(value=expr):
                        return self.value(expr, function.module, function, local) if expr is not None else None
                    case Assign(target=target, value=expr) if expr is not None:
                        local[target] = self.value(expr, function.module, function, local)
                    case Effect(value=Literal()) | Import() | FunctionDef():
                        continue
                    case _:
                        return UNKNOWN
        return UNKNOWN


def _of_re(method: str, args: list[Constant]) -> Constant:
    """A call of `re` with a short text and a pattern of few choices (which could run for ever)."""
    function = _PATTERN_METHODS.get(method)
    if function is None or not all(isinstance(arg, (str, int)) and is_known(arg) for arg in args) or len(args) < 2:
        return UNKNOWN
    pattern = str(args[0])
    texts = [arg for arg in args if isinstance(arg, str)]
    if len(pattern) > _LONGEST_PATTERN or any(len(text) > _LONGEST_TEXT for text in texts) or _may_run_away(pattern):
        return UNKNOWN
    return function(*args)


def _may_run_away(pattern: str) -> bool:
    """Whether a pattern may be tried in very many ways: its repetitions multiply, each choice doubles."""
    if _RUNAWAY.search(pattern) or len(_REPEATED.findall(pattern)) > _MOST_REPEATED:
        return True
    return len(_CHOICES.findall(pattern)) > _MOST_CHOICES
