"""SQL that a migration reads from a file of the project: `Path(__file__).parent / "views.sql"`, `open(…).read()`."""

from __future__ import annotations

import posixpath

from dbarchitect.sources.discover import Project
from dbarchitect.sources.python.expressions import Attribute, BinOp, Call, Expr, Name
from dbarchitect.sources.python.resolved import Value
from dbarchitect.sources.python.statements import Assign, FunctionDef
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Located

_DEEPEST = 12
_READS = frozenset({"read", "read_text"})
_SAME = frozenset(
    {"resolve", "absolute", "abspath", "realpath", "normpath", "Path", "PurePath", "str", "fspath", "as_posix"}
)


class Texts:
    """Finds the files that expressions name, and reads them."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._depth = 0

    def read(self, expr: Expr, frame: Frame) -> str | None:
        """The content of the file that an expression reads, None where it reads none that is known."""
        if not isinstance(expr, Call):
            return None
        subject, method = _method(expr)
        if method not in _READS or subject is None:
            return None
        opened = self._opened(subject, frame)
        path = self.path(*opened) if opened is not None else self.path(subject, frame)
        return self._content(path, frame) if path is not None else None

    def _content(self, path: str, frame: Frame) -> str | None:
        project: Project = self.names.index.project
        beside = posixpath.normpath(posixpath.join(frame.module.directory, path))
        for candidate in (path, beside):
            file = project.get(candidate)
            if file is not None:
                try:
                    return file.text()
                except (OSError, UnicodeDecodeError):
                    return None
        return None

    def _opened(self, expr: Expr, frame: Frame) -> tuple[Expr, Frame] | None:
        """Of `open(path)`, or of the name that `with open(path) as` gave it, the path."""
        if isinstance(expr, Name) and isinstance(bound := frame.local.get(expr.id), Located):
            return self._opened(bound.expr, bound.frame)
        if not isinstance(expr, Call):
            return None
        subject, method = _method(expr)
        if method == "open" and subject is not None and not expr.args:
            return subject, frame
        if (expr.name or "").rpartition(".")[2] == "open" and expr.args:
            return (expr.args[0], frame) if subject is None or method == "open" else None
        return None

    def path(self, expr: Expr, frame: Frame) -> str | None:
        """The path that an expression is, relative to the project; None where it cannot be told."""
        if self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            found = self._path(expr, frame)
            return posixpath.normpath(found) if found is not None else None
        finally:
            self._depth -= 1

    def _path(self, expr: Expr, frame: Frame) -> str | None:
        match expr:
            case Name(id="__file__"):
                return frame.module.path
            case Name(id=name):
                return self._named(name, expr, frame)
            case Attribute(value=value, attr="parent"):
                above = self.path(value, frame)
                return posixpath.dirname(above) if above is not None else None
            case BinOp(op="/", left=left, right=right):
                return self._joined((left, right), frame)
            case Call():
                return self._called(expr, frame)
            case _:
                value = self.names.constant(frame.at(expr))
                return value if isinstance(value, str) else None

    def _named(self, name: str, expr: Name, frame: Frame) -> str | None:
        head, _, rest = name.partition(".")
        bound = frame.local.get(head)
        own = frame.scope.members.get(head) if isinstance(frame.scope, FunctionDef) else None
        if bound is None and isinstance(own, Assign) and own.value is not None:
            bound = frame.at(own.value)
        elif bound is None:
            found = self.names.index.resolve(frame.module, head, frame.scope)
            if isinstance(found, Value) and found.expr is not None and not found.rest:
                bound = Frame(found.module, found.owner).at(found.expr)
        if not isinstance(bound, Located):
            value = self.names.constant(frame.at(expr))
            return value if isinstance(value, str) else None
        path = self.path(bound.expr, bound.frame)
        for attribute in rest.split(".") if rest else ():
            if attribute != "parent" or path is None:
                return None
            path = posixpath.dirname(path)
        return path

    def _called(self, call: Call, frame: Frame) -> str | None:
        subject, method = _method(call)
        last = method or (call.name or "")
        if last in {"join", "Path", "joinpath"} and call.args:
            first = (subject,) if last == "joinpath" and subject is not None else ()
            return self._joined((*first, *call.args), frame)
        if last == "dirname" and call.args:
            inner = self.path(call.args[0], frame)
            return posixpath.dirname(inner) if inner is not None else None
        if last in {"with_suffix", "with_name"} and subject is not None and call.args:
            inner, given = self.path(subject, frame), self.names.constant(frame.at(call.args[0]))
            if inner is None or not isinstance(given, str):
                return None
            stem = posixpath.splitext(inner)[0] if last == "with_suffix" else f"{posixpath.dirname(inner)}/"
            return stem + given
        if last in _SAME:
            inner_expr = call.args[0] if call.args else subject
            return self.path(inner_expr, frame) if inner_expr is not None else None
        return None

    def _joined(self, parts: tuple[Expr, ...], frame: Frame) -> str | None:
        paths = [self.path(part, frame) for part in parts]
        return posixpath.join(*[p for p in paths if p is not None]) if None not in paths else None


def _method(call: Call) -> tuple[Expr | None, str]:
    """What a method is called on, and its name."""
    if isinstance(call.function, Attribute):
        return call.function.value, call.function.attr
    head, _, method = (call.name or "").rpartition(".")
    return (Name(head, call.span), method) if head else (None, "")
