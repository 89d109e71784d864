"""What a reader makes of a column's type."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.objects import Enum
from dbarchitect.catalog.types import Family, SqlType
from dbarchitect.sources.python.constants import EnumMember, plain


@dataclass(frozen=True, slots=True)
class TypeRead:
    """A type as the engine will have it, and what the model says beyond it.

    `integer` is the size in bytes of an integer type, 0 for all others; `choices` are the stored values of an
    enumeration that the database does not know as one; `enum` is the native enum; `checked` asks for a CHECK on the
    choices, named `check_name`; `by_value` tells that an enumeration stores its members' values, not their names;
    `searchable` marks the type of SQLAlchemy-Searchable.
    """

    type: SqlType
    integer: int = 0
    choices: tuple[str, ...] = ()
    enum: Enum | None = None
    checked: bool = False
    check_name: str | None = None
    by_value: bool = False
    collation: str | None = None
    encrypted: bool = False
    hashed: bool = False
    searchable: bool = False

    def stored(self, member: EnumMember) -> str | None:
        """What the column stores for a member of an enumeration; None where the type is no enumeration of names."""
        if self.enum is None and not self.choices:
            return None
        value = str(plain(member.value))
        is_value = value in self.choices and member.name not in self.choices  # a type of the project's own
        return value if self.by_value or is_value else member.name

    @property
    def temporal(self) -> bool:
        """Whether the type holds a date or a time."""
        return self.type.family in {Family.TIMESTAMP, Family.DATE, Family.TIME}


UNKNOWN_TYPE = TypeRead(SqlType("unknown"))
"""The type of a column whose type nothing tells; it belongs to no family."""
