"""All Python modules of a project, and what a name in one of them stands for."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.consulted import noted
from dbarchitect.sources.discover import Project
from dbarchitect.sources.python.expressions import Call, Expr, Name, Starred, Subscript
from dbarchitect.sources.python.lineages import Lineages
from dbarchitect.sources.python.reading import read_statements
from dbarchitect.sources.python.resolved import Base, External, Package, Resolved, Unresolved, Value
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Import, Module, Scope, Statement

ROOT_MARKS = ("manage.py", "pyproject.toml", "setup.py", "setup.cfg", "alembic.ini", "requirements.txt", "Pipfile")
"""Files beside which imports may begin."""
_LIBRARIES = sys.stdlib_module_names | {
    "django", "sqlalchemy", "flask", "flask_sqlalchemy", "sqlmodel", "alembic", "celery", "redis", "pydantic",
    "rest_framework", "requests", "fastapi", "environ", "decouple", "dj_database_url", "geoalchemy2",
}  # fmt: skip
_BUILTINS = frozenset(dir(builtins))
_Seen = frozenset[tuple[str, str]]


class PythonIndex(Lineages):
    """The modules of a project by path. Nothing is parsed before it is asked for, nothing is ever run.

    `roots` are the folders that imports may start at: the project's own, those with a manage.py, a pyproject.toml, a
    setup.py …, and folders called `src`. Besides, a module finds what lies beside any folder above it that is no
    package itself, and what nothing else explains in a package above it, as where a program inside a package is run.

    An index made `like` another of the same files shares its modules, so that none is parsed twice.
    """

    def __init__(self, project: Project, like: PythonIndex | None = None) -> None:
        super().__init__()
        self.project = project
        files = project.by_suffix(".py")
        self._folders: set[str] = {""}
        self._packages: set[str] = set()
        for file in files:
            folder = file.path.rpartition("/")[0]
            if file.name == "__init__.py":
                self._packages.add(folder)
            while folder not in self._folders:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
        roots = {""}
        for mark in project.named(*ROOT_MARKS):
            folder = mark.path.rpartition("/")[0]
            if folder not in self._packages or mark.name == "manage.py":
                roots.add(folder)
        roots.update(f for f in self._folders if f.rpartition("/")[2] == "src" and f not in self._packages)
        self.roots = tuple(sorted(roots & self._folders | {""}, key=lambda r: (-r.count("/") - bool(r), r)))
        known = like.modules if like is not None else {}
        self.modules: dict[str, Module] = {}
        for file in files:
            name, module = self._dotted(file.path), known.get(file.path)
            shared = module is not None and module.name == name and module.file.absolute == file.absolute
            self.modules[file.path] = module if module and shared else Module(file, name, read_statements)
        self._holding: dict[bytes, frozenset[str]] = {}
        self._recalled: dict[re.Pattern[bytes], tuple[frozenset[str], AbstractSet[str]]] = {}
        self._found: dict[tuple[str, str], Module | Package | None] = {}
        self._names: dict[tuple[str, str], Resolved | None] = {}
        self.links: dict[str, set[str]] = {}
        """By module those that its names lead to or through, as far as somebody asked what they mean."""

    def candidates(self, *needles: bytes) -> Iterator[Module]:
        """The modules whose source holds one of these byte strings; the others cannot matter and are not parsed."""
        holding = frozenset[str]().union(*map(self._paths_of, needles))
        return (module for path, module in self.modules.items() if path in holding)

    def matching(self, pattern: re.Pattern[bytes], modules: Iterable[Module]) -> list[Module]:
        """Those of the modules whose source a pattern matches."""
        found = [module for module in modules if self._holds(module, pattern)]
        log = noted()
        if log is not None:
            log.patterns[pattern] = log.patterns.get(pattern, frozenset()) | {module.path for module in found}
        return found

    def recall(self, pattern: re.Pattern[bytes], holding: frozenset[str], changed: AbstractSet[str]) -> None:
        """Where an earlier run found a pattern that it searched all modules for, and which have changed since: the
        others are not read for it."""
        self._recalled[pattern] = (holding, changed)

    def is_recalled(self, module: Module, pattern: re.Pattern[bytes]) -> bool:
        """Whether an earlier run tells if the module's source matches a pattern."""
        recalled = self._recalled.get(pattern)
        return recalled is not None and module.path not in recalled[1]

    def _holds(self, module: Module, pattern: re.Pattern[bytes]) -> bool:
        if self.is_recalled(module, pattern):
            return module.path in self._recalled[pattern][0]
        return _matches(module, pattern)

    def _paths_of(self, needle: bytes) -> frozenset[str]:
        """The modules that hold it: several readers ask for the same, each for many."""
        if needle not in self._holding:
            self._holding[needle] = frozenset(self._search_in_all(needle))
        log = noted()
        if log is not None:
            log.words[needle] = self._holding[needle]
        return self._holding[needle]

    def _search_in_all(self, needle: bytes) -> Iterator[str]:
        for path, module in self.modules.items():
            try:
                if needle in module.searched:
                    yield path
            except OSError:
                continue

    def forget(self) -> None:
        """Let go of all sources and of what was read from them, of which little will be asked again. Classes and
        functions are then others: nobody may hold one to compare it with what is read later."""
        super().forget()
        self._names.clear()
        for module in self.modules.values():
            module.forget()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What could not be read in the modules that were looked into so far, by path."""
        return tuple(problem for path in sorted(self.modules) for problem in self.modules[path].problems)

    def module(self, path: str) -> Module | None:
        """The module of a file."""
        return self.modules.get(path)

    def find(self, dotted: str, near: Module | None = None) -> Module | Package | None:
        """The module that `import dotted` in module `near` would load, None when it is not of this project."""
        key = (dotted, near.directory if near is not None else "")
        if key not in self._found or (near is not None and self._found[key] is near):
            self._found[key] = self._search(dotted, near)
        return self._found[key]

    def resolve(self, module: Module, name: str, scope: Scope | None = None) -> Resolved | None:
        """What a dotted name means in a module, or inside a class or function of it; None when nothing tells.

        Follows imports (absolute, relative, star, through packages' `__init__`), aliases and class attributes.
        """
        return self._resolve(module, name, scope, frozenset())

    def resolve_expr(self, module: Module, expr: Expr | None, scope: Scope | None = None) -> Resolved | None:
        """The same for an expression; None when it is no dotted name."""
        return self.resolve(module, expr.id, scope) if isinstance(expr, Name) else None

    def external_name(self, module: Module, expr: Expr | None, scope: Scope | None = None) -> str | None:
        """The library's dotted name that an expression means, None when it means something else."""
        found = self.resolve_expr(module, expr, scope)
        return found.name if isinstance(found, External) else None

    def bases(self, cls: ClassDef) -> tuple[Base, ...]:
        """What the bases of a class stand for, in order; `object` left out."""
        if cls not in self._bases:
            self._bases[cls] = ()  # a class that is its own base ends here
            found = (self._base(cls, expr) for expr in _written_bases(cls))
            self._bases[cls] = tuple(b for b in found if b != External("builtins.object"))
        return self._bases[cls]

    def _dotted(self, path: str) -> str:
        stem = path.removesuffix(".py").removesuffix("/__init__")
        root = next(r for r in self.roots if not r or path.startswith(f"{r}/"))
        return stem[len(root) :].strip("/").replace("/", ".") or "__init__"

    def _search(self, dotted: str, near: Module | None) -> Module | Package | None:
        parts = dotted.split(".")
        for root in self._starts(parts[0], near):
            found = self._at(root, parts)
            itself = found is near and not (near is not None and near.is_package and root in self.roots)
            if found is not None and not itself:
                return found
        return self._inside(parts, near)

    def _inside(self, parts: list[str], near: Module | None) -> Module | None:
        """`gears.models` as a module in `app/`, which has an `__init__.py` and is where the program is started all the
        same. One word alone is rather a library that has the name of a module beside."""
        if near is None or len(parts) < 2 or parts[0] in _LIBRARIES:
            return None
        folders = near.directory.split("/")
        above = ("/".join(folders[:length]) for length in range(1, len(folders) + 1))
        found = (self._at(folder, parts) for folder in above if folder in self._packages)
        return next((one for one in found if isinstance(one, Module) and one is not near), None)

    def _starts(self, top: str, near: Module | None) -> Iterator[str]:
        """The folders where an absolute import may begin, the likeliest first."""
        folder = near.directory if near is not None else ""
        above = [r for r in self.roots if not r or folder == r or folder.startswith(f"{r}/")]
        yield from above
        while folder and top not in _LIBRARIES:
            if folder not in self._packages and folder not in above:
                yield folder
            folder = folder.rpartition("/")[0]
        if top not in _LIBRARIES:
            yield from (root for root in self.roots if root not in above)

    def _at(self, folder: str, parts: list[str]) -> Module | Package | None:
        path = "/".join([folder, *parts] if folder else parts)
        module = self.modules.get(f"{path}/__init__.py") or self.modules.get(f"{path}.py")
        if module is not None:
            return module
        return Package(path) if path in self._folders and path else None

    def _resolve(self, module: Module, name: str, scope: Scope | None, seen: _Seen) -> Resolved | None:
        head, *rest = name.split(".")
        found = self._in_scope(module, head, scope, seen)
        for attr in rest:
            if found is None:
                return None
            found = self._attribute(found, attr, seen)
            if isinstance(found, Module):
                self._link(module, found)
        return found

    def _link(self, module: Module, target: Module) -> None:
        if target is not module:
            self.links.setdefault(module.path, set()).add(target.path)

    def _in_scope(self, module: Module, name: str, scope: Scope | None, seen: _Seen) -> Resolved | None:
        innermost = True
        while scope is not None:
            # As in Python, the names of a class's body are not seen from the classes and functions inside it.
            if innermost or isinstance(scope, FunctionDef):
                if isinstance(scope, FunctionDef) and any(p.name == name for p in scope.parameters):
                    return None
                member = scope.members.get(name)
                key = (f"{module.path}:{scope.qualname}", name)
                if member is not None and key not in seen:
                    owner = scope if isinstance(scope, ClassDef) else None
                    return self._bound(module, name, member, scope, owner, seen | {key})
            innermost = False
            scope = scope.outer
        found = self._of_module(module, name, seen)
        if found is None and name in _BUILTINS:
            return External(f"builtins.{name}")
        return found if found is not None else self._of_library_star(module, name, frozenset())

    def _of_module(self, module: Module, name: str, seen: _Seen) -> Resolved | None:
        """What the name means at the level of the module; star imports of libraries apart."""
        key = (module.path, name)
        if key in self._names:
            return self._names[key]
        if key in seen:
            return None
        inner = seen | {key}
        found: Resolved | None = None
        statement = module.names.get(name)
        if statement is not None:
            found = self._bound(module, name, statement, None, None, inner)
        else:
            for star in module.stars:
                if name.startswith("_") and not _exports(module, name):
                    break
                target = self.imported_module(module, star)
                if isinstance(target, Module):
                    found = self._of_module(target, name, inner)
                    if found is not None:
                        break
        if not seen:
            self._names[key] = found
        return found

    def _of_library_star(self, module: Module, name: str, seen: frozenset[str]) -> External | None:
        """`from sqlalchemy import *`, here or in a module star-imported: what is bound nowhere comes from it."""
        if name.startswith("_") or module.path in seen:
            return None
        for star in module.stars:
            target = self.imported_module(module, star)
            if isinstance(target, External):
                return External(f"{target.name}.{name}")
            if isinstance(target, Module):
                found = self._of_library_star(target, name, seen | {module.path})
                if found is not None:
                    return found
        return None

    def _bound(
        self,
        module: Module,
        name: str,
        statement: Statement,
        scope: Scope | None,
        owner: ClassDef | None,
        seen: _Seen,
    ) -> Resolved | None:
        match statement:
            case ClassDef() | FunctionDef():
                return statement
            case Import():
                return self._imported(module, statement, seen)
            case Assign(value=Name(id=alias)):
                found = self._resolve(module, alias, scope, seen)
                return found if found is not None else Value(module, name, statement.value, (), owner)
            case Assign():
                return Value(module, name, statement.value, (), owner)
            case _:
                return None

    def _imported(self, module: Module, statement: Import, seen: _Seen) -> Resolved | None:
        if statement.name is None:
            top = statement.module.partition(".")[0]
            wanted = top if statement.bound == top else statement.module
            loaded = self.find(wanted, module)
            if isinstance(loaded, Module):
                self._link(module, loaded)
            return loaded or External(wanted)
        source = self.imported_module(module, statement)
        found = self._attribute(source, statement.name, seen) if source is not None else None
        if isinstance(found, Module):
            self._link(module, found)
        return found

    def imported_module(self, module: Module, statement: Import) -> Module | Package | External | None:
        """The module named after `from` in an import of `module`; None when a relative one leads nowhere."""
        found = self._named_after(module, statement)
        if isinstance(found, Module):
            self._link(module, found)
        return found

    def _named_after(self, module: Module, statement: Import) -> Module | Package | External | None:
        if statement.level == 0:
            return self.find(statement.module, module) or External(statement.module)
        parts = module.directory.split("/") if module.directory else []
        up = statement.level - 1
        if up > len(parts):
            return None
        folder = parts[: len(parts) - up]
        path = [*folder, *(statement.module.split(".") if statement.module else [])]
        return self._at("", path) if path else self.modules.get("__init__.py", Package(""))

    def _attribute(self, of: Resolved, attr: str, seen: _Seen) -> Resolved | None:
        match of:
            case External():
                return External(f"{of.name}.{attr}")
            case Package():
                return self._at(of.directory, [attr])
            case Module():
                found = self._of_module(of, attr, seen)
                if found is None and of.is_package:
                    found = self._at(of.directory, [attr])
                return found if found is not None else self._of_library_star(of, attr, frozenset())
            case ClassDef():
                member = self.attribute(of, attr)
                if member is None:
                    return Value(of.module, of.qualname, None, (attr,), of)
                key = (f"{of.module.path}:{of.qualname}", attr)
                if key in seen:
                    return None
                return self._bound(member[0].module, attr, member[1], member[0], member[0], seen | {key})
            case Value():
                return Value(of.module, of.name, of.expr, (*of.rest, attr), of.owner)
            case _:
                return None

    def _base(self, cls: ClassDef, expr: Expr) -> Base:
        if not isinstance(expr, Name):
            return Value(cls.module, "", expr)
        found = self._resolve(cls.module, expr.id, cls.outer, frozenset())
        if isinstance(found, (ClassDef, External, Value)) and found is not cls:
            return found
        return Unresolved(expr.id)


def _written_bases(cls: ClassDef) -> Iterator[Expr]:
    """The bases as written: of `Base[int]` the class, of `with_metaclass(M, A, B)` the classes."""
    for written in cls.bases:
        expr: Expr = written
        while isinstance(expr, Subscript):
            expr = expr.value
        if isinstance(expr, Call) and (expr.name or "").rpartition(".")[2] == "with_metaclass":
            yield from expr.args[1:]
        elif isinstance(expr, Starred):
            yield expr.value
        else:
            yield expr


def _matches(module: Module, pattern: re.Pattern[bytes]) -> bool:
    try:
        return pattern.search(module.searched) is not None
    except OSError:
        return False


def _exports(module: Module, name: str) -> bool:
    return f'"{name}"'.encode() in module.source or f"'{name}'".encode() in module.source
