"""What an expression of a schema comes to: constants, objects, and what the library's own functions are called with.

The evaluator knows nothing of Drizzle. A function of a package is not followed: what is called on it, and on what came
of that, is kept as it stands (`Got`, `Called`), and whoever knows the library reads it from there. So the value of
`text("email").notNull()` is a Called of a Got of a Called of an External. Texts, numbers, booleans and None (null)
stand for themselves, an array is a tuple.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum as Enumeration

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.typescript.syntax import Class, External, Function, Module


class Missing(Enumeration):
    """`undefined`."""

    UNDEFINED = "undefined"


UNDEFINED = Missing.UNDEFINED


@dataclass(frozen=True, slots=True, eq=False)
class Obj:
    """An object, a TypeScript enum too: its entries, and where the value of each stands.

    `partial` tells that something was spread into it which could not be told.
    """

    entries: Mapping[str, Value]
    places: Mapping[str, Origin] = field(default_factory=dict)
    partial: Unknown | None = None

    def get(self, name: str) -> Value:
        """The value of an entry, `UNDEFINED` where there is none."""
        return self.entries.get(name, UNDEFINED)


@dataclass(frozen=True, slots=True, eq=False)
class Got:
    """`owner.name` of something that the evaluator does not know from within."""

    owner: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """A call of something that the evaluator does not know from within; the same call is the same object.

    `module` is where it stands, which the names in `types` (type arguments, as written) are of.
    """

    function: Value
    args: tuple[Value, ...]
    place: Origin
    module: Module
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tagged:
    """A template with a tag that the evaluator does not know from within: texts and values in turn."""

    tag: Value
    parts: tuple[Value, ...]
    place: Origin


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """`left operator right` of things that are no constants."""

    operator: str
    left: Value
    right: Value


@dataclass(eq=False, slots=True)
class Frame:
    """The names that a function's call binds, within those around it."""

    module: Module
    names: dict[str, Value] = field(default_factory=dict)
    above: Frame | None = None

    def get(self, name: str) -> Value | None:
        """What a name is bound to inside functions; None for one of the module's."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.above
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Closure:
    """A function of the project, with the names around it; not called yet."""

    function: Function
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Namespace:
    """A module of the project as a whole: `import * as schema`."""

    module: Module


@dataclass(frozen=True, slots=True, eq=False)
class Defined:
    """A class of the project."""

    cls: Class


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """What cannot be told, and where it stands."""

    why: str
    place: Origin


Constant = str | int | float | bool | None
Value = (
    Constant
    | Missing
    | tuple["Value", ...]
    | Obj
    | External
    | Got
    | Called
    | Tagged
    | Computed
    | Closure
    | Namespace
    | Defined
    | Unknown
)


def is_constant(value: Value) -> bool:
    """Whether it is a text, a number, a boolean or null."""
    return value is None or isinstance(value, str | int | float | bool)


def links(value: Value) -> Iterator[Called | Got | Value]:
    """The calls and members of a chain, the last one first, its head at the end."""
    while isinstance(value, Called | Got):
        yield value
        value = value.function if isinstance(value, Called) else value.owner
    yield value


@dataclass(frozen=True, slots=True)
class Step:
    """`.name(args)` of a chain; `name` is empty where what came before is called itself. `call` is the call."""

    name: str
    call: Called

    @property
    def args(self) -> tuple[Value, ...]:
        """What it is called with."""
        return self.call.args

    def arg(self, position: int) -> Value:
        """An argument, `UNDEFINED` where it is not given."""
        return self.call.args[position] if position < len(self.call.args) else UNDEFINED


def chain(value: Value) -> tuple[Value, tuple[Step, ...]]:
    """What a chain of calls begins with, and its calls in their order; members without a call stay in the head."""
    steps: list[Step] = []
    while isinstance(value, Called):
        function = value.function
        if isinstance(function, Got) and isinstance(function.owner, Called):
            steps.append(Step(function.name, value))
            value = function.owner
        else:
            steps.append(Step("", value))
            value = function
    return value, tuple(reversed(steps))
