"""What a comment beside a column is taken to say of its values, and what not."""

from __future__ import annotations

import pytest

from dbarchitect.rules._schema.comments import listed_values, tells_json


@pytest.mark.parametrize(
    ("comment", "default", "values"),
    [
        ('"guest" | "member" | "admin"', "guest", ("guest", "member", "admin")),
        ("'a' | 'b' | null", "a", ("a", "b")),
        ('"user" or "admin"', "user", ("user", "admin")),
        ('"user", "admin", or "root"', None, ("user", "admin", "root")),
        ("enum: pending, completed", "pending", ("pending", "completed")),
        ("Status: open | closed", "open", ("open", "closed")),
        ("one of: a, b, or c", "a", ("a", "b", "c")),
        ("PENDING, DONE.", "PENDING", ("PENDING", "DONE")),
        ("admin / user", "user", ("admin", "user")),
        ("low (default), high", "low", ("low", "high")),
        ("(open|closed)", None, ("open", "closed")),
    ],
)
def test_a_list_of_values(comment: str, default: str | None, values: tuple[str, ...]) -> None:
    assert listed_values(comment, default) == values


@pytest.mark.parametrize(
    ("comment", "default"),
    [
        (None, None),
        ("", "a"),
        ('"stripe"', "stripe"),
        ("a, b, etc.", "a"),
        ("e.g. a, b", "a"),
        ('"a" | "b" | …', "a"),
        ("paid, failed, refunded or whatever Stripe says", "paid"),
        ("first, last", None),
        ("CUID or UUID", None),
        ('"short" | "long"', "hello"),
        ("foreign key, optional", None),
        ("when it was made", "x"),
        ('trace, "prompt"', None),
    ],
)
def test_no_list_of_values(comment: str | None, default: str | None) -> None:
    assert listed_values(comment, default) == ()


def test_bare_words_count_where_the_column_holds_a_state() -> None:
    assert listed_values("income, expense", None, of_state=True) == ("income", "expense")
    assert listed_values("income, expense", None) == ()


@pytest.mark.parametrize(
    "comment",
    ["JSON", "JSON: { theme }", "JSON string array", "Stored as JSON", "Input parameters as JSON string", "json",
     "stringified JSON", "JSON-encoded list", "tags as JSON", "JSON.stringify(tags)",
     'JSON string array: [{ "url": 1 }]'],
)  # fmt: skip
def test_json(comment: str) -> None:
    assert tells_json(comment)


@pytest.mark.parametrize(
    "comment",
    [None, "", "path to a JSON file", "JSON Web Key", "comma separated, not JSON", "JSONPath", "url of json", "MDX",
     "the answer to a JSON:API call"],
)  # fmt: skip
def test_no_json(comment: str | None) -> None:
    assert not tells_json(comment)
