"""What a field says beyond its column: choices, bounds, defaults that the application fills in."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.members import Declared
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.fields import FieldDef, known
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, FunctionDef, Value, is_known, plain
from dbarchitect.sources.python.body import holds_nothing, may_give_nothing
from dbarchitect.sources.python.expressions import Call, Display, Expr, Name, dotted

_NOW = frozenset({"now", "utcnow", "today", "localdate", "localtime", "time"})
_BOUNDS = {
    "MinValueValidator": "minimum",
    "MaxValueValidator": "maximum",
    "MaxLengthValidator": "max_length",
}


def declared(field: FieldDef, world: World, references: str | None) -> Declared | None:
    """What the model says of the column; None when it says nothing that counts."""
    bounds = dict(_bounds(field, world))
    length = bounds.get("max_length")
    if field.kind == "TextField":
        length = known(field.value(world, "max_length")) or length
    default = field.options.get("default")
    value = field.value(world, "default", UNKNOWN)
    on_create = field.flag(world, "auto_now_add") or (default is not None and _is_now(default.expr))
    text = _text(value) if default is not None or "default" in field.fixed else None
    of_none = default is not None and value is None
    made = Declared(
        choices=_choices(field, world),
        default=text,
        minimum=_text(bounds.get("minimum")),
        maximum=_text(bounds.get("maximum")),
        max_length=length if isinstance(length, int) else None,
        required=not field.flag(world, "blank") and default is None,
        sets_on_create=on_create,
        sets_on_update=field.flag(world, "auto_now"),
        encrypted=field.encrypted,
        hashed=field.hashed,
        references=references,
        computed_default=default is not None
        and text is None
        and value is not None
        and not (on_create or _may_be_none(default, world)),
        empty_default=default is not None and holds_nothing(default.expr),
        null_said=default is not None and field.flag(world, "null"),
        never_none=field.flag(world, "null") and not field.flag(world, "blank") and not of_none,
        checks=tuple(_checks(field, world)),
    )
    return None if made == Declared(required=made.required) and not made.required else made


def _text(value: Constant) -> str | None:
    if value is None or value is UNKNOWN or not is_known(value) or isinstance(value, (list, dict, tuple, set)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_now(expr: Expr) -> bool:
    name = dotted(expr)
    if name is None and isinstance(expr, Call) and not expr.args:
        name = expr.name
    head, _, last = (name or "").rpartition(".")
    return last in _NOW and (bool(head) or last in {"now", "utcnow"})


def _may_be_none(default: Located, world: World) -> bool:
    """Whether a function of the project that computes a default may give None."""
    found = world.resolve_expr(default.module, default.expr, default.scope)
    return isinstance(found, FunctionDef) and may_give_nothing(found)


def _choices(field: FieldDef, world: World) -> tuple[str, ...]:
    """The stored values that `choices` allows, in order; empty when part of them is computed."""
    located = field.options.get("choices")
    value: Constant = field.fixed.get("choices", field.defaults.get("choices"))
    if located is not None and "choices" not in field.fixed:
        members = _members(located, world)
        if members is not None:
            return members
        value = plain(world.value(located.expr, located.module, located.scope))
    if isinstance(value, dict):
        value = list(value.items())
    if not isinstance(value, (list, tuple)):
        return ()
    stored = list(_flat(value))
    if any(v is UNKNOWN or not is_known(v) for v in stored):
        return ()
    return tuple(dict.fromkeys(str(v) for v in stored if v is not None))


def _members(located: Located, world: World) -> tuple[str, ...] | None:
    """Django 5 takes the enumeration itself: `choices=Status`."""
    found = world.resolve_expr(located.module, located.expr, located.scope)
    members = world.evaluator.members(found) if isinstance(found, ClassDef) else None
    if not members or not all(is_known(m.value) for m in members):
        return None
    return tuple(str(m.value) for m in members)


def _flat(choices: list[Constant] | tuple[Constant, ...]) -> Iterator[Constant]:
    """The values of (value, label) pairs, those inside (group, pairs) as well."""
    for choice in choices:
        if not isinstance(choice, (list, tuple)) or len(choice) != 2:
            yield UNKNOWN
            continue
        value, label = choice
        if isinstance(label, dict):
            yield from label
        elif isinstance(label, (list, tuple)):
            yield from _flat(label)
        else:
            yield value


def _checks(field: FieldDef, world: World) -> Iterator[str]:
    """The validators that are the application's own, or a library's beside Django's plain bounds."""
    for item, _ in _validators(field, world):
        name = item.name if isinstance(item, Call) else dotted(item)
        last = (name or "").rpartition(".")[2]
        if last and last not in _BOUNDS:
            yield last


def _validators(field: FieldDef, world: World) -> Iterator[tuple[Expr, Located]]:
    """The members of `validators`, each with the place that its names are known in."""
    located = field.options.get("validators")
    if located is None:
        return
    if isinstance(located.expr, Name):
        found = world.resolve(located.module, located.expr.id, located.scope)
        if not isinstance(found, Value) or found.expr is None:
            return
        located = Located(found.expr, found.module, found.owner)
    for item in located.expr.items if isinstance(located.expr, Display) else ():
        yield item, located


def _bounds(field: FieldDef, world: World) -> Iterator[tuple[str, Constant]]:
    for item, located in _validators(field, world):
        module, scope = located.module, located.scope
        if not isinstance(item, Call):
            continue
        option = _BOUNDS.get((item.name or "").rpartition(".")[2])
        limit = item.argument(0, "limit_value")
        if option is not None and limit is not None:
            value = plain(world.value(limit, module, scope))
            if is_known(value):
                yield option, value
