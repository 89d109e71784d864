"""The tables that django-simple-history adds: one for each model that has `HistoricalRecords()`, and for each that
`simple_history.register(…)` names, a library's as well.

A history table holds a copy of each column without its constraints (keys and uniques become plain indexes, foreign
keys stay as columns), and who changed the row, when and how.
Source: https://django-simple-history.readthedocs.io/en/latest/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.django.apps import App
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.fields import FieldDef, read_field
from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.registry import Registry
from dbarchitect.sources.python import ClassDef, Constant, External, Module, Resolved, Value
from dbarchitect.sources.python.expressions import Call, Display, Expr
from dbarchitect.sources.python.statements import Assign, Effect

_RECORDS = frozenset({"simple_history.models.HistoricalRecords", "simple_history.HistoricalRecords"})
_DATE_INDEX = "SIMPLE_HISTORY_DATE_INDEX"
_REGISTER = frozenset({"simple_history.register"})
_TAKEN = frozenset({"model", "app", "manager_name", "records_class"})
_COPIED = {"AutoField": "IntegerField", "BigAutoField": "BigIntegerField", "SmallAutoField": "SmallIntegerField"}


@dataclass(frozen=True, slots=True)
class History:
    """What a model says of its history: the options given, each with its place, and where it says so."""

    options: Mapping[str, Located]
    origin: Origin
    label: str | None = None
    """The application that keeps it, where that is not the model's own."""

    def value(self, registry: Registry, name: str) -> Constant:
        """The value of an option; None when it is not given."""
        located = self.options.get(name)
        return None if located is None else registry.world.value(located.expr, located.module, located.scope)


def history_of(model: Model, registry: Registry) -> History | None:
    """The history that a model keeps, its own or an inheriting one of its bases; None when it keeps none."""
    for base in registry.world.lineage(model.cls):
        for statement in base.assignments:
            options = _records(statement, base, registry)
            if options is None:
                continue
            found = History(options, base.module.origin(statement.span))
            own = base is model.cls or registry.reader.is_abstract(base)
            if own or found.value(registry, "inherit") is True:
                return found
    return None


def registered_histories(registry: Registry) -> Iterator[tuple[Model, History]]:
    """The models that `simple_history.register(Model, …)` gives a history, from outside of their class."""
    for module in registry.world.index.candidates(b"simple_history"):
        app = registry.app_of(module)
        for statement in module.statements if app is not None else ():
            call = statement.value if isinstance(statement, Effect) else None
            if not isinstance(call, Call) or app is None:
                continue
            function = registry.world.resolve_expr(module, call.function)
            named = call.argument(0, "model")
            owner = next(iter(registry.models.values()), None)
            if not isinstance(function, External) or function.name not in _REGISTER or named is None or owner is None:
                continue
            model = registry.target(Located(named, module, None), owner)
            records = call.argument(3, "records_class")
            made = {} if records is None else _made_by(registry.world.resolve_expr(module, records), registry)
            if isinstance(model, Model) and made is not None:
                own = {k.name: Located(k.value, module, None) for k in call.kwargs if k.name not in _TAKEN and k.name}
                keeper = _keeper(call.argument(1, "app"), module, app, registry)
                yield model, History({**made, **own}, module.origin(statement.span), keeper)


def _keeper(given: Expr | None, module: Module, here: App, registry: Registry) -> str | None:
    """The label of the application that `app=` names: `__package__` is the one that registers the model."""
    if given is None:
        return None
    value = registry.world.value(given, module)
    return next((app.label for app in registry.apps if app.name == value), here.label)


def _records(statement: Assign, cls: ClassDef, registry: Registry) -> dict[str, Located] | None:
    """The options of the `HistoricalRecords(…)` that an attribute is bound to, those of a `partial` included."""
    call = statement.value
    if not isinstance(call, Call):
        return None
    made = _made_by(registry.world.resolve_expr(cls.module, call.function, cls), registry)
    own = {k.name: Located(k.value, cls.module, cls) for k in call.kwargs if k.name is not None}
    return None if made is None else {**made, **own}


def _made_by(found: Resolved | None, registry: Registry) -> dict[str, Located] | None:
    """The options that a `partial` of HistoricalRecords gives, none for the class itself; None for all else."""
    if isinstance(found, External) and found.name in _RECORDS:
        return {}
    made = found.expr if isinstance(found, Value) else None
    if isinstance(found, Value) and isinstance(made, Call) and (made.name or "").rpartition(".")[2] == "partial":
        inner = registry.world.resolve_expr(found.module, made.args[0]) if made.args else None
        if isinstance(inner, External) and inner.name in _RECORDS:
            return {k.name: Located(k.value, found.module, None) for k in made.kwargs if k.name is not None}
    return None


def table_of(history: History, model: Model, registry: Registry) -> str:
    """The name of the history table."""
    value = history.value(registry, "table_name")
    if isinstance(value, str):
        return value
    label = history.value(registry, "app")
    label = label.rpartition(".")[2] if isinstance(label, str) else model.app.label
    return f"{history.label or label}_historical{model.cls.name.lower()}"


def history_fields(history: History, fields: list[FieldDef], registry: Registry) -> Iterator[FieldDef]:
    """The fields of the history table: copies of the model's, those of mixed-in models, and the history's own."""
    excluded = history.value(registry, "excluded_fields")
    left_out = set(excluded) if isinstance(excluded, (list, tuple)) else set()
    given = history.value(registry, "no_db_index")
    unindexed = {given} if isinstance(given, str) else set(given) if isinstance(given, (list, tuple)) else set()
    for field in fields:
        if field.name not in left_out and field.kind not in {"ManyToManyField", "GenericForeignKey"}:
            copied = _copy(field, registry)
            if field.name in unindexed:
                copied = replace(copied, fixed={**copied.fixed, "db_index": False})
            yield copied
    yield from _mixed_in(history, registry)
    yield from _own(history, registry)


def _copy(field: FieldDef, registry: Registry) -> FieldDef:
    is_unique = field.flag(registry.world, "primary_key") or field.flag(registry.world, "unique")
    fixed = {**field.fixed, "primary_key": False, "unique": False}
    if is_unique or field.kind == "OneToOneField":
        fixed["db_index"] = True
    kind = _COPIED.get(field.kind or "", field.kind)
    if field.is_relation():
        kind = "ForeignKey"
        fixed |= {"null": True, "db_constraint": False}
    elif field.class_name.endswith(("FileField", "ImageField")):
        kind = "TextField"
    return replace(field, kind=kind, fixed=fixed)


def _mixed_in(history: History, registry: Registry) -> Iterator[FieldDef]:
    bases = history.options.get("bases")
    items = bases.expr.items if bases is not None and isinstance(bases.expr, Display) else ()
    for item in items:
        found = registry.world.resolve_expr(bases.module, item, bases.scope) if bases is not None else None
        if isinstance(found, ClassDef) and registry.reader.is_model(found):
            yield from registry.reader.fields(found).values()


def _own(history: History, registry: Registry) -> Iterator[FieldDef]:
    """The history's own columns, read from our description of them."""
    described = registry.world.described("simple_history.models.HistoryColumns")
    for statement in described.assignments if described is not None else ():
        if described is None:
            return
        made = read_field(
            statement.target, statement.value, described.module, described, statement.span, registry.world
        )
        if made is None:
            continue
        if made.name == "history_date" and registry.project.setting(registry.world, _DATE_INDEX) is False:
            made = replace(made, fixed={**made.fixed, "db_index": False})
        user = history.options.get("user_model")
        if made.name == "history_user" and user is not None:
            made = replace(made, options={**made.options, "to": user})
        yield replace(made, origin=history.origin)
