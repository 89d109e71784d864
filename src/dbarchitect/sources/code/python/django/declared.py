"""What classes of views, admins, forms and serializers declare: their model, their queryset, their form."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.sources.code.python.django.managers import Managers
from dbarchitect.sources.code.python.django.values import QuerySet
from dbarchitect.sources.code.python.values import ClassValue, Const, Instance, ModelClass
from dbarchitect.sources.code.python.vocabulary import Following, Site
from dbarchitect.sources.code.values import Items, Library, Value
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.expressions import Call, Display, Name
from dbarchitect.sources.python.statements import Assign, ClassDef, Effect

ADMINS = "models in the admin"
_ADMINS = ("ModelAdmin", "StackedInline", "TabularInline", "InlineModelAdmin", "GenericTabularInline", "UserAdmin")
_CURSOR, _CURSOR_ORDER = "CursorPagination", ("-created",)
_FORMS = ("ModelForm", "ModelSerializer", "UserCreationForm", "UserChangeForm", "HyperlinkedModelSerializer")


class Declared:
    """Reads what classes declare."""

    def __init__(self, managers: Managers) -> None:
        self.managers = managers
        self._admins: dict[ClassDef, MappedModel] | None = None

    # Attributes of classes

    def value(self, cls: ClassDef, name: str, interpreter: Following) -> Value | None:
        """What a class or a base of it in the project assigns to a name; None where none does."""
        found = interpreter.index.attribute(cls, name)
        if found is None or not isinstance(found[1], Assign) or found[1].value is None:
            return None
        holder = found[0]
        frame = interpreter.module_frame(holder.module, holder)
        site = Site(interpreter, frame, found[1].span)
        return interpreter.evaluation.bound_by(holder.module, found[1], holder, site)

    def texts(self, cls: ClassDef, name: str, interpreter: Following) -> tuple[str, ...]:
        """The texts that a class lists under a name (`list_filter = ("a", "b")`), as far as they are known."""
        return tuple(texts_of(self.value(cls, name, interpreter)))

    def number(self, cls: ClassDef, name: str, interpreter: Following) -> int | None:
        """The number that a class assigns to a name."""
        value = self.value(cls, name, interpreter)
        return value.value if isinstance(value, Const) and isinstance(value.value, int) else None

    def is_kind(self, cls: ClassDef, names: tuple[str, ...], interpreter: Following) -> bool:
        """Whether a class derives from a library's class of one of these names."""
        return any(base.rpartition(".")[2].endswith(names) for base in interpreter.index.external_bases(cls))

    def is_admin(self, cls: ClassDef, interpreter: Following) -> bool:
        """Whether it is a class of the admin."""
        return self.is_kind(cls, _ADMINS, interpreter)

    def meta(self, cls: ClassDef, interpreter: Following) -> ClassDef | None:
        """The `Meta` of a form, serializer or filter set."""
        found = interpreter.index.attribute(cls, "Meta")
        return found[1] if found is not None and isinstance(found[1], ClassDef) else None

    def form_model(self, cls: ClassDef, interpreter: Following) -> MappedModel | None:
        """The model of a form or serializer."""
        meta = self.meta(cls, interpreter)
        value = self.value(meta, "model", interpreter) if meta is not None else None
        if isinstance(value, ModelClass) and value.library == "django":
            return value.model
        return None

    def model(self, cls: ClassDef, interpreter: Following) -> MappedModel | None:
        """The model of a view or an admin."""
        value = self.value(cls, "model", interpreter)
        if isinstance(value, ModelClass) and value.library == "django":
            return value.model
        return self.admins(interpreter).get(cls)

    def queryset(self, cls: ClassDef, site: Site) -> QuerySet | None:
        """The queryset of a view or an admin, where nothing of the project's own `get_queryset` is asked."""
        value = self.value(cls, "queryset", site.interpreter)
        if isinstance(value, QuerySet):
            return self.managers.begun(value, site)
        model = self.model(cls, site.interpreter)
        if model is None:
            return None
        kind = self.managers.default(model, site.interpreter)
        return self.managers.begun(self.managers.manager(model, kind, site.origin), site)

    def cursor_order(self, cls: ClassDef, interpreter: Following) -> tuple[str, ...]:
        """The order of a view's pages where a cursor leads from one to the next: it sorts the rows by itself."""
        value = self.value(cls, "pagination_class", interpreter)
        if isinstance(value, ClassValue) and self.is_kind(value.cls, (_CURSOR,), interpreter):
            return self.texts(value.cls, "ordering", interpreter) or _CURSOR_ORDER
        return _CURSOR_ORDER if isinstance(value, Library) and value.name.endswith(_CURSOR) else ()

    def object_of(self, cls: ClassDef, name: str, interpreter: Following) -> Instance | None:
        """An object of the class that a view names: `form_class`, `serializer_class`."""
        value = self.value(cls, name, interpreter)
        return Instance(value.cls) if isinstance(value, ClassValue) else None

    # The admin

    def admins(self, interpreter: Following) -> dict[ClassDef, MappedModel]:
        """The models by the class that shows each in the admin."""
        interpreter.ask(ADMINS)
        if self._admins is None:
            self._admins = {}
            for module in interpreter.index.candidates(b"register("):
                for cls in module.classes:
                    for decorator in cls.decorators:
                        if isinstance(decorator, Call) and (decorator.name or "").endswith("register"):
                            self._register(cls, decorator, interpreter)
                for statement in module.statements:
                    call = statement.value if isinstance(statement, Effect) else None
                    if isinstance(call, Call) and (call.name or "").endswith(".register") and len(call.args) == 2:
                        shown = interpreter.index.resolve_expr(module, call.args[1])
                        if isinstance(shown, ClassDef):
                            self._register(shown, call, interpreter, module_of=module.path)
        return self._admins

    def _register(self, cls: ClassDef, call: Call, interpreter: Following, module_of: str | None = None) -> None:
        if self._admins is None or not self.is_admin(cls, interpreter) or not call.args:
            return
        first = call.args[0]
        if isinstance(first, Display) and first.items:
            first = first.items[0]
        module = interpreter.index.module(module_of) if module_of is not None else cls.module
        if not isinstance(first, Name) or module is None:
            return
        value = interpreter.apart(lambda: interpreter.evaluation.of(first, interpreter.module_frame(module)))
        if isinstance(value, ModelClass) and value.library == "django":
            self._admins.setdefault(cls, value.model)

    def is_form(self, cls: ClassDef, interpreter: Following) -> bool:
        """Whether it is a form or serializer of a model."""
        return self.is_kind(cls, _FORMS, interpreter) or self.form_model(cls, interpreter) is not None


def texts_of(value: Value | None) -> Iterator[str]:
    """The texts in a value: one, a list of them, the first of each pair."""
    match value:
        case Const(value=str(text)):
            yield text
        case Const(value=list() | tuple() as items):
            for item in items:
                if isinstance(item, str):
                    yield item
                elif isinstance(item, list | tuple) and item and isinstance(item[0], str):
                    yield item[0]
        case Items(items=items):
            for item in items:
                if isinstance(item, Items):
                    first = item.items[0] if item.items else None
                    yield from texts_of(first) if isinstance(first, Const) else ()
                else:
                    yield from texts_of(item)
        case _:
            return
