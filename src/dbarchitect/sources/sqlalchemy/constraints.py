"""`__table_args__` and the arguments of `Table(…)`: indexes and constraints."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import IndexColumn
from dbarchitect.sources.python.constants import UNKNOWN
from dbarchitect.sources.python.expressions import Call, Dict, Display, Name
from dbarchitect.sources.python.statements import FunctionDef, Mutate
from dbarchitect.sources.sqlalchemy.columns import ColumnReader
from dbarchitect.sources.sqlalchemy.drafts import (
    ColumnTarget,
    ExclusionDraft,
    ForeignKeyDraft,
    IndexDraft,
    TableDraft,
    UniqueDraft,
)
from dbarchitect.sources.sqlalchemy.located import Invocation, Located
from dbarchitect.sources.sqlalchemy.sqltext import Ordered

_DEFAULT_CLASSES = re.compile(
    r"(?:text|varchar|bpchar|int[248]|float[48]|numeric|bool|date|time|timetz|timestamp|timestamptz|uuid|jsonb|array|"
    r"tsvector|bytea|inet|cidr|enum|range|interval)_ops\Z"
)
_TEXT_KEY = re.compile(
    r"""\s*(?P<name>[A-Za-z_]\w*|"(?:[^"]|"")+")(?:\s+(?P<ops>\w+_ops))?(?:\s+(?P<direction>asc|desc))?"""
    r"""(?:\s+nulls\s+(?P<nulls>first|last))?\s*\Z""",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?<!\s)\s++(?P<direction>asc|desc)(?:\s++nulls\s++(?P<nulls>first|last))?\s*+\Z", re.IGNORECASE
)
_CONSTRAINTS = frozenset(
    {"Index", "UniqueConstraint", "CheckConstraint", "ForeignKeyConstraint", "PrimaryKeyConstraint",
     "postgresql.ExcludeConstraint"}
)  # fmt: skip


class ConstraintReader:
    """Reads what belongs to a table besides its columns."""

    def __init__(self, columns: ColumnReader) -> None:
        self.columns = columns
        self.names = columns.names
        self.text = columns.text
        self.engine = columns.engine

    def table_args(self, table: TableDraft, located: Located) -> None:
        """`__table_args__`: a dictionary of options, or a tuple of constraints that may end in one."""
        options = self.names.entries(located.expr, located.frame)
        if options is not None:
            self.options(table, options)
            return
        items = self.names.items(located.expr, located.frame)
        if items is None:
            target = self.names.follow(located.expr, located.frame)
            if isinstance(target, Located) and self.names.constant(target) in (None, ()):
                return
            if self._is_local_list(located):
                return
            table.arguments_unread = True
            self.columns.report(located, f"the __table_args__ of {table.model or table.name} could not be read")
            return
        for item in items:
            if not self.item(table, item):
                found = self.names.follow(item.expr, item.frame)
                where = found if isinstance(found, Located) else item
                entries = self.names.entries(where.expr, where.frame)
                if entries is not None:
                    self.options(table, entries)
                elif isinstance(where.expr, (Display, Dict)) or self.names.constant(where) is not UNKNOWN:
                    continue
                else:
                    self.columns.report(item, f"an argument of table {table.name} could not be read")

    def _is_local_list(self, located: Located) -> bool:
        """Whether this is a list that the function around it has built up, which is read statement by statement."""
        expr = located.expr
        if isinstance(expr, Call) and expr.name in {"tuple", "list"} and len(expr.args) == 1:
            expr = expr.args[0]
        scope = located.frame.scope
        if not isinstance(scope, FunctionDef) or not isinstance(expr, Name):
            return False
        return any(isinstance(s, Mutate) and s.target == expr.id for s in scope.body)

    def options(self, table: TableDraft, entries: Mapping[str, Located]) -> None:
        """The keyword arguments of `Table(…)`."""
        given = entries.get("schema")
        if given is not None and self.names.name_of(given.expr, given.frame) == "BLANK_SCHEMA":
            table.schema = None
        schema = self.names.constant(given)
        if isinstance(schema, str):
            table.schema = schema
        comment = self.names.constant(entries.get("comment"))
        if isinstance(comment, str):
            table.comment = comment
        for name, value in entries.items():
            constant = self.names.constant(value)
            if constant is not UNKNOWN:
                table.options[name] = constant

    def item(self, table: TableDraft, located: Located) -> bool:
        """An Index or constraint, put into the table; False for anything else."""
        call = self.names.invocation(located.expr, located.frame)
        if call is None or call.name not in _CONSTRAINTS:
            return False
        self.text.of_table(table)
        match call.name:
            case "Index":
                self.index(table, call)
            case "UniqueConstraint":
                table.unique_keys.append(self._unique(call))
            case "PrimaryKeyConstraint":
                table.primary_key = self._unique(call)
            case "CheckConstraint":
                check = self.columns.check(call)
                if check is not None:
                    table.checks.append(check)
            case "ForeignKeyConstraint":
                self._foreign_key(table, call)
            case _:
                self.exclusion(table, call)
        return True

    def _name(self, call: Invocation, located: Located | None = None) -> str | None:
        value = self.names.constant(located or call.kwargs.get("name"))
        return value if isinstance(value, str) else None

    def _keys(self, args: tuple[Located, ...]) -> tuple[str, ...]:
        keys: list[str] = []
        for arg in args:
            attribute = self.text.attribute(arg)
            value = self.names.constant(arg) if attribute is None else attribute
            if isinstance(value, str):
                keys.append(value)
            else:
                self.columns.report(arg, "a column of this constraint could not be read")
        return tuple(keys)

    def _unique(self, call: Invocation) -> UniqueDraft:
        draft = UniqueDraft(self._keys(call.args), self.columns.origin(call.location), self._name(call))
        initially = self.names.constant(call.kwargs.get("initially"))
        draft.initially_deferred = isinstance(initially, str) and initially.upper() == "DEFERRED"
        draft.deferrable = self.names.constant(call.kwargs.get("deferrable")) is True or draft.initially_deferred
        if self.engine == "postgresql":
            distinct = self.names.constant(call.kwargs.get("postgresql_nulls_not_distinct"))
            draft.nulls_not_distinct = distinct is True
            draft.include = self._included(call)
        return draft

    def _included(self, call: Invocation) -> tuple[str, ...]:
        given = call.kwargs.get("postgresql_include")
        items = self.names.items(given.expr, given.frame) if given is not None else None
        return self._keys(items or ())

    def _foreign_key(self, table: TableDraft, call: Invocation) -> None:
        columns, targets = call.argument(0, "columns"), call.argument(1, "refcolumns")
        own = self.names.items(columns.expr, columns.frame) if columns is not None else None
        other = self.names.items(targets.expr, targets.frame) if targets is not None else None
        if own is None or other is None:
            self.columns.report(call.location, "the columns of this foreign key could not be read")
            return
        pointed: tuple[ColumnTarget, ...] = tuple(self.columns.target(target, call) for target in other)
        draft = ForeignKeyDraft(self._keys(own), pointed, self.columns.origin(call.location))
        self.columns.with_options(draft, call)
        draft.name = draft.name or self._name(call, call.args[2] if len(call.args) > 2 else None)
        table.foreign_keys.append(draft)

    def index(self, table: TableDraft, call: Invocation) -> None:
        """An `Index(name, element, …)`."""
        name = self.names.constant(call.args[0]) if call.args else self.names.constant(call.kwargs.get("name"))
        elements = call.args[1:] if call.args else ()
        classes = self._operator_classes(call)
        columns: list[IndexColumn] = []
        for element in elements:
            column = self._element(element, classes)
            if column is None:
                self.columns.report(element, f"an element of index {name or 'without a name'} could not be read")
                continue
            columns.append(column)
        if not columns:
            return
        draft = IndexDraft(tuple(columns), self.columns.origin(call.location), name if isinstance(name, str) else None)
        draft.unique = self.names.constant(call.kwargs.get("unique")) is True
        draft.predicate = self._predicate(call)
        if self.engine == "postgresql":
            using = self.names.constant(call.kwargs.get("postgresql_using"))
            draft.method = using.lower() if isinstance(using, str) else "btree"
            draft.include = self._included(call)
            distinct = self.names.constant(call.kwargs.get("postgresql_nulls_not_distinct"))
            draft.nulls_not_distinct = distinct is True
        table.indexes.append(draft)

    def _operator_classes(self, call: Invocation) -> dict[str, str]:
        given = call.kwargs.get("postgresql_ops")
        if given is None or self.engine != "postgresql":
            return {}
        entries = self.names.entries(given.expr, given.frame) or {}
        values = {name: self.names.constant(value) for name, value in entries.items()}
        return {k: v for k, v in values.items() if isinstance(v, str) and not _DEFAULT_CLASSES.match(v)}

    def _element(self, element: Located, classes: Mapping[str, str]) -> IndexColumn | None:
        value = self.names.constant(element) if self.text.attribute(element) is None else UNKNOWN
        found = Ordered(column=value) if isinstance(value, str) else self.text.ordered(element)
        if found is None:
            return None
        if found.column is not None:
            operator_class = classes.get(found.label or found.column) or classes.get(found.column)
            nulls = _unless_default(found.nulls_first, found.descending)
            return IndexColumn(found.column, None, operator_class, None, found.descending, nulls)
        return self._expression(found, classes)

    def _expression(self, found: Ordered, classes: Mapping[str, str]) -> IndexColumn:
        """An element that is SQL: perhaps no more than a column with its direction (`text("created_at DESC")`)."""
        text = found.sql or ""
        plain = _TEXT_KEY.match(text)
        if plain is not None:
            name = plain["name"].strip('"').replace('""', '"')
            descending = (plain["direction"] or "").lower() == "desc" or found.descending
            nulls = {"first": True, "last": False}.get((plain["nulls"] or "").lower(), found.nulls_first)
            ops = plain["ops"] if self.engine == "postgresql" else None
            return IndexColumn(name, None, ops, None, descending, _unless_default(nulls, descending))
        trailing = _TRAILING.search(text)
        descending, nulls = found.descending, found.nulls_first
        if trailing is not None:
            text = text[: trailing.start()]
            descending = trailing["direction"].lower() == "desc"
            nulls = {"first": True, "last": False}.get((trailing["nulls"] or "").lower(), nulls)
        ops = re.search(r"(?<!\s)\s++(?P<ops>\w+_ops)\s*+\Z", text)
        operator_class = classes.get(found.label or "")
        if ops is not None:
            text, operator_class = text[: ops.start()], ops["ops"]
        nulls = _unless_default(nulls, descending)
        return IndexColumn(None, expression(text), operator_class, None, descending, nulls)

    def _predicate(self, call: Invocation) -> str | None:
        given = call.kwargs.get("sqlite_where" if self.engine == "sqlite" else "postgresql_where")
        if given is None or self.engine not in {"sqlite", "postgresql"}:
            return None
        value = self.names.constant(given)
        text = value if isinstance(value, str) else self.text.sql(given)
        if text is None:
            self.columns.report(given, "the condition of this partial index could not be read")
            return self._source(given)
        return text

    def _source(self, located: Located) -> str:
        source = located.frame.module.source[located.span.start : located.span.end]
        return " ".join(source.decode("utf-8", "replace").split())

    def exclusion(self, table: TableDraft, call: Invocation) -> None:
        """An `ExcludeConstraint((element, operator), …)`."""
        if self.engine != "postgresql":
            return
        elements: list[tuple[str, str]] = []
        for arg in call.args:
            pair = self.names.items(arg.expr, arg.frame)
            if pair is None or len(pair) != 2:
                continue
            value = self.names.constant(pair[0]) if self.text.attribute(pair[0]) is None else UNKNOWN
            text = value if isinstance(value, str) else self.text.sql(pair[0])
            operator = self.names.constant(pair[1])
            if text is not None and isinstance(operator, str):
                elements.append((text, operator))
        where = call.kwargs.get("where")
        predicate = self.names.constant(where) if where is not None else None
        using = self.names.constant(call.kwargs.get("using"))
        draft = ExclusionDraft(tuple(elements), self.columns.origin(call.location), name=self._name(call))
        draft.method = using.lower() if isinstance(using, str) else "gist"
        draft.predicate = predicate if isinstance(predicate, str) else self.text.sql(where)
        table.exclusions.append(draft)


def _unless_default(nulls_first: bool | None, descending: bool) -> bool | None:
    """None where NULLs stand where the direction puts them anyway."""
    return None if nulls_first is descending else nulls_first
