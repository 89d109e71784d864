"""Enums, domains and sequences: creating and altering them."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from dbarchitect.catalog.members import Check
from dbarchitect.catalog.objects import Domain, Enum, Sequence
from dbarchitect.catalog.types import SqlType
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    required,
    to_expression,
    type_of,
)
from dbarchitect.sources.sqlfiles.postgresql.invented import is_relation, object_name
from dbarchitect.sources.sqlfiles.postgresql.tables import Context
from dbarchitect.sources.sqlfiles.schema import Unreplayable
from dbarchitect.sources.sqlfiles.tree import (
    child,
    collect,
    first,
    has_words,
    name_of,
    names,
    qualified,
    string,
    text,
    words,
)


def create_type(context: Context, node: Node) -> None:
    """CREATE TYPE … AS ENUM; other types have no object in the model."""
    target = child(node, "any_name")
    if not has_words(node, "AS", "ENUM") or target is None:
        return
    key = context.schema.key(*qualified(target))
    if key in context.schema.enums:
        raise Unreplayable(f"there is a type {key[1]} already")
    values = tuple(string(v) or "" for v in collect(node, "Sconst"))
    context.schema.enums[key] = Enum(key[1], values, key[0], origin=context.locate(node))


def alter_enum(context: Context, node: Node) -> None:
    """ALTER TYPE … ADD VALUE, RENAME VALUE."""
    target = child(node, "any_name")
    found = context.schema.find(*qualified(target), context.schema.enums) if target is not None else None
    if found is None:
        raise Unreplayable("there is no such enum type in the statements before")
    enum = context.schema.enums[found]
    constants = [string(c) or "" for c in node.children if c.type == "Sconst"]
    if has_words(node, "RENAME", "VALUE"):
        values = tuple(constants[1] if v == constants[0] else v for v in enum.values)
        context.schema.rename_value(found, constants[0], constants[1])
    elif has_words(node, "DROP", "VALUE"):
        values = tuple(v for v in enum.values if v != constants[0])
    elif constants[0] in enum.values:
        if child(node, "opt_if_not_exists") is not None:
            return
        raise Unreplayable(f"enum {enum.name} has a value {constants[0]!r} already")
    else:
        at = len(enum.values)
        if len(constants) > 1 and constants[1] in enum.values:
            at = enum.values.index(constants[1]) + has_words(node, "AFTER")
        values = (*enum.values[:at], constants[0], *enum.values[at:])
    context.schema.enums[found] = replace(enum, values=values)


def create_domain(context: Context, node: Node) -> None:
    """CREATE DOMAIN."""
    target = child(node, "any_name")
    if target is None:
        raise Unreplayable("the domain has no name")
    key = context.schema.key(*qualified(target))
    if key in context.schema.domains:
        raise Unreplayable(f"there is a domain {key[1]} already")
    type_ = context.schema.resolve_type(type_of(child(node, "Typename")))
    domain = Domain(key[1], type_, key[0], origin=context.locate(node))
    for constraint in collect(child(node, "ColQualList"), "ColConstraint"):
        domain = _with_constraint(domain, constraint, child(constraint, "ColConstraintElem"))
    context.schema.domains[key] = domain


def _with_constraint(domain: Domain, node: Node, element: Node | None) -> Domain:
    head = words(element)
    if element is None or not head:
        return domain
    if head[:2] == ("NOT", "NULL"):
        return replace(domain, nullable=False)
    if head[0] == "DEFAULT":
        return replace(domain, default=to_expression(first(element, "b_expr", "a_expr"), domain.type))
    if head[0] == "CHECK":
        name = name_of(child(node, "name")) or _domain_check_name(domain)
        not_valid = any(words(a) == ("NOT", "VALID") for a in collect(element, "ConstraintAttributeElem"))
        check = Check(required(child(element, "a_expr")), not not_valid, name=name)
        checks = sorted((*domain.checks, check), key=lambda c: c.expression.canonical)
        return replace(domain, checks=tuple(checks))
    return domain


def _domain_check_name(domain: Domain) -> str:
    taken = {check.name for check in domain.checks}
    name, number = object_name(domain.name, None, "check"), 0
    while name in taken:
        number += 1
        name = object_name(domain.name, None, f"check{number}")
    return name


def alter_domain(context: Context, node: Node) -> None:
    """ALTER DOMAIN."""
    target = child(node, "any_name")
    key = context.schema.find(*qualified(target), context.schema.domains) if target is not None else None
    if key is None:
        raise Unreplayable("there is no such domain in the statements before")
    domain, head = context.schema.domains[key], words(node)[2:]
    added, default = child(node, "DomainConstraint"), child(node, "alter_column_default")
    if added is not None:
        domain = _with_constraint(domain, added, child(added, "DomainConstraintElem"))
    elif default is not None:
        domain = replace(domain, default=to_expression(child(default, "a_expr"), domain.type))
    elif head[:1] == ("DROP",) and "CONSTRAINT" in head:
        name = name_of(child(node, "name"))
        domain = replace(domain, checks=tuple(c for c in domain.checks if c.name != name))
    elif head[:1] == ("VALIDATE",):
        name = name_of(child(node, "name"))
        domain = replace(
            domain, checks=tuple(replace(c, validated=True) if c.name == name else c for c in domain.checks)
        )
    elif head[-2:] == ("NOT", "NULL"):
        domain = replace(domain, nullable=head[0] == "DROP")
    context.schema.domains[key] = domain


def create_sequence(context: Context, node: Node) -> None:
    """CREATE SEQUENCE."""
    target = child(node, "qualified_name")
    if target is None or child(node, "OptTemp") is not None:
        return
    key = context.schema.key(*qualified(target))
    if is_relation(context.schema, key):
        if has_words(node, "IF", "NOT", "EXISTS"):
            return
        raise Unreplayable(f"there is a {key[1]} already")
    context.schema.sequences[key] = Sequence(key[1], key[0], SqlType("bigint"), origin=context.locate(node))
    alter_sequence(context, node)


def alter_sequence(context: Context, node: Node) -> None:
    """The options of CREATE and ALTER SEQUENCE."""
    target = child(node, "qualified_name")
    key = context.schema.find(*qualified(target), context.schema.sequences) if target is not None else None
    if key is None:
        if has_words(node, "IF", "EXISTS"):
            return
        raise Unreplayable("there is no such sequence in the statements before")
    sequence = context.schema.sequences[key]
    for option in collect(node, "SeqOptElem"):
        head = words(option)
        number = first(option, "NumericOnly")
        value = int(text(number).replace(" ", "").replace("_", "")) if number is not None else None
        if head[:1] == ("AS",):
            type_ = type_of(first(option, "SimpleTypename"))
            sequence = replace(sequence, type=replace(type_, spelled=""))
        elif head[:1] == ("START",) and value is not None:
            sequence = replace(sequence, start=value)
        elif head[:1] == ("INCREMENT",) and value is not None:
            sequence = replace(sequence, increment=value)
        elif head[:1] == ("MAXVALUE",) or head == ("NO", "MAXVALUE"):
            sequence = replace(sequence, maximum=value)
        elif head[-1:] == ("CYCLE",):
            sequence = replace(sequence, cycle=head[0] != "NO")
        elif head[:1] == ("OWNED",):
            owner = names(text(first(option, "any_name") or option))
            context.schema.sequence_owners.pop(key, None)
            if len(owner) > 1:
                table = context.schema.table(owner[-3] if len(owner) > 2 else None, owner[-2])
                context.schema.sequence_owners[key] = ((table.schema, table.name), owner[-1])
    largest = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}.get(sequence.type.name)
    if sequence.maximum == largest:
        sequence = replace(sequence, maximum=None)
    context.schema.sequences[key] = sequence
