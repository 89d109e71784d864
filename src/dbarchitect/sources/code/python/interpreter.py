"""Functions followed statement by statement: branches, loops, transactions, `except`, calls of other functions.

Every function of interest is followed once by itself; a call of a function of the project is followed into it, to
know what it returns. Nothing is run, and every function has a budget of steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from dbarchitect.catalog.queries import FunctionFact, FunctionKind, Place
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.code.python.evaluation import Evaluation
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.guarding import knows_user
from dbarchitect.sources.code.python.memory import MOST_STEPS, Budget, Memory
from dbarchitect.sources.code.python.merging import Merging
from dbarchitect.sources.code.python.objects import Objects
from dbarchitect.sources.code.python.opening import opens_transaction
from dbarchitect.sources.code.python.parameters import Parameters, is_static
from dbarchitect.sources.code.python.quoting import source_text
from dbarchitect.sources.code.python.remembered import call_key
from dbarchitect.sources.code.python.roles import alters, answers, guards_of, kind_of, route_of
from dbarchitect.sources.code.python.statements import Statements
from dbarchitect.sources.code.python.values import Const, Function
from dbarchitect.sources.code.python.vocabulary import Arguments, Site, Vocabulary, speaking
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.remembered import again
from dbarchitect.sources.code.speaking import Speakers
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Rows, Sequence, Value, inside
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.body import Step, only_fails, steps_of
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.expressions import Expr, Name, Span
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module

T = TypeVar("T")

_DEEPEST_CALL = 5
_MOST_PROGRAMS = 3_000
"""Functions of which the steps are kept: more would take too much room, fewer are read again and again."""
_NAME = re.compile(r"\w+")
_SHORT = 300
"""Bytes: a function that is no longer than this is followed whatever words it has, it may hand a query on."""


class Interpreter:
    """Follows the functions of one project, module by module; what it sees of one is in `recorder`."""

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
        self._iterations = Speakers(self.vocabularies, "iterate")
        self._escapes = Speakers(self.vocabularies, "escape")
        self._decorations_of = speaking(self.vocabularies, "decorate")
        self.evaluator = evaluator if evaluator is not None else Evaluator(index)
        self.recorder = Recorder()
        self.diagnostics: list[Diagnostic] = []
        self.objects = Objects(self)
        self.memory = Memory()
        self._current: Module | None = None
        self.touched: set[str] = set()
        """The files that what is seen in the present module depends on, whatever is edited in them."""
        self.asked: set[str] = set()
        """What was asked of the whole project for the present module (`Vocabulary.answer`)."""
        self.touched_apart: set[str] = set()
        self.asked_apart: set[str] = set()
        """The same of what was found out apart, which may be used for any module."""
        self.evaluation = Evaluation(self)
        self._merging = Merging(self.vocabularies)
        self._statements = Statements(self)
        self._parameters = Parameters(self)
        self.budget = Budget()
        self._stack: list[FunctionDef | None] = []
        self.frames: list[Frame] = []
        self._programs: dict[FunctionDef, tuple[Step, ...]] = {}
        self._outside = Memory()
        self._facts: dict[FunctionDef, FunctionFact] = {}
        self._wanted = wanted
        self._matter: dict[FunctionDef, bool] = {}

    # What the reader asks for

    def begin(self, module: Module) -> None:
        """Another module is followed from now on: modules do not depend on which were followed before."""
        self.memory = Memory()
        self._current = module
        self.touched, self.asked = {module.path}, set()
        if len(self._programs) > _MOST_PROGRAMS:
            self._programs.clear()
        for vocabulary in self.vocabularies:
            vocabulary.forget()

    def is_current(self, module: Module) -> bool:
        """Whether a module is the one that is followed now."""
        return module is self._current

    def recording(self) -> Recorder:
        """A new recorder for what is seen from now on."""
        self.recorder = Recorder()
        return self.recorder

    def follow(self, function: FunctionDef, owner: ClassDef | None = None) -> None:
        """Follow a function by itself: nothing is known of its arguments but what annotations and defaults say.

        `owner` is the class whose object `self` is, where that is another than the one it is written in.
        """
        self.budget = Budget()
        cls = owner or (function.outer if isinstance(function.outer, ClassDef) else None)
        bound: Value | None = None
        if cls is not None and not is_static(function):
            bound = self.objects.of_class(cls) if _is_class_method(function) else self.objects.instance(cls)
        try:
            self.run(Function(function, bound), Arguments(), None)
        except RecursionError:
            text = f"{function.qualname} is nested too deeply to be followed"
            self.diagnostics.append(Diagnostic(function.module.origin(function.span), text))

    def follow_statements(self, module: Module, steps: tuple[Step, ...]) -> None:
        """Follow statements of a module that stand outside its functions and classes."""
        self.budget = Budget()
        frame = Frame(module, f"{module.path}:<module>")
        self._stack.append(None)  # calls from here are calls
        self.frames.append(frame)
        self.recorder.direct = True
        self.recorder.alone.add(frame.key)
        try:
            self._statements.follow(steps, frame)
        finally:
            self._stack.pop()
            self.frames.pop()

    def module_frame(self, module: Module, owner: ClassDef | None = None) -> Frame:
        """The frame of a module's own statements, or of a class's body."""
        key = (module.path, owner.qualname if owner is not None else "")
        frames = self.memory.frames
        if key not in frames:
            name = f"{module.path}:{owner.qualname if owner is not None else '<module>'}"
            frames[key] = Frame(module, name, scope=owner, owner=owner)
        return frames[key]

    # What evaluation, objects and vocabularies ask for

    def apart(self, evaluate: Callable[[], T]) -> T:
        """Find out something that does not depend on what is followed now, with nothing noted: it is done once, so who
        asks first, and from where, must not decide what comes out."""
        before = (self.recorder, self.diagnostics, self.frames, self._stack, self.budget, self.memory)
        depends = (self.touched, self.asked)
        self.touched, self.asked = self.touched_apart, self.asked_apart
        depth, self.evaluation.depth = self.evaluation.depth, 0
        self.recorder, self.diagnostics, self.frames, self._stack, self.budget = Recorder(), [], [], [], Budget()
        self.memory = self._outside
        try:
            return evaluate()
        finally:
            self.recorder, self.diagnostics, self.frames, self._stack, self.budget, self.memory = before
            self.evaluation.depth = depth
            self.touched, self.asked = depends

    def touch(self, path: str) -> None:
        """What is seen now depends on all that stands in a file."""
        self.touched.add(path)

    def ask(self, name: str) -> None:
        """What is seen now depends on an answer that the whole project gives."""
        self.asked.add(name)

    def afresh(self) -> None:
        """Begin a new budget of steps, for something that is looked at by itself."""
        self.budget = Budget()

    def step(self) -> bool:
        """Take a step; False when the budget is spent."""
        self.budget.spent += 1
        return self.budget.spent <= MOST_STEPS

    def place(self, frame: Frame) -> Place:
        """Where in the program a frame is now."""
        self.know(frame)
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
        self.touched.add(definition.module.path)
        if site is None:
            return self._run(function, arguments, None)
        if not self._matters(definition):
            for value in arguments.values():
                self.made(value, site)
            return OPAQUE
        key = call_key(function, arguments)
        if key is None:
            return self._run(function, arguments, site)
        known = self.memory.returned.get(key)
        if known is None:
            result = self._run(function, arguments, site)
            if self.budget.spent > MOST_STEPS:
                return result
            # what the key tells by its address must stay alive
            known = self.memory.returned[key] = (result, arguments)
        return again(known[0])

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
            self._statements.follow(self.program(definition), frame)
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
        for said in self._iterations[type(value)]:
            found: Sequence | None = said(value, site)
            if found is not None:
                return found
        return self.objects.iterate(value, site)

    def filtering(self, source: Value, condition: Expr, targets: tuple[str, ...]) -> None:
        """Note rows that a condition in the code picks from."""
        self._statements.filtering(source, condition, targets)

    def bind(self, targets: tuple[str, ...], value: Value, frame: Frame, span: Span) -> None:
        """Bind a name, or several of which each takes a member of the value."""
        self._statements.bind(targets, value, frame, span)

    def made(self, value: Value, site: Site) -> None:
        """A value is put into something that is made of it: a dictionary, a list of results."""
        parts = inside(value) if isinstance(value, Items | Entries | Sequence) else (value,)
        for part in parts:
            if isinstance(part, Rows) and part.record is not None:
                part.record.escape()
            for said in self._escapes[type(part)]:
                said(part, site)

    # Frames

    def know(self, frame: Frame) -> None:
        """Tell of the function that a frame follows."""
        functions = self.recorder.functions
        if frame.key in functions:
            return
        function = frame.function
        if function is None:
            origin = frame.module.origin(Span(0, 0, 1))
            kind = kind_of(None, frame.module.path)
            functions[frame.key] = FunctionFact(frame.key, origin, kind, answers=answers(None, frame.owner, self.index))
            return
        fact = self._facts.get(function)
        if fact is None:
            fact = self._facts[function] = self._fact(frame.key, function)
        functions[frame.key] = fact

    def _fact(self, key: str, function: FunctionDef) -> FunctionFact:
        module = function.module
        source = module.source[function.span.start : function.span.end]
        kind = kind_of(function, module.path, self.index)
        return FunctionFact(
            key,
            module.origin(function.span),
            FunctionKind.MIGRATION if kind is FunctionKind.OTHER and alters(source) else kind,
            route_of(function),
            knows_user(source),
            guards_of(function, source, self.index),
            answers(function, function.outer, self.index),
        )

    def program(self, function: FunctionDef) -> tuple[Step, ...]:
        """The steps of a function's body."""
        if function not in self._programs:
            self._programs[function] = steps_of(function)
        return self._programs[function]

    def _decorations(self, frame: Frame, function: FunctionDef) -> None:
        around = function.outer.decorators if isinstance(function.outer, ClassDef) else ()
        for decorator in (*function.decorators, *around):
            outer = self.module_frame(frame.module)
            value = self.evaluation.of(decorator, outer)
            site = Site(self, outer, decorator.span)
            opens = any(said(value, site) for said in self._decorations_of)
            if isinstance(value, Function):
                self.touch(value.function.module.path)
            if opens or (isinstance(value, Function) and opens_transaction(value.function)):
                frame.transaction, frame.opened = frame.module.origin(decorator.span), True

    def _result(self, frame: Frame) -> Value:
        if not frame.results:
            fails = frame.function is not None and only_fails(self.program(frame.function))
            return OPAQUE if fails else Const(None)
        result = frame.results[0]
        for other in frame.results[1:]:
            result = self.merged(result, other)
        return Sequence(result) if frame.yielded and not isinstance(result, Const) else result


def _is_class_method(function: FunctionDef) -> bool:
    return any(isinstance(d, Name) and d.id == "classmethod" for d in function.decorators)
