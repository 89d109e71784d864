"""All models of one Django project, and what a relation's target means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.django.apps import App, default_auto_field, installed_apps
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.models import Model, ModelReader
from dbarchitect.sources.django.names import table_name
from dbarchitect.sources.django.packages import is_marked, models_home
from dbarchitect.sources.django.projects import DjangoProject, Settings
from dbarchitect.sources.django.table_names import table_name_of
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, External, Module, Value
from dbarchitect.sources.python.expressions import Call, Literal, Name
from dbarchitect.sources.python.statements import Assign, Mutate, Statement, is_for_checkers

_LIKELY = re.compile(rb"^[^\S\n]*+class\s++\w++\s*+[\[(]", re.MULTILINE)
_COLLATION = re.compile(rb"""CreateCollation\(\s*(?:name\s*=\s*)?["'](?P<name>[^"']+)["'][^()]*\)""")
_FIELDS = (b"Field(", b"ForeignKey(", b"Model", b"OneToOne")
_MOST_NAMED = 5
_BY_NAME = frozenset({"get_model", "get_model_name", "load_model"})
_PASSED_OVER = frozenset({"migrations", "south_migrations", "alembic"})


@dataclass(frozen=True, slots=True)
class Outsider:
    """A model of a library that nobody describes here: its table as Django would call it."""

    label: str
    table: str


Target = Model | Outsider


class Registry:
    """The models by `app.model`, and by their class."""

    def __init__(self, project: DjangoProject, world: World, engine: str) -> None:
        self.project = project
        self.world = world
        self.engine = engine
        self.reader = ModelReader(world)
        self.diagnostics: list[Diagnostic] = []
        self.models: dict[tuple[str, str], Model] = {}
        self.by_class: dict[ClassDef, Model] = {}
        self.auto_field = default_auto_field(project, world)
        self.installed = installed_apps(project, world)
        self.apps, self.listed = self.installed.apps, self.installed.listed
        user = project.setting(world, "AUTH_USER_MODEL")
        self.user_model = user if isinstance(user, str) else "auth.User"
        self._by_directory = {a.directory: a for a in self.apps if a.directory is not None}
        self.files: set[str] = {s.module.path for s in project.settings}
        self._read_library()
        self._read_project()
        self._name_tables()
        self._report_guesses()

    def app_of(self, module: Module) -> App | None:
        """The installed application that a module belongs to: the one whose folder is nearest above it.

        None inside an application that the settings leave out, though it lies within one that they name.
        """
        folder: str = module.directory
        home = models_home(module.path)
        while True:
            if folder in self._by_directory:
                return self._by_directory[folder]
            if folder == home and self.installed.understood and is_marked(folder, self.world):
                return None
            if not folder:
                return None
            folder = folder.rpartition("/")[0]

    def tables(self) -> Iterator[Model]:
        """The models that have a table of this project's own: concrete, managed, not swapped out."""
        for model in self.models.values():
            if not model.abstract and not model.proxy and model.managed:
                yield model

    @cached_property
    def loose_collations(self) -> frozenset[str]:
        """The collations that migrations create as not deterministic: they allow no index for LIKE."""
        names: set[str] = set()
        for module in self.world.index.candidates(b"CreateCollation"):
            for call in _COLLATION.finditer(module.source):
                if b"deterministic=False" in call[0]:
                    names.add(call["name"].decode("utf-8", "replace"))
        return frozenset(names)

    def target(self, located: Located, owner: Model) -> Target | None:
        """The model that a relation of `owner` points at; None when it cannot be told."""
        expr = located.expr
        if isinstance(expr, Literal) and isinstance(expr.value, str):
            return self.named(expr.value, owner)
        if isinstance(expr, Call):
            called = (expr.name or "").rpartition(".")[2]
            if called == "get_user_model":
                return self.named(self.user_model, owner)
            if called in _BY_NAME:  # `apps.get_model("shop", "Order")`, swapper's `get_model_name("shop", "Order")`
                parts = [self.world.value(arg, located.module, located.scope) for arg in expr.args]
                texts = [part for part in parts if isinstance(part, str)]
                return self.named(".".join(texts), owner) if texts and len(texts) == len(parts) <= 2 else None
            return None
        if not isinstance(expr, Name):
            return None
        if expr.id.rpartition(".")[2] == "AUTH_USER_MODEL":
            return self.named(self.user_model, owner)
        found = self.world.resolve(located.module, expr.id, located.scope)
        if isinstance(found, ClassDef):
            return self._of_class(found)
        if isinstance(found, Value):
            if isinstance(found.expr, Call) and not found.rest:
                return self.target(Located(found.expr, found.module, found.owner), owner)
            value = self.world.value(expr, located.module, located.scope)
            return self.named(value, owner) if isinstance(value, str) else None
        if isinstance(found, External):
            if found.name.startswith("django.conf.settings."):
                value = self.project.setting(self.world, found.name.rpartition(".")[2])
                return self.named(value, owner) if isinstance(value, str) else None
            return _outsider(found.name)
        return None

    def named(self, name: str, owner: Model) -> Target | None:
        """The model of a text: `app.Model`, `Model` of the same application, `self`."""
        if name == "self":
            return owner
        label, _, model = name.rpartition(".")
        found = self.models.get(((label or owner.app.label), model.lower()))
        if found is None and label:
            found = self.models.get((label.rpartition(".")[2], model.lower()))
        if found is None and not label:
            return None
        return self._swapped(found) if found is not None else Outsider(name, f"{label}_{model}".lower())

    def _of_class(self, cls: ClassDef) -> Target | None:
        cls = self.reader.concrete(cls)
        model = self.by_class.get(cls)
        if model is not None:
            return self._swapped(model)
        return (
            Outsider(cls.dotted, f"{_label_of(cls.dotted)}_{cls.name}".lower()) if self.reader.is_model(cls) else None
        )

    def _swapped(self, model: Model) -> Target:
        """A model that the settings replace stands for its replacement."""
        setting = self.reader.option(model.cls, "swappable")
        if isinstance(setting, str):
            value = self.user_model if setting == "AUTH_USER_MODEL" else self.project.setting(self.world, setting)
            if isinstance(value, str) and value.lower() != model.label.lower():
                label, _, name = value.rpartition(".")
                return self.models.get((label, name.lower())) or Outsider(value, f"{label}_{name}".lower())
        return self.by_class.get(self.reader.concrete(model.cls), model)

    def is_swapped_out(self, model: Model) -> bool:
        """Whether the settings put another model in its place."""
        return self._swapped(model) is not model and not model.proxy

    def _read_library(self) -> None:
        """The models that Django and well-known packages bring with the installed applications."""
        for app in (*self.apps, *self._unlisted_libraries()):
            if app.directory is not None:
                continue
            found = self.world.library.find(f"{app.name}.models")
            if not isinstance(found, Module):
                continue
            owner = "django" if app.name.startswith("django.") else app.name.partition(".")[0]
            for cls in found.classes:
                if "." not in cls.qualname and self.reader.is_model(cls):
                    self._add(cls, self._library_app(app, found), owner)

    def _unlisted_libraries(self) -> Iterator[App]:
        """Where no list of applications can be read: those whose models the project's modules import."""
        if any(app.directory is None for app in self.apps) or self.listed:
            return
        listed = {app.name for app in self.apps}
        for module in self.world.library.modules.values():
            name = module.name.removesuffix(".models")
            if name == module.name or name in listed:
                continue
            needed = name in {"django.contrib.auth", "django.contrib.contenttypes"}
            if needed or any(True for _ in self.world.index.candidates(module.name.encode())):
                yield App(name.rpartition(".")[2], name, None, "")

    def _library_app(self, app: App, module: Module) -> App:
        """A library's application has the keys that its own AppConfig says: AutoField for all of Django's."""
        auto = self.world.name(module, "DEFAULT_AUTO_FIELD")
        chosen = auto if isinstance(auto, str) else self.auto_field
        return App(app.label, app.name, None, chosen)

    def _read_project(self) -> None:
        if not self.apps and (not self.project.settings or self.project.guess):
            self._read_without_settings()
            return
        for module in self._candidates():
            app = self.app_of(module)
            if app is not None:
                self._read_module(module, app)

    def _report_guesses(self) -> None:
        """Say where the list of applications stands that could not be understood, and what was made of it."""
        place = next((found for found in map(_place_of_list, self.project.settings) if found is not None), None)
        if place is None or self.installed.understood:
            return
        used = {model.app.directory for model in self.models.values() if not model.owned_by}
        names = sorted(app.name for app in self.installed.guessed if app.directory in used)
        text = "INSTALLED_APPS is computed in a way that is not understood"
        if names:
            shown = ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
            text += f"; packages with models, taken for installed: {shown}"
        elif self.listed:
            text += ": what it adds to the applications named in it is not read"
        self.diagnostics.append(Diagnostic(place, text))

    def _read_without_settings(self) -> None:
        """A package of models without a project: every folder with models is an application of its own."""
        for module in self._candidates():
            folder = module.directory
            if folder.rpartition("/")[2] == "models":
                folder = folder.rpartition("/")[0]
            name = folder.rpartition("/")[2] or self.world.index.project.root.name
            app = self._by_directory.setdefault(folder, App(name, name, folder, self.auto_field))
            self._read_module(module, app)

    def _candidates(self) -> Iterator[Module]:
        prefix = f"{self.project.path}/" if self.project.path else ""
        chosen: list[tuple[bool, str, Module]] = []
        folders = [a.directory for a in self.apps if a.directory is not None]
        for module in self.world.index.candidates(b"class "):
            parts = module.path.split("/")
            inside = any(module.path.startswith(f"{f}/") or f == "" for f in folders)
            commands = "/management/commands/" in f"/{module.path}"  # an application may be called so, too
            if (
                commands
                or _PASSED_OVER & set(parts)
                or not (inside or (not folders and module.path.startswith(prefix)))
            ):
                continue
            is_models = parts[-1] == "models.py" or "models" in parts[:-1]
            likely = is_models or any(word in module.source for word in _FIELDS)
            if likely and _LIKELY.search(module.source):
                chosen.append((not is_models, module.path, module))
        for _, _, module in sorted(chosen, key=lambda c: c[:2]):
            yield module

    def _read_module(self, module: Module, app: App) -> None:
        for cls in module.statements:
            if not isinstance(cls, ClassDef) or is_for_checkers(cls) or not self.reader.is_model(cls):
                continue
            self.files.add(module.path)
            self._add(cls, app, None)

    def _add(self, cls: ClassDef, app: App, owned_by: str | None) -> None:
        reader = self.reader
        abstract = reader.is_abstract(cls)
        label = reader.app_label(cls)
        if label is not None and label != app.label:
            other = next((a for a in self.apps if a.label == label), None)
            app = other or App(label, label, app.directory, app.auto_field)
        managed = reader.option(cls, "managed") is not False
        model = Model(cls, app, abstract, reader.is_proxy(cls), managed, owned_by)
        model.unknown_bases = reader.unknown_bases(cls)
        key = (app.label, cls.name.lower())
        if abstract:
            self.by_class[cls] = model
            return
        first = self.models.setdefault(key, model)
        if first is not model:
            text = f"model {model.label} is declared twice; the one at {first.cls.module.path} counts"
            self.diagnostics.append(Diagnostic(cls.module.origin(cls.span), text))
            return
        self.by_class[cls] = model

    def _name_tables(self) -> None:
        swapped = [model for model in self.models.values() if self.is_swapped_out(model)]
        for model in swapped:
            del self.models[(model.app.label, model.cls.name.lower())]
        for model in self.models.values():
            given = self._given_name(model)
            if given is UNKNOWN:
                text = f"the table name of {model.label} is computed; taken as Django's own"
                self.diagnostics.append(Diagnostic(model.cls.module.origin(model.cls.span), text))
            if isinstance(given, str) and "%(" in given:
                given = given.replace("%(app_label)s", model.app.label).replace("%(class)s", model.cls.name.lower())
            chosen = given if isinstance(given, str) and given else _own_name(model)
            model.table = table_name(chosen, self.engine)
            if not model.managed and model.owned_by is None:
                text = f"{model.label} is not managed by Django: its table {model.table} is left out"
                self.diagnostics.append(Diagnostic(model.cls.module.origin(model.cls.span), text))

    def _given_name(self, model: Model, around: tuple[Model, ...] = ()) -> Constant:
        """`db_table`, that of another model put in where it names one; UNKNOWN where it cannot be told."""
        given, said = self.reader.option(model.cls, "db_table"), self.reader.meta(model.cls, "db_table")
        if given is not UNKNOWN or said is None or model in around:
            return given

        def named(cls: ClassDef) -> str | None:
            other = self.by_class.get(cls)
            if other is None:
                return None
            name = self._given_name(other, (*around, model))
            return name if isinstance(name, str) and name else None if name is UNKNOWN else _own_name(other)

        return table_name_of(said[0], said[1], self.world, named) or UNKNOWN


def _own_name(model: Model) -> str:
    return f"{model.app.label}_{model.cls.name.lower()}"


def _place_of_list(settings: Settings) -> Origin | None:
    """Where a settings module or class puts INSTALLED_APPS together: its last statement on it."""
    statements: tuple[Statement, ...] = settings.owner.body if settings.owner else settings.module.statements
    found = [s for s in statements if isinstance(s, (Assign, Mutate)) and s.target == "INSTALLED_APPS"]
    return settings.module.origin(found[-1].span) if found else None


def _label_of(dotted: str) -> str:
    parts = dotted.split(".")
    return parts[parts.index("models") - 1] if "models" in parts[1:] else parts[max(0, len(parts) - 2)]


def _outsider(dotted: str) -> Outsider:
    label, name = _label_of(dotted), dotted.rpartition(".")[2]
    return Outsider(dotted, f"{label}_{name}".lower())
