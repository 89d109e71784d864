"""Models of a Django project: which classes they are, their Meta, their fields with those of their abstract bases.

Source: https://docs.djangoproject.com/en/5.2/topics/db/models/#model-inheritance
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.django.apps import App
from dbarchitect.sources.django.fields import FieldDef, read_field
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef, Constant, External, Module, Unresolved, Value, is_known
from dbarchitect.sources.python.expressions import Call, Expr, Name
from dbarchitect.sources.python.statements import Assign

_MODEL = frozenset(
    {"django.db.models.Model", "django.db.models.base.Model", "django.contrib.gis.db.models.Model",
     "django.contrib.gis.db.models.base.Model"}
)  # fmt: skip
_NOT_MODELS = (
    "Form", "FormSet", "Serializer", "FilterSet", "Filter", "Admin", "Inline", "View", "ViewSet", "Manager", "QuerySet",
    "Field", "Factory", "Command", "Migration", "TestCase", "Exception", "Error", "Config", "Resource", "Table",
    "Widget", "Document", "Schema", "Type", "Mutation", "Node", "Choices", "Enum", "BaseModel", "NamedTuple",
    "TypedDict", "Protocol",
)  # fmt: skip
_HARMLESS = ("typing.", "abc.", "builtins.", "collections.", "dataclasses.", "django.", "functools.", "contextlib.")
_HARMLESS_MAKERS = ("django_prometheus.",)
_META_DEFAULTS: dict[str, Constant] = {"managed": True, "proxy": False, "abstract": False}


_FORMS = ("Form", "FormSet", "Serializer", "FilterSet", "Admin", "Inline", "View", "ViewSet", "Widget")
_NOT_MODELS_MODULES = frozenset(
    {"forms.py", "serializers.py", "admin.py", "views.py", "filters.py", "tables.py", "urls.py", "widgets.py"}
)


def _is_column(class_name: str) -> bool:
    """Whether a class of field belongs to a model: Django has classes of the same names for forms."""
    return class_name.startswith("django.") and "forms" not in class_name.split(".")


@dataclass(eq=False, slots=True)
class Model:
    """A concrete or abstract model of an application."""

    cls: ClassDef
    app: App
    abstract: bool
    proxy: bool
    managed: bool
    owned_by: str | None = None
    table: str = ""
    unknown_bases: tuple[str, ...] = ()
    _fields: tuple[FieldDef, ...] | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """`app.Model`."""
        return f"{self.app.label}.{self.cls.name}"


class ModelReader:
    """Reads classes as models, and remembers what it found out."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.diagnostics: list[Diagnostic] = []
        self._is_model: dict[ClassDef, bool] = {}
        self._fields: dict[ClassDef, dict[str, FieldDef]] = {}

    def is_model(self, cls: ClassDef) -> bool:
        """Whether a class is a Django model.

        One whose bases nobody knows counts when it declares columns of Django's and neither its bases nor its module
        are known to be something else (a form, a serializer …).
        """
        if cls not in self._is_model:
            self._is_model[cls] = False  # a class among its own bases
            externals = self.world.external_bases(cls)
            self._is_model[cls] = any(name in _MODEL for name in externals) or (
                bool(self.unknown_bases(cls)) and self._declares_fields(cls)
            )
        return self._is_model[cls]

    def unknown_bases(self, cls: ClassDef) -> tuple[str, ...]:
        """The bases that may bring columns which nobody knows here."""
        unknown: list[str] = []
        for base in self.world.mro(cls):
            match base:
                case External(name=name) if name in _MODEL or name.startswith(_HARMLESS) or name.endswith(_NOT_MODELS):
                    continue
                case External(name=name) | Unresolved(text=name):
                    unknown.append(name)
                case Value(name=name, rest=rest, expr=expr) if expr is not None:
                    if self._is_harmless_call(base):
                        continue
                    unknown.append(".".join(part for part in (name, *rest) if part) or "a computed class")
                case _:
                    continue
        return tuple(unknown)

    def _is_harmless_call(self, base: Value) -> bool:
        """`ExportModelOperationsMixin("order")`: a library's function that makes a class without columns."""
        if not isinstance(base.expr, Call):
            return False
        made = self.world.resolve_expr(base.module, base.expr.function)
        return isinstance(made, External) and made.name.startswith(_HARMLESS_MAKERS)

    def _declares_fields(self, cls: ClassDef) -> bool:
        if cls.module.path.rpartition("/")[2] in _NOT_MODELS_MODULES:
            return False
        if any(name.endswith(_NOT_MODELS) for name in self.world.external_bases(cls)):
            return False
        if any(name.endswith(_FORMS) for name in self.unknown_bases(cls)):
            return False
        for base in self.world.lineage(cls):
            for statement in base.assignments:
                found = read_field(statement.target, statement.value, base.module, base, statement.span, self.world)
                if found is not None and _is_column(found.class_name):
                    return True
        return False

    def meta(self, cls: ClassDef, name: str) -> tuple[Expr, ClassDef] | None:
        """The expression of a Meta option and the Meta class it stands in, inherited Metas included."""
        meta = self.meta_class(cls)
        if meta is None:
            return None
        found = self.world.attribute(meta, name)
        if found is None or not isinstance(found[1], Assign) or found[1].value is None:
            return None
        return found[1].value, found[0]

    def meta_class(self, cls: ClassDef) -> ClassDef | None:
        """The Meta that holds for a class: its own, else that of the nearest abstract base that has one."""
        own = cls.nested("Meta")
        if own is not None:
            return own
        for base in self.world.lineage(cls)[1:]:
            meta = base.nested("Meta")
            if meta is not None and self.is_model(base) and self.is_abstract(base):
                return meta
        return None

    def option(self, cls: ClassDef, name: str, default: Constant = None) -> Constant:
        """The constant value of a Meta option; its default when it is not given, UNKNOWN when it cannot be told."""
        found = self.meta(cls, name)
        if found is None:
            return _META_DEFAULTS.get(name, default)
        return self.world.name(found[1].module, name, found[1])

    def is_abstract(self, cls: ClassDef) -> bool:
        """Whether the class's own Meta says `abstract = True` (it is not inherited)."""
        own = cls.nested("Meta")
        value = own.assigned("abstract") if own is not None else None
        return value is not None and own is not None and self.world.value(value, own.module, own) is True

    def is_proxy(self, cls: ClassDef) -> bool:
        """Whether the class's own Meta says `proxy = True`, or makes it one by a test that cannot be told here."""
        own = cls.nested("Meta")
        value = own.assigned("proxy") if own is not None else None
        if value is None or own is None:
            return False
        found = self.world.value(value, own.module, own)
        return found is True or (not is_known(found) and not any(self._own_fields(cls)))

    def model_bases(self, cls: ClassDef) -> Iterator[ClassDef]:
        """The direct bases that are models."""
        for base in self.world.bases(cls):
            if isinstance(base, ClassDef) and self.is_model(base):
                yield base

    def concrete(self, cls: ClassDef) -> ClassDef:
        """The class whose table a proxy stands for; the class itself when it is none."""
        seen = {cls}
        while self.is_proxy(cls):
            parent = next((b for b in self.model_bases(cls) if not self.is_abstract(b) and b not in seen), None)
            if parent is None:
                break
            seen.add(parent)
            cls = parent
        return cls

    def parents(self, cls: ClassDef) -> tuple[ClassDef, ...]:
        """The concrete models that a class inherits from (multi-table inheritance), through abstract ones too."""
        found: dict[ClassDef, None] = {}
        for base in self.model_bases(cls):
            if self.is_abstract(base):
                found.update(dict.fromkeys(self.parents(base)))
            else:
                found[self.concrete(base)] = None
        return tuple(found)

    def fields(self, cls: ClassDef) -> dict[str, FieldDef]:
        """The fields of the class's own table by name: those of abstract bases first, then its own."""
        if cls not in self._fields:
            self._fields[cls] = {}
            own = {f.name: f for f in self._own_fields(cls)}
            inherited: dict[str, FieldDef] = {}
            for base in self.model_bases(cls):
                if not self.is_abstract(base):
                    continue
                # What a library's base brings has no place in the project but the class that derives from it.
                brought = self.world.is_library(base.module) and not self.world.is_library(cls.module)
                for name, found in self.fields(base).items():
                    if name not in cls.members and name not in inherited:
                        place = cls.module.origin(cls.span) if brought else found.origin
                        inherited[name] = replace(found, origin=place)
            self._fields[cls] = {**inherited, **own}
        return self._fields[cls]

    def _own_fields(self, cls: ClassDef) -> Iterator[FieldDef]:
        for statement in cls.body:
            if not isinstance(statement, Assign) or statement.value is None or "." in statement.target:
                continue
            if cls.members.get(statement.target) is not statement:
                continue
            if statement.conditions and self.world.evaluator.holds(statement.conditions, cls.module, cls) is False:
                continue
            found = read_field(statement.target, statement.value, cls.module, cls, statement.span, self.world)
            if found is not None:
                yield from self._companions(found, statement.value, cls)
                yield found

    def _companions(self, field_: FieldDef, expr: Expr, cls: ClassDef) -> Iterator[FieldDef]:
        """The further columns that a library's field brings, as its description lists them under ALSO."""
        made = self.world.resolve_expr(cls.module, expr.function, cls) if isinstance(expr, Call) else None
        if not isinstance(made, ClassDef):
            return
        described = next((c for c in self.world.lineage(made) if "ALSO" in c.members), None)
        if described is None or not self.world.is_library(described.module):
            return
        also = self.world.name(described.module, "ALSO", described)
        null_without = self.world.name(described.module, "ALSO_NULL_WITHOUT", described)
        for pattern, class_name in also.items() if isinstance(also, dict) else ():
            name = str(pattern).replace("%s", field_.name)
            call = Call(Name(str(class_name)))
            companion = read_field(name, call, described.module, None, described.span, self.world)
            if companion is not None:
                fixed = {**companion.fixed, "null": null_without not in field_.options}
                yield replace(companion, fixed=fixed, origin=field_.origin)

    def app_label(self, cls: ClassDef) -> str | None:
        """The app_label of the Meta that holds, None when it says none."""
        label = self.option(cls, "app_label")
        return label if isinstance(label, str) else None

    def report(self, module: Module, cls: ClassDef, text: str) -> None:
        """Note something about a class."""
        self.diagnostics.append(Diagnostic(module.origin(cls.span), text))
