"""What Prisma's client adds to the values of a program: the client, its models, queries that wait, pieces of SQL."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.typescript.values import Function
from dbarchitect.sources.code.values import Rows, Value
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.typescript.syntax import Class

LIBRARY = "prisma"


@dataclass(frozen=True, slots=True)
class Hook:
    """A function that runs around queries: those of a model (empty: of all) and a method (empty: of all). Without a
    function nobody knows what it does."""

    label: str
    operation: str
    function: Function | None


@dataclass(frozen=True, slots=True)
class Client:
    """A Prisma client, or the one of a transaction. `home` is the file that makes it, `cls` a class of the project
    that extends it (`class PrismaService extends PrismaClient`). `methods` are what `$extends` gave it: the model
    (empty: the client itself), the name, the function; `hooks` what runs around its queries."""

    home: str = ""
    cls: Class | None = None
    methods: tuple[tuple[str, str, Function], ...] = ()
    hooks: tuple[Hook, ...] = ()


@dataclass(eq=False, slots=True)
class Delegate:
    """A model of a client: `prisma.user`. `methods` are what `$extends` gave it, by name, `hooks` what runs around its
    queries."""

    model: MappedModel
    methods: tuple[tuple[str, Function], ...] = ()
    hooks: tuple[Hook, ...] = ()


@dataclass(eq=False, slots=True)
class Fields:
    """The columns of a model as values to compare with: `prisma.user.fields`."""

    model: MappedModel


@dataclass(frozen=True, slots=True)
class FieldReference:
    """One of them: `prisma.user.fields.email`."""

    column: Ref


@dataclass(eq=False, slots=True)
class Pending:
    """A call of the client, which runs when it is awaited or handed to `$transaction`: what it gives, its queries."""

    value: Value
    records: tuple[Record, ...] = ()


@dataclass(eq=False, slots=True)
class Fetched(Rows):
    """Rows of Prisma's client; `related` is what their loaded relations hold."""

    related: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """`Prisma.sql`…``, `Prisma.raw(…)`, `Prisma.join(…)`, `Prisma.empty`: texts, other pieces, and values.

    `sources` tells how each value is written. `pasted` are texts that are no constant, put in as they are.
    """

    parts: tuple[str | Value, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Pasted:
    """A text that is put into SQL as it is: `Prisma.raw(column)`."""

    text: Value
    source: str = "…"


@dataclass(frozen=True, slots=True, eq=False)
class EitherPiece:
    """A piece of SQL that is the one or the other, as the program decides."""

    first: Value
    second: Value


@dataclass(frozen=True, slots=True)
class Same:
    """A function that gives back what it is given: `Prisma.validator<…>()`."""
