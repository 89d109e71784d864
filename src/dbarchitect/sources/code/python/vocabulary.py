"""What a library adds to the language: which values its classes and functions give, and what runs a query.

The interpreter asks each vocabulary in turn before it applies the language's own meaning. Every method returns None
for "I have nothing to say".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from dbarchitect.catalog.queries import Assignment, Operand, Place
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.often import made_often
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.memory import Budget, Memory
from dbarchitect.sources.code.python.values import Const, Function, Instance
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.sealing import is_sealed
from dbarchitect.sources.code.values import (
    Entries,
    Items,
    Library,
    Member,
    Opaque,
    Rows,
    Sequence,
    Slug,
    Text,
    Value,
    columns_read,
    is_raw,
)
from dbarchitect.sources.mapping import MappedModel, MappedRelation
from dbarchitect.sources.python.body import Step
from dbarchitect.sources.python.constants import EnumMember, Environment
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.expressions import Expr, Span
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.resolved import Resolved
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Module, Parameter

T = TypeVar("T")


@made_often
@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call. `dynamic`: a `*` or `**` brings others that are not known.

    `raw`: what a `**` brings comes from a request as it is;
    `optional` are keyword arguments that a `**` brings on some ways through the code only; `nullable` those that are
    written so that they may be None (`owner=owner if known else None`), `present` those that are something.
    """

    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = field(default_factory=dict)
    dynamic: bool = False
    raw: bool = False
    optional: frozenset[str] = frozenset()
    nullable: frozenset[str] = frozenset()
    present: frozenset[str] = frozenset()

    @property
    def partial(self) -> bool:
        """Whether it is not known which arguments are given."""
        return self.dynamic or bool(self.optional)

    def get(self, position: int, name: str | None = None) -> Value | None:
        """The argument given by position, or else by keyword; None when absent."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name) if name is not None else None

    def values(self) -> tuple[Value, ...]:
        """All of them."""
        return (*self.args, *self.kwargs.values())


@dataclass(eq=False, slots=True)  # not frozen, as one is made for each expression: nobody changes it
class Site:
    """A place in the program that is being followed: an expression in a frame."""

    interpreter: Following
    frame: Frame
    span: Span

    @property
    def origin(self) -> Origin:
        """The place in its file."""
        return self.frame.module.origin(self.span)


class Meanings(Protocol):
    """What attributes, calls and members give (`objects.Objects`)."""

    def of_class(self, cls: ClassDef) -> Value:
        """What a class of the project stands for."""

    def of_library(self, dotted: str, site: Site) -> Value:
        """What a library's dotted name stands for."""

    def instance(self, cls: ClassDef) -> Value:
        """An object of a class."""

    def class_of(self, model: MappedModel) -> ClassDef | None:
        """The project's class that a model is."""

    def promised(self, annotation: Expr, frame: Frame) -> Value | None:
        """What a parameter with this annotation is given."""

    def attribute(self, owner: Value, name: str, site: Site) -> Value:
        """`owner.name`."""

    def of_row(self, row: Rows, name: str, site: Site) -> Value:
        """An attribute of a row, vocabularies apart."""

    def related(self, row: Rows, relation: MappedRelation, site: Site) -> Value:
        """The rows behind a relation; a query runs when they are not loaded yet."""

    def relation_draft(self, row: Rows, relation: MappedRelation, target: MappedModel, site: Site) -> Draft:
        """The query that touching a relation runs."""

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value:
        """A call."""

    def subscript(self, owner: Value, index: Value, site: Site) -> Value:
        """`owner[index]`, vocabularies apart."""

    def iterate(self, value: Value, site: Site) -> Sequence:
        """What going through a value gives, vocabularies apart."""

    def entered(self, value: Value, site: Site) -> Value:
        """What `with value as name` binds, vocabularies apart."""

    def assign(self, owner: Value, name: str, value: Value, site: Site) -> None:
        """`owner.name = value`."""


class Evaluating(Protocol):
    """What expressions give (`evaluation.Evaluation`)."""

    def of(self, expr: Expr | None, frame: Frame) -> Value:
        """What an expression stands for."""

    def presence(self, expr: Expr, frame: Frame) -> bool | None:
        """Whether an expression stands for something: False where it may be None, None where that is not known."""

    def truth(self, test: Expr, frame: Frame) -> None:
        """An expression that is tested."""

    def tested(self, value: Value, site: Site) -> None:
        """A value that is tested for being there."""

    def bound_by(self, module: Module, statement: Assign, owner: ClassDef | None, site: Site) -> Value:
        """What a module or the body of a class binds to a name."""

    def resolved(self, found: Resolved | None, site: Site) -> Value:
        """The value of what a name was resolved to."""


class Following(Protocol):
    """What vocabularies may ask of the interpreter that uses them (`interpreter.Interpreter`)."""

    index: PythonIndex
    models: Mapping[str, MappedModel]
    vocabularies: tuple[Vocabulary, ...]
    evaluator: Evaluator
    recorder: Recorder
    diagnostics: list[Diagnostic]
    frames: list[Frame]
    memory: Memory
    budget: Budget

    @property
    def objects(self) -> Meanings:
        """Attributes, calls and members."""

    @property
    def evaluation(self) -> Evaluating:
        """Expressions."""

    def follow(self, function: FunctionDef, owner: ClassDef | None = None) -> None:
        """Follow a function by itself."""

    def is_current(self, module: Module) -> bool:
        """Whether a module is the one that is followed now."""

    def apart(self, evaluate: Callable[[], T]) -> T:
        """Find out something that does not depend on what is followed now, with nothing noted."""

    def module_frame(self, module: Module, owner: ClassDef | None = None) -> Frame:
        """The frame of a module's own statements, or of a class's body."""

    def touch(self, path: str) -> None:
        """What is seen now depends on all that stands in a file."""

    def ask(self, name: str) -> None:
        """What is seen now depends on an answer that the whole project gives: `Vocabulary.answer` tells it."""

    def afresh(self) -> None:
        """Begin a new budget of steps."""

    def step(self) -> bool:
        """Take a step; False when the budget is spent."""

    def place(self, frame: Frame) -> Place:
        """Where in the program a frame is now."""

    def know(self, frame: Frame) -> None:
        """Tell of the function that a frame follows."""

    def text(self, site: Site) -> str:
        """The code of a site."""

    def program(self, function: FunctionDef) -> tuple[Step, ...]:
        """The steps of a function's body."""

    def run(self, function: Function, arguments: Arguments, site: Site | None) -> Value:
        """Follow a function with these arguments; what it returns."""

    def merged(self, first: Value, second: Value) -> Value:
        """A value that is the one or the other."""

    def iterated(self, value: Value, site: Site) -> Sequence:
        """What going through a value gives, with the query that it runs."""

    def filtering(self, source: Value, condition: Expr, targets: tuple[str, ...]) -> None:
        """Note rows that a condition in the code picks from."""

    def made(self, value: Value, site: Site) -> None:
        """A value is put into something that is made of it."""

    def bind(self, targets: tuple[str, ...], value: Value, frame: Frame, span: Span) -> None:
        """Bind a name, or several of which each takes a member of the value."""


class Vocabulary:
    """The base of every vocabulary: nothing to say. `name` is the `library` of its queries.

    A method that names kinds of values (`@of(…)`) is never asked of others: one that comes to speak of one more kind
    adds it there.
    """

    name = ""
    needles: tuple[bytes, ...] = ()
    """Regular expressions of which one must match in the source of a function for it to be followed."""
    before: tuple[str, ...] = ()
    """Methods of a class of the project that a framework calls before any other."""

    def of_class(self, cls: ClassDef, interpreter: Following) -> Value | None:
        """What a class of the project means: a model, a manager …"""

    def object_of(self, cls: ClassDef, interpreter: Following) -> Value | None:
        """An object of a class of the project: `self` of its methods where nobody saw it being made."""

    def of_name(self, dotted: str, site: Site) -> Value | None:
        """What a library's dotted name means by itself (`flask.request`)."""

    def instance_of(self, dotted: str, site: Site) -> Value | None:
        """An object of a library's class, as an annotation promises (`sqlalchemy.orm.Session`)."""

    def holding(self, holder: Value, row: Rows, site: Site) -> Value | None:
        """What a generic type of a library promises that is of rows: `QuerySet[Order]`."""

    def parameter(self, function: FunctionDef, parameter: Parameter, site: Site) -> Value | None:
        """A parameter of which neither annotation nor caller tells anything (`request` of a view)."""

    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """`owner.name`."""

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """A call; methods come as `Member(owner, name)`, a library's functions as `Library`, models as `ModelClass`."""

    def operate(self, operator: str, operands: tuple[Value, ...], site: Site) -> Value | None:
        """`a == b`, `a & b`, `~a` (one operand), `a in b` …"""

    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:
        """`owner[index]`; of a slice the index is `Items((lower, upper, step), "slice")`, None parts as Const(None)."""

    def iterate(self, value: Value, site: Site) -> Sequence | None:
        """What a loop goes through."""

    def enter(self, value: Value, site: Site) -> tuple[Value, bool] | None:
        """`with value as …`: what the name is bound to, and whether it opens a transaction."""

    def decorate(self, decorator: Value, site: Site) -> bool | None:
        """Whether a decorator puts the whole function into a transaction."""

    def assign(self, owner: Value, name: str, value: Value, site: Site) -> bool | None:
        """`owner.name = value`; True when that was all there is to it."""

    def has(self, value: Value, name: str) -> bool | None:
        """Whether a value has an attribute for certain: a column of a row, or what its query computes besides."""

    def truth(self, value: Value, site: Site) -> None:
        """A value is tested: `if value`, `not value`, `bool(value)`."""

    def escape(self, value: Value, site: Site) -> None:
        """A value leaves our sight: returned, or handed to something unknown."""

    def merge(self, first: Value, second: Value) -> Value | None:
        """A value that is the one or the other."""

    def returned(self, value: Draft, site: Site) -> Value | None:
        """A query that a function of the project gives to its caller; `site` is the call."""

    def sometimes(self, value: Value) -> Value | None:
        """A value that is put into a list on some ways through the code only."""

    def key(self, value: Value) -> str | None:
        """The name that a key of a dictionary stands for (`{User.name: …}`)."""

    def read_class(self, cls: ClassDef, interpreter: Following) -> None:
        """A class of the project, for what its body alone tells: an admin, a serializer, a view."""

    def read_module(self, module: Module, interpreter: Following) -> None:
        """A module of the project, for what its statements tell: routes."""

    def answer(self, name: str, interpreter: Following) -> str | None:
        """What the whole project says to something that `Following.ask` named, as text; None for another's."""

    def forget(self) -> None:
        """Another module is followed from now on: what values were while the last one was is not known any more."""

    def gathered(self, interpreter: Following) -> object:
        """What `finish` needs to know of the whole project, besides what was recorded; `repr` tells it apart."""

    def finish(self, interpreter: Following) -> None:
        """All functions were followed, and `interpreter.recorder` holds what was seen in all of them."""


def speaking(vocabularies: Iterable[Vocabulary], method: str) -> tuple[Callable[..., Any], ...]:
    """What vocabularies say by a method, of those that have something to say: most are silent about most."""
    silent = getattr(Vocabulary, method)
    return tuple(getattr(each, method) for each in vocabularies if getattr(type(each), method) is not silent)


def operand(value: Value) -> tuple[Operand, tuple[str, ...]]:
    """How a value counts as something compared or written: (kind, constants as text)."""
    match value:
        case Const(value=Environment()):
            return Operand.PARAMETER, ()
        case Const(value=found):
            text = constant_text(found)
            return (Operand.CONSTANT, (text,)) if text is not None else _several(found)
        case Items(items=items, open=False) if items and all(isinstance(i, Const) for i in items):
            texts = [constant_text(i.value) for i in items if isinstance(i, Const)]
            known = tuple(t for t in texts if t is not None)
            return (Operand.CONSTANT, known) if len(known) == len(items) else (Operand.PARAMETER, ())
        case Opaque() | Text() | Member() | Items() | Library() | Sequence() | Rows() | Instance() | Entries():
            return Operand.PARAMETER, ()
        case _:
            return Operand.UNKNOWN, ()


def _several(found: object) -> tuple[Operand, tuple[str, ...]]:
    if isinstance(found, list | tuple | set | frozenset):
        texts = [constant_text(item) for item in found]
        if texts and all(t is not None for t in texts):
            return Operand.CONSTANT, tuple(str(t) for t in texts)
    return Operand.PARAMETER, ()


def constant_text(value: object) -> str | None:
    """A constant as the text that `Predicate.constants` holds; None for what is no single constant."""
    if isinstance(value, EnumMember):
        value = value.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def weighed(assigned: Iterable[Assignment], *, present: bool | None) -> tuple[Assignment, ...]:
    """What is written, of a value that is something (`present`), or (False) may be None as it stands there."""
    if present is None:
        return tuple(assigned)
    return tuple(
        a if "null" in a.constants else replace(a, sure=True) if present else replace(a, optional=True)
        for a in assigned
    )


def presence_of(name: str, given: Arguments | Entries) -> bool | None:
    """Whether what is given by a name is something: False where it may be None, None where that is not known."""
    return False if name in given.nullable else True if name in given.present else None


def assignment(column: Ref, value: Value) -> Assignment:
    """A column written with a value of the program."""
    kind, constants = operand(value)
    reads = columns_read(value)
    if isinstance(value, Opaque) and value.cell == column:
        reads -= {column}  # `row.total = row.total or 0`, `row.total = other.total`: taken over, nothing computed
    read = tuple(sorted(reads, key=str))
    return Assignment(
        column, kind, constants, read, is_raw(value), slug=isinstance(value, Slug), sealed=is_sealed(value)
    )
