"""What an expression of a program stands for while the program is followed without being run, whatever its language.

A language adds values of its own kinds, and a vocabulary those of its library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.queries import Assignment
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.often import made_often
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.mapping import MappedModel

Value = object
"""Any of the classes here, a `Draft`, or what a vocabulary makes."""


@made_often
@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that only the running program knows.

    `raw`: it comes from a request as it is. `reads` are columns that it was computed from; `cell` the column of a
    fetched row that it is, with nothing computed. `number`: it is a number, a UUID or the like, whatever it says.
    `own`: it is one of several texts that the program itself holds, or made of such texts and of places for values.
    """

    raw: bool = False
    reads: frozenset[Ref] = frozenset()
    cell: Ref | None = None
    number: bool = False
    own: bool = False


OPAQUE = Opaque()
OWN = Opaque(own=True)
NUMBER = Opaque(number=True)


@dataclass(frozen=True, slots=True)
class Slug(Opaque):
    """A title made fit for an address (`slugify(title)`), with nothing put to it."""


@dataclass(frozen=True, slots=True)
class Escaped(Opaque):
    """A text that cannot end a literal of SQL: its apostrophes were doubled or taken out, or it is a date."""


@made_often
@dataclass(frozen=True, slots=True)
class Sealed(Opaque):
    """What something that hashes or encrypts has made."""


@dataclass(frozen=True, slots=True)
class Rendered(Opaque):
    """HTML that a library made of Markdown: what HTML is in there stays."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text put together of known pieces and values: an f-string, `%`, `.format`, `+`."""

    parts: tuple[str | Value, ...]
    sources: tuple[str, ...] = ()
    """How each value that is no text is written in the program, in order."""


@dataclass(frozen=True, slots=True)
class Ways:
    """A piece of a text that is one of several, as the program decides; the fullest comes first."""

    texts: tuple[Text, ...]


@dataclass(eq=False, slots=True)
class Items:
    """A list, tuple or set whose members are known; `open` when there may be more. `branch`: where it was made.
    `either`: the members are those of several lists, of which the program takes one."""

    items: list[Value] = field(default_factory=list)
    kind: str = "list"
    open: bool = False
    branch: tuple[str, ...] = ()
    either: bool = False


_MOST_HANDED_ON = 1_000


def members(listed: Items) -> tuple[list[Value], bool]:
    """The members that a list hands on to another one, and whether there may be more of them: one that is put to itself
    over and over has no end."""
    return listed.items[:_MOST_HANDED_ON], listed.open or len(listed.items) > _MOST_HANDED_ON


SOMEWHERE: tuple[str, ...] = ("",)
"""The branch of what is there on some ways only, where that branch is not one of the function that is followed."""


@dataclass(eq=False, slots=True)
class Entries:
    """A dictionary whose entries are known; `open` when there may be more. `branch`: where it was made.

    `optional` are the entries that are there on some ways through the code only, each with the branch that puts it in;
    `nullable` those that are written so that they may be null or nothing (`owner ?? null`, `owner?.id`), `present`
    those that are written so that they are something, and `missing` those that their types let be left out; of
    `unasked` both are told when somebody asks (`is_present`), which hardly anybody does but who writes them to a table.
    """

    entries: dict[str, Value] = field(default_factory=dict)
    open: bool = False
    branch: tuple[str, ...] = ()
    optional: dict[str, tuple[str, ...]] = field(default_factory=dict)
    nullable: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    unasked: dict[str, Callable[[], bool | None]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def is_present(self, name: str) -> bool:
        """Whether an entry is written so that it is something."""
        ask = self.unasked.pop(name, None)
        told = ask() if ask is not None else None
        if told is not None:
            (self.present if told else self.missing).add(name)
        return name in self.present

    def forget(self, name: str) -> None:
        """Another value takes the place of an entry: what its writing told of it is told no longer."""
        self.optional.pop(name, None)
        self.nullable.discard(name)
        self.present.discard(name)
        self.missing.discard(name)
        self.unasked.pop(name, None)

    def twin(self) -> Entries:
        """One with the same entries that can be changed by itself."""
        return replace(
            self,
            entries=dict(self.entries),
            optional=dict(self.optional),
            nullable=set(self.nullable),
            present=set(self.present),
            unasked=dict(self.unasked),
            missing=set(self.missing),
        )

    def put(self, name: str, value: Value, branch: tuple[str, ...]) -> None:
        """Put an entry in on a branch: one that both arms of a test put in is there in any case."""
        known = self.optional.get(name) if name in self.entries else ()
        self.forget(name)
        if known is None:
            self.entries[name] = value  # there before
            return
        self.entries[name] = value
        both = bool(known) and bool(branch) and known != branch and _arms(known) == _arms(branch)
        if branch and branch != self.branch and not both:
            self.optional[name] = branch


@dataclass(frozen=True, slots=True)
class Sequence:
    """Something to go through, of which only an element is known. `rows`: elements are rows; `bound` their number.

    `source` is what a comprehension made it of; `record` the query whose rows it gives, where they are no objects.
    """

    element: Value
    rows: bool = False
    bound: int | None = None
    batched: bool = False
    source: Value = None
    record: Record | None = None


def table_gone_through(turns: Sequence) -> Ref | None:
    """The table whose rows a loop goes through, None where that is not known, or something is made of them first."""
    if not turns.rows:
        return None
    tables = {part.model.table for part in inside(turns.element) if isinstance(part, Rows)}  # `enumerate(rows)`
    if tables:
        return tables.pop() if len(tables) == 1 else None
    return turns.record.draft.table if turns.record is not None else None


@made_often
@dataclass(frozen=True, slots=True)
class Library:
    """Something of a library or of the language, by its full dotted name."""

    name: str


@dataclass(eq=False, slots=True)
class Rows:
    """Rows of a model as objects: one, or many.

    `record` is the query that fetched them (None: new, or from somewhere unknown), `loaded` the relations that are
    there already, `new` a row that is not in the database yet. `pending` are columns that were assigned and not
    written yet; `open`: besides them others that are not known, `raw` whose names and values come from a request;
    `made` is where a new row was, `way` the branches on which, `makers` the functions being followed then.
    `computed` are the names of what its query computes besides (`annotate`).
    """

    model: MappedModel
    library: str
    many: bool = False
    record: Record | None = None
    loaded: frozenset[str] = frozenset()
    new: bool = False
    pending: list[Assignment] = field(default_factory=list)
    optional: bool = False
    open: bool = False
    raw: bool = False
    made: Origin | None = None
    computed: frozenset[str] = frozenset()
    way: frozenset[tuple[int, str]] = frozenset()
    makers: tuple[str, ...] = ()


def given(relation: str) -> str:
    """What `Rows.loaded` holds besides of a relation that the program put a row of its own into."""
    return f"={relation}"


@made_often
@dataclass(frozen=True, slots=True)
class Member:
    """`owner.name` where neither says more: a method about to be called, or an attribute that nobody knows."""

    owner: Value
    name: str


def _arms(branch: tuple[str, ...]) -> tuple[str, ...]:
    """A branch without which arm of its last test it is."""
    return (*branch[:-1], branch[-1].partition(".")[0])


def is_raw(value: Value) -> bool:
    """Whether a value comes from a request as it is."""
    while isinstance(value, Member):
        value = value.owner
    if isinstance(value, Opaque):
        return value.raw
    return isinstance(value, _MADE_OF) and any(part.raw for part in _unknown_in(value, of_members=True))


def columns_read(value: Value) -> frozenset[Ref]:
    """The columns of fetched rows that a value was computed from."""
    if isinstance(value, Member):
        value = value.owner
        if not isinstance(value, Opaque):
            return _NOTHING
    if isinstance(value, Opaque):
        return value.reads | {value.cell} if value.cell is not None else value.reads
    if not isinstance(value, _MADE_OF):
        return _NOTHING
    return frozenset().union(*(columns_read(part) for part in _unknown_in(value, of_members=False)))


_MADE_OF = (Text, Ways, Items)
_NOTHING: frozenset[Ref] = frozenset()


def _unknown_in(value: Value, *, of_members: bool) -> Iterator[Opaque]:
    """What only the running program knows in a value, a text or a list; `of_members`: also what any member is of."""
    stack, seen = [value], set[int]()
    while stack:
        found = stack.pop()
        match found:
            case Opaque():
                yield found
            case Member(owner=owner) if of_members or isinstance(owner, Opaque):
                stack.append(owner)
            case Text(parts=parts):
                stack.extend(part for part in parts if not isinstance(part, str))
            case Ways(texts=texts):
                stack.extend(texts)
            case Items(items=items) if id(found) not in seen:  # one list may stand in another many times
                seen.add(id(found))
                stack.extend(items[:50])


def markup_of(value: Value) -> frozenset[Ref]:
    """The columns that stand in a text as they are, or as HTML made of them; not what some function makes of others."""
    match value:
        case Rendered(reads=reads):
            return reads
        case Opaque(cell=cell) if cell is not None:
            return frozenset({cell})
        case Text(parts=parts):
            return frozenset().union(*(markup_of(part) for part in parts if not isinstance(part, str)))
        case Ways(texts=texts):
            return frozenset().union(*map(markup_of, texts))
        case _:
            return frozenset()


def inside(value: Value) -> Iterator[Value]:
    """The value, and what displays and dictionaries hold, three levels deep."""
    stack: list[tuple[Value, int]] = [(value, 0)]
    while stack:
        found, depth = stack.pop()
        yield found
        if depth < 3:
            if isinstance(found, Items):
                stack.extend((item, depth + 1) for item in found.items[:50])
            elif isinstance(found, Entries):
                stack.extend((item, depth + 1) for item in list(found.entries.values())[:50])
            elif isinstance(found, Sequence):
                stack.append((found.element, depth + 1))
