"""Rows of the server's catalog become everything but tables: views, types, sequences, functions, roles, settings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping

from dbarchitect.catalog.members import Check
from dbarchitect.catalog.objects import Domain, Enum, Extension, Function, Grant, Role, Sequence, Setting, View
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.engines.postgresql.names import without_public
from dbarchitect.engines.postgresql.tables import (
    Parts,
    Row,
    Rows,
    read_expression,
    schema_of,
)
from dbarchitect.engines.postgresql.types import read_type

_VOLATILITY = {"i": "immutable", "s": "stable", "v": "volatile"}
_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}
_TRUE = frozenset({"true", "on", "1", "yes"})

# Settings in which people keep passwords, keys and the addresses of other servers.
_PRIVATE_SETTINGS = re.compile(
    r"conninfo|passphrase|password(?!_encryption)|secret|_command$|krb_server_keyfile", re.IGNORECASE
)
# A name with a dot belongs to a module or to nobody: applications keep their secrets under such names.
_KNOWN_MODULES = frozenset(
    {"auto_explain", "cron", "pg_stat_statements", "pg_trgm", "pgaudit", "plpgsql", "timescaledb"}
)

_LITERAL_OR_SPACE = re.compile(r"""('(?:[^']++|'')*'|"(?:[^"]++|"")*")|\s+""")


def read_views(
    relations: Iterable[Row], rows: Rows, parts: Mapping[int, Parts], members: Mapping[int, str]
) -> Iterator[View]:
    """The views and materialized views among the relations. White space in a definition is folded."""
    definitions: dict[int, str | None] = dict(rows["views"])
    for number, schema, name, kind, _, _, _, populated, options, owner, comment, *_ in relations:
        definition = definitions.get(number)
        if kind not in ("v", "m") or definition is None:
            continue
        switches = dict(option.partition("=")[::2] for option in options or ())
        own = parts[number]
        yield View(
            name=name,
            definition=fold(without_public(definition)),
            schema=schema_of(schema),
            materialized=kind == "m",
            columns=tuple(column.name for column in own.columns),
            indexes=tuple(own.indexes),
            security_invoker=switches.get("security_invoker", "") in _TRUE,
            security_barrier=switches.get("security_barrier", "") in _TRUE,
            populated=populated,
            comment=comment,
            owner=owner,
            owned_by=members.get(number),
        )


def fold(definition: str) -> str:
    """A query in one line, without its semicolon."""
    return _LITERAL_OR_SPACE.sub(lambda match: match[1] or " ", definition).strip().removesuffix(";").rstrip()


def read_enums(rows: Rows, members: Mapping[int, str]) -> Iterator[Enum]:
    """The enum types."""
    for number, schema, name, values in rows["enums"]:
        yield Enum(name, tuple(values), schema_of(schema), members.get(number))


def read_domains(rows: Rows, members: Mapping[int, str]) -> Iterator[Domain]:
    """The domains with their checks."""
    checks: dict[int, list[Check]] = defaultdict(list)
    for domain, name, validated, text in rows["domain_checks"]:
        checks[domain].append(Check(read_expression(text), validated, name=name))
    for number, schema, name, type_text, dimensions, not_null, default in rows["domains"]:
        yield Domain(
            name,
            read_type(type_text, dimensions),
            schema_of(schema),
            not not_null,
            None if default is None else read_expression(default),
            tuple(sorted(checks[number], key=lambda check: check.expression.canonical)),
            members.get(number),
        )


def read_sequences(rows: Rows, numbered: Container[int], members: Mapping[int, str]) -> Iterator[Sequence]:
    """The sequences that number no column as its identity or serial."""
    for number, schema, name, type_text, start, increment, maximum, cycle, *_ in rows["sequences"]:
        if number not in numbered:
            type_ = read_type(type_text)
            usual = _LARGEST[type_.name] if increment > 0 else -1
            yield Sequence(
                name,
                schema_of(schema),
                type_,
                start,
                increment,
                None if maximum == usual else maximum,
                cycle,
                members.get(number),
            )


def read_functions(rows: Rows) -> Iterator[Function]:
    """The functions and procedures. In a definition only the head loses `public.`; the body is somebody's text."""
    for (
        _, schema, name, arguments, returns, language, definer, settings, volatility, definition, owner, callers,
    ) in rows["functions"]:  # fmt: skip
        head, body, rest = (definition or "").rstrip("\n").partition("\nAS ")
        yield Function(
            name,
            without_public(arguments or ""),
            schema_of(schema),
            without_public(returns or ""),
            language,
            definer,
            tuple(settings or ()),
            _VOLATILITY[volatility],
            without_public(head) + body + rest,
            tuple(callers),
            owner,
        )


def read_extensions(rows: Rows) -> Iterator[Extension]:
    """The installed extensions."""
    for name, version, schema in rows["extensions"]:
        yield Extension(name, version, schema_of(schema))


def read_roles(rows: Rows) -> Iterator[Role]:
    """The roles and what they may."""
    for name, superuser, bypass, databases, roles, login, replication, limit, member_of in rows["roles"]:
        yield Role(name, superuser, bypass, databases, roles, login, replication, limit, tuple(member_of))


def read_grants(rows: Rows, parts: Mapping[int, Parts]) -> Iterator[Grant]:
    """What roles were granted on our objects; an owner's own privileges go without saying."""
    objects = _objects(rows, parts)
    for kind, number, position, role, privileges, grantable in rows["grants"]:
        found = objects.get((kind if kind != "column" else "relation", number))
        if kind == "database":
            found = Ref.database()
        elif kind == "column" and found is not None and number in parts:
            found = Ref.of_table(found.table or found.name or "", found.schema).column(parts[number].names[position])
        if found is not None:
            yield Grant(role, found, tuple(privileges), grantable)


def _objects(rows: Rows, parts: Mapping[int, Parts]) -> dict[tuple[str, int], Ref]:
    objects: dict[tuple[str, int], Ref] = {}
    for number, schema, name, kind, *_ in rows["relations"]:
        if kind in ("v", "m"):
            objects["relation", number] = Ref(Kind.VIEW, schema_of(schema), name=name)
        else:
            objects["relation", number] = parts[number].ref
    for number, schema, name, *_ in rows["sequences"]:
        objects["relation", number] = Ref(Kind.SEQUENCE, schema_of(schema), name=name)
    for number, schema, name, *_ in rows["functions"]:
        objects["function", number] = Ref(Kind.FUNCTION, schema_of(schema), name=name)
    for number, name in rows["schemas"]:
        objects["schema", number] = Ref(Kind.SCHEMA, name=name)
    return objects


def read_settings(rows: Rows) -> Iterator[Setting]:
    """The settings of the server, the database and its roles, but for those in which secrets are kept."""
    for name, value, unit, source in rows["settings"]:
        if value is not None and _is_public(name):
            yield Setting(name, value, unit, source)
    for role, of_database, name, value in rows["role_settings"]:
        if _is_public(name):
            yield Setting(name, value, None, "database" if of_database else "role", role)


def _is_public(name: str) -> bool:
    module, dot, _ = name.partition(".")
    return not _PRIVATE_SETTINGS.search(name) and (not dot or module in _KNOWN_MODULES)


def hosting(roles: Iterable[Role]) -> str | None:
    """The hosting service that the server's roles give away; None where they do not."""
    names = {role.name for role in roles}
    return next((host for role, host in _HOSTS if role in names), None)


_HOSTS = (
    ("neon_superuser", "neon"),
    ("supabase_admin", "supabase"),
    ("rds_superuser", "rds"),
    ("cloudsqlsuperuser", "cloud-sql"),
    ("alloydbsuperuser", "alloydb"),
    ("azure_pg_admin", "azure"),
    ("avnadmin", "aiven"),
    ("doadmin", "digitalocean"),
)
