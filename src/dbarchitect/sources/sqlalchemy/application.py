"""All tables of one MetaData (or of several that belong together), read for one engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.members import IndexColumn
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.expressions import Attribute, BinOp, Call, Compare, Expr, Lambda, Name, UnaryOp
from dbarchitect.sources.python.resolved import Value
from dbarchitect.sources.python.statements import Assign, ClassDef, Effect, Module, Statement
from dbarchitect.sources.sqlalchemy.bases import Bases
from dbarchitect.sources.sqlalchemy.columns import ColumnReader
from dbarchitect.sources.sqlalchemy.constraints import ConstraintReader
from dbarchitect.sources.sqlalchemy.deletion import Deletions
from dbarchitect.sources.sqlalchemy.drafts import IndexDraft, TableDraft
from dbarchitect.sources.sqlalchemy.finish import Finisher
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located
from dbarchitect.sources.sqlalchemy.mapping import Finished, MappingReader
from dbarchitect.sources.sqlalchemy.models import ModelReader
from dbarchitect.sources.sqlalchemy.sqltext import SqlText
from dbarchitect.sources.sqlalchemy.tables import TableReader, Tables
from dbarchitect.sources.sqlalchemy.types import TypeReader
from dbarchitect.sources.sqlalchemy.wrapped import COLUMNS, unwrapped


class ApplicationReader:
    """Reads the tables of one application; what could not be understood collects in `diagnostics`."""

    def __init__(self, bases: Bases, engine: EngineInfo, paths: frozenset[str]) -> None:
        self.bases = bases
        self.names = bases.names
        self.engine = engine
        self.paths = paths
        self._home: Located | None = None
        self._reports: dict[tuple[str | None, int | None, str], Diagnostic] = {}
        self._digests: dict[str, str] = {}
        self._properties: dict[ClassDef, dict[str, str]] = {}
        self.mapped: tuple[MappedModel, ...] = ()
        """How the models and tables stand for the catalog's, once it is read."""
        self.types = TypeReader(self.names, engine.name, self.origin, self.report)
        text = SqlText(self.names, self.types, engine.name)
        self.columns = ColumnReader(self.names, self.types, text, engine.name, self.origin, self.report)
        self.constraints = ConstraintReader(self.columns)
        self.tables = Tables()
        self.table_reader = TableReader(bases, self.columns, self.constraints, self.tables)
        self.models = ModelReader(bases, self.columns, self.constraints, self.table_reader, self.tables)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What could not be understood, each once, by place."""
        found = self._reports.values()
        return tuple(sorted(found, key=lambda d: (d.origin.path or "", d.origin.line or 0, d.text)))

    def origin(self, located: Located) -> Origin:
        """The place of an expression, with the digest of its file; of the model for what a library's base gives it."""
        if located.frame.module.path not in self.paths and self._home is not None:
            located = self._home
        module = located.frame.module
        if module.path not in self._digests:
            self._digests[module.path] = hashlib.sha256(module.file.read_bytes()).hexdigest()
        return replace(module.origin(located.span), digest=self._digests[module.path])

    def report(self, located: Located, text: str) -> None:
        """Note something that could not be understood."""
        self._note(self.origin(located), text)

    def _note(self, origin: Origin, text: str) -> None:
        self._reports[origin.path, origin.start, text] = Diagnostic(origin, text)

    def read(self, modules: Iterable[Module], classes: Iterable[ClassDef]) -> Catalog:
        """The catalog of these models and of the tables written out in these modules."""
        chosen = tuple(modules)
        for module in chosen:
            for located in table_calls(module):
                self._written_table(located)
        for cls in classes:
            self._home = Located(Name(cls.name, cls.span), Frame(cls.module, cls))
            self.models.table(cls)
        for module in chosen:
            self._later(module)
        self._make_searchable()
        self._leave_out_descriptions()
        finisher = Finisher(self.engine, self.tables.drafts, self.tables.by_model, self.tables.by_place, self._note)
        deletions = Deletions(self.tables.drafts, self.tables.by_model, finisher.pointed)
        for relationship in self.models.relationships:
            deletions.note(relationship, self._secondary(relationship.secondary, deletions))
        catalog = finisher.catalog(deletions.found)
        finished = Finished(catalog, finisher.ref, finisher.links)
        mapping = MappingReader(
            self.models, self.tables, finished, lambda given: self._secondary(given, deletions), self._properties
        )
        self.mapped = mapping.models(chosen)
        return catalog

    def _written_table(self, located: Located) -> TableDraft | None:
        call = self.names.invocation(located.expr, located.frame)
        return self.table_reader.read(call) if call is not None and call.name == "Table" else None

    def _secondary(self, given: Located | str | None, deletions: Deletions) -> TableDraft | None:
        if given is None:
            return None
        if isinstance(given, str):
            return deletions.by_name.get(given.rpartition(".")[2])
        if isinstance(given.expr, Lambda):
            given = given.frame.at(given.expr.body)
        target = self.names.follow(given.expr, given.frame)
        if isinstance(target, ClassDef):
            return self.tables.by_model.get(target)
        if isinstance(target, Value) and target.owner is not None and target.rest == ("__table__",):
            return self.tables.by_model.get(target.owner)
        call = self.names.invocation(given.expr, given.frame)
        return self.table_reader.read(call) if call is not None and call.name == "Table" else None

    # Statements after the classes -----------------------------------------------------------------------------------

    def _later(self, module: Module) -> None:
        """Indexes and columns that are added to tables outside of them, and classical mappings."""
        self._statements(module.statements, Frame(module))
        for cls in module.classes:
            if self.tables.by_model.get(cls) is None:  # a class that only holds tables
                self._statements(cls.body, Frame(module, cls))

    def _statements(self, statements: tuple[Statement, ...], frame: Frame) -> None:
        for statement in statements:
            if isinstance(statement, Effect) and isinstance(statement.value, Call):
                self._effect(frame.at(statement.value))
            elif isinstance(statement, Assign) and isinstance(statement.value, Call):
                if "." in statement.target:
                    self._added(statement.target, frame.at(statement.value))
                elif (statement.value.name or "").rpartition(".")[2] in {"Index", "map_imperatively", "mapper"}:
                    self._effect(frame.at(statement.value))

    def _effect(self, located: Located) -> None:
        expr = located.expr
        last = (expr.name or "").rpartition(".")[2] if isinstance(expr, Call) else ""
        if last not in {"Index", "map_imperatively", "mapper", "UniqueConstraint", "CheckConstraint", "listen"}:
            return
        call = self.names.invocation(expr, located.frame)
        if call is None:
            return
        if call.name in {"Index", "UniqueConstraint", "CheckConstraint"}:
            table = next((t for arg in call.args if (t := self._owner(arg)) is not None), None)
            if table is not None:
                self.constraints.item(table, located)
        elif last in {"map_imperatively", "mapper"} and len(call.args) > 1:
            self._mapped(call)
        elif call.name == "event.listen" and len(call.args) > 2:
            run = self.names.invocation(call.args[2].expr, call.args[2].frame)
            if self._owner(call.args[0]) is not None and (run is not None and run.name == "DDL"):
                self.report(located, "the DDL that is run when this table is created was not read")

    def _leave_out_descriptions(self) -> None:
        """Leave out a MetaData beside the models' own in which no table has a key: it describes another database."""
        keyed = {t.metadata.key for t in self.tables.drafts if t.model is not None or _has_key(t)}
        if not keyed:
            return
        for table in [t for t in self.tables.drafts if t.metadata.key not in keyed]:
            self.tables.drafts.remove(table)
            self._note(table.origin, f"table {table.name} is left out: its MetaData has neither models nor keys")

    def _make_searchable(self) -> None:
        """The GIN index that SQLAlchemy-Searchable (or a copy of it) gives each of its columns by `make_searchable`."""
        index = self.names.index
        modules = index.candidates(b"make_searchable(")
        called = (index.resolve(module, "make_searchable") is not None for module in modules)
        if not any(called) or self.engine.name != "postgresql":
            return
        for table in self.tables.drafts:
            for column in table.columns.values():
                if column.read is not None and column.read.searchable:
                    name = f"ix_{table.name}_{column.name}"
                    table.indexes.append(IndexDraft((IndexColumn(column.key),), column.origin, name, method="gin"))

    def _mapped(self, call: Invocation) -> None:
        """`map_imperatively(User, users)`."""
        cls = self.names.follow(call.args[0].expr, call.args[0].frame)
        maker = self.names.invocation(call.args[1].expr, call.args[1].frame)
        table = self.table_reader.read(maker) if maker is not None and maker.name == "Table" else None
        if not isinstance(cls, ClassDef) or table is None:
            return
        table.model = table.model or cls.name
        self.tables.by_model[cls] = table
        properties = call.kwargs.get("properties")
        entries = self.names.entries(properties.expr, properties.frame) if properties is not None else None
        for name, value in (entries or {}).items():
            if isinstance(value.expr, Name):
                self._properties.setdefault(cls, {})[name] = value.expr.id.rpartition(".")[2]
            relation = self.names.invocation(value.expr, value.frame)
            if relation is not None and relation.name == "relationship":
                found = self.models.reader_of_relationships.read(relation, cls, None, name)
                if found is not None:
                    self.models.relationships.append(found)

    def _added(self, target: str, located: Located) -> None:
        """`User.posts_count = Column(…)` after the class."""
        head, _, attribute = target.rpartition(".")
        cls = self.names.follow(Name(head, located.span), located.frame)
        table = self.tables.by_model.get(cls) if isinstance(cls, ClassDef) else None
        if table is None or not isinstance(cls, ClassDef):
            return
        call = unwrapped(self.names, located)
        if call is not None and call.name in COLUMNS:
            table.add(self.columns.read(call, attribute, self.origin(located)))
            self.models.named.setdefault(cls, set()).add(attribute)
        elif call is not None and call.name == "relationship":
            found = self.models.reader_of_relationships.read(call, cls, None, attribute)
            if found is not None:
                self.models.relationships.append(found)

    def _owner(self, located: Located) -> TableDraft | None:
        """The table whose column an expression speaks of: `User.email`, `users.c.email`, `func.lower(User.email)`."""
        for name in _names(located.expr):
            parts = name.split(".")
            for size in range(1, len(parts) + 1):
                target = self.names.follow(Name(".".join(parts[:size]), located.span), located.frame)
                if isinstance(target, ClassDef) and (table := self.tables.by_model.get(target)) is not None:
                    return table
                if isinstance(target, Located):
                    written = target.site or target
                    place = written.frame.key(written.span)
                    if (table := self.tables.by_place.get(place)) is not None:
                        return table
        return None


def _has_key(table: TableDraft) -> bool:
    return table.primary_key is not None or any(column.primary_key for column in table.columns.values())


def table_calls(module: Module) -> Iterator[Located]:
    """The calls of `Table` bound or standing alone at the level of a module or of a class in it."""
    for scope in (None, *module.classes):
        for statement in scope.body if scope is not None else module.statements:
            value = statement.value if isinstance(statement, (Assign, Effect)) else None
            if isinstance(value, Call) and (value.name or "").lower().endswith("table"):
                yield Located(value, Frame(module, scope))


def _names(expr: Expr) -> Iterator[str]:
    match expr:
        case Name(id=name):
            yield name
        case Call(function=function, args=args):
            for part in (*args, function):
                yield from _names(part)
        case Attribute(value=value):
            yield from _names(value)
        case Compare(operands=operands):
            for part in operands:
                yield from _names(part)
        case BinOp(left=left, right=right):
            yield from _names(left)
            yield from _names(right)
        case UnaryOp(operand=operand):
            yield from _names(operand)
