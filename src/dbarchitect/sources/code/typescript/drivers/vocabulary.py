"""Raw SQL of a program: the texts that drivers are given, the templates that they tag, their transactions.

Sources: https://node-postgres.com/apis/pool, https://github.com/porsager/postgres, https://sidorares.github.io/node-mysql2/docs,
https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md
"""

from __future__ import annotations

from collections.abc import Sequence as Readings

from dbarchitect.catalog.queries import EventKind, Fetch, Use
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.typescript.drivers.formatted import formatted
from dbarchitect.sources.code.typescript.drivers.relays import Relay, fetched_by_name, runs_by_name, texts_in
from dbarchitect.sources.code.typescript.drivers.running import LIBRARY, SqlRunner
from dbarchitect.sources.code.typescript.drivers.texts import Names, Pasted, Statement
from dbarchitect.sources.code.typescript.drivers.values import (
    Connection,
    Prepared,
    Result,
    Shape,
    Transacting,
    connection_of,
    named_statement,
    of_type,
    tag_of,
)
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.speaking import of
from dbarchitect.sources.code.typescript.values import Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.typescript.walking import dotted
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Library, Member, Opaque, Sequence, Value
from dbarchitect.sources.typescript.syntax import Call, Template

_RUNS = {
    "query": Fetch.ALL, "execute": Fetch.ALL, "unsafe": Fetch.ALL, "raw": Fetch.ALL, "exec": Fetch.NONE,
    "queryRaw": Fetch.ALL, "executeQuery": Fetch.ALL, "executeMultiple": Fetch.NONE, "all": Fetch.ALL,
    "get": Fetch.FIRST, "run": Fetch.NONE, "each": Fetch.ITERATED, "any": Fetch.ALL, "many": Fetch.ALL,
    "one": Fetch.ONE, "maybeOne": Fetch.FIRST, "oneFirst": Fetch.SCALAR, "none": Fetch.NONE, "oneOrNone": Fetch.FIRST,
    "manyOrNone": Fetch.ALL, "stream": Fetch.ITERATED, "simple": Fetch.NONE,
}  # fmt: skip
_PREPARED = {"all": Fetch.ALL, "get": Fetch.FIRST, "run": Fetch.NONE, "iterate": Fetch.ITERATED, "values": Fetch.ALL,
             "first": Fetch.FIRST, "execute": Fetch.ALL, "raw": Fetch.ALL}  # fmt: skip
_SAME = frozenset({"pluck", "expand", "raw", "safeIntegers", "bind", "columns"})
_LENDING = frozenset({"connect", "getConnection", "acquire", "reserve", "promise", "getClient", "verbose"})
_TRANSACTIONS = frozenset({"begin", "transaction", "tx", "task", "savepoint"})
_BY_NAME = {"beginTransaction": None, "commit": EventKind.COMMIT, "rollback": EventKind.ROLLBACK}
_TAG_NAMES = frozenset({"sql", "pgSql", "SQL"})
_TAKING_SQL = (b"query", b"execute", b"prepare", b"raw", b"unsafe", b"exec", b"all", b"get", b"run", b"one", b"many",
               b">")  # fmt: skip
"""What stands before the bracket of a call that is given a text of SQL; `>` ends type arguments."""
_TAGS = (b"sql", b"pgSql", b"SQL", b"tx", b"client", b"db")


class DriverVocabulary(Vocabulary):
    """Connections of drivers, and any call that is given a text of SQL."""

    name = LIBRARY
    needles = (
        (
            rb"\((?=\s*[\"'`{])(?:"
            + b"|".join(rb"(?<=" + name + rb"\()" for name in _TAKING_SQL)
            + rb")\s*(?:[\"'`]\s*"
            rb"(?i:select|insert|update|delete|with|begin|commit|rollback|create|replace|truncate)\b|\{\s*text\b)"
        ),
        rb"`(?:" + b"|".join(rb"(?<=\b" + name + rb"`)" for name in _TAGS) + rb")",
        rb"<(?:" + b"|".join(rb"(?<=\b" + name + rb"<)" for name in _TAGS) + rb")[^<>`]*>`",
        *(name + rb"\w*\.(?:all|get|run|iterate)\(" for name in (b"tmt", b"tatement", b"uery")),
        rb"\.(?:query|execute|prepare|unsafe)\(\s*[\w.]+\s*[,)]",
        rb"\.run\([^;]{0,400}?,\s*(?:[\w.]+\.)?(?:\w*[pP]ool|\w*[cC]lient|\w*[cC]onn(?:ection)?|\w*[dD]b|tx|trx)\s*\)",
        *(
            quote + rb"\s*(?i:select\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s)"
            for quote in (b'"', b"'", b"`")
        ),
    )

    def __init__(self, readings: Readings[SourceReading]) -> None:
        self.readings = readings
        self.runner = SqlRunner(Catalogs(readings).near)

    def of_library(self, library: Library, site: Site) -> Value | None:  # noqa: ARG002
        """`import { sql } from "@vercel/postgres"`."""
        return tag_of(library.name)

    def typed(self, type_text: str, frame: Frame, interpreter: Following) -> Value | None:  # noqa: ARG002
        """`client: PoolClient`, `sql: postgres.Sql`."""
        head = type_text.partition("<")[0].partition(".")[0].strip()
        imported = frame.module.imports.get(head)
        return of_type(type_text, imported.specifier) if imported is not None else None

    def tagged(self, tag: Value, parts: tuple[str | Value, ...], site: Site) -> Value | None:
        """``sql`select …` ``."""
        expr = site.expr
        if not isinstance(expr, Template) or expr.tag is None:
            return None
        if isinstance(tag, Library) and len(parts) == 1 and isinstance(parts[0], str):
            return named_statement(tag.name, Const(parts[0]))
        known = isinstance(tag, Connection) and tag.tag
        named = tag is OPAQUE or isinstance(tag, Member) or (isinstance(tag, Opaque) and not tag.raw)
        if not (known or (named and dotted(expr.tag).rpartition(".")[2] in _TAG_NAMES)):
            return None
        module = site.frame.module
        sources = tuple(module.text(part.start, part.end) for part in expr.parts if not isinstance(part, str))
        made = Statement(parts, sources)
        eager = isinstance(tag, Connection) and tag.driver == "@vercel/postgres"
        return self._run(made, (), site, Fetch.ALL, tag.shape) if eager and isinstance(tag, Connection) else made

    @of(Library, Connection, Function, Transacting, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Connecting, preparing, running a statement."""
        match function:
            case Library(name=name):
                made = connection_of(name) or formatted(name, arguments)
                return made if made is not None else named_statement(name, arguments.get(0))
            case Connection() if function.tag:
                return self._of_tag(function, arguments, site)
            case Function():
                return self._of_function(function, arguments, site)
            case Transacting(function=inner):
                return site.interpreter.run(inner, arguments, site, transaction=site.origin)
            case Member(owner=Transacting(function=inner)):
                return site.interpreter.run(inner, arguments, site, transaction=site.origin)
            case Member(owner=Prepared() as prepared, name=name):
                return self._of_prepared(prepared, name, arguments, site)
            case Member(owner=owner, name=name):
                return self._of_member(owner, name, arguments, site)
            case _:
                return None

    @of(Statement, Result)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """`result.rows`, `pool.promise`."""
        if isinstance(owner, Statement):
            run = self._run(owner, (), site, Fetch.ALL, Shape.BARE) if name == "rows" else None
            return run if run is not None else Member(owner, name)
        if not isinstance(owner, Result):
            return None
        if name in {"rows", "results"}:
            return _rows(owner.record)
        if name in {"rowCount", "affectedRows", "changes", "lastInsertRowid", "insertId", "rowsAffected"}:
            return Opaque(number=True)
        return Member(_rows(owner.record) if owner.shape is Shape.LOOSE else owner, name)

    @of(Result)
    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:  # noqa: ARG002
        """`const [rows] = await pool.query(…)`."""
        if not isinstance(owner, Result):
            return None
        first = isinstance(index, Const) and index.value == 0
        if owner.shape is Shape.PAIRED:
            return _rows(owner.record) if first else OPAQUE
        if owner.shape is Shape.LOOSE and owner.record is not None and first:
            owner.record.uses.add(Use.FIRST_ONLY)
        if owner.record is not None:
            owner.record.otherwise = True
        return Opaque()

    @of(Statement, Result, Connection)
    def awaited(self, value: Value, site: Site) -> Value | None:
        """A template that runs when it is awaited."""
        if isinstance(value, Statement):
            return self._run(value, (), site, Fetch.ALL, Shape.BARE)
        return value if isinstance(value, Result | Connection) else None

    @of(Statement, Result)
    def iterate(self, value: Value, site: Site) -> Sequence | None:
        """`for (const row of rows)`."""
        if isinstance(value, Statement):
            value = self._run(value, (), site, Fetch.ITERATED, Shape.BARE)
        if isinstance(value, Result):
            return Sequence(Opaque(), rows=True, record=value.record)
        return None

    @of(Statement, Result)
    def escape(self, value: Value, site: Site) -> None:
        """A template that is handed on runs somewhere else."""
        if isinstance(value, Statement):
            self._run(value, (), site, Fetch.ALL, Shape.BARE)
        elif isinstance(value, Result) and value.record is not None:
            value.record.escape()

    def _of_function(self, function: Function, arguments: Arguments, site: Site) -> Value | None:
        """A function of the project that is given a text of SQL: it is followed for how it runs it; where that is not
        seen, its name tells."""
        relays = self.runner.relays
        position, text = next((t for t in texts_in(arguments) if self.runner.is_statement(t[1], site)), (0, None))
        if text is None or relays.of(text) is not None:
            return None
        interpreter = site.interpreter
        given = _given(Arguments(arguments.args[position:]))
        if isinstance(arguments.args[position], Entries):
            given = _values(arguments.args[position])
        relay = Relay(text, site, interpreter.recorder.direct, given)
        relays.open.append(relay)
        try:
            result = interpreter.run(function, arguments, site)
            if not relay.records:
                name = function.function.name
                if not runs_by_name(name):
                    return result
                fetch = fetched_by_name(name)
                return (
                    _one(self.runner.run(text, given, site, fetch))
                    if fetch is Fetch.FIRST
                    else self._run(text, given, site, fetch, Shape.LOOSE)
                )
        finally:
            relays.open.remove(relay)
        return Result(relay.records[-1], Shape.LOOSE) if result == OPAQUE else result

    def _of_tag(self, tag: Connection, arguments: Arguments, site: Site) -> Value | None:
        """`sql(name)`, `sql(rows)`; Neon's `sql(text, values)`."""
        first = arguments.get(0)
        if self.runner.is_statement(first, site):
            return self._run(first, _given(arguments), site, Fetch.ALL, tag.shape)
        return Names(first) if first is not None else None

    def _of_prepared(self, prepared: Prepared, name: str, arguments: Arguments, site: Site) -> Value | None:
        if name in _PREPARED and not (name == "raw" and not arguments.args):
            given = (*prepared.given, *arguments.args)
            fetch = Fetch.ALL if prepared.gives else _PREPARED[name]
            record = self.runner.run(prepared.text, given, site, fetch)
            if fetch is Fetch.FIRST:
                return _one(record)
            return _rows(record) if fetch in {Fetch.ALL, Fetch.ITERATED} else Result(record)
        if name == "bind":
            return Prepared(prepared.text, (*prepared.given, *arguments.args))
        return prepared if name in _SAME else None

    def _of_member(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        first = arguments.get(0)
        known = self._of_connection(owner, name, arguments, site) if isinstance(owner, Connection) else None
        if known is not None:
            return known
        if name == "prepare" and self.runner.is_statement(first, site) and first is not None:
            return Prepared(first)
        if not (isinstance(owner, Connection) or _is_unknown(owner)):
            return None
        fetch = _RUNS.get(name)
        if fetch is None:  # a client of the project's own, that nobody knows
            if isinstance(owner, Connection) or not runs_by_name(name) or isinstance(first, Entries):
                return None
            fetch = fetched_by_name(name)
        given = _given(arguments)
        if isinstance(first, Entries):
            given = _values(first.entries.get("values") or first.entries.get("args"))
            first = first.entries.get("text") or first.entries.get("sql")
        if not self.runner.is_statement(first, site):
            return None
        shape = owner.shape if isinstance(owner, Connection) else Shape.HELD if name in _RUNS else Shape.LOOSE
        found = self._run(first, given, site, fetch, shape)
        for argument in arguments.args[1:]:
            if isinstance(argument, Function):  # callbacks of pg, mysql and sqlite3: `(error, rows) => …`
                site.interpreter.run(argument, Arguments((OPAQUE, found)), site)
        return found

    def _of_connection(self, owner: Connection, name: str, arguments: Arguments, site: Site) -> Value | None:
        """What a connection does besides running a text."""
        first = arguments.get(0)
        if name in _LENDING:
            return owner
        if name in _TRANSACTIONS:
            return self._transaction(owner, name, arguments, site)
        if name in _BY_NAME and not arguments.args:
            return self._by_name(name, site)
        if name == "unsafe" and isinstance(first, Const | Opaque) and not self.runner.is_statement(first, site):
            return Pasted(first, _written(site))
        if name == "batch" and isinstance(first, Items):
            return self._batch(owner, first, site)
        if name == "query" and owner.driver == "bun:sqlite" and first is not None:
            return Prepared(first)
        return first if name == "array" else None

    def _transaction(self, owner: Connection, name: str, arguments: Arguments, site: Site) -> Value | None:
        """`sql.begin(async (sql) => …)`, `db.transaction(() => …)`, knex's `transaction(async (trx) => …)`."""
        inner = next((given for given in arguments.args if isinstance(given, Function)), None)
        if inner is None:
            return owner if name == "transaction" else None
        if owner.driver in {"better-sqlite3", "bun:sqlite"}:
            if site.interpreter.is_own(inner):
                site.interpreter.run(inner, Arguments(dynamic=True), site, transaction=site.origin)
            return Transacting(inner)
        opened = None if name == "task" else site.origin
        return site.interpreter.run(inner, Arguments((owner,)), site, transaction=opened)

    def _by_name(self, name: str, site: Site) -> Value:
        """mysql2's `beginTransaction()`, `commit()`, `rollback()`."""
        kind = _BY_NAME[name]
        if kind is None:
            site.frame.transaction = site.origin
        else:
            site.interpreter.event(kind, site)
            site.frame.transaction = None
        return OPAQUE

    def _batch(self, owner: Connection, statements: Items, site: Site) -> Value:
        """libsql's `batch([{ sql, args }])`: one transaction."""
        outer, site.frame.transaction = site.frame.transaction, site.origin
        for item in statements.items:
            text = item.entries.get("sql") if isinstance(item, Entries) else item
            given = _values(item.entries.get("args")) if isinstance(item, Entries) else ()
            self._run(text, given, site, Fetch.ALL, owner.shape)
        site.frame.transaction = outer
        return OPAQUE

    def _run(self, value: Value | None, given: tuple[Value, ...], site: Site, fetch: Fetch, shape: Shape) -> Value:
        record = self.runner.run(value, given, site, fetch)
        if shape is Shape.BARE:
            return _one(record) if fetch in {Fetch.FIRST, Fetch.ONE, Fetch.SCALAR} else _rows(record)
        return Result(record, shape)


def _given(arguments: Arguments) -> tuple[Value, ...]:
    """The parameters of a statement: an array, or what follows the text."""
    return tuple(value for argument in arguments.args[1:] for value in _values(argument))


def _values(value: Value | None) -> tuple[Value, ...]:
    match value:
        case None | Function():
            return ()
        case Items(items=items):
            return tuple(items)
        case Entries(entries=entries):
            return tuple(entries.values())
        case _:
            return (value,)


def _is_unknown(owner: Value) -> bool:
    """Whether nothing is known of a value: a client that comes from where we do not see."""
    return owner is OPAQUE or isinstance(owner, Library) or (isinstance(owner, Opaque | Member) and not _raw(owner))


def _raw(owner: Value) -> bool:
    return isinstance(owner, Opaque) and owner.raw


def _rows(record: Record | None) -> Value:
    return Sequence(Opaque(), rows=True, record=record)


def _one(record: Record | None) -> Value:
    if record is not None:
        record.otherwise = record.escaped = True
    return Opaque()


def _written(site: Site) -> str:
    """How the first argument of a call is written."""
    call = site.expr
    first = call.args[0] if isinstance(call, Call) and call.args else call
    return site.frame.module.text(first.start, first.end)
