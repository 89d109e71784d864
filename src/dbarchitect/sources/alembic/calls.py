"""The calls of a migration: what each does to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Identity
from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.refs import Ref
from dbarchitect.change.operations import CreateTable, Remove
from dbarchitect.sources.alembic.elements import Elements
from dbarchitect.sources.alembic.entities import entity_sql
from dbarchitect.sources.alembic.guards import Guards
from dbarchitect.sources.alembic.operations import BATCH_POSITIONS, Operations
from dbarchitect.sources.alembic.receivers import Receiver, Receivers, Role
from dbarchitect.sources.alembic.sql import ALTERS, run_sql
from dbarchitect.sources.alembic.state import State
from dbarchitect.sources.alembic.texts import Texts
from dbarchitect.sources.python.expressions import Attribute, Call, Expr, Literal, Name
from dbarchitect.sources.python.resolved import External
from dbarchitect.sources.python.statements import FunctionDef
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located
from dbarchitect.sources.sqlfiles.record import Said
from dbarchitect.sources.sqlfiles.schema import Passed, Unreplayable

_EXECUTING = frozenset({"execute", "exec_driver_sql", "scalar", "scalars", "exec"})
_QUIET = frozenset({"commit", "flush", "close", "rollback", "begin", "get_bind", "get_context", "f", "expunge_all"})
_DEEPEST = 12


class Calls:
    """Does what calls do. `enter` follows a function of the project."""

    def __init__(
        self,
        state: State,
        elements: Elements,
        receivers: Receivers,
        guards: Guards,
        enter: Callable[[FunctionDef, Call, Frame], Located | None],
    ) -> None:
        self.state = state
        self.elements = elements
        self.names = elements.names
        self.receivers = receivers
        self.guards = guards
        self.enter = enter
        self.operations = Operations(state, elements)
        self.texts = Texts(self.names)

    def effect(self, expr: Expr, frame: Frame) -> None:
        """Do what an expression standing alone does."""
        if not isinstance(expr, Call) or self.guards.quiet:
            return
        try:
            self._call(expr, frame)
        except Passed:
            pass
        except Unreplayable as error:
            self._said(expr, frame)
            self.state.report(str(error))
            self.state.noted(OperationKind.OTHER, Ref.database())
        self.state.record.settle()

    def effects_within(self, expr: Expr, frame: Frame) -> None:
        """Do what calls inside an expression do whose result is used: `conn.execute(…).scalar()`."""
        for call in _calls(expr):
            receiver, method = self.receivers.called(call, frame)
            if receiver is not None and (method in _EXECUTING or (receiver.role is Role.OP and method not in _QUIET)):
                self.effect(call, frame)

    def _said(self, call: Call, frame: Frame) -> None:
        source = frame.module.source[call.span.start : call.span.end].decode("utf-8", "replace")
        # A call of a function that made the text up: values in it are none of ours.
        self.state.said = Said(source, frame.module.origin(call.span))

    def _call(self, call: Call, frame: Frame) -> None:
        receiver, method = self.receivers.called(call, frame)
        method = method.replace("_geospatial", "")  # GeoAlchemy's, which besides do what only SpatiaLite needs
        self._said(call, frame)
        if receiver is None:
            self._other(call, frame, method)
            return
        given = self.names.arguments(call, frame)
        match receiver.role:
            case Role.OP:
                self._op(method, given)
            case Role.BATCH:
                self._batch(receiver, method, given)
            case Role.BIND | Role.SESSION | Role.CONTEXT:
                self._connection(method, given)
            case _:
                return

    def _op(self, method: str, given: Invocation) -> None:
        if method in {"execute", "execute_if"}:
            self._execute(given.argument(0, "sqltext"))
        elif method == "batch_alter_table" or method in _QUIET:
            return
        elif method in {"create_entity", "replace_entity", "drop_entity"}:
            sql = entity_sql(self.elements, method, given.argument(0, "entity"))
            if sql is None:
                raise Unreplayable(f"what op.{method} makes could not be read")
            run_sql(self.state, sql)
        elif not self.operations.run(method, given):
            self.state.noted(OperationKind.OTHER, Ref.database())
            self.state.report(f"op.{method} is not followed")

    def _batch(self, receiver: Receiver, method: str, given: Invocation) -> None:
        if method == "execute":
            self._execute(given.argument(0, "sqltext"))
            return
        position = BATCH_POSITIONS.get(method)
        opened = receiver.opened_by
        if position is None or opened is None or not isinstance(opened.expr, Call):
            if method not in _QUIET:
                self.state.report(f"a batch's {method} is not followed")
            return
        batch = self.names.arguments(opened.expr, opened.frame)
        table = batch.argument(0, "table_name")
        if table is None:
            raise Unreplayable("the table of a batch could not be read")
        kwargs = dict(given.kwargs)
        schema = batch.argument(1, "schema")
        if schema is not None:
            kwargs["source_schema" if method == "create_foreign_key" else "schema"] = schema
        first = given.args[:position]
        if position and not first:  # what comes before the table was given by keyword, or not at all
            name = kwargs.pop("index_name", None) or kwargs.pop("constraint_name", None)
            first = (name if name is not None else opened.frame.at(Literal(None)),)
        conventions = batch.kwargs.get("naming_convention")
        before = self.state.conventions
        if conventions is not None:
            entries = self.names.entries(conventions.expr, conventions.frame) or {}
            own = {key: self.elements.word(value) for key, value in entries.items()}
            self._convene({key: value for key, value in own.items() if value is not None})
        self.operations.run(method, replace(given, args=(*first, table, *given.args[position:]), kwargs=kwargs))
        if conventions is not None:
            self._convene(before)

    def open_batch(self, opened: Located) -> None:
        """What `with op.batch_alter_table(…)` does by itself: SQLite's table is made again with other options."""
        if self.state.engine.name != "sqlite" or not isinstance(opened.expr, Call):
            return
        batch = self.names.arguments(opened.expr, opened.frame)
        name, given = self.elements.word(batch.argument(0, "table_name")), batch.kwargs.get("table_kwargs")
        options = self.names.entries(given.expr, given.frame) if given is not None else None
        table = self.state.find(name, None) if name is not None else None
        if table is None or options is None or "sqlite_autoincrement" not in options:
            return
        automatic = self.names.constant(options["sqlite_autoincrement"]) is True
        identity = Identity.AUTOINCREMENT if automatic else Identity.ROWID
        numbered = {Identity.AUTOINCREMENT, Identity.ROWID}
        columns = (replace(c, identity=identity) if c.identity in numbered else c for c in table.columns)
        self.state.put(table, columns=tuple(columns))

    def _convene(self, conventions: object) -> None:
        self.state.conventions = conventions  # type: ignore[assignment]
        self.elements.conventions = conventions  # type: ignore[assignment]

    def _connection(self, method: str, given: Invocation) -> None:
        if method in _EXECUTING:
            self._execute(given.args[0] if given.args else given.kwargs.get("statement"))
        elif method == "run_callable" and given.args:
            return
        elif method not in _QUIET and method not in {"query", "get", "connect", "configure", "autocommit_block"}:
            self.state.noted(OperationKind.RUN_CODE, Ref.database())

    # SQL -------------------------------------------------------------------------------------------------------------

    def _execute(self, located: Located | None, *, bound: bool = True) -> None:
        """Run what `execute` is given: a text, `text(…)`, a statement on rows, DDL as an object."""
        if located is None:
            raise Unreplayable("the SQL that is run here could not be read")
        sql = self._text(located)
        if sql is not None:
            run_sql(self.state, sql, bound=bound)
            return
        if self._rows(located) or self._ddl(located):
            return
        self.state.noted(OperationKind.RUN_CODE, self._altered(located))
        if not self._is_about_rows(located):
            self.state.report("the SQL that is run here could not be read")

    def _text(self, located: Located, depth: int = 0) -> str | None:
        value = self.guards.value(located.expr, located.frame)
        if isinstance(value, str):
            return value
        if isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
            return ";\n".join(value)
        found = self.names.follow(located.expr, located.frame)
        if not isinstance(found, Located) or not isinstance(found.expr, Call) or depth > _DEEPEST:
            return None
        call = found.expr
        content = self.texts.read(call, found.frame)
        if content is not None:
            return content
        function = call.function
        if isinstance(function, Attribute):  # `text(…).bindparams(…)`, `text(…).execution_options(…)`
            return self._text(found.frame.at(function.value), depth + 1)
        made = self.names.invocation(call, found.frame)
        target = self.names.follow(function, found.frame)
        if isinstance(target, External) and target.name in {"textwrap.dedent", "inspect.cleandoc"} and call.args:
            return self._text(found.frame.at(call.args[0]), depth + 1)
        if made is not None and made.name in {"text", "DDL", "literal_column"} and made.args:
            return self._text(made.args[0], depth + 1)
        if made is None and (call.name or "").rpartition(".")[2] in {"text", "dedent", "DDL"} and call.args:
            return self._text(found.frame.at(call.args[0]), depth + 1)
        if isinstance(target, FunctionDef):
            returned = self.enter(target, call, found.frame)
            return self._text(returned, depth + 1) if returned is not None else None
        head, _, method = (call.name or "").rpartition(".")
        if head and method in {"bindparams", "execution_options", "columns"}:
            return self._text(found.frame.at(Name(head, call.span)), depth + 1)
        return None

    def _rows(self, located: Located) -> bool:
        """`table.update().where(…).values(…)`, `insert(table)`: an operation on the rows of a table."""
        chain = _chain(self.names.follow(located.expr, located.frame))
        kinds = {"update": OperationKind.UPDATE, "delete": OperationKind.DELETE, "insert": OperationKind.INSERT}
        verb = next((name for _, name in chain if name in kinds), None)
        if any(name == "select" for _, name in chain) and verb is None:
            return True
        if verb is None:
            return False
        base = next(call for call, name in chain if name == verb)
        filtered = any(name in {"where", "filter", "filter_by"} for _, name in chain)
        ref = self._table_of(base)
        self.state.said = replace(
            self.state.said, statement=f"{verb} {ref.table or '…'}{' where …' if filtered else ''}"
        )
        self.state.noted(kinds[verb], ref, filtered=filtered)
        return True

    def _table_of(self, located: Located) -> Ref:
        """The table that `table.update()` or `update(table)` works on."""
        call = located.expr
        if not isinstance(call, Call):
            return Ref.database()
        candidates: list[Expr] = [*call.args[:1]]
        if isinstance(call.function, Attribute):
            candidates.append(call.function.value)
        elif "." in (call.name or ""):
            candidates.append(Name((call.name or "").rpartition(".")[0], call.span))
        for candidate in candidates:
            made = self.names.invocation(candidate, located.frame)
            if made is not None and made.name in {"table", "Table", "sql.table"} and made.args:
                name = self.elements.word(made.args[0])
                if name is not None:
                    schema = self.elements.word(made.kwargs.get("schema"))
                    return Ref.of_table(name, self.state.schema.key(schema, name)[0])
        return Ref.database()

    def _altered(self, located: Located) -> Ref:
        """The table that a text changes of which some pieces are not known (`f"ALTER TABLE roms {added}"`)."""
        said = ALTERS.search(self._written(located).decode(errors="replace"))
        table = self.state.find(said[1], None) if said is not None else None
        return table.ref if table is not None else Ref.database()

    def _written(self, located: Located) -> bytes:
        """An expression as it is written, and what it is a name for."""
        source = located.frame.module.source[located.span.start : located.span.end].lower()
        found = self.names.follow(located.expr, located.frame)
        if isinstance(found, Located) and found.expr is not located.expr:
            source += found.frame.module.source[found.span.start : found.span.end].lower()
        return source

    def _is_about_rows(self, located: Located) -> bool:
        source = self._written(located)
        ddl = any(word in source for word in (b"create ", b"alter ", b"drop "))
        return not ddl and any(word in source for word in (b"select", b"insert", b"update", b"delete", b"values"))

    def _ddl(self, located: Located) -> bool:
        """`CreateSequence(Sequence("x"))`, `CreateSchema("x")`, `DropTable(…)` … as SQLAlchemy writes them."""
        made = self.names.invocation(located.expr, located.frame)
        if made is None or not made.args:
            return False
        inner = self.names.invocation(made.args[0].expr, made.args[0].frame)
        name = self.elements.word(made.args[0]) or (self.elements.word(inner.args[0]) if inner and inner.args else None)
        kind = made.name.rpartition(".")[2]
        words = {"CreateSequence": "CREATE SEQUENCE", "DropSequence": "DROP SEQUENCE", "CreateSchema": "CREATE SCHEMA",
                 "DropSchema": "DROP SCHEMA", "DropTable": "DROP TABLE"}  # fmt: skip
        if name is None or kind not in words:
            return False
        exists = " IF EXISTS" if self.elements.flag(made, "if_exists") else ""
        exists = " IF NOT EXISTS" if self.elements.flag(made, "if_not_exists") else exists
        quoted = '"' + name.replace('"', '""') + '"'
        run_sql(self.state, f"{words[kind]}{exists} {quoted}")
        return True

    # Everything else -------------------------------------------------------------------------------------------------

    def _other(self, call: Call, frame: Frame, method: str) -> None:
        """A call of something that is not Alembic's: the project's function, `ENUM(…).create(bind)`, a library."""
        found = self.names.follow(call.function, frame)
        if isinstance(found, FunctionDef):
            self.enter(found, call, frame)
            return
        if method in {"create", "drop"} and self._made_here(call, frame, method):
            return
        inner = _receiver_of(call)
        if isinstance(inner, Call):
            self.effects_within(inner, frame)
            return
        if isinstance(found, External) and found.name.partition(".")[0] in _HARMLESS:
            self.effects_within(call, frame)
            return
        given = [receiver for arg in call.args if (receiver := self.receivers.of(arg, frame)) is not None]
        if any(receiver.role in {Role.BIND, Role.SESSION, Role.OP} for receiver in given):
            self.state.noted(OperationKind.RUN_CODE, Ref.database())
            if any(receiver.role is Role.OP for receiver in given) or method in {"create_all", "drop_all", "run_sync"}:
                self.state.report("what this call does to the database could not be told")

    def _made_here(self, call: Call, frame: Frame, method: str) -> bool:
        """`Enum(…).create(bind)`, `Table(…).create(bind)`, `Sequence(…)`, `Index(…)` and their `drop`."""
        subject = _receiver_of(call)
        made = self.names.invocation(subject, frame) if subject is not None else None
        if made is None:
            return False
        kind = made.name.rpartition(".")[2]
        if kind in {"Enum", "ENUM"} or (made.cls is not None and kind not in {"Table", "Sequence"}):
            self._enum(made, method)
        elif kind == "Table":
            self._written_table(made, method)
        elif kind == "Sequence" and made.args and (name := self.elements.word(made.args[0])) is not None:
            quoted = '"' + name.replace('"', '""') + '"'
            run_sql(self.state, f"{method} sequence {'if exists ' if method == 'drop' else ''}{quoted}")
        else:
            return False
        return True

    def _enum(self, made: Invocation, method: str) -> None:
        read = self.elements.types.attempt(made.location)
        name = (
            read.enum.name
            if read is not None and read.enum is not None
            else self.elements.word(made.kwargs.get("name"))
        )
        if self.state.engine.name != "postgresql" or name is None:
            return
        schema = read.enum.schema if read is not None and read.enum is not None else None
        key = self.state.schema.key(schema, name)
        if method == "create" and read is not None and read.enum is not None:
            self.state.create_enum(read.enum)
        elif method == "drop" and key in self.state.schema.enums:
            enum = self.state.schema.enums.pop(key)
            self.state.done(Remove(enum))

    def _written_table(self, made: Invocation, method: str) -> None:
        name = self.elements.word(made.args[0]) if made.args else None
        schema = self.elements.word(made.kwargs.get("schema"))
        if name is None:
            raise Unreplayable("the name of a table could not be read")
        known = self.state.find(name, schema)
        if method == "drop":
            if known is not None:
                self.operations.drop(known)
            return
        if known is not None:
            return
        draft = self.elements.draft(name, schema, made.location)
        table = self.state.create(self.elements.table(draft, made.args[2:], made.kwargs))
        self.state.done(CreateTable(table), before=(table,))


_HARMLESS = frozenset({"builtins", "logging", "time", "sys", "warnings", "os", "datetime", "json"})


def _receiver_of(call: Call) -> Expr | None:
    """What a method is called on."""
    if isinstance(call.function, Attribute):
        return call.function.value
    head = (call.name or "").rpartition(".")[0]
    return Name(head, call.span) if head else None


def _chain(target: object) -> list[tuple[Located, str]]:
    """The calls of `a.b().c()` with the names of what they call, the last first."""
    found: list[tuple[Located, str]] = []
    if not isinstance(target, Located):
        return found
    expr: Expr | None = target.expr
    while isinstance(expr, Call):
        name = expr.function.attr if isinstance(expr.function, Attribute) else (expr.name or "").rpartition(".")[2]
        found.append((target.frame.at(expr), name))
        expr = expr.function.value if isinstance(expr.function, Attribute) else None
    return found


def _calls(expr: Expr, depth: int = 0) -> Iterator[Call]:
    """The calls in an expression, outermost first; those inside one that was found are its own business."""
    if not isinstance(expr, Call) or depth > _DEEPEST:
        return
    yield expr
    inner = _receiver_of(expr)
    if isinstance(inner, Call):
        yield from _calls(inner, depth + 1)
    if (expr.name or "") in {"list", "dict", "set", "tuple", "len", "bool", "int", "next", "iter", "sorted"}:
        for arg in expr.args:
            yield from _calls(arg, depth + 1)
