"""Every catalog query is a file that the server takes as it stands."""

from __future__ import annotations

import re
from importlib import resources

import psycopg
import pytest

from dbarchitect.engines.postgresql.read import QUERIES
from dbarchitect.engines.postgresql.session import CHANGED_IN, file_name
from dbarchitect.shadow import Shadow

FILES = {
    entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
    for entry in resources.files("dbarchitect.engines.postgresql").joinpath("sql").iterdir()
}
OF_NO_VERSION = {"server", "sequence_values", "statements", "statements.before_1_8"}


def test_every_query_of_a_version_is_prepared_by_its_server(postgresql_every_version: Shadow) -> None:
    major = int(postgresql_every_version.version.split(".")[0])
    names = {file_name(name, major) for name in QUERIES} | {"server", "sequence_values"}
    with psycopg.connect(postgresql_every_version.database(), autocommit=True) as connection:
        connection.execute("set search_path = ''")
        for name in sorted(names):
            connection.execute(f"prepare it as {FILES[name]}".encode())
            connection.execute("deallocate it")


def test_the_statements_of_the_extension_are_prepared(postgresql_every_version: Shadow) -> None:
    with psycopg.connect(postgresql_every_version.database(), autocommit=True) as connection:
        try:
            connection.execute("create extension pg_stat_statements")
        except psycopg.Error:
            pytest.skip("this server has no pg_stat_statements")
        connection.execute(f"prepare it as {FILES['statements']}".encode())


def test_no_file_is_left_over() -> None:
    used = {file_name(name, major) for name in QUERIES for major in range(13, 19)} | OF_NO_VERSION
    assert set(FILES) == used
    assert set(CHANGED_IN) <= set(QUERIES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_is_in_the_house_style(name: str) -> None:
    text = FILES[name]
    assert text.startswith("-- one row per ")
    assert ";" not in text
    outside_of_strings = re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", text))
    assert outside_of_strings.replace("TimeZone", "") == outside_of_strings.lower()
    assert len(re.findall(r"^order by", text, re.MULTILINE)) == 1, "one order, so that two readings agree"
    sources = re.findall(r"(?<!distinct )\b(?:from|join)\s+(?!lateral\b)([\w.]+)", outside_of_strings)
    own = {"granted", "locked", "pg_stat_statements"}
    assert all(source.startswith("pg_catalog.") for source in sources if source not in own)
    calls = re.findall(
        r"(?<![\w.])(pg_\w+|has_\w+|array_agg|unnest|format_type|age|now|lower|aclexplode)\s*\(", outside_of_strings
    )
    assert calls == [], "a function without its schema may be anybody's"
