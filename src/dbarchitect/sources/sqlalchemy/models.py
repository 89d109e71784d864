"""Models → tables: attributes collected along the class's order, inheritance, names, `__table_args__`.

Follows the rules by which SQLAlchemy's declarative scan decides which class's columns go to which table.
Source: https://docs.sqlalchemy.org/en/20/orm/declarative_mixins.html, …/orm/inheritance.html
"""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.sources.python.constants import UNKNOWN, Constant
from dbarchitect.sources.python.expressions import Call, Name
from dbarchitect.sources.python.resolved import External, Unresolved
from dbarchitect.sources.python.statements import Assign, ClassDef, Effect, FunctionDef, Mutate
from dbarchitect.sources.sqlalchemy.annotations import AnnotationReader
from dbarchitect.sources.sqlalchemy.bases import Bases, Root
from dbarchitect.sources.sqlalchemy.columns import ColumnReader
from dbarchitect.sources.sqlalchemy.constraints import ConstraintReader
from dbarchitect.sources.sqlalchemy.drafts import ColumnDraft, TableDraft
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located
from dbarchitect.sources.sqlalchemy.members import Member, MemberReader
from dbarchitect.sources.sqlalchemy.naming import flask_table_name, sqlmodel_table_name
from dbarchitect.sources.sqlalchemy.relationships import RelationshipRead, RelationshipReader
from dbarchitect.sources.sqlalchemy.sqlmodel import SqlModelReader
from dbarchitect.sources.sqlalchemy.tables import TableReader, Tables
from dbarchitect.sources.sqlalchemy.type_read import UNKNOWN_TYPE
from dbarchitect.sources.sqlalchemy.vocabulary import canonical_name
from dbarchitect.sources.sqlalchemy.wrapped import COLUMNS, column_call, unwrapped

_KNOWN_PACKAGES = (
    "builtins.",
    "typing.",
    "typing_extensions.",
    "abc.",
    "sqlalchemy.",
    "enum.",
    "flask_login.",
    "sqlmodel.",
)


class ModelReader:
    """Reads models, each with its bases first."""

    def __init__(
        self,
        bases: Bases,
        columns: ColumnReader,
        constraints: ConstraintReader,
        table_reader: TableReader,
        tables: Tables,
    ) -> None:
        self.bases = bases
        self.names = bases.names
        self.index = bases.index
        self.columns = columns
        self.constraints = constraints
        self.table_reader = table_reader
        self.tables = tables
        self.annotations = AnnotationReader(self.names, columns.types)
        self.reader_of_relationships = RelationshipReader(self.names, self.annotations)
        self.sqlmodel = SqlModelReader(self.annotations, columns)
        self.relationships: list[RelationshipRead] = []
        self.named: dict[ClassDef, set[str]] = {}
        """The attributes by which each model itself names columns of its table."""
        self._maker: dict[int, ClassDef] = {}
        self.members = MemberReader(columns, self.annotations, table_reader, tables, self._inherits)

    def table(self, cls: ClassDef) -> TableDraft | None:
        """The table that a model's rows are in; None for a class that is mapped to none."""
        if cls not in self.tables.by_model:
            self.tables.by_model[cls] = None
            root = self.bases.root(cls)
            if root is not None and not self.bases.is_root(cls) and self._is_concrete(cls, root):
                self.tables.by_model[cls] = self._read(cls, root)
        return self.tables.by_model[cls]

    def _is_concrete(self, cls: ClassDef, root: Root) -> bool:
        direct = {canonical_name(b.name) for b in self.index.bases(cls) if isinstance(b, External)}
        if "AbstractConcreteBase" in direct:
            return False
        own = cls.assigned("__abstract__")
        if own is not None and self._constant(cls, "__abstract__") is True:
            return False
        if root.naming == "sqlmodel":
            flag = next((k.value for k in cls.keywords if k.name == "table"), None)
            return flag is not None and self.names.constant(Frame(cls.module, cls.outer).at(flag)) is True
        return cls not in root.extra

    def _inherits(self, cls: ClassDef) -> bool:
        return any(self.table(base) is not None for base in self.index.lineage(cls) if base is not cls)

    def _constant(self, cls: ClassDef, name: str) -> Constant:
        value = cls.assigned(name)
        return self.names.constant(Frame(cls.module, cls).at(value)) if value is not None else UNKNOWN

    # Inheritance ----------------------------------------------------------------------------------------------------

    def _parents(self, cls: ClassDef, root: Root) -> tuple[ClassDef | None, tuple[ClassDef, ...]]:
        """The nearest mapped class above, and all classes whose attributes count, in order."""
        order = [c for c in self.index.lineage(cls) if c is not cls]
        order += [c for c in root.extra if c not in order]
        mapped = next((c for c in order if self.table(c) is not None), None)
        return mapped, (cls, *order)

    def _read(self, cls: ClassDef, root: Root) -> TableDraft | None:
        parent, order = self._parents(cls, root)
        self.columns.types.enums.schema = root.metadata.schema
        members = list(self.members.members(cls, order)) if root.naming != "sqlmodel" else []
        draft = self._own_table(cls, root, parent, order, members)
        if draft is None and parent is not None:
            draft = self.tables.by_model[parent]
        if draft is None:
            self._report(cls, f"model {cls.name} has no table name that could be read")
            return None
        self.tables.by_model[cls] = draft
        known = set(draft.attributes)
        self.columns.text.of_table(draft)
        self.columns.types.enums.schema = root.metadata.schema
        if root.naming == "sqlmodel":
            self.relationships.extend(self.sqlmodel.fill(draft, cls, order, self.reader_of_relationships))
        for member in members:
            self._put(draft, cls, member, root)
        self._table_args(draft, cls, order, parent)
        self._statements(draft, cls)
        self._check_key(draft, cls, parent)
        self.named[cls] = (draft.attributes.keys() - known) | {m.name for m in members if m.name in draft.attributes}
        bind = self._constant(cls, "__bind_key__")
        if isinstance(bind, str):
            self._report(cls, f"model {cls.name} is kept in the database of bind {bind!r}; it is read with the others")
        for (owner, _), made in list(self.members.made.items()):
            if owner is cls:
                self.table(made)
        return draft

    def _own_table(
        self, cls: ClassDef, root: Root, parent: ClassDef | None, order: tuple[ClassDef, ...], members: list[Member]
    ) -> TableDraft | None:
        """The table that the class makes for itself, None where it lives in its parent's."""
        written = cls.assigned("__table__")
        if written is not None:
            call = self.names.invocation(written, Frame(cls.module, cls))
            draft = self.table_reader.read(call) if call is not None and call.name == "Table" else None
            if draft is not None:
                draft.model = draft.model or cls.name
            return draft
        name = self._table_name(cls, root, order)
        if name is None:
            return None
        if root.naming == "flask" and parent is not None and not self._has_primary_key(members):
            return None  # as Flask-SQLAlchemy decides: without a primary key of its own, the parent's table
        origin = self.columns.origin(Located(Name(cls.name, cls.span), Frame(cls.module, cls)))
        draft = TableDraft(name, root.metadata, origin, root.metadata.schema, cls.name)
        self.tables.drafts.append(draft)
        self._maker[id(draft)] = cls
        return draft

    def _has_primary_key(self, members: list[Member]) -> bool:
        for member in members:
            call = self._column_call(member)
            if call is not None and self.names.constant(call.kwargs.get("primary_key")) is True:
                return True
        return False

    def _table_name(self, cls: ClassDef, root: Root, order: tuple[ClassDef, ...]) -> str | None:
        for base in order:
            statement = base.members.get("__tablename__")
            if statement is None:
                continue
            if base is not cls and self.tables.by_model.get(base) is not None and isinstance(statement, Assign):
                if root.naming == "flask":
                    return flask_table_name(cls.name)
                continue
            value = self.attribute_value(cls, base, statement)
            name = self.names.constant(value) if value is not None else UNKNOWN
            if isinstance(name, str):
                return name
            if name is not None:
                self._report(cls, f"the table name of model {cls.name} could not be computed")
            return None
        if root.naming == "flask":
            return flask_table_name(cls.name)
        return sqlmodel_table_name(cls.name) if root.naming == "sqlmodel" else None

    def attribute_value(self, cls: ClassDef, base: ClassDef, statement: object) -> Located | None:
        """What a class attribute of `base` is for the model `cls`: a value, or what its declared_attr returns."""
        if isinstance(statement, Assign) and statement.value is not None:
            return Frame(base.module, base).at(statement.value)
        if isinstance(statement, FunctionDef):
            return self.members.returned(cls, statement)
        return None

    def _column_call(self, member: Member) -> Invocation | None:
        """The Column or mapped_column that an attribute is bound to, wrappers taken off."""
        return column_call(self.names, member.value) if member.value is not None else None

    def _put(self, draft: TableDraft, cls: ClassDef, member: Member, root: Root) -> None:
        """Put what an attribute makes into the table."""
        call = self._column_call(member)
        shared = cls is not self._maker.get(id(draft))
        if shared and member.name in draft.attributes:
            return  # a model in its parent's table, or one that is given its table, only speaks of a column again
        mapped = self.annotations.mapped(member.annotation) if member.annotation is not None else None
        if member.value is None and mapped is not None:
            if self._is_model(mapped) or cls.assigned("__table__") is not None:
                return
            call = Invocation("mapped_column", (), {}, mapped)
        if call is not None:
            annotated = None
            if mapped is not None and call.name == "mapped_column":
                annotated = self.annotations.read(mapped, root.type_map)
            self._add(draft, cls, self.columns.read(call, member.name, member.place, annotated))
            return
        if member.value is not None:
            self._put_other(draft, cls, member, member.value)

    def _put_other(self, draft: TableDraft, cls: ClassDef, member: Member, value: Located) -> None:
        """Put in what is no column: relationships, synonyms, composites, indexes."""
        other = unwrapped(self.names, value)
        if other is None:
            return
        if other.name == "relationship":
            found = self.reader_of_relationships.read(other, cls, member.annotation, member.name)
            if found is not None:
                self.relationships.append(self._of_made(found, other))
        elif other.name == "synonym" and other.args:
            name = self.names.constant(other.args[0])
            if isinstance(name, str):
                draft.attributes[member.name] = draft.key_of(name)
        elif other.name == "column_property" and other.args and isinstance(other.args[0].expr, Name):
            same = draft.key_of(other.args[0].expr.id.rpartition(".")[2])
            if same in draft.columns:
                draft.attributes[member.name] = same
        elif other.name == "composite":
            self._composite(draft, cls, member, other)
        elif other.name == "Index":
            self.constraints.item(draft, value)

    def _composite(self, draft: TableDraft, cls: ClassDef, member: Member, call: Invocation) -> None:
        """The columns of a `composite(…)`; the types that they do not name are those of the class's fields."""
        parts = [self.names.invocation(arg.expr, arg.frame) for arg in call.args]
        columns = [part for part in parts if part is not None and part.name in COLUMNS]
        mapped = self.annotations.mapped(member.annotation) if member.annotation is not None else None
        given = mapped if len(columns) == len(parts) else call.args[0] if call.args else None
        target = self.names.follow(given.expr, given.frame) if given is not None else None
        fields: list[Located] = []
        if isinstance(target, ClassDef):
            frame = Frame(target.module, target)
            fields = [frame.at(s.annotation) for s in target.assignments if s.annotation is not None]
        for position, column in enumerate(columns):
            annotated = self.annotations.read(fields[position], None) if position < len(fields) else None
            read = self.columns.read(column, f"{member.name}_{position}", member.place, annotated)
            read.attribute = read.key
            self._add(draft, cls, read)

    def _of_made(self, found: RelationshipRead, call: Invocation) -> RelationshipRead:
        """The relationship, its target the class that a mixin made where it names one (`relationship(cls.Event)`)."""
        first = call.argument(0, "argument")
        name = first.expr.id.rpartition(".")[2] if first is not None and isinstance(first.expr, Name) else ""
        made = self.members.made.get((found.owner, name))
        return replace(found, target=made) if made is not None else found

    def _add(self, draft: TableDraft, cls: ClassDef, column: ColumnDraft) -> None:
        """Put a column in. A model in its parent's table may only speak again of a column that is there."""
        makes_table = cls is self._maker.get(id(draft))
        if column.key not in draft.columns or makes_table:
            if not makes_table:
                column.declared = replace(column.declared, some_rows=True)
            draft.add(column)

    def _is_model(self, located: Located) -> bool:
        target = self.names.follow(located.expr, located.frame)
        return isinstance(target, ClassDef) and self.bases.root(target) is not None

    # Constraints ----------------------------------------------------------------------------------------------------

    def _table_args(
        self, draft: TableDraft, cls: ClassDef, order: tuple[ClassDef, ...], parent: ClassDef | None
    ) -> None:
        for base in order:
            statement = base.members.get("__table_args__")
            if statement is None or (base is not cls and self.tables.by_model.get(base) is not None):
                continue
            if base is not cls and parent is not None and self.tables.by_model.get(parent) is draft:
                return  # a model in its parent's table inherits no arguments
            if isinstance(statement, FunctionDef) and self._built_up(draft, cls, statement):
                continue
            value = self.attribute_value(cls, base, statement)
            if value is not None:
                self.constraints.table_args(draft, value)
            return

    def _built_up(self, draft: TableDraft, cls: ClassDef, function: FunctionDef) -> bool:
        """Arguments that a function appends to a list, one by one; True where it adds to those of the next base."""
        local = {function.parameters[0].name: cls} if function.parameters else {}
        frame = Frame(function.module, function, local)
        changes = [s for s in function.body if isinstance(s, Mutate) and s.op in {"append", "extend", "+=", "insert"}]
        for change in changes:
            tests = (
                (self.names.constant(frame.at(c.test)) if c.test else UNKNOWN, c.expected) for c in change.conditions
            )
            if any(test is not UNKNOWN and bool(test) is not expected for test, expected in tests):
                continue
            if change.op in {"append", "insert"}:
                self.constraints.item(draft, frame.at(change.value))
            else:
                for item in self.names.items(change.value, frame) or ():
                    self.constraints.item(draft, item)
        source = function.module.source[function.span.start : function.span.end]
        return bool(changes) and b"super()" in source

    def _statements(self, draft: TableDraft, cls: ClassDef) -> None:
        """`Index(…)` standing alone in the body of a class."""
        for statement in cls.body:
            if isinstance(statement, Effect) and isinstance(statement.value, Call):
                located = Frame(cls.module, cls).at(statement.value)
                call = self.names.invocation(located.expr, located.frame)
                if call is not None and call.name == "Index":
                    self.constraints.item(draft, located)

    def _check_key(self, draft: TableDraft, cls: ClassDef, parent: ClassDef | None) -> None:
        """Every model has a primary key: where none was read, something of it was not."""
        has_key = draft.primary_key is not None or any(column.primary_key for column in draft.columns.values())
        mapper = cls.assigned("__mapper_args__")
        arguments = self.names.entries(mapper, Frame(cls.module, cls)) if mapper is not None else None
        if has_key or parent is not None or "primary_key" in (arguments or {}):
            return
        order = self.index.mro(cls)
        unseen = [base.name for base in order if isinstance(base, External)]
        unseen += [base.text for base in order if isinstance(base, Unresolved)]
        of = ", ".join(name for name in unseen if name and not name.startswith(_KNOWN_PACKAGES))
        if not of:
            self._report(cls, f"no primary key was read of model {cls.name}")
            return
        # SQLAlchemy maps no class without a key, so one is there, and nearly always it is called so.
        self._report(cls, f"no primary key was read of model {cls.name}: taken to be id, from {of}")
        draft.add(ColumnDraft("id", "id", "id", draft.origin, UNKNOWN_TYPE, nullable=False, primary_key=True))

    def _report(self, cls: ClassDef, text: str) -> None:
        self.columns.report(Located(Name(cls.name, cls.span), Frame(cls.module, cls)), text)
