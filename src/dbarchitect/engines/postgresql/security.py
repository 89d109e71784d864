"""Spells under whose rights a view or a function works: ALTER VIEW and ALTER ROUTINE, which keep grants.

Source: https://www.postgresql.org/docs/current/sql-alterview.html, .../sql-alterroutine.html
"""

from __future__ import annotations

import re

from dbarchitect.catalog.objects import Function, View
from dbarchitect.engines.postgresql.names import literal, qualified
from dbarchitect.errors import ChangeRefused


def set_security(old: View | Function, new: View | Function) -> tuple[str, ...]:
    """The statements that lead from the old to the new. Raises `ChangeRefused` for two kinds of objects."""
    name = qualified(new.schema, new.name)
    if isinstance(old, View) and isinstance(new, View):
        pairs = (
            ("security_invoker", old.security_invoker, new.security_invoker),
            ("security_barrier", old.security_barrier, new.security_barrier),
        )
        return tuple(
            f"alter view {name} " + (f"set ({switch} = true)" if after else f"reset ({switch})")
            for switch, before, after in pairs
            if before != after
        )
    if not (isinstance(old, Function) and isinstance(new, Function)):
        raise ChangeRefused(f"{old.name} is another kind of object by now")
    routine = f"alter routine {name}({new.arguments})"
    statements = []
    if old.security_definer != new.security_definer:
        statements.append(f"{routine} security {'definer' if new.security_definer else 'invoker'}")
    kept = {setting.partition("=")[0] for setting in new.settings}
    gone = [s.partition("=")[0] for s in old.settings if s.partition("=")[0] not in kept]
    statements += [f"{routine} reset {setting}" for setting in gone]
    statements += [f"{routine} set {_setting(setting)}" for setting in new.settings if setting not in old.settings]
    return tuple(statements)


def _setting(setting: str) -> str:
    """A setting as the server keeps it (`search_path=pg_catalog, "A b"`), as SET takes it."""
    name, _, value = setting.partition("=")
    if name != "search_path":
        return f"{name} to {literal(value)}"
    parts = re.findall(r'"(?:[^"]++|"")*"|[^,\s]+', value)
    stored = [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in parts]
    return f"{name} to {', '.join(map(literal, stored))}" if stored else f"{name} to ''"
