"""As root and as an ordinary user, with long paths, private installations, empty caches and several at a time."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dbarchitect.engines.postgresql.server import Binaries, find_binaries
from dbarchitect.errors import ShadowUnavailable
from dbarchitect.shadow import cache, open_shadow

needs_server = pytest.mark.skipif(not find_binaries(), reason="no PostgreSQL here: pip install 'dbarchitect[server]'")

WORK = """
import os
import psycopg
from dbarchitect.shadow import open_shadow
with open_shadow("postgresql") as shadow:
    for restricted in (False, True):
        with psycopg.connect(shadow.database(restricted=restricted)) as connection:
            connection.execute("create table t (id int primary key)")
            if not restricted:
                (data,) = connection.execute("select pg_catalog.current_setting('data_directory')").fetchone()
    print(os.geteuid(), os.stat(data).st_uid, data)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that an unprivileged user may enter; pytest's own is private."""
    with tempfile.TemporaryDirectory(prefix="dba-test-", dir=os.environ.get("DBA_SHADOW_DIRECTORY", "/tmp")) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _readable_python(environment: dict[str, str]) -> str:
    """An interpreter that an unprivileged user can run and that finds our packages."""
    for python in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        command = [python or "false", "-c", "import psycopg, dbarchitect.shadow"]
        try:
            if (
                subprocess.run(command, env=environment, user="nobody", cwd="/", stderr=subprocess.DEVNULL).returncode
                == 0
            ):
                return command[0]
        except OSError:
            continue
    pytest.skip("no Python here that both an unprivileged user can run and that finds the driver")


@needs_server
@pytest.mark.server
def test_as_an_ordinary_user(place: Path) -> None:
    """Run as nobody when we are root; otherwise we are an ordinary user ourselves."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(place / "home"), "TMPDIR": str(place / "tmp")}
    packages = (Path(psycopg.__file__).parents[1], Path(__file__).parents[2] / "src")
    environment["PYTHONPATH"] = os.pathsep.join(map(str, packages))
    (place / "home").mkdir()
    (place / "tmp").mkdir()
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for folder in (place / "home", place / "tmp"):
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        python, user, uid = _readable_python(environment), "nobody", nobody.pw_uid
    else:
        python, user, uid = sys.executable, None, os.geteuid()
    answer = subprocess.run(
        [python, "-B", "-c", WORK], env=environment, user=user, cwd="/", capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    ours, owner, data = answer.stdout.split()
    assert int(ours) == int(owner) == uid
    assert Path(data).is_relative_to(place / "tmp")
    assert list((place / "tmp").iterdir()) == []
    assert list((place / "home" / ".cache" / "dbarchitect" / "postgresql").glob("cluster-*.lock"))


@needs_server
@pytest.mark.server
def test_two_that_start_at_once_with_an_empty_cache(place: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(place / "cache")}
    both = [
        subprocess.Popen([sys.executable, "-c", WORK], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in both:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    left = sorted(path.name for path in (place / "cache" / "dbarchitect" / "postgresql").glob("cluster-*"))
    assert len(left) == 2, left  # one cluster and its lock
    assert left[1] == f"{left[0]}.lock"


@needs_server
@pytest.mark.server
def test_a_cache_half_made_by_one_who_was_killed_is_made_anew(place: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(place / "cache")}
    subprocess.run([sys.executable, "-c", WORK], env=environment, check=True, stdout=subprocess.DEVNULL)
    cache = place / "cache" / "dbarchitect" / "postgresql"
    (cluster,) = (path for path in cache.glob("cluster-*") if path.is_dir())
    cluster.rename(cluster.with_name(f"{cluster.name}.new"))
    shutil.rmtree(cluster.with_name(f"{cluster.name}.new") / "base")
    subprocess.run([sys.executable, "-c", WORK], env=environment, check=True, stdout=subprocess.DEVNULL)
    assert [path.name for path in cache.glob("*") if path.is_dir()] == [cluster.name]


@needs_server
@pytest.mark.server
def test_a_long_path_for_temporary_files(place: Path) -> None:
    """The path of a socket is limited to some hundred bytes: the socket goes elsewhere, the data stay."""
    long = place / ("long " * 20) / ("ü" * 60)
    long.mkdir(parents=True)
    environment = {**os.environ, "TMPDIR": str(long)}
    environment.pop("DBA_SHADOW_DIRECTORY", None)
    answer = subprocess.run([sys.executable, "-c", WORK], env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split(maxsplit=2)[2].startswith(str(long))
    assert list(long.iterdir()) == []


@needs_server
@pytest.mark.server
@pytest.mark.parametrize("name", ['"quoted" ü %20 \'&?#', "comma, in it", "new\nline", "$HOME;😀"])
def test_a_hostile_path_for_temporary_files(place: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    hostile = place / name
    hostile.mkdir()
    monkeypatch.setenv("DBA_SHADOW_DIRECTORY", str(hostile))
    with open_shadow("postgresql") as shadow:
        assert list(hostile.iterdir())
        url = shadow.database()
        psycopg.connect(url).close()
        shadow.drop(url)
    assert list(hostile.iterdir()) == []


@needs_server
@pytest.mark.server
def test_programs_and_temporary_files_that_only_root_can_reach(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a virtual environment below /root. The permissions of what is there stay as they are."""
    installations = [binaries for binaries in find_binaries() if binaries.origin != "system"]
    if not installations:
        pytest.skip("only the system's PostgreSQL is here, which cannot be copied")
    private = place / "private"
    private.mkdir(mode=0o700)
    bindir = _copy_installation(installations[0], private)
    monkeypatch.setenv("DBA_POSTGRESQL_BINDIR", str(bindir))
    monkeypatch.setenv("DBA_SHADOW_DIRECTORY", str(private))
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    before = {path: path.lstat().st_mode for path in (place, *place.rglob("private/**/*"), private)}
    assert find_binaries()[0] == Binaries(bindir, installations[0].version, installations[0].full_version, "custom")
    with open_shadow("postgresql") as shadow, psycopg.connect(shadow.database()) as connection:
        connection.execute("create table t (id int primary key)")
    after = {path: path.lstat().st_mode for path in before}
    assert after == before
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def _copy_installation(binaries: Binaries, target: Path) -> Path:
    prefix = binaries.bindir.parent
    copy = target / prefix.parent.name / prefix.name
    for name in ("bin", "lib", "share"):
        shutil.copytree(prefix / name, copy / name, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
    libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return copy / "bin"


def test_what_is_not_there_is_refused_with_a_hint() -> None:
    with pytest.raises(ShadowUnavailable, match="no programs of PostgreSQL 99") as caught:
        open_shadow("postgresql", 99)
    assert "pip install 'dbarchitect[server]'" in caught.value.hint
    with pytest.raises(ShadowUnavailable, match="there is no SQLite 2"):
        open_shadow("sqlite", 2)
    with pytest.raises(ShadowUnavailable, match="“oracle”"):
        open_shadow("oracle")


def test_programs_that_do_not_run_are_no_programs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, words in (("postgres", "#!/bin/sh\necho nonsense\n"), ("initdb", "")):
        (place / name).write_text(words)
        (place / name).chmod(0o755)
    monkeypatch.setenv("DBA_POSTGRESQL_BINDIR", os.pathsep.join([str(place), str(place / "absent")]))
    assert "custom" not in {binaries.origin for binaries in find_binaries()}


@needs_server
@pytest.mark.server
def test_a_server_that_fails_tells_why_and_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "initdb").symlink_to(find_binaries()[0].bindir / "initdb")
    (place / "postgres").write_text("#!/bin/sh\n[ $1 = --version ] && echo 'postgres (PostgreSQL) 16.1' || exit 3\n")
    (place / "postgres").chmod(0o755)
    (place / "run").mkdir()
    monkeypatch.setenv("DBA_POSTGRESQL_BINDIR", str(place))
    monkeypatch.setenv("DBA_SHADOW_DIRECTORY", str(place / "run"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    with pytest.raises(ShadowUnavailable, match=r"PostgreSQL 16\.1"):
        open_shadow("postgresql")
    assert list((place / "run").iterdir()) == []


def test_what_nobody_used_for_a_month_leaves_the_cache(place: Path) -> None:
    for name in ("unused", "in-use", "young"):
        with cache._kept(place, name, Path.mkdir):
            pass
    for name in ("unused", "in-use"):
        os.utime(place / f"{name}.lock", (0, 0))
    with (place / "in-use.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with cache._kept(place, "new", Path.mkdir):
            assert sorted(path.name for path in place.iterdir() if path.is_dir()) == ["in-use", "new", "young"]


def test_a_cache_that_others_can_write_to_is_not_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "shared").mkdir()
    (place / "shared").chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "shared"))
    assert not cache._cache_directory(None).is_relative_to(place)
    (place / "shared").chmod(0o755)
    assert cache._cache_directory(None).is_relative_to(place)
