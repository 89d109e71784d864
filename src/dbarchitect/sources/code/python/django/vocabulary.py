"""Django's ORM: which values its classes and functions give, and what runs a query."""

from __future__ import annotations

from collections.abc import Sequence as Listing
from dataclasses import replace

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.django.answers import answer
from dbarchitect.sources.code.python.django.atomic_requests import bind_requests, where_set
from dbarchitect.sources.code.python.django.by_use import ByUse
from dbarchitect.sources.code.python.django.calls import ATOMIC, Calls
from dbarchitect.sources.code.python.django.columns import Columns
from dbarchitect.sources.code.python.django.conditions import merged, operated
from dbarchitect.sources.code.python.django.declarations import Declarations
from dbarchitect.sources.code.python.django.declared import Declared
from dbarchitect.sources.code.python.django.expressions import Expressions
from dbarchitect.sources.code.python.django.filters import Filters
from dbarchitect.sources.code.python.django.lookups import Lookups
from dbarchitect.sources.code.python.django.managers import Managers, from_queryset
from dbarchitect.sources.code.python.django.paths import Paths
from dbarchitect.sources.code.python.django.querysets import Building
from dbarchitect.sources.code.python.django.routes import Routes
from dbarchitect.sources.code.python.django.rows import RowObjects
from dbarchitect.sources.code.python.django.running import Running
from dbarchitect.sources.code.python.django.settings import USER_MODEL, user_label
from dbarchitect.sources.code.python.django.shown_pages import ShownPages
from dbarchitect.sources.code.python.django.templates import Templates
from dbarchitect.sources.code.python.django.terminals import Terminals
from dbarchitect.sources.code.python.django.texts import by_text
from dbarchitect.sources.code.python.django.values import (
    HELD,
    PLAIN,
    Above,
    Atomic,
    Computed,
    Condition,
    FieldPath,
    KindClass,
    Pages,
    QuerySet,
    UnboundManager,
)
from dbarchitect.sources.code.python.django.views import Views
from dbarchitect.sources.code.python.django.writing import Writing
from dbarchitect.sources.code.python.needles import at_word
from dbarchitect.sources.code.python.rawsql import SqlRunner
from dbarchitect.sources.code.python.values import (
    ClassValue,
    Const,
    Function,
    Instance,
    ModelClass,
)
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site, Vocabulary
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.speaking import of
from dbarchitect.sources.code.values import (
    OPAQUE,
    Items,
    Library,
    Member,
    Opaque,
    Rows,
    Sequence,
    Value,
)
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Module, Parameter

_REQUEST = Library("the request")
_PLAIN_MANAGERS = frozenset({"django.db.models.Manager", "django.db.models.manager.Manager"})
_PLAIN_QUERYSETS = frozenset({"django.db.models.QuerySet", "django.db.models.query.QuerySet"})


class DjangoVocabulary(Vocabulary):
    """Managers, querysets, rows."""

    name = "django"
    needles = (
        rb"\.objects\b",
        (
            rb"\.(?:filter|exclude|order_by|values_list|annotate|aggregate|save|delete|all|exists|count"
        rb"|create|get_or_create|update_or_create|bulk_create|bulk_update|select_related|prefetch_related|first|last"
        rb"|latest|earliest|iterator|get_queryset|update|add|remove|set|clear|acreate|aget|afirst|asave|adelete"
        rb"|refresh_from_db)\("
        ),
        rb"_default_manager|queryset",
        at_word(
            rb"get_object_or_404\b", rb"get_list_or_404\b", rb"Paginator\b", rb"atomic\b", rb"urlpatterns\b",
            rb"ModelAdmin\b", rb"FilterSet\b", rb"ListView\b", rb"DetailView\b", rb"ListAPIView\b", rb"ViewSet\b",
            rb"ModelSerializer\b", rb"Serializer\b", rb"ModelForm\b", rb"def (?:clean|clean_fields|full_clean)\(",
        ),
        rb"\.get\(\w+ ?=|\.get\(\s*\n|\.get\(\*\*|\.get\(Q\(",
        at_word(rb"model(?:_class|_cls)? *+(?::[^=\n]*+)?= *+[A-Z]"),
    )  # fmt: skip

    def __init__(self, readings: Listing[SourceReading]) -> None:
        self.readings = readings
        self.models = {model.key: model for reading in readings for model in reading.models}
        self.columns = Columns(readings)
        self.runner = SqlRunner(Catalogs(readings).near)
        self.by_use = ByUse(self.models.values())
        self.paths = Paths(self.models, self.columns)
        self.expressions = Expressions(self.paths)
        self.lookups = Lookups(self.expressions)
        self.expressions.where = self.lookups.where
        self.running = Running(self.paths)
        self.managers = Managers()
        self.building = Building(self.expressions, self.lookups)
        self.writing = Writing(self.expressions, self.lookups, self.running)
        self.terminals = Terminals(self.building, self.running, self.writing)
        self.rows = RowObjects(self.paths, self.managers, self.writing)
        self.calls = Calls(self.managers, self.building, self.running)
        self.declared = Declared(self.managers)
        filters = Filters(self.declared, self.building)
        self.views = Views(self.declared, self.running, self.writing, filters)
        self.templates = Templates()
        pages = ShownPages(self.declared, self.templates)
        self.declarations = Declarations(self.declared, self.building, self.running, filters, pages)
        self.routes = Routes()
        self.calls.user_model = self.user_model
        self.calls.model_labelled = self.model_labelled
        self._labels = {model.label.lower(): model for model in self.models.values() if model.label is not None}
        self._user: list[MappedModel | None] = []
        self._interpreter: Following | None = None

    # Classes and names

    def of_class(self, cls: ClassDef, interpreter: Following) -> Value | None:
        """A model, or a class of managers or querysets."""
        self._interpreter = interpreter
        model = self.models.get(f"{cls.module.path}:{cls.qualname}")
        if model is not None:
            return ModelClass(model, self.name)
        return self.managers.kind_of(cls, interpreter)

    def object_of(self, cls: ClassDef, interpreter: Following) -> Value | None:
        """`self` in the methods of a manager or queryset: one of the model that uses it, where there is but one."""
        kind = self.managers.kind_of(cls, interpreter)
        if kind is None:
            return None
        model = self.managers.used_by(cls, interpreter)
        if model is None:
            return UnboundManager(kind.kind)
        manager = self.managers.manager(model, kind.kind, cls.module.origin(cls.span))
        draft = manager.draft if kind.manager else manager.draft.note(HELD, True)
        return replace(manager, manager=kind.manager, draft=draft)

    def of_name(self, dotted: str, site: Site) -> Value | None:
        """A library's model, or Django's own classes of managers and querysets."""
        self._interpreter = site.interpreter
        model = self.models.get(dotted)
        if model is not None:
            return ModelClass(model, self.name)
        if dotted in _PLAIN_MANAGERS:
            return KindClass(PLAIN, manager=True)
        return KindClass(PLAIN, manager=False) if dotted in _PLAIN_QUERYSETS else None

    def holding(self, holder: Value, row: Rows, site: Site) -> Value | None:
        """`orders: QuerySet[Order]`: which rows it holds already, the caller knows."""
        if not isinstance(holder, KindClass) or row.library != self.name:
            return None
        kind = self.managers.default(row.model, site.interpreter) if holder.kind == PLAIN else holder.kind
        manager = self.managers.manager(row.model, kind, site.origin)
        if holder.manager:
            return manager
        return replace(manager, manager=False, draft=manager.draft.unknown("where", "order by"))

    def user_model(self) -> MappedModel | None:
        """The model of `AUTH_USER_MODEL`."""
        if self._interpreter is not None:
            self._interpreter.ask(USER_MODEL)
        if not self._user and self._interpreter is not None:
            self._user.append(self.model_labelled(user_label(self._interpreter)))
        return self._user[0] if self._user else None

    def model_labelled(self, label: str) -> MappedModel | None:
        """The model that Django calls so: `shop.Order`."""
        return self._labels.get(label.lower())

    def parameter(self, function: FunctionDef, parameter: Parameter, site: Site) -> Value | None:
        """What a library hands the methods of views, admins and serializers; rows, as their name and use tell."""
        found = self.views.parameter(function, parameter, site)
        return found if found is not None else self.by_use.row(function, parameter, site.interpreter)

    def read_class(self, cls: ClassDef, interpreter: Following) -> None:
        """The lists of the admin, generic views, viewsets, filter sets; forms and serializers."""
        self._interpreter = interpreter
        self.declarations.read(cls, interpreter)

    def read_module(self, module: Module, interpreter: Following) -> None:
        """The routes of `urls.py`."""
        self.routes.read(module, interpreter)

    def answer(self, name: str, interpreter: Following) -> str | None:
        """What the whole project says."""
        self._interpreter = interpreter
        return answer(name, self.declared, self.managers, self.declarations.rest, interpreter)

    def forget(self) -> None:
        """Another module is followed from now on."""
        self.managers.forget()

    def gathered(self, interpreter: Following) -> object:
        """Where the settings put every request into a transaction."""
        return where_set(interpreter)

    def finish(self, interpreter: Following) -> None:
        """Routes are given to the functions that were seen, pages to the lists of views, transactions to requests."""
        self.routes.apply(interpreter.recorder)
        self.declarations.finish(interpreter)
        bind_requests(interpreter)

    # Attributes

    @of(ModelClass, Rows, QuerySet, KindClass, Pages, Computed, FieldPath, Above, Member, Instance, Library, Opaque)
    def attribute(self, owner: Value, name: str, site: Site) -> Value | None:
        """Managers of classes, columns and relations of rows, methods of querysets."""
        match owner:
            case ModelClass(library=self.name, model=model):
                kind = self.managers.named(model, name, site.interpreter)
                if kind is not None:
                    return self.managers.manager(model, kind, site.origin)
                return Member(owner, name) if f"{model.key}.{name}.through" in self.models else None
            case Rows(library=self.name, many=False):
                return self.rows.attribute(owner, name, site)
            case Rows(library=self.name, many=True) if name in {"object_list", "paginator"}:
                return owner
            case QuerySet():
                return self._of_queryset(owner, name, site)
            case KindClass() | Pages() | Computed() | FieldPath():
                return owner.source if isinstance(owner, Pages) and name == "object_list" else Member(owner, name)
            case Above(held=held, owner=cls):
                return self._above(held, cls, name, site)
            case Member(owner=ModelClass(library=self.name, model=model), name=field) if name == "through":
                found = self.models.get(f"{model.key}.{field}.through")
                return ModelClass(found, self.name) if found is not None else None
            case Instance():
                return self.views.attribute(owner, name, site)
            case Library() | Member() if name == "user":
                if owner == _REQUEST or (isinstance(owner, Member) and owner.name == "request"):
                    user = self.user_model()
                    return Rows(user, self.name) if user is not None else None
            case Opaque() | Member() if name.endswith("_set"):
                return self.rows.of_unknown(name, site)
        return None

    def _of_queryset(self, owner: QuerySet, name: str, site: Site) -> Value:
        if name == "model" and owner.draft.model is not None:
            return ModelClass(owner.draft.model, self.name)
        found = self.managers.method(owner, name, site.interpreter)
        if found is not None and name != "get_queryset":
            function = Function(found, owner)
            decorators = {getattr(d, "id", "") for d in found.decorators}
            if decorators & {"property", "cached_property"}:
                return site.interpreter.run(function, Arguments(), site)
            return function
        if name in {"db", "_db", "query", "_result_cache"}:
            return OPAQUE
        return self.managers.bound(owner, name, site.interpreter) or Member(owner, name)

    def _above(self, held: Value, cls: ClassDef, name: str, site: Site) -> Value:
        """`super().name`: what the next class in line has, else the library."""
        start = _class_of(held, site.interpreter) or cls
        line = site.interpreter.index.lineage(start)
        rest = line[line.index(cls) + 1 :] if cls in line else ()
        for base in rest:
            member = base.members.get(name)
            if isinstance(member, FunctionDef):
                return Function(member, held)
        return Member(Above(held, cls), name)

    # Calls

    @of(Library, Function, QuerySet, ModelClass, KindClass, ClassValue, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Everything that builds or runs a query."""
        match function:
            case Library(name="builtins.super"):
                return self._super(site)
            case Library(name=name):
                self.templates.rendered(name, arguments, site)
                return self.calls.call(name, arguments, site)
            case Function(function=definition, owner=None) if definition.name in {"get_model", "get_user_model"}:
                return self.calls.call(f"apps.{definition.name}", arguments, site)
            case QuerySet(draft=draft) if function.manager and draft.model is not None:
                return self._other_manager(function, draft.model, arguments, site)
            case ModelClass(library=self.name, model=model):
                return self.rows.made(model, arguments)
            case KindClass():
                return self.managers.made(function, arguments, site)
            case ClassValue(cls=cls):
                return self.views.made(cls, arguments, site)
            case Member(owner=owner, name=name):
                return self._call_member(owner, name, arguments, site)
        return None

    def _call_member(self, owner: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        match owner:
            case QuerySet():
                return self._method(owner, name, arguments, site)
            case Rows(library=self.name, many=False):
                return self.rows.call(owner, name, arguments, site)
            case Instance():
                return self.views.call(owner, name, arguments, site)
            case Above(held=held):
                return self._method_above(held, name, arguments, site)
            case KindClass(kind=kind):
                if name == "as_manager":
                    return UnboundManager(replace(kind, manager=()))
                other = arguments.get(0)
                if isinstance(other, KindClass):
                    return from_queryset(owner, other)
                return owner if name == "from_queryset" else OPAQUE
            case Pages() if name in {"page", "get_page", "aget_page", "apage"}:
                return self.calls.paged(owner, site)
            case FieldPath() | Computed() if name in {"asc", "desc"}:
                return Computed("ordered", (owner,), descending=name == "desc")
        return None

    def _method(self, queryset: QuerySet, name: str, arguments: Arguments, site: Site) -> Value:
        if name == "raw" and (rows := by_text(self.runner, queryset, arguments, site)) is not None:
            return rows
        begun = self.managers.begun(queryset, site)
        built = self.building.step(begun, name, arguments, site)
        if built is not None:
            return built
        ran = self.terminals.run(begun, name, arguments, site)
        if ran is not None:
            return ran
        known = self._of_library(begun, name, arguments, site)
        if known is not None:
            return known
        if name.startswith("_") or name in {"as_manager", "explain", "as_sql", "__init__"}:
            return OPAQUE
        return replace(begun, draft=begun.draft.unknown("where", "order by"))  # a library's own method

    def _of_library(self, queryset: QuerySet, name: str, arguments: Arguments, site: Site) -> Value | None:
        """Methods of the managers that Django's own models have."""
        model = queryset.draft.model
        if model is None:
            return None
        if name in {"create_user", "create_superuser", "acreate_user", "acreate_superuser"}:
            named = dict(zip(("username", "email", "password"), arguments.args, strict=False))
            named = {k: v for k, v in (named | arguments.kwargs).items() if k in model.columns or k in arguments.kwargs}
            return self.writing.create(queryset, Arguments((), named, arguments.dynamic), site)
        if name in {"get_for_model", "get_for_id", "get_current"}:  # kept in the memory of the process
            return Rows(model, self.name)
        if name == "get_by_natural_key":
            return self.terminals.run(queryset, "get", Arguments(dynamic=True), site)
        return None

    def _other_manager(self, queryset: QuerySet, model: MappedModel, arguments: Arguments, site: Site) -> Value:
        """`project.versions(manager="internal")`."""
        name = arguments.kwargs.get("manager")
        known = name.value if isinstance(name, Const) and isinstance(name.value, str) else ""
        kind = self.managers.named(model, known, site.interpreter)
        return replace(queryset, kind=kind) if kind is not None else queryset

    def _method_above(self, held: Value, name: str, arguments: Arguments, site: Site) -> Value | None:
        if isinstance(held, Rows):
            return self.rows.call(held, name, arguments, site, above=True)
        if isinstance(held, QuerySet):
            # what the class above says of a manager is the library's: nothing of the project comes in between
            plain = replace(held, manager=False) if name == "get_queryset" else held
            return self._method(plain, name, arguments, site)
        return self.views.call(held, name, arguments, site) if isinstance(held, Instance) else None

    def _super(self, site: Site) -> Value | None:
        frame = site.frame
        first = frame.function.parameters[0].name if frame.function and frame.function.parameters else ""
        held = frame.names.get(first)
        if frame.owner is not None and isinstance(held, QuerySet | Rows | Instance):
            return Above(held, frame.owner)
        return None

    # Operators, loops, tests

    @of(QuerySet, Condition, Computed, FieldPath)
    def operate(self, operator: str, operands: tuple[Value, ...], site: Site) -> Value | None:
        """Conditions put together, arithmetic of expressions, and members looked for in a queryset."""
        if operator in {"in", "not in"} and isinstance(operands[1], QuerySet):
            self.iterate(operands[1], site)
            return OPAQUE
        if operator in {"or", "and"} and isinstance(operands[0], QuerySet):
            self.truth(operands[0], site)
            return None
        return operated(operator, operands)

    @of(QuerySet)
    def subscript(self, owner: Value, index: Value, site: Site) -> Value | None:
        """`queryset[0]`, `queryset[a:b]`."""
        if not isinstance(owner, QuerySet):
            return None
        begun = self.managers.begun(owner, site)
        if isinstance(index, Items) and index.kind == "slice":
            if begun.rows is not None:
                return begun.rows
            return self.building.sliced(begun, index, site)
        return self.terminals.indexed(begun, index, site)

    @of(Pages, QuerySet)
    def iterate(self, value: Value, site: Site) -> Sequence | None:
        """A loop over a queryset."""
        if isinstance(value, Pages):
            value = value.source
        if not isinstance(value, QuerySet):
            return None
        return self.running.iterate(self.managers.begun(value, site), site)

    def has(self, value: Value, name: str) -> bool:
        """Columns, relations, and what `annotate` computed."""
        if not isinstance(value, Rows) or value.library != self.name or value.many:
            return False
        return name in value.model.columns or name in value.model.relations or name in value.computed

    @of(QuerySet)
    def truth(self, value: Value, site: Site) -> None:
        """`if queryset:`."""
        if isinstance(value, QuerySet) and not value.manager:
            self.running.tested(value, site)

    @of(QuerySet)
    def escape(self, value: Value, site: Site) -> None:
        """A queryset is handed on."""
        if isinstance(value, QuerySet):
            self.running.escape(value, site)

    def merge(self, first: Value, second: Value) -> Value | None:
        """A queryset or condition that is the one or the other."""
        return merged(first, second)

    @of(Condition)
    def sometimes(self, value: Value) -> Value | None:
        """A condition that is there on some ways only."""
        return Condition((value,), optional=True) if isinstance(value, Condition) and not value.optional else None

    @of(Rows)
    def assign(self, owner: Value, name: str, value: Value, site: Site) -> bool | None:  # noqa: ARG002
        """`row.name = value`."""
        if isinstance(owner, Rows) and owner.library == self.name and not owner.many:
            return self.rows.assign(owner, name, value)
        return None

    # Transactions

    @of(Atomic, Library)
    def enter(self, value: Value, site: Site) -> tuple[Value, bool] | None:
        """`with transaction.atomic():`."""
        return (OPAQUE, True) if self.decorate(value, site) else None

    def decorate(self, decorator: Value, site: Site) -> bool | None:  # noqa: ARG002
        """`@transaction.atomic`."""
        return isinstance(decorator, Atomic) or (isinstance(decorator, Library) and decorator.name in ATOMIC)


def _class_of(held: Value, interpreter: Following) -> ClassDef | None:
    """The project's class that a row, manager or queryset is of."""
    if isinstance(held, Instance):
        return held.cls
    if isinstance(held, Rows):
        return interpreter.objects.class_of(held.model)
    if isinstance(held, QuerySet):
        classes = held.kind.manager if held.manager else held.kind.queryset
        return classes[0] if classes else None
    return None
