"""What becomes the key of a table that has none: the one that lacks nothing but NOT NULL, before a number."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.members import UniqueKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.change.operations import AddColumn, AlterColumn, Drop, SetPrimaryKey
from dbarchitect.finding import Applicability, Fix
from dbarchitect.rules.keys.table_without_primary_key import TableWithoutPrimaryKey
from dbarchitect.sources.opened import survey_path

ONE = "create table contacts (email text unique, name text);"
TWO = "create table contacts (email text unique, phone text unique, name text);"
CLEARED = """create table people (id integer primary key);
create table desks (person_id integer unique references people (id) on delete set null, place text);"""
DELETED = "create table contacts (email text not null, deleted_at timestamp, unique (email, deleted_at));"
REFERRED = """create table contacts (email text unique, name text);
create table calls (id integer primary key, email text references contacts (email));"""
WORKS_WITH_NULL = """
const {{ Pool }} = require("pg");
const pool = new Pool();
async function nameless() {{
  return await pool.query("SELECT name FROM contacts WHERE {column} IS NULL");
}}
module.exports = {{ nameless }};
"""


def fix_of(folder: Path, ddl: str, code: str = "") -> Fix | None:
    (folder / "schema.sql").write_text(ddl)
    if code:
        (folder / "app.js").write_text(code)
    survey = survey_path(folder)[0]
    rule = TableWithoutPrimaryKey()
    (finding,) = rule.detect(survey)
    return rule.fix(finding, survey)


def kinds(fix: Fix | None) -> list[type]:
    return [type(change) for change in fix.changes] if fix is not None else []


def test_the_only_unique_key_is_made_required_and_the_primary_one(tmp_path: Path) -> None:
    fix = fix_of(tmp_path, ONE)
    assert fix is not None
    assert kinds(fix) == [AlterColumn, Drop, SetPrimaryKey]
    assert fix.changes[-1] == SetPrimaryKey(Ref.of_table("contacts"), None, UniqueKey(("email",)))
    assert fix.applicability is Applicability.UNSAFE
    assert "email is NULL" in fix.note


@pytest.mark.parametrize("ddl", [TWO, CLEARED, DELETED])
def test_where_rows_may_do_without_it_they_are_numbered(tmp_path: Path, ddl: str) -> None:
    assert AddColumn in kinds(fix_of(tmp_path, ddl))


def test_where_the_code_works_with_null_rows_are_numbered(tmp_path: Path) -> None:
    assert AddColumn in kinds(fix_of(tmp_path, ONE, WORKS_WITH_NULL.format(column="email")))
    assert AddColumn not in kinds(fix_of(tmp_path, ONE, WORKS_WITH_NULL.format(column="name")))


def test_a_key_that_others_refer_to_is_left_to_people(tmp_path: Path) -> None:
    assert fix_of(tmp_path, REFERRED) is None
