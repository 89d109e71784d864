"""Policies of row-level security, and grants."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from dbarchitect.catalog.objects import (
    Grant,
    Policy,
)
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    to_expression,
)
from dbarchitect.sources.sqlfiles.postgresql.tables import Context
from dbarchitect.sources.sqlfiles.schema import Unreplayable
from dbarchitect.sources.sqlfiles.tree import (
    child,
    collect,
    first,
    name_of,
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


def grant(context: Context, node: Node) -> None:
    """GRANT on tables and views; what is granted on other objects, and REVOKE, is not followed."""
    target = child(node, "privilege_target")
    if target is None or words(target) not in {(), ("TABLE",)}:
        return
    held = {text(p).partition("(")[0].strip().lower() for p in collect(child(node, "privileges"), "privilege")}
    privileges = tuple(sorted(held)) or ("all",)
    for table in collect(target, "qualified_name"):
        key = context.schema.find(*qualified(table), context.schema.tables, context.schema.views)
        if key is None:
            continue
        is_view = key in context.schema.views
        ref = Ref(Kind.VIEW, key[0], name=key[1]) if is_view else Ref.of_table(key[1], key[0])
        for role in collect(child(node, "grantee_list"), "RoleSpec"):
            grantable = child(node, "opt_grant_grant_option") is not None
            context.schema.grants.append(Grant(name_of(role) or "", ref, privileges, grantable))
