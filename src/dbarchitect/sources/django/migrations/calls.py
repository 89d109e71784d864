"""An operation of a migration as it is written: which of Django's it is, and its arguments by name.

A subclass of the project stands for the operation that it derives from, with what its `__init__` hands on.
Source: https://docs.djangoproject.com/en/5.2/ref/migration-operations/, …/ref/contrib/postgres/operations/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.migrations.entries import returned_by
from dbarchitect.sources.django.migrations.substitute import substituted
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, External, FunctionDef, Value
from dbarchitect.sources.python.expressions import Attribute, Call, Dict, Display, Expr, Literal, Name, Starred
from dbarchitect.sources.python.statements import Effect, Mutate

_OF_NAMED_MODEL = ("model_name", "name")
SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "CreateModel": ("name", "fields", "options", "bases", "managers"),
    "DeleteModel": ("name",),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "AlterModelTableComment": ("name", "table_comment"),
    "AlterModelOptions": ("name", "options"),
    "AlterModelManagers": ("name", "managers"),
    "AlterUniqueTogether": ("name", "unique_together"),
    "AlterIndexTogether": ("name", "index_together"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "AddField": ("model_name", "name", "field", "preserve_default"),
    "AlterField": ("model_name", "name", "field", "preserve_default"),
    "RemoveField": _OF_NAMED_MODEL,
    "RenameField": ("model_name", "old_name", "new_name"),
    "AddIndex": ("model_name", "index"),
    "AddIndexConcurrently": ("model_name", "index"),
    "RemoveIndex": _OF_NAMED_MODEL,
    "RemoveIndexConcurrently": _OF_NAMED_MODEL,
    "RenameIndex": ("model_name", "new_name", "old_name", "old_fields"),
    "AddConstraint": ("model_name", "constraint"),
    "AddConstraintNotValid": ("model_name", "constraint"),
    "AlterConstraint": ("model_name", "name", "constraint"),
    "ValidateConstraint": _OF_NAMED_MODEL,
    "RemoveConstraint": _OF_NAMED_MODEL,
    "RunSQL": ("sql", "reverse_sql", "state_operations", "hints", "elidable"),
    "RunPython": ("code", "reverse_code", "atomic", "hints", "elidable"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
    "CreateExtension": ("name", "hints"),
    "BloomExtension": (),
    "BtreeGinExtension": (),
    "BtreeGistExtension": (),
    "CITextExtension": (),
    "CryptoExtension": (),
    "HStoreExtension": (),
    "TrigramExtension": (),
    "UnaccentExtension": (),
    "VectorExtension": (),
    "CreateCollation": ("name", "locale", "provider", "deterministic"),
    "RemoveCollation": ("name", "locale", "provider", "deterministic"),
}
"""Every operation that is understood, with its parameters in order."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """An operation with its arguments. `kind` is a key of `SIGNATURES`, None for one that nobody knows here.

    `touches_database` is False for a subclass whose `database_forwards` does nothing.
    """

    kind: str | None
    written: str
    arguments: Mapping[str, Located]
    origin: Origin
    world: World
    touches_database: bool = True

    def value(self, name: str) -> Constant:
        """The constant value of an argument; None when it is not given, UNKNOWN when it cannot be told."""
        located = self.arguments.get(name)
        return self.world.value(located.expr, located.module, located.scope) if located is not None else None

    def text(self, name: str) -> str | None:
        """The argument as a text, None when it is none."""
        value = self.value(name)
        return value if isinstance(value, str) else None

    @property
    def statement(self) -> str:
        """The call, shortened: `AddIndex(journalentry, fields=[created_at])`."""
        return f"{self.written}({', '.join(self._shown())})"

    def _shown(self) -> Iterator[str]:
        for name, located in self.arguments.items():
            if name in {"model_name", "name", "old_name", "new_name", "table"}:
                value = self.value(name)
                yield "?" if value is UNKNOWN else str(value)
            elif name == "field" and isinstance(located.expr, Call):
                yield _shown_call(located.expr)
            elif name in {"index", "constraint"} and isinstance(located.expr, Call):
                yield from _shown_keywords(located.expr)
            elif name in {"unique_together", "index_together", "order_with_respect_to"}:
                yield f"{name}={self.value(name)}"
            elif name in {"code", "reverse_code"}:
                yield _shown_expr(located.expr)


def _shown_call(call: Call) -> str:
    parts = [_shown_expr(arg) for arg in call.args]
    parts += [
        f"{k.name}={_shown_expr(k.value)}"
        for k in call.kwargs
        if k.name in {"to", "null", "unique", "db_index", "max_length", "default", "db_column", "db_constraint"}
    ]
    return f"{(call.name or '?').rpartition('.')[2]}({', '.join(parts)})"


def _shown_keywords(call: Call) -> Iterator[str]:
    for keyword in call.kwargs:
        if keyword.name is not None:
            yield f"{keyword.name}={_shown_expr(keyword.value)}"


def _shown_expr(expr: Expr) -> str:
    match expr:
        case Literal():
            return str(expr.value)
        case Name():
            return expr.id
        case Display():
            return f"[{', '.join(map(_shown_expr, expr.items))}]"
        case Call():
            return f"{(expr.name or '?').rpartition('.')[2]}(…)"
        case _:
            return "…"


def read_call(located: Located, world: World, depth: int = 0) -> Invocation | None:
    """The operation at a place; None where no operation is written there."""
    expr = located.expr
    if isinstance(expr, Name) and depth < 10:  # an operation that was given a name first
        found = world.resolve(located.module, expr.id, located.scope)
        if isinstance(found, Value) and found.expr is not None and not found.rest and found.expr != expr:
            return read_call(Located(found.expr, found.module, found.owner), world, depth + 1)
        return None
    if not isinstance(expr, Call):
        return None
    made = world.resolve_expr(located.module, expr.function, located.scope)
    if isinstance(made, FunctionDef) and depth < 10:
        inner = returned_by(expr, located, world)
        return read_call(inner, world, depth + 1) if inner is not None else None
    origin = located.module.origin(expr.span)
    written = (expr.name or "?").rpartition(".")[2]
    if isinstance(made, ClassDef):
        bases = (name.rpartition(".")[2] for name in world.external_bases(made))
        kind = next((name for name in bases if name in SIGNATURES), None)
        arguments = _through_init(made, expr, kind, located, world) if kind is not None else {}
        return Invocation(kind, written, arguments, origin, world, touches_database=_touches(made, world))
    name = made.name.rpartition(".")[2] if isinstance(made, External) else written
    kind = name if name in SIGNATURES else None
    return Invocation(kind, written, _bound(expr, kind, located) if kind is not None else {}, origin, world)


def _bound(call: Call, kind: str, located: Located) -> dict[str, Located]:
    return {name: replace(located, expr=value) for name, value in _by_name(call, SIGNATURES[kind])}


def _by_name(call: Call, parameters: tuple[str, ...]) -> Iterator[tuple[str, Expr]]:
    for parameter, arg in zip(parameters, call.args, strict=False):
        if isinstance(arg, Starred):
            break
        yield parameter, arg
    for keyword in call.kwargs:
        if keyword.name is not None:
            yield keyword.name, keyword.value
        elif isinstance(keyword.value, Dict):
            for key, value in keyword.value.items:
                if isinstance(key, Literal) and isinstance(key.value, str):
                    yield key.value, value


def _through_init(cls: ClassDef, call: Call, kind: str, located: Located, world: World) -> dict[str, Located]:
    """The arguments that reach Django's class through the `__init__` of the project's subclasses."""
    for base in world.lineage(cls):
        init = base.members.get("__init__")
        if not isinstance(init, FunctionDef):
            continue
        parameters = [p for p in init.parameters if not p.star][1:]
        given = dict(_by_name(call, tuple(p.name for p in parameters)))
        names = {p.name: p.default for p in parameters if p.default is not None}
        names.update(given)
        handed = next((s.value for s in init.body if isinstance(s, Effect) and _calls_parent(s.value)), None)
        if not isinstance(handed, Call):
            break
        plain = {p.name for p in parameters}
        rest = tuple(k for k in call.kwargs if k.name is not None and k.name not in plain)
        positional: tuple[Expr, ...] = tuple(arg for arg in handed.args if not isinstance(arg, Starred))
        if len(positional) < len(handed.args):
            positional += call.args[len(plain) :]
        passed = tuple(k for k in handed.kwargs if k.name is not None)
        if len(passed) < len(handed.kwargs):
            passed += tuple(k for k in rest if all(k.name != other.name for other in passed))
        inner = substituted(replace(handed, args=positional, kwargs=passed), names)
        return _mixed(kind, located, Located(inner, base.module, init), names)
    return _bound(call, kind, located)


def _mixed(kind: str, outer: Located, inner: Located, names: Mapping[str, Expr]) -> dict[str, Located]:
    """Each argument with its place: one that was only handed on speaks the caller's names."""
    handed = {id(expr) for expr in names.values()}
    if not isinstance(inner.expr, Call):
        return {}
    return {
        name: replace(outer if id(value) in handed or value in names.values() else inner, expr=value)
        for name, value in _by_name(inner.expr, SIGNATURES[kind])
    }


def _calls_parent(expr: Expr) -> bool:
    function = expr.function if isinstance(expr, Call) else None
    if isinstance(function, Attribute):
        return function.attr == "__init__" and isinstance(function.value, Call) and function.value.name == "super"
    return isinstance(function, Name) and function.id.endswith(".__init__")


def _touches(cls: ClassDef, world: World) -> bool:
    """Whether an operation of the project's own does anything to the database."""
    for base in world.lineage(cls):
        method = base.members.get("database_forwards")
        if isinstance(method, FunctionDef):
            return any(
                isinstance(s, Mutate) or (isinstance(s, Effect) and not isinstance(s.value, Literal))
                for s in method.body
            )
    return True
