"""Classes that serve one model each: `class Orders(RepositoryBase[Order])`, `Repository(session, Order)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.sources.code.python.values import (
    ClassValue,
    Function,
    Instance,
    ModelClass,
)
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.python.expressions import Display, Expr, Name, Subscript
from dbarchitect.sources.python.statements import Assign, ClassDef

_MODEL_LIKE = re.compile(r"model|entity|table|orm|^_?cls$|klass", re.IGNORECASE)


def model_of(owner: Value, name: str, interpreter: Following) -> ModelClass | None:
    """`self.model` that nothing assigns: the model that the class's generic base is given."""
    cls = owner.cls if isinstance(owner, Instance | ClassValue) else None
    if cls is None or not _is_model_name(cls, name, interpreter):
        return None
    if isinstance(owner, Instance) and name in owner.fields and isinstance(owner.fields[name], ModelClass):
        return None
    for above in interpreter.index.lineage(cls):
        found = list(_arguments(above, interpreter))
        if found:
            return found[0]
    return None


def serve(made: Instance, site: Site, wanted: re.Pattern[bytes]) -> None:
    """Follow the methods of an object that was given its model when it was made: `Repository(session, Order)`."""
    seen: set[str] = set()
    for above in site.interpreter.index.lineage(made.cls):
        site.interpreter.touch(above.module.path)
        for method in above.methods:
            source = method.module.source
            if method.name in seen or method.name.startswith("__"):
                continue
            seen.add(method.name)
            if b"self." in source[method.span.start : method.span.end] and wanted.search(
                source, method.span.start, method.span.end
            ):
                site.interpreter.run(Function(method, made), Arguments(dynamic=True), site)


def _is_model_name(cls: ClassDef, name: str, interpreter: Following) -> bool:
    member = interpreter.index.attribute(cls, name)
    if member is not None:
        return False
    if _MODEL_LIKE.search(name):
        return True
    for above in interpreter.index.lineage(cls):
        for statement in above.body:
            if isinstance(statement, Assign) and statement.target == name and statement.value is None:
                return isinstance(statement.annotation, Subscript) and _is_type(statement.annotation)
    return False


def _is_type(expr: Subscript) -> bool:
    return isinstance(expr.value, Name) and expr.value.id.rpartition(".")[2].lower() == "type"


def _arguments(cls: ClassDef, interpreter: Following) -> Iterator[ModelClass]:
    """The models among the generic arguments of a class's bases."""
    frame = interpreter.module_frame(cls.module)
    for base in cls.bases:
        if not isinstance(base, Subscript):
            continue
        given: tuple[Expr, ...] = base.index.items if isinstance(base.index, Display) else (base.index,)
        for expr in given:
            if isinstance(expr, Name):
                value = interpreter.evaluation.of(expr, frame)
                if isinstance(value, ModelClass):
                    yield value
