"""The canonical form of expressions, and the questions that rules ask of them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbarchitect.catalog import expression_parser, expressions
from dbarchitect.catalog.expressions import Bounds, Comparison, LengthLimit, expression

EQUAL = [
    ("status in ('b', 'a')", "status = 'a' OR \"status\"='b'", "'a' = STATUS or users.status = 'b'"),
    ("(status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])", "status IN ('a','b')"),
    ("status = any('{a,b}'::text[])", "status in ('a', 'b')"),
    ("status in ('a')", "status = 'a'", "((status)::text = 'a'::text)", "status = E'a'"),
    ("x between 1 and 2", "((x >= 1) AND (x <= 2))", "2 >= x and 1 <= x"),
    ("x not between 1 and 2", "x < 1 or x > 2", "NOT (x >= 1 AND x <= 2)"),
    ("x <> ALL (ARRAY[1, 2])", "x NOT IN (2, 1)", "x <> 1 and x <> 2", "not (x = 1 or x = 2)"),
    ("'x'::character varying", "'x'", "('x'::text)", "'x'::character varying(20)"),
    ("0::numeric", "0", "'0'::numeric", "0.0", "((0)::numeric)", "'0'::bigint"),
    ("'-1'::integer", "-1", "(-1)"),
    ("'{}'::jsonb", "'{}'", "ARRAY[]::text[]", "'{}'::text[]"),
    ("'draft'::\"Status\"", "'draft'", "'draft'::public.\"Status\""),
    ("NOW()", "CURRENT_TIMESTAMP", "current_timestamp(3)", "transaction_timestamp()", "LOCALTIMESTAMP", "now()"),
    ("true", "TRUE", "'t'::boolean", "'true'::bool", "(true)"),
    ("a IS NOT NULL", "NOT a IS NULL", "a notnull"),
    ("lower((email)::text)", "LOWER(email)"),
    ("active", "active = true", "(active)", "TRUE = active", "NOT active = false", "active <> false"),
    ("NOT active", "active = false", "active != true"),
    ("(data ->> 'a'::text)", "data->>'a'"),
    ("a ~~ 'x%'::text", "a LIKE 'x%'"),
    ("a !~~ 'x'", "a not like 'x'", "NOT ((a)::text ~~ 'x'::text)"),
    ("a != 'b'", "a <> 'b'::text"),
    ("end_at > start_at", "start_at < end_at", "(end_at > start_at)"),
    ("(now() AT TIME ZONE 'utc'::text)", "timezone('utc'::text, now())"),
    ("`age` > 1", "age > 1", '"age" > 1', "[age] > 1", '"users"."age" > 1', "AGE>1"),
    ("(qty)::numeric > 0.5", "qty > 0.5"),
    ("interval '1 day'", "'1 day'::interval"),
    ("nextval('x_id_seq'::regclass)", "nextval('public.x_id_seq'::regclass)", "nextval('x_id_seq')"),
    ("public.uuid_generate_v4()", "uuid_generate_v4()"),
    ("TRIM(BOTH FROM a) <> ''::text", "btrim(a) <> ''", "trim(a) <> ''"),
    ("char_length(a) < 5", "length((a)::text) < 5", "5 > CHARACTER_LENGTH(a)"),
    ("a > 1 and (b > 2 and c > 3)", "(c > 3 AND a > 1) AND b > 2"),
    ("not (a > 1 and b > 2)", "a <= 1 or b <= 2"),
    ("a   =  'x  y'", "a = 'x  y'"),
]
DIFFERENT = [
    ("x > 1", "x >= 1", "x < 1", "y > 1", "x > 2", "x > 1.5"),
    ("status in ('a', 'b')", "status in ('a', 'c')", "status not in ('a', 'b')", "status in ('A', 'b')"),
    ("a = 'x y'", "a = 'x  y'"),
    ("1", "1.5", "'1'", "-1", "true", "null"),
    ("active", "active is true", "NOT active"),
    ('"Age" > 1', "age > 1"),
    ("a and b or c", "a and (b or c)"),
    ("a - b > 0", "b - a > 0"),
    ("(a - b) - c > 0", "a - (b - c) > 0"),
    ("a::numeric / b > 1", "a / b > 1"),
    ("now()", "now() + interval '1 day'", "now() + interval '2 days'", "clock_timestamp()", "current_date"),
    ("1.5::integer", "1.5"),
    ("NEW.a = 1", "OLD.a = 1"),
    ("exists (select 1 from m where m.id = d.id)", "exists (select 1 from m where d.id = d.id)"),
    ("a is distinct from b", "a <> b"),
    ("data -> 'a'", "data ->> 'a'", "data #> '{a}'"),
    ("a like 'x'", "a ilike 'x'", "a ~ 'x'"),
    ("ltrim(a) = ''", "rtrim(a) = ''", "btrim(a) = ''"),
    ("what ever ! (", "what else ! ("),
    ("date_trunc('day', a)", "date_trunc('month', a)"),
]


@pytest.mark.parametrize("spellings", EQUAL, ids=lambda spellings: spellings[0])
def test_spellings_of_one_thing_are_equal(spellings: tuple[str, ...]) -> None:
    assert {expression(text) for text in spellings} == {expression(spellings[0])}
    assert {expression(text).canonical for text in spellings} == {expression(spellings[0]).canonical}


@pytest.mark.parametrize("texts", DIFFERENT, ids=lambda texts: texts[0])
def test_different_things_stay_different(texts: tuple[str, ...]) -> None:
    assert len({expression(text) for text in texts}) == len(texts)


@pytest.mark.parametrize("text", [text for group in (*EQUAL, *DIFFERENT) for text in group])
def test_the_canonical_form_is_its_own_canonical_form(text: str) -> None:
    if "select" not in text:  # a subquery's canonical form is no SQL
        canonical = expression(text).canonical
        assert expression(canonical).canonical == canonical


def test_the_text_is_kept_and_not_compared() -> None:
    assert str(expression("A  =  1")) == "A  =  1"
    assert expression("A  =  1") == expression("a = 1")


@pytest.mark.parametrize(
    "text",
    [
        "'x'",
        "'it''s'",
        "-1",
        "(0)",
        "((0)::numeric)",
        "0.50",
        "'7'::smallint",
        "true",
        "'t'::boolean",
        "NULL::character varying",
        "now()",
        "CURRENT_TIMESTAMP",
        "CURRENT_TIMESTAMP(6)",
        "nextval('s'::regclass)",
        "gen_random_uuid()",
        "'{}'::text[]",
        "'{a,b}'::text[]",
        "'x'::\"Role\"",
        "1::text",
        "'2020-01-01'::date",
        "'0'::double precision",
        "'x'::bpchar",
        "1.5::integer",
    ],
)
def test_the_fast_path_says_what_the_parser_says(text: str) -> None:
    simple = expressions._simple(text)
    assert simple is not None
    assert simple == expression_parser.parse(text)


def test_ten_thousand_defaults_cost_nothing() -> None:
    expressions._node.cache_clear()
    expression.cache_clear()
    start = time.perf_counter()
    for number in range(10_000):
        expression(f"'{number}'::character varying")
    assert time.perf_counter() - start < 1.0


def test_importing_the_module_does_not_load_the_parser() -> None:
    code = "import sys; from dbarchitect.catalog import expressions; expressions.expression('1::text');"
    code += "sys.exit('sqlglot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("text", ["", "(", "'", "\x00", "😀 = '", "</script>", "a" * 5000, "(" * 500 + "a" + ")" * 500])
def test_hostile_text_becomes_an_expression(text: str) -> None:
    assert expression(text) == expression(text)


def test_a_long_chain_is_read() -> None:
    chain = " or ".join(f"a = {number}" for number in range(2000))
    assert expressions.value_sets(expression(chain))["a"] == tuple(sorted(map(str, range(2000))))


_COLUMNS, _NOT = st.sampled_from("abc"), st.sampled_from(["", "not "])
_COMPARED = st.sampled_from(["=", "<>", "!=", "<", "<=", ">", ">="])
_VALUES = st.lists(st.sampled_from("0123"), min_size=1, max_size=3).map(", ".join)
_ATOMS = st.one_of(
    st.builds("{} {} {}".format, _COLUMNS, _COMPARED, st.sampled_from([*"abc0123"])),
    st.builds("{} {} {}".format, st.sampled_from("012"), _COMPARED, _COLUMNS),
    st.builds("{} {}in ({})".format, _COLUMNS, _NOT, _VALUES),
    st.builds("{} {}between {} and {}".format, _COLUMNS, _NOT, st.sampled_from("01"), st.sampled_from("123")),
    st.builds("{} is {}null".format, _COLUMNS, _NOT),
)
_PREDICATES = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(_PREDICATES)
def test_the_canonical_form_means_the_same_to_a_database(predicate: str) -> None:
    values = [None, 0, 1, 2, 3]
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table t (a, b, c)")
        connection.executemany(
            "insert into t values (?, ?, ?)", [(a, b, c) for a in values for b in values for c in values]
        )
        canonical = expression(predicate).canonical
        differing = f"select * from t where ({predicate}) is not ({canonical})"
        assert connection.execute(differing).fetchall() == []
        _facts_hold(connection, predicate)
    connection.close()


def _facts_hold(connection: sqlite3.Connection, predicate: str) -> None:
    """What the questions answer holds for every row that a CHECK lets through (true or unknown)."""
    e = expression(predicate)
    rules = [f"{name} in ({', '.join(found) or 'null'})" for name, found in expressions.value_sets(e).items()]
    for name, limit in expressions.bounds(e).items():
        if limit.low is not None:
            rules.append(f"{name} {'>=' if limit.low_inclusive else '>'} {limit.low}")
        if limit.high is not None:
            rules.append(f"{name} {'<=' if limit.high_inclusive else '<'} {limit.high}")
    rules += [f"{found.left} {found.operator} {found.right}" for found in expressions.comparisons(e)]
    no_nulls = "a is not null and b is not null and c is not null"
    for rule in rules:
        broken = f"select * from t where {no_nulls} and ({predicate}) is not false and ({rule}) is false"
        assert connection.execute(broken).fetchall() == [], rule
    for name in expressions.not_null_columns(e):
        assert (
            connection.execute(f"select * from t where ({predicate}) is not false and {name} is null").fetchall() == []
        )
    for name in "abc":
        if expressions.implies_is_null(e, name):
            assert connection.execute(f"select * from t where ({predicate}) and {name} is not null").fetchall() == []


def test_columns_and_functions() -> None:
    e = expression("lower(\"Email\") = btrim(name) and users.age > 3 and data ->> 'k' = 'v'")
    assert expressions.columns_of(e) == ("Email", "age", "data", "name")
    assert expressions.functions_of(e) == ("btrim", "lower")
    assert expressions.columns_of(expression("gen_random_uuid()")) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status in ('b', 'a')", {"status": ("a", "b")}),
        ("status is null or status = 'a'", {"status": ("a",)}),
        ("status in ('a', 'b') and kind = 'x'", {"kind": ("x",), "status": ("a", "b")}),
        ("status in ('a', 'b') and status in ('b', 'c')", {"status": ("b",)}),
        ("status in ('a', 'b') or kind = 'x'", {}),
        ("deleted_at is null or status = 'a'", {}),
        ("lower(status) in ('a', 'b')", {}),
        ("not (status in ('a', 'b'))", {}),
        ("level in (1, 2)", {"level": ("1", "2")}),
    ],
)
def test_value_sets(text: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert dict(expressions.value_sets(expression(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price >= 0", {"price": Bounds("0")}),
        ("price > 0 and price > 10 and 100 >= price", {"price": Bounds("10", False, "100")}),
        ("rating between 1 and 5", {"rating": Bounds("1", True, "5")}),
        ("rating is null or rating between 1 and 5", {"rating": Bounds("1", True, "5")}),
        ("rating > 1 or price > 1", {}),
        ("day >= '2020-01-01'::date", {"day": Bounds("2020-01-01")}),
    ],
)
def test_bounds(text: str, expected: dict[str, Bounds]) -> None:
    assert dict(expressions.bounds(expression(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("length(bio) <= 500", (LengthLimit("bio", 500),)),
        ("char_length((bio)::text) < 500", (LengthLimit("bio", 499),)),
        ("bio is null or octet_length(bio) <= 9", (LengthLimit("bio", 9, "octet_length"),)),
        (
            "pg_column_size(data) <= 1000 and length(a) = 2",
            (LengthLimit("a", 2), LengthLimit("data", 1000, "pg_column_size")),
        ),
        ("length(bio) > 5", ()),
        ("length(bio) < 5 or admin", ()),
    ],
)
def test_length_limits(text: str, expected: tuple[LengthLimit, ...]) -> None:
    assert expressions.length_limits(expression(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now()", True),
        ("CURRENT_TIMESTAMP", True),
        ("timezone('utc'::text, now())", True),
        ("datetime('now')", True),
        ("clock_timestamp()", True),
        ("strftime('%s', 'now')", True),
        ("(now())::timestamp(3) without time zone", True),
        ("'2020-01-01'", False),
        ("gen_random_uuid()", False),
        ("now() + '1 day'::interval", False),
        ("lower(now)", False),
    ],
)
def test_is_current_timestamp(text: str, expected: bool) -> None:
    assert expressions.is_current_timestamp(expression(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("'it''s'::text", "it's"), ("0::numeric", "0"), ("TRUE", "true"), ("null", None), ("now()", None), ("a", None)],
)
def test_literal_value(text: str, expected: str | None) -> None:
    assert expressions.literal_value(expression(text)) == expected


def test_comparisons() -> None:
    assert expressions.comparisons(expression("start_at < end_at and a > 1")) == (
        Comparison("end_at", ">", "start_at"),
    )
    assert expressions.comparisons(expression("end_at is null or end_at >= start_at")) == (
        Comparison("end_at", ">=", "start_at"),
    )
    assert expressions.comparisons(expression("start_at < end_at or a > 1")) == ()


def test_not_null_columns() -> None:
    assert expressions.not_null_columns(expression("a is not null and (b is not null or c > 1)")) == ("a",)


def test_what_a_partial_index_restricts_to_null() -> None:
    predicate = expression("((deleted_at IS NULL) AND ((kind)::text = 'x'::text))")
    assert expressions.implies_is_null(predicate, "deleted_at")
    assert not expressions.implies_is_null(predicate, "kind")
    assert not expressions.implies_is_null(expression("deleted_at is null or a = 1"), "deleted_at")


_SUBJECTS = st.sampled_from(["amount", "(state)::text", '"Odd Name"', '("Odd Name")::text', "current_date", "x1"])
_TEXTS = st.text("ab'% \\", max_size=4).map(lambda text: "'" + text.replace("'", "''") + "'")
_CASTS = st.sampled_from(["", "::text", "::character varying", "::character varying(20)", "::bpchar", "::date"])
_CONSTANTS = st.one_of(
    st.integers(-9, 9).map(lambda n: f"({n})" if n < 0 else str(n)),
    st.decimals(0, 9, places=2).map(str),
    st.builds("{}{}".format, _TEXTS, _CASTS),
)


@given(_SUBJECTS, st.sampled_from(["<", "<=", "=", ">=", ">", "<>"]), _CONSTANTS, st.booleans())
def test_the_shortcut_for_comparisons_agrees_with_the_parser(
    subject: str, operator: str, constant: str, bracketed: bool
) -> None:
    text = f"{subject} {operator} {constant}"
    found = expressions._stored_condition(f"({text})" if bracketed else text)
    assert found is None or found == expression_parser.parse(text)


@given(_SUBJECTS, st.lists(st.builds("{}{}".format, _TEXTS, _CASTS), min_size=1, max_size=4), st.booleans())
def test_the_shortcut_for_value_sets_agrees_with_the_parser(subject: str, values: list[str], cast: bool) -> None:
    listed = f"ARRAY[{', '.join(values)}]"
    text = f"({subject} = ANY ({f'({listed})::text[]' if cast else listed}))"
    found = expressions._stored_condition(text)
    assert found is None or found == expression_parser.parse(text)


def test_the_shortcut_is_taken() -> None:
    for text in (
        "(amount >= 0)",
        "((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
    ):
        assert expressions._stored_condition(text) is not None
