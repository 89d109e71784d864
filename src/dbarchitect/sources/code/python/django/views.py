"""Objects of views, admins, forms and serializers: what their inherited methods give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import (
    Assignment,
    Bound,
    Comparison,
    Fetch,
    Idiom,
    Operand,
    Predicate,
    SortKey,
    Use,
    Verb,
)
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.declared import Declared
from dbarchitect.sources.code.python.django.filters import FILTER_SETS, Filters
from dbarchitect.sources.code.python.django.running import Running
from dbarchitect.sources.code.python.django.signals import sent
from dbarchitect.sources.code.python.django.values import SHOWN, QuerySet
from dbarchitect.sources.code.python.django.writing import Writing
from dbarchitect.sources.code.python.values import (
    ClassValue,
    Const,
    Function,
    Instance,
    ModelClass,
)
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site
from dbarchitect.sources.code.values import OPAQUE, Entries, Rows, Value
from dbarchitect.sources.mapping import MappedModel, column_of
from dbarchitect.sources.python.statements import ClassDef, FunctionDef, Parameter

_FORM_PARAMETERS = {"form": "form_class", "serializer": "serializer_class"}
_ACTING = ("ModelViewSet", "ModelMixin", "CreateAPIView", "UpdateAPIView", "DestroyAPIView")
_QUERYSET_PARAMETERS = frozenset({"queryset", "qs"})


class Views:
    """What the library's classes do with what the project's subclasses declare."""

    def __init__(self, declared: Declared, running: Running, writing: Writing, filters: Filters) -> None:
        self.declared = declared
        self.filters = filters
        self.running = running
        self.writing = writing
        self.paths = running.paths

    def attribute(self, owner: Instance, name: str, site: Site) -> Value | None:
        """Attributes that the library gives an object: `form.instance`, `view.object`."""
        interpreter = site.interpreter
        if name in owner.fields or interpreter.index.attribute(owner.cls, name) is not None:
            return None
        if name in {"model", "opts"}:
            model = self.declared.model(owner.cls, interpreter)
            return ModelClass(model, "django") if model is not None and name == "model" else None
        if name == "instance":
            model = self.declared.form_model(owner.cls, interpreter)
            return self._row_of(owner, model) if model is not None else None
        if name == "object":
            model = self.declared.model(owner.cls, interpreter)
            return Rows(model, "django") if model is not None else None
        if name == "object_list":
            listed = self.declared.queryset(owner.cls, site)
            return replace(listed, draft=listed.draft.note(SHOWN, True)) if listed is not None else None
        if name == "qs" and self.declared.is_kind(owner.cls, FILTER_SETS, interpreter):
            return self._chosen(owner, site)
        return None

    def _chosen(self, owner: Instance, site: Site) -> QuerySet | None:
        """What a filter set leaves of the queryset that it was given: with all that it may ask, on some ways."""
        held = owner.fields.get("queryset")
        if not isinstance(held, QuerySet):
            return None
        begun = self.declared.managers.begun(held, site)
        return replace(begun, draft=self.filters.filtered(begun.draft, owner.cls, site.interpreter))

    def _row_of(self, owner: Instance, model: MappedModel) -> Rows:
        held = owner.fields.get("instance")
        if not isinstance(held, Rows):
            held = Rows(model, "django", new=True)
            owner.fields["instance"] = held
        return held

    def made(self, cls: ClassDef, arguments: Arguments, site: Site) -> Instance | None:
        """`OrderForm(request.POST, instance=order)`, `OrderSerializer(order, data=…)`."""
        interpreter = site.interpreter
        if self.declared.is_kind(cls, FILTER_SETS, interpreter):
            given = arguments.get(1, "queryset")
            return Instance(cls, {"queryset": given} if given is not None else {})
        if not self.declared.is_form(cls, interpreter):
            return None
        form = Instance(cls)
        row = arguments.kwargs.get("instance")
        if row is None and arguments.args and isinstance(arguments.args[0], Rows | QuerySet):
            row = arguments.args[0]
        if row is not None:
            form.fields["instance"] = row
        init = interpreter.index.attribute(cls, "__init__")
        if init is not None and isinstance(init[1], FunctionDef):
            form.fields["__init__"] = OPAQUE
            interpreter.run(Function(init[1], form), arguments, site)
        if isinstance(row, QuerySet):
            interpreter.made(row, site)
        elif isinstance(row, Rows) and row.record is not None and "data" not in arguments.kwargs:
            row.record.escape()
        return form

    def call(self, owner: Instance, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A method that the library gives an object."""
        interpreter = site.interpreter
        match name:
            case "get_queryset" | "get_base_queryset":
                return self._of_library(owner, site)
            case "filter_queryset" if arguments.args:
                return self._filtered(owner, arguments.args[-1], site)
            case "paginate_queryset" if arguments.args:
                return self._page(owner, arguments.args[0], site)
            case "get_context_data":
                return Entries(dict(arguments.kwargs), open=True)
            case "get_object":
                return self._object(owner, site)
            case "get_serializer" | "get_form":
                attribute = "serializer_class" if name == "get_serializer" else "form_class"
                made = self.declared.value(owner.cls, attribute, interpreter)
                return self.made(made.cls, arguments, site) if isinstance(made, ClassValue) else None
            case "create" | "update" | "partial_update" | "destroy" if self._is_viewset(owner, interpreter):
                return self._acted(owner, name, site)
            case "save" | "asave":
                model = self.declared.form_model(owner.cls, interpreter)
                return self._save(owner, model, arguments, site) if model is not None else None
            case _:
                return None

    def _is_viewset(self, owner: Instance, interpreter: Following) -> bool:
        """Whether the class behind does the actions of REST framework's mixins."""
        return self.declared.is_kind(owner.cls, _ACTING, interpreter)

    def _acted(self, owner: Instance, name: str, site: Site) -> Value:
        """`super().update(…)`: the library hands the row to the view's own `perform_update`, else writes it itself."""
        verb = {"create": Verb.INSERT, "destroy": Verb.DELETE}.get(name, Verb.UPDATE)
        perform = "perform_update" if verb is Verb.UPDATE else f"perform_{name}"
        own = site.interpreter.index.attribute(owner.cls, perform)
        if own is not None and isinstance(own[1], FunctionDef):
            return site.interpreter.run(Function(own[1], owner), Arguments(), site)
        queryset = self.queryset(owner, site)
        model = queryset.draft.model if queryset is not None else None
        if model is not None:
            draft = Draft("django", site.origin, verb, model, model.table, idiom=Idiom.SAVE).unknown("columns")
            key = self.paths.key(model)
            if verb is not Verb.INSERT and key is not None:
                draft = draft.where(Predicate(key, Comparison.EQUAL))
            self.running.record(QuerySet(draft), Fetch.NONE, site)
        return OPAQUE

    def _filtered(self, owner: Instance, value: Value, site: Site) -> Value:
        """A queryset as the view's filters leave it: in the order that the view declares."""
        names = self.declared.texts(owner.cls, "ordering", site.interpreter)
        if not isinstance(value, QuerySet) or not names:
            return value
        return replace(value, draft=self._sorted(value.draft, names))

    def _sorted(self, draft: Draft, names: Iterable[str]) -> Draft:
        draft = replace(draft, ordering=())
        for name in names:
            draft, reached = self.paths.follow(draft, name.lstrip("-"), outer=True)
            if reached is not None and not reached.rest:
                draft = draft.ordered([SortKey(reached.column, name.startswith("-"))])
        return draft.note("sorted", True)

    def _page(self, owner: Instance, value: Value, site: Site) -> Value:
        if isinstance(value, QuerySet):
            cursor = self.declared.cursor_order(owner.cls, site.interpreter)
            draft = self._sorted(value.draft, cursor) if cursor else value.draft
            draft = draft.unknown("order by") if cursor and not draft.ordering else draft
            offset = None if cursor else Bound()
            draft = replace(draft, limit=Bound(), offset=offset, idiom=Idiom.PAGINATED)
            return self.running.rows(replace(value, draft=draft), Fetch.ALL, site)
        return value

    def queryset(self, owner: Instance, site: Site) -> QuerySet | None:
        """The queryset of a view: its own `get_queryset`, else what it declares."""
        own = site.interpreter.index.attribute(owner.cls, "get_queryset")
        if own is not None and isinstance(own[1], FunctionDef):
            found = site.interpreter.run(Function(own[1], owner), Arguments(), site)
            return found if isinstance(found, QuerySet) else None
        return self._of_library(owner, site)

    def _of_library(self, owner: Instance, site: Site) -> QuerySet | None:
        """What the library's own `get_queryset` gives: what a method has put into `self.queryset`, else the class."""
        held = owner.fields.get("queryset")
        if isinstance(held, QuerySet):
            return self.declared.managers.begun(held, site)
        return self.declared.queryset(owner.cls, site)

    def _object(self, owner: Instance, site: Site) -> Value | None:
        queryset = self.queryset(owner, site)
        if queryset is None:
            return None
        interpreter, draft = site.interpreter, queryset.draft
        field = next(iter(self.declared.texts(owner.cls, "lookup_field", interpreter)), None)
        field = field or next(iter(self.declared.texts(owner.cls, "slug_field", interpreter)), None) or "pk"
        draft, reached = self.paths.follow(draft, field)
        if reached is None:
            draft = draft.unknown("where")
        else:
            draft = draft.where(Predicate(reached.column, Comparison.EQUAL, Operand.PARAMETER))
        draft = draft.but(ordering=()).note("sorted", True)
        return self.running.row(replace(queryset, draft=draft), Fetch.ONE, site)

    def _save(self, owner: Instance, model: MappedModel, arguments: Arguments, site: Site) -> Value:
        """`form.save()`, `serializer.save(user=…)`: the fields of the form are written."""
        row = self._row_of(owner, model)
        commit = arguments.get(0, "commit")
        is_form = not self.declared.is_kind(owner.cls, ("Serializer",), site.interpreter)
        assigned, known = self._fields(owner, model, site.interpreter)
        if is_form and isinstance(commit, Const) and commit.value is False:
            row.pending = [*row.pending, *assigned]
            return row
        named = {k: v for k, v in arguments.kwargs.items() if k != "commit"}
        extra, _ = self.writing.assignments(model, named, arguments)
        verb = Verb.INSERT if row.new else Verb.UPDATE
        draft = Draft("django", site.origin, verb, model, model.table, idiom=Idiom.SAVE)
        written = {a.column: a for a in (*assigned, *row.pending, *extra)}
        draft = draft.but(assignments=tuple(written.values()))
        key = self.paths.key(model)
        if verb is Verb.UPDATE and key is not None:
            draft = draft.where(Predicate(key, Comparison.EQUAL))
        if row.record is not None:
            row.record.uses.add(Use.CHANGED)
        self.running.record(QuerySet(draft if known else draft.unknown("columns")), Fetch.NONE, site)
        return Rows(model, "django")

    def _fields(self, owner: Instance, model: MappedModel, interpreter: Following) -> tuple[list[Assignment], bool]:
        meta = self.declared.meta(owner.cls, interpreter)
        names = self.declared.texts(meta, "fields", interpreter) if meta is not None else ()
        known = bool(names) and names != ("__all__",)
        skipped = set(self.declared.texts(meta, "read_only_fields", interpreter)) if meta is not None else set()
        found = []
        lenient = self.declared.is_kind(owner.cls, ("Serializer",), interpreter)  # what may be NULL need not be given
        for name in names if known else ():
            column = column_of(self.paths.models, model, name)
            if column is not None and name not in skipped and column[0].columns != model.primary_key:
                found.append(Assignment(column[0], optional=lenient))
        return found, known

    def parameter(self, function: FunctionDef, parameter: Parameter, site: Site) -> Value | None:
        """`form` of `form_valid`, `serializer` of `perform_create`, `queryset` of an admin's action."""
        cls = function.outer
        if not isinstance(cls, ClassDef):
            return sent(function, parameter, site) if parameter.name in {"instance", "sender"} else None
        first = function.parameters[0].name if function.parameters else ""
        held = site.frame.names.get(first)
        owner = held.cls if isinstance(held, Instance) else cls
        named = _FORM_PARAMETERS.get(parameter.name)
        if named is not None:
            found = self.declared.value(owner, named, site.interpreter)
            return Instance(found.cls) if isinstance(found, ClassValue) else None
        if parameter.name in _QUERYSET_PARAMETERS:
            return self._given(owner, site)
        if parameter.name == "obj" and (model := self._row_model(owner, site.interpreter)) is not None:
            return Rows(model, "django")
        if parameter.name == "instance" and (model := self.declared.form_model(owner, site.interpreter)) is not None:
            return Rows(model, "django")
        return None

    def _row_model(self, owner: ClassDef, interpreter: Following) -> MappedModel | None:
        if self.declared.is_kind(owner, ("Serializer",), interpreter):
            return self.declared.form_model(owner, interpreter)
        return self.declared.admins(interpreter).get(owner)

    def _given(self, owner: ClassDef, site: Site) -> Value | None:
        """The queryset that an admin's action or a filter is given: of its model, with conditions nobody knows."""
        interpreter = site.interpreter
        model = self.declared.admins(interpreter).get(owner) or self.declared.form_model(owner, interpreter)
        if model is None:
            return None
        kind = self.declared.managers.default(model, interpreter)
        manager = self.declared.managers.manager(model, kind, site.origin)
        return replace(manager, manager=False, draft=manager.draft.unknown("where"))
