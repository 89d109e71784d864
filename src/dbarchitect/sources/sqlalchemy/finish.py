"""Drafts → a catalog: foreign keys resolved, types taken over from what they point at, keys, names, self-numbering."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import (
    Action,
    Check,
    Column,
    Declared,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    UniqueKey,
)
from dbarchitect.catalog.objects import Catalog, Enum, Sequence, Table
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.types import Family
from dbarchitect.sources.python.statements import ClassDef
from dbarchitect.sources.sqlalchemy.drafts import (
    NO_DECLARATION,
    CheckDraft,
    ColumnDraft,
    ColumnTarget,
    ForeignKeyDraft,
    IndexDraft,
    TableDraft,
    UniqueDraft,
)
from dbarchitect.sources.sqlalchemy.joins import Link
from dbarchitect.sources.sqlalchemy.naming import constraint_name, index_name, server_name
from dbarchitect.sources.sqlalchemy.sqltext import identifier, quoted
from dbarchitect.sources.sqlalchemy.type_read import UNKNOWN_TYPE, TypeRead

_DEFAULT_SCHEMAS = {"postgresql": "public", "sqlite": "main"}
_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT})
_TRUE, _FALSE = frozenset({"true", "t", "1", "yes", "on"}), frozenset({"false", "f", "0", "no", "off"})


class Finisher:
    """Finishes the tables of one application. `report` is told of targets that are not found."""

    def __init__(
        self,
        engine: EngineInfo,
        drafts: Iterable[TableDraft],
        models: Mapping[ClassDef, TableDraft | None],
        places: Mapping[tuple[str, int], TableDraft | None],
        report: Callable[[Origin, str], None],
    ) -> None:
        self.engine = engine
        self.drafts = tuple(drafts)
        self.models = models
        self.places = places
        self.report = report
        self.by_name = {(self._schema(d.schema), d.name): d for d in self.drafts}
        self._adopt_schemas()
        self.pointed: dict[int, TableDraft] = {}
        self.effects: Mapping[int, Action] = {}
        for draft in self.drafts:
            for key in _foreign_keys(draft):
                target = self._table(key.targets[0], draft) if key.targets else None
                if target is not None:
                    self.pointed[id(key)] = target

    def catalog(self, effects: Mapping[int, Action]) -> Catalog:
        """The catalog. `effects` is what the ORM does on delete, by the identity of the foreign key's draft."""
        self.effects = effects
        tables = tuple(self._finished(draft) for draft in self.drafts)
        enums: dict[tuple[str | None, str], Enum] = {}
        sequences: dict[str, Sequence] = {}
        for draft in self.drafts:
            for column in draft.columns.values():
                if column.read is not None and column.read.enum is not None:
                    enum = column.read.enum
                    enums.setdefault((enum.schema, enum.name), enum)
                if column.sequence is not None and self.engine.name == "postgresql":
                    sequences.setdefault(column.sequence, Sequence(column.sequence, origin=column.origin))
        schemas = tuple({d.schema for d in self.drafts if self._schema(d.schema) is not None and d.schema is not None})
        return Catalog(
            self.engine, tables, enums=tuple(enums.values()), sequences=tuple(sequences.values()), schemas=schemas
        )

    def ref(self, draft: TableDraft) -> Ref:
        """The table's name in the catalog."""
        return Ref.of_table(draft.name, self._schema(draft.schema))

    def links(self, draft: TableDraft) -> tuple[Link, ...]:
        """The foreign keys of a table whose tables were found."""
        found = []
        for key in _foreign_keys(draft):
            parent, referenced = self.pointed.get(id(key)), self._referenced(key, draft)
            if parent is not None and referenced is not None:
                pairs = zip((draft.column_name(k) for k in key.columns), referenced[1], strict=False)
                found.append(Link(draft, parent, tuple(pairs)))
        return tuple(found)

    def _adopt_schemas(self) -> None:
        """Where `__table_args__` could not be read, foreign keys that point at the table tell its schema."""
        unread = {d.name: d for d in self.drafts if d.arguments_unread and d.schema == d.metadata.schema}
        for key in (key for draft in self.drafts for key in _foreign_keys(draft)):
            for target in key.targets:
                schema, name, _ = _split(target.text or "")
                draft = unread.get(name)
                if draft is not None and schema is not None and (schema, name) not in self.by_name:
                    draft.schema = schema
                    self.by_name[schema, name] = draft

    def _schema(self, name: str | None) -> str | None:
        return None if name == _DEFAULT_SCHEMAS.get(self.engine.name) else name

    # What foreign keys point at -------------------------------------------------------------------------------------

    def _table(self, target: ColumnTarget, own: TableDraft) -> TableDraft | None:
        if target.model is not None:
            return self.models.get(target.model)
        if target.table is not None:
            return self.places.get(target.table)
        if target.text is None:
            return own if target.attribute is not None else None
        schema, name, _ = _split(target.text)
        if schema is None and own.metadata.schema is not None:
            schema = own.metadata.schema
        return self.by_name.get((self._schema(schema), name))

    def _referenced(self, key: ForeignKeyDraft, own: TableDraft) -> tuple[Ref, tuple[str, ...]] | None:
        table = self.pointed.get(id(key))
        names: list[str] = []
        for target in key.targets:
            column = target.attribute if target.text is None else _split(target.text)[2]
            if table is None or column is None:
                names.append(column or "?")
            elif target.text is None:
                names.append(table.column_name(column))
            else:
                found = table.columns.get(column) or table.columns.get(table.key_of(column))
                names.append(found.name if found is not None else column)
        if table is not None:
            return Ref.of_table(table.name, self._schema(table.schema)), tuple(names)
        text = key.targets[0].text if key.targets else None
        if text is None:
            self.report(key.origin, f"what this foreign key of {own.name} points at was not found")
            return None
        schema, name, _ = _split(text)
        self.report(key.origin, f"the table {name} that {own.name} refers to was not found among the models")
        return Ref.of_table(name, self._schema(schema or own.metadata.schema)), tuple(names)

    def type_of(self, table: TableDraft, column: ColumnDraft, seen: frozenset[int] = frozenset()) -> TypeRead:
        """The column's type; that of the column it points at where it has none of its own."""
        if column.read is not None:
            return column.read
        keys = [*column.foreign_keys, *(k for k in table.foreign_keys if column.key in k.columns)]
        for key in keys:
            target = self.pointed.get(id(key))
            at = key.columns.index(column.key) if column.key in key.columns else 0
            if target is None or id(key) in seen or at >= len(key.targets):
                continue
            pointed = key.targets[at]
            name = pointed.attribute if pointed.text is None else _split(pointed.text)[2]
            found = target.columns.get(target.key_of(name or "")) or target.columns.get(name or "")
            if found is not None:
                read = self.type_of(target, found, seen | {id(key)})
                return replace(read, checked=False)
        return column.annotated or UNKNOWN_TYPE

    # Finished objects -----------------------------------------------------------------------------------------------

    def _finished(self, draft: TableDraft) -> Table:
        primary = self._primary_key(draft)
        columns = tuple(
            self._column(draft, column, position, primary) for position, column in enumerate(draft.columns.values(), 1)
        )
        inline = (c for column in draft.columns.values() for c in column.checks)
        checks = [self._check(draft, check) for check in (*draft.checks, *inline)]
        checks += [c for column in draft.columns.values() if (c := self._check_of_type(draft, column)) is not None]
        keys = (self._foreign_key(draft, key) for key in _foreign_keys(draft))
        options = draft.options
        return Table(
            draft.name,
            columns,
            self._schema(draft.schema),
            primary,
            tuple(self._unique_keys(draft)),
            tuple(key for key in keys if key is not None),
            tuple(checks),
            tuple(self._exclusions(draft)),
            tuple(self._indexes(draft)),
            comment=draft.comment,
            model=draft.model,
            declared_in=":".join(draft.metadata.key),
            origin=draft.origin,
            unlogged=self.engine.name == "postgresql" and "UNLOGGED" in str(options.get("prefixes", "")).upper(),
            strict=self.engine.name == "sqlite" and options.get("sqlite_strict") is True,
            without_rowid=self.engine.name == "sqlite" and options.get("sqlite_with_rowid") is False,
        )

    def _primary_key(self, draft: TableDraft) -> UniqueKey | None:
        own = [c for c in draft.columns.values() if c.primary_key]
        given = draft.primary_key
        names = tuple(draft.column_name(k) for k in given.columns) if given is not None and given.columns else ()
        if not names:
            names = tuple(c.name for c in own)
        if not names:
            return None
        explicit = given.name if given is not None else None
        name = constraint_name("pk", draft.metadata.conventions, draft.name, names, explicit=explicit)
        if name is None and self.engine.name == "postgresql":
            name = server_name(draft.name, (), "pkey")
        origin = given.origin if given is not None else (own[0].origin if own else draft.origin)
        return UniqueKey(names, name, origin=origin)

    def _column(self, draft: TableDraft, column: ColumnDraft, position: int, primary: UniqueKey | None) -> Column:
        read = self.type_of(draft, column)
        in_key = primary is not None and column.name in primary.columns
        identity = self._identity(draft, column, read, primary)
        default = self._default(column, read)
        generated = expression(column.generated) if column.generated is not None else None
        return Column(
            column.name,
            read.type,
            column.nullable and not in_key,
            None if identity is Identity.SERIAL else default,
            identity,
            generated,
            column.generated_stored if generated is not None else True,
            column.collation,
            column.comment,
            position,
            self._declared(column, read),
            column.origin,
        )

    def _declared(self, column: ColumnDraft, read: TypeRead) -> Declared | None:
        declared = column.declared
        if read.choices and not declared.choices:
            declared = replace(declared, choices=read.choices)
        return declared if declared != NO_DECLARATION else None

    def _default(self, column: ColumnDraft, read: TypeRead) -> Expression | None:
        text = column.default
        if text is None:
            return None
        if self.engine.name == "postgresql" and text.startswith("'") and text.endswith("'"):
            # The server turns a quoted constant into one of the column's type.
            bare = text[1:-1].replace("''", "'")
            if read.type.family in _NUMBERS and bare.lstrip("-").replace(".", "", 1).isdigit():
                text = bare
            elif read.type.family is Family.BOOLEAN and bare.lower() in _TRUE | _FALSE:
                text = "true" if bare.lower() in _TRUE else "false"
        return expression(text)

    def _identity(
        self, draft: TableDraft, column: ColumnDraft, read: TypeRead, primary: UniqueKey | None
    ) -> Identity | None:
        if primary is None or column.name not in primary.columns:
            return column.identity if self.engine.name == "postgresql" else None
        single = len(primary.columns) == 1
        if self.engine.name == "sqlite":
            if not single or read.type.name != "integer" or not _is_rowid(column, read, draft):
                return None
            automatic = draft.options.get("sqlite_autoincrement") is True
            return Identity.AUTOINCREMENT if automatic else Identity.ROWID
        if column.identity is not None:
            return column.identity if self.engine.name == "postgresql" else None
        if not read.integer or not self._numbers_itself(draft, column, primary):
            return None
        bare = column.default is None and not column.has_python_default and column.sequence is None
        return Identity.SERIAL if bare else None

    def _numbers_itself(self, draft: TableDraft, column: ColumnDraft, primary: UniqueKey) -> bool:
        """SQLAlchemy's rule for `autoincrement="auto"`: the only integer key column, without a foreign key."""
        if column.autoincrement is True:
            return True
        points = bool(column.foreign_keys) or any(column.key in k.columns for k in draft.foreign_keys)
        if column.autoincrement is False or len(primary.columns) != 1:
            return False
        return column.autoincrement == "ignore_fk" or not points

    def _unique_keys(self, draft: TableDraft) -> Iterable[UniqueKey]:
        inline = (UniqueDraft((c.key,), c.origin) for c in draft.columns.values() if c.unique and not c.index)
        seen: set[tuple[str, ...]] = set()
        for key in (*draft.unique_keys, *inline):
            names = tuple(draft.column_name(k) for k in key.columns)
            if not names or names in seen:  # the servers make one key of two that a CREATE TABLE repeats
                continue
            seen.add(names)
            name = constraint_name("uq", draft.metadata.conventions, draft.name, names, explicit=key.name)
            if name is None and self.engine.name == "postgresql":
                name = server_name(draft.name, names, "key")
            include = tuple(draft.column_name(k) for k in key.include)
            yield UniqueKey(
                names, name, include, key.deferrable, key.initially_deferred, key.nulls_not_distinct, key.origin
            )

    def _foreign_key(self, draft: TableDraft, key: ForeignKeyDraft) -> ForeignKey | None:
        found = self._referenced(key, draft)
        if found is None:
            return None
        referenced, columns = found
        names = tuple(draft.column_name(k) for k in key.columns)
        name = constraint_name(
            "fk", draft.metadata.conventions, draft.name, names, explicit=key.name,
            referred_table=referenced.table or "", referred_columns=columns,
        )  # fmt: skip
        if name is None and self.engine.name == "postgresql":
            name = server_name(draft.name, names, "fkey")
        return ForeignKey(
            names,
            referenced,
            columns,
            key.on_delete or Action.NO_ACTION,
            key.on_update,
            key.match_full,
            key.deferrable,
            key.initially_deferred,
            name=name,
            application_on_delete=self.effects.get(id(key)),
            on_delete_written=key.on_delete is not None,
            origin=key.origin,
        )

    def _check(self, draft: TableDraft, check: CheckDraft) -> Check:
        name = constraint_name("ck", draft.metadata.conventions, draft.name, (), explicit=check.name)
        return Check(expression(check.text), name=name, origin=check.origin)

    def _check_of_type(self, draft: TableDraft, column: ColumnDraft) -> Check | None:
        """The CHECK that an Enum with `create_constraint` brings along."""
        read = column.read
        if read is None or not read.checked or not read.choices:
            return None
        values = ", ".join(quoted(value) for value in read.choices)
        check = CheckDraft(f"{identifier(column.name)} IN ({values})", column.origin, read.check_name)
        return self._check(draft, check)

    def _exclusions(self, draft: TableDraft) -> Iterable[Exclusion]:
        for found in draft.exclusions:
            predicate = expression(found.predicate) if found.predicate is not None else None
            elements = tuple((draft.column_name(text), operator) for text, operator in found.elements)
            yield Exclusion(elements, found.method, predicate, name=found.name, origin=found.origin)

    def _indexes(self, draft: TableDraft) -> Iterable[Index]:
        conventions = draft.metadata.conventions
        inline = (
            IndexDraft((IndexColumn(c.key),), c.origin, unique=c.unique) for c in draft.columns.values() if c.index
        )
        for index in (*draft.indexes, *inline):
            columns = tuple(
                replace(c, name=draft.column_name(c.name)) if c.name is not None else c for c in index.columns
            )
            if self.engine.name != "postgresql":
                columns = tuple(replace(c, operator_class=None) for c in columns)
            names = [c.name or "expression" for c in columns]
            yield Index(
                columns,
                index.unique,
                index.method,
                expression(index.predicate) if index.predicate is not None else None,
                tuple(draft.column_name(k) for k in index.include),
                index.nulls_not_distinct,
                name=index.name or index_name(conventions, draft.name, names),
                origin=index.origin,
            )


def _foreign_keys(draft: TableDraft) -> tuple[ForeignKeyDraft, ...]:
    inline = (key for column in draft.columns.values() for key in column.foreign_keys)
    return (*draft.foreign_keys, *inline)


def _split(text: str) -> tuple[str | None, str, str]:
    """Schema, table and column of `schema.table.column`."""
    *schema, table, column = text.split(".") if text.count(".") else ("", text, "")
    return ".".join(schema) or None, table, column


def _is_rowid(column: ColumnDraft, read: TypeRead, draft: TableDraft) -> bool:
    """SQLite takes a single key of type INTEGER, so spelled, for its row number."""
    return bool(read.integer) and draft.options.get("sqlite_with_rowid") is not False and column.generated is None
