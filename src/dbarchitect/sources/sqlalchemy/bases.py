"""Declarative bases: what makes a class a model, and which MetaData its table belongs to.

Knows `declarative_base()`, `DeclarativeBase`, `as_declarative`, `registry`, Flask-SQLAlchemy's `db.Model`, SQLModel,
and bases of libraries that are not here: a class with a `__tablename__` is a model whoever its base is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dbarchitect.sources.python.expressions import Call, Expr, Name
from dbarchitect.sources.python.resolved import Base, External, Unresolved, Value
from dbarchitect.sources.python.statements import Assign, ClassDef
from dbarchitect.sources.sqlalchemy.drafts import MetadataRead
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located
from dbarchitect.sources.sqlalchemy.vocabulary import canonical_name

_ROOT_CLASSES = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta", "MappedBase"})
_ROOT_DECORATORS = frozenset({"as_declarative", "registry.as_declarative_base"})
_MAPPING_DECORATORS = frozenset({"registry.mapped", "registry.mapped_as_dataclass", "mapped_as_dataclass"})
_ROOT_CALLS = frozenset({"declarative_base", "registry.generate_base"})
_FLASK = frozenset({"SQLAlchemy", "flask_sqlalchemy.SQLAlchemy"})
_LIBRARY_BASES = {"flask_appbuilder.Model": "flask", "sqlmodel.SQLModel": "sqlmodel"}
_NO_MODELS = frozenset({"builtins", "typing", "typing_extensions", "enum", "abc", "pydantic", "dataclasses", "django"})


@dataclass(frozen=True, slots=True)
class Root:
    """A declarative base. `naming` is `flask` where tables get their names from the classes' as Flask-SQLAlchemy does
    it, `sqlmodel` likewise, else ''. `extra` are classes whose attributes all models inherit besides their own bases.
    """

    metadata: MetadataRead
    naming: str = ""
    extra: tuple[ClassDef, ...] = ()
    type_map: Located | None = field(default=None, compare=False)


class Bases:
    """Finds the root of each class, and the MetaData that an expression means."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.index = names.index
        self._roots: dict[ClassDef, Root | None] = {}
        self._called: dict[tuple[str, int], Root | None] = {}

    def root(self, cls: ClassDef) -> Root | None:
        """The declarative base that a class derives from, None for a class that is no model."""
        if cls not in self._roots:
            self._roots[cls] = None
            self._roots[cls] = self._find(cls)
        return self._roots[cls]

    def is_root(self, cls: ClassDef) -> bool:
        """Whether a class is a declarative base itself."""
        return self._own_root(cls) is not None

    def _find(self, cls: ClassDef) -> Root | None:
        decorated = self._decorated(cls, _MAPPING_DECORATORS)
        if decorated is not None:
            return decorated
        order = self.index.mro(cls)
        for base in order:
            found = self._own_root(base) if isinstance(base, ClassDef) else self._of_library(base)
            if found is not None:
                return found
        if self.index.attribute(cls, "__tablename__") is None and self.index.attribute(cls, "__table__") is None:
            return None
        for base in order:
            unseen = _unseen(base)
            if unseen is not None:
                return Root(MetadataRead(("unseen", unseen), cls.module.path))
        return None

    def _own_root(self, cls: ClassDef) -> Root | None:
        """The root that a class itself is."""
        decorated = self._decorated(cls, _ROOT_DECORATORS)
        if decorated is not None:
            return decorated
        direct = {canonical_name(b.name) for b in self.index.bases(cls) if isinstance(b, External)}
        meta = next((k.value for k in cls.keywords if k.name == "metaclass"), None)
        by_metaclass = meta is not None and self.names.name_of(meta, Frame(cls.module, cls.outer)) == "DeclarativeMeta"
        if not direct & _ROOT_CLASSES and not by_metaclass:
            return None
        return Root(self._metadata_of_class(cls), type_map=self._type_map(cls))

    def _decorated(self, cls: ClassDef, wanted: frozenset[str]) -> Root | None:
        frame = Frame(cls.module, cls.outer)
        for decorator in cls.decorators:
            function = decorator.function if isinstance(decorator, Call) else decorator
            target = self.names.follow(function, frame)
            name = self.names.canonical(target)
            if name not in wanted:
                continue
            if isinstance(target, Value) and isinstance(target.expr, Call):
                maker = self.names.invocation(target.expr, Frame(target.module, target.owner))
                if maker is not None:
                    return self._of_registry(maker)
            if isinstance(decorator, Call) and decorator.args:  # @mapped_as_dataclass(registry)
                maker = self.names.invocation(decorator.args[0], frame)
                if maker is not None and maker.name == "registry":
                    return self._of_registry(maker)
            given = decorator.keyword("metadata") if isinstance(decorator, Call) else None
            metadata = self.metadata(frame.at(given)) if given is not None else None
            return Root(metadata or self._metadata_of_class(cls), type_map=self._type_map(cls))
        return None

    def _metadata_of_class(self, cls: ClassDef) -> MetadataRead:
        for name in ("metadata", "registry"):
            found = self.index.attribute(cls, name)
            if found is not None and isinstance(found[1], Assign) and found[1].value is not None:
                located = Located(found[1].value, Frame(found[0].module, found[0]))
                metadata = self.metadata(located)
                if metadata is not None:
                    return metadata
        return MetadataRead((cls.module.path, cls.qualname), cls.module.path)

    def _type_map(self, cls: ClassDef) -> Located | None:
        for name in ("type_annotation_map", "registry"):
            found = self.index.attribute(cls, name)
            if found is None or not isinstance(found[1], Assign) or found[1].value is None:
                continue
            located = Located(found[1].value, Frame(found[0].module, found[0]))
            if name == "type_annotation_map":
                return located
            call = self.names.invocation(located.expr, located.frame)
            if call is not None:
                return call.kwargs.get("type_annotation_map")
        return None

    def _of_library(self, base: Base) -> Root | None:
        """The root that a base is which is no class of the project."""
        match base:
            case External(name=name):
                naming = _LIBRARY_BASES.get(canonical_name(name) or "")
                if naming is not None:
                    return Root(MetadataRead(("library", naming), ""), naming)
                return Root(MetadataRead(("library", name), ""), "flask") if canonical_name(name) == "Model" else None
            case Value(expr=Call() as maker):
                call = self.names.invocation(maker, Frame(base.module, base.owner))
                if call is None or (base.rest not in {(), ("Model",)}):
                    return None
                return self.of_call(call)
            case Unresolved(text=text) if text.endswith("db.Model"):
                return Root(MetadataRead(("unseen", text), ""), "flask")
            case _:
                return None

    def of_call(self, call: Invocation) -> Root | None:
        """The root that a call makes (`declarative_base()`, `SQLAlchemy()`), None for any other call."""
        key = (call.location.frame.module.path, call.location.span.start)
        if key not in self._called:
            self._called[key] = None
            self._called[key] = self._made(call)
        return self._called[key]

    def _made(self, call: Invocation) -> Root | None:
        if call.name in _FLASK:
            base = self._class(call.argument(9, "model_class"))
            own = self.root(base) if base is not None else None
            given = self.metadata(call.kwargs.get("metadata")) or (own.metadata if own is not None else None)
            naming = "" if self.names.constant(call.kwargs.get("disable_autonaming")) is True else "flask"
            extra = self.index.lineage(base) if base is not None else ()
            return Root(given or self._here(call), naming, extra, own.type_map if own is not None else None)
        if call.name in _ROOT_CALLS:
            given = self.metadata(call.kwargs.get("metadata"))
            base = self._class(call.kwargs.get("cls"))
            extra = self.index.lineage(base) if base is not None else ()
            type_map = call.kwargs.get("type_annotation_map")
            if call.name == "registry.generate_base":
                own = self._of_registry_value(call)
                return Root(own.metadata, "", extra, own.type_map) if own is not None else None
            return Root(given or self._here(call), "", extra, type_map)
        return None

    def _of_registry_value(self, call: Invocation) -> Root | None:
        """Of `mapper_registry.generate_base()` the registry."""
        expr = call.location.expr
        if not isinstance(expr, Call):
            return None
        found = self.names.follow(expr.function, call.location.frame)
        if isinstance(found, Value) and isinstance(found.expr, Call):
            maker = self.names.invocation(found.expr, Frame(found.module, found.owner))
            return self._of_registry(maker) if maker is not None else None
        return None

    def _of_registry(self, maker: Invocation) -> Root:
        metadata = self.metadata(maker.kwargs.get("metadata"))
        return Root(metadata or self._here(maker), type_map=maker.kwargs.get("type_annotation_map"))

    def _here(self, call: Invocation) -> MetadataRead:
        path = call.location.frame.module.path
        return MetadataRead((path, str(call.location.span.start)), path)

    def _class(self, located: Located | None) -> ClassDef | None:
        target = self.names.follow(located.expr, located.frame) if located is not None else None
        return target if isinstance(target, ClassDef) else None

    def metadata(self, located: Located | None) -> MetadataRead | None:
        """The MetaData that an expression means: made by `MetaData(…)`, or that of a base or a `db`."""
        if located is None:
            return None
        call = self.names.invocation(located.expr, located.frame)
        if call is not None:
            if call.name == "MetaData":
                return self._read_metadata(call)
            return self._of_registry(call).metadata if call.name == "registry" else None
        return self._of_attribute(located.expr, located.frame)

    def of_table(self, call: Invocation) -> MetadataRead | None:
        """The MetaData that a call of `Table` puts its table into."""
        metadata = self.metadata(call.argument(1, "metadata"))
        expr = call.location.expr
        if metadata is not None or not isinstance(expr, Call):
            return metadata
        target = self.names.follow(expr.function, call.location.frame)
        if isinstance(target, Value) and isinstance(target.expr, Call):  # `db.Table` needs to be given none
            maker = self.names.invocation(target.expr, Frame(target.module, target.owner))
            root = self.of_call(maker) if maker is not None else None
            return root.metadata if root is not None else None
        return None

    def _of_attribute(self, expr: Expr, frame: Frame) -> MetadataRead | None:
        """`Base.metadata`, `db.metadata`, `mapper_registry.metadata`, `SQLModel.metadata`."""
        if not isinstance(expr, Name):
            return None
        target = self.names.follow(expr, frame)
        match target:
            case Value(owner=ClassDef() as owner, expr=None, rest=("metadata",)):
                root = self.root(owner)
                return root.metadata if root is not None else None
            case Value(expr=Call() as maker, rest=("metadata",) | ("Model", "metadata")):
                call = self.names.invocation(maker, Frame(target.module, target.owner))
                if call is None:
                    return None
                if call.name == "registry":
                    return self._of_registry(call).metadata
                root = self.of_call(call)
                return root.metadata if root is not None else None
            case External(name=name) if name.startswith("sqlmodel.") and name.endswith(".metadata"):
                return MetadataRead(("library", "sqlmodel"), "")
            case External(name=name):
                return MetadataRead(("unseen", name.removesuffix(".metadata")), "")
            case _:
                return None

    def _read_metadata(self, call: Invocation) -> MetadataRead:
        here = self._here(call)
        schema = self.names.constant(call.argument(0, "schema"))
        given = call.kwargs.get("naming_convention")
        conventions: Mapping[str, str] = {}
        if given is not None:
            entries = self.names.entries(given.expr, given.frame) or {}
            values = {name: self.names.constant(value) for name, value in entries.items()}
            conventions = {name: value for name, value in values.items() if isinstance(value, str)}
        named = schema if isinstance(schema, str) else None
        return MetadataRead(here.key, here.path, named, MappingProxyType(dict(conventions)))


def _unseen(base: Base) -> str | None:
    """The name of a base whose code is not here."""
    match base:
        case External(name=name) if name.partition(".")[0] not in _NO_MODELS:
            return name
        case Unresolved(text=text):
            return text
        case Value(name=name):
            return name or "a computed base"
        case _:
            return None
