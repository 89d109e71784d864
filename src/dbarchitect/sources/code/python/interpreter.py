"""Functions followed statement by statement: branches, loops, transactions, `except`, calls of other functions.

Every function of interest is followed once by itself; a call of a function of the project is followed into it, to
know what it returns. Nothing is run, and every function has a budget of steps.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace

from dbarchitect.catalog.queries import FunctionFact, LoopFact, Place, Use
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.code.python.deciding import Deciding
from dbarchitect.sources.code.python.evaluation import Evaluation
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.handling import answers_otherwise, handled
from dbarchitect.sources.code.python.merging import Merging
from dbarchitect.sources.code.python.objects import Objects
from dbarchitect.sources.code.python.parameters import Parameters, is_static
from dbarchitect.sources.code.python.quoting import source_text
from dbarchitect.sources.code.python.remembered import call_key
from dbarchitect.sources.code.python.roles import guards_of, kind_of, knows_user, route_of
from dbarchitect.sources.code.python.texts import written
from dbarchitect.sources.code.python.values import Const, Function
from dbarchitect.sources.code.python.vocabulary import Arguments, Site, Vocabulary
from dbarchitect.sources.code.records import Record, Recorder
from dbarchitect.sources.code.remembered import again
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Items,
    Opaque,
    Rows,
    Sequence,
    Value,
    inside,
    members,
)
from dbarchitect.sources.mapping import MappedModel
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
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.expressions import Call, Compare, Expr, Name, Span, Subscript, UnaryOp
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module

_MOST_STEPS = 20_000
"""Expressions evaluated for one function and all that it calls."""
_DEEPEST_CALL = 5
_OPENING = re.compile(rb"\batomic\(|\.begin\(|\.transaction\(")
_NAME = re.compile(r"\w+")
_SHORT = 300
"""Bytes: a function that is no longer than this is followed whatever words it has, it may hand a query on."""


class Interpreter:
    """Follows the functions of one project; what it sees is in `recorder`."""

    def __init__(
        self,
        index: PythonIndex,
        models: Mapping[str, MappedModel],
        vocabularies: Iterable[Vocabulary],
        evaluator: Evaluator | None = None,
        wanted: re.Pattern[bytes] | None = None,
    ) -> None:
        self.index = index
        self.models = models
        self._model_names = {model.name for model in models.values()}
        self.vocabularies = tuple(vocabularies)
        self.evaluator = evaluator if evaluator is not None else Evaluator(index)
        self.recorder = Recorder()
        self.diagnostics: list[Diagnostic] = []
        self.objects = Objects(self)
        self.evaluation = Evaluation(self)
        self._merging = Merging(self.vocabularies)
        self._deciding = Deciding(self)
        self._parameters = Parameters(self)
        self._steps = 0
        self._stack: list[FunctionDef] = []
        self.frames: list[Frame] = []
        self._programs: dict[FunctionDef, tuple[Step, ...]] = {}
        self._frames: dict[tuple[str, str], Frame] = {}
        self._wanted = wanted
        self._matter: dict[FunctionDef, bool] = {}
        self._returned: dict[Hashable, tuple[Value, object]] = {}

    # What the reader asks for

    def follow(self, function: FunctionDef, owner: ClassDef | None = None) -> None:
        """Follow a function by itself: nothing is known of its arguments but what annotations and defaults say.

        `owner` is the class whose object `self` is, where that is another than the one it is written in.
        """
        self._steps = 0
        cls = owner or (function.outer if isinstance(function.outer, ClassDef) else None)
        bound: Value | None = None
        if cls is not None and not is_static(function):
            bound = self.objects.of_class(cls) if _is_class_method(function) else self.objects.instance(cls)
        try:
            self.run(Function(function, bound), Arguments(), None)
        except RecursionError:
            text = f"{function.qualname} is nested too deeply to be followed"
            self.diagnostics.append(Diagnostic(function.module.origin(function.span), text))

    def module_frame(self, module: Module, owner: ClassDef | None = None) -> Frame:
        """The frame of a module's own statements, or of a class's body."""
        key = (module.path, owner.qualname if owner is not None else "")
        if key not in self._frames:
            name = f"{module.path}:{owner.qualname if owner is not None else '<module>'}"
            self._frames[key] = Frame(module, name, scope=owner, owner=owner)
        return self._frames[key]

    # What evaluation, objects and vocabularies ask for

    def afresh(self) -> None:
        """Begin a new budget of steps, for something that is looked at by itself."""
        self._steps = 0

    def step(self) -> bool:
        """Take a step; False when the budget is spent."""
        self._steps += 1
        return self._steps <= _MOST_STEPS

    def place(self, frame: Frame) -> Place:
        """Where in the program a frame is now."""
        self._know(frame)
        position = self.recorder.position(frame.key)
        return Place(frame.key, position, frame.loops, frame.branch, frame.transaction, frame.handlers, frame.left)

    def text(self, site: Site) -> str:
        """The code of a site."""
        return source_text(site.frame, site.span)

    def run(self, function: Function, arguments: Arguments, site: Site | None) -> Value:
        """Follow a function with these arguments; what it returns. `site` is the call, None: followed by itself."""
        definition = function.function
        if definition in self._stack or len(self._stack) > _DEEPEST_CALL or not self.step():
            return OPAQUE
        if site is None:
            return self._run(function, arguments, None)
        if not self._matters(definition):
            for value in arguments.values():
                self.made(value, site)
            return OPAQUE
        key = call_key(function, arguments)
        if key is None:
            return self._run(function, arguments, site)
        if key not in self._returned:
            result = self._run(function, arguments, site)
            if self._steps > _MOST_STEPS:
                return result
            self._returned[key] = (result, arguments)  # what the key tells by its address must stay alive
        return again(self._returned[key][0])

    def _matters(self, function: FunctionDef) -> bool:
        """Whether a function that is called may have to do with a query: it has a word that tells, is short, or makes
        rows for others to store, as its annotation says."""
        if function not in self._matter:
            span = function.span
            short = span.end - span.start <= _SHORT
            told = short or self._wanted is None or function.module.mentions(self._wanted, span)
            self._matter[function] = told or self._gives_rows(function)
        return self._matter[function]

    def _gives_rows(self, function: FunctionDef) -> bool:
        annotation = function.annotation
        if annotation is None:
            return False
        written = function.module.source[annotation.span.start : annotation.span.end].decode(errors="replace")
        names = set(_NAME.findall(written))
        if "Self" in names and isinstance(function.outer, ClassDef):
            names.add(function.outer.name)
        return not names.isdisjoint(self._model_names)

    def _run(self, function: Function, arguments: Arguments, site: Site | None) -> Value:
        definition = function.function
        module = definition.module
        owner = definition.outer if isinstance(definition.outer, ClassDef) else None
        frame = Frame(module, f"{module.path}:{definition.qualname}", definition, owner, closure=function.closure)
        frame.depth = len(self._stack)
        if site is not None:
            frame.transaction = site.frame.transaction
            frame.called = site.span
        self._stack.append(definition)
        self.frames.append(frame)
        self.recorder.direct = site is None
        if site is None:
            self.recorder.alone.add(frame.key)
        try:
            self._parameters.bind(frame, function, arguments)
            self._decorations(frame, definition)
            self._steps_of(self._program(definition), frame)
        finally:
            self._stack.pop()
            self.frames.pop()
            self.recorder.direct = len(self._stack) <= 1
        return self._result(frame)

    def merged(self, first: Value, second: Value) -> Value:
        """A value that is the one or the other, as the program decides."""
        return self._merging.merged(first, second)

    def iterated(self, value: Value, site: Site) -> Sequence:
        """What going through a value gives, with the query that it runs."""
        for vocabulary in self.vocabularies:
            found = vocabulary.iterate(value, site)
            if found is not None:
                return found
        return self.objects.iterate(value, site)

    def filtering(self, source: Value, condition: Expr, targets: tuple[str, ...]) -> None:
        """Note rows that a condition in the code picks from."""
        record: Record | None = None
        while isinstance(source, Sequence):
            record, source = source.record or record, source.element
        record = source.record if isinstance(source, Rows) else record
        if record is not None and _speaks_of(condition, targets):
            record.uses.add(Use.FILTERED)

    def made(self, value: Value, site: Site) -> None:
        """A value is put into something that is made of it: a dictionary, a list of results."""
        for part in inside(value):
            if isinstance(part, Rows) and part.record is not None:
                part.record.escape()
            for vocabulary in self.vocabularies:
                vocabulary.escape(part, site)

    def bind(self, targets: tuple[str, ...], value: Value, frame: Frame, span: Span) -> None:
        """Bind a name, or several of which each takes a member of the value."""
        if len(targets) == 1:
            self._bind_name(targets[0], value, frame, span)
            return
        site = Site(self, frame, span)
        for number, target in enumerate(targets):
            name = target.lstrip("*(").rstrip(")")
            member = self.objects.subscript(value, Const(number), site) if isinstance(value, Items) else OPAQUE
            if isinstance(value, Opaque):
                member = Opaque(value.raw, value.reads)
            if "," in name:  # `for i, (a, b) in …`
                parts = tuple(part.strip() for part in name.split(",") if part.strip())
                self.bind(parts, member, frame, span)
            else:
                self._bind_name(name, member, frame, span)

    # Frames

    def _know(self, frame: Frame) -> None:
        if frame.key in self.recorder.functions:
            return
        function = frame.function
        if function is None:
            origin = frame.module.origin(Span(0, 0, 1))
            self.recorder.functions[frame.key] = FunctionFact(frame.key, origin, kind_of(None, frame.module.path))
            return
        source = function.module.source[function.span.start : function.span.end]
        self.recorder.functions[frame.key] = FunctionFact(
            frame.key,
            function.module.origin(function.span),
            kind_of(function, frame.module.path, self.index),
            route_of(function),
            knows_user(source),
            guards_of(function, source, self.index),
        )

    def _program(self, function: FunctionDef) -> tuple[Step, ...]:
        if function not in self._programs:
            self._programs[function] = steps_of(function)
        return self._programs[function]

    def _decorations(self, frame: Frame, function: FunctionDef) -> None:
        around = function.outer.decorators if isinstance(function.outer, ClassDef) else ()
        for decorator in (*function.decorators, *around):
            outer = self.module_frame(frame.module)
            value = self.evaluation.of(decorator, outer)
            site = Site(self, outer, decorator.span)
            opens = any(vocabulary.decorate(value, site) for vocabulary in self.vocabularies)
            if opens or (isinstance(value, Function) and _opens(value.function)):
                frame.transaction, frame.opened = frame.module.origin(decorator.span), True

    def _result(self, frame: Frame) -> Value:
        if not frame.results:
            return Const(None)
        result = frame.results[0]
        for other in frame.results[1:]:
            result = self.merged(result, other)
        return Sequence(result) if frame.yielded and not isinstance(result, Const) else result

    # Statements

    def _steps_of(self, steps: Iterable[Step], frame: Frame) -> bool:
        """Follow steps; True when they always leave the block (`return`, `raise`, `continue`, `break`)."""
        block = tuple(steps)
        for number, step in enumerate(block):
            if not self.step():
                return False
            if isinstance(step, Try):
                after = block[number + 1] if number + 1 < len(block) else None
                left = self._try(step, frame, after)
            else:
                left = self._follow(step, frame)
            if left:
                return True
        return False

    def _follow(self, step: Step, frame: Frame) -> bool:
        match step:
            case Do(value=value):
                self.evaluation.of(value, frame)
            case Bind(targets=targets, value=value, span=span):
                found = self.evaluation.of(value, frame)
                for target in targets:
                    self.bind(target, found, frame, span)
            case Grow():
                self._grow(step, frame)
            case Branch():
                return self._branch(step, frame)
            case Loop():
                self._loop(step, frame)
            case With():
                return self._with(step, frame)
            case Leave():
                self._leave(step, frame)
                return step.kind != "yield"
            case Define(name=name):
                self._define(name, frame)
        return False

    def _bind_name(self, name: str, value: Value, frame: Frame, span: Span) -> None:
        if "." not in name:
            frame.names[name] = value
            return
        owner, _, attr = name.rpartition(".")
        holder = self.evaluation.of(Name(owner, span), frame) if "(" not in owner and "[" not in owner else OPAQUE
        self.objects.assign(holder, attr, value, Site(self, frame, span))

    def _grow(self, step: Grow, frame: Frame) -> None:
        holder = frame.lookup(step.name.partition(".")[0]) if "." not in step.name else None
        if step.method == "[]=":
            if holder is None:
                holder = self.evaluation.of(Name(step.name, step.span), frame)
            value = self.evaluation.of(step.value, frame)
            key = self.evaluation.of(step.key, frame) if step.key is not None else OPAQUE
            self._put(holder, key, value, Site(self, frame, step.span))
            return
        if isinstance(holder, Items | Entries):
            value = self.evaluation.of(step.value, frame)
            if isinstance(holder, Entries) and isinstance(value, Entries):
                for name, entry in value.entries.items():
                    holder.put(name, entry, value.optional.get(name, frame.branch))
            self._add(holder, step.method, self._perhaps(holder, value, frame))
            return
        call = Call(Name(f"{step.name}.{step.method}", step.span), (step.value,), (), step.span)
        self.evaluation.of(call, frame)

    def _put(self, holder: Value, key: Value, value: Value, site: Site) -> None:
        if isinstance(holder, Entries):
            if isinstance(key, Const) and isinstance(key.value, str):
                branch = site.frame.branch
                if key.value in holder.entries and branch and branch != holder.branch:
                    value = self.merged(holder.entries[key.value], value)
                holder.put(key.value, value, branch)
            else:
                holder.open = True
                holder.entries[f"?{len(holder.entries)}"] = value
        else:
            self.made(value, site)

    def _perhaps(self, holder: Items | Entries, value: Value, frame: Frame) -> Value:
        """What is put into a list on some ways through the code only, as the vocabularies say it."""
        if not isinstance(holder, Items) or frame.branch == holder.branch or not frame.branch:
            return value
        return self._merging.sometimes(value)

    def _add(self, holder: Items | Entries, method: str, value: Value) -> None:
        if isinstance(holder, Entries):
            holder.open = holder.open or not isinstance(value, Entries) or value.open
        elif method == "extend" and isinstance(value, Items):
            holder.items.extend(members(value)[0])
        elif len(holder.items) < 200:
            holder.items.append(value.element if method == "extend" and isinstance(value, Sequence) else value)
            holder.open = holder.open or method == "extend"

    def _branch(self, step: Branch, frame: Frame) -> bool:
        self.evaluation.truth(step.test, frame)
        decided = self._deciding.decided(step.test, frame)
        if decided is not None:
            return self._steps_of(step.body if decided else step.orelse, frame)
        number = f"{step.span.start}"
        outer, before, loops = frame.branch, dict(frame.names), frame.loops
        frame.branch, frame.loops = (*outer, f"{number}.0"), _left_by(step.body, loops)
        known = self._deciding.narrowed(step.test, frame)
        frame.names.update(known)
        left = self._steps_of(step.body, frame)
        frame.names.update({n: before[n] for n, value in known.items() if frame.names.get(n) is value})
        taken = frame.names
        frame.names = before
        frame.branch, frame.loops = (*outer, f"{number}.1"), _left_by(step.orelse, loops)
        other = self._steps_of(step.orelse, frame)
        frame.branch, frame.loops = outer, loops
        if left and not other:
            frame.left = (*frame.left, f"{number}.0")
            return False
        if other and not left:
            frame.left = (*frame.left, f"{number}.1")
            frame.names = taken
        elif not left:
            frame.names = self._merging.names(taken, frame.names)
        return left and other

    def _loop(self, step: Loop, frame: Frame) -> None:
        before, outer, loops, left = dict(frame.names), frame.branch, frame.loops, frame.left
        origin = frame.module.origin(step.span)
        if step.iterable is None:
            if step.test is not None:
                self.evaluation.truth(step.test, frame)
            loop = LoopFact("while", written(step.test) if step.test is not None else "", origin)
        else:
            value = self.evaluation.of(step.iterable, frame)
            turns = self.iterated(value, Site(self, frame, step.iterable.span))
            loop = LoopFact("for", written(step.iterable), origin, turns.rows, turns.bound, turns.batched)
            self.bind(step.targets, turns.element, frame, step.span)
            self._first_filters(turns, step)
        frame.loops = (*loops, loop)
        self._steps_of(step.body, frame)
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
            value = self.evaluation.of(expr, frame)
            site = Site(self, frame, expr.span)
            entered = next((e for v in self.vocabularies if (e := v.enter(value, site)) is not None), None)
            bound, opens = entered if entered is not None else (self.objects.entered(value, site), False)
            if opens and not frame.opened:
                frame.transaction, frame.opened = frame.module.origin(expr.span), True
            if name is not None:
                self.bind((name,), bound, frame, expr.span)
        left = self._steps_of(step.body, frame)
        frame.transaction, frame.opened = outer, opened
        return left

    def _try(self, step: Try, frame: Frame, after_it: Step | None) -> bool:
        attempt = frame.module.origin(step.span)
        outer, before = frame.handlers, dict(frame.names)
        if step.handlers:
            frame.handlers = (attempt, *outer)
        left = self._steps_of(step.body, frame)
        frame.handlers = outer
        after, branch, leaves = frame.names, frame.branch, left
        for number, handler in enumerate(step.handlers):
            frame.names = {**before, **after}
            frame.branch = (*branch, f"{step.span.start}.except{number}")
            if handler.name is not None:
                frame.names[handler.name] = OPAQUE
            out = self._steps_of(handler.body, frame)
            if not out:
                after, leaves = self._merging.names(after, frame.names), False
            fact = handled(handler, self.index, frame)
            if fact.swallows and not out and answers_otherwise(step, after_it):
                fact = replace(fact, swallows=False, empty=None)
            self._know(frame)
            self.recorder.handler(
                replace(fact, function=frame.key, origin=frame.module.origin(handler.span), attempt=attempt)
            )
        frame.names, frame.branch = after, branch
        return leaves

    def _leave(self, step: Leave, frame: Frame) -> None:
        if step.value is None:
            if step.kind == "return":
                frame.results.append(Const(None))
            return
        value = self.evaluation.of(step.value, frame)
        if step.kind == "raise":
            return
        if step.kind == "yield":
            frame.yielded = True
        frame.results.append(value)
        if frame.depth == 0:
            self.made(value, Site(self, frame, step.span))

    def _define(self, name: str, frame: Frame) -> None:
        if frame.function is None:
            return
        found = frame.function.members.get(name)
        if isinstance(found, FunctionDef):
            frame.names[name] = Function(found, None, frame)
            if frame.depth == 0:
                self.run(Function(found, None, frame), Arguments(), None)


def _left_by(steps: tuple[Step, ...], loops: tuple[LoopFact, ...]) -> tuple[LoopFact, ...]:
    """The loops that run steps again and again: not those that the last of the steps ends (`save(); return`)."""
    last = steps[-1] if steps else None
    if not isinstance(last, Leave):
        return loops
    return () if last.kind in {"return", "raise"} else loops[:-1] if last.kind == "break" else loops


def _opens(decorator: FunctionDef) -> bool:
    """Whether a decorator of the project puts what it decorates into a transaction."""
    return _OPENING.search(decorator.module.source, decorator.span.start, decorator.span.end) is not None


def _is_class_method(function: FunctionDef) -> bool:
    return any(isinstance(d, Name) and d.id == "classmethod" for d in function.decorators)


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
