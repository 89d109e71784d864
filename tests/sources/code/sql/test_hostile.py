"""Whatever a string of a program holds: it is read, or refused in words, and quickly."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sqlshop import shop

from dbarchitect.sources.code.sql import LONGEST_TEXT, Hole, SqlQuery, Unreadable, looks_like_sql, read_sql

CATALOGS = {engine: shop(engine) for engine in ("postgresql", "sqlite", "mysql")}
WORDS = r"""
select insert into update delete from where and or not in ( ) , . ; * = < > <= || -> ->> @> ? ?1 $1 $$ $a$ %s %(x)s %%
:n @n :: [ ] ' " ` E' -- /* */ # \ 1 1.5 1e9 'a' 'it''s' users orders id user_id total data status null true case when
then else end as join left using on group by having order limit offset union all with recursive exists any array values
set returning conflict do nothing excluded default interval between like ilike is distinct cast extract over partition
match against row lateral natural for of fetch first rows only merge matched begin commit {x} </script>
"""
PIECES = st.sampled_from([*WORDS.split(), "\U0001f600", "\x00", "\n", "\u2028"])
PARTS = st.lists(st.one_of(PIECES, st.text(max_size=5), st.builds(Hole, st.text(max_size=3))), max_size=25)


def attempt(parts: str | list[str | Hole], engine: str) -> tuple[SqlQuery, ...] | None:
    try:
        return read_sql(parts, CATALOGS[engine])
    except Unreadable as error:
        assert str(error)
        return None


@given(parts=PARTS, engine=st.sampled_from(sorted(CATALOGS)), spaced=st.booleans())
@settings(max_examples=200, deadline=None)
def test_anything_is_read_or_refused(parts: list[str | Hole], engine: str, spaced: bool) -> None:
    given_parts = [piece for part in parts for piece in ((part, " ") if spaced else (part,))]
    attempt(given_parts, engine)
    looks_like_sql(given_parts)


@given(tail=st.lists(st.one_of(PIECES, st.builds(Hole)), max_size=12), engine=st.sampled_from(sorted(CATALOGS)))
@settings(max_examples=150, deadline=None)
def test_what_is_read_names_only_what_the_catalog_has(tail: list[str | Hole], engine: str) -> None:
    parts = ["select id, status from orders where user_id = %s ", *(p for piece in tail for p in (" ", piece))]
    catalog = CATALOGS[engine]
    for found in attempt(parts, engine) or ():
        for ref in (
            *found.reads,
            *found.key,
            *(a.column for a in found.assignments),
            *(p.column for p in found.predicates),
        ):
            table = catalog.table(ref)
            assert table is not None
            assert table.column(ref.columns[0]) is not None
        assert all(catalog.table(ref) is not None for ref in found.tables)


@pytest.mark.parametrize(
    "text",
    [
        "select " + "(" * 5_000 + "1" + ")" * 5_000,
        "select " + "(" * 20_000,
        "select 1 " + "union all select 1 " * 2_000,
        "select id from users where " + " and ".join(["id = 1"] * 2_000),
        "select id from users where " + " or ".join(["id = 1 and name = 'a'"] * 1_000),
        "select id from users where id in (" + ",".join(["%s"] * 10_000) + ")",
        "insert into users (id, name) values " + ",".join(["(1, 'a')"] * 4_000),
        "select " + "not " * 20_000 + "true",
        "select " + "case when a then " * 3_000,
        "select " + "-" * 3 + "1",
        "select '" + "''" * 60_000,
        "select $a$" + "$b$" * 50_000,
        "".join(f"${chr(97 + n % 26)}{n}$" for n in range(8_000)),
        "select " + "/*" * 50_000,
        "select id from users where name = " + "lower(" * 2_000 + "name" + ")" * 2_000,
        "with " + ", ".join(f"a{n} as (select id from users)" for n in range(800)) + " select 1",
        "select * from " + ", ".join(["users"] * 1_500),
        "select " + " || ".join(["name"] * 5_000) + " from users",
        "select id from users where name like " + " || ".join(["%s"] * 5_000),
    ],
)
def test_large_and_deep_texts_end_in_time(text: str) -> None:
    started = time.process_time()
    attempt(text, "postgresql")
    assert time.process_time() - started < 10


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(Unreadable, match="characters"):
        read_sql("select '" + "x" * LONGEST_TEXT + "'", shop())


@pytest.mark.parametrize(
    "text", ["select", "select from where", "select (", "insert into", "selec t", "update users", "with x select"]
)
def test_what_no_dialect_reads_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_sql(text if text != "selec t" else "select 'a", shop())
    assert len(str(caught.value)) > 10
    assert "\x1b" not in str(caught.value)


def test_the_parser_writes_no_log(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        read_sql("select id from users where id = 1 for update skip locked; select 1", shop())
        with pytest.raises(Unreadable):
            read_sql("select id from users where where", shop())
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
    assert capsys.readouterr() == ("", "")


def test_the_parser_is_imported_only_for_a_query() -> None:
    code = (
        "import sys; from dbarchitect.sources.code.sql import read_sql, looks_like_sql;"
        "from dbarchitect.catalog.objects import Catalog;"
        "looks_like_sql('select 1'); read_sql('begin; pragma x; commit', Catalog());"
        "assert not any(name.split('.')[0] == 'sqlglot' for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_hostile_names_survive() -> None:
    found = read_sql('select 1 from "users</script>" where "\U0001f600" = \'\x00\' and "a""b" = 1', shop())
    assert found[0].dynamic == ("table",)


def test_reading_costs_little_more_than_parsing() -> None:
    """A thousand of these take half a second on two idle cores; a busy machine is no reason to fail."""
    texts = [
        "select id, email from users where lower(email) = lower(%s) and active order by name limit 10",
        "select o.id, u.email from orders o join users u on user_id = u.id where status in ('a', 'b') and total > 1",
        "insert into orders (user_id, status, total) values (%s, 'new', %s) returning id",
        "update orders set status = %s, total = total + 1 where id = %s",
        "select user_id, count(*) from orders where created_at > now() - interval '7 days' group by user_id order by 2",
    ] * 20
    catalog = shop()

    def spent(work: Callable[[str], object]) -> float:
        started = time.process_time()
        for text in texts:
            work(text)
        return time.process_time() - started

    from dbarchitect.sources.code.sql.parsing import parse

    parsing = min(spent(lambda text: parse(text.replace("%s", "x"), "postgresql")) for _ in range(3))
    reading = min(spent(lambda text: read_sql(text, catalog)) for _ in range(3))
    assert reading < 6 * parsing
