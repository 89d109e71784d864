"""The JSON report's schema says what the document's types say, no field more or less, and refuses what is not so."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import types
import typing
from collections.abc import Iterator, Mapping
from copy import deepcopy
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import jsonschema
import psycopg
import pytest
from support.dba import dba

from dbarchitect.audit.model import Phase
from dbarchitect.catalog.refs import Kind
from dbarchitect.finding import Applicability, Category, EvidenceKind, Level, Precision
from dbarchitect.report import document
from dbarchitect.shadow import Shadow

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report-schema.json").read_text(encoding="utf-8"))
TYPES = {name: value for name, value in vars(document).items() if dataclasses.is_dataclass(value)}
NAMES = {str: "string", int: "integer", float: "number", bool: "boolean"}
Json = typing.Any


def form(hint: object) -> Json:
    """What the schema must say of a type: a name, a list of one, `{}` of one, or a reference."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"or null": form(next(a for a in arguments if a is not type(None)))}
    if origin is tuple:
        return [form(arguments[0])]
    if origin is Mapping:
        return {"values": None if arguments[1] is object else form(arguments[1])}
    if dataclasses.is_dataclass(hint):
        return f"#/$defs/{typing.cast('type', hint).__name__}"
    return "null" if hint is type(None) else NAMES[typing.cast("type", hint)]


def said(node: Json) -> Json:
    """What the schema says, in the same words."""
    if "$ref" in node:
        return node["$ref"]
    if "anyOf" in node:
        (one, null) = node["anyOf"]
        assert null == {"type": "null"}
        return {"or null": said(one)}
    kind = node["type"]
    if isinstance(kind, list):
        (one, null) = kind
        assert null == "null"
        return {"or null": said({**node, "type": one})}
    if kind == "array":
        return [said(node["items"])]
    if kind == "object":
        return {"values": said(node["additionalProperties"]) if "additionalProperties" in node else None}
    return kind


def test_the_schema_itself_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["$defs"]) == set(TYPES), "docs/report-schema.json and report/document.py name other types"
    assert SCHEMA["$ref"] == "#/$defs/Report"
    assert SCHEMA["$defs"]["Report"]["properties"]["schema_version"]["const"] == document.SCHEMA_VERSION


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_type_has_the_same_fields_in_both(name: str) -> None:
    schema = SCHEMA["$defs"][name]
    hints = typing.get_type_hints(TYPES[name])
    fields = [item.name for item in dataclasses.fields(TYPES[name])]
    assert list(schema["properties"]) == fields, f"docs/report-schema.json: {name}"
    assert schema["required"] == fields, f"docs/report-schema.json: {name} does not require all it has"
    for field, node in schema["properties"].items():
        assert said(node) == form(hints[field]), f"docs/report-schema.json: {name}.{field}"


@pytest.mark.parametrize(
    ("place", "values"),
    [
        (("ObjectName", "kind"), Kind),
        (("Evidence", "kind"), EvidenceKind),
        (("Fix", "applicability"), Applicability),
        (("Finding", "level"), Level),
        (("Finding", "precision"), Precision),
        (("Finding", "category"), Category),
        (("Rule", "category"), Category),
        (("Finding", "phase"), Phase),
        (("Phase", "phase"), Phase),
    ],
    ids=".".join,
)
def test_closed_sets_have_the_values_of_the_code(place: tuple[str, str] | type, values: type[StrEnum]) -> None:
    name, field = typing.cast("tuple[str, str]", place)
    assert SCHEMA["$defs"][name]["properties"][field]["enum"] == [value.value for value in values]


def test_the_scores_categories_are_those_of_the_code() -> None:
    categories = SCHEMA["$defs"]["Score"]["properties"]["categories"]["required"]
    assert categories == [category.value for category in Category]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """A report in which every type of the document stands."""
    folder = tmp_path_factory.mktemp("schema")
    (folder / "shop.sql").write_text(
        """create table author (id bigint primary key, email text unique check (email like '%@%'));
create table book (id bigint primary key, author_id bigint not null references author (id), price double precision);
create table note (id bigint primary key, author_id bigint not null references author (id));
-- dba: ignore[IDX001] ten rows
create index on book (price);
-- dba: ignore[IDX] ten rows
create table page (id bigint primary key, book_id bigint not null references book (id));
create index on page (id) where
"""
    )
    (folder / "dbarchitect.toml").write_text(
        '[[suppress]]\nrules = ["unindexed-foreign-key"]\nobject = "page.book_id"\nreason = "ten rows"\n'
        "until = 2990-01-31\n"
    )
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "left.sql").write_text("create table left_out (id bigint);\n")
    (folder / "dbarchitect-baseline.json").write_text('{"version": 1, "findings": []}')
    with sqlite3.connect(folder / "log.sqlite3") as database:
        database.execute("create table log (id integer primary key, text text)")
    database.close()
    result = dba("audit", ".", "log.sqlite3", "--format", "json", cwd=folder)
    assert result.returncode == 1, result.stderr
    return json.loads(result.stdout)


def places(value: Json, hint: object, where: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The path to every field of every object of the document, the first of each list; and the field's type.name."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if value is None:
        return
    if origin in (types.UnionType, typing.Union):
        hint = next(a for a in arguments if a is not type(None))
        yield from places(value, hint, where)
    elif origin is tuple:
        for number, item in enumerate(value):
            yield from places(item, arguments[0], (*where, number))
    elif dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(typing.cast("type", hint))
        for name, one in hints.items():
            yield (*where, name), f"{typing.cast('type', hint).__name__}.{name}"
            yield from places(value[name], one, (*where, name))


def test_a_report_satisfies_the_schema_and_no_damaged_one_does(report: Json) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(report)
    seen: set[str] = set()
    for path, name in places(report, document.Report):
        if name in seen:
            continue
        seen.add(name)
        damaged = deepcopy(report)
        holder = damaged
        for step in path[:-1]:
            holder = holder[step]
        value = holder.pop(path[-1])
        assert not validator.is_valid(damaged), f"{name} may be missing"
        holder[path[-1]] = 7.5 if isinstance(value, list) else [[]]
        assert not validator.is_valid(damaged), f"{name} may be of any type"
    every = {f"{name}.{field.name}" for name, one in TYPES.items() for field in dataclasses.fields(one)}
    unseen = {name for name in every - seen if not name.startswith("Unseen.")}  # only a server hides things
    assert not unseen, "the report of this test holds none of these"


@pytest.mark.server
def test_a_report_of_a_server_that_hides_things_satisfies_the_schema(postgresql: Shadow) -> None:
    url = urlsplit(postgresql.database(restricted=True))
    with psycopg.connect(urlunsplit(url._replace(netloc=f"postgres@{url.netloc.rpartition('@')[2]}"))) as connection:
        connection.execute("create table note (id bigint primary key, text text)")
        connection.execute("analyze")
    result = dba("audit", url.geturl(), "--format", "json")
    data = json.loads(result.stdout)
    (application,) = data["applications"]
    assert application["unseen"]
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(data)
    for field in ("what", "grant"):
        damaged = deepcopy(data)
        del damaged["applications"][0]["unseen"][0][field]
        assert not validator.is_valid(damaged)
