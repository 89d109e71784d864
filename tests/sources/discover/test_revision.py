"""A repository as it was: what git holds is written below one folder and nowhere else, whatever the names in it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zlib
from pathlib import Path

import pytest

from dbarchitect.errors import TargetError
from dbarchitect.sources.revision import base_of, write_tree

AS = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


def git(folder: Path, *words: str, given: bytes | None = None) -> str:
    done = subprocess.run(
        ["git", "-C", folder, *words], input=given, env={**os.environ, **AS}, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    git(tmp_path, "init", "-q", str(folder))
    return folder


def listed(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_folder_of_the_repository(repository: Path, tmp_path: Path) -> None:
    for path in ("app/db/schema.sql", "app/models.py", "other/schema.sql"):
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text("x")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "x")
    into = tmp_path / "into"
    into.mkdir()
    assert write_tree(repository / "app", base_of(repository / "app", "HEAD"), into) == 2
    assert listed(into) == ["db/schema.sql", "models.py"]


def tree(repository: Path, *entries: tuple[bytes, bytes, str]) -> str:
    """A tree that git itself would not make."""
    data = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(number) for mode, name, number in entries)
    whole = b"tree %d\0" % len(data) + data
    number = hashlib.sha1(whole).hexdigest()
    place = repository / ".git/objects" / number[:2] / number[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(zlib.compress(whole))
    return number


def test_names_that_lead_out_of_the_folder(repository: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.sql"
    blob = git(repository, "hash-object", "-w", "--stdin", given=b"create table evil (id int);")
    below = tree(repository, (b"100644", b"up.sql", blob))
    top = tree(
        repository,
        (b"100644", os.fsencode(outside), blob),
        (b"40000", b"..", below),
        (b"40000", b".", below),
        (b"100644", b"a/../../b.sql", blob),
        (b"40000", b".git", below),
        (b"120000", b"link.sql", blob),
        (b"100644", "\N{RIGHT-TO-LEFT OVERRIDE}é\n.sql".encode(), blob),
        (b"100644", b"bad\xff.sql", blob),
        (b"100644", b"good.sql", blob),
    )
    commit = git(repository, "commit-tree", "-m", "x", top)
    git(repository, "update-ref", "HEAD", commit)
    into = tmp_path / "deep" / "into"
    into.mkdir(parents=True)
    write_tree(repository, base_of(repository, "HEAD"), into)
    assert listed(into) == sorted([os.fsdecode(b"bad\xff.sql"), "good.sql", "\u202eé\n.sql"])
    assert not outside.exists()
    assert listed(tmp_path / "deep") == [f"into/{name}" for name in listed(into)]


def test_an_object_that_a_partial_clone_has_not(repository: Path, tmp_path: Path) -> None:
    blob = git(repository, "hash-object", "-w", "--stdin", given=b"select 1;")
    top = tree(repository, (b"100644", b"gone.sql", "1" * 40), (b"100644", b"good.sql", blob))
    git(repository, "update-ref", "HEAD", git(repository, "commit-tree", "-m", "x", top))
    into = tmp_path / "into"
    into.mkdir()
    write_tree(repository, base_of(repository, "HEAD"), into)
    assert listed(into) == ["good.sql"]


@pytest.mark.parametrize(
    "ref", ["", " ", "-x", "--output=/tmp/x", "HEAD..HEAD", "a\0b", "@{u}", "x" * 5000, "\udcff", "HEAD:x"]
)
def test_names_that_are_no_revision(ref: str, repository: Path) -> None:
    git(repository, "commit", "-q", "--allow-empty", "-m", "x")
    with pytest.raises(TargetError):
        base_of(repository, ref)


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(TargetError):
        base_of(tmp_path, "HEAD")
