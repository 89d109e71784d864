"""Kysely: what the interpreter is told of its builders and templates."""

from __future__ import annotations

from collections.abc import Sequence as Readings
from dataclasses import replace

from dbarchitect.catalog.queries import Fetch, Use
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.typescript.builders.columns import of_column
from dbarchitect.sources.code.typescript.builders.combining import all_of, any_of, sometimes
from dbarchitect.sources.code.typescript.builders.conditions import truth
from dbarchitect.sources.code.typescript.builders.drafts import either_query, of_each
from dbarchitect.sources.code.typescript.builders.fragments import of_fragment, of_sql, raw_of
from dbarchitect.sources.code.typescript.builders.names import Names, of_query
from dbarchitect.sources.code.typescript.builders.receivers import is_open
from dbarchitect.sources.code.typescript.builders.results import of_row, or_nothing, ran, subscripted
from dbarchitect.sources.code.typescript.builders.running import at_home, handed, run_at, settle
from dbarchitect.sources.code.typescript.builders.statements import run_text
from dbarchitect.sources.code.typescript.builders.templates import Templates
from dbarchitect.sources.code.typescript.builders.values import (
    Column,
    Condition,
    Derived,
    EitherQuery,
    Fragment,
    Row,
    Source,
    Written,
)
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.kysely.building import STARTS, Building
from dbarchitect.sources.code.typescript.kysely.expressions import binary, called, of_case, of_functions
from dbarchitect.sources.code.typescript.kysely.values import (
    LIBRARY,
    Builder,
    Case,
    Client,
    Conflict,
    Functions,
    Joining,
    Opening,
)
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.values import Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary, note_isolation
from dbarchitect.sources.code.values import OPAQUE, Library, Member, Rows, Sequence, Value
from dbarchitect.sources.typescript.syntax import Assign

_RUNS = {
    "execute": Fetch.ALL,
    "executeTakeFirst": Fetch.FIRST,
    "executeTakeFirstOrThrow": Fetch.FIRST,
    "stream": Fetch.ITERATED,
}


class KyselyVocabulary(Vocabulary):
    """Builders, expressions, rows."""

    name = LIBRARY
    needles = (
        rb"\.(?:selectFrom|insertInto|replaceInto|updateTable|deleteFrom)\(",
        rb"executeTakeFirst",
        rb"eb\b(?<=\beb)",
        rb"\$kysely\b",
        rb"sql(?<=\bsql)\s*[`<]",
    )

    def __init__(self, readings: Readings[SourceReading]) -> None:
        self.templates = Templates(Catalogs(readings).near)
        self.building = Building(Names(readings), self.templates)

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:  # noqa: ARG002
        """`Kysely<DB>`, `Transaction<DB>`, `ExpressionBuilder<DB, …>`."""
        head = type_text.partition("<")[0].strip().rpartition(".")[2]
        if head in {"Kysely", "ControlledTransaction"} or (head == "Transaction" and "<" in type_text):
            return Client()
        return Builder() if head == "ExpressionBuilder" else None

    @of(Builder, Client, Row)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:  # noqa: ARG002
        """`eb.fn`, values of rows."""
        match owner:
            case Builder(scope=scope):
                return Functions(scope) if name == "fn" else owner if name == "eb" else None
            case Client():
                return Functions() if name == "fn" else None
            case Row():
                return of_row(owner, name)
            case _:
                return None

    @of(Builder, Functions, Library, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Functions of the library, methods of what it makes."""
        match function:
            case Builder(scope=scope) if len(arguments.args) >= 3:
                return binary(arguments, scope)
            case Functions(scope=scope):
                return called(scope, "fn", arguments)
            case Library(name=dotted) if dotted.startswith("kysely:"):
                return self._library(dotted.removeprefix("kysely:"), arguments, site)
            case Member(owner=owner, name=name):
                return self._method(owner, name, arguments, site)
            case _:
                return None

    def _library(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        first = arguments.get(0)
        match name:
            case "Kysely":
                return Client()
            case "expressionBuilder":
                return Builder()
            case "sql.raw":
                return raw_of(arguments, site)
            case "sql.lit" | "sql.val" | "sql.value":
                return first
            case "sql.ref" | "sql.table" | "sql.id" if isinstance(first, Const):
                dotted = str(first.value).split(".")
                return Fragment((".".join('"' + part.replace('"', '""') + '"' for part in dotted),))
            case "sql.join":
                return of_sql("join", first, arguments)
            case _:
                return None

    def _method(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        match owner:
            case EitherQuery(options=options) if options[0].library == LIBRARY:
                return of_each(owner, lambda draft: self._method(draft, name, arguments, site), site)
            case Draft() if owner.library == LIBRARY:
                found = self.building.method(owner, name, arguments, site)
                return ran(owner, site, _RUNS[name]) if found is None and name in _RUNS else found
            case Builder(scope=scope):
                found_here = called(scope, name, arguments)
                if found_here is None and name in STARTS:
                    return self.building.started(name, arguments.get(0), site, owner)
                return found_here
            case Functions() | Case() | Joining() | Conflict():
                return self._of_part(owner, name, arguments, site)
            case Opening():
                return self._opened(owner, name, arguments, site)
            case Member(name="dynamic") if name in {"ref", "table"}:  # `db.dynamic.ref("users.name")`
                return self._library(f"sql.{name}", arguments, site)
            case Fragment():
                if name != "execute":
                    return of_fragment(owner, name, arguments)
                record = run_text(self.templates, owner, site, Fetch.ALL, LIBRARY)
                return Sequence(OPAQUE, rows=True, record=record) if record is not None else OPAQUE
            case Column():
                same = name in {"distinct", "filterWhere", "over", "orderBy", "$castTo", "$notNull", "filterWhereRef"}
                return owner if same else of_column(owner, name, arguments)
            case Condition():
                return self._of_condition(owner, name, arguments)
            case _ if isinstance(owner, Client) or is_open(owner):
                return self._of_client(owner, name, arguments, site)
            case _:
                return None

    def _of_part(
        self, owner: Functions | Case | Joining | Conflict, name: str, arguments: Arguments, site: Site
    ) -> Value | None:
        match owner:
            case Functions():
                return of_functions(owner, name, arguments)
            case Case():
                return of_case(owner, name, arguments)
            case Joining():
                return self.building.joining(owner, name, arguments, site)
            case Conflict():
                return self.building.writing.conflicted(owner, name, arguments, site)

    def _of_condition(self, owner: Condition, name: str, arguments: Arguments) -> Value | None:
        """`eb(…).and(…)`, `.or(…)`, `.as(…)`; what is named stands in the tables that are asked already."""
        if name in {"as", "$castTo"}:
            return owner
        if name not in {"and", "or"} or not arguments.args:
            return None
        if len(arguments.args) >= 3:
            other: Condition | None = binary(
                arguments, self.building.steps.names.tables(p.column for p in owner.predicates)
            )
        else:
            other = truth(arguments.args[0])
        parts = [owner, other] if other is not None else [owner]
        return all_of(parts) if name == "and" else any_of(parts)

    def _of_client(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        first = arguments.get(0)
        if name in STARTS:
            return self.building.started(name, first, site, owner)
        if name in {"transaction", "startTransaction"} and not arguments.args:
            return Opening()
        if name in {"with", "withRecursive"} and isinstance(first, Const) and isinstance(arguments.get(1), Function):
            return self._with(owner, str(first.value), arguments, site, recursive=name == "withRecursive")
        if isinstance(owner, Client) and name in {"withSchema", "withPlugin", "withoutPlugins", "withTables"}:
            return owner
        return None

    def _with(
        self, owner: Value, name: str, arguments: Arguments, site: Site, *, recursive: bool = False
    ) -> Value | None:
        """`db.with("name", (db) => query)`; what a recursive one begins with says which rows it can reach."""
        known = owner.queries if isinstance(owner, Client) else ()
        callback, label = arguments.args[1], name.partition("(")[0]
        within = (*known, Source(label, None, derived=True)) if recursive else known
        found = (
            site.interpreter.run(callback, Arguments((Client(within),)), site)
            if isinstance(callback, Function)
            else None
        )
        if not isinstance(found, Draft) or found.library != LIBRARY:
            return owner if isinstance(owner, Client) else None
        anchor = found.noted("anchor")
        if recursive and isinstance(anchor, Draft):
            found = found.but(predicates=anchor.predicates)
        return Client((*known, replace(of_query(Derived(found), label), inner=found)))

    def _opened(self, owner: Opening, name: str, arguments: Arguments, site: Site) -> Value | None:
        """`db.transaction().execute(async (trx) => …)`."""
        first = arguments.get(0)
        if name == "execute" and isinstance(first, Function):
            note_isolation(owner.level, site)
            return site.interpreter.run(first, Arguments((Client(),)), site, transaction=site.origin)
        if name == "execute":
            return Client()
        if name == "setIsolationLevel":
            return Opening(first)
        return owner if name == "setAccessMode" else None

    def tagged(self, tag: Value, parts: tuple[str | Value, ...], site: Site) -> Value | None:  # noqa: ARG002
        """``sql`…` ``."""
        return Fragment(parts) if isinstance(tag, Library) and tag.name == "kysely:sql" else None

    @of(Row, Rows, Sequence)
    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:  # noqa: ARG002
        """The first of several rows."""
        if isinstance(owner, Row):
            return of_row(owner, index.value) if isinstance(index, Const) and isinstance(index.value, str) else None
        return subscripted(owner, index)

    @of(Row)
    def truth(self, value: Value, site: Site) -> None:  # noqa: ARG002
        """A row is tested for being there."""
        if isinstance(value, Row):
            value.record.uses.add(Use.TESTED)

    @of(EitherQuery, Draft, Row)
    def escape(self, value: Value, site: Site) -> None:
        """A query that leaves our sight is run elsewhere."""
        if isinstance(site.expr, Assign):
            return
        if isinstance(value, EitherQuery):
            for option in value.options:
                self.escape(option, site)
        if isinstance(value, Draft) and value.library == LIBRARY and value.table is not None:
            run_at(value, at_home(value, site), Fetch.BUILT)
        elif isinstance(value, Row) and value.record.draft.library == LIBRARY:
            value.record.escape()

    @of(Draft, EitherQuery)
    def returned(self, value: Value, site: Site) -> Value | None:
        """A query that a function gives to its caller is the caller's from then on."""
        if isinstance(value, EitherQuery) and value.options[0].library == LIBRARY:
            return EitherQuery(tuple(handed(option, site) for option in value.options))
        return handed(value, site) if isinstance(value, Draft) and value.library == LIBRARY else None

    def merge(self, first: Value, second: Value) -> Value | None:
        """Conditions that hold on one way only."""
        if isinstance(first, Condition) and isinstance(second, Condition | Fragment):
            return all_of(sometimes(c) for c in (first, truth(second)) if c is not None)
        if isinstance(first, Client) or isinstance(second, Client):
            return first if isinstance(first, Client) else second
        return either_query(first, second) or or_nothing(first, second)

    @of(Condition, Fragment)
    def sometimes(self, value: Value) -> Value | None:
        """A condition that is there on some ways only."""
        if isinstance(value, Condition):
            return sometimes(value)
        return Condition(written=(Written(value, optional=True),)) if isinstance(value, Fragment) else None

    def finish(self, interpreter: Following) -> None:
        """Queries that were handed on and are seen to be run by whoever got them are told once."""
        for _ in settle(interpreter.recorder.records, LIBRARY):
            continue  # what nobody is seen to run stays as it is: a part of some other query, more often than not
