"""Row-level security: whom policies bind, which columns they go by, and which a table lacks.

What the server does is in https://www.postgresql.org/docs/current/ddl-rowsecurity.html: policies count only where
row security is enabled; permissive ones are alternatives, restrictive ones only take away; the owner, superusers and
BYPASSRLS roles are exempt, the owner unless it is forced.
"""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.expressions import Expression, columns_of, expression, literal_value
from dbarchitect.catalog.members import Column, Policy
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.shape import is_lookup, is_tenant
from dbarchitect.rules._sql import quoted
from dbarchitect.rules.security._policies import asked_once

_TENANT_COLUMNS = phrases(
    "tenant id, organization id, organisation id, org id, workspace id, company id, tenant, organization, "
    "organisation, workspace, company, org"
)
_TENANT_NAMES = frozenset({"tenant_id", "tenantid"})
_READ_ALL = frozenset({"pg_read_all_data", "pg_write_all_data"})


def keeps_apart(table: Table) -> bool:
    """True where row security is on and no permissive policy lets every row through."""
    lets_all = any(p.permissive and p.using is not None and _is_true(p.using) for p in table.policies)
    return table.row_security and bool(table.policies) and not lets_all


def _is_true(using: Expression) -> bool:
    return (literal_value(using) or "").casefold() == "true"


def applies_to_nobody(table: Table, survey: Survey) -> bool:
    """True where a live server shows that the policies bind no role: the owner is exempt, and nobody else was granted
    anything on the table."""
    roles = survey.catalog.roles
    if not roles or not table.policies or not table.row_security or table.force_row_security or table.owner is None:
        return False
    if any(_READ_ALL & set(role.member_of) for role in roles):
        return False
    return not any(grant.object.table_ref.key == table.ref.key for grant in survey.catalog.grants)


def policy_columns(survey: Survey) -> frozenset[str]:
    """The columns by which policies tell whose a row is, in lower case."""
    found: set[str] = set()
    for table in survey.tables:
        own_key = table.primary_key.columns if table.primary_key else ()
        for name in _columns_of_policies(table):
            referring = any(name in key.columns for key in table.foreign_keys)
            if referring or (name not in own_key and name.casefold().endswith("_id")):
                found.add(name.casefold())
    return frozenset(found)


def guarding_columns(survey: Survey) -> frozenset[str]:
    """The same, and the tenants' columns that no policy goes by yet: where one is guarded, all so named should be."""
    found = policy_columns(survey)
    unguarded = [table for table in survey.tables if not table.policies and not table.row_security]
    tenants = (separating_column(table, survey, found) for table in unguarded)
    return found | {name.casefold() for name in tenants if name is not None}


def _columns_of_policies(table: Table) -> set[str]:
    parts = (part for policy in table.policies for part in (policy.using, policy.check) if part is not None)
    return {name for part in parts for name in columns_of(part) if table.column(name) is not None}


def separating_column(table: Table, survey: Survey, guards: frozenset[str]) -> str | None:
    """The column that says whose row it is: one that policies of other tables go by, else a reference to a table of
    tenants, else `tenant_id`. None for the table of tenants itself and for lookups."""
    if is_lookup(table):
        return None
    own_key = table.primary_key.columns if table.primary_key else ()
    for column in table.ordered_columns:
        if column.name.casefold() in guards and own_key != (column.name,) and not column.nullable:
            return column.name
    if is_tenant(table):
        return None
    for key in table.foreign_keys:
        parent = survey.catalog.table(key.referenced)
        name = key.columns[0]
        if len(key.columns) == 1 and _TENANT_COLUMNS.whole(name) and parent is not None and is_tenant(parent):
            return name if _is_required(table, name) else None
    named = (c.name for c in table.ordered_columns if c.name.casefold() in _TENANT_NAMES)
    return next((name for name in named if _is_required(table, name)), None)


def _is_required(table: Table, name: str) -> bool:
    """A tenant that only some rows have is a label, and parts nothing."""
    column = table.column(name)
    return column is not None and not column.nullable


def isolating_policies(column: Column, survey: Survey) -> tuple[tuple[Policy, ...], bool]:
    """The policies to add, and whether to force them on the owner: as another table is guarded over the same column
    alone, else by the setting `app.tenant_id`, forced."""
    for other in survey.tables:
        same = other.column(column.name)
        guarded = other.row_security and other.policies and same is not None and same.type == column.type
        if guarded and keeps_apart(other) and all(_goes_by(policy, column.name) for policy in other.policies):
            return tuple(map(_asking_once, other.policies)), other.force_row_security
    setting = "NULLIF((SELECT current_setting('app.tenant_id'::text, true)), ''::text)"
    text = column.type.name == "text" and not column.type.dimensions
    condition = f"{quoted(column.name)} = {setting if text else f'({setting})::{column.type}'}"
    return (Policy("tenant_isolation", using=expression(condition)),), True


def _asking_once(policy: Policy) -> Policy:
    """The policy for another table, asking for settings and users once for each statement."""
    using, check = (None if e is None else expression(asked_once(e.text)) for e in (policy.using, policy.check))
    return replace(policy, using=using, check=check, origin=Origin())


def _goes_by(policy: Policy, column: str) -> bool:
    parts = [part for part in (policy.using, policy.check) if part is not None]
    return bool(parts) and all(set(columns_of(part)) == {column} for part in parts)
