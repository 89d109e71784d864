"""Identifiers: split, counted, matched against vocabularies, and derived."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.types import parse_type
from dbarchitect.rules._names import derived_name, phrases, singular, thing_words, words


def table(name: str, model: str | None = None) -> Table:
    return Table(name, (Column("id", parse_type("bigint")),), model=model)


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("user_id", "user id"),
        ("userID", "user id"),
        ("UserId", "user id"),
        ("APIKey", "api key"),
        ("userIDs", "user ids"),
        ("isURLSafe", "is url safe"),
        ("createdAt", "created at"),
        ("contentMDX", "content mdx"),
        ("XMLHttpRequest", "xml http request"),
        ("sha256_hash", "sha256 hash"),
        ("STATUS", "status"),
        ("_hidden__x", "hidden x"),
        ("größe", "größe"),
        ("", ""),
        ('"; drop', "drop"),
    ],
)
def test_words(identifier: str, expected: str) -> None:
    assert " ".join(words(identifier)) == expected


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("category", "categories"),
        ("status", "statuses"),
        ("address", "addresses"),
        ("box", "boxes"),
        ("person", "people"),
        ("key", "keys"),
        ("house", "houses"),
        ("use", "uses"),
        ("size", "sizes"),
        ("database", "databases"),
        ("quiz", "quizzes"),
        ("movie", "movies"),
        ("branch", "branches"),
        ("alias", "aliases"),
        ("analysis", "analyses"),
    ],
)
def test_singular(one: str, many: str) -> None:
    assert singular(many) == one
    assert singular(one) == one


@pytest.mark.parametrize("word", ["news", "media", "analytics", "series", "status", "class", "bus", "basis", "gas"])
def test_words_that_only_look_plural(word: str) -> None:
    assert singular(word) == word


def test_phrases_match_at_word_borders() -> None:
    secret = phrases("api key", "secret")
    assert secret.within("stripeApiKeys")
    assert secret.within("client_secret_hash")
    assert not secret.within("secretary_id")
    assert not secret.within("api_public_key")
    assert secret.ends("old_api_key")
    assert not secret.ends("api_key_id")
    assert secret.starts("secret_value")
    assert secret.whole("API_KEYS")
    assert secret.find("api_key_secret") == ("api", "key")
    assert (secret | phrases("token")).within("token")


def test_a_model_names_its_table_better() -> None:
    journal = table("journal_journalentry", "journal.JournalEntry")
    assert thing_words(journal) == ("journal", "entry")
    assert thing_words(table("user_interests")) == ("user", "interest")


def test_derived_names_fit_and_differ() -> None:
    assert derived_name("ix", "usage_logs", ["user_id"]) == "ix_usage_logs_user_id"
    assert derived_name("ix", "a", ["b"], {"IX_a_b"}) == "ix_a_b_2"
    long = derived_name("ix", "t" * 60, ["a"]), derived_name("ix", "t" * 60, ["b"])
    assert long[0] != long[1]


@given(st.text(max_size=80), st.lists(st.text(max_size=40), max_size=4))
def test_derived_names_are_at_most_63_bytes(name: str, columns: list[str]) -> None:
    derived = derived_name("ck", name, columns)
    assert len(derived.encode()) <= 63
    assert len(derived_name("ck", name, columns, {derived}).encode()) <= 63
    assert derived_name("ck", name, columns, {derived}) != derived


@given(st.text())
def test_splitting_never_fails(name: str) -> None:
    assert all(word == word.lower() for word in words(name) if word.isascii())
