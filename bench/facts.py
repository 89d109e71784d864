"""Facts of what maintainers later added to their schemas, and the applications as they were before.

A fact is a JSON line: app, repo, stack, before_commit, date, kind, table, columns, foreseeable, confirmed_in_source.
The repositories come from local mirrors, git directories `<owner>+<name>/repo`. Nothing of a repository is run.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

READ = (
    ".py",
    ".prisma",
    ".sql",
    ".toml",
    ".yml",
    ".yaml",
    ".cfg",
    ".ini",
    ".json",
    ".env",
    ".example",
    ".gitignore",
    ".ts",
    ".tsx",
    ".js",
    ".mjs",
    ".html",
    ".jinja",
    ".jinja2",
)
LARGEST = 2_000_000  # bytes of a file
LANGUAGES = {"alembic": "python", "django": "python", "prisma": "typescript", "drizzle": "typescript"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was missing at `commit` and that the maintainers added (or dropped) right after it."""

    app: str
    repo: str
    stack: str
    commit: str
    date: str
    kind: str
    table: str
    columns: tuple[str, ...]
    foreseeable: str
    confirmed: bool

    @property
    def language(self) -> str:
        """`python` or `typescript`; the stack itself where that is neither."""
        return LANGUAGES.get(self.stack, self.stack)

    def __str__(self) -> str:
        return f"{self.app} {self.commit[:8]} {self.kind} {self.table}({', '.join(self.columns)})"


def read_facts(path: Path) -> list[Fact]:
    """The facts of a file, one JSON object a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_fact(json.loads(line)) for line in lines if line.strip()]


def _fact(data: dict) -> Fact:
    return Fact(
        app=data["app"],
        repo=data["repo"],
        stack=data["stack"],
        commit=data["before_commit"],
        date=data["date"],
        kind=data["kind"],
        table=data["table"],
        columns=tuple(data["columns"]),
        foreseeable=data["foreseeable"],
        confirmed=data["confirmed_in_source"],
    )


def mirror_of(repo: str, mirrors: Path) -> Path:
    """The git directory of a repository `owner/name` among the mirrors."""
    return mirrors / repo.replace("/", "+") / "repo"


def check_out(mirror: Path, commit: str, target: Path) -> bool:
    """Write the readable files of a commit; False when the mirror lacks it."""
    git = ["git", "--git-dir", str(mirror)]
    listing = subprocess.run([*git, "ls-tree", "-r", "-l", "-z", commit], capture_output=True, check=False)
    if listing.returncode:
        return False
    wanted: list[tuple[bytes, bytes]] = []
    for line in filter(None, listing.stdout.split(b"\0")):
        meta, path = line.split(b"\t", 1)
        mode, _, sha, size = meta.split()
        if (
            mode != b"120000"
            and size.isdigit()
            and int(size) <= LARGEST
            and path.decode(errors="replace").endswith(READ)
        ):
            wanted.append((sha, path))
    with subprocess.Popen([*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for sha, path in wanted:
            process.stdin.write(sha + b"\n")
            process.stdin.flush()
            head = process.stdout.readline().split()
            if head[-1] == b"missing":
                continue
            data = process.stdout.read(int(head[2]))
            process.stdout.read(1)
            file = target / path.decode(errors="replace")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    return True
