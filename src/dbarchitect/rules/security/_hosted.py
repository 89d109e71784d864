"""What hosting services that put an API before the database bring along: roles, and schemas of their own.

Supabase's are in https://supabase.com/docs/guides/database/postgres/roles, Neon's in
https://neon.com/docs/guides/row-level-security; `web_anon` is the name in PostgREST's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.expressions import functions_of
from dbarchitect.catalog.objects import Catalog, Function, Table, View
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey

PUBLIC = "public"
"""How the catalog spells everyone."""
ANONYMOUS = frozenset({"anon", "anonymous", "web_anon"})
"""Roles that a request without any credentials has."""
SIGNED_IN = frozenset({"authenticated"})
"""Roles that any signed-in user's request has, whoever that is."""
SERVICE = frozenset(
    {"service_role", "postgres", "authenticator", "dashboard_user", "pgbouncer", "neon_superuser", "cloud_admin"}
)
"""Roles of the service itself: they hold secret keys, and most of them are exempt from policies."""
_SERVICE_PREFIXES = (
    "supabase_",
    "rds_",
    "rdsadmin",
    "cloudsql",
    "azure_",
    "alloydb",
    "pg_",
    "doadmin",
    "avnadmin",
    "neon_",
)
_SCHEMAS = frozenset(
    {
        "auth", "storage", "realtime", "_realtime", "vault", "extensions", "cron", "net", "graphql", "graphql_public",
        "pgsodium", "pgsodium_masks", "pgbouncer", "supabase_functions", "supabase_migrations", "_analytics", "pgmq",
        "pgtle", "tests",
    }
)  # fmt: skip
_IDENTITY = frozenset({"auth.uid", "auth.jwt", "auth.role", "auth.email", "auth.user_id", "auth.session"})


def is_service(role: str) -> bool:
    """True for a role that a hosting service made for itself or for its customer's administration."""
    return role in SERVICE or role.startswith(_SERVICE_PREFIXES)


def has_api(survey: Survey) -> bool:
    """True where requests from outside reach the database under roles of their own, by the database's evidence."""
    return survey.engine.hosted_by == "supabase" or survey.catalog.derive(_names_api_roles)


def _names_api_roles(catalog: Catalog) -> bool:
    named = {role.name for role in catalog.roles} | {grant.role for grant in catalog.grants}
    policies = [policy for table in catalog.tables for policy in table.policies]
    named |= {role for policy in policies for role in policy.roles}
    parts = (part for policy in policies for part in (policy.using, policy.check) if part is not None)
    return bool(named & (ANONYMOUS | SIGNED_IN)) or any(_IDENTITY & set(functions_of(part)) for part in parts)


def grants_tables_to_api(survey: Survey) -> bool:
    """True where nobody read the grants and the service's default privileges give its API roles every new table."""
    return survey.engine.hosted_by == "supabase" and not survey.catalog.roles


def open_by_default(table: Table, survey: Survey) -> bool:
    """True where the service's default lets requests without credentials use a table, and no file takes that back."""
    if not grants_tables_to_api(survey) or table.schema is not None:
        return False
    places = {table.ref.key, Ref(Kind.SCHEMA, name=PUBLIC).key}
    return not any(g.role in ANONYMOUS and g.object.key in places for g in survey.catalog.grants)


def others_may_use(thing: Ref, survey: Survey, privileges: frozenset[str]) -> bool | None:
    """Whether a role besides the owner, those exempt from policies and the service's own holds one of the privileges
    on a table or view; None where nobody has read who holds what."""
    free = {role.name for role in survey.catalog.roles if role.superuser or role.bypass_row_security}
    grants = [g for g in survey.catalog.grants if _is_on(g.object, thing)]
    if any(privileges & set(g.privileges) and g.role not in free and not is_service(g.role) for g in grants):
        return True
    return False if grants or survey.catalog.roles else None


def _is_on(granted: Ref, thing: Ref) -> bool:
    whole = granted if granted.table is None else granted.table_ref
    return whole.key == thing.key


def own_tables(survey: Survey) -> Iterator[Table]:
    """The application's tables, without those of the hosting service."""
    return (table for table in survey.tables if not _of_service(table, survey))


def own_views(survey: Survey) -> Iterator[View]:
    """The application's views, without those of extensions and of the hosting service."""
    return (view for view in survey.catalog.views if view.owned_by is None and not _of_service(view, survey))


def own_functions(survey: Survey) -> Iterator[Function]:
    """The application's functions, without those of extensions and of the hosting service."""
    return (f for f in survey.catalog.functions if f.owned_by is None and not _of_service(f, survey))


def _of_service(thing: Table | View | Function, survey: Survey) -> bool:
    return thing.schema in _SCHEMAS and has_api(survey)
