"""Python expressions as plain data: what a static reader may look at.

Every node carries a `Span` (bytes of the UTF-8 source, first line counted from 1). A node never holds the syntax
tree, so expressions can be compared, hashed and kept. `dotted(node)` is how readers ask for `models.CharField`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import EllipsisType
from typing import NamedTuple, TypeAlias

from dbarchitect.often import made_often


class Span(NamedTuple):
    """Bytes `start` up to (not including) `end` of the source, and the line and column (from 1) where it starts.

    Every expression of a repository makes one: a tuple is made in a third of a dataclass's time.
    """

    start: int
    end: int
    line: int
    column: int = 1
    end_line: int = 0


NOWHERE = Span(0, 0, 0)
"""The place of an expression that a reader made up itself."""


@made_often
@dataclass(frozen=True, slots=True)
class Name:
    """An identifier, or identifiers joined by dots: `models`, `models.CharField`, `self.x.y`."""

    id: str
    span: Span = field(default=NOWHERE, compare=False)


@made_often
@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of something that is not a plain name: `f().x`, `"…".join`."""

    value: Expr
    attr: str
    span: Span = field(default=NOWHERE, compare=False)


@made_often
@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, bytes, True, False, None or `...`; adjacent string literals are one."""

    value: str | bytes | int | float | complex | bool | EllipsisType | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Starred:
    """`*value` in a call or a display."""

    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@made_often
@dataclass(frozen=True, slots=True)
class Keyword:
    """`name=value` in a call; `name` is None for `**value`."""

    name: str | None
    value: Expr
    span: Span = field(default=NOWHERE, compare=False)


@made_often
@dataclass(frozen=True, slots=True)
class Call:
    """A call. `name` is the dotted name of what is called, None when that is not a plain name."""

    function: Expr
    args: tuple[Expr, ...] = ()
    kwargs: tuple[Keyword, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def name(self) -> str | None:
        """The dotted name of the called thing, or None."""
        return self.function.id if isinstance(self.function, Name) else None

    def keyword(self, name: str) -> Expr | None:
        """The value of the keyword argument called so, None when it is not given."""
        return next((keyword.value for keyword in self.kwargs if keyword.name == name), None)

    def argument(self, position: int, name: str | None = None) -> Expr | None:
        """The argument given by position, or else by keyword; None when absent or hidden behind a `*`."""
        if not any(isinstance(arg, Starred) for arg in self.args[: position + 1]) and position < len(self.args):
            return self.args[position]
        return self.keyword(name) if name is not None else None


@dataclass(frozen=True, slots=True)
class Display:
    """A list, tuple or set written out; `kind` says which."""

    kind: str
    items: tuple[Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Dict:
    """A dictionary written out; the key None stands for `**value`."""

    items: tuple[tuple[Expr | None, Expr], ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class UnaryOp:
    """`-x`, `+x`, `~x`, `not x`."""

    op: str
    operand: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class BinOp:
    """Arithmetic, `|`, `&`, and the boolean `and`, `or`."""

    op: str
    left: Expr
    right: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`operands[0] ops[0] operands[1] ops[1] …`; operators as written, with one space (`not in`, `is not`)."""

    operands: tuple[Expr, ...]
    ops: tuple[str, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Conditional:
    """`body if test else orelse`."""

    test: Expr
    body: Expr
    orelse: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Subscript:
    """`value[index]`; several indices are a tuple `Display`."""

    value: Expr
    index: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Slice:
    """`lower:upper:step` inside a subscript."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Lambda:
    """`lambda parameters: body`."""

    parameters: tuple[str, ...]
    body: Expr
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FString:
    """An f-string: texts and the expressions between them."""

    parts: tuple[str | Expr, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Clause:
    """`for targets in iterable if conditions…` of a comprehension."""

    targets: tuple[str, ...]
    iterable: Expr
    conditions: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A comprehension; `kind` is list, set, dict or generator; `key` only for a dict."""

    kind: str
    element: Expr
    key: Expr | None
    clauses: tuple[Clause, ...]
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything else (yield, walrus with a hidden name, broken code), as its text."""

    text: str
    span: Span = field(default=NOWHERE, compare=False)


Expr: TypeAlias = (
    Name
    | Attribute
    | Literal
    | Starred
    | Call
    | Display
    | Dict
    | UnaryOp
    | BinOp
    | Compare
    | Conditional
    | Subscript
    | Slice
    | Lambda
    | FString
    | Comprehension
    | Unknown
)


def dotted(node: Expr | None) -> str | None:
    """The dotted name a node is, or None when it is something else."""
    return node.id if isinstance(node, Name) else None
