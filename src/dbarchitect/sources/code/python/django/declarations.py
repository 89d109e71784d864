"""Queries that declarations make: lists of the admin, generic views, viewsets and filter sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import Bound, Fetch, FieldRule, Idiom, LoopFact, Operand, Predicate, SortKey
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.declared import Declared, texts_of
from dbarchitect.sources.code.python.django.paths import Reached
from dbarchitect.sources.code.python.django.querysets import Building
from dbarchitect.sources.code.python.django.running import Running
from dbarchitect.sources.code.python.django.values import QuerySet
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.values import ClassValue, Const, Entries, Library, Opaque, Rows, Value
from dbarchitect.sources.code.python.vocabulary import Following, Site
from dbarchitect.sources.mapping import MappedModel, column_of
from dbarchitect.sources.python.expressions import Call
from dbarchitect.sources.python.statements import Assign, ClassDef

_PAGE = 100
"""Rows on a page of the admin's lists where nothing else is said (Django's `list_per_page`)."""
_SEARCH = {"^": "istartswith", "=": "iexact", "@": "search", "$": "iregex"}
_VIEWS = ("View", "ViewSet", "APIView", "Mixin")
_LISTING = ("ListView", "ListAPIView", "ListCreateAPIView", "ViewSet", "ListModelMixin")


class Declarations:
    """Notes what classes declare."""

    def __init__(self, declared: Declared, building: Building, running: Running) -> None:
        self.declared = declared
        self.building = building
        self.running = running
        self.paths = building.paths

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
        elif self.declared.is_kind(cls, ("FilterSet",), interpreter):
            self._filter_set(cls, site)
        if self.declared.is_kind(cls, ("Form", "Serializer"), interpreter):
            self._rules(cls, interpreter)

    # The admin

    def _admin(self, cls: ClassDef, site: Site) -> None:
        interpreter = site.interpreter
        queryset = self._queryset(cls, site)
        if queryset is None or queryset.draft.model is None:
            return
        draft = queryset.draft
        model = queryset.draft.model
        draft = self._tests(draft, self.declared.texts(cls, "list_filter", interpreter), "exact")
        draft = self._searched(draft, self.declared.texts(cls, "search_fields", interpreter))
        hierarchy = self.declared.texts(cls, "date_hierarchy", interpreter)
        draft = self._tests(draft, hierarchy, "gte")
        for name in self.declared.texts(cls, "ordering", interpreter):
            draft = self.building.sorted_by_name(draft, name)
        related = self._related(model, self.declared.texts(cls, "list_display", interpreter))
        chosen = self.declared.texts(cls, "list_select_related", interpreter)
        for name in dict.fromkeys((*related, *chosen)):
            draft, _ = self.paths.relation(draft, name, outer=True)
        size = self.declared.number(cls, "list_per_page", interpreter) or _PAGE
        draft = replace(draft, idiom=Idiom.ADMIN, limit=Bound(size), offset=Bound())
        self._note(replace(queryset, draft=draft), cls, site)

    def _related(self, model: MappedModel, names: Iterable[str]) -> list[str]:
        """The relations that a list shows, which the admin joins by itself."""
        return [n for n in names if n in model.relations and not model.relations[n].many]

    def _queryset(self, cls: ClassDef, site: Site) -> QuerySet | None:
        """What the library begins with: the project's own `get_queryset` is followed as a function of its own."""
        return self.declared.queryset(cls, site)

    def _note(self, queryset: QuerySet, cls: ClassDef, site: Site) -> None:
        """Note the query at the head of the class."""
        head = _head(cls, site)
        draft = replace(queryset.draft, origin=head.origin, builders=()).note("at", head.origin)
        record = self.running.record(replace(queryset, draft=draft), Fetch.ALL, head)
        if record is not None:
            record.escape()

    def _tests(self, draft: Draft, names: Iterable[str], lookup: str) -> Draft:
        """Columns that a person may filter by: each on some ways only."""
        for name in names:
            found, reached = self.paths.follow(draft, name.lstrip("-"))
            if reached is not None and not reached.rest:
                draft = self._asked(found, reached, lookup)
        return draft

    def _asked(self, draft: Draft, reached: Reached, lookup: str) -> Draft:
        draft, predicate = self.building.lookups.predicate(
            draft, Reached(reached.column, (lookup,), reached.relation, reached.model), Opaque(raw=True)
        )
        if predicate is None:
            return draft
        return draft.where(replace(predicate, optional=True, operand=Operand.PARAMETER))

    def _searched(self, draft: Draft, names: Iterable[str]) -> Draft:
        """`search_fields`: contained in one of them, without regard to case, where no prefix says otherwise."""
        found: list[Predicate] = []
        for name in names:
            lookup = _SEARCH.get(name[:1], "icontains")
            path = name.lstrip("^=@$")
            joined, reached = self.paths.follow(draft, path)
            if reached is None:
                continue
            rest = reached.rest or (lookup,)
            draft, predicate = self.building.lookups.predicate(
                joined, Reached(reached.column, rest, reached.relation, reached.model), Opaque(raw=True)
            )
            if predicate is not None:
                found.append(replace(predicate, optional=True, alternative=True))
        return draft.where(*(found if len(found) > 1 else [replace(p, alternative=False) for p in found]))

    # Views

    def _view(self, cls: ClassDef, site: Site) -> None:
        interpreter = site.interpreter
        names = [n for attribute in ("filterset_fields", "filter_fields", "filterset_fields_overwrite")
                 for n in self._filter_names(cls, attribute, interpreter)]  # fmt: skip
        search = self.declared.texts(cls, "search_fields", interpreter)
        sort = [n for n in self.declared.texts(cls, "ordering_fields", interpreter) if n != "__all__"]
        order = self.declared.texts(cls, "ordering", interpreter)
        page = self._page(cls, interpreter)
        own = "get_queryset" in cls.members
        lists = self.declared.is_kind(cls, _LISTING, interpreter)
        if not (names or search or sort or order or page is not None) and (own or not lists):
            return
        queryset = self._queryset(cls, site)
        if queryset is None:
            return
        filters = self.declared.value(cls, "filterset_class", interpreter)
        draft = self._tests(queryset.draft, names, "exact")
        if isinstance(filters, ClassValue):
            draft = self._filtered(draft, filters.cls, interpreter)
        draft = self._searched(draft, search)
        if order:
            draft = replace(draft, ordering=())
        for name in order:
            draft = self.building.sorted_by_name(draft, name)
        for name in sort:
            found, reached = self.paths.follow(draft, name.lstrip("-"), outer=True)
            if reached is not None and not reached.rest:
                draft = found.ordered([SortKey(reached.column, optional=True)])
        if page is not None:
            draft = replace(draft, limit=page, offset=Bound())
        asked = names or search or isinstance(filters, ClassValue)
        idiom = Idiom.FILTER_FIELDS if asked or sort else Idiom.PAGINATED if page is not None else None
        self._note(replace(queryset, draft=replace(draft, idiom=idiom)), cls, site)
        if lists:
            self._serialized(cls, queryset.draft, site)

    def _serialized(self, cls: ClassDef, draft: Draft, site: Site) -> None:
        """The relations that a list's serializer goes to for every row, where the list does not load them."""
        value = self.declared.value(cls, "serializer_class", site.interpreter)
        model = draft.model
        if not isinstance(value, ClassValue) or model is None:
            return
        frame = site.interpreter.module_frame(value.cls.module, value.cls)
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
            if relation is None or target is None or not nested or name in draft.loaded:
                continue
            loop = LoopFact("for", cls.name, cls.module.origin(cls.span), rows=True)
            place_frame = Frame(value.cls.module, frame.key, scope=value.cls, owner=value.cls, loops=(loop,))
            here = Site(site.interpreter, place_frame, statement.span)
            row = Rows(model, "django")
            lazy = site.interpreter.objects.relation_draft(row, relation, target, here)
            lazy = replace(lazy, idiom=Idiom.SERIALIZER)
            fetch = Fetch.ALL if relation.many else Fetch.ONE
            record = self.running.record(QuerySet(lazy), fetch, here)
            if record is not None:
                record.escape()

    def _filter_names(self, cls: ClassDef, attribute: str, interpreter: Following) -> Iterable[str]:
        value = self.declared.value(cls, attribute, interpreter)
        if isinstance(value, Entries):
            return tuple(n for n in value.entries if not n.startswith("?"))
        if isinstance(value, Const) and isinstance(value.value, dict):
            return tuple(n for n in value.value if isinstance(n, str))
        return self.declared.texts(cls, attribute, interpreter)

    def _page(self, cls: ClassDef, interpreter: Following) -> Bound | None:
        """How many rows a page has; None where the list has no pages."""
        number = self.declared.number(cls, "paginate_by", interpreter)
        if number is not None:
            return Bound(number)
        value = self.declared.value(cls, "pagination_class", interpreter)
        if isinstance(value, ClassValue):
            return Bound(self.declared.number(value.cls, "page_size", interpreter))
        return Bound() if isinstance(value, Library) else None

    # Filter sets

    def _filter_set(self, cls: ClassDef, site: Site) -> None:
        model = self.declared.form_model(cls, site.interpreter)
        if model is None:
            return
        kind = self.declared.managers.default(model, site.interpreter)
        manager = self.declared.managers.manager(model, kind, site.origin)
        draft = self._filtered(replace(manager.draft, idiom=Idiom.FILTER_FIELDS), cls, site.interpreter)
        if draft.predicates:
            self._note(replace(manager, manager=False, draft=draft), cls, site)

    def _filtered(self, draft: Draft, cls: ClassDef, interpreter: Following) -> Draft:
        """The query with all that a filter set may ask."""
        meta = self.declared.meta(cls, interpreter)
        if meta is not None:
            value = self.declared.value(meta, "fields", interpreter)
            lookups = value.entries if isinstance(value, Entries) else {}
            for name in self._filter_names(meta, "fields", interpreter):
                given = lookups.get(name)
                draft = self._tests(draft, [name], next(iter(_lookups_of(given)), "exact"))
        for holder in interpreter.index.lineage(cls):
            for statement in holder.assignments:
                call = statement.value
                if isinstance(call, Call) and (call.name or "").rpartition(".")[2].endswith("Filter"):
                    draft = self._declared_filter(draft, statement, call, cls, interpreter)
        return draft

    def _declared_filter(
        self, draft: Draft, statement: Assign, call: Call, cls: ClassDef, interpreter: Following
    ) -> Draft:
        if call.keyword("method") is not None:
            return draft
        frame = interpreter.module_frame(cls.module, cls)
        given = call.argument(0, "field_name") or call.keyword("name")
        named = interpreter.evaluation.of(given, frame) if given is not None else None
        name = named.value if isinstance(named, Const) and isinstance(named.value, str) else statement.target
        asked = call.argument(1, "lookup_expr")
        value = interpreter.evaluation.of(asked, frame) if asked is not None else None
        lookup = value.value if isinstance(value, Const) and isinstance(value.value, str) else "exact"
        return self._tests(draft, [name], lookup)

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
                )
            )  # fmt: skip


_DEMANDS = frozenset({"choices", "max_length", "min_value", "max_value", "required", "source"})


def _head(cls: ClassDef, site: Site) -> Site:
    """The first line of a class."""
    source = cls.module.source
    end = source.find(b"\n", cls.span.start)
    stop = min(cls.span.end, end if end > 0 else cls.span.end)
    return replace(site, span=cls.span._replace(end=stop, end_line=cls.span.line))


def _text(value: Value | None) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def _number(value: Value | None) -> float | None:
    known = value.value if isinstance(value, Const) else None
    return float(known) if isinstance(known, int | float) and not isinstance(known, bool) else None


def _whole(value: Value | None) -> int | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, int) else None


def _choices(value: Value | None) -> tuple[str, ...]:
    return tuple(texts_of(value)) if not isinstance(value, Const) or isinstance(value.value, list | tuple) else ()


def _lookups_of(value: Value | None) -> Iterable[str]:
    return tuple(texts_of(value))
