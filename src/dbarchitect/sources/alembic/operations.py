"""Alembic's operations, each done to the state and recorded.

Source: https://alembic.sqlalchemy.org/en/latest/ops.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Column, ForeignKey, Identity, Index, UniqueKey
from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.objects import Table, View
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.change.operations import (
    Add,
    AddColumn,
    AddEnumValue,
    AlterColumn,
    CreateTable,
    DropColumn,
    DropTable,
    SetPrimaryKey,
    SetTableOptions,
)
from dbarchitect.sources.alembic.drops import drop_constraint, drop_index, without_named
from dbarchitect.sources.alembic.elements import Elements
from dbarchitect.sources.alembic.state import Keyed, State, without_null
from dbarchitect.sources.python.expressions import Literal
from dbarchitect.sources.sqlalchemy.drafts import TableDraft, UniqueDraft
from dbarchitect.sources.sqlalchemy.located import Invocation, Located
from dbarchitect.sources.sqlalchemy.type_read import UNKNOWN_TYPE, TypeRead
from dbarchitect.sources.sqlfiles.schema import Unreplayable, no_column


class Operations:
    """Does what the calls say, each method what Alembic's operation of that name does.

    What does not fit what is there raises `Unreplayable`.
    """

    def __init__(self, state: State, elements: Elements) -> None:
        self.state = state
        self.elements = elements
        self.names = elements.names

    def run(self, method: str, call: Invocation) -> bool:
        """Do an operation of `op`; False for one that is not known."""
        if method not in _NAMES:
            return False
        handler: Callable[[Invocation], None] = getattr(self, method)
        handler(call)
        return True

    # Reading arguments -----------------------------------------------------------------------------------------------

    def _schema(self, call: Invocation, name: str = "schema") -> str | None:
        return self.elements.word(call.kwargs.get(name))

    def _word(self, call: Invocation, position: int, name: str, what: str) -> str:
        word = self.elements.word(call.argument(position, name))
        if word is None:
            raise Unreplayable(f"{what} could not be read")
        return word

    def _table(self, call: Invocation, position: int, name: str = "table_name") -> Table:
        return self.state.table(self._word(call, position, name, "the table's name"), self._schema(call))

    def _says(self, call: Invocation, name: str) -> bool:
        return self.elements.flag(call, name) is True

    # Tables ----------------------------------------------------------------------------------------------------------

    def create_table(self, call: Invocation) -> None:
        name = self._word(call, 0, "table_name", "the table's name")
        schema = self._schema(call)
        if self.state.find(name, schema) is not None and self._says(call, "if_not_exists"):
            return
        made = self.elements.table(self.elements.draft(name, schema, call.location), call.args[1:], call.kwargs)
        table = self.state.create(made)
        self.state.done(CreateTable(table), before=(table,))
        if name in self.elements.partial:
            self.state.noted(OperationKind.RUN_CODE, table.ref)

    def drop_table(self, call: Invocation) -> None:
        name = self._word(call, 0, "table_name", "the table's name")
        if self.state.find(name, self._schema(call)) is None and self._says(call, "if_exists"):
            return
        self.drop(self.state.table(name, self._schema(call)))

    def drop(self, table: Table) -> None:
        """Drop a table."""
        self.state.done(DropTable(table), before=(table,))
        references_too = self.state.engine.name != "sqlite"
        self.state.schema.drop_table((table.schema, table.name), references_too=references_too)
        self.state.assumed.discard((table.schema, table.name))

    def rename_table(self, call: Invocation) -> None:
        name = self._word(call, 0, "old_table_name", "the table's name")
        new = self._word(call, 1, "new_table_name", "the table's new name")
        table = self.state.table(name, self._schema(call))
        self.state.noted(OperationKind.RENAME_TABLE, table.ref, self.state.exclusive(table), value=new)
        self.state.renamed(table, (table.schema, new))

    def create_table_comment(self, call: Invocation) -> None:
        table = self._table(call, 0)
        comment = self.elements.word(call.argument(1, "comment"))
        changed = self.state.put(table, comment=comment)
        self.state.done(SetTableOptions(table, changed), before=(table,))

    def drop_table_comment(self, call: Invocation) -> None:
        self.state.put(self._table(call, 0), comment=None)

    # Columns ---------------------------------------------------------------------------------------------------------

    def add_column(self, call: Invocation) -> None:
        table = self._table(call, 0)
        given = call.argument(1, "column")
        draft = self.elements.draft(table.name, table.schema, call.location)
        if given is None or not self.elements.column(draft, given):
            raise Unreplayable(f"a column that is added to {table.name} could not be read")
        made = self.elements.made(draft)
        if not made.table.columns:
            raise Unreplayable(f"the name of a column that is added to {table.name} could not be read")
        column = made.table.columns[0]
        if table.column(column.name) is not None:
            if self._says(call, "if_not_exists"):
                return
            raise Unreplayable(f"{table.name} has a column {column.name} already")
        self.state.adopt(made)
        column = self.state.typed(column, made.table)
        last = max((known.position for known in table.columns), default=0)
        column = replace(column, position=last + 1)
        before = table
        table = self.state.put(table, columns=(*table.columns, column))
        table = self.state.put(self.state.numbered(table, (column,)))
        self.state.done(AddColumn(table.ref, column), before=(before,))
        keyed: tuple[Keyed, ...] = (*made.table.unique_keys, *made.table.checks, *made.table.foreign_keys)
        for member in keyed:
            self.state.done(Add(table.ref, member), before=(table,))
            table = self.state.with_member(table, member)
        for index in made.table.indexes:
            self._add_index(table, index)
            table = self.state.table(table.name, table.schema)

    def drop_column(self, call: Invocation) -> None:
        table = self._table(call, 0)
        given = call.argument(1, "column_name")
        name = self.elements.word(given)
        if name is None and given is not None:  # a Column is taken too
            draft = self.elements.draft(table.name, table.schema, call.location)
            name = next(iter(draft.columns), None) if self.elements.column(draft, given) else None
        if name is None:
            raise Unreplayable(f"which column of {table.name} is dropped could not be read")
        if table.column(name) is None and self._says(call, "if_exists"):
            return
        table, column = self._with_column(table, name, call)
        self.state.done(DropColumn(table.ref, column), before=(table,))
        self.state.schema.drop_column(table, name)

    def _with_column(self, table: Table, name: str, call: Invocation) -> tuple[Table, Column]:
        """The table and its column of that name; of an assumed table the column is assumed, too."""
        column = table.column(name)
        if column is not None:
            return table, column
        if not self.state.is_assumed(table):
            raise no_column(table, name)
        type_ = call.kwargs.get("existing_type")
        read = self.elements.types.attempt(type_) if type_ is not None else None
        nullable = self.elements.flag(call, "existing_nullable")
        column = Column(name, (read or UNKNOWN_TYPE).type, nullable is not False)
        return self.state.put(table, columns=(*table.columns, column)), column

    def alter_column(self, call: Invocation) -> None:
        table = self._table(call, 0)
        name = self._word(call, 1, "column_name", "the column's name")
        table, old = self._with_column(table, name, call)
        new = self._altered(table, old, call)
        renamed = self.elements.word(call.kwargs.get("new_column_name") or call.kwargs.get("name"))
        using = self.elements.word(call.kwargs.get("postgresql_using"))
        final = replace(new, name=renamed) if renamed is not None else new
        self.state.done(AlterColumn(table.ref, old, final, using), before=(table,))
        if new != old or new.comment != old.comment:
            columns = tuple(new if column.name == name else column for column in table.columns)
            table = self.state.put(table, columns=columns)
        if renamed is not None and renamed != name:
            self.state.schema.rename_column(table, name, renamed)

    def _altered(self, table: Table, old: Column, call: Invocation) -> Column:
        new = old
        type_ = call.kwargs.get("type_")
        if type_ is not None and self.names.constant(type_) is not None:
            read = self.elements.types.read(type_)
            if read.enum is not None:
                self.state.create_enum(read.enum)
            resolved = self.state.schema.resolve_type(read.type)
            kept = expression(new.default.text, resolved) if new.default is not None else None
            new = replace(new, type=resolved, default=kept, collation=read.collation)
        nullable = self.elements.flag(call, "nullable")
        if nullable is not None and not (nullable and table.primary_key and old.name in table.primary_key.columns):
            new = replace(new, nullable=nullable)
        if "server_default" in call.kwargs:
            new = self._with_default(table, new, call.kwargs["server_default"])
        if "comment" in call.kwargs:
            new = replace(new, comment=self.elements.word(call.kwargs["comment"]))
        return new

    def _with_default(self, table: Table, column: Column, given: Located) -> Column:
        value = self.names.constant(given)
        if value is False:
            return column
        if value is None:
            identity = column.identity if column.identity in {Identity.ROWID, Identity.AUTOINCREMENT} else None
            return replace(column, default=None, identity=identity)
        draft = self.elements.draft(table.name, table.schema, given)
        self.elements.default(draft, column.name, TypeRead(column.type), given)
        made = self.elements.made(draft).table.columns[0]
        if made.identity is not None:
            return replace(column, default=None, identity=made.identity, nullable=False)
        return without_null(replace(column, default=made.default, generated=made.generated or column.generated))

    # Indexes and constraints -----------------------------------------------------------------------------------------

    def create_index(self, call: Invocation) -> None:
        given = call.argument(2, "columns")
        on = self._word(call, 1, "table_name", "the table's name")
        view = self.state.schema.find(self._schema(call), on, self.state.schema.views)
        table = Table(on, ()) if view is not None else self.state.table(on, self._schema(call))
        items = self.names.items(given.expr, given.frame) if given is not None else None
        if items is None:
            words = self.elements.strings(given)
            items = tuple(given.frame.at(Literal(word, given.span)) for word in words or ()) if given else ()
        name = call.argument(0, "index_name") or call.location.frame.at(Literal(None))
        draft = self.elements.draft(table.name, table.schema, call.location)
        self.elements.text.of_table(draft)
        self.elements.constraints.index(draft, replace(call, name="Index", args=(name, *items)))
        if not draft.indexes:
            raise Unreplayable(f"the index on {on} could not be read")
        index = self.elements.made(draft).table.indexes[0]
        known = self.state.holder_of_index(index.name or "", table.schema)
        if known is not None and self._says(call, "if_not_exists"):
            return
        if self._says(call, "postgresql_concurrently"):
            self.state.said = replace(self.state.said, concurrently=True)
        if view is not None:
            self._add_index_of_view(self.state.schema.views[view], index)
        else:
            self._add_index(table, index)

    def _add_index_of_view(self, view: View, index: Index) -> None:
        self.state.done(Add(Ref.of_table(view.name, view.schema), index))
        self.state.schema.views[view.schema, view.name] = replace(view, indexes=(*view.indexes, index))

    def _add_index(self, table: Table, index: Index) -> None:
        known = self.state.holder_of_index(index.name or "", table.schema)
        if known is not None:
            if known.name == table.name and index in known.indexes:
                return
            raise Unreplayable(f"there is an index {index.name} already")
        self._expect(table, (c.name for c in index.columns if c.name is not None))
        self.state.done(Add(table.ref, index), before=(table,))
        self.state.put(table, indexes=(*table.indexes, index))

    def drop_index(self, call: Invocation) -> None:
        if self._says(call, "postgresql_concurrently"):
            self.state.said = replace(self.state.said, concurrently=True)
        name = self._word(call, 0, "index_name", "the index's name")
        on = self.elements.word(call.argument(1, "table_name"))
        if not drop_index(self.state, name, on, self._schema(call)) and not self._says(call, "if_exists"):
            raise Unreplayable(f"there is no index {name} in the migrations before")

    def create_unique_constraint(self, call: Invocation) -> None:
        table = self._table(call, 1)
        columns = self._columns(call, 2, "columns")
        draft = self.elements.draft(table.name, table.schema, call.location)
        key = UniqueDraft(
            columns, self.elements.origin(call.location), self.elements.word(call.argument(0, "constraint_name"))
        )
        initially = self.elements.word(call.kwargs.get("initially"))
        key.initially_deferred = initially is not None and initially.upper() == "DEFERRED"
        key.deferrable = self._says(call, "deferrable") or key.initially_deferred
        if self.state.engine.name == "postgresql":
            key.nulls_not_distinct = self._says(call, "postgresql_nulls_not_distinct")
            key.include = self.elements.strings(call.kwargs.get("postgresql_include")) or ()
        draft.unique_keys.append(key)
        self._add_made(table, draft)

    def create_foreign_key(self, call: Invocation) -> None:
        schema = self._schema(call, "source_schema") or self._schema(call)
        table = self.state.table(self._word(call, 1, "source_table", "the table's name"), schema)
        target = self._word(call, 2, "referent_table", "the table that a foreign key points at")
        columns, referenced = self._columns(call, 3, "local_cols"), self._columns(call, 4, "remote_cols")
        draft = self.elements.draft(table.name, table.schema, call.location)
        self.elements.foreign_key(draft, columns, (self._schema(call, "referent_schema"), target, referenced), call)
        draft.foreign_keys[0].name = self.elements.word(call.argument(0, "constraint_name"))
        made = self.elements.made(draft).table
        keys = tuple(replace(k, validated=not self._says(call, "postgresql_not_valid")) for k in made.foreign_keys)
        self._add_members(table, replace(made, foreign_keys=keys))

    def create_check_constraint(self, call: Invocation) -> None:
        table = self._table(call, 1)
        draft = self.elements.draft(table.name, table.schema, call.location)
        condition = call.argument(2, "condition")
        kwargs: dict[str, Located] = {}
        name = call.argument(0, "constraint_name")
        if name is not None:
            kwargs["name"] = name
        check = self.elements.columns.check(
            replace(call, name="CheckConstraint", args=(condition,) if condition is not None else (), kwargs=kwargs)
        )
        if check is None:
            return  # reported
        draft.checks.append(check)
        made = self.elements.made(draft).table
        checks = tuple(replace(c, validated=not self._says(call, "postgresql_not_valid")) for c in made.checks)
        self._add_members(table, replace(made, checks=checks))

    def create_exclude_constraint(self, call: Invocation) -> None:
        table = self._table(call, 1)
        draft = self.elements.draft(table.name, table.schema, call.location)
        name = call.argument(0, "constraint_name")
        kwargs = {**call.kwargs, **({"name": name} if name is not None else {})}
        made = replace(call, name="postgresql.ExcludeConstraint", args=call.args[2:], kwargs=kwargs)
        self.elements.constraints.exclusion(draft, made)
        self._add_made(table, draft)

    def create_primary_key(self, call: Invocation) -> None:
        table = self._table(call, 1)
        columns = self._columns(call, 2, "columns")
        draft = self.elements.draft(table.name, table.schema, call.location)
        name = self.elements.word(call.argument(0, "constraint_name"))
        draft.primary_key = UniqueDraft(columns, self.elements.origin(call.location), name)
        key = self.elements.made(draft).table.primary_key
        self.state.done(SetPrimaryKey(table.ref, table.primary_key, key), before=(table,))
        kept = tuple(replace(c, nullable=False) if c.name in columns else c for c in table.columns)
        self.state.put(table, primary_key=key, columns=kept)

    def drop_constraint(self, call: Invocation) -> None:
        table = self._table(call, 1)
        kind = self.elements.word(call.argument(2, "type_"))
        name = self.elements.word(call.argument(0, "constraint_name"))
        if not drop_constraint(self.state, table, name, kind) and not self._says(call, "if_exists"):
            raise Unreplayable(f"{table.name} has no constraint {name or 'without a name'} in the migrations before")

    def _columns(self, call: Invocation, position: int, name: str) -> tuple[str, ...]:
        columns = self.elements.strings(call.argument(position, name))
        if columns is None:
            raise Unreplayable("the columns of a constraint could not be read")
        return columns

    def _expect(self, table: Table, columns: Iterable[str]) -> None:
        missing = next((name for name in columns if table.column(name) is None), None)
        if missing is not None and not self.state.is_assumed(table):
            raise no_column(table, missing)

    def _add_made(self, table: Table, draft: TableDraft) -> None:
        self._add_members(table, self.elements.made(draft).table)

    def _add_members(self, table: Table, made: Table) -> None:
        members: tuple[Keyed, ...] = (*made.unique_keys, *made.checks, *made.exclusions, *made.foreign_keys)
        for member in members:
            if isinstance(member, UniqueKey | ForeignKey):
                self._expect(table, member.columns)
            if self.state.engine.name == "sqlite" and member.name is not None:
                table = without_named(table, member)  # a batch makes the table again: the name is that of the new one
            self.state.done(Add(table.ref, member), before=(table,))
            table = self.state.with_member(table, member)

    # Rows and extensions of Alembic ----------------------------------------------------------------------------------

    def bulk_insert(self, call: Invocation) -> None:
        given = call.argument(0, "table")
        made = self.names.invocation(given.expr, given.frame) if given is not None else None
        name = self.elements.word(made.args[0]) if made is not None and made.args else None
        ref = Ref.of_table(name, None) if name is not None else Ref.database()
        self.state.said = replace(self.state.said, statement=f"op.bulk_insert({name or '…'}, …)")
        self.state.noted(OperationKind.INSERT, ref)

    def sync_enum_values(self, call: Invocation) -> None:
        """`alembic-postgresql-enum`: the enum has these values from now on."""
        named = "enum_name" in call.kwargs or "enum_schema" in call.kwargs
        schema = self.elements.word(call.kwargs.get("enum_schema") or (None if named else call.argument(0, "schema")))
        name = self._word(call, 1, "enum_name", "the enum's name")
        values = self.elements.strings(call.argument(2, "new_values"))
        key = self.state.schema.find(schema, name, self.state.schema.enums)
        if key is None or values is None:
            raise Unreplayable(f"there is no enum {name} in the migrations before")
        old = self.state.schema.enums[key]
        if any(value not in values for value in old.values):
            self.state.noted(OperationKind.ALTER_TYPE, Ref(Kind.ENUM, key[0], name=name), name=name)
        for value in values:
            if value not in old.values:
                self.state.done(AddEnumValue(old, value))
        self.state.schema.enums[key] = replace(old, values=values)


_NAMES = frozenset(
    {
        "create_table", "drop_table", "rename_table", "create_table_comment", "drop_table_comment", "add_column",
        "drop_column", "alter_column", "create_index", "drop_index", "create_unique_constraint", "create_foreign_key",
        "create_check_constraint", "create_exclude_constraint", "create_primary_key", "drop_constraint", "bulk_insert",
        "sync_enum_values",
    }
)  # fmt: skip
BATCH_POSITIONS: Mapping[str, int] = {
    "add_column": 0, "drop_column": 0, "alter_column": 0, "create_index": 1, "drop_index": 1,
    "create_unique_constraint": 1, "create_foreign_key": 1, "create_check_constraint": 1,
    "create_exclude_constraint": 1, "create_primary_key": 1, "drop_constraint": 1, "create_table_comment": 0,
    "drop_table_comment": 0,
}  # fmt: skip
"""Where the operations of `op` take the table's name that those of a batch leave out."""
