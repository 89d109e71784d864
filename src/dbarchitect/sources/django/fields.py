"""Fields of models: which of Django's kinds a field is, and with what options.

A custom field is followed to the field of Django's that it derives from. What its `__init__` sets
(`kwargs["max_length"] = 32`, `kwargs.setdefault(…)`, defaults of parameters, keywords given to `super().__init__`), a
constant `db_type()` and a constant `get_internal_type()` count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dbarchitect.catalog.refs import Origin
from dbarchitect.sealed_names import calls_one
from dbarchitect.sources.django.field_classes import Located, constant_method, set_by_classes
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import (
    UNKNOWN,
    ClassDef,
    Constant,
    External,
    FunctionDef,
    Module,
    Resolved,
    Value,
    is_known,
    plain,
)
from dbarchitect.sources.python.expressions import (
    Call,
    Dict,
    Expr,
    Literal,
    Name,
    Span,
    Starred,
    dotted,
)
from dbarchitect.sources.python.resolved import Base
from dbarchitect.sources.python.statements import Scope

_MODULES = ("django.db.models", "django.contrib.postgres", "django.contrib.gis.db.models")
_FIELD_ORDER = ("verbose_name", "name", "primary_key", "max_length", "unique", "blank", "null", "db_index", "default")
_POSITIONS: dict[str, tuple[str, ...]] = {
    "ForeignKey": (
        "to",
        "on_delete",
        "related_name",
        "related_query_name",
        "limit_choices_to",
        "parent_link",
        "to_field",
    ),
    "OneToOneField": ("to", "on_delete", "to_field"),
    "ManyToManyField": ("to", "related_name", "related_query_name", "limit_choices_to", "symmetrical", "through"),
    "DecimalField": ("verbose_name", "name", "max_digits", "decimal_places"),
    "DateField": ("verbose_name", "name", "auto_now", "auto_now_add"),
    "DateTimeField": ("verbose_name", "name", "auto_now", "auto_now_add"),
    "TimeField": ("verbose_name", "name", "auto_now", "auto_now_add"),
    "FileField": ("verbose_name", "name", "upload_to", "storage"),
    "ArrayField": ("base_field", "size"),
    "JSONField": ("verbose_name", "name", "encoder", "decoder"),
    "UUIDField": ("verbose_name",),
    "GeometryField": ("verbose_name", "srid", "spatial_index"),
    "VectorField": ("verbose_name", "name", "dimensions"),
    "GenericForeignKey": ("ct_field", "fk_field", "for_concrete_model"),
    "CompositePrimaryKey": tuple(map(str, range(16))),
}

KINDS: dict[str, tuple[str, Mapping[str, Constant]]] = {
    **{name: (name, {}) for name in (
        "AutoField", "BigAutoField", "SmallAutoField", "BigIntegerField", "BinaryField", "BooleanField", "CharField",
        "DateField", "DateTimeField", "DecimalField", "DurationField", "FloatField", "GenericIPAddressField",
        "IPAddressField", "IntegerField", "JSONField", "PositiveBigIntegerField", "PositiveIntegerField",
        "PositiveSmallIntegerField", "SmallIntegerField", "TextField", "TimeField", "UUIDField", "ForeignKey",
        "OneToOneField", "ManyToManyField", "GeneratedField", "CompositePrimaryKey", "ArrayField", "HStoreField",
        "SearchVectorField", "IntegerRangeField", "BigIntegerRangeField", "DecimalRangeField", "DateTimeRangeField",
        "DateRangeField", "GeometryField", "PointField", "LineStringField", "PolygonField", "MultiPointField",
        "MultiLineStringField", "MultiPolygonField", "GeometryCollectionField", "RasterField",
    )},
    "CommaSeparatedIntegerField": ("CharField", {}),
    "EmailField": ("CharField", {"max_length": 254}),
    "URLField": ("CharField", {"max_length": 200}),
    "SlugField": ("CharField", {"max_length": 50, "db_index": True}),
    "FileField": ("CharField", {"max_length": 100}),
    "ImageField": ("CharField", {"max_length": 100}),
    "FilePathField": ("CharField", {"max_length": 100}),
    "NullBooleanField": ("BooleanField", {"null": True}),
    "FloatRangeField": ("DecimalRangeField", {}),
    "CICharField": ("CIText", {}),
    "CIEmailField": ("CIText", {}),
    "CITextField": ("CIText", {}),
    "VectorField": ("VectorField", {}),
}  # fmt: skip
"""Django's field class → the kind that decides the column, and the options it sets by itself."""

_GENERIC = frozenset(
    {"django.contrib.contenttypes.fields.GenericForeignKey", "django.contrib.contenttypes.generic.GenericForeignKey"}
)
_NO_COLUMN = ("Manager", "GenericRelation", "FieldTracker", "HistoricalRecords", "TranslatedFields", "ManagerField",
              "ImageSpecField")  # fmt: skip
_ON_THE_WAY = ("get_prep_value", "get_db_prep_value", "get_db_prep_save", "pre_save")
_SECRET = re.compile(r"encrypt|fernet|cipher", re.IGNORECASE)
_HASHED = re.compile(r"hashed|passwordhash|password_hash", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:Field|ForeignKey|OneToOne|ManyToMany)\Z")


@dataclass(frozen=True, slots=True)
class FieldDef:
    """A field of a model.

    `kind` is a key of the column types, None for a class of a library that nobody knows; `class_name` the dotted name
    as far as it could be followed. `options` are the arguments, positional ones by their names; `fixed` what the
    field's class sets itself (it wins); `defaults` what holds where neither is given. `db_type` is the result of a
    constant `db_type()` for each vendor (`""`: any).
    """

    name: str
    kind: str | None
    class_name: str
    options: Mapping[str, Located]
    fixed: Mapping[str, Constant]
    defaults: Mapping[str, Constant]
    db_type: Mapping[str, str | None]
    origin: Origin
    encrypted: bool = False
    hashed: bool = False
    model: ClassDef | None = field(default=None, compare=False)

    def value(self, world: World, name: str, default: Constant = None) -> Constant:
        """The value of an option; UNKNOWN when it is given but cannot be told."""
        if name in self.fixed:
            return self.fixed[name]
        located = self.options.get(name)
        if located is not None:
            return plain(world.value(located.expr, located.module, located.scope))
        return self.defaults.get(name, default)

    def flag(self, world: World, name: str, *, default: bool = False) -> bool:
        """The value of an option that is true or false; its default where it cannot be told."""
        value = self.value(world, name, default)
        return default if not is_known(value) else bool(value)

    def is_relation(self) -> bool:
        """Whether it points at another model with a column of its own."""
        return self.kind in {"ForeignKey", "OneToOneField"}


def read_field(
    name: str, expr: Expr | None, module: Module, scope: Scope | None, span: Span, world: World
) -> FieldDef | None:
    """The field that `name = expr` declares in the body of a model, None when it declares none."""
    if not isinstance(expr, Call):
        return None
    found = world.resolve_expr(module, expr.function, scope)
    if (inner := _handed_through(expr, found)) is not None:
        made = read_field(name, inner, module, scope, span, world)
        return made if made is not None and made.class_name.startswith("django.") else None
    if isinstance(found, FunctionDef):
        return _from_factory(name, found, module, span, world)
    chain: tuple[ClassDef, ...] = ()
    if isinstance(found, ClassDef):
        chain = world.lineage(found)
        class_name, kind_name = _of_class(found, world)
        if kind_name is None and any(base.endswith(_NO_COLUMN) for base in world.external_bases(found)):
            return None
        if kind_name is None and not _may_be_a_field(found, world):
            return None
    elif isinstance(found, External):
        class_name, kind_name = found.name, _django_kind(found.name)
    else:
        class_name, kind_name = dotted(expr.function) or "", None
    last = class_name.rpartition(".")[2]
    if class_name in _GENERIC:
        kind_name = "GenericForeignKey"
    wrapped = _encrypting(expr, last, module, scope, world)
    if wrapped is not None:
        return _encrypted(name, wrapped, module, scope, span, world)
    derives = any(n.startswith(_MODULES) and n.endswith(".Field") for c in chain[:1] for n in world.external_bases(c))
    if kind_name is None and not derives and not _looks_like_a_field(last, expr):
        return None
    kind, own = KINDS.get(kind_name or "", (kind_name, {}))
    internal = constant_method(chain, "get_internal_type", world).get("")
    db_type = constant_method(chain, "db_type", world)
    if kind is None and derives and not db_type and internal is None:
        return None  # a plain Field without a type of its own has no column
    if kind is None:
        kind, own = _guessed(last)
    options = _options(expr, _position_name(kind_name or last), module, scope, world)
    fixed, defaults, located = set_by_classes(chain, options, world)
    if internal in KINDS and kind not in {"ForeignKey", "OneToOneField", "ManyToManyField"}:
        kind = KINDS[internal][0]
    names = " ".join((last, *(c.name for c in chain), class_name))
    return FieldDef(
        name,
        kind,
        class_name,
        {**options, **located},
        fixed,
        {**own, **defaults},
        db_type,
        module.origin(span),
        encrypted=bool(_SECRET.search(names)) or _seals(chain),
        hashed=bool(_HASHED.search(names)),
    )


def _seals(chain: tuple[ClassDef, ...]) -> bool:
    """Whether a field class of the project encrypts or hashes what it hands to the database."""
    found = [
        member for cls in chain for name in _ON_THE_WAY if isinstance(member := cls.members.get(name), FunctionDef)
    ]
    return any(calls_one(f.module.source[f.span.start : f.span.end].decode(errors="replace")) for f in found)


def kind_named(dotted_name: str, world: World) -> str | None:
    """The kind of the field class of that name, the project's own classes followed; None when it is none."""
    head, _, last = dotted_name.rpartition(".")
    module = world.index.find(head)
    found = world.resolve(module, last) if isinstance(module, Module) else None
    name = _of_class(found, world)[1] if isinstance(found, ClassDef) else _django_kind(dotted_name)
    return KINDS[name][0] if name is not None else None


def _django_kind(dotted_name: str) -> str | None:
    last = dotted_name.rpartition(".")[2]
    if dotted_name in _GENERIC:
        return "GenericForeignKey"
    return last if dotted_name.startswith(_MODULES) and last in KINDS else None


def _of_class(cls: ClassDef, world: World) -> tuple[str, str | None]:
    """The dotted name of the first library's class that a custom field derives from, and Django's kind of it."""
    for name in world.external_bases(cls):
        kind = _django_kind(name)
        if kind is not None:
            return cls.dotted, kind
    return cls.dotted, None


def _may_be_a_field(cls: ClassDef, world: World) -> bool:
    """Whether a class may have a column: not one of the project's that derives from nothing but plain classes."""
    bases = world.mro(cls)
    return any(not isinstance(base, ClassDef) and not _is_plain(base) for base in bases)


def _is_plain(base: Base) -> bool:
    return isinstance(base, External) and base.name.partition(".")[0] in {"builtins", "typing", "abc", "collections"}


def _guessed(last: str) -> tuple[str | None, Mapping[str, Constant]]:
    """The kind that the name of an unknown library's class ends in: `PhoneNumberCharField` is some CharField."""
    for name in sorted(KINDS, key=len, reverse=True):
        if last.endswith(name):
            return KINDS[name]
    if last.endswith("ForeignKey"):
        return KINDS["ForeignKey"]
    return None, {}


def _looks_like_a_field(last: str, expr: Call) -> bool:
    if last.endswith(_NO_COLUMN):
        return False
    given = {keyword.name for keyword in expr.kwargs}
    return bool(_SUFFIX.search(last)) or {"null", "blank"} <= given


def _position_name(kind: str) -> str:
    """The class whose order of arguments counts: that of an unknown library's `ParentalKey…ManyToManyField` too."""
    if kind in _POSITIONS or kind in KINDS:
        return kind
    return next((name for name in sorted(_POSITIONS, key=len, reverse=True) if kind.endswith(name)), kind)


def _options(expr: Call, kind: str, module: Module, scope: Scope | None, world: World) -> dict[str, Located]:
    order = _POSITIONS.get(kind, _FIELD_ORDER)
    found: dict[str, Located] = {}
    for position, arg in enumerate(expr.args):
        if isinstance(arg, Starred) or position >= len(order):
            break
        found[order[position]] = Located(arg, module, scope)
    for keyword in expr.kwargs:
        if keyword.name is not None:
            found[keyword.name] = Located(keyword.value, module, scope)
        else:
            found |= _spread(Located(keyword.value, module, scope), world)
    return found


def _spread(given: Located, world: World) -> dict[str, Located]:
    """The options that `**given` stands for: a dictionary written there, or a name that is bound to one."""
    value = given.expr
    if isinstance(value, Name):
        named = world.resolve_expr(given.module, value, given.scope)
        if not isinstance(named, Value) or named.rest or named.expr is None:
            return {}
        given = Located(named.expr, named.module, named.owner)
        value = named.expr
    if isinstance(value, Call) and value.name == "dict" and not value.args:
        return {k.name: Located(k.value, given.module, given.scope) for k in value.kwargs if k.name is not None}
    items = value.items if isinstance(value, Dict) else ()
    return {
        key.value: Located(option, given.module, given.scope)
        for key, option in items
        if isinstance(key, Literal) and isinstance(key.value, str)
    }


def _from_factory(name: str, function: FunctionDef, module: Module, span: Span, world: World) -> FieldDef | None:
    """`name = make_field(…)` with a function of the project that only returns a field."""
    returns = function.returns
    if len(returns) != 1 or not isinstance(returns[0], Call) or returns[0].function == Name(function.name):
        return None
    made = world.resolve_expr(function.module, returns[0].function, function)
    if isinstance(made, FunctionDef):
        return None
    inner = read_field(name, returns[0], function.module, function, span, world)
    if inner is None or not (_SUFFIX.search(inner.class_name) or inner.kind):
        return None
    return FieldDef(
        name, inner.kind, inner.class_name, inner.options, inner.fixed, inner.defaults, inner.db_type,
        module.origin(span), inner.encrypted, inner.hashed,
    )  # fmt: skip


def _handed_through(expr: Call, found: Resolved | None) -> Call | None:
    """The field inside `marked(models.TextField(…))`: the project's function gives back what it is given, and of a
    library's, which has a name for deeds and not for a class, nothing else is to be thought."""
    inner = expr.args[0] if len(expr.args) == 1 else None
    if not isinstance(inner, Call):
        return None
    if isinstance(found, FunctionDef):
        given = found.parameters[0].name if found.parameters else None
        return inner if found.returns and all(value == Name(given or "") for value in found.returns) else None
    last = found.name.rpartition(".")[2] if isinstance(found, External) else ""
    return inner if last[:1].islower() and not _SECRET.search(last) else None


def _encrypting(expr: Call, last: str, module: Module, scope: Scope | None, world: World) -> Call | None:
    """The field inside `encrypt(models.CharField(…))`, None when it is no such wrapper."""
    if not _SECRET.search(last) or not expr.args or not isinstance(expr.args[0], Call):
        return None
    inner = world.resolve_expr(module, expr.args[0].function, scope)
    return expr.args[0] if isinstance(inner, (External, ClassDef)) else None


def _encrypted(
    name: str, wrapped: Call, module: Module, scope: Scope | None, span: Span, world: World
) -> FieldDef | None:
    inner = read_field(name, wrapped, module, scope, span, world)
    if inner is None:
        return None
    return FieldDef(
        name, "BinaryField", inner.class_name, inner.options, inner.fixed, inner.defaults, {},
        inner.origin, encrypted=True,
    )  # fmt: skip


def known(value: Constant) -> Constant | None:
    """The value, or None when it is not known."""
    return value if value is not UNKNOWN and is_known(value) else None
