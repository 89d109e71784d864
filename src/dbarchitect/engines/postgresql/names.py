"""Identifiers as PostgreSQL writes them: what must be quoted, and how the server's own text loses `public.`.

Source: https://www.postgresql.org/docs/current/sql-syntax-lexical.html, .../sql-keywords-appendix.html
"""

from __future__ import annotations

import re

from dbarchitect.catalog.refs import Ref

# Every key word of PostgreSQL 13–18 that is not free to be any name.
_KEY_WORDS = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
    cast char character check coalesce collate collation column concurrently constraint create cross
    current_catalog current_date current_role current_schema current_time current_timestamp current_user dec decimal
    default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full
    grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull
    join json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize
    json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national
    natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay
    placing position precision primary real references returning right row select session_user setof similar
    smallint some substring symmetric system_user table tablesample then time timestamp to trailing treat trim true
    union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
    xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
_RESERVED = frozenset(_KEY_WORDS.split())
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_QUALIFIED = re.compile(r'"(?:[^"]++|"")+"\."(?:[^"]++|"")+"\Z')
_TOKEN = re.compile(r"""'((?:[^']|'')*)'(::(?:pg_catalog\.)?regclass)?|"(?:[^"]|"")*"|(?<![\w$."])public\.(?=[\w"])""")


def quote(identifier: str) -> str:
    """The identifier, in double quotes where it would otherwise be read as something else."""
    if _PLAIN.match(identifier) and identifier not in _RESERVED:
        return identifier
    return always_quoted(identifier)


def always_quoted(identifier: str) -> str:
    """The identifier in double quotes; a NUL, which no server can hold, is left out."""
    return '"' + identifier.replace("\0", "").replace('"', '""') + '"'


def qualified(schema: str | None, name: str) -> str:
    """`schema.name`, each quoted where it must be; the default schema is not written."""
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


def table_name(ref: Ref) -> str:
    """How SQL names the table that `ref` is or belongs to."""
    return qualified(ref.schema, ref.table or "")


def literal(text: str) -> str:
    """A string constant, read the same whatever `standard_conforming_strings` says."""
    quoted = "'" + text.replace("\0", "").replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def without_public(text: str) -> str:
    """A server's text without the schema `public` before names, as it prints with the usual search path.

    We read with an empty search path, for safety; models and migrations write no `public.`. Strings and quoted names
    are left alone, but for the names of relations in strings (`nextval('public.s'::regclass)`).
    """
    if "public." not in text:
        return text
    return _TOKEN.sub(_unqualified, text)


def _unqualified(match: re.Match[str]) -> str:
    token = match[0]
    if token == "public.":  # noqa: S105 - a schema
        return ""
    if match[2] and match[1].startswith("public."):
        return token.replace("'public.", "'", 1)
    return token


def collation_key(schema: str | None, name: str) -> str:
    """A collation's name in the model: bare where the server's own or in `public`, else qualified and quoted."""
    if schema in {None, "pg_catalog", "public"}:
        return name
    return f"{always_quoted(schema or '')}.{always_quoted(name)}"


def collation_sql(key: str) -> str:
    """The collation as SQL names it; the inverse of `collation_key`."""
    return key if _QUALIFIED.match(key) else always_quoted(key)
