"""Names of a Django project, with the libraries' models and fields that we know put in their place.

`library/` describes what the tables of Django's own applications, and the abstract models and fields of well-known
packages, look like: each `<module>.stub` is Python in our own words, read like the project's and never run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.python import (
    UNKNOWN,
    ClassDef,
    Constant,
    Evaluator,
    External,
    FunctionDef,
    Module,
    PythonIndex,
    Resolved,
    Scope,
    Value,
)
from dbarchitect.sources.python.expressions import Call, Expr, Name
from dbarchitect.sources.python.lineages import Lineages
from dbarchitect.sources.python.resolved import Base


@cache
def library_index() -> PythonIndex:
    """The modules that we describe ourselves."""
    folder = Path(str(files("dbarchitect.sources.django") / "library"))
    described = tuple(
        SourceFile(f"{path.stem.replace('.', '/')}.py", path.stat().st_size, path)
        for path in sorted(folder.glob("*.stub"))
    )
    return PythonIndex(Project(folder, described))


class World(Lineages):
    """Resolves names in the project's and the library's modules alike."""

    def __init__(self, index: PythonIndex) -> None:
        super().__init__()
        self.index = index
        self.library = library_index()
        self.evaluator = Evaluator(index)
        self._library_evaluator = Evaluator(self.library)
        self._described = set(self.library.modules.values())
        self._user_model = "auth.User"

    def use_settings(self, setting: Callable[[str], Constant]) -> None:
        """From now on `settings.X` of django.conf has the value that `setting("X")` gives."""
        asked: set[str] = set()

        def external(name: str) -> Constant:
            head, _, last = name.rpartition(".")
            if head != "django.conf.settings" or last in asked:
                return UNKNOWN
            asked.add(last)  # a setting that is defined by itself
            try:
                return setting(last)
            finally:
                asked.discard(last)

        self.evaluator = Evaluator(self.index, external)
        self._library_evaluator = Evaluator(self.library, external)
        user = setting("AUTH_USER_MODEL")
        self._user_model = user if isinstance(user, str) else "auth.User"
        self._bases.clear()
        self._orders.clear()

    def is_library(self, module: Module) -> bool:
        """Whether a module is one that we describe, none of the project's."""
        return module in self._described

    def resolve(self, module: Module, name: str, scope: Scope | None = None) -> Resolved | None:
        """What a dotted name means; a library's class that we describe comes back as its description."""
        index = self.library if self.is_library(module) else self.index
        found = index.resolve(module, name, scope)
        return self._known(found) if isinstance(found, External) else found

    def resolve_expr(self, module: Module, expr: Expr | None, scope: Scope | None = None) -> Resolved | None:
        """The same for an expression; None when it is no dotted name."""
        return self.resolve(module, expr.id, scope) if isinstance(expr, Name) else None

    def described(self, dotted: str) -> ClassDef | None:
        """Our description of a library's class, None when there is none."""
        parts = dotted.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            module = self.library.find(".".join(parts[:cut]))
            if isinstance(module, Module):
                found = self.library.resolve(module, ".".join(parts[cut:]))
                return found if isinstance(found, ClassDef) else None
        return None

    def bases(self, cls: ClassDef) -> tuple[Base, ...]:
        """What the bases of a class stand for."""
        if cls not in self._bases:
            index = self.library if self.is_library(cls.module) else self.index
            self._bases[cls] = tuple(self._base(base) for base in index.bases(cls))
        return self._bases[cls]

    def value(self, expr: Expr | None, module: Module, scope: Scope | None = None) -> Constant:
        """The constant value of an expression, or UNKNOWN."""
        evaluator = self._library_evaluator if self.is_library(module) else self.evaluator
        return evaluator.value(expr, module, scope)

    def name(self, module: Module, name: str, owner: ClassDef | None = None) -> Constant:
        """The value that a module's or a class's name has in the end."""
        evaluator = self._library_evaluator if self.is_library(module) else self.evaluator
        return evaluator.name(module, name, owner)

    def setting(self, module: Module, name: str, owner: ClassDef | None = None) -> Constant:
        """The value of a setting in a settings module (or class), its star imports and bases followed."""
        if owner is not None:
            for base in self.lineage(owner):
                member = base.members.get(name)
                if isinstance(member, FunctionDef):  # a property that puts the value together
                    return self.evaluator.result(member)
                if member is not None:
                    return self.evaluator.name(base.module, name, base)
        if module.bindings(name):
            return self.evaluator.name(module, name)
        found = self.index.resolve(module, name)
        if isinstance(found, Value) and not found.rest and found.expr is not None:
            return self.evaluator.name(found.module, found.name, found.owner)
        return UNKNOWN

    def _base(self, base: Base) -> Base:
        if isinstance(base, External):
            return self._known(base)
        if isinstance(base, Value) and isinstance(base.expr, Call) and not base.rest:
            made = self.index.external_name(base.module, base.expr.function)
            if made is not None and made.rpartition(".")[2] == "get_user_model":
                return self._user_class() or base
        return base

    def _user_class(self) -> ClassDef | None:
        """The class of AUTH_USER_MODEL: of Django's own description, or in a module of the application's models."""
        label, _, name = self._user_model.rpartition(".")
        if self._user_model == "auth.User":
            return self.described("django.contrib.auth.models.User")
        for module in self.index.candidates(f"class {name}".encode()):
            *folders, file = module.path.removesuffix(".py").split("/")
            found = module.names.get(name)
            if isinstance(found, ClassDef) and label in folders and "models" in {file, *folders}:
                return found
        return None

    def _known(self, external: External) -> ClassDef | External:
        return self.described(external.name) or external
