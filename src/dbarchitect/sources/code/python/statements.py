"""The statements of a function, one after the other: what each binds, where branches and loops meet again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dbarchitect.catalog.queries import Fetch, LoopFact, Use
from dbarchitect.sources.code.python.deciding import Deciding
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.handling import answers_otherwise, handled
from dbarchitect.sources.code.python.merging import Merging
from dbarchitect.sources.code.python.opening import opens_transaction
from dbarchitect.sources.code.python.texts import perhaps, written
from dbarchitect.sources.code.python.values import Const, Function, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site, weighed
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.speaking import Speakers
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Items,
    Opaque,
    Rows,
    Sequence,
    Value,
    members,
    table_gone_through,
)
from dbarchitect.sources.python.body import Bind, Branch, Define, Do, Grow, Leave, Loop, Step, Try, With
from dbarchitect.sources.python.expressions import Call, Compare, Expr, Name, Span, Subscript, UnaryOp
from dbarchitect.sources.python.statements import FunctionDef

_MOST_MODELS = 8


class Statements:
    """Follows the statements of frames for one interpreter."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter
        self._evaluation = interpreter.evaluation
        self._objects = interpreter.objects
        self._deciding = Deciding(interpreter)
        self._merging = Merging(interpreter.vocabularies)
        self._enters = Speakers(interpreter.vocabularies, "enter")
        self._kinds: dict[type, Callable[[Any, Frame], bool | None]] = {
            Do: self._do,
            Bind: self._bind,
            Grow: self._grow,
            Branch: self._branch,
            Loop: self._loop,
            With: self._with,
            Leave: self._leave,
            Define: self._define,
        }

    def follow(self, block: tuple[Step, ...], frame: Frame) -> bool:
        """Follow steps; True when they always leave the block (`return`, `raise`, `continue`, `break`)."""
        for number, step in enumerate(block):
            if not self.interpreter.step():
                return False
            if isinstance(step, Try):
                after = block[number + 1] if number + 1 < len(block) else None
                if self._try(step, frame, after):
                    return True
            elif self._kinds[type(step)](step, frame):
                return True
        return False

    def _do(self, step: Do, frame: Frame) -> None:
        self._evaluation.of(step.value, frame)

    def _bind(self, step: Bind, frame: Frame) -> None:
        found = self._evaluation.of(step.value, frame)
        for target in step.targets:
            if len(target) == 1 and "." in target[0]:
                known = self._evaluation.presence(step.value, frame)
                self._bind_attribute(target[0], found, frame, step.span, present=known)
            else:
                self.bind(target, found, frame, step.span)

    def _bind_name(self, name: str, value: Value, frame: Frame, span: Span) -> None:
        if "." not in name:
            frame.names[name] = value
            return
        self._bind_attribute(name, value, frame, span)

    def _bind_attribute(
        self, name: str, value: Value, frame: Frame, span: Span, *, present: bool | None = None
    ) -> None:
        """`owner.name = value`; `present`: the value is something, or (False) may be None as it is written."""
        owner, _, attr = name.rpartition(".")
        holder = self._evaluation.of(Name(owner, span), frame) if "(" not in owner and "[" not in owner else OPAQUE
        before = list(holder.pending) if isinstance(holder, Rows) else []
        self._objects.assign(holder, attr, value, Site(self.interpreter, frame, span))
        if isinstance(holder, Rows) and present is not None:
            old = [a for a in holder.pending if a in before]
            holder.pending = [*old, *weighed((a for a in holder.pending if a not in before), present=present)]

    def _grow(self, step: Grow, frame: Frame) -> None:
        holder = frame.lookup(step.name.partition(".")[0]) if "." not in step.name else None
        if step.method == "[]=":
            if holder is None:
                holder = self._evaluation.of(Name(step.name, step.span), frame)
            value = self._evaluation.of(step.value, frame)
            key = self._evaluation.of(step.key, frame) if step.key is not None else OPAQUE
            self._put(holder, key, value, Site(self.interpreter, frame, step.span))
            return
        if isinstance(holder, Items | Entries):
            value = self._evaluation.of(step.value, frame)
            if isinstance(holder, Entries) and isinstance(value, Entries):
                for name, entry in value.entries.items():
                    holder.put(name, entry, value.optional.get(name, frame.branch))
            self._add(holder, step.method, self._perhaps(holder, value, frame))
            return
        call = Call(Name(f"{step.name}.{step.method}", step.span), (step.value,), (), step.span)
        self._evaluation.of(call, frame)

    def _put(self, holder: Value, key: Value, value: Value, site: Site) -> None:
        if isinstance(holder, Entries):
            if isinstance(key, Const) and isinstance(key.value, str):
                branch = site.frame.branch
                if key.value in holder.entries and branch and branch != holder.branch:
                    value = self.interpreter.merged(holder.entries[key.value], value)
                holder.put(key.value, value, branch)
            else:
                holder.open = True
                holder.entries[f"?{len(holder.entries)}"] = value
        else:
            self.interpreter.made(value, site)

    def _perhaps(self, holder: Items | Entries, value: Value, frame: Frame) -> Value:
        """What is put into a list on some ways through the code only, as the vocabularies say it."""
        if not isinstance(holder, Items) or frame.branch == holder.branch or not frame.branch:
            return value
        return perhaps(value) or self._merging.sometimes(value)

    def _add(self, holder: Items | Entries, method: str, value: Value) -> None:
        if isinstance(holder, Entries):
            holder.open = holder.open or not isinstance(value, Entries) or value.open
        elif method == "extend" and isinstance(value, Items):
            holder.items.extend(members(value)[0])
        elif len(holder.items) < 200:
            holder.items.append(value.element if method == "extend" and isinstance(value, Sequence) else value)
            holder.open = holder.open or method == "extend"

    def _branch(self, step: Branch, frame: Frame) -> bool:
        self._evaluation.truth(step.test, frame)
        decided = self._deciding.decided(step.test, frame)
        if decided is not None:
            return self.follow(step.body if decided else step.orelse, frame)
        number = f"{step.span.start}"
        outer, before, loops = frame.branch, dict(frame.names), frame.loops
        frame.branch, frame.loops = (*outer, f"{number}.0"), _left_by(step.body, loops)
        known = self._deciding.narrowed(step.test, frame)
        frame.names.update(known)
        left = self.follow(step.body, frame)
        frame.names.update({n: before[n] for n, value in known.items() if frame.names.get(n) is value})
        taken = frame.names
        frame.names = before
        frame.branch, frame.loops = (*outer, f"{number}.1"), _left_by(step.orelse, loops)
        other = self.follow(step.orelse, frame)
        frame.branch, frame.loops = outer, loops
        if left and not other:
            frame.left = (*frame.left, f"{number}.0")
            self._require(step.test, frame)
            frame.names.update(self._deciding.refused(step.test, frame))
            return False
        if other and not left:
            frame.left = (*frame.left, f"{number}.1")
            frame.names = taken
        elif not left:
            frame.names = self._merging.names(taken, frame.names)
        return left and other

    def _require(self, test: Expr, frame: Frame) -> None:
        """`if not rows.exists(): raise …`: what follows relies on a row's being there."""
        last = next(reversed(self.interpreter.recorder.records.values()), None)
        if not isinstance(test, UnaryOp) or test.op != "not" or last is None or last.fetch is not Fetch.EXISTS:
            return
        inside = test.span.start <= (last.origin.start or 0) < test.span.end
        if inside and last.origin.path == frame.module.path:
            last.uses.add(Use.REQUIRED)

    def _loop(self, step: Loop, frame: Frame) -> None:
        before, outer, loops, left = dict(frame.names), frame.branch, frame.loops, frame.left
        origin = frame.module.origin(step.span)
        if step.iterable is None:
            if step.test is not None:
                self._evaluation.truth(step.test, frame)
            loop = LoopFact("while", written(step.test) if step.test is not None else "", origin)
        else:
            value = self._evaluation.of(step.iterable, frame)
            turns = self.interpreter.iterated(value, Site(self.interpreter, frame, step.iterable.span))
            loop = LoopFact(
                "for", written(step.iterable), origin, turns.rows, turns.bound, turns.batched, table_gone_through(turns)
            )
            self.bind(step.targets, turns.element, frame, step.span)
            self._first_filters(turns, step)
            each = _models(value)
            frame.loops = (*loops, loop)
            for other in each[1:]:  # each turn asks another table
                self.bind(step.targets, other, frame, step.span)
                self.follow(step.body, frame)
                frame.branch, frame.left = outer, left
            if each:
                self.bind(step.targets, each[0], frame, step.span)
        frame.loops = (*loops, loop)
        self.follow(step.body, frame)
        frame.loops, frame.branch, frame.left = loops, outer, left
        frame.names = self._merging.names(before, frame.names)

    def _first_filters(self, value: Value, step: Loop) -> None:
        """A loop of which all but a test is skipped for rows that the test refuses."""
        body = [s for s in step.body if not (isinstance(s, Do) and not isinstance(s.value, Call))]
        first = body[0] if body else None
        if not isinstance(first, Branch):
            return
        skips = len(first.body) == 1 and isinstance(first.body[0], Leave) and first.body[0].kind == "continue"
        if skips or (len(body) == 1 and not first.orelse):
            self.filtering(value, first.test, step.targets)

    def _with(self, step: With, frame: Frame) -> bool:
        outer, opened = frame.transaction, frame.opened
        for expr, name in step.items:
            value = self._evaluation.of(expr, frame)
            site = Site(self.interpreter, frame, expr.span)
            entered = next((e for said in self._enters[type(value)] if (e := said(value, site)) is not None), None)
            bound, opens = entered if entered is not None else (self._objects.entered(value, site), False)
            if (opens or self._opens_itself(expr, frame)) and not frame.opened:
                frame.transaction, frame.opened = frame.module.origin(expr.span), True
            if name is not None:
                self.bind((name,), bound, frame, expr.span)
        left = self.follow(step.body, frame)
        frame.transaction, frame.opened = outer, opened
        return left

    def _opens_itself(self, expr: Expr, frame: Frame) -> bool:
        """Whether a function of the project that is entered, as a generator with a `yield` is, begins a transaction."""
        made = self.interpreter.index.resolve(frame.module, expr.name) if isinstance(expr, Call) and expr.name else None
        if not isinstance(made, FunctionDef):
            return False
        self.interpreter.touch(made.module.path)
        return opens_transaction(made)

    def _try(self, step: Try, frame: Frame, after_it: Step | None) -> bool:
        attempt = frame.module.origin(step.span)
        outer, before = frame.handlers, dict(frame.names)
        if step.handlers:
            frame.handlers = (attempt, *outer)
        left = self.follow(step.body, frame)
        frame.handlers = outer
        sure = left and self._deciding.succeeds(step.body, frame)
        after, branch, leaves = frame.names, frame.branch, left
        for number, handler in enumerate(step.handlers):
            frame.names = {**before, **after}
            frame.branch = (*branch, f"{step.span.start}.except{number}")
            if handler.name is not None:
                frame.names[handler.name] = OPAQUE
            out = sure or self.follow(handler.body, frame)
            if not out:
                after, leaves = self._merging.names(after, frame.names), False
            fact = handled(handler, self.interpreter.index, frame, otherwise=step.otherwise)
            if fact.swallows and not out and answers_otherwise(step, after_it):
                fact = replace(fact, swallows=False, empty=None)
            self.interpreter.know(frame)
            self.interpreter.recorder.handler(
                replace(fact, function=frame.key, origin=frame.module.origin(handler.span), attempt=attempt)
            )
        frame.names, frame.branch = after, branch
        return leaves

    def _leave(self, step: Leave, frame: Frame) -> bool:
        """A value goes out of the function, or only what follows in the block is left."""
        if step.value is None:
            if step.kind == "return":
                frame.results.append(Const(None))
            return step.kind != "yield"
        value = self._evaluation.of(step.value, frame)
        if step.kind == "raise":
            return True
        if step.kind == "yield":
            frame.yielded = True
        frame.results.append(value)
        if frame.depth == 0:
            self.interpreter.made(value, Site(self.interpreter, frame, step.span))
        return step.kind != "yield"

    def _define(self, step: Define, frame: Frame) -> None:
        if frame.function is None:
            return
        found = frame.function.members.get(step.name)
        if isinstance(found, FunctionDef):
            frame.names[step.name] = Function(found, None, frame)
            if frame.depth == 0:
                self.interpreter.run(Function(found, None, frame), Arguments(), None)

    def filtering(self, source: Value, condition: Expr, targets: tuple[str, ...]) -> None:
        """Note rows that a condition in the code picks from."""
        record: Record | None = None
        while isinstance(source, Sequence):
            record, source = source.record or record, source.element
        record = source.record if isinstance(source, Rows) else record
        if record is not None and _speaks_of(condition, targets):
            record.uses.add(Use.FILTERED)

    def bind(self, targets: tuple[str, ...], value: Value, frame: Frame, span: Span) -> None:
        """Bind a name, or several of which each takes a member of the value."""
        if len(targets) == 1:
            self._bind_name(targets[0], value, frame, span)
            return
        site = Site(self.interpreter, frame, span)
        for number, target in enumerate(targets):
            name = target.lstrip("*(").rstrip(")")
            member = self._objects.subscript(value, Const(number), site) if isinstance(value, Items) else OPAQUE
            if isinstance(value, Opaque):
                member = Opaque(value.raw, value.reads)
            if "," in name:  # `for i, (a, b) in …`
                parts = tuple(part.strip() for part in name.split(",") if part.strip())
                self.bind(parts, member, frame, span)
            else:
                self._bind_name(name, member, frame, span)


def _left_by(steps: tuple[Step, ...], loops: tuple[LoopFact, ...]) -> tuple[LoopFact, ...]:
    """The loops that run steps again and again: not those that the last of the steps ends (`save(); return`)."""
    last = steps[-1] if steps else None
    if not isinstance(last, Leave):
        return loops
    return () if last.kind in {"return", "raise"} else loops[:-1] if last.kind == "break" else loops


def _speaks_of(condition: Expr, targets: tuple[str, ...]) -> bool:
    """Whether a condition compares a part of what a loop goes through (`row.x == 3`, `not row.active`, `row[1] > n`, a
    member of a row that is taken apart)."""
    match condition:
        case UnaryOp(op="not", operand=inner):
            return _speaks_of(inner, targets)
        case Compare(operands=operands):
            return any(_speaks_of(operand, targets) for operand in operands)
        case Name(id=name):
            head, dot, _ = name.partition(".")
            return (bool(dot) or len(targets) > 1) and head in targets
        case Subscript(value=Name(id=name)):
            return name in targets
        case Call(name="str" | "int" | "float" | "abs", args=(inner, *_)):
            return _speaks_of(inner, targets)
        case _:
            return False


def _models(value: Value) -> list[Value]:
    """The members of a list of models, or of pairs with one, of which a loop goes through a few; else nothing."""
    if not isinstance(value, Items) or value.open or not 1 < len(value.items) <= _MOST_MODELS:
        return []
    held = [item.items if isinstance(item, Items) else [item] for item in value.items]
    return value.items if all(any(isinstance(part, ModelClass) for part in parts) for parts in held) else []
