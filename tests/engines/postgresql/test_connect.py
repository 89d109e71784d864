"""Every way to name a server works, and no message holds a password."""

from __future__ import annotations

import socket
import tempfile
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest

from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.engines.postgresql.connect import connect, connection_string, without_secrets
from dbarchitect.engines.postgresql.server import find_binaries
from dbarchitect.errors import ChangeRefused, ConnectionFailed, DbarchitectError, UnsupportedVersion
from dbarchitect.shadow import Shadow
from dbarchitect.shadow.postgresql import PostgresqlShadow

SECRET = "s3cr%t:p@ss/w0rd?#&'\\ x"
SPELLINGS = (SECRET, quote(SECRET, safe=""), quote(SECRET), SECRET.split(":", maxsplit=1)[0], "w0rd", "s3cr")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database of `keeper`, whose password is SECRET, without the password."""
    folder = tmp_path_factory.mktemp("hba")
    for part in (folder, *folder.parents):  # as root the server runs as another user, who must reach the file
        if Path(tempfile.gettempdir()).resolve() in part.parents:
            part.chmod(0o755)
    rules = folder / "pg_hba.conf"
    rules.write_text("local all postgres trust\nlocal all all scram-sha-256\n", encoding="utf-8")
    found = find_binaries()
    if not found:
        pytest.skip("no PostgreSQL here")
    with PostgresqlShadow(found[0], settings={"hba_file": str(rules)}) as shadow:
        url = shadow.database()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                psycopg.sql.SQL("create role keeper login password {}").format(psycopg.sql.Literal(SECRET))
            )
        yield url.replace("postgres@", "keeper@")


def with_password(url: str, password: str) -> str:
    return url.replace("keeper@", f"keeper:{quote(password, safe='')}@")


def told(error: BaseException) -> str:
    """Everything that a traceback, a log or a debugger could show of an error."""
    seen: list[str] = []
    current: BaseException | None = error
    while current is not None:
        seen += [repr(current), str(current), repr(vars(current))]
        current = current.__cause__ or current.__context__
    return "\n".join([*seen, *traceback.format_exception_only(error)])


def refused(target: str, **options: float) -> DbarchitectError:
    with pytest.raises(ConnectionFailed) as caught:
        ENGINE.read(target, ReadOptions(**options))  # type: ignore[arg-type]
    assert caught.value.hint
    assert caught.value.exit_code == 2
    text = told(caught.value) + caught.value.hint
    assert not [spelling for spelling in SPELLINGS if spelling in text]
    return caught.value


@pytest.mark.parametrize(
    "scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2", "POSTGRESQL"]
)
def test_urls_of_every_scheme(postgresql: Shadow, scheme: str) -> None:
    url = postgresql.database()
    assert ENGINE.read(scheme + url[url.index("://") :], ReadOptions()).catalog.tables == ()


def test_options_of_other_libraries_are_left_out(postgresql: Shadow) -> None:
    url = postgresql.database() + "&schema=public&connection_limit=5&pgbouncer=true"
    assert ENGINE.read(url, ReadOptions()).name.startswith("shadow")


def test_keywords_and_services(postgresql: Shadow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = urlsplit(postgresql.database())
    host = parse_qs(parts.query)["host"][0]
    port = parse_qs(parts.query)["port"][0]
    name = parts.path.lstrip("/")
    assert ENGINE.read(f"host={host} port={port} dbname={name} user=postgres", ReadOptions()).name == name
    services = tmp_path / "services"
    services.write_text(f"[mine]\nhost={host}\nport={port}\ndbname={name}\nuser=postgres\n", encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    assert ENGINE.read("service=mine", ReadOptions()).name == name
    assert ENGINE.read("postgresql:///?service=mine", ReadOptions()).name == name
    assert "service" in str(refused("service=other"))


def test_the_right_password_opens(guarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ENGINE.read(with_password(guarded, SECRET), ReadOptions()).diagnostics == ()
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert ENGINE.read(guarded, ReadOptions()).diagnostics == ()


def test_a_wrong_password_is_never_printed(guarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = SECRET + "!"
    error = refused(with_password(guarded, wrong))
    assert "password authentication failed" in error.message
    assert "password" in error.hint
    monkeypatch.setenv("PGPASSWORD", wrong)
    assert "password authentication failed" in refused(guarded).message
    monkeypatch.delenv("PGPASSWORD")
    assert "PGPASSWORD" in refused(guarded).hint


def test_a_password_that_the_server_repeats_is_blotted_out(guarded: str) -> None:
    target = guarded.replace("keeper@", f"{quote(SECRET, safe='')}:{quote(SECRET, safe='')}@")
    assert "***" in refused(target).message  # the user's name is the password: the server names the user


@pytest.mark.parametrize(
    "target",
    [
        f"postgresql://keeper:{SECRET}@127.0.0.1:1/x",
        f"postgresql://keeper:{quote(SECRET, safe='')}@127.0.0.1:1/x",
        f"postgresql://keeper:%zz{quote(SECRET, safe='')}@127.0.0.1:1/x",
        f"host=127.0.0.1 port=1 password={SECRET}",
        f"password='{SECRET}",
        f"host=127.0.0.1 port=1 user=keeper password='{SECRET}",
        f"postgresql://127.0.0.1:1/x?password={quote(SECRET, safe='')}",
        f"mysql://keeper:{SECRET}@127.0.0.1/x",
        f"postgresql://keeper:{quote(SECRET, safe='')}@127.0.0.1:port/x",
        f"postgresql://keeper:{quote(SECRET, safe='')}@127.0.0.1:1/x?sslmode={quote(SECRET, safe='')}",
        SECRET,
        f"postgresql://[{SECRET}",
        f"postgresql://keeper:{quote(SECRET, safe='')}\0@h/x",
    ],
)
def test_whatever_is_wrong_with_a_target_its_password_stays_inside(target: str) -> None:
    refused(target, connect_timeout=2)


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = refused(f"postgresql://keeper:{quote(SECRET, safe='')}@127.0.0.1:{port}/x")
    assert "refused" in error.message
    assert "port" in error.hint
    assert "\n" not in error.message


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = refused(f"postgresql://keeper@127.0.0.1:{silent.getsockname()[1]}/x", connect_timeout=2)
    assert "timeout" in error.message


def test_something_that_is_no_postgresql() -> None:
    def answer() -> None:
        connection, _ = web.accept()
        with connection:
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as web:
        thread = threading.Thread(target=answer)
        thread.start()
        refused(f"postgresql://keeper@127.0.0.1:{web.getsockname()[1]}/x?sslmode=disable", connect_timeout=2)
        thread.join()


def test_a_database_that_does_not_exist(postgresql: Shadow) -> None:
    url = postgresql.database()
    head, _, tail = url.partition("?")
    error = refused(f"{head.rpartition('/')[0]}/nowhere?{tail}")
    assert 'database "nowhere" does not exist' in error.message
    assert "names" in error.hint


def test_a_version_that_is_too_old(postgresql: Shadow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbarchitect.engines.postgresql.read.OLDEST", 99)
    with pytest.raises(UnsupportedVersion, match="reads 99 and later"):
        ENGINE.read(postgresql.database(), ReadOptions())


def test_a_version_that_is_too_new_is_read_and_said(postgresql: Shadow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbarchitect.engines.postgresql.read.NEWEST", 12)
    assert "is newer than dbarchitect knows" in ENGINE.read(postgresql.database(), ReadOptions()).diagnostics[0].text


def test_statements_are_committed_one_by_one(postgresql: Shadow) -> None:
    url = postgresql.database()
    with pytest.raises(ChangeRefused, match='relation "a" already exists'):
        ENGINE.execute(url, ["create table a (b integer)", "create table a (b integer)", "create table c (d integer)"])
    assert [table.name for table in ENGINE.read(url, ReadOptions()).catalog.tables] == ["a"]


def test_a_session_prepares_nothing(postgresql: Shadow) -> None:
    with connect(postgresql.database(), ReadOptions()) as connection:
        assert connection.prepare_threshold is None


def test_a_url_keeps_what_libpq_knows() -> None:
    url = connection_string("postgresql+psycopg://u:p%40@h:5/d?sslmode=require&schema=x&application_name=a")
    assert url == "postgresql://u:p%40@h:5/d?sslmode=require&application_name=a"


def test_blotting_out() -> None:
    assert without_secrets("a p%40 b p@ c", "postgresql://u:p%40@h/d") == "a *** b *** c"
