"""A live database is read whole, without harm, and with as few rights as may be."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from dbarchitect.catalog.facts import Facts, TableFacts
from dbarchitect.catalog.members import Action, Identity
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.engines.base import Reading, ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.engines.postgresql.connect import connect, read_only
from dbarchitect.errors import TargetError
from dbarchitect.shadow import Shadow
from dbarchitect.shadow.postgresql import PostgresqlShadow

SHOP = (Path(__file__).parent / "corpus" / "shop.sql").read_text(encoding="utf-8")
HOSTILE = (Path(__file__).parent / "corpus" / "hostile.sql").read_text(encoding="utf-8")


def read(url: str, **options: object) -> Reading:
    return ENGINE.read(url, ReadOptions(**options))  # type: ignore[arg-type]


def as_role(url: str, role: str) -> str:
    return url.replace("postgres@", f"{role}@", 1)


def settled(url: str) -> Reading:
    """A reading that the next one equals: before version 15 a process of its own collects what sessions tell it."""
    before, after = read(url), read(url)
    for _ in range(40):
        if before.facts is not None and after.facts is not None and before.facts.tables == after.facts.tables:
            break
        time.sleep(0.6)  # as often as that process writes
        before, after = after, read(url)
    return after


def make(shadow: Shadow, *statements: str) -> str:
    url = shadow.database()
    ENGINE.execute(url, statements)
    return url


def table(catalog: Catalog, name: str, schema: str | None = None):
    found = catalog.table(Ref.of_table(name, schema))
    assert found is not None
    return found


def test_what_is_read_of_a_table(postgresql: Shadow) -> None:
    catalog = read(make(postgresql, SHOP)).catalog
    account = table(catalog, "account")
    columns = {column.name: column for column in account.columns}
    assert [column.name for column in account.ordered_columns][:3] == ["id", "name", "initial"]
    assert columns["id"].identity is Identity.SERIAL
    assert columns["id"].default is None
    assert (str(columns["name"].type), columns["name"].collation) == ("character varying(120)", "C")
    assert columns["name"].comment == "Given by the user"
    assert not columns["name"].nullable
    assert str(columns["initial"].type) == '"char"'
    assert (columns["role"].type.schema, columns["role"].type.name) == ("app", "Role")
    assert columns["matrix"].type.dimensions == 2
    assert columns["number"].default is not None
    assert columns["number"].default.text == "nextval('global_id'::regclass)"
    assert columns["amount_twice"].generated is not None
    assert account.unique_keys[0].include == ("price",)
    assert account.unique_keys[0].initially_deferred
    assert {check.name: (check.validated, check.no_inherit) for check in account.checks} == {
        "account_price_check": (True, False),
        "state_known": (True, False),
        "kept": (True, True),
        "late": (False, False),
    }
    order = table(catalog, "Order")
    keys = {key.name: key for key in order.foreign_keys}
    assert keys["unchecked"].validated is False
    cascading = keys["Order_account_id_fkey"]
    assert (cascading.on_delete, cascading.on_update, cascading.deferrable) == (Action.CASCADE, Action.SET_NULL, True)
    assert cascading.referenced == Ref.of_table("account")
    assert keys["Order_parent_fkey"].match_full
    assert order.exclusions[0].elements == (("during", "&&"), ("tstzrange(lower(during), upper(during))", "-|-"))
    assert account.comment == "It's an account\\"
    assert account.options == ("autovacuum_enabled=false", "fillfactor=90")


def test_what_is_read_of_indexes(postgresql: Shadow) -> None:
    catalog = read(make(postgresql, SHOP)).catalog
    indexes = {index.name: index for index in table(catalog, "account").indexes}
    first = indexes["account_lower_created_name_name1_price_idx"]
    lower, created, pattern, posix = first.columns
    assert (str(lower.expression), lower.collation, lower.operator_class) == ("lower((name)::text)", None, None)
    assert (created.name, created.descending, created.nulls_first) == ("created", True, False)
    assert (pattern.operator_class, posix.collation) == ("text_pattern_ops", "POSIX")
    assert first.include == ("price",)
    assert str(first.predicate) == "((state = 'paid'::status) AND ((name)::text ~~ 'a%'::text))"
    methods = {index.method for index in indexes.values()}
    assert methods == {"btree", "gin", "brin", "hash"}
    json = next(index for index in indexes.values() if index.column_names == ("data",))
    assert json.columns[0].operator_class == "jsonb_path_ops"
    arrays = next(index for index in indexes.values() if index.column_names == ("tags",))
    assert arrays.columns[0].operator_class is None


def test_an_index_that_failed_is_not_valid(postgresql: Shadow) -> None:
    url = make(postgresql, "create table a (b integer)", "insert into a values (1), (1)")
    with psycopg.connect(url, autocommit=True) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("create unique index concurrently broken on a (b)")
    assert [index.valid for index in table(read(url).catalog, "a").indexes] == [False]


def test_partitions_and_children(postgresql: Shadow) -> None:
    catalog = read(make(postgresql, SHOP)).catalog
    event, part = table(catalog, "event"), table(catalog, "event_2020")
    assert event.partitioning is not None
    assert (event.partitioning.strategy, event.partitioning.keys) == ("range", ("at", "lower(kind)"))
    assert part.partition_of == event.ref
    assert part.bound == "FOR VALUES FROM ('2020-01-01 00:00:00+00', 'a') TO ('2021-01-01 00:00:00+00', 'b')"
    assert [index.column_names for index in part.indexes] == [("id",)], "what the parent gives is the parent's"
    assert table(catalog, "event_rest").bound == "DEFAULT"
    assert table(catalog, "listed_eu").primary_key is None
    child = table(catalog, "child")
    assert child.inherits == (Ref.of_table("account"),)
    assert child.checks == ()


def test_everything_else_that_is_read(postgresql: Shadow) -> None:
    catalog = read(make(postgresql, SHOP, "alter database {} set work_mem = '8MB'".format("postgres"))).catalog
    assert {view.name: view.materialized for view in catalog.views} == {
        "active": False,
        "guarded": False,
        "totals": True,
        "empty_one": True,
    }
    views = {view.name: view for view in catalog.views}
    assert views["active"].columns == ("id", "Name", "state")
    assert "'two  spaces'" in views["active"].definition
    assert views["guarded"].security_barrier
    assert not views["empty_one"].populated
    assert [(sequence.schema, sequence.name, sequence.maximum) for sequence in catalog.sequences] == [
        (None, "global_id", 1000),
        ("app", "countdown", None),
    ]
    assert {enum.name: enum.values for enum in catalog.enums} == {
        "Role": ("Admin", "user"),
        "status": ("new", "paid", "it's", "back\\slash"),
    }
    touch = next(function for function in catalog.functions if function.name == "touch")
    assert (touch.security_definer, touch.settings, touch.language) == (True, ("search_path=public",), "plpgsql")
    triggers = {trigger.name: trigger for trigger in table(catalog, "account").triggers}
    assert triggers["touched"].events == ("insert", "update")
    assert triggers["touched"].columns == ("name", "code")
    assert "name IS NOT NULL" in str(triggers["touched"].when)
    assert not triggers["truncated"].enabled
    policies = {policy.name: policy for policy in table(catalog, "account").policies}
    assert not policies["writers"].permissive
    assert (policies["everyone"].command, policies["everyone"].roles) == ("select", ())
    assert table(catalog, "alembic_version").owned_by == "alembic"
    assert catalog.schemas == ("app",)
    assert catalog.engine.major is not None
    settings = {setting.name for setting in catalog.settings}
    assert {"fsync", "statement_timeout", "max_connections"} <= settings


def test_what_an_extension_made_is_the_extensions(with_statements: PostgresqlShadow) -> None:
    url = make(with_statements, "create extension pg_stat_statements", "create table own (id integer)")
    catalog = read(url).catalog
    assert [extension.name for extension in catalog.extensions] == ["pg_stat_statements"]
    assert {view.name: view.owned_by for view in catalog.views}["pg_stat_statements"] == "pg_stat_statements"
    assert catalog.functions == ()
    assert table(catalog, "own").owned_by is None


def test_types_nobody_knows_keep_their_name(postgresql: Shadow) -> None:
    url = make(
        postgresql,
        "create type pair as (a integer, b text)",
        "create schema geo",
        "create type geo.span as range (subtype = float8)",
        "create table t (p pair, q pair[], r geo.span, s bpchar, t public.pair)",
    )
    types = {column.name: str(column.type) for column in table(read(url).catalog, "t").columns}
    assert types == {"p": "pair", "q": "pair[]", "r": "geo.span", "s": '"bpchar"', "t": "pair"}


def test_only_the_schemas_asked_for(postgresql: Shadow) -> None:
    url = make(
        postgresql,
        "create schema a",
        "create table t (id integer primary key)",
        "create table a.u (id integer primary key references t)",
    )
    catalog = read(url, schemas=("a",)).catalog
    assert [found.name for found in catalog.tables] == ["u"]
    assert catalog.tables[0].foreign_keys[0].referenced == Ref.of_table("t")


def test_hostile_names_are_read_as_they_are(postgresql_every_version: Shadow) -> None:
    catalog = read(make(postgresql_every_version, HOSTILE)).catalog
    found = table(catalog, "</script><b>")
    names = [column.name for column in found.ordered_columns]
    assert names[:7] == ["public.", "select", 'a"b', "a.b", "tab\tnew\nline", "back\\slash", "😀" * 15]
    column = found.column("public.")
    assert column is not None
    assert column.default is not None
    assert column.default.text == "'public.x'::text"
    assert found.comment == "</script> 'quoted' \"double\" \\ 😀"
    assert catalog.schemas == ('a"b; drop schema',)
    enum = next(enum for enum in catalog.enums if enum.name != "bigint")
    assert enum.name == "e'n\"um\nline"
    assert enum.values == ("</script>", "quote's", 'double"', "back\\slash", "new\nline", "😀")
    fake = found.column("fake")
    assert fake is not None
    assert catalog.enum_of(fake.type) is not None or str(fake.type) == '"bigint"'


def of_other_tables(facts: Facts) -> dict[tuple[str, ...], TableFacts]:
    """What is known of the tables, but for the migration tool's own list, whose reading counts too."""
    return {key: table for key, table in facts.tables.items() if "alembic_version" not in key}


def test_a_role_without_any_right_reads_the_same_catalog(postgresql_every_version: Shadow) -> None:
    shadow = postgresql_every_version
    url = make(
        shadow,
        SHOP,
        "insert into account (name) select 'n' || i from generate_series(1, 50) i",
        "analyze",
        "drop role if exists auditor",
        "create role auditor login",
        "revoke all on schema public, app from public",
    )
    time.sleep(0.6 if shadow.version < "15" else 0)
    whole, seen = settled(url), read(as_role(url, "auditor"))
    assert seen.catalog == whole.catalog
    assert whole.unseen == ()
    assert whole.diagnostics == seen.diagnostics == ()
    assert whole.facts is not None
    assert seen.facts is not None
    assert of_other_tables(whole.facts) == of_other_tables(seen.facts)
    assert seen.facts.columns == {}
    assert seen.facts.sequences[Ref.of_table("account").column("id").key].last_value is None
    assert {what.grant.split()[0] for what in seen.unseen} == {"grant"}
    ENGINE.execute(url, [what.grant for what in seen.unseen])
    more = read(as_role(url, "auditor"))
    hidden = [what for what in more.unseen if "row-level security" in what.what]
    assert [what.grant for what in hidden] == ["alter role auditor bypassrls"]
    assert more.unseen == tuple(hidden)
    ENGINE.execute(url, [what.grant for what in hidden])
    all_of_it = read(as_role(url, "auditor"))
    assert all_of_it.unseen == ()
    assert all_of_it.facts is not None
    assert dict(all_of_it.facts.columns) == dict(whole.facts.columns) != {}
    assert dict(all_of_it.facts.sequences) == dict(whole.facts.sequences)
    ENGINE.execute(url, ["drop owned by auditor", "drop role auditor"])


def test_the_statistics(postgresql_every_version: Shadow) -> None:
    url = make(
        postgresql_every_version,
        "create table t (id bigserial primary key, a integer, b text)",
        "create table never (id integer)",
        "insert into t (a, b) "
        "select i % 10, case when i % 4 > 0 then 'secret' || i end from generate_series(1, 1000) as g (i)",
        "analyze t",
        "create table p (id integer) partition by range (id)",
        "create table p1 partition of p for values from (0) to (100)",
        "create table p2 partition of p for values from (100) to (300)",
        "insert into p select generate_series(0, 299)",
        "analyze p",
        "create sequence alone",
        "select nextval('alone'), nextval('alone')",
    )
    reading = read(url)
    for _ in range(40):  # before version 15 a process of its own collects what sessions tell it
        if reading.facts is not None and reading.facts.table(Ref.of_table("p")).last_analyze is not None:
            break
        time.sleep(0.1)
        reading = read(url)
    facts = reading.facts
    assert facts is not None
    t = table(reading.catalog, "t")
    own = facts.table(t.ref)
    assert own.rows == 1000
    assert own.table_bytes
    assert own.index_bytes
    assert own.total_bytes == own.table_bytes + own.index_bytes
    assert own.last_analyze is not None
    assert own.last_analyze.tzinfo is not None
    assert own.frozen_xid_age is not None
    assert facts.table(Ref.of_table("never")).rows is None
    assert facts.table(Ref.of_table("p")).rows == 300
    assert facts.column(t.ref.column("b")).null_fraction == 0.25
    assert facts.column(t.ref.column("a")).distinct == 10
    assert facts.index(t.ref.of(Kind.INDEX, "t_pkey")).scans == 0
    assert facts.sequences[t.ref.column("id").key].last_value == 1000
    assert facts.sequences[Ref(Kind.SEQUENCE, name="alone").key].last_value == 2
    assert not facts.is_replica
    assert facts.database_bytes
    assert facts.captured_at is not None
    assert "secret" not in repr(reading)


def test_no_row_of_a_table_is_read_but_of_the_migration_tool_s_own_list(postgresql: Shadow) -> None:
    url = make(postgresql, SHOP, "insert into account (name) values ('a1'), ('b1')", "analyze")
    query = (
        "select relid, seq_scan, coalesce(idx_scan, 0) from pg_stat_user_tables where relname <> 'alembic_version' "
        "order by relid"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        before = connection.execute(query).fetchall()
        read(url)
        time.sleep(0.05)
        assert connection.execute(query).fetchall() == before


def test_nothing_can_be_written_while_reading(postgresql: Shadow) -> None:
    url = make(postgresql, "create table t (id integer)")
    options = ReadOptions(statement_timeout=3, lock_timeout=0.5)
    with connect(url, options) as connection:
        with read_only(connection, options), pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("insert into public.t values (1)")
        with read_only(connection, options):
            settings = [
                *("statement_timeout", "lock_timeout", "search_path", "transaction_isolation", "application_name"),
            ]
            found = [connection.execute(f"show {setting}").fetchone()[0] for setting in settings]  # type: ignore[index]
        assert found == ["3s", "500ms", '""', "repeatable read", "dbarchitect"]
        assert connection.execute("show statement_timeout").fetchone() == ("0",)
        assert connection.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)


def test_nobodys_functions_stand_in_for_the_servers(postgresql: Shadow) -> None:
    trap = "language plpgsql as $$ begin raise exception 'trapped'; end $$"
    url = make(
        postgresql,
        f"create function public.trap(name, text) returns boolean {trap}",
        "create operator public.<> (leftarg = name, rightarg = text, function = public.trap)",
        "create operator public.!~ (leftarg = name, rightarg = text, function = public.trap)",
        f"create function public.format_type(oid, integer) returns text {trap}",
        "create table t (id integer)",
    )
    assert [found.name for found in read(url).catalog.tables] == ["t"]


def test_views_hold_no_lock_after_they_were_printed(postgresql: Shadow) -> None:
    url = make(postgresql, "create table t (id integer)", "create view v as select id from t")
    options = ReadOptions()
    with connect(url, options) as connection, read_only(connection, options):
        from dbarchitect.engines.postgresql.session import Session

        assert Session(connection).run("views", 16)
        ENGINE.execute(url, ["set lock_timeout = '1s'", "alter table t add column a integer"])


def test_a_locked_table_is_left_out_and_said(postgresql: Shadow) -> None:
    url = make(
        postgresql,
        "create table held (id integer default 3 check (id > 2))",
        "create table free (id integer default 3 check (id > 2))",
        "create view over_held as select id from held",
    )
    with psycopg.connect(url) as holder:
        holder.execute("lock table held in access exclusive mode")
        reading = read(url, lock_timeout=0.3)
    assert [found.name for found in reading.catalog.tables] == ["free"]
    assert reading.catalog.views == ()
    assert [diagnostic.text for diagnostic in reading.diagnostics] == [
        "held is locked by another session and was left out: read again when that is done",
        "view over_held reads a table that another session has locked or dropped, and was left out",
    ]


def test_a_server_that_goes_away_is_an_error_of_ours(postgresql: Shadow) -> None:
    url = make(postgresql, "create table t (id integer)")
    options = ReadOptions()
    with connect(url, options) as connection:
        ENGINE.execute(url, [f"select pg_terminate_backend({connection.info.backend_pid})"])
        from dbarchitect.engines.postgresql.read import fetch

        with pytest.raises(TargetError):
            fetch(connection, options)


def test_names_in_no_encoding_at_all(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        ["drop database if exists ascii", "create database ascii encoding 'sql_ascii' template template0 locale 'C'"],
    )
    head, _, tail = url.partition("?")
    ascii_url = head.rpartition("/")[0] + "/ascii?" + tail
    with psycopg.connect(ascii_url, autocommit=True, client_encoding="sql_ascii") as connection:
        connection.execute(b'create table "caf\xe9" (id integer, "\xc3\xa9" text)')
    reading = read(ascii_url)
    assert [found.name for found in reading.catalog.tables] == ["caf�"]
    assert [column.name for column in reading.catalog.tables[0].ordered_columns] == ["id", "é"]
    assert [diagnostic.text for diagnostic in reading.diagnostics] == [
        "the database has no encoding: names that are not UTF-8 are shown with replacement characters"
    ]
    ENGINE.execute(url, ["drop database ascii"])


def test_importing_the_engine_loads_no_driver() -> None:
    code = "import sys, dbarchitect.engines.postgresql; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_secrets_in_settings_are_not_kept(postgresql: Shadow) -> None:
    url = make(postgresql, "create table t (id integer)")
    name = url.partition("?")[0].rpartition("/")[2]
    ENGINE.execute(
        url, [f"alter database {name} set app.jwt_secret = 'hush'", f"alter database {name} set work_mem = '9MB'"]
    )
    catalog = read(url).catalog
    assert "hush" not in repr(catalog)
    of_database = [setting for setting in catalog.settings if setting.source == "database" and setting.role is None]
    assert [(setting.name, setting.value) for setting in of_database if setting.name == "work_mem"][-1:] == [
        ("work_mem", "9MB")
    ]


def test_statements_without_constants_and_without_secrets(with_statements: PostgresqlShadow) -> None:
    url = make(
        with_statements,
        "create extension pg_stat_statements",
        "create table customer (id integer, name text)",
        "insert into customer values (1, 'Alice Liddell')",
        "/* app */ select id from customer where name = 'Alice Liddell' and id = 4711",
        "create role clerk login password 'hush-hush'",
    )
    facts = read(url).facts
    assert facts is not None
    read(url)
    texts = [query.text for query in read(url).facts.statements]  # type: ignore[union-attr]
    assert any(text.startswith("select id from customer where name = ") for text in texts)
    assert not any(word in text for text in texts for word in ("Alice", "4711", "hush", "one row per"))
    limited = read(as_role(url, "clerk"))
    assert limited.facts is not None
    assert limited.facts.statements == ()
    assert "grant pg_read_all_stats to clerk" in {what.grant for what in limited.unseen}
    with psycopg.connect(url, autocommit=True) as connection:
        ours = connection.execute(
            "select query from pg_stat_statements where query like '%customer%' and query like '%one row per%'"
        ).fetchall()
    assert ours == []
    ENGINE.execute(url, ["drop role clerk"])


def test_an_extension_that_is_not_loaded_is_said(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    try:
        ENGINE.execute(url, ["create extension pg_stat_statements"])
    except Exception as error:  # noqa: BLE001 - whatever the server says, it has no such extension
        pytest.skip(str(error))
    reading = read(url)
    assert isinstance(reading.facts, Facts)
    assert [what.what for what in reading.unseen] == ["pg_stat_statements, which is installed but not loaded"]
