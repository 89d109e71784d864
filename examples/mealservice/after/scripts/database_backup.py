"""Back the database up: pg_dump, compressed, with its SHA-256; old ones go by count.

python scripts/database_backup.py --into /backups; with --verify FILE the dump is restored into a scratch database.
"""

import argparse
import hashlib
import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path


def back_up(url, folder):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S}.dump"
    subprocess.run(["pg_dump", "--format=custom", "--file", str(path), url], check=True)
    path.with_suffix(".sha256").write_text(hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def verify(path, scratch_url):
    wanted = path.with_suffix(".sha256").read_text()
    if hashlib.sha256(path.read_bytes()).hexdigest() != wanted:
        raise SystemExit(f"{path} is not what was written")
    subprocess.run(["pg_restore", "--clean", "--if-exists", "--dbname", scratch_url, str(path)], check=True)


def prune(folder, daily, weekly, monthly):
    paths = sorted(folder.glob("*.dump"), reverse=True)
    kept = set(paths[:daily])
    for pattern, count in (("%G%V", weekly), ("%Y%m", monthly)):
        newest = {}
        for path in paths:
            newest.setdefault(datetime.strptime(path.stem, "%Y%m%dT%H%M%S").strftime(pattern), path)
        kept.update(list(newest.values())[:count])
    for path in set(paths) - kept:
        path.with_suffix(".sha256").unlink(missing_ok=True)
        path.unlink()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--into", type=Path, default=Path("/backups"))
    parser.add_argument("--keep-daily", type=int, default=30)
    parser.add_argument("--keep-weekly", type=int, default=12)
    parser.add_argument("--keep-monthly", type=int, default=12)
    parser.add_argument("--verify", type=Path)
    options = parser.parse_args()
    if options.verify:
        verify(options.verify, os.environ["SCRATCH_DATABASE_URL"])
        return
    print(back_up(os.environ["DATABASE_URL"], options.into))
    prune(options.into, options.keep_daily, options.keep_weekly, options.keep_monthly)


if __name__ == "__main__":
    main()
