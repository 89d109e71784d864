"""Prisma's client: which values are one, and what its calls ask of the database."""

from __future__ import annotations

import re
from collections.abc import Sequence as Readings
from dataclasses import replace

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.prisma.calls import Calls
from dbarchitect.sources.code.typescript.prisma.clients import (
    client_of,
    is_client_class,
    is_made_here,
    kept_client,
    of_type,
)
from dbarchitect.sources.code.typescript.prisma.extensions import extended, of_model, own_method
from dbarchitect.sources.code.typescript.prisma.hooks import HandedOn, has_middleware, hooked, narrows
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.raw import EMPTY, RUNS, RawSql, made, piece_of
from dbarchitect.sources.code.typescript.prisma.receivers import Receivers, receivers
from dbarchitect.sources.code.typescript.prisma.running import escape, in_transaction
from dbarchitect.sources.code.typescript.prisma.typed import typed_text
from dbarchitect.sources.code.typescript.prisma.values import (
    LIBRARY,
    Client,
    Delegate,
    EitherPiece,
    Fetched,
    FieldReference,
    Fields,
    Pasted,
    Pending,
    Piece,
    Same,
)
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary, note_isolation
from dbarchitect.sources.code.values import OPAQUE, Items, Library, Member, Rows, Sequence, Value
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Class, Name, Template
from dbarchitect.sources.typescript.syntax import Member as MemberSyntax

_PIECES = Piece | Pasted | EitherPiece
_MAKES = re.compile(rb"PrismaClient\b|\$extends\b")
_SELVES = frozenset({"client", "prisma", "$parent"})
"""What a client may call itself."""
_QUIET = frozenset({"$connect", "$disconnect", "$on", "$use"})


class PrismaVocabulary(Vocabulary):
    """Clients, their models' methods, transactions, raw SQL."""

    name = LIBRARY
    needles = (
        rb"\.\s*(?:find(?:Many|Unique|First)\w*|createMany\w*|updateMany\w*|deleteMany|upsert|groupBy|aggregate)\s*[(<]",
        rb"\$(?:queryRaw|executeRaw|transaction|extends)\w*",
        rb"risma(?<=[pP]risma)",
        *(name + rb"\s*:\s*[\[{]" for name in (b"where", b"select", b"include", b"orderBy", b"AND", b"OR", b"NOT")),
        rb"\.\s*\w+\s*[?!]?\.\s*(?:create|update|delete|count)\s*\(",
    )

    def __init__(self, readings: Readings[SourceReading], index: TypeScriptIndex) -> None:
        self.models = Models(readings)
        self.calls = Calls(self.models, conditioned=has_middleware(index))
        self.raw = RawSql(self.models)
        names, asked = receivers(index, self.models.labels)
        self.models.prefer(asked)
        self.receivers = Receivers(self.models, names)

    def gathered(self) -> object:
        """The names of clients, the order of the schemas, whether something stands around all queries."""
        folders = [schema.folder for schema in self.models.schemas]
        return [*sorted(self.receivers.names), *folders, self.calls.conditioned]

    # What is a client

    def of_library(self, library: Library, site: Site) -> Value | None:  # noqa: ARG002 - as vocabularies are asked
        """Constants and pieces that the package exports, members of the schema's enums."""
        package, _, dotted = library.name.partition(":")
        head, _, rest = dotted.partition(".")
        if "prisma" not in package.lower() or not rest:
            return None
        if head == "Prisma":
            if rest in {"empty", "skip"}:
                return EMPTY if rest == "empty" else UNDEFINED
            if rest in {"DbNull", "JsonNull", "AnyNull"}:
                return Const(None)
            names = rest.split(".")
            return Const(names[1]) if len(names) == 2 and names[0][:1].isupper() else None
        is_enum = head[:1].isupper() and "." not in rest and not is_client_class(Library(dotted))
        return Const(rest) if is_enum and rest.isidentifier() and not rest.startswith("$") else None

    def of_class(self, cls: Class, interpreter: Following) -> Value | None:
        """`class PrismaService extends PrismaClient`."""
        return client_of(cls, interpreter)

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:  # noqa: ARG002
        """`PrismaClient`, `Prisma.TransactionClient`, `Omit<PrismaClient, …>`; `User[]`, `Prisma.UserGetPayload<…>`."""
        return of_type(type_text, frame, self.models)

    def merge(self, first: Value, second: Value) -> Value | None:
        """A client that is made here or taken from somewhere is one; pieces of SQL are the one or the other."""
        for one, other in ((first, second), (second, first)):
            if isinstance(one, Client) and (isinstance(other, Member | Library) or other is OPAQUE):
                return one
            if isinstance(one, Pending) and not isinstance(other, Rows | Pending):
                return one
        if isinstance(first, Client) and isinstance(second, Client):
            return first if first.cls is None else second
        if isinstance(first, _PIECES) and isinstance(second, _PIECES):
            return EitherPiece(first, second)
        if isinstance(first, Pending) and isinstance(second, Pending):
            return Pending(first.value, (*first.records, *second.records))
        if isinstance(first, Fetched) and isinstance(second, Fetched) and first.model.key == second.model.key:
            return replace(first, related={**second.related, **first.related}, loaded=first.loaded & second.loaded)
        return None

    @of(Piece)
    def sometimes(self, value: Value) -> Value | None:
        """A piece of SQL that is there on some ways only."""
        return EitherPiece(value, EMPTY) if isinstance(value, Piece) and value.parts else None

    # Members

    @of(Client, Delegate, Fields, Fetched, Pending)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """Models of clients, relations of rows that were loaded along, fields of models."""
        match owner:
            case Client():
                return self._of_client(owner, name, site)
            case Delegate(model=model):
                return Fields(model) if name == "fields" else own_method(owner, name) or Member(owner, name)
            case Fields(model=model):
                column = model.columns.get(name)
                return FieldReference(model.table.column(column)) if column is not None else OPAQUE
            case Fetched(many=False) if name in owner.related:
                if owner.record is not None:
                    owner.record.otherwise = True
                return owner.related[name]
            case Pending():
                return Member(owner, name)
            case _:
                return None

    def _of_client(self, client: Client, name: str, site: Site) -> Value:
        label = name[:1].lower() + name[1:]  # a client has its models by their own names as well
        delegate = self.models.delegate(label, client.home, site.frame.module.path)
        if delegate is not None:
            return of_model(client, label, delegate)
        given = own_method(client, name)
        if given is not None:
            return given
        method = client.cls.methods.get(name) if client.cls is not None else None
        if method is not None and method.kind == "get":
            found = site.interpreter.run(Function(method, client), Arguments(), site)
            return found if isinstance(found, Client) else client if name in _SELVES else found
        if method is not None:
            return Function(method, client)
        kept = kept_client(client, name, site)
        if kept is not None:
            return kept
        if name in _SELVES:
            return client
        return Member(client, name)

    @of(Client)
    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:
        """`prisma[name]`."""
        if isinstance(owner, Client) and isinstance(index, Const) and isinstance(index.value, str):
            return self._of_client(owner, index.value, site)
        return None

    # Calls

    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Everything that makes a client, or runs a query."""
        match function:
            case Member(owner=Delegate(model=model) as delegate, name=name) if self.calls.has(name):
                given = hooked(delegate.hooks, model.name, name, arguments.get(0), site)
                return self.calls.run(model, name, given, site)
            case Library() if narrows(function):
                return function
            case HandedOn():
                function.take(arguments)
                return OPAQUE
            case Member(owner=Delegate()):
                return None
            case Member(owner=Client() as client, name=name):
                return self._of_client_called(client, name, arguments, site)
            case Member(owner=Pending() as pending, name=name):
                return self.calls.follow(pending, name, arguments.get(0), site)
            case Same():
                return arguments.get(0)
            case Library(name=dotted) if dotted.rpartition(":")[2].startswith("Prisma."):
                return self._of_namespace(dotted.rpartition(".")[2], arguments, site)
            case Library() if is_client_class(function) and arguments.new:
                return Client(site.frame.module.path)
            case Member(name=name) if name in {"sql", "raw", "join", "validator"} and _is_namespace(site):
                return self._of_namespace(name, arguments, site)
        if arguments.new:
            return Client(site.frame.module.path) if is_made_here(site.expr) else None
        kept = self._kept(function, arguments, site)
        return kept if kept is not None else self._unknown(function, arguments, site)

    def _kept(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """A client that something keeps, and is told how to make: `remember("prisma", () => new PrismaClient())`."""
        for given in arguments.args:
            if isinstance(given, Function) and not given.function.parameters and function is not given:
                made_of = given.function
                if made_of.module.mentions(_MAKES, made_of.start, made_of.end):
                    value = site.interpreter.run(given, Arguments(), site)
                    if isinstance(value, Client):
                        return value
        return None

    def _unknown(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """A call on a client that nobody knows."""
        if not isinstance(function, Member | Library):
            return None
        found = self.receivers.called(function, arguments, site)
        if found is not None:
            return self.calls.run(found[0].model, found[1], arguments.get(0), site)
        name = function.name if isinstance(function, Member) else function.name.rpartition(".")[2]
        if name in RUNS or (name == "$transaction" and isinstance(function, Member)):
            return self._of_client_called(Client(), name, arguments, site)
        return None

    def _of_namespace(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        """`Prisma.validator<…>()`, `Prisma.raw(…)`, `Prisma.join(…)`."""
        if name == "validator":
            return Same()
        if name == "defineExtension":
            return arguments.get(0)
        if name == "getExtensionContext":
            return arguments.get(0) or OPAQUE
        return made(name, arguments, site)

    def _of_client_called(self, client: Client, name: str, arguments: Arguments, site: Site) -> Value | None:
        if name == "$transaction":
            note_isolation(arguments.get(1), site)
            return self._transaction(client, arguments.get(0), site)
        if name in RUNS:
            given = arguments.get(0) or OPAQUE
            if name == "$queryRawTyped":
                given = typed_text(self.models.folder(client.home, site.frame.module.path), site) or given
            return self.raw.run(name, given, site, client.home)
        if name == "$extends":
            return extended(client, arguments.get(0), site)
        if name == "withAccelerate":
            return client
        return UNDEFINED if name in _QUIET else None

    def _transaction(self, client: Client, given: Value | None, site: Site) -> Value:
        """`$transaction([…])`, `$transaction(async (tx) => …)`."""
        if isinstance(given, Function):
            return site.interpreter.run(given, Arguments((client,)), site, transaction=site.origin)
        if given is None:
            return OPAQUE
        in_transaction(given, site.origin)
        return self.awaited(given, site) or given

    def tagged(self, tag: Value, parts: tuple[str | Value, ...], site: Site) -> Value | None:
        """`prisma.$queryRaw`…``, `Prisma.sql`…``."""
        match tag:
            case Member(owner=owner, name=name) if name in RUNS and not isinstance(owner, Delegate):
                home = owner.home if isinstance(owner, Client) else ""
                return self.raw.run(name, piece_of(parts, site), site, home)
            case Library(name=dotted) if (
                dotted.rpartition(":")[2] in {"Prisma.sql", "sql"} and "prisma" in dotted.lower()
            ):
                return piece_of(parts, site)
            case Member(name="sql") if _is_namespace(site):
                return piece_of(parts, site)
            case _:
                return None

    # What comes of queries

    @of(Pending, Items, Sequence)
    def awaited(self, value: Value, site: Site) -> Value | None:  # noqa: ARG002 - as vocabularies are asked
        """What a call of the client gives; of an array of them what each does."""
        match value:
            case Pending(value=inner):
                return inner
            case Items(items=items) if any(isinstance(item, Pending) for item in items):
                done = [item.value if isinstance(item, Pending) else item for item in items]
                return Items(done, value.kind, value.open, value.branch)
            case Sequence(element=Pending(value=inner)):
                return replace(value, element=inner)
            case _:
                return None

    @of(Pending, Fetched)
    def iterate(self, value: Value, site: Site) -> Sequence | None:  # noqa: ARG002 - as vocabularies are asked
        """Rows, with their number where the query says it."""
        if isinstance(value, Pending):
            value = value.value
        if not isinstance(value, Fetched) or not value.many:
            return None
        if value.record is not None:
            value.record.otherwise = True
        limit = value.record.draft.limit if value.record is not None else None
        bound = limit.value if limit is not None else None
        return Sequence(replace(value, many=False, optional=False), rows=True, bound=bound, source=value)

    @of(Pending, Rows)
    def escape(self, value: Value, site: Site) -> None:  # noqa: ARG002 - as vocabularies are asked
        """Rows leave our sight, with what was loaded along."""
        escape(value.value if isinstance(value, Pending) else value)


def _is_namespace(site: Site) -> bool:
    """Whether a call or a tag is written as a member of `Prisma`, where nobody knows that name."""
    expr = site.expr
    function = expr.tag if isinstance(expr, Template) else getattr(expr, "function", None)
    return isinstance(function, MemberSyntax) and isinstance(function.owner, Name) and function.owner.id == "Prisma"
