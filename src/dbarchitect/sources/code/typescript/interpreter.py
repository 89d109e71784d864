"""Functions followed statement by statement: branches, loops, transactions, `catch`, calls of other functions.

Every function of interest is followed once by itself; a call of a function of the project is followed into it, to
know what it returns. A function that is written where it is handed on (`rows.map((row) => …)`) is a part of the one
around it. Nothing is run, and every function has a budget of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from dbarchitect.catalog.queries import EventFact, EventKind, LoopFact, Place, Use
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.sources.code.quoting import on_one_line, shortened
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.remembered import again
from dbarchitect.sources.code.typescript import deciding
from dbarchitect.sources.code.typescript.evaluation import MOST_STEPS, Evaluation
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.leading import SHORT, Leading
from dbarchitect.sources.code.typescript.merging import Merging
from dbarchitect.sources.code.typescript.names import Names
from dbarchitect.sources.code.typescript.objects import Objects
from dbarchitect.sources.code.typescript.parameters import Parameters
from dbarchitect.sources.code.typescript.promises import Promises
from dbarchitect.sources.code.typescript.remembered import call_key
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.speaking import Speaking
from dbarchitect.sources.code.typescript.statements import Statements
from dbarchitect.sources.code.typescript.values import (
    UNDEFINED,
    Const,
    Function,
    Instance,
)
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site, Vocabulary
from dbarchitect.sources.code.typescript.wrapping import Wrapping
from dbarchitect.sources.code.values import (
    OPAQUE,
    Library,
    Rows,
    Sequence,
    Value,
    inside,
)
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Class, Expr, Module
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax
from dbarchitect.sources.typescript.words import Searched

_DEEPEST_CALL = 4
_DEEPEST_SHORT = 7
"""Calls within calls: of any function, of a short one, which gives a condition, a name or a key."""


class Interpreter:
    """Follows the functions of one project, module by module; what it sees of one is in `recorder`."""

    def __init__(
        self,
        index: TypeScriptIndex,
        models: Mapping[str, MappedModel],
        vocabularies: Iterable[Vocabulary],
        wanted: Searched | None = None,
        roles: Roles | None = None,
    ) -> None:
        self.index = index
        self.models = models
        self.vocabularies = tuple(vocabularies)
        self.wanted = wanted
        self.roles = roles if roles is not None else Roles(index)
        self.recorder = Recorder()
        self.diagnostics: list[Diagnostic] = []
        self.frames: list[Frame] = []
        self.speaking = Speaking(self.vocabularies)
        self.merging = Merging(self.speaking)
        self.objects = Objects(self)
        self.promises = Promises(self)
        self.evaluation = Evaluation(self)
        self._names = Names(self)
        self._statements = Statements(self)
        self._leading = Leading(self)
        self._parameters = Parameters(self)
        self._wrapping = Wrapping(self)
        self.steps = 0
        self._stack: list[FunctionSyntax] = []
        self._returned: dict[Hashable, tuple[Value, object]] = {}
        self._current: Module | None = None
        self._met: list[Function] = []
        self._ran: set[int] = set()
        self._generic = frozenset[str]().union(*(vocabulary.generic for vocabulary in self.vocabularies))

    # What the reader asks for

    def follow_module(self, module: Module) -> Recorder:
        """Follow what a module holds: what was seen. Modules do not depend on which were followed before."""
        self.recorder = recorder = Recorder()
        self._returned.clear()
        self._leading.forget()
        self._wrapping.forget()
        self._current, self._met, self._ran = module, [], set()
        self._names.forget()
        self.promises.forget()
        for vocabulary in self.vocabularies:
            self.steps = 0
            vocabulary.read_module(module, self)
        frame = self.module_frame(module)
        for statement in module.statements:
            holds = self._mentions(module, statement.start, statement.end)
            if holds or self.roles.holds_entry(module, statement.start, statement.end):
                self.steps = 0
                self._guarded(partial(self._statements.top_level, statement, frame), module, statement.start)
        while self._met:
            function = self._met.pop(0)
            if id(function.function) not in self._ran and self.asks(function.function):
                self.follow(function)
        return recorder

    def follow(self, function: Function) -> None:
        """Follow a function by itself: nothing is known of its arguments but what types and defaults say, and what a
        wrapper around it hands on."""
        arguments = self._wrapping.arguments(function)
        self.steps = 0
        definition = function.function
        follow = partial(self._run, function, arguments, None)
        self._guarded(follow, definition.module, definition.start)

    def asks(self, function: FunctionSyntax) -> bool:
        """Whether a function has a word that tells of a query, or is one that requests or workers begin with."""
        if self._mentions(function.module, function.start, function.end):
            return True
        return function.module is self._current and self.roles.begins(function)

    def _mentions(self, module: Module, start: int, end: int) -> bool:
        return self.wanted is None or module.mentions(self.wanted, start, end)

    def _guarded(self, follow: Callable[[], object], module: Module, start: int) -> None:
        """Follow something; that we fail to costs only itself."""
        try:
            follow()
        except RecursionError:
            text = "is nested too deeply to be followed"
            self.diagnostics.append(Diagnostic(module.origin(start, start), text))
        except Exception as error:  # noqa: BLE001 - one function that we fail to follow must not cost the audit
            text = f"could not be followed ({type(error).__name__})"
            self.diagnostics.append(Diagnostic(module.origin(start, start), text))
        finally:
            self._stack.clear()
            self.frames.clear()
            self.recorder.direct = True

    # Names

    def module_frame(self, module: Module) -> Frame:
        """The frame of a module's own statements."""
        return self._names.frame(module)

    def named(self, module: Module, name: str) -> Value:
        """What a name means at the top level of a module (its imports included)."""
        return self._names.named(module, name)

    def exported(self, module: Module, name: str) -> Value:
        """What a module exports by a name."""
        return self._names.exported(module, name)

    def imported(self, module: Module, specifier: str) -> Value:
        """What `require(specifier)` gives."""
        return self._names.imported(module, specifier)

    def of_library(self, dotted: str, site: Site) -> Value:
        """What a name of a package stands for."""
        library = Library(dotted)
        for vocabulary in self.vocabularies:
            found = vocabulary.of_library(library, site)
            if found is not None:
                return found
        return library

    # What evaluation, objects and vocabularies ask for

    def of(self, expr: Expr | None, frame: Frame) -> Value:
        """What an expression stands for; UNDEFINED for None."""
        return self.evaluation.of(expr, frame)

    def attribute(self, owner: Value, name: str, site: Site) -> Value:
        """`owner.name`."""
        return self.objects.attribute(owner, name, site)

    def subscript(self, owner: Value, index: Value, site: Site) -> Value:
        """`owner[index]`."""
        return self.objects.subscript(owner, index, site)

    def assign(self, owner: Value, name: str, value: Value, site: Site) -> None:
        """`owner.name = value`."""
        self.objects.assign(owner, name, value, site)

    def put(self, owner: Value, index: Value, value: Value, site: Site) -> None:
        """`owner[index] = value`."""
        self.objects.put(owner, index, value, site)

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """A call."""
        return self.objects.call(function, arguments, site)

    def instance(self, cls: Class) -> Value:
        """An object of a class of the project."""
        return self.objects.object_of(cls)

    def promised(self, type_text: str, frame: Frame) -> Value | None:
        """What a declared type promises; None when it tells nothing."""
        return self.promises.promised(type_text, frame)

    def awaited(self, value: Value, site: Site) -> Value:
        """`await value`."""
        for awaited in self.speaking.awaited[type(value)]:
            found = awaited(value, site)
            if found is not None:
                return found
        return value

    def iterated(self, value: Value, site: Site) -> Sequence:
        """What going through a value gives, with the query that it runs."""
        return self.objects.iterate(value, site)

    def merged(self, first: Value, second: Value) -> Value:
        """A value that is the one or the other, as the program decides."""
        return self.merging.merged(first, second)

    def tested(self, value: Value, site: Site) -> None:
        """A value that is tested for being there."""
        if isinstance(value, Rows) and value.record is not None:
            value.record.uses.add(Use.TESTED)
            return
        for truth in self.speaking.truth[type(value)]:
            truth(value, site)

    def decided(self, test: Expr, frame: Frame) -> bool | None:
        """How a test comes out that what a caller gives decides; None where it is not known."""
        return deciding.decided(test, frame)

    def made(self, value: Value, site: Site) -> None:
        """A value leaves our sight, or is put into something that is made of it: an object, a result."""
        for part in inside(value):
            if isinstance(part, Rows | Sequence) and part.record is not None:
                part.record.escape()
            for escape in self.speaking.escape[type(part)]:
                escape(part, site)

    def event(self, kind: EventKind, site: Site, text: str = "", column: Ref | None = None) -> None:
        """Note an event at a site."""
        self.recorder.event(EventFact(kind, self.place(site.frame), site.origin, text or self.text(site), column))

    def caught(self, function: Function, site: Site) -> None:
        """Note what a function does with an error that it is given: `.catch((error) => …)`."""
        self._statements.caught(function, site)

    def step(self) -> bool:
        """Take a step; False when the budget is spent."""
        self.steps += 1
        return self.steps <= MOST_STEPS

    def place(self, frame: Frame) -> Place:
        """Where in the program a frame is now."""
        self.know(frame)
        position = self.recorder.position(frame.key)
        return Place(frame.key, position, frame.loops, frame.branch, frame.transaction, frame.handlers, frame.left)

    def text(self, site: Site) -> str:
        """The code of a site, at most 200 characters."""
        return shortened(on_one_line(site.frame.module.source, site.expr.start, site.expr.end))

    def meet(self, function: Function) -> None:
        """Note a function that is written here: it is followed by itself when nothing calls it."""
        if function.function.module is self._current:
            self._met.append(function)

    def apart(self, evaluate: Callable[[], Value]) -> Value:
        """Evaluate what a name of another module means: as if nothing were followed now, and with nothing noted. It is
        done once, so who asks first, and from where, must not decide what comes out."""
        before = (self.recorder, self.diagnostics, self.frames, self._stack, self.steps)
        followed = (self._current, self._met, self._ran, self._returned, self._leading)
        self.recorder, self.diagnostics, self.frames, self._stack, self.steps = Recorder(), [], [], [], 0
        self._current, self._met, self._ran, self._returned, self._leading = None, [], set(), {}, Leading(self)
        try:
            return evaluate()
        finally:
            self.recorder, self.diagnostics, self.frames, self._stack, self.steps = before
            self._current, self._met, self._ran, self._returned, self._leading = followed

    def is_current(self, module: Module) -> bool:
        """Whether a module is the one that is followed now."""
        return module is self._current

    def is_own(self, function: Function) -> bool:
        """Whether a function belongs to what is followed now, and not to a module that it only asks for a name."""
        inner = function.closure is not None and function.closure.function is not None
        return inner or function.function.module is self._current

    def inline(self, function: Function) -> bool:
        """Whether a function is a part of the one around it: it has no name and is written where it is handed on."""
        outer = function.closure
        if outer is None or outer.function is None or function.function.name:
            return False
        if outer not in self.frames:
            return False
        role = self.roles.role(function.function)
        return role is None or role == self.roles.role(outer.function)

    # Calls

    def run(
        self,
        function: Function,
        arguments: Arguments,
        site: Site | None,
        *,
        transaction: Origin | None = None,
        loop: LoopFact | None = None,
    ) -> Value:
        """Follow a function with these arguments; what it returns. `site` is the call, None: followed by itself."""
        definition = function.function
        if site is not None:
            self._wrapping.note(function, arguments, site)
        deepest = _DEEPEST_CALL if definition.end - definition.start > SHORT else _DEEPEST_SHORT
        if definition in self._stack or len(self._stack) > deepest or not self.step():
            return OPAQUE
        if site is None or self.inline(function):
            return self._run(function, arguments, site, transaction, loop)
        key = self._key(function)
        if key != site.frame.key and site.frame.function is not None:
            place = self.place(site.frame)
            if loop is not None:
                place = replace(place, loops=(*place.loops, loop))
            if transaction is not None:
                place = replace(place, transaction=transaction)
            self.recorder.call(place, key, site.origin, alone=site.frame.depth == 0)
        if not self._leading.matters(definition, arguments):
            for value in arguments.args:
                self.made(value, site)
            self._leading.passed(definition)
            return OPAQUE
        known = call_key(function, arguments) if transaction is None and loop is None else None
        if known is None or site.frame.transaction is not None:
            return self._run(function, arguments, site, transaction, loop)
        if known not in self._returned:
            result = self._run(function, arguments, site)
            if self.steps > MOST_STEPS:
                return result
            self._returned[known] = (result, arguments)  # what the key tells by its address must stay alive
        return again(self._returned[known][0])

    def _run(
        self,
        function: Function,
        arguments: Arguments,
        site: Site | None,
        transaction: Origin | None = None,
        loop: LoopFact | None = None,
    ) -> Value:
        definition = function.function
        module = definition.module
        frame = Frame(module, self._key(function), definition, definition.owner, function.this)
        frame.closure = function.closure
        frame.depth = len(self._stack)
        inline = self.inline(function)
        if site is not None:
            frame.transaction = transaction or site.frame.transaction
        if inline and function.closure is not None:
            outer = function.closure
            frame.key, frame.branch, frame.left = outer.key, outer.branch, outer.left
            frame.handlers, frame.loops = outer.handlers, outer.loops
            frame.depth = outer.depth
            if site is not None and site.frame is not outer:
                frame.loops = (*frame.loops, *(around for around in site.frame.loops if around not in frame.loops))
        if loop is not None:
            frame.loops = (*frame.loops, loop)
        self._stack.append(definition)
        self.frames.append(frame)
        self._ran.add(id(definition))
        before = self.recorder.direct
        self.recorder.direct = site is None or (before and inline)
        if site is None:
            self.recorder.alone.add(frame.key)
        try:
            self._parameters.bind(frame, function, arguments, site)
            self._statements.follow(definition.body, frame)
            if frame.depth == 0 and not inline:
                for result in frame.results:
                    self.made(result, Site(self, frame, definition))
        finally:
            self._stack.pop()
            self.frames.pop()
            self.recorder.direct = before
        return self._result(frame)

    def _key(self, function: Function) -> str:
        """The name of a function; of a method that a subclass inherits and names the table for, the subclass's."""
        definition, this = function.function, function.this
        owner = definition.owner
        if isinstance(this, Instance) and owner is not None and owner.name in self._generic and this.cls is not owner:
            return f"{this.cls.module.path}:{this.cls.qualname}.{definition.name}"
        return f"{definition.module.path}:{definition.qualname}"

    def _result(self, frame: Frame) -> Value:
        if not frame.results:
            return UNDEFINED
        result = frame.results[0]
        for other in frame.results[1:]:
            result = self.merged(result, other)
        return Sequence(result) if frame.yielded and not isinstance(result, Const) else result

    def know(self, frame: Frame) -> None:
        """Tell of the function that a frame follows."""
        if frame.key in self.recorder.functions:
            return
        holder = frame
        while holder.closure is not None and holder.closure.key == frame.key:
            holder = holder.closure
        function = holder.function
        start, end = (function.start, function.end) if function is not None else (0, 0)
        origin = frame.module.origin(start, end)
        self.recorder.functions[frame.key] = self.roles.fact(frame.key, function, frame.module, origin)
