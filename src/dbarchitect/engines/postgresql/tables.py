"""Rows of the server's catalog become tables: the pure half of reading.

What a partition or a child has from its parent alone (keys, checks, indexes) is the parent's and is not repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.frameworks import framework_of
from dbarchitect.catalog.members import (
    UNKNOWN_ORIGIN,
    Action,
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Partitioning,
    Policy,
    Trigger,
    UniqueKey,
)
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.engines.postgresql.names import collation_key, quote, without_public
from dbarchitect.engines.postgresql.types import read_type

Row = tuple[Any, ...]
Rows = Mapping[str, Sequence[Row]]

PUBLIC = "public"
_ACTIONS = {
    "a": Action.NO_ACTION,
    "r": Action.RESTRICT,
    "c": Action.CASCADE,
    "n": Action.SET_NULL,
    "d": Action.SET_DEFAULT,
}
_IDENTITIES = {"": None, "a": Identity.ALWAYS, "d": Identity.BY_DEFAULT}
_COMMANDS = {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"}
_STRATEGIES = {"RANGE": "range", "LIST": "list", "HASH": "hash"}
_EVENTS = ((4, "insert"), (16, "update"), (8, "delete"), (32, "truncate"))
_SERIAL_TYPES = frozenset({"smallint", "integer", "bigint"})
_DESCENDING, _NULLS_FIRST = 1, 2
_DEFAULT_COLLATIONS = frozenset({0, 100})  # none, and pg_catalog."default", whose number never changes
_QUOTED = re.compile(r"""'(?:[^']++|'')*'|"(?:[^"]|"")*\"""")


@dataclass(slots=True)
class Parts:
    """What belongs to one relation, collected before the frozen object is made. `key` is that of its Ref."""

    ref: Ref
    key: tuple[str, ...]
    columns: list[Column] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    base_types: dict[int, int] = field(default_factory=dict)
    collations: dict[int, int] = field(default_factory=dict)
    primary_key: UniqueKey | None = None
    unique_keys: list[UniqueKey] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)

    def mentions(self, text: str, collation: int) -> bool:
        """True where an expression names a column of this collation, from which it then has its own."""
        return any(own == collation and self.names[number] in text for number, own in self.collations.items())


def schema_of(name: str) -> str | None:
    """The schema in the model: None for the default one."""
    return None if name == PUBLIC else name


@lru_cache(maxsize=16384)
def read_expression(text: str) -> Expression:
    """A server's expression, as the model holds it."""
    return expression(without_public(text))


@dataclass(slots=True)
class Relations:
    """The relations by their number, and the sequences that number a column: each to (relation, position)."""

    parts: dict[int, Parts]
    numbered: dict[int, tuple[int, int]] = field(default_factory=dict)


def collect(rows: Rows) -> Relations:
    """Everything that hangs on the relations. Of a locked one only names and types are known."""
    refs = ((row[0], Ref.of_table(row[2], schema_of(row[1]))) for row in rows["relations"])
    relations = Relations({number: Parts(ref, ref.key) for number, ref in refs})
    parts = relations.parts
    _columns(relations, rows)
    _constraints(parts, rows)
    open_ = parts if not any(row[-1] for row in rows["relations"]) else _unlocked(parts, rows)
    _indexes(open_, rows)
    _policies(open_, rows)
    _triggers(open_, rows)
    for child, parent, _ in rows["inheritance"]:
        if child in parts and parent in parts:
            parts[child].parents.append(parent)
    return relations


def _unlocked(parts: dict[int, Parts], rows: Rows) -> dict[int, Parts]:
    return {row[0]: parts[row[0]] for row in rows["relations"] if not row[-1]}


def _columns(relations: Relations, rows: Rows) -> None:
    parts = relations.parts
    owned = {(row[8], row[9]): row for row in rows["sequences"] if row[8] is not None}
    for (
        relation, position, name, type_text, dimensions, not_null, default_text, identity_code, generated_code,
        collation, collation_schema, comment, base_type, collation_number,
    ) in rows["columns"]:  # fmt: skip
        holder = parts.get(relation)
        if holder is None:
            continue
        type_ = read_type(type_text, dimensions)
        identity = _IDENTITIES.get(identity_code)
        default = generated = None
        if default_text is not None:
            if generated_code:
                generated = read_expression(default_text)
            elif _is_serial(type_.name, default_text, owned.get((relation, position))):
                identity = Identity.SERIAL
            else:
                default = read_expression(default_text)
                if default.canonical == "null" and read_type(default_text.rpartition("::")[2], 0).name == type_.name:
                    default = None  # says what no default says; over a domain, whose base type it names, it does not
        if identity is not None and (relation, position) in owned:
            relations.numbered[owned[relation, position][0]] = (relation, position)
        holder.columns.append(
            Column(
                name,
                type_,
                not not_null,
                default,
                identity,
                generated,
                generated_code != "v",
                None if collation is None else collation_key(collation_schema, collation),
                comment,
                position,
            )
        )
        holder.names[position] = name
        holder.base_types[position] = base_type
        holder.collations[position] = collation_number


def _is_serial(type_name: str, default: str, sequence: Row | None) -> bool:
    """True where the default takes the next value of the sequence that the column owns, as `serial` makes it."""
    if sequence is None or type_name not in _SERIAL_TYPES:
        return False
    name = f"{quote(sequence[1])}.{quote(sequence[2])}".replace("'", "''")
    usual = f"nextval('{name}'::regclass)"
    # Versions quote different words, so quotation marks do not count.
    return default.replace('"', "") == usual.replace('"', "")


def _constraints(parts: dict[int, Parts], rows: Rows) -> None:
    for (
        relation, name, kind, deferrable, deferred, validated, no_inherit, columns, referenced, referenced_columns,
        on_update, on_delete, match, check, index_columns, key_count, nulls_not_distinct, method, predicate, excluded,
        operators, _, _,
    ) in rows["constraints"]:  # fmt: skip
        holder = parts.get(relation)
        if holder is None:
            continue
        names = holder.names
        if kind in ("c", "x") and check is None and excluded is None:
            continue
        if kind == "c":
            holder.checks.append(Check(read_expression(check), validated, no_inherit, name))
        elif kind == "f":
            target = parts[referenced]
            holder.foreign_keys.append(
                ForeignKey(
                    tuple([names[number] for number in columns]),
                    target.ref,
                    tuple([target.names[number] for number in referenced_columns]),
                    _ACTIONS[on_delete],
                    _ACTIONS[on_update],
                    match == "f",
                    deferrable,
                    deferred,
                    validated,
                    name,
                )
            )
        elif kind == "x":
            holder.exclusions.append(
                Exclusion(
                    tuple(zip((_element(text) for text in excluded), operators, strict=True)),
                    method,
                    None if predicate is None else read_expression(predicate),
                    deferrable,
                    deferred,
                    name,
                )
            )
        else:
            included = index_columns[key_count:] if key_count is not None else ()
            key = UniqueKey(
                tuple([names[number] for number in columns]),
                name,
                tuple([names[number] for number in included]),
                deferrable,
                deferred,
                bool(nulls_not_distinct),
            )
            if kind == "p":
                holder.primary_key = key
            else:
                holder.unique_keys.append(key)


def _indexes(parts: dict[int, Parts], rows: Rows) -> None:
    classes = {row[0]: row[1:] for row in rows["operator_classes"]}
    defaults = {(method, type_): number for number, (_, method, type_, is_default) in classes.items() if is_default}
    collations = {number: collation_key(schema, name) for number, schema, name in rows["collations"]}
    for (
        relation, name, method, unique, valid, nulls_not_distinct, key_count, numbers, options, operator_classes,
        collation_numbers, predicate, expressions,
    ) in rows["indexes"]:  # fmt: skip
        holder = parts.get(relation)
        if holder is None:
            continue
        if expressions and None in expressions:
            continue  # it was dropped while it was read
        remaining = iter(expressions or ())
        keys: list[IndexColumn] = []
        for number, option, class_, collation in zip(
            numbers[:key_count], options, operator_classes, collation_numbers, strict=False
        ):
            class_name, class_method, input_type, is_default = classes[class_]
            computed = None if number else next(remaining)
            if computed is None:
                base = holder.base_types[number]
                usual = is_default and (input_type == base or (class_method, base) not in defaults)
                same = collation in (0, holder.collations[number])
            else:
                usual = is_default
                same = collation in _DEFAULT_COLLATIONS or holder.mentions(computed, collation)
            keys.append(
                _index_column(
                    holder.names.get(number),
                    computed,
                    None if usual else class_name,
                    None if same else collations[collation],
                    option,
                )
            )
        holder.indexes.append(
            Index(
                tuple(keys),
                unique,
                method,
                None if predicate is None else read_expression(predicate),
                tuple([holder.names[number] for number in numbers[key_count:]]),
                bool(nulls_not_distinct),
                valid,
                name,
            )
        )


@lru_cache(maxsize=4096)
def _index_column(
    name: str | None, computed: str | None, operator_class: str | None, collation: str | None, option: int
) -> IndexColumn:
    descending, first = bool(option & _DESCENDING), bool(option & _NULLS_FIRST)
    return IndexColumn(
        name,
        None if computed is None else read_expression(computed),
        operator_class,
        collation,
        descending,
        None if descending == first else first,
    )


def _policies(parts: dict[int, Parts], rows: Rows) -> None:
    for relation, name, command, permissive, roles, using, check in rows["policies"]:
        if relation in parts:
            parts[relation].policies.append(
                Policy(
                    name,
                    _COMMANDS[command],
                    permissive,
                    tuple(roles),
                    None if using is None else read_expression(using),
                    None if check is None else read_expression(check),
                )
            )


def _triggers(parts: dict[int, Parts], rows: Rows) -> None:
    for (
        relation, name, bits, enabled, is_constraint, function_schema, function, columns, has_condition, has_more,
        definition,
    ) in rows["triggers"]:  # fmt: skip
        holder = parts.get(relation)
        if holder is None:
            continue
        schema = schema_of(function_schema)
        holder.triggers.append(
            Trigger(
                name,
                "before" if bits & 2 else "instead of" if bits & 64 else "after",
                tuple(event for bit, event in _EVENTS if bits & bit),
                bool(bits & 1),
                f"{schema}.{function}" if schema else function,
                # Arguments, transition tables and deferrability have no field of their own: the statement has them.
                without_public(definition) if has_more and definition else None,
                tuple([holder.names[number] for number in columns]),
                _condition(definition) if has_condition and definition else None,
                enabled,
                is_constraint,
            )
        )


def _condition(definition: str) -> Expression | None:
    masked = _QUOTED.sub(lambda match: "x" * len(match[0]), definition)
    start, end = masked.find(" WHEN ("), masked.rfind(") EXECUTE FUNCTION ")
    return read_expression(definition[start + len(" WHEN (") : end]) if 0 <= start < end else None


def make_table(row: Row, parts: Mapping[int, Parts], members: Mapping[int, str]) -> Table:
    """The table of one row of `relations`."""
    (
        number, schema, name, kind, unlogged, row_security, force_row_security, _, options, owner, comment, wrapper,
        partition_key, bound, *_,
    ) = row  # fmt: skip
    own = parts[number]
    parents = [parts[parent].ref for parent in own.parents]
    owned_by = wrapper or members.get(number) or framework_of(name, own.names.values())
    return Table(
        name=name,
        columns=tuple(own.columns),
        schema=schema_of(schema),
        primary_key=own.primary_key,
        unique_keys=tuple(own.unique_keys),
        foreign_keys=tuple(own.foreign_keys),
        checks=tuple(own.checks),
        exclusions=tuple(own.exclusions),
        indexes=tuple(own.indexes),
        policies=tuple(own.policies),
        triggers=tuple(own.triggers),
        row_security=row_security,
        force_row_security=force_row_security,
        partitioning=_partitioning(partition_key) if kind == "p" and partition_key else None,
        partition_of=parents[0] if bound is not None and parents else None,
        bound=None if bound is None else without_public(bound),
        inherits=tuple(parents) if bound is None else (),
        unlogged=unlogged,
        options=tuple(options or ()),
        comment=comment,
        owner=owner,
        owned_by=owned_by,
        origin=UNKNOWN_ORIGIN,
    )


def _partitioning(definition: str) -> Partitioning:
    """From what `pg_get_partkeydef` prints: `RANGE (created_at, lower(name))`."""
    strategy, _, rest = definition.partition(" (")
    text = without_public(rest[:-1])
    masked = _QUOTED.sub(lambda match: "x" * len(match[0]), text)
    keys: list[str] = []
    depth = start = 0
    for position, character in enumerate(masked):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            keys.append(text[start:position].strip())
            start = position + 1
    keys.append(text[start:].strip())
    return Partitioning(_STRATEGIES[strategy], tuple(_plain(key) for key in keys))


def _element(text: str) -> str:
    """What an exclusion compares: a column by its bare name, or an expression."""
    return _plain(without_public(text))


def _plain(key: str) -> str:
    """A key that is a quoted name, as the name; any other as it is."""
    return key[1:-1].replace('""', '"') if re.fullmatch(r'"(?:[^"]++|"")+"', key) else key
