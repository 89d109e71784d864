"""What tables are for: several signals together, never the name alone."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.engine import SQLITE
from dbarchitect.catalog.members import Column, ForeignKey, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import parse_type
from dbarchitect.rules._schema import domains
from dbarchitect.rules._schema.sealed import plain_key
from dbarchitect.rules._schema.versions import is_document, versions_of


def table(name: str, columns: str, *, to: str = "", model: str | None = None) -> Table:
    """A table from `name type, …` (`type!` is required); the column `user_id` refers to `to`."""
    made = [Column("id", parse_type("bigint"), nullable=False, position=1)]
    for position, column in enumerate(filter(None, (part.strip() for part in columns.split(","))), 2):
        word, _, type_ = column.partition(" ")
        made.append(Column(word, parse_type(type_.rstrip("!")), nullable=not type_.endswith("!"), position=position))
    keys: tuple[ForeignKey, ...] = ()
    if to:
        made.append(Column("user_id", parse_type("bigint"), nullable=False, position=99))
        keys = (ForeignKey(("user_id",), Ref.of_table(to), ("id",)),)
    return Table(name, tuple(made), primary_key=UniqueKey(("id",)), foreign_keys=keys, model=model)


USERS = table("users", "email text, password_hash text")


def among_users(*tables: Table) -> Catalog:
    return Catalog(SQLITE, (USERS, *tables))


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("payments", "amount bigint, currency text", True),
        ("stripe_payment_intents", "amount bigint, status text", True),
        ("payments", "note text", False),
        ("payment_methods", "brand text, status text", False),
        ("battery_charges", "percent bigint, status text", False),
    ],
)
def test_payments(name: str, columns: str, expected: bool) -> None:
    assert domains.is_payment(table(name, columns)) is expected


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("notes", "title text, body text", True),
        ("saved_meal_plans", "name text, meal_plan_data json", True),
        ("posts", "body_html text", True),
        ("projects", "name text, description text", False),
        ("notifications", "title text, body text", False),
        ("imports", "name text, error_message text", False),
        ("pages", "title varchar(100), body varchar(140)", False),
        ("pages", "title text, footer_html text", False),
    ],
)
def test_user_content(name: str, columns: str, expected: bool) -> None:
    own = table(name, columns, to="users")
    assert domains.is_user_content(own, among_users(own)) is expected


def test_content_belongs_to_somebody() -> None:
    nobodys = table("notes", "title text, body text")
    assert not domains.is_user_content(nobodys, among_users(nobodys))


def test_a_part_of_the_account_is_no_content() -> None:
    profile = table("stories", "title text, body text", to="users")
    profile = Table(
        profile.name, profile.columns, primary_key=UniqueKey(("user_id",)), foreign_keys=profile.foreign_keys
    )
    assert not domains.is_user_content(profile, among_users(profile))


@pytest.mark.parametrize(
    ("name", "columns", "expected"),
    [
        ("usage_logs", "action text, created_at timestamp", True),
        ("page_views", "path text, viewed_at timestamp", True),
        ("readings", "value real, read_at timestamp", True),
        ("usage_logs", "action text", False),
        ("metrics", "name text, created_at timestamp", False),
        ("events", "title text, starts_at timestamp", False),
        ("audit_logs", "action text, created_at timestamp", False),
        ("activity", "kind text, created_at timestamp, updated_at timestamp", False),
        ("messages", "body text, created_at timestamp", False),
    ],
)
def test_streams(name: str, columns: str, expected: bool) -> None:
    own = table(name, columns)
    assert domains.is_stream(own, among_users(own)) is expected


def test_rows_that_others_refer_to_are_no_stream() -> None:
    log = table("event_logs", "at timestamp")
    remark = table("remarks", "body text", to="event_logs")
    assert domains.is_stream(log, among_users(log))
    assert not domains.is_stream(log, among_users(log, remark))


def test_what_belongs_to_a_user_does_not_sign_in() -> None:
    mailbox = table("email_accounts", "username text, password text", to="users")
    catalog = among_users(mailbox)
    assert domains.signs_in(USERS, catalog)
    assert not domains.signs_in(mailbox, catalog)
    assert domains.login_tables(catalog) == (USERS,)


def test_the_key_of_a_table_of_keys() -> None:
    plain = table("api_keys", "name text, key text")
    hashed = table("api_keys", "name text, key text, key_hash text")
    found = plain_key(plain, Catalog(SQLITE, (plain,)))
    assert found is not None
    assert found.name == "key"
    assert plain_key(hashed, Catalog(SQLITE, (hashed,))) is None
    assert plain_key(table("keys", "name text, key text"), Catalog(SQLITE)) is None


def test_versions_are_found_by_name_or_reference() -> None:
    page = table("wiki_page", "title text!, content text!", to="users", model="wiki.Page")
    named = table("page_revisions", "content text")
    referring = table("history", "content text", to="wiki_page")
    assert is_document(page, among_users(page))
    later = table("links", "name text!, text_content text", to="users")
    assert not is_document(later, among_users(later))
    assert not versions_of(page, among_users(page))
    assert versions_of(page, among_users(page, named)) == "table page_revisions"
    assert versions_of(page, among_users(page, referring)) == "table history"
