"""Follows the `upgrade()` of a migration step by step, without running any of it.

Names keep the expressions that they were bound to; a loop over something known is gone through, a function of the
project is entered with its arguments, a test is answered where it can be and otherwise taken for a guard of what it
guards. Everything is bounded: what a stranger wrote must not keep us for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.alembic.calls import Calls
from dbarchitect.sources.alembic.elements import Elements
from dbarchitect.sources.alembic.guards import Guards, literal
from dbarchitect.sources.alembic.receivers import Receivers, Role
from dbarchitect.sources.alembic.state import State
from dbarchitect.sources.python.body import (
    Bind,
    Branch,
    Define,
    Do,
    Grow,
    Leave,
    Loop,
    Step,
    Try,
    With,
    steps_of,
)
from dbarchitect.sources.python.constants import UNKNOWN, is_known
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Dict,
    Display,
    Expr,
    FString,
    Literal,
    Name,
    Span,
    Starred,
    Subscript,
    Unknown,
)
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module, Scope
from dbarchitect.sources.sqlalchemy.located import Frame, Located
from dbarchitect.sources.sqlalchemy.rewriting import rebuilt
from dbarchitect.sources.sqlfiles.record import Said

_DEEPEST = 15
_MOST_STEPS = 20_000
_MOST_ROUNDS = 2_000

Local = Mapping[str, Located | ClassDef | None]


class _TooLong(Exception):  # noqa: N818 - never leaves this module
    """A migration takes more steps than an honest one can."""


@dataclass
class _Activation:
    """A function that is being followed: where its expressions are written, what its names stand for, its result."""

    module: Module
    scope: Scope
    local: Local
    result: Located | None = None

    @property
    def frame(self) -> Frame:
        """Where an expression that is met now stands."""
        return Frame(self.module, self.scope, self.local)

    def bind(self, name: str, value: Located | ClassDef | None) -> None:
        """Bind a name; what was met before keeps the names that it knew."""
        self.local = {**self.local, name: value}


class Runner:
    """Follows the functions of migrations, doing to the state what they do to the database."""

    def __init__(self, state: State, elements: Elements) -> None:
        self.state = state
        self.elements = elements
        self.names = elements.names
        self.receivers = Receivers(self.names)
        self.guards = Guards(state, elements, self.receivers, self._call_for_value)
        self.calls = Calls(state, elements, self.receivers, self.guards, self._enter)
        self._bodies: dict[FunctionDef, tuple[Step, ...]] = {}
        self._depth = 0
        self._steps = 0

    def run(self, function: FunctionDef) -> None:
        """Follow a migration's `upgrade`."""
        self._steps = 0
        first = Located(Name("op", function.span), Frame(function.module))
        local: Local = {p.name: first for p in function.parameters[:1] if not p.star and p.default is None}
        try:
            self._function(function, local)
        except _TooLong:
            self.state.said = Said("", function.module.origin(function.span))
            self.state.report(f"{function.name}() takes too many steps to be followed to its end")

    def _function(self, function: FunctionDef, local: Local) -> Located | None:
        if function not in self._bodies:
            self._bodies[function] = steps_of(function)
        activation = _Activation(function.module, function, local)
        self._all(self._bodies[function], activation)
        return activation.result

    def _enter(self, function: FunctionDef, call: Call, frame: Frame) -> Located | None:
        """Follow a function of the project with the arguments of a call; what it returns."""
        if self._depth >= _DEEPEST:
            return None
        self._depth += 1
        try:
            local = dict(self.names.parameters(function, self.names.arguments(call, frame)))
            if function.outer is not None and function.outer is frame.scope:  # it sees what is around it
                local = {**frame.local, **local}
            return self._function(function, local)
        finally:
            self._depth -= 1

    def _call_for_value(self, function: FunctionDef, call: Call, frame: Frame) -> Located | None:
        """The same within a test: only functions that return something are asked."""
        return self._enter(function, call, frame) if function.returns else None

    # Steps -----------------------------------------------------------------------------------------------------------

    def _all(self, steps: Iterable[Step], activation: _Activation) -> str | None:
        """Follow steps; how they were left early: `return`, `raise`, `break`, `continue`, else None."""
        for step in steps:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise _TooLong
            left = self._step(step, activation)
            if left is not None:
                return left
        return None

    def _step(self, step: Step, activation: _Activation) -> str | None:
        match step:
            case Do():
                self.calls.effect(step.value, activation.frame)
            case Bind():
                self._bind(step, activation)
            case Grow():
                self._grow(step, activation)
            case Branch():
                return self._branch(step, activation)
            case Loop():
                return self._loop(step, activation)
            case With():
                return self._with(step, activation)
            case Try():
                left = self._all(step.body, activation)
                return None if left == "raise" else left
            case Leave():
                if step.kind == "return" and step.value is not None:
                    self.calls.effects_within(step.value, activation.frame)
                    activation.result = self._value(step.value, activation)
                return step.kind
            case Define():
                return None
        return None

    def _bind(self, step: Bind, activation: _Activation) -> None:
        value = self._bound(step.value, activation)
        for names in step.targets:
            self._bind_names(names, value, activation)

    def _bind_names(self, names: tuple[str, ...], value: Located, activation: _Activation) -> None:
        """Bind one name, or several to the parts of a value; a name in parentheses is several again."""
        parts = [(names[0], value)] if len(names) == 1 else self._parts(names, value)
        for name, part in parts:
            if name[:1] in {"(", "["}:
                inner = tuple(word.strip() for word in _split(name[1:-1]) if word.strip())
                self._bind_names(inner, part, activation)
            else:
                activation.bind(name, part)

    def _bound(self, expr: Expr, activation: _Activation) -> Located:
        """What a name is bound to: the value where the expression asks the database or calls the project's own."""
        frame = activation.frame
        if isinstance(expr, Call):
            receiver, _ = self.receivers.called(expr, frame)
            found = self.names.follow(expr.function, frame) if receiver is None else None
            if isinstance(found, FunctionDef):
                returned = self._enter(found, expr, frame)
                return returned if returned is not None else frame.at(Unknown("", expr.span))
        self.calls.effects_within(expr, frame)
        return self._value(expr, activation)

    def _value(self, expr: Expr, activation: _Activation) -> Located:
        """An expression, its questions to the database answered as of now."""
        frame = activation.frame
        if isinstance(expr, Literal) or self.receivers.of(expr, frame) is not None:
            return frame.at(expr)
        if not self.guards.asks(frame, expr.span) and not self._calls_own(expr, frame):
            return frame.at(expr)
        settled = self.guards.settled(expr, frame)
        value = self.names.constant(frame.at(settled))
        return frame.at(literal(value, expr.span)) if is_known(value) else frame.at(settled)

    def _calls_own(self, expr: Expr, frame: Frame) -> bool:
        """Whether a function of the project is called in an expression, so that its value has to be found now."""
        if isinstance(expr, Call) and isinstance(self.names.follow(expr.function, frame), FunctionDef):
            return True
        found = False

        def look(part: Expr) -> Expr:
            nonlocal found
            found = found or self._calls_own(part, frame)
            return part

        if isinstance(expr, Call | BinOp | FString | Display | Dict | Starred | Attribute):
            rebuilt(expr, look)
        return found

    def _parts(self, names: tuple[str, ...], value: Located) -> Iterable[tuple[str, Located]]:
        items = self.names.items(value.expr, value.frame)
        bare = [name.lstrip("*") for name in names]
        if items is not None and len(items) == len(names):
            return zip(bare, items, strict=True)
        span = value.span
        return [(n, value.frame.at(Subscript(value.expr, Literal(at, span), span))) for at, n in enumerate(bare)]

    def _grow(self, step: Grow, activation: _Activation) -> None:
        """A list or dictionary that grows: the name stands for the longer one from now on."""
        frame = activation.frame
        if self.receivers.of(Name(step.name, step.span), frame) is not None:  # `session.add(user)`
            call = Call(Name(f"{step.name}.{step.method}", step.span), (step.value,), (), step.span)
            self.calls.effect(call, frame)
            return
        known = Name(step.name, step.span)
        value = self._value(step.value, activation)
        given = value.expr if value.frame == frame else step.value
        grown: Expr
        if step.method == "[]=":
            grown = Dict(((None, known), (step.key, given)), step.span)
        elif step.method == "update":
            grown = Dict(((None, known), (None, given)), step.span)
        elif step.method == "extend":
            grown = Display("list", (Starred(known, step.span), Starred(given, step.span)), step.span)
        else:
            grown = Display("list", (Starred(known, step.span), given), step.span)
        whole = self.names.constant(frame.at(grown))
        activation.bind(step.name, frame.at(literal(whole, step.span) if is_known(whole) else grown))

    # Branches, loops and blocks --------------------------------------------------------------------------------------

    def _branch(self, step: Branch, activation: _Activation) -> str | None:
        frame = activation.frame
        self.calls.effects_within(step.test, frame)
        holds = self.guards.holds(step.test, frame)
        if holds is None:
            holds = not _only_leaves(step.body)
            if holds and step.orelse and self._changes_schema(step.orelse, activation):
                words = "which way this condition goes could not be told; it was taken as true"
                self.state.report(words, activation.module.origin(step.test.span))
        return self._all(step.body if holds else step.orelse, activation)

    def _changes_schema(self, steps: tuple[Step, ...], activation: _Activation) -> bool:
        span = steps[0].span
        source = activation.module.source[span.start : steps[-1].span.end]
        return b"op." in source or b"batch" in source

    def _loop(self, step: Loop, activation: _Activation) -> str | None:
        items = self._rounds(step.iterable, activation) if step.iterable is not None else None
        if items is None:
            self._unknown_loop(step, activation)
            return None
        for item in items[:_MOST_ROUNDS]:
            self._bind_names(step.targets, item, activation)
            left = self._all(step.body, activation)
            if left == "break":
                break
            if left in {"return", "raise"}:
                return left
        return None

    def _rounds(self, iterable: Expr, activation: _Activation) -> list[Located] | None:
        """What a loop goes over, None where that cannot be told."""
        frame = activation.frame
        self.calls.effects_within(iterable, frame)
        items = self._listed(iterable, frame)
        if items is not None:
            return items
        value = self.guards.value(iterable, frame)
        if isinstance(value, dict):
            value = list(value)
        if isinstance(value, list | tuple | set | frozenset | range) and all(v is not UNKNOWN for v in value):
            ordered = sorted(value, key=str) if isinstance(value, set | frozenset) else list(value)
            return [frame.at(literal(item, iterable.span)) for item in ordered]
        return None

    def _listed(self, iterable: Expr, frame: Frame) -> list[Located] | None:
        """The elements of a list that is written out, as they are written; of `d.items()` the pairs."""
        if isinstance(iterable, Call) and not iterable.args:
            head, _, method = (iterable.name or "").rpartition(".")
            base: Expr | None = Name(head, iterable.span) if head else None
            if isinstance(iterable.function, Attribute):
                base, method = iterable.function.value, iterable.function.attr
            if base is not None and method in {"items", "values", "keys"}:
                entries = self.names.entries(base, frame)
                if entries is None:
                    return None
                span = iterable.span
                pairs = {"items": lambda k, v: Display("tuple", (Literal(k, span), v.expr), span)}
                if method == "values":
                    return list(entries.values())
                if method == "keys":
                    return [frame.at(Literal(key, span)) for key in entries]
                return [Located(pairs["items"](key, value), value.frame) for key, value in entries.items()]
        items = self.names.items(iterable, frame)
        return list(items) if items is not None else None

    def _unknown_loop(self, step: Loop, activation: _Activation) -> None:
        """A loop over rows, or over what only runs can tell: it works on rows, or it cannot be followed."""
        origin = activation.module.origin(step.span)
        self.state.said = Said(_line(activation.module, step.span), origin)
        self.state.noted(OperationKind.RUN_CODE, Ref.database())
        source = activation.module.source[step.span.start : step.span.end]
        lowered = source.lower()
        if any(mark in source for mark in _SCHEMA_WORK) or (
            b"execute" in source and any(word in lowered for word in _DDL_WORDS)
        ):
            self.state.report("what this loop goes over could not be told: what it does was not followed", origin)

    def _with(self, step: With, activation: _Activation) -> str | None:
        outside = self.state.record.in_transaction
        for value, name in step.items:
            frame = activation.frame
            if isinstance(value, Call):
                receiver, method = self.receivers.called(value, frame)
                if receiver is not None and receiver.role is Role.CONTEXT and method == "autocommit_block":
                    self.state.record.in_transaction = False
            opened = self.receivers.of(value, frame)
            if opened is not None and opened.opened_by is not None:
                self.calls.open_batch(opened.opened_by)
            self.calls.effects_within(value, frame)
            if name is not None:
                activation.bind(name, frame.at(value))
        left = self._all(step.body, activation)
        self.state.record.in_transaction = outside
        return left


_SCHEMA_WORK = (b"op.create", b"op.add_", b"op.drop", b"op.alter", b"op.rename", b"batch_op", b"batch_alter")
_DDL_WORDS = (b"alter table", b"create ", b"drop table", b"drop index", b"drop constraint")


def _only_leaves(steps: tuple[Step, ...]) -> bool:
    """Whether steps do no more than leave, perhaps with a word: `return`, `print(…); return`."""
    return (
        bool(steps)
        and isinstance(steps[-1], Leave)
        and not any(
            isinstance(s, With | Loop | Branch | Try) or (isinstance(s, Do) and not _is_a_word(s.value))
            for s in steps[:-1]
        )
    )


def _is_a_word(value: Expr) -> bool:
    name = value.name or "" if isinstance(value, Call) else ""
    return not isinstance(value, Call) or name == "print" or name.rpartition(".")[2] in {"info", "warning", "debug"}


def _split(names: str) -> list[str]:
    """The parts between commas, those in parentheses kept together."""
    parts, depth = [""], 0
    for character in names:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _line(module: Module, span: Span) -> str:
    source = module.source[span.start : span.end].decode("utf-8", "replace")
    return source.partition("\n")[0].strip()
