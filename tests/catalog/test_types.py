"""Every dialect's spelling of a type becomes the one canonical name."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbarchitect.catalog.types import FAMILIES, Family, SqlType, parse_type
from dbarchitect.shadow import Shadow

SPELLINGS = [
    ("varchar(120)", "character varying(120)", Family.TEXT),
    ("VARCHAR", "character varying", Family.TEXT),
    ("nvarchar(100)", "character varying(100)", Family.TEXT),
    ("VARYING CHARACTER(255)", "character varying(255)", Family.TEXT),
    ("NATIVE CHARACTER(70)", "character(70)", Family.TEXT),
    ("char", "character(1)", Family.TEXT),
    ("bpchar(3)", "character(3)", Family.TEXT),
    ("longtext", "text", Family.TEXT),
    ("CLOB", "text", Family.TEXT),
    ("int4", "integer", Family.INTEGER),
    ("INT(11) UNSIGNED", "integer(11)", Family.INTEGER),
    ("BIGINT UNSIGNED", "bigint", Family.INTEGER),
    ("UNSIGNED BIG INT", "bigint", Family.INTEGER),
    ("tinyint(1)", "tinyint(1)", Family.INTEGER),
    ("bigserial", "bigint", Family.INTEGER),
    ("DECIMAL(10, 5)", "numeric(10,5)", Family.DECIMAL),
    ("numeric(10)", "numeric(10,0)", Family.DECIMAL),
    ("numeric(3,-2)", "numeric(3,-2)", Family.DECIMAL),
    ("DOUBLE PRECISION", "double precision", Family.FLOAT),
    ("DOUBLE", "double precision", Family.FLOAT),
    ("float8", "double precision", Family.FLOAT),
    ("float(24)", "real", Family.FLOAT),
    ("float(25)", "double precision", Family.FLOAT),
    ("bool", "boolean", Family.BOOLEAN),
    ("timestamptz(3)", "timestamp(3) with time zone", Family.TIMESTAMP),
    ("timestamp(3) with time zone", "timestamp(3) with time zone", Family.TIMESTAMP),
    ("TIMESTAMP  WITHOUT TIME ZONE", "timestamp without time zone", Family.TIMESTAMP),
    ("datetime(6)", "timestamp(6) without time zone", Family.TIMESTAMP),
    ("time(6)", "time(6) without time zone", Family.TIME),
    ("timetz", "time with time zone", Family.TIME),
    ("interval(3)", "interval(3)", Family.INTERVAL),
    ("interval day to second(3)", "interval day to second(3)", Family.INTERVAL),
    ("text[]", "text[]", Family.OTHER),
    ("integer[][]", "integer[][]", Family.OTHER),
    ("integer ARRAY[4]", "integer[]", Family.OTHER),
    ("integer ARRAY", "integer[]", Family.OTHER),
    ("_int4", "integer[]", Family.OTHER),
    ("character varying(20)[]", "character varying(20)[]", Family.OTHER),
    ("timestamp(3) without time zone[]", "timestamp(3) without time zone[]", Family.OTHER),
    ('"Role"', '"Role"', Family.OTHER),
    ('public."Role"', '"Role"', Family.OTHER),
    ('"my schema"."Role"[]', '"my schema"."Role"[]', Family.OTHER),
    ("Role", "role", Family.OTHER),
    ('"char"', '"char"', Family.OTHER),
    ("pg_catalog.int4", "integer", Family.INTEGER),
    ("geometry(Point,4326)", "geometry(Point,4326)", Family.OTHER),
    ("vector(1536)", "vector(1536)", Family.OTHER),
    ("bit", "bit(1)", Family.OTHER),
    ("bit varying(5)", "bit varying(5)", Family.OTHER),
    ("enum('a','b)')", "enum('a','b)')", Family.OTHER),
    ("", "", Family.OTHER),
]


@pytest.mark.parametrize(("spelled", "canonical", "family"), SPELLINGS, ids=str)
def test_spellings(spelled: str, canonical: str, family: Family) -> None:
    type_ = parse_type(spelled)
    assert str(type_) == canonical
    assert type_.family is family
    assert type_.spelled == spelled
    assert parse_type(str(type_)) == type_


def test_quotes_tell_user_types_apart() -> None:
    assert parse_type('"Role"') != parse_type("Role")
    assert parse_type('"char"') != parse_type("char")
    assert parse_type("geometry(Point,4326)") != parse_type("geometry(Polygon,4326)")


def test_every_alias_is_canonical_in_one_step() -> None:
    for name in FAMILIES:
        assert parse_type(name).name == name


_NAMES = st.one_of(
    st.sampled_from(sorted(FAMILIES)), st.text(min_size=1, max_size=12).filter(lambda s: "\x00" not in s)
)


@given(_NAMES, st.lists(st.integers(0, 99), max_size=2), st.integers(0, 2), st.none() | st.text(min_size=1, max_size=6))
def test_what_is_printed_is_read_back(name: str, arguments: list[int], dimensions: int, schema: str | None) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    inner = f"({','.join(map(str, arguments))})" if arguments else ""
    written = name if name in FAMILIES and schema is None else quoted(name)
    type_ = parse_type((f"{quoted(schema)}." if schema else "") + written + inner + "[]" * dimensions)
    assert parse_type(str(type_)) == type_


@pytest.mark.server
def test_every_type_that_postgresql_prints(postgresql: Shadow) -> None:
    """`format_type` of every built-in base type, bare and as an array, is already canonical."""
    with psycopg.connect(postgresql.database()) as connection:
        names = connection.execute(
            "select pg_catalog.format_type(oid, null) from pg_catalog.pg_type"
            " where typtype in ('b', 'r', 'm') and typname !~ '^_'"
        ).fetchall()
    assert len(names) > 60
    for (name,) in names:
        for printed in (name, f"{name}[]"):
            if name not in {"character", "bit"}:  # bare, they have no length: no column can be of them
                assert str(parse_type(printed)) == printed
    assert isinstance(parse_type("text"), SqlType)
