"""Indexes and constraints that go by a name, which the migration that made them may not have written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Check, Exclusion, ForeignKey, Index, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.change.operations import Drop, SetPrimaryKey
from dbarchitect.sources.alembic.state import State
from dbarchitect.sources.sqlalchemy.naming import constraint_name, index_name, server_name

_LONGEST = 63
_KINDS = {"unique": "uq", "foreignkey": "fk", "check": "ck", "primary": "pk", "exclude": ""}
_Constraint = UniqueKey | ForeignKey | Check | Exclusion


def drop_index(state: State, name: str, on: str | None, schema: str | None) -> bool:
    """Drop the index of a name, with CONCURRENTLY or without; False where there is none."""
    holder = state.holder_of_index(name, schema) or state.holder_of_index(shortened(name), schema)
    if holder is None and on is not None:
        holder = state.find(on, schema)
    if holder is None and on is not None and not _drop_of_view(state, name):
        holder = state.table(on, schema)
    if holder is None:
        return _drop_of_view(state, name)
    convention = state.conventions
    for index in holder.indexes:
        columns = [c.name or "expression" for c in index.columns]
        known = {index.name, index.name and shortened(index.name)}
        if index.name is None:
            known.add(index_name(convention, holder.name, columns))
        if name in known or shortened(name) in known:
            _without_index(state, holder, index)
            return True
    for key in holder.unique_keys:  # SQLAlchemy's `unique=True, index=True` and servers' own names
        if key.name == name:
            _drop(state, holder, key)
            return True
    if not state.is_assumed(holder):
        return False
    state.done(Drop(holder.ref, Index((), name=name)), before=(holder,))
    return True


def _without_index(state: State, table: Table, index: Index) -> None:
    state.done(Drop(table.ref, index), before=(table,))
    state.put(table, indexes=tuple(i for i in table.indexes if i is not index))


def _drop_of_view(state: State, name: str) -> bool:
    for key, view in state.schema.views.items():
        for index in view.indexes:
            if index.name == name:
                state.schema.views[key] = replace(view, indexes=tuple(i for i in view.indexes if i is not index))
                return True
    return False


def drop_constraint(state: State, table: Table, name: str | None, kind: str | None) -> bool:
    """Drop the constraint of a name; False where the table has none.

    A name is also that which the naming convention, or the server, gives to a constraint that was made without one.
    Without a name (SQLite) the only constraint of its kind is meant.
    """
    candidates = [(short, member) for short, member in _constraints(table) if kind is None or _KINDS.get(kind) == short]
    if name is None:
        matching = [member for _, member in candidates]
        matching = matching if len(matching) == 1 else []
    else:
        wanted = {name, shortened(name), name[:_LONGEST]}
        matching = [m for _, m in candidates if m.name is not None and m.name in wanted]
        if not matching:
            matching = [m for short, m in candidates if wanted & _other_names(state.conventions, table, short, m, name)]
        if not matching and not state.is_assumed(table):
            matching = _alike(table, name, candidates)
    if not matching and state.is_assumed(table):
        _drop_assumed(state, table, name, kind)
        return True
    if not matching:
        return kind is not None and drop_constraint(state, table, name, None) if name is not None else False
    _drop(state, table, matching[0])
    return True


def _alike(table: Table, name: str, candidates: Sequence[tuple[str, _Constraint]]) -> list[_Constraint]:
    """The only constraint that a name speaks of, by a convention that is computed or no longer there.

    `fk_users_team_id_teams` speaks of the foreign key on `users(team_id)`, `ck_users_adult` of the check `adult`.
    """
    found: list[_Constraint] = []
    rest = name.replace(table.name, "", 1)
    if rest == name:
        return []
    for kind, member in candidates:
        if isinstance(member, UniqueKey | ForeignKey) and kind != "pk":
            if name.startswith(kind) and re.search(rf"(?:\A|_){re.escape('_'.join(member.columns))}(?:_|\Z)", rest):
                found.append(member)
        elif isinstance(member, Check) and member.name is not None and rest.endswith(f"_{member.name}"):
            found.append(member)
    exact: list[_Constraint] = [
        m for m in found if isinstance(m, ForeignKey) and rest.endswith(f"_{m.referenced.table}")
    ]
    found = exact if len(exact) == 1 else found
    return found if len(found) == 1 else []


def _drop_assumed(state: State, table: Table, name: str | None, kind: str | None) -> None:
    """Drop a constraint of a table of which nothing is known."""
    members: dict[str | None, _Constraint] = {
        "foreignkey": ForeignKey((), table.ref, (), name=name),
        "check": Check(expression("true"), name=name),
        "exclude": Exclusion((), name=name),
    }
    key = UniqueKey((), name)
    change = SetPrimaryKey(table.ref, key, None) if kind == "primary" else Drop(table.ref, members.get(kind, key))
    state.done(change, before=(table,))


def _constraints(table: Table) -> Iterator[tuple[str, _Constraint]]:
    if table.primary_key is not None:
        yield "pk", table.primary_key
    yield from (("uq", key) for key in table.unique_keys)
    yield from (("fk", key) for key in table.foreign_keys)
    yield from (("ck", check) for check in table.checks)
    yield from (("", exclusion) for exclusion in table.exclusions)


def _other_names(
    conventions: Mapping[str, str], table: Table, kind: str, member: _Constraint, name: str
) -> set[str | None]:
    """What else a constraint may be called: by the convention, by the server, or with the convention applied again."""
    columns = member.columns if isinstance(member, UniqueKey | ForeignKey) else ()
    target = member.referenced if isinstance(member, ForeignKey) else None
    by_convention = constraint_name(
        kind, conventions, table.name, columns, referred_table=(target.table or "") if target else "",
        referred_columns=member.referenced_columns if isinstance(member, ForeignKey) else (),
    )  # fmt: skip
    found: set[str | None] = {by_convention, by_convention and shortened(by_convention)}
    if kind in {"uq", "fk", "pk"}:
        suffix = {"uq": "key", "fk": "fkey", "pk": "pkey"}[kind]
        found.add(server_name(table.name, () if kind == "pk" else columns, suffix))
    if member.name is not None and kind == "ck":
        again = constraint_name(kind, conventions, table.name, (), explicit=name)
        if again == member.name or constraint_name(kind, conventions, table.name, (), explicit=member.name) == name:
            found.add(name)
    return found - {None}


def _drop(state: State, table: Table, member: _Constraint) -> None:
    if member is table.primary_key:
        state.done(SetPrimaryKey(table.ref, table.primary_key, None), before=(table,))
        state.put(table, primary_key=None)
        return
    state.done(Drop(table.ref, member), before=(table,))
    state.put(
        table,
        unique_keys=tuple(k for k in table.unique_keys if k is not member),
        foreign_keys=tuple(k for k in table.foreign_keys if k is not member),
        checks=tuple(c for c in table.checks if c is not member),
        exclusions=tuple(e for e in table.exclusions if e is not member),
    )


def without_named(table: Table, member: _Constraint) -> Table:
    """The table without its constraint of the same kind and name."""
    match member:
        case UniqueKey():
            return replace(table, unique_keys=tuple(k for k in table.unique_keys if k.name != member.name))
        case ForeignKey():
            return replace(table, foreign_keys=tuple(k for k in table.foreign_keys if k.name != member.name))
        case Check():
            return replace(table, checks=tuple(c for c in table.checks if c.name != member.name))
        case _:
            return table


def shortened(name: str) -> str:
    """A name as SQLAlchemy shortens one that a convention made too long for PostgreSQL."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 8]}_{hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()[-4:]}"
