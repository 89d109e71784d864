"""The operations of the change algebra: what can be done to a catalog, as plain data.

Engines spell them (`engines/*/render.py`); `change.apply`, `change.invert`, `change.diff` and `change.order`
calculate with them. Dropping operations carry the object that goes, so that every change knows its way back.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.members import Check, Column, Exclusion, ForeignKey, Index, Policy, Trigger, UniqueKey
from dbarchitect.catalog.objects import Domain, Enum, Extension, Function, Sequence, Table, View
from dbarchitect.catalog.refs import Ref


@dataclass(frozen=True, slots=True)
class CreateTable:
    """Create a table with all that hangs on it."""

    table: Table


@dataclass(frozen=True, slots=True)
class DropTable:
    """Drop a table; its rows are lost."""

    table: Table


@dataclass(frozen=True, slots=True)
class AddColumn:
    """Add a column at the end of a table."""

    table: Ref
    column: Column


@dataclass(frozen=True, slots=True)
class DropColumn:
    """Drop a column; its values are lost."""

    table: Ref
    column: Column


@dataclass(frozen=True, slots=True)
class AlterColumn:
    """Change a column's type, nullability, default, identity, collation or generation, from `old` to `new`.

    `using` is the expression that converts the values when the type changes; None lets the server cast.
    """

    table: Ref
    old: Column
    new: Column
    using: str | None = None


@dataclass(frozen=True, slots=True)
class SetPrimaryKey:
    """Replace the primary key; None stands for none."""

    table: Ref
    old: UniqueKey | None
    new: UniqueKey | None


Member = UniqueKey | ForeignKey | Check | Exclusion | Index | Policy | Trigger
"""What a table holds a set of."""


@dataclass(frozen=True, slots=True)
class Add:
    """Add a unique key, foreign key, check, exclusion, index, policy or trigger to a table (an index: or to a
    materialized view)."""

    table: Ref
    member: Member


@dataclass(frozen=True, slots=True)
class Drop:
    """Drop such a member of a table."""

    table: Ref
    member: Member


@dataclass(frozen=True, slots=True)
class SetTableOptions:
    """Switch row-level security, storage parameters, logging: from the `old` table's values to the `new` one's.

    Only `row_security`, `force_row_security`, `options`, `unlogged` and `comment` of the two are looked at.
    """

    old: Table
    new: Table


@dataclass(frozen=True, slots=True)
class SetSecurity:
    """Set under whose rights a view or a function works, in place, so that grants and what depends on it stay.

    Only `security_invoker` and `security_barrier` of a view are looked at, and `security_definer` and `settings` of a
    function; of a function `new.definition` is what the server prints afterwards.
    """

    old: View | Function
    new: View | Function


Standalone = View | Enum | Domain | Sequence | Function | Extension
"""An object of the catalog that is no table."""


@dataclass(frozen=True, slots=True)
class Create:
    """Create a view, enum, domain, sequence, function or extension."""

    object: Standalone


@dataclass(frozen=True, slots=True)
class Remove:
    """Drop such an object."""

    object: Standalone


@dataclass(frozen=True, slots=True)
class AddEnumValue:
    """Add a value to a native enum, before `before` or at the end."""

    enum: Enum
    value: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class RunSql:
    """Statements that the algebra does not model. `down` None means there is no way back.

    `engine` names the engine whose dialect it is; `why` says what it does, for people. In `apply` the catalog
    stays as it is.
    """

    engine: str
    up: tuple[str, ...]
    down: tuple[str, ...] | None
    why: str


Change = (
    CreateTable
    | DropTable
    | AddColumn
    | DropColumn
    | AlterColumn
    | SetPrimaryKey
    | Add
    | Drop
    | SetTableOptions
    | SetSecurity
    | Create
    | Remove
    | AddEnumValue
    | RunSql
)
