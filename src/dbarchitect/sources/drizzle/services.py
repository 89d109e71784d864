"""What Drizzle brings for hosting services: Supabase's and Neon's roles, functions and tables, Neon's `crudPolicy`.

Source: https://orm.drizzle.team/docs/rls
"""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.drizzle.library import is_drizzle
from dbarchitect.sources.drizzle.names import cased
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Got, Value, chain
from dbarchitect.sources.typescript.syntax import External

_SUPABASE = "drizzle-orm/supabase"
_NEON = "drizzle-orm/neon"
_ROLES = {
    External(_SUPABASE, "anonRole"): "anon",
    External(_SUPABASE, "authenticatedRole"): "authenticated",
    External(_SUPABASE, "serviceRole"): "service_role",
    External(_SUPABASE, "postgresRole"): "postgres_role",
    External(_SUPABASE, "supabaseAuthAdminRole"): "supabase_auth_admin",
    External(_NEON, "authenticatedRole"): "authenticated",
    External(_NEON, "anonymousRole"): "anonymous",
}
_TEXTS = {
    External(_SUPABASE, "authUid"): "(select auth.uid())",
    External(_SUPABASE, "realtimeTopic"): "realtime.topic()",
}
_TABLES = {
    External(_SUPABASE, "authUsers"): Ref.of_table("users", "auth"),
    External(_SUPABASE, "realtimeMessages"): Ref.of_table("messages", "realtime"),
    External(_NEON, "usersSync"): Ref.of_table("users_sync", "neon_auth"),
}
SIGNED_IN = External(_NEON, "authUid")
"""The function that compares a column with the user who is signed in."""


def text_of(value: Value) -> str | None:
    """The SQL that a constant of a service stands for."""
    return _TEXTS.get(value) if isinstance(value, External) else None


def column_of(value: Value) -> tuple[Ref, str] | None:
    """The table and column that `authUsers.id` is."""
    if not isinstance(value, Got) or not isinstance(value.owner, External):
        return None
    table = _TABLES.get(value.owner)
    return (table, cased(value.name, "snake_case")) if table is not None else None


def roles(value: Value) -> Iterator[str]:
    """The names of roles: texts, `pgRole("name")`, those of a service."""
    if isinstance(value, tuple):
        for item in value:
            yield from roles(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Called):
        head, steps = chain(value)
        first = steps[0].arg(0) if steps else UNDEFINED
        if is_drizzle(head, "pgRole") and isinstance(first, str):
            yield first
    elif isinstance(value, External) and value in _ROLES:
        yield _ROLES[value]
