"""What the declaration of one field demands of a value: its annotation, `Field(…)`, validators.

Sources: https://docs.pydantic.dev/latest/concepts/fields/, https://marshmallow.readthedocs.io/en/stable/api_reference.html,
https://wtforms.readthedocs.io/en/3.2.x/validators/
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbarchitect.sources.code.python.vocabulary import Following, constant_text
from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember, plain
from dbarchitect.sources.python.expressions import BinOp, Call, Display, Expr, Literal, Name, Starred, Subscript
from dbarchitect.sources.python.resolved import External, Value
from dbarchitect.sources.python.statements import ClassDef, Module

_DEEPEST = 6
_OPTIONAL = frozenset({"Optional"})
_WRAPPERS = frozenset({"Annotated", "Required", "NotRequired", "Mapped", "Final"})
_NUMBERS = {"PositiveInt": (1.0, None), "NonNegativeInt": (0.0, None), "PositiveFloat": (0.0, None),
            "NonNegativeFloat": (0.0, None), "NegativeInt": (None, -1.0), "NonPositiveInt": (None, 0.0),
            "NegativeFloat": (None, 0.0), "NonPositiveFloat": (None, 0.0)}  # fmt: skip
_LIMITING = frozenset(
    {"Field", "StringConstraints", "Query", "Body", "Form", "Path", "constr", "conint", "confloat", "condecimal",
     "Interval", "Ge", "Gt", "Le", "Lt", "MaxLen", "Len", "Range", "Length", "OneOf", "Regexp", "NumberRange", "AnyOf",
     "DataRequired", "InputRequired", "Optional"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Demand:
    """The demands of one field. `members` are choices by an enumeration, `nothing`: None may be given."""

    choices: tuple[str, ...] = ()
    members: tuple[EnumMember, ...] = ()
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    required: bool | None = None
    nothing: bool = False

    @property
    def says_something(self) -> bool:
        """Whether anything at all is demanded."""
        return self != Demand(required=self.required, nothing=self.nothing)


class Demands:
    """Reads declarations in one class."""

    def __init__(self, cls: ClassDef, interpreter: Following) -> None:
        self.cls = cls
        self.index = interpreter.index
        self.evaluator = interpreter.evaluator

    def annotated(self, annotation: Expr, value: Expr | None) -> Demand:
        """`name: str | None = Field(…)`."""
        found = self._annotation(annotation, self.cls.module, Demand(), 0)
        if isinstance(value, Call):
            found = self._call(value, self.cls.module, found)
        given = self._default(value)
        required = True if not given and not found.nothing else False if found.nothing else None
        return replace(found, required=required)

    def called(self, call: Call) -> Demand:
        """`name = fields.Str(required=True, validate=Length(max=3))`, `name = StringField(validators=[…])`."""
        found = Demand()
        module = self.cls.module
        given = [*call.args[1:], *(k.value for k in call.kwargs if k.name in {"validate", "validators"})]
        for value in given:
            items = value.items if isinstance(value, Display) else (value,)
            for item in items:
                if isinstance(item, Call):
                    found = self._call(item, module, found)
        if (call.name or "").rpartition(".")[2] in {"Enum", "EnumField"} and call.args:
            found = self._annotation(call.args[0], module, found, 1)
        choices = self._constant(call.keyword("choices"), module)
        found = replace(found, choices=_texts(choices) or found.choices)
        required = self._constant(call.keyword("required"), module)
        return replace(found, required=required) if isinstance(required, bool) else found

    def _default(self, value: Expr | None) -> bool:
        """Whether a field has a value when none is given."""
        if not isinstance(value, Call) or self._short(value.function, self.cls.module) not in {"Field", "Form", "Body"}:
            return value is not None and not _is_ellipsis(value)
        first = value.argument(0, "default")
        return (first is not None and not _is_ellipsis(first)) or value.keyword("default_factory") is not None

    def _annotation(self, expr: Expr, module: Module, found: Demand, depth: int) -> Demand:
        if depth > _DEEPEST:
            return found
        match expr:
            case BinOp(op="|", left=left, right=right):
                return self._annotation(right, module, self._annotation(left, module, found, depth + 1), depth + 1)
            case Literal(value=None):
                return replace(found, nothing=True)
            case Subscript(value=value, index=index):
                return self._subscript(self._short(value, module), index, module, found, depth)
            case Call():
                return self._call(expr, module, found)
            case Name():
                return self._named(expr, module, found, depth)
            case _:
                return found

    def _subscript(self, name: str, index: Expr, module: Module, found: Demand, depth: int) -> Demand:
        items = index.items if isinstance(index, Display) else (index,)
        if name == "Literal":
            values = [self._constant(item, module) for item in items]
            found = replace(found, nothing=found.nothing or None in values)
            return replace(found, choices=(*found.choices, *_texts([v for v in values if v is not None])))
        if name in _OPTIONAL:
            return self._annotation(index, module, replace(found, nothing=True), depth + 1)
        if name == "Union":
            for item in items:
                found = self._annotation(item, module, found, depth + 1)
            return found
        if name in _WRAPPERS and items:
            found = self._annotation(items[0], module, found, depth + 1)
            for item in items[1:]:
                found = self._call(item, module, found) if isinstance(item, Call) else found
        return found

    def _named(self, expr: Name, module: Module, found: Demand, depth: int) -> Demand:
        """A class, an alias of an annotation, one of pydantic's own types."""
        target = self.index.resolve_expr(module, expr)
        if isinstance(target, ClassDef):
            return replace(found, members=self.evaluator.members(target) or found.members)
        if isinstance(target, Value) and target.expr is not None and not target.rest:
            return self._annotation(target.expr, target.module, found, depth + 1)
        name = target.name.rpartition(".")[2] if isinstance(target, External) else ""
        if name in _NUMBERS:
            minimum, maximum = _NUMBERS[name]
            return replace(found, minimum=minimum, maximum=maximum)
        return found

    def _call(self, call: Call, module: Module, found: Demand) -> Demand:
        """A call that limits a value."""
        name = self._short(call.function, module)
        if name not in _LIMITING:
            return found
        known = {k.name: self._constant(k.value, module) for k in call.kwargs if k.name is not None}
        args = [self._constant(arg, module) for arg in call.args if not isinstance(arg, Starred)]
        first = args[0] if args else UNKNOWN
        match name:
            case "OneOf" | "AnyOf":
                return replace(found, choices=_texts(known.get("choices", known.get("values", first))))
            case "DataRequired" | "InputRequired":
                return replace(found, required=True)
            case "Optional":
                return replace(found, required=False)
            case "Regexp":
                return replace(found, pattern=_text(known.get("regex", first)) or found.pattern)
            case "Ge" | "Gt" | "Le" | "Lt":
                known[name.lower()] = first
            case "MaxLen":
                known["max_length"] = first
            case "Length" | "Len" | "Range" | "NumberRange":
                low, high = [*args, UNKNOWN, UNKNOWN][:2]
                ends = ("min_length", "max_length") if name in {"Length", "Len"} else ("ge", "le")
                known[ends[0]] = known.get("min", low)
                known[ends[1]] = known.get("max", known.get("max_length", high))
            case _:
                pass
        return _limited(found, known)

    def _short(self, expr: Expr, module: Module) -> str:
        """The last part of a name, by what it was imported as."""
        name = self.index.external_name(module, expr)
        return (name or (expr.id if isinstance(expr, Name) else "")).rpartition(".")[2]

    def _constant(self, expr: Expr | None, module: Module) -> Constant:
        return plain(self.evaluator.value(expr, module, self.cls if module is self.cls.module else None))


def _limited(found: Demand, known: dict[str, Constant]) -> Demand:
    """With the ends and lengths that keywords say; an end that is itself left out counts as the end."""
    low, above, high, below = (_number(known.get(name)) for name in ("ge", "gt", "le", "lt"))
    lows = [number for number in (low, above) if number is not None]
    highs = [number for number in (high, below) if number is not None]
    length = known.get("max_length")
    return replace(
        found,
        minimum=max(lows) if lows else found.minimum,
        maximum=min(highs) if highs else found.maximum,
        max_length=length if type(length) is int and length >= 0 else found.max_length,
        pattern=_text(known.get("pattern", known.get("regex"))) or found.pattern,
    )


def _is_ellipsis(value: Expr) -> bool:
    return isinstance(value, Literal) and value.value is ...


def _text(value: Constant) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Constant) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _texts(value: Constant) -> tuple[str, ...]:
    """A list of choices as texts, the first of each pair; empty where one of them is not known."""
    if not isinstance(value, list | tuple | set | frozenset):
        return ()
    items = [item[0] if isinstance(item, list | tuple) and item else item for item in value]
    texts = [constant_text(item) if item is not UNKNOWN else None for item in items]
    return tuple(t for t in texts if t is not None) if None not in texts else ()
