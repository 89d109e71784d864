"""Members of enumerations: `enum`, Django's choices, and their functional form.

Source: https://docs.python.org/3/library/enum.html, https://docs.djangoproject.com/en/5.2/ref/models/fields/#enumeration-types
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember
from dbarchitect.sources.python.expressions import Call, Expr
from dbarchitect.sources.python.statements import Assign, ClassDef

if TYPE_CHECKING:
    from dbarchitect.sources.python.index import PythonIndex

_DJANGO = ("django.db.models.TextChoices", "django.db.models.IntegerChoices", "django.db.models.Choices")
_ENUMS = frozenset(
    {"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag", "strenum.StrEnum",
     "backports.strenum.StrEnum", "aenum.Enum", "aenum.IntEnum", "aenum.StrEnum", *_DJANGO,
     *(name.replace("models.", "models.enums.") for name in _DJANGO)}
)  # fmt: skip
_MIXED = ("StrEnum", "IntEnum", "IntFlag", "TextChoices", "IntegerChoices", "builtins.str", "builtins.int")


def is_enum(cls: ClassDef, index: PythonIndex) -> bool:
    """Whether a class of the project is an enumeration."""
    return any(name in _ENUMS for name in index.external_bases(cls))


def is_django_choices(cls: ClassDef, index: PythonIndex) -> bool:
    """Whether an enumeration is one of Django's, whose values may carry a label."""
    return any(name.endswith("Choices") and name in _ENUMS for name in index.external_bases(cls))


def enum_members(
    cls: ClassDef, index: PythonIndex, evaluate: Callable[[Expr, ClassDef], Constant]
) -> tuple[EnumMember, ...] | None:
    """The members in order, None when the class is no enumeration. A value that is not known is UNKNOWN.

    Aliases (a second name for the same value) are left out, as `for member in cls` leaves them out.
    """
    if not is_enum(cls, index):
        return None
    externals = index.external_bases(cls)
    mixed = any(name.endswith(_MIXED) for name in externals)
    django = is_django_choices(cls, index)
    members: list[EnumMember] = []
    for statement in cls.assignments:
        name, value = statement.target, statement.value
        if value is None or name.startswith("_") or "." in name or not _is_member(statement):
            continue
        found = _automatic(name, members, externals) if _is_auto(value, cls, index) else evaluate(value, cls)
        label = name.replace("_", " ").title()
        if django and isinstance(found, (list, tuple)) and len(found) > 1 and isinstance(found[-1], str):
            label = found[-1]
            found = found[0] if len(found) == 2 else tuple(found[:-1])
            if isinstance(found, EnumMember):
                found = found.value
        if any(m.value == found for m in members if found is not UNKNOWN):
            continue
        members.append(EnumMember(cls.dotted, name, found, label, mixed))
    return tuple(members)


def empty_label(cls: ClassDef, evaluate: Callable[[Expr, ClassDef], Constant]) -> Constant | None:
    """The label that Django's `__empty__` gives to NULL, None when the class has none."""
    value = cls.assigned("__empty__")
    return evaluate(value, cls) if value is not None else None


def _is_member(statement: Assign) -> bool:
    # `name: str` without value annotates; a descriptor or function call such as `nonmember(…)` makes no member.
    value = statement.value
    return not (isinstance(value, Call) and (value.name or "").rpartition(".")[2] in {"nonmember", "property"})


def _is_auto(value: Expr, cls: ClassDef, index: PythonIndex) -> bool:
    return isinstance(value, Call) and index.external_name(cls.module, value.function, cls) in {
        "enum.auto",
        "aenum.auto",
    }


def _automatic(name: str, members: list[EnumMember], externals: tuple[str, ...]) -> Constant:
    if any(base.endswith("TextChoices") for base in externals):
        return name
    if any(base.endswith("StrEnum") for base in externals):
        return name.lower()
    numbers = [m.value for m in members if isinstance(m.value, int)]
    if any(base.endswith("Flag") for base in externals):
        return 1 << max((n.bit_length() for n in numbers), default=0)
    return max(numbers) + 1 if numbers else 1
