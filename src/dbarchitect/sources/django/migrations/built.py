"""What a function of the project returns that puts a list together step by step: loops, branches, `append`.

Nothing is run: the steps are followed with expressions in the place of values, and given up where a test or a loop
cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.migrations.substitute import substituted
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import FunctionDef, is_known
from dbarchitect.sources.python.body import Bind, Branch, Grow, Leave, Loop, Step, Try, With, steps_of
from dbarchitect.sources.python.expressions import BinOp, Display, Expr, Name

_MOST_STEPS = 2_000

Iterated = Callable[[Expr, Located], Iterable[Expr]]
"""The elements of an iterable that is written at a place."""


class _GivenUp(Exception):  # noqa: N818 - the fact, not the noun
    """The function does what cannot be followed."""


def built_by(function: FunctionDef, names: dict[str, Expr], world: World, iterated: Iterated) -> Expr | None:
    """What a function returns with its parameters bound to these expressions; None when that cannot be told."""
    try:
        return _Building(function, names, world, iterated).run(steps_of(function))
    except _GivenUp:
        return None


class _Building:
    def __init__(self, function: FunctionDef, names: dict[str, Expr], world: World, iterated: Iterated) -> None:
        self.function = function
        self.names = names
        self.lists: dict[str, list[Expr]] = {}
        self.world = world
        self.iterated = iterated
        self.steps = 0

    def run(self, steps: Iterable[Step]) -> Expr | None:
        """What is returned on the way through these steps, None when the end is reached without."""
        for step in steps:
            self.steps += 1
            if self.steps > _MOST_STEPS:
                raise _GivenUp
            returned = self._step(step)
            if returned is not None:
                return returned
        return None

    def _step(self, step: Step) -> Expr | None:
        match step:
            case Bind():
                for targets in step.targets:
                    self._bind(targets, step.value)
            case Grow(name=name, method="append", value=value) if name in self.lists:
                self.lists[name].append(self._of(value))
            case Grow(name=name, method="extend", value=value) if name in self.lists:
                self.lists[name] += self._elements(value)
            case Grow():
                raise _GivenUp
            case Branch():
                test = self.world.value(self._of(step.test), self.function.module, self.function)
                if not is_known(test):
                    raise _GivenUp
                return self.run(step.body if test else step.orelse)
            case Loop():
                return self._loop(step)
            case With() | Try():
                return self.run(step.body)
            case Leave(kind="return", value=value) if value is not None:
                return self._of(value)
            case Leave():
                raise _GivenUp
        return None

    def _loop(self, loop: Loop) -> Expr | None:
        if loop.iterable is None:
            raise _GivenUp
        for element in self._elements(loop.iterable):
            self._unpack(loop.targets, element)
            returned = self.run(loop.body)
            if returned is not None:
                return returned
        return None

    def _bind(self, targets: tuple[str, ...], value: Expr) -> None:
        if len(targets) != 1:
            self._unpack(targets, self._of(value))
            return
        name = targets[0]
        grows = isinstance(value, BinOp) and value.op == "+" and value.left == Name(name) and name in self.lists
        if grows and isinstance(value, BinOp):
            self.lists[name] += self._elements(value.right)
        elif isinstance(value, Display) and value.kind == "list":
            self.lists[name] = [self._of(item) for item in value.items]
        else:
            self.names[name] = self._of(value)
            self.lists.pop(name, None)

    def _unpack(self, targets: tuple[str, ...], value: Expr) -> None:
        items = (value,) if len(targets) == 1 else value.items if isinstance(value, Display) else ()
        if len(items) != len(targets):
            raise _GivenUp
        for name, item in zip(targets, items, strict=True):
            self.names[name] = item
            self.lists.pop(name, None)

    def _of(self, expr: Expr) -> Expr:
        lists = {name: Display("list", tuple(items)) for name, items in self.lists.items()}
        return substituted(expr, {**self.names, **lists})

    def _elements(self, expr: Expr) -> list[Expr]:
        found = self._of(expr)
        return list(self.iterated(found, Located(found, self.function.module, self.function)))
