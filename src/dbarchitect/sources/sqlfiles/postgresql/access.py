"""Policies of row-level security, and grants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from dbarchitect.catalog.members import Policy
from dbarchitect.catalog.objects import Grant
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    to_expression,
)
from dbarchitect.sources.sqlfiles.postgresql.tables import Context
from dbarchitect.sources.sqlfiles.schema import Key, Unreplayable
from dbarchitect.sources.sqlfiles.tree import (
    child,
    collect,
    first,
    has_words,
    name_of,
    names,
    qualified,
    text,
    words,
)


def create_policy(context: Context, node: Node) -> None:
    """CREATE POLICY."""
    target, name = child(node, "qualified_name"), name_of(child(node, "name")) or ""
    if target is None:
        raise Unreplayable("the policy is on nothing")
    table = context.schema.table(*qualified(target))
    if any(p.name == name for p in table.policies):
        raise Unreplayable(f"{table.name} has a policy {name} already")
    command = first(child(node, "RowSecurityDefaultForCmd"), "row_security_cmd")
    kind = child(node, "RowSecurityDefaultPermissive")
    policy = Policy(
        name,
        text(command).lower() if command is not None else "all",
        permissive=kind is None or not text(kind).upper().endswith("RESTRICTIVE"),
        roles=_roles(child(node, "RowSecurityDefaultToRole")),
        using=to_expression(first(child(node, "RowSecurityOptionalExpr"), "a_expr")),
        check=to_expression(first(child(node, "RowSecurityOptionalWithCheck"), "a_expr")),
        origin=context.locate(node),
    )
    context.schema.put(replace(table, policies=(*table.policies, policy)))


def _roles(node: Node | None) -> tuple[str, ...]:
    """The roles of a policy, sorted; none for PUBLIC."""
    found = {(name_of(role) or "") for role in collect(node, "RoleSpec")}
    return () if "public" in found else tuple(sorted(found))


def alter_policy(context: Context, node: Node) -> None:
    """ALTER POLICY."""
    target, name = child(node, "qualified_name"), name_of(child(node, "name"))
    table = context.schema.table(*qualified(target)) if target is not None else None
    if table is None or all(p.name != name for p in table.policies):
        raise Unreplayable(f"there is no policy {name} in the statements before")
    to = child(node, "RowSecurityOptionalToRole")
    using = to_expression(first(child(node, "RowSecurityOptionalExpr"), "a_expr"))
    check = to_expression(first(child(node, "RowSecurityOptionalWithCheck"), "a_expr"))
    policies = tuple(
        replace(
            p,
            roles=_roles(to) if to is not None else p.roles,
            using=using if using is not None else p.using,
            check=check if check is not None else p.check,
        )
        if p.name == name
        else p
        for p in table.policies
    )
    context.schema.put(replace(table, policies=policies))


_ALL = ("delete", "insert", "references", "select", "trigger", "truncate", "update")


def grant(context: Context, node: Node) -> None:
    """GRANT on tables, views and functions; what is granted on other objects is not followed."""
    privileges = _privileges(node)
    _grant_functions(context, node, privileges)
    grantable = child(node, "opt_grant_grant_option") is not None
    for ref in _granted_objects(context, node):
        for role in _grantees(node):
            known = next((g for g in context.schema.grants if (g.role, g.object) == (role, ref)), None)
            if known is not None:
                context.schema.grants.remove(known)
            held = {*privileges, *(known.privileges if known is not None else ())}
            context.schema.grants.append(Grant(role, ref, tuple(sorted(held)), grantable))


def revoke(context: Context, node: Node) -> None:
    """REVOKE on tables, views and functions."""
    gone, roles = set(_privileges(node)), _grantees(node)
    if has_words(node, "GRANT", "OPTION", "FOR"):
        return
    for key in _functions(context, node):
        function = context.schema.functions[key]
        kept_roles = tuple(role for role in function.executable_by or () if role not in roles)
        context.schema.functions[key] = replace(function, executable_by=kept_roles)
    for ref in _granted_objects(context, node):
        for role in roles:
            known = next((g for g in context.schema.grants if (g.role, g.object) == (role, ref)), None)
            if known is not None:
                context.schema.grants.remove(known)
            kept = tuple(p for p in known.privileges if p not in gone) if known is not None else ()
            if kept or set(_ALL) <= gone:
                context.schema.grants.append(Grant(role, ref, kept, known is not None and known.grantable))


def _grant_functions(context: Context, node: Node, privileges: tuple[str, ...]) -> None:
    for key in _functions(context, node) if {"execute", *_ALL} & set(privileges) else ():
        function = context.schema.functions[key]
        roles = {*(function.executable_by or ()), *_grantees(node)}
        context.schema.functions[key] = replace(function, executable_by=tuple(sorted(roles)))


def alter_default_privileges(context: Context, node: Node) -> None:
    """ALTER DEFAULT PRIVILEGES that closes new functions to PUBLIC (what is said for one schema cannot), and tables of
    a schema to the roles that a hosting service grants them to."""
    action = child(node, "DefACLAction")
    if action is None:
        return
    of_schema = any(has_words(option, "IN", "SCHEMA") for option in collect(node, "DefACLOption"))
    on_functions = {"FUNCTIONS", "ROUTINES"} & set(words(child(action, "defacl_privilege_target")))
    if on_functions and not of_schema and "public" in _grantees(action):
        context.schema.new_functions_closed = has_words(action, "REVOKE")
    if words(child(action, "defacl_privilege_target")) == ("TABLES",) and has_words(action, "REVOKE"):
        schemas = [name_of(n) for o in collect(node, "DefACLOption") for n in collect(o, "name")] or ["public"]
        places = [Ref(Kind.SCHEMA, name=schema) for schema in schemas]
        context.schema.grants += [Grant(role, place, ()) for place in places for role in _grantees(action)]


def _functions(context: Context, node: Node) -> Iterator[tuple[Key, str]]:
    """The functions that a GRANT or REVOKE names, or those of the schemas that it names."""
    schema, target = context.schema, child(node, "privilege_target")
    kinds = {"FUNCTION", "FUNCTIONS", "PROCEDURE", "PROCEDURES", "ROUTINE", "ROUTINES"}
    if target is None or not kinds & set(words(target)):
        return
    if words(target)[:1] == ("ALL",):
        spaces = {schema.key(name_of(n), "")[0] for n in collect(target, "name")}
        yield from [key for key in schema.functions if key[0][0] in spaces]
        return
    for named in collect(target, "function_with_argtypes"):
        parts = names(text(first(named, "func_name", "ColId") or named))
        found = schema.find(parts[-2] if len(parts) > 1 else None, parts[-1], {key[0] for key in schema.functions})
        candidates = [key for key in schema.functions if key[0] == found]
        count = len(collect(named, "func_arg"))
        exact = [key for key in candidates if (len(key[1].split(", ")) if key[1] else 0) == count]
        yield from exact if len(candidates) > 1 else candidates


def _privileges(node: Node) -> tuple[str, ...]:
    held = {text(p).partition("(")[0].strip().lower() for p in collect(child(node, "privileges"), "privilege")}
    return tuple(sorted(held)) or _ALL


def _grantees(node: Node) -> list[str]:
    return [name_of(role) or "" for role in collect(child(node, "grantee_list"), "RoleSpec")]


def _granted_objects(context: Context, node: Node) -> Iterator[Ref]:
    """The tables and views that the statement names, or those of the schemas that it names."""
    schema, target = context.schema, child(node, "privilege_target")
    if target is None:
        return
    if words(target)[:2] == ("ALL", "TABLES"):
        spaces = {schema.key(name_of(n), "")[0] for n in collect(target, "name")}
        keys = [key for key in (*schema.tables, *schema.views) if key[0] in spaces]
    elif words(target) in {(), ("TABLE",)}:
        found = [schema.find(*qualified(t), schema.tables, schema.views) for t in collect(target, "qualified_name")]
        keys = [key for key in found if key is not None]
    else:
        return
    for key in keys:
        yield Ref(Kind.VIEW, key[0], name=key[1]) if key in schema.views else Ref.of_table(key[1], key[0])
