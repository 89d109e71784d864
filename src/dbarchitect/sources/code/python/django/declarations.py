"""Queries that declarations make: lists of the admin, generic views, viewsets and filter sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import (
    Bound,
    Comparison,
    Fetch,
    FieldRule,
    Idiom,
    LoopFact,
    Operand,
    Predicate,
    SortKey,
)
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django import checks
from dbarchitect.sources.code.python.django.declared import Declared, texts_of
from dbarchitect.sources.code.python.django.filters import FILTER_SETS, Filters
from dbarchitect.sources.code.python.django.querysets import Building
from dbarchitect.sources.code.python.django.rest import Page, RestDefaults
from dbarchitect.sources.code.python.django.row_methods import RowMethods
from dbarchitect.sources.code.python.django.running import Running, annotated
from dbarchitect.sources.code.python.django.shown_pages import ShownPages
from dbarchitect.sources.code.python.django.values import QuerySet
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.values import ClassValue, Const
from dbarchitect.sources.code.python.vocabulary import Following, Site
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.values import Items, Library, Rows, Value
from dbarchitect.sources.mapping import MappedModel, column_of
from dbarchitect.sources.python.expressions import Call
from dbarchitect.sources.python.statements import ClassDef, FunctionDef

_PAGE = 100
"""Rows on a page of the admin's lists where nothing else is said (Django's `list_per_page`)."""
_BACKENDS = frozenset({"DjangoFilterBackend", "SearchFilter", "OrderingFilter"})
_VIEWS = ("View", "ViewSet", "APIView", "Mixin")
_LISTING = ("ListView", "ListAPIView", "ListCreateAPIView", "ViewSet", "ListModelMixin")
_SHOWING_ONE = ("DetailView", "UpdateView", "DeleteView", "ModelViewSet", "RetrieveAPIView", "UpdateAPIView",
                "DestroyAPIView", "RetrieveModelMixin", "UpdateModelMixin", "DestroyModelMixin")  # fmt: skip
"""Views of a single row; the library looks it up by its primary key where nothing else is declared."""
_PAGE_OF = "page"
"""The pages that the rows of a view's own `get_queryset` are cut into, by the key of that function."""
_BARE = frozenset({"ViewSet", "GenericViewSet"})


class Declarations:
    """Notes what classes declare."""

    def __init__(
        self, declared: Declared, building: Building, running: Running, filters: Filters, pages: ShownPages
    ) -> None:
        self.declared = declared
        self.building = building
        self.filters = filters
        self.running = running
        self.paths = building.paths
        self.shown = pages
        self.rest = RestDefaults()
        self.row_methods = RowMethods(declared)

    def read(self, cls: ClassDef, interpreter: Following) -> None:
        """Look at a class for what its body alone asks."""
        if not cls.bases:
            return
        frame = interpreter.module_frame(cls.module, cls)
        site = Site(interpreter, frame, cls.span)
        if self.declared.is_admin(cls, interpreter):
            if self.declared.is_kind(cls, ("Admin",), interpreter) and cls in self.declared.admins(interpreter):
                self._admin(cls, site)
        elif self.declared.is_kind(cls, _VIEWS, interpreter):
            self._view(cls, site)
        elif self.declared.is_kind(cls, FILTER_SETS, interpreter):
            self._filter_set(cls, site)
        if self.declared.is_kind(cls, ("Form", "Serializer"), interpreter):
            self._rules(cls, interpreter)
        model = interpreter.models.get(f"{cls.module.path}:{cls.qualname}")
        for name, method in checks.of_model(cls, model) if model is not None else ():
            self._check("model", name, method, model, interpreter)

    def finish(self, interpreter: Following) -> None:
        """What the views' own `get_queryset` build is cut into pages."""
        pages = interpreter.recorder.told(_PAGE_OF)
        for record in interpreter.recorder.records.values():
            page = pages.get(record.place.function)
            if isinstance(page, Page) and record.fetch is Fetch.BUILT and record.draft.limit is None:
                offset = Bound() if page.offset else None
                record.draft = replace(record.draft, limit=page.size, offset=offset, idiom=Idiom.PAGINATED)

    # The admin

    def _admin(self, cls: ClassDef, site: Site) -> None:
        interpreter = site.interpreter
        queryset = self._queryset(cls, site)
        if queryset is None or queryset.draft.model is None:
            return
        draft = queryset.draft
        model = queryset.draft.model
        draft = self.filters.tests(draft, self.declared.texts(cls, "list_filter", interpreter), "exact")
        draft = self.filters.searched(draft, self.declared.texts(cls, "search_fields", interpreter))
        hierarchy = self.declared.texts(cls, "date_hierarchy", interpreter)
        draft = self.filters.tests(draft, hierarchy, "gte")
        for name in self.declared.texts(cls, "ordering", interpreter):
            draft = self.building.sorted_by_name(draft, name)
        related = self._related(model, self.declared.texts(cls, "list_display", interpreter))
        chosen = self.declared.texts(cls, "list_select_related", interpreter)
        for name in dict.fromkeys((*related, *chosen)):
            draft, _ = self.paths.relation(draft, name, outer=True)
        size = self.declared.number(cls, "list_per_page", interpreter) or _PAGE
        draft = draft.but(idiom=Idiom.ADMIN, limit=Bound(size), offset=Bound())
        record = self._note(replace(queryset, draft=draft), cls, site)
        listed = self.row_methods.queryset(cls, queryset, site)
        if record is not None and listed is not None:
            loaded = (
                draft.loaded
                | listed.draft.loaded
                | {*related, *chosen}
                | self._all_joined(cls, model, interpreter, shows_one=bool(related))
            )
            row = Rows(model, "django", record=record, loaded=loaded, computed=annotated(listed.draft))
            loop = LoopFact("for", cls.name, cls.module.origin(cls.span), rows=True)
            shown = self.declared.texts(cls, "list_display", interpreter)
            self.row_methods.of_admin(cls, shown, row, loop, site)

    def _all_joined(self, cls: ClassDef, model: MappedModel, interpreter: Following, *, shows_one: bool) -> set[str]:
        """What `list_select_related = True` joins; without it the admin does the same where the list shows a relation.

        That leaves out those that may be NULL; which those are is not asked here.
        """
        value = self.declared.value(cls, "list_select_related", interpreter)
        said = value.value if isinstance(value, Const) else False if value is None else None
        if said is not True and not (said is False and shows_one):
            return set()
        return {name for name, relation in model.relations.items() if not relation.many and not relation.reverse}

    def _related(self, model: MappedModel, names: Iterable[str]) -> list[str]:
        """The relations that a list shows, which the admin joins by itself."""
        return [n for n in names if n in model.relations and not model.relations[n].many]

    def _queryset(self, cls: ClassDef, site: Site) -> QuerySet | None:
        """What the library begins with: the project's own `get_queryset` is followed as a function of its own."""
        return self.declared.queryset(cls, site)

    def _note(self, queryset: QuerySet, cls: ClassDef, site: Site, fetch: Fetch = Fetch.ALL) -> Record | None:
        """Note the query at the head of the class."""
        head = _head(cls, site)
        draft = replace(queryset.draft, origin=head.origin, builders=()).note("at", head.origin)
        record = self.running.record(replace(queryset, draft=draft), fetch, head)
        if record is not None:
            record.escape()
        return record

    # Views

    def _view(self, cls: ClassDef, site: Site) -> None:
        interpreter = site.interpreter
        names = [n for attribute in ("filterset_fields", "filter_fields", "filterset_fields_overwrite")
                 for n in self.filters.names(cls, attribute, interpreter)]  # fmt: skip
        search = self.declared.texts(cls, "search_fields", interpreter)
        sort = [n for n in self.declared.texts(cls, "ordering_fields", interpreter) if n != "__all__"]
        order = self.declared.texts(cls, "ordering", interpreter)
        own = "get_queryset" in cls.members
        lists = self._lists(cls, interpreter)
        page = self._page(cls, interpreter, lists=lists)
        backends = self._backends(cls, interpreter)
        if backends is not None:
            names = names if _does(backends, "DjangoFilterBackend") else []
            search = search if _does(backends, "SearchFilter") else ()
            sort, order = (sort, order) if _does(backends, "OrderingFilter") else ([], ())
        order = self.declared.cursor_order(cls, interpreter) or order
        if page is not None and own:
            interpreter.recorder.tell(_PAGE_OF, f"{cls.module.path}:{cls.qualname}.get_queryset", page)
        filters = self.declared.value(cls, "filterset_class", interpreter)
        declared = self._queryset(cls, site)
        given = self.row_methods.queryset(cls, declared, site) if declared is not None or own else None
        queryset = given or (replace(declared, draft=declared.draft.unknown("where")) if declared is not None else None)
        if queryset is None:
            return
        self.shown.of_view(cls, declared or queryset, given, site)
        self._looked_up(cls, queryset, site)
        asks = bool(names or search or sort or order or isinstance(filters, ClassValue))
        asks = asks or (page is not None and not own)
        if not asks and (own or not lists):
            if given is not None and lists:
                self._serialized(cls, given.draft, None, site)
            return
        draft = self.filters.tests(queryset.draft, names, "exact")
        if isinstance(filters, ClassValue):
            draft = self.filters.filtered(draft, filters.cls, interpreter)
        draft = self.filters.searched(draft, search)
        if order:
            draft = draft.but(ordering=())
        for name in order:
            draft = self.building.sorted_by_name(draft, name)
        for name in sort:
            found, reached = self.paths.follow(draft, name.lstrip("-"), outer=True)
            if reached is not None and not reached.rest:
                draft = found.ordered([SortKey(reached.column, optional=True)])
        if page is not None:
            draft = draft.but(limit=page.size, offset=Bound() if page.offset else None)
        asked = names or search or isinstance(filters, ClassValue)
        idiom = Idiom.FILTER_FIELDS if asked or sort else Idiom.PAGINATED if page is not None else None
        record = self._note(replace(queryset, draft=draft.but(idiom=idiom)), cls, site)
        if lists and given is not None:
            self._serialized(cls, given.draft, record, site)

    def _looked_up(self, cls: ClassDef, queryset: QuerySet, site: Site) -> None:
        """The one row that a view shows or changes, found by what it declares (`lookup_field = "uuid"`)."""
        interpreter = site.interpreter
        own = interpreter.index.attribute(cls, "get_object") is not None
        if own or not self.declared.is_kind(cls, _SHOWING_ONE, interpreter):
            return
        names = (
            *self.declared.texts(cls, "lookup_field", interpreter),
            *self.declared.texts(cls, "slug_field", interpreter),
        )
        for name in names[:1]:
            draft, reached = self.paths.follow(queryset.draft, name)
            if reached is None or reached.rest or reached.column in self._key_of(queryset):
                continue
            draft = draft.where(Predicate(reached.column, Comparison.EQUAL, Operand.PARAMETER)).but(ordering=())
            self._note(replace(queryset, draft=draft.note("sorted", True)), cls, site, Fetch.ONE)

    def _key_of(self, queryset: QuerySet) -> tuple[Ref | None, ...]:
        model = queryset.draft.model
        return (self.paths.key(model),) if model is not None else ()

    def _backends(self, cls: ClassDef, interpreter: Following) -> tuple[str, ...] | None:
        """The names of the classes that filter the lists of a view; None where they are not known."""
        if not self._is_rest(cls, interpreter):
            return None
        value = self.declared.value(cls, "filter_backends", interpreter)
        if value is None:
            return self.rest.backends(interpreter)
        if not isinstance(value, Items) or value.open:
            return None
        names = [_class_name(item, interpreter) for item in value.items]
        known = tuple(name for name in names if name is not None)
        return known if len(known) == len(names) else None

    def _lists(self, cls: ClassDef, interpreter: Following) -> bool:
        """Whether a view shows many rows: REST framework's `GenericViewSet` has no such action of its own."""
        names = {base.rpartition(".")[2] for base in interpreter.index.external_bases(cls)}
        own = interpreter.index.attribute(cls, "list") is not None
        return any(n.endswith(_LISTING) and (own or n not in _BARE) for n in names)

    def _is_rest(self, cls: ClassDef, interpreter: Following) -> bool:
        return any(base.startswith("rest_framework.") for base in interpreter.index.external_bases(cls))

    def _serialized(self, cls: ClassDef, draft: Draft, listed: Record | None, site: Site) -> None:
        """The relations that a list's serializer goes to for every row, where the list does not load them."""
        value = self.declared.value(cls, "serializer_class", site.interpreter)
        model = draft.model
        if not isinstance(value, ClassValue) or model is None:
            return
        frame = site.interpreter.module_frame(value.cls.module, value.cls)
        loop = LoopFact("for", cls.name, cls.module.origin(cls.span), rows=True)
        own = replace(site, frame=frame)
        row = Rows(model, "django", record=listed, loaded=draft.loaded, computed=annotated(draft))
        row.loaded = self.row_methods.loaded_by_list(value.cls, row, own)
        self.row_methods.of_serializer(value.cls, row, loop, own)
        touched = set(row.loaded)
        for statement in value.cls.assignments:
            call = statement.value
            if not isinstance(call, Call):
                continue
            source = call.keyword("source")
            named = site.interpreter.evaluation.of(source, frame) if source is not None else None
            name = (_text(named) or statement.target).partition(".")[0]
            relation = model.relations.get(name)
            made = site.interpreter.evaluation.of(call.function, frame)
            nested = isinstance(made, ClassValue) or "." in (_text(named) or "")
            target = self.paths.models.get(relation.target) if relation is not None else None
            if relation is None or target is None or not nested or name in touched:
                continue
            touched.add(name)
            place_frame = Frame(value.cls.module, frame.key, scope=value.cls, owner=value.cls, loops=(loop,))
            here = Site(site.interpreter, place_frame, statement.span)
            lazy = site.interpreter.objects.relation_draft(row, relation, target, here)
            lazy = replace(lazy, idiom=Idiom.SERIALIZER)
            fetch = Fetch.ALL if relation.many else Fetch.ONE
            record = self.running.record(QuerySet(lazy), fetch, here)
            if record is not None:
                record.escape()

    def _page(self, cls: ClassDef, interpreter: Following, *, lists: bool) -> Page | None:
        """How many rows a page has; None where the list has no pages."""
        number = self.declared.value(cls, "paginate_by", interpreter)
        if number is not None and number != Const(None):
            known = number.value if isinstance(number, Const) else None
            return Page(Bound(known if isinstance(known, int) else None))
        value = self.declared.value(cls, "pagination_class", interpreter)
        if isinstance(value, ClassValue):
            cursor = self.declared.is_kind(value.cls, ("CursorPagination",), interpreter)
            return Page(Bound(self.declared.number(value.cls, "page_size", interpreter)), not cursor)
        if isinstance(value, Library):
            return Page(Bound(), not value.name.endswith("CursorPagination"))
        if value is None and lists and self._is_rest(cls, interpreter):
            return self.rest.page(interpreter)
        return None

    # Filter sets

    def _filter_set(self, cls: ClassDef, site: Site) -> None:
        model = self.declared.form_model(cls, site.interpreter)
        if model is None:
            return
        kind = self.declared.managers.default(model, site.interpreter)
        manager = self.declared.managers.manager(model, kind, site.origin)
        draft = self.filters.filtered(replace(manager.draft, idiom=Idiom.FILTER_FIELDS), cls, site.interpreter)
        if draft.predicates:
            self._note(replace(manager, manager=False, draft=draft), cls, site)

    # Forms and serializers

    def _rules(self, cls: ClassDef, interpreter: Following) -> None:
        """What the declared fields of a form or serializer demand."""
        model = self.declared.form_model(cls, interpreter)
        layer = "serializer" if self.declared.is_kind(cls, ("Serializer",), interpreter) else "form"
        for statement in cls.assignments:
            call = statement.value
            if not isinstance(call, Call) or not (call.name or "").endswith("Field"):
                continue
            frame = interpreter.module_frame(cls.module, cls)
            given = {k.name: interpreter.evaluation.of(k.value, frame) for k in call.kwargs if k.name in _DEMANDS}
            source = _text(given.get("source")) or statement.target
            column = column_of(self.paths.models, model, source) if model is not None else None
            required = given.get("required")
            interpreter.recorder.rule(
                FieldRule(
                    layer, statement.target, cls.module.origin(statement.span),
                    column[0] if column is not None else None, _choices(given.get("choices")),
                    _whole(given.get("max_length")), _number(given.get("min_value")), _number(given.get("max_value")),
                    required.value if isinstance(required, Const) and isinstance(required.value, bool) else None,
                    check=checks.named(given.get("validators")),
                )
            )  # fmt: skip
        for name, method in checks.of_fields(cls, layer):
            self._check(layer, name, method, model, interpreter)

    def _check(
        self, layer: str, name: str, method: FunctionDef, model: MappedModel | None, interpreter: Following
    ) -> None:
        """A method that looks at one field's value."""
        column = column_of(self.paths.models, model, name) if model is not None else None
        origin = method.module.origin(method.span)
        ref = column[0] if column is not None else None
        interpreter.recorder.rule(FieldRule(layer, name, origin, ref, check=checks.key_of(method)))


_DEMANDS = frozenset({"choices", "max_length", "min_value", "max_value", "required", "source", "validators"})


def _head(cls: ClassDef, site: Site) -> Site:
    """The first line of a class."""
    source = cls.module.source
    end = source.find(b"\n", cls.span.start)
    stop = min(cls.span.end, end if end > 0 else cls.span.end)
    return replace(site, span=cls.span._replace(end=stop, end_line=cls.span.line))


def _does(backends: tuple[str, ...], name: str) -> bool:
    """Whether one of the filters does what the library's of that name does; one of another library may."""
    return any(backend == name or backend not in _BACKENDS for backend in backends)


def _class_name(value: Value, interpreter: Following) -> str | None:
    """The last name of a class, for one of the project that of the library's class behind it."""
    if isinstance(value, Library):
        return value.name.rpartition(".")[2]
    if isinstance(value, ClassValue):
        line = [base.rpartition(".")[2] for base in interpreter.index.external_bases(value.cls)]
        return next((name for name in line if name.endswith(("Filter", "FilterBackend"))), value.cls.name)
    return None


def _text(value: Value | None) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def _number(value: Value | None) -> float | None:
    known = value.value if isinstance(value, Const) else None
    return float(known) if isinstance(known, int | float) and not isinstance(known, bool) else None


def _whole(value: Value | None) -> int | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, int) else None


def _choices(value: Value | None) -> tuple[str, ...]:
    return tuple(texts_of(value)) if not isinstance(value, Const) or isinstance(value.value, list | tuple) else ()
