"""SQLAlchemy's ORM and Core, Flask-SQLAlchemy and SQLModel: what the interpreter is told of them."""

from __future__ import annotations

from collections.abc import Sequence as Readings
from dataclasses import replace

from dbarchitect.catalog.queries import Bound, Fetch, Use
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.needles import at_word
from dbarchitect.sources.code.python.sqlalchemy.calls import Calls
from dbarchitect.sources.code.python.sqlalchemy.column_properties import computed, note_added, note_computed
from dbarchitect.sources.code.python.sqlalchemy.columns import (
    attribute_of,
    chosen,
    column_named,
    document_attribute,
    indexed,
    of_derived,
)
from dbarchitect.sources.code.python.sqlalchemy.comparing import operated_on
from dbarchitect.sources.code.python.sqlalchemy.conditions import (
    all_of,
    sometimes,
)
from dbarchitect.sources.code.python.sqlalchemy.homes import handed, run_at, touched
from dbarchitect.sources.code.python.sqlalchemy.hybrids import hybrid
from dbarchitect.sources.code.python.sqlalchemy.library import LibraryCalls, short_name
from dbarchitect.sources.code.python.sqlalchemy.query_classes import of_its_class, own_method
from dbarchitect.sources.code.python.sqlalchemy.repositories import model_of
from dbarchitect.sources.code.python.sqlalchemy.results import (
    iterated,
    taken,
)
from dbarchitect.sources.code.python.sqlalchemy.sessions import by_name, entered, session_of
from dbarchitect.sources.code.python.sqlalchemy.statements import Statements, sliced
from dbarchitect.sources.code.python.sqlalchemy.values import (
    LIBRARY,
    Begun,
    Choice,
    ColumnValue,
    Condition,
    Derived,
    Exists,
    Loader,
    Operator,
    Page,
    Quantified,
    RelationValue,
    Result,
    Row,
    RowOf,
    Session,
)
from dbarchitect.sources.code.python.stored import Stored, renamed
from dbarchitect.sources.code.python.values import (
    ClassValue,
    Const,
    Function,
    Instance,
    ModelClass,
)
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.speaking import of
from dbarchitect.sources.code.values import (
    OPAQUE,
    Items,
    Library,
    Member,
    Rows,
    Sequence,
    Value,
)
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module, Parameter

_ROW_ATTRIBUTES = frozenset({"_mapping", "_asdict", "_tuple", "tuple", "t", "_t"})
_OF_DATABASE = frozenset(
    {"paginate", "get_or_404", "first_or_404", "one_or_404", "init_app", "create_all", "drop_all", "reflect", "Model"}
)
_HAVING = (
    ModelClass, Derived, ColumnValue, Choice, RelationValue, Session, Draft, Row, Page, Result, Rows, Instance,
    ClassValue,
)  # fmt: skip
"""What has attributes of which something is known."""


class SqlAlchemyVocabulary(Vocabulary):
    """Models, columns, statements, sessions, rows."""

    name = LIBRARY
    needles = (
        at_word(rb"select\(", rb"query\b"),
        rb"session\b",
        rb"\.(?:execute|scalars?|exec|stream)\(",
        at_word(rb"insert\(", rb"update\(", rb"delete\(", rb"exists\("),
        rb"\.(?:where|filter|filter_by|order_by|join|options|first_or_404|get_or_404|paginate|create|save)\(",
        rb"\.(?:get_by|get_all|get_or_|find_by|find_all|find_one|find_or_|first_by|all_by|delete_by|delete_all|by_id)\w*\(",
        at_word(rb"db\.", rb"repo", rb"crud", rb"dao"),
        at_word(rb"model(?:_class|_cls)? *+(?::[^=\n]*+)?= *+[A-Z]"),
    )

    def __init__(self, readings: Readings[SourceReading]) -> None:
        self.readings = readings
        models = [model for reading in readings for model in reading.models]
        self.statements = Statements(readings)
        self.statements.by_table = _by_table(models)
        self._tables: dict[str, list[MappedModel]] = {}
        for model in models:
            self._tables.setdefault(model.table.table or "", []).append(model)
        self.calls = Calls(self.statements, LibraryCalls(self.statements, self._table_named), readings)

    # Names

    def of_class(self, cls: ClassDef, interpreter: Following) -> Value | None:
        """A mapped class."""
        model = interpreter.models.get(f"{cls.module.path}:{cls.qualname}")
        return ModelClass(model, self.name) if model is not None and model.label is None else None

    def _table_named(self, name: str, path: str) -> Value | None:
        """The model of `Table("name", …)`, that of the same file first."""
        found = self._tables.get(name.rpartition(".")[2], [])
        near = [m for m in found if m.key.startswith(f"{path}:") and not m.relations]
        model = next(iter(near or found), None)
        return ModelClass(model, self.name) if model is not None else None

    def of_name(self, dotted: str, site: Site) -> Value | None:  # noqa: ARG002
        """Names of the library that are something by themselves."""
        if dotted.startswith("flask_sqlalchemy") or short_name(dotted) is None:
            return None
        return Session() if dotted.endswith(("fastapi_sqlalchemy.db", ".db.session")) else None

    def instance_of(self, dotted: str, site: Site) -> Value | None:  # noqa: ARG002
        """`session: Session`."""
        return session_of(dotted)

    def parameter(self, function: FunctionDef, parameter: Parameter, site: Site) -> Value | None:  # noqa: ARG002
        """`session` that nothing annotates."""
        return by_name(parameter)

    def read_module(self, module: Module, interpreter: Following) -> None:
        """Properties that models are given after their classes."""
        note_added(module, interpreter)

    def read_class(self, cls: ClassDef, interpreter: Following) -> None:
        """Properties of a model that a query inside computes."""
        model = interpreter.models.get(f"{cls.module.path}:{cls.qualname}")
        if model is not None and model.label is None:
            note_computed(cls, ModelClass(model, self.name), interpreter, self.statements.documents)

    # Attributes

    @of(*_HAVING)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """Columns and relations of models, what `db` holds, columns of queries, cells of rows."""
        match owner:
            case ModelClass():
                return self._of_model(owner, name, site)
            case Derived():
                if name in {"c", "columns", "exported_columns"}:
                    return owner
                return of_derived(owner, name) if _is_column_name(name, owner) else None
            case ColumnValue():
                return document_attribute(owner, name)
            case Choice() if name == "astext":
                return owner
            case RelationValue():
                return self._through(owner, name, site)
            case Session():
                return self._of_session(owner, name)
            case Draft() if owner.library == self.name:
                return self._of_draft(owner, name, site)
            case Row():
                return self._of_row(owner, name)
            case Page():
                return owner.items if name == "items" else Member(OPAQUE, name)
            case Result():
                return OPAQUE if name in {"rowcount", "lastrowid", "inserted_primary_key"} else None
            case Rows() if owner.library == self.name:
                return self._of_rows(owner, name, site)
            case Instance() | ClassValue():
                return model_of(owner, name, site.interpreter)
            case _:
                return None

    def _of_model(self, owner: ModelClass, name: str, site: Site) -> Value | None:
        if owner.library != self.name:
            return None
        found = attribute_of(site.interpreter.models, owner, name, self.statements.documents)
        if found is not None:
            return found
        if name in {"c", "columns", "__table__", "local_table"}:
            return owner
        column = column_named(owner, name, self.statements.documents)
        if column is not None:
            return column
        if name == "query":
            cls = site.interpreter.objects.class_of(owner.model)
            if cls is None or site.interpreter.index.attribute(cls, name) is None:
                return of_its_class(self.statements.select((owner,), site, "query"), owner, site)
        return hybrid(owner, name, site) or computed(owner, name, site, self.statements.documents)

    def _through(self, owner: RelationValue, name: str, site: Site) -> Value | None:
        """`Model.relation.property` and methods come later; `relation.column` is none."""
        if name in {"property", "mapper", "class_", "entity"}:
            return ModelClass(owner.target, self.name)
        return attribute_of(
            site.interpreter.models, ModelClass(owner.target, self.name), name, self.statements.documents
        )

    def _of_session(self, owner: Session, name: str) -> Value | None:
        if owner.kind == "database":
            if name in {"session", "engine", "_session"}:
                return Session("session" if name != "engine" else "engine")
            return None if name in _OF_DATABASE else Library(f"sqlalchemy.{name}")
        if name in {"registry", "sync_session", "session_factory"}:
            return owner
        return None

    def _of_draft(self, owner: Draft, name: str, site: Site) -> Value | None:
        own = own_method(owner, name, site)
        if own is not None:
            return own
        if name in {"c", "columns", "selected_columns", "exported_columns", "excluded"}:
            return Derived(owner)
        return owner if name in {"statement", "element", "original"} else None

    def _of_row(self, owner: Row, name: str) -> Value | None:
        if name in owner.names:
            return owner.items[owner.names.index(name)]
        return owner if name in _ROW_ATTRIBUTES else None

    def _of_rows(self, row: Rows, name: str, site: Site) -> Value | None:
        """A relation that gives a query when it is touched."""
        relation = row.model.relations.get(name)
        if relation is None or row.many or not relation.dynamic:
            return None
        target = site.interpreter.models.get(relation.target)
        if target is None:
            return None
        draft = replace(site.interpreter.objects.relation_draft(row, relation, target, site), idiom=None)
        draft = draft.note("kind", "query").note("selected", (ModelClass(target, self.name),))
        return touched(draft, site)

    # Calls

    @of(Library, ModelClass, Operator, Member, ClassValue, Session, Exists, ColumnValue)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Functions of the library, methods of what it makes, constructors of models."""
        return self.calls.call(function, arguments, site)

    # The rest

    @of(Condition, ColumnValue, Exists, Choice, RelationValue, RowOf, Quantified)
    def operate(self, operator: str, operands: tuple[Value, ...], site: Site) -> Value | None:  # noqa: ARG002
        """Comparisons, `&`, `|`, `~`, arithmetic."""
        return operated_on(operator, operands)

    @of(ColumnValue, Choice, Draft, Derived, ModelClass, Row)
    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:
        """JSON paths, slices of queries, columns by name, cells of rows."""
        match owner:
            case ColumnValue():
                return indexed(owner, index)
            case Choice(options=options):
                return Choice(tuple(indexed(o, index) for o in options if isinstance(o, ColumnValue))) or None
            case Draft() if owner.library == self.name:
                return self._sliced(owner, index, site)
            case Derived() | ModelClass() if isinstance(index, Const) and isinstance(index.value, str):
                return self.attribute(owner, index.value, site)
            case Row() if isinstance(index, Const) and isinstance(index.value, str):
                return self._of_row(owner, index.value)
            case _:
                return None

    def _sliced(self, draft: Draft, index: Value, site: Site) -> Value:
        if isinstance(index, Items) and index.kind == "slice":
            found = sliced(draft, index.items[0], index.items[1])
            return taken(found, site, Fetch.ALL, many=True) if draft.noted("kind") == "query" else touched(found, site)
        limited = draft.but(limit=Bound(1))
        return taken(limited, site, Fetch.FIRST)

    @of(Draft, Result, Page)
    def iterate(self, value: Value, site: Site) -> Sequence | None:
        """Going through a query, a result, a page."""
        match value:
            case Draft() if value.library == self.name and value.noted("kind") == "query":
                rows = taken(value, site, Fetch.ALL, many=True)
                return site.interpreter.objects.iterate(rows, site)
            case Result():
                return iterated(value)
            case Page():
                return site.interpreter.iterated(value.items, site)
            case _:
                return None

    @of(Session, Begun, Member)
    def enter(self, value: Value, site: Site) -> tuple[Value, bool] | None:  # noqa: ARG002
        """`with session.begin():`."""
        found = entered(value)
        if found is None and isinstance(value, Member) and value.name == "no_autoflush":
            return OPAQUE, False
        return found

    def decorate(self, decorator: Value, site: Site) -> bool | None:  # noqa: ARG002
        """A decorator of the project that begins and ends a transaction."""
        if not isinstance(decorator, Function):
            return None
        function = decorator.function
        source = function.module.source[function.span.start : function.span.end]
        return True if b".commit(" in source or b".begin(" in source else None

    @of(Rows)
    def assign(self, owner: Value, name: str, value: Value, site: Site) -> bool | None:
        """`row.column = value`."""
        if isinstance(owner, Rows) and owner.library == self.name and not owner.many:
            return self.calls.writing.assign(owner, name, value, site) or None
        return None

    @of(Result)
    def truth(self, value: Value, site: Site) -> None:  # noqa: ARG002
        """The rows of a result are tested for being there."""
        if isinstance(value, Result):
            value.record.uses.add(Use.TESTED)

    @of(Result, Page, Draft)
    def escape(self, value: Value, site: Site) -> None:
        """A query that leaves our sight is run elsewhere; so are the rows of a result."""
        if isinstance(value, Result):
            value.record.escape()
        elif isinstance(value, Page):
            site.interpreter.made(value.items, site)
        elif isinstance(value, Draft) and value.library == self.name and value.table is not None:
            run_at(value, site, Fetch.BUILT)

    def merge(self, first: Value, second: Value) -> Value | None:
        """Columns and sort keys of which it is one; conditions that hold on one way only."""
        if isinstance(first, Condition) and isinstance(second, Condition):
            return all_of((sometimes(first), sometimes(second))) if first != second else first
        if isinstance(first, Condition) and isinstance(second, Const):
            return sometimes(first)  # `true()` on the other way
        if isinstance(second, Condition) and isinstance(first, Const):
            return sometimes(second)
        if isinstance(first, Result) and isinstance(second, Result):
            return first
        if isinstance(first, Loader) and isinstance(second, Loader):
            return replace(first, paths=first.paths & second.paths)
        if isinstance(first, Session) or isinstance(second, Session):
            return first if isinstance(first, Session) else second
        return chosen(first, second)

    def returned(self, value: Draft, site: Site) -> Value | None:
        """A query that a function gives to its caller is the caller's from then on."""
        return handed(value, site) if value.library == self.name else None

    @of(Condition)
    def sometimes(self, value: Value) -> Value | None:
        """A condition that is put into a list on some ways only."""
        return sometimes(value) if isinstance(value, Condition) else None

    def key(self, value: Value) -> str | None:
        """`{User.name: …}`: the column's attribute."""
        return value.name if isinstance(value, ColumnValue) else None

    def forget(self) -> None:
        """Another module is followed from now on."""
        self.calls.forget()

    def gathered(self, interpreter: Following) -> object:
        """The names of members of enumerations that the database holds for their values."""
        names = Stored(self.readings).names_of_values(interpreter.index, interpreter.evaluator)
        return [(column, list(values.items())) for column, values in names.items()]

    def finish(self, interpreter: Following) -> None:
        """Queries that were handed on and are seen to be run by whoever got them are told once; members of enumerations
        are compared and written as the database holds them."""
        records = interpreter.recorder.records
        names = Stored(self.readings).names_of_values(interpreter.index, interpreter.evaluator)
        for record in records.values() if names else ():
            if record.draft.library == self.name:
                record.draft = renamed(record.draft, names)
        run = {
            (r.draft.origin.path, r.draft.origin.start, str(r.draft.table))
            for r in records.values()
            if r.fetch is not Fetch.BUILT and r.draft.library == self.name
        }
        for key, record in list(records.items()):
            place = (record.draft.origin.path, record.draft.origin.start, str(record.draft.table))
            if record.fetch is Fetch.BUILT and record.draft.library == self.name and place in run:
                del records[key]


def _by_table(models: list[MappedModel]) -> dict[tuple[str, ...], MappedModel]:
    found: dict[tuple[str, ...], MappedModel] = {}
    for model in models:
        known = found.get(model.table.key)
        if known is None or (known.bases and not model.bases):
            found[model.table.key] = model
    return found


def _is_column_name(name: str, owner: Derived) -> bool:
    selected = owner.draft.noted("selected")
    for value in selected if isinstance(selected, tuple) else ():
        if isinstance(value, ColumnValue) and value.name == name:
            return True
        if isinstance(value, ModelClass) and name in value.model.columns:
            return True
    return False
