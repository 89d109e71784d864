"""Statements: branches, loops, `try`, what is bound, defined, returned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import LoopFact
from dbarchitect.sources.code.typescript.binding import bind
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.handling import handled, handled_callback
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.narrowing import narrowed, told
from dbarchitect.sources.code.typescript.values import ClassValue, EnumValue, Function
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.typescript.walking import every_statement
from dbarchitect.sources.code.values import OPAQUE, Value, table_gone_through
from dbarchitect.sources.typescript.syntax import (
    Assign,
    Binary,
    Bind,
    Block,
    Class,
    Define,
    Do,
    Enum,
    Expr,
    If,
    Leave,
    Literal,
    Loop,
    Name,
    Return,
    Statement,
    Switch,
    Throw,
    Try,
    Unary,
)
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax

_LONGEST_OVER = 120


class Statements:
    """Follows the statements of frames for one interpreter."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter

    def top_level(self, statement: Statement, frame: Frame) -> None:
        """Follow a statement of a module: what it binds is evaluated, functions and methods are followed."""
        match statement:
            case Define(value=FunctionSyntax() as function):
                self.interpreter.follow(Function(function))
            case Define(value=Class() as cls):
                self._class(cls, frame)
            case Bind(target=Name(id=name)):
                value = self.interpreter.named(frame.module, name)
                if isinstance(value, Function) and self.interpreter.asks(value.function):
                    self._wrapped(value, frame)
                else:
                    whole = Name(statement.start, statement.end, name)
                    self.interpreter.made(value, Site(self.interpreter, frame, whole))
            case _:
                self.follow((statement,), frame)

    def _wrapped(self, function: Function, frame: Frame) -> None:
        if function.function.module is frame.module:
            self.interpreter.follow(function)

    def _class(self, cls: Class, frame: Frame) -> None:
        made = self.interpreter.objects.object_of(cls)
        for method in cls.methods.values():
            if self.interpreter.asks(method):
                self.interpreter.follow(Function(method, ClassValue(cls) if method.static else made))
        inner = Frame(frame.module, frame.key, owner=cls, this=made)
        for field in cls.fields:
            if isinstance(field.value, FunctionSyntax) and self.interpreter.asks(field.value):
                self.interpreter.follow(Function(field.value, made, inner))
            elif field.value is not None:
                self.interpreter.of(field.value, inner)

    def follow(self, statements: Iterable[Statement], frame: Frame, after: Statement | None = None) -> bool:
        """Follow statements; True when they always leave the block (`return`, `throw`, `continue`, `break`). `after` is
        what comes behind the block."""
        block = tuple(statements)
        for statement in block:  # functions may be called before they are declared
            if isinstance(statement, Define) and isinstance(statement.value, FunctionSyntax):
                function = Function(statement.value, None, frame)
                frame.names[statement.value.name] = function
                self.interpreter.meet(function)
        for number, statement in enumerate(block):
            if not self.interpreter.step():
                return False
            following = block[number + 1] if number + 1 < len(block) else after
            if isinstance(statement, Try):
                if self._try(statement, frame, following):
                    return True
            elif self._follow(statement, frame, following):
                return True
        return False

    def _follow(self, statement: Statement, frame: Frame, after: Statement | None) -> bool:  # noqa: C901 - one way for each kind of statement
        of = self.interpreter.of
        match statement:
            case Do(value=value):
                found = of(value, frame)
                if found is not OPAQUE:
                    for escape in self.interpreter.speaking.escape[type(found)]:
                        escape(found, Site(self.interpreter, frame, value))
            case Bind(target=target, value=value):
                found = of(value, frame)
                if statement.type and found == OPAQUE:
                    found = self.interpreter.promised(statement.type, frame) or OPAQUE
                site = Site(self.interpreter, frame, value if value is not None else target)
                if "any" in statement.type:
                    self._untyped(statement, found, Site(self.interpreter, frame, target))
                bind(self.interpreter, target, found, frame, site)
            case Return(value=value):
                result = of(value, frame)
                if value is not None and frame.function is not None and frame.function.is_async:
                    result = self.interpreter.awaited(result, Site(self.interpreter, frame, value))
                frame.results.append(result)
                return True
            case Throw(value=value):
                of(value, frame)
                return True
            case Leave():
                return True
            case If():
                return self._branch(statement, frame, after)
            case Loop():
                self._loop(statement, frame)
            case Switch():
                return self._switch(statement, frame)
            case Block(body=body):
                return self.follow(body, frame, after)
            case Define(value=Class() as cls):
                frame.names[cls.name] = ClassValue(cls)
            case Enum(name=name):
                frame.names[name] = EnumValue(statement)
            case _:
                return False
        return False

    # Branches

    def _untyped(self, statement: Bind, value: Value, site: Site) -> None:
        for vocabulary in self.interpreter.vocabularies:
            vocabulary.declared(statement.type, value, site)

    def _branch(self, step: If, frame: Frame, after: Statement | None) -> bool:
        self.interpreter.evaluation.truth(step.test, frame)
        known = self.interpreter.decided(step.test, frame)
        if known is not None:
            return self.follow(step.then if known else step.otherwise, frame, after)
        before = frame.left
        left = self._arms([step.then, step.otherwise], frame, step.start, step.test, after)
        if not left and f"{step.start}.0" in frame.left[len(before) :]:
            frame.names.update(told(self.interpreter, step.test, frame, holds=False))
        return left

    def _arms(
        self,
        arms: list[tuple[Statement, ...]],
        frame: Frame,
        start: int,
        test: Expr | None,
        after: Statement | None = None,
    ) -> bool:
        """Follow the ways through a statement of which one is taken; True when all of them leave."""
        outer, before, loops = frame.branch, dict(frame.names), frame.loops
        meeting: dict[str, Value] | None = None
        left: list[str] = []
        for number, arm in enumerate(arms):
            frame.names = dict(before)
            frame.branch, frame.loops = (*outer, f"{start}.{number}"), _left_by(arm, loops)
            sure: dict[str, Value] = {}
            if test is not None and number == 0:
                sure = {**narrowed(test, frame), **told(self.interpreter, test, frame, holds=True)}
            frame.names.update(sure)
            if self.follow(arm, frame, after):
                left.append(f"{start}.{number}")
            else:
                for name, value in sure.items():
                    if frame.names.get(name) is value:
                        frame.names[name] = before[name]
                meeting = frame.names if meeting is None else self.interpreter.merging.names(meeting, frame.names)
        frame.branch, frame.loops = outer, loops
        if meeting is None:
            frame.names = before
            return True
        frame.names = meeting
        frame.left = (*frame.left, *left)
        return False

    def _switch(self, step: Switch, frame: Frame) -> bool:
        self.interpreter.of(step.subject, frame)
        arms: list[tuple[Statement, ...]] = []
        pending: tuple[Statement, ...] = ()
        taken: list[bool | None] = []  # by case: whether what a caller gives leads there, the default after all others
        default = taking = -1
        for case in step.cases:
            if case.test is not None:
                self.interpreter.of(case.test, frame)
                same = Binary(case.test.start, case.test.end, "===", step.subject, case.test)
                taken.append(self.interpreter.decided(same, frame))
                taking = len(arms) if taken[-1] and taking < 0 else taking
            else:
                default = len(arms)
            pending = (*pending, *case.body)
            if not case.body:
                continue  # falls through to the next
            arms.append(tuple(s for s in pending if not (isinstance(s, Leave) and s.kind == "break")))
            pending = ()
        if taken and None not in taken:
            known = taking if taking >= 0 else default
            return self.follow(arms[known], frame) if 0 <= known < len(arms) else False
        if all(case.test is not None for case in step.cases):
            arms.append(())
        return self._arms(arms, frame, step.start, None) if arms else False

    # Loops

    def _loop(self, step: Loop, frame: Frame) -> None:
        before, outer, loops, left = dict(frame.names), frame.branch, frame.loops, frame.left
        origin = frame.module.origin(step.start, step.end)
        if step.over is not None and step.target is not None:
            value = self.interpreter.of(step.over, frame)
            turns = self.interpreter.iterated(value, Site(self.interpreter, frame, step.over))
            text = _text(frame, step.over)
            rows, table = turns.rows and step.kind == "for of", table_gone_through(turns)
            loop = LoopFact("for", text, origin, rows, turns.bound, turns.batched, table if rows else None)
            element = turns.element if step.kind == "for of" else OPAQUE
            bind(self.interpreter, step.target, element, frame, Site(self.interpreter, frame, step.over))
        else:
            self.follow(step.first, frame)
            if step.test is not None:
                self.interpreter.evaluation.truth(step.test, frame)
            kind = "for" if step.kind == "for" and step.test is not None else "while"  # `for (;;)`
            text = _text(frame, step.test) if step.test is not None else ""
            loop = LoopFact(kind, text, origin, bound=_bound(step), batched=_batched(step))
        frame.loops = (*loops, loop)
        self.follow(step.body, frame)
        if step.step is not None:
            self.interpreter.of(step.step, frame)
        frame.loops, frame.branch, frame.left = loops, outer, left
        frame.names = self.interpreter.merging.names(before, frame.names)

    # Errors

    def _try(self, step: Try, frame: Frame, after_it: Statement | None) -> bool:
        attempt = frame.module.origin(step.start, step.end)
        outer, before = frame.handlers, dict(frame.names)
        if step.handler is not None:
            frame.handlers = (attempt, *outer)
        loops = frame.loops
        frame.loops = _left_by(step.body, loops) if not _goes_on(step.body) else loops  # a retry: one turn that works
        left = self.follow(step.body, frame)
        frame.handlers, frame.loops = outer, loops
        if step.handler is not None:
            after, branch = frame.names, frame.branch
            frame.names = {**before, **after}
            frame.branch = (*branch, f"{step.start}.except0")
            if step.target is not None:
                bind(self.interpreter, step.target, OPAQUE, frame, Site(self.interpreter, frame, step.target))
            out = self.follow(step.handler, frame)
            fact = handled(step, frame)
            if fact.swallows and not out and _answers_otherwise(step, after_it, frame):
                fact = replace(fact, swallows=False, empty=None)
            self.interpreter.know(frame)
            origin = frame.module.origin(*step.caught)
            self.interpreter.recorder.handler(replace(fact, function=frame.key, origin=origin, attempt=attempt))
            if not out:
                after, left = self.interpreter.merging.names(after, frame.names), False
            frame.names, frame.branch = after, branch
        return self.follow(step.last, frame) or left

    def caught(self, function: Function, site: Site) -> None:
        """Note what a function does with an error that it is given."""
        frame = site.frame
        self.interpreter.know(frame)
        fact = handled_callback(function.function)
        definition = function.function
        origin = definition.module.origin(definition.start, definition.end)
        self.interpreter.recorder.handler(replace(fact, function=frame.key, origin=origin, attempt=site.origin))


def _answers_otherwise(attempt: Try, after: Statement | None, frame: Frame) -> bool:
    """Whether a function that goes on behind a `try` tells by what it returns there that something went wrong: the
    `try` returns one answer where all went well, and another one stands behind it (`return false`)."""
    if not isinstance(after, Return) or after.value is None:
        return False
    answers = [step.value for step in every_statement(attempt.body) if isinstance(step, Return)]
    text = frame.module.text(after.value.start, after.value.end)
    nothing = text in {"null", "undefined", "[]", "{}", '""'}
    return (
        not nothing
        and bool(answers)
        and all(value is not None and frame.module.text(value.start, value.end) != text for value in answers)
    )


def _text(frame: Frame, expr: Expr) -> str:
    return " ".join(frame.module.text(expr.start, min(expr.end, expr.start + _LONGEST_OVER)).split())


def _left_by(statements: tuple[Statement, ...], loops: tuple[LoopFact, ...]) -> tuple[LoopFact, ...]:
    """The loops that run statements again and again: not those that the last of them ends (`save(); return`)."""
    match statements[-1] if statements else None:
        case Return() | Throw():
            return ()
        case Leave(kind="break"):
            return loops[:-1]
        case _:
            return loops


def _goes_on(statements: tuple[Statement, ...]) -> bool:
    return any(isinstance(step, Leave) and step.kind == "continue" for step in every_statement(statements))


def _bound(step: Loop) -> int | None:
    """The number of turns of `for (let i = 0; i < 3; i++)`."""
    match step.test:
        case Binary(operator="<" | "<=", right=Literal(value=int() as number)) if step.kind == "for":
            return number
        case _:
            return None


def _batched(step: Loop) -> bool:
    """Whether each turn goes on by more than one: `i += size`."""
    match step.step:
        case Assign(operator="+=", value=Literal(value=1)) | Unary():
            return False
        case Assign(operator="+="):
            return True
        case _:
            return False
