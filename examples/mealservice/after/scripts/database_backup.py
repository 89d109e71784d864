"""Back a database up, verify and restore it: PostgreSQL, MySQL, SQLite.

    python scripts/database_backup.py backup --into /backups --gzip
    python scripts/database_backup.py verify /backups/20250731T021500.dump
    python scripts/database_backup.py restore /backups/20250731T021500.dump

DATABASE_URL names the database; each backup has its SHA-256 beside it, and old ones go by count.
"""

import argparse
import gzip
import hashlib
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

SUFFIXES = {"postgresql": ".dump", "mysql": ".sql", "sqlite": ".db"}
STAMP = "%Y%m%dT%H%M%S"


def engine_of(url):
    return urlsplit(url).scheme.partition("+")[0]


def sqlite_file(url):
    return url.partition(":///")[2]


def mysql_client(program, url):
    parts = urlsplit(url)
    command = [program, f"--host={parts.hostname}", f"--port={parts.port or 3306}", f"--user={parts.username}"]
    return [*command, parts.path.lstrip("/")], {**os.environ, "MYSQL_PWD": parts.password or ""}


def dump(url, path):
    engine = engine_of(url)
    if engine == "postgresql":
        subprocess.run(["pg_dump", "--format=custom", "--file", str(path), url], check=True)
    elif engine == "mysql":
        command, environment = mysql_client("mysqldump", url)
        with path.open("wb") as file:
            subprocess.run(command, env=environment, stdout=file, check=True)
    else:
        with closing(sqlite3.connect(sqlite_file(url))) as original, closing(sqlite3.connect(path)) as copy:
            original.backup(copy)


def load(url, path):
    engine = engine_of(url)
    if engine == "postgresql":
        subprocess.run(["pg_restore", "--clean", "--if-exists", "--dbname", url, str(path)], check=True)
    elif engine == "mysql":
        command, environment = mysql_client("mysql", url)
        with path.open("rb") as file:
            subprocess.run(command, env=environment, stdin=file, check=True)
    else:
        with closing(sqlite3.connect(path)) as copy, closing(sqlite3.connect(sqlite_file(url))) as original:
            copy.backup(original)


def back_up(url, folder, compress=False):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(timezone.utc):{STAMP}}{SUFFIXES[engine_of(url)]}"
    dump(url, path)
    if compress and engine_of(url) != "postgresql":  # its own format is compressed already
        path = packed(path)
    checksum_file(path).write_text(checksum(path))
    return path


def packed(path):
    target = path.with_name(path.name + ".gz")
    with path.open("rb") as plain, gzip.open(target, "wb") as file:
        shutil.copyfileobj(plain, file)
    path.unlink()
    return target


def unpacked(path):
    if path.suffix != ".gz":
        return path
    target = path.with_suffix("")
    with gzip.open(path, "rb") as file, target.open("wb") as plain:
        shutil.copyfileobj(file, plain)
    return target


def checksum(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksum_file(path):
    return path.with_name(path.name + ".sha256")


def restore(url, path):
    if checksum(path) != checksum_file(path).read_text():
        raise SystemExit(f"{path} is not what was written")
    load(url, unpacked(path))


def backups(folder):
    return sorted((path for path in folder.iterdir() if path.suffix in {".dump", ".sql", ".db", ".gz"}), reverse=True)


def prune(folder, daily, weekly, monthly):
    paths = backups(folder)
    kept = set(paths[:daily])
    for pattern, count in (("%G%V", weekly), ("%Y%m", monthly)):
        newest = {}
        for path in paths:
            newest.setdefault(datetime.strptime(path.name.partition(".")[0], STAMP).strftime(pattern), path)
        kept.update(list(newest.values())[:count])
    for path in set(paths) - kept:
        checksum_file(path).unlink(missing_ok=True)
        path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    backup = commands.add_parser("backup")
    backup.add_argument("--into", type=Path, default=Path("/backups"))
    backup.add_argument("--gzip", action="store_true")
    backup.add_argument("--keep-daily", type=int, default=30)
    backup.add_argument("--keep-weekly", type=int, default=12)
    backup.add_argument("--keep-monthly", type=int, default=12)
    commands.add_parser("verify", help="restore into SCRATCH_DATABASE_URL").add_argument("path", type=Path)
    commands.add_parser("restore").add_argument("path", type=Path)
    commands.add_parser("list").add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.command == "backup":
        print(back_up(os.environ["DATABASE_URL"], options.into, options.gzip))
        prune(options.into, options.keep_daily, options.keep_weekly, options.keep_monthly)
    elif options.command == "verify":
        restore(os.environ["SCRATCH_DATABASE_URL"], options.path)
    elif options.command == "restore":
        restore(os.environ["DATABASE_URL"], options.path)
    else:
        for path in backups(options.folder):
            print(f"{path.name}  {path.stat().st_size}")


if __name__ == "__main__":
    main()
