"""Search paths of functions: which is fixed, which schemas on it are open to everybody, and how to fix one.

https://www.postgresql.org/docs/current/sql-createfunction.html, "Writing SECURITY DEFINER Functions Safely".
"""

from __future__ import annotations

import re
from dataclasses import replace

from dbarchitect.catalog.objects import Function
from dbarchitect.catalog.refs import Kind
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._sql import literal, quoted
from dbarchitect.rules.security._bodies import body_of, named_in
from dbarchitect.rules.security._hosted import PUBLIC

_COMPILED = frozenset({"c", "internal"})
_ATOMIC = re.compile(r"\bBEGIN\s+ATOMIC\b", re.IGNORECASE)
_FROM_CURRENT = re.compile(r"\bSET\s+search_path\s+FROM\s+CURRENT\b", re.IGNORECASE)
_PRINTED = re.compile(r"\n SET search_path TO [^\n]*")


def is_run_by_names(function: Function) -> bool:
    """True where the body is text that the server looks names up for when it runs."""
    return function.language not in _COMPILED and not _ATOMIC.search(function.definition)


def fixed_path(function: Function) -> tuple[str, ...] | None:
    """The schemas of its SET search_path; None where it has none."""
    for setting in function.settings:
        name, _, value = setting.partition("=")
        if name == "search_path":
            parts = re.findall(r'"(?:[^"]++|"")*"|[^,\s]+', value)
            return tuple(part[1:-1].replace('""', '"') if part.startswith('"') else part for part in parts)
    return () if _FROM_CURRENT.search(function.definition) else None


def writable_schemas(survey: Survey) -> frozenset[str]:
    """The schemas in which everybody may create objects, as far as the grants were read."""
    return frozenset(
        grant.object.name or PUBLIC
        for grant in survey.catalog.grants
        if grant.role == PUBLIC and grant.object.kind is Kind.SCHEMA and "create" in grant.privileges
    )


def unqualified_relations(function: Function, survey: Survey) -> tuple[str, ...]:
    """The tables and views that the body names without a schema, sorted; none where the path is empty, for then such a
    name is the server's own."""
    if not any(schema not in {"", "pg_catalog", "pg_temp"} for schema in fixed_path(function) or ()):
        return ()
    known = {table.name for table in survey.catalog.tables} | {view.name for view in survey.catalog.views}
    return tuple(sorted(named_in(body_of(function)).bare & known))


def with_search_path(function: Function, path: tuple[str, ...]) -> Function:
    """The function with this path, its definition as the server prints it."""
    setting = "search_path=" + ", ".join(map(quoted, path))
    others = tuple(s for s in function.settings if not s.startswith("search_path="))
    at = next((i for i, s in enumerate(function.settings) if s.startswith("search_path=")), len(others))
    printed = f"\n SET search_path TO {', '.join(map(literal, path))}"
    head, as_, body = function.definition.partition("\nAS ")
    head = _PRINTED.sub(lambda _: printed, head) if _PRINTED.search(head) else head + printed
    definition = head + as_ + body if as_ else function.definition
    return replace(function, settings=(*others[:at], setting, *others[at:]), definition=definition)
