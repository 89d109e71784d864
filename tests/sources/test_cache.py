"""What was read is used again only where reading anew would say the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.edited import HARMS, harm, keep_all, said

from dbarchitect.sources import cache
from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex

BASE = "from sqlalchemy.orm import DeclarativeBase\n\nclass Base(DeclarativeBase):\n    pass\n"
MODEL = (
    "from sqlalchemy.orm import Mapped, mapped_column\nfrom base import Base\n\n"
    "class {name}(Base):\n    __tablename__ = '{table}'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    level: Mapped[int]\n    mail: Mapped[str]\n"
)
QUERY = (
    "from sqlalchemy import select\nfrom models import User\nfrom words import word\n\n"
    "def found(session):\n    return session.scalars(select(User).where(User.{column} == word())).all()\n"
)
PLAIN = "def word():\n    return {value!r}\n"


class Counted:
    """Reads a project as an audit does, and counts what was read anew."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.declared = self.followed = 0

    def read(self) -> tuple[SourceReading, ...]:
        project = open_project(self.root)
        index = PythonIndex(project)

        def declare() -> tuple[SourceReading, ...]:
            self.declared += 1
            return read_project(project, index)

        def follow(readings: tuple[SourceReading, ...]) -> tuple[SourceReading, ...]:
            self.followed += 1
            return read_code(index, readings)

        return cache.reading_of(cache.Home.of(project), declare, follow).readings


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    keep_all(monkeypatch, tmp_path / "kept")
    root = tmp_path / "shop"
    root.mkdir()
    (root / "base.py").write_text(BASE)
    (root / "models.py").write_text(MODEL.format(name="User", table="users"))
    (root / "queries.py").write_text(QUERY.format(column="mail"))
    (root / "words.py").write_text(PLAIN.format(value="a"))
    (root / "aside.py").write_text(PLAIN.format(value="b"))
    return Counted(root)


def test_a_second_run_reads_nothing(counted: Counted) -> None:
    first, second = counted.read(), counted.read()
    assert said(first) == said(second) and "users" in said(first)
    assert (counted.declared, counted.followed) == (1, 1)


def test_a_file_that_nobody_asked_costs_nothing(counted: Counted) -> None:
    counted.read()
    (counted.root / "aside.py").write_text("def word():\n    return 12345\n")
    counted.read()
    assert (counted.declared, counted.followed) == (1, 1)


def test_an_edited_query_does_not_read_the_models_again(counted: Counted) -> None:
    counted.read()
    (counted.root / "queries.py").write_text(QUERY.format(column="level"))
    assert "'level'" in said(counted.read())
    assert counted.followed == 2


def test_a_word_that_appears_in_a_file_is_seen(counted: Counted) -> None:
    counted.read()
    (counted.root / "aside.py").write_text(QUERY.format(column="level"))
    counted.read()
    assert counted.followed == 2


@pytest.mark.parametrize("seed", range(6))
def test_any_edits_say_the_same_with_the_cache_as_without(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    names = ["models.py", "queries.py", "words.py", "aside.py", "more.py", "base.py"]
    texts = [
        MODEL.format(name="User", table="users"),
        MODEL.format(name="User", table="members"),
        MODEL.format(name="Thing", table="things"),
        QUERY.format(column="mail"),
        QUERY.format(column="level"),
        PLAIN.format(value=3),
        "# -*- coding: latin-1 -*-\n" + PLAIN.format(value="x"),
        "class :\n",
        BASE,
        "",
    ]
    for _ in range(8):
        path = counted.root / chance.choice(names)
        if chance.random() < 0.15:
            path.unlink(missing_ok=True)
        else:
            path.write_text(chance.choice(texts))
        kept = said(counted.read())
        monkeypatch.setenv("DBA_CACHE", "0")
        assert kept == said(counted.read())
        monkeypatch.delenv("DBA_CACHE")


@pytest.mark.parametrize("how", HARMS)
def test_a_file_that_is_not_as_we_wrote_it_is_passed_over(counted: Counted, tmp_path: Path, how: str) -> None:
    first = counted.read()
    (file,) = (f for f in (tmp_path / "kept" / "dbarchitect" / "readings").iterdir() if not f.suffix)
    harm(file, how)
    assert said(counted.read()) == said(first)
    assert counted.followed == 2


def test_a_folder_that_others_may_write_to_is_not_used(counted: Counted, tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "dbarchitect" / "readings"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    counted.read()
    assert list(folder.iterdir()) == []


def test_what_was_saved_tells_the_digests_of_files_that_are_the_same(counted: Counted) -> None:
    counted.read()
    home = cache.Home.of(open_project(counted.root))
    assert home is not None
    before = home.saved()
    assert before is not None and before.digests
    for file in home.project.files:
        file.absolute.unlink()  # nobody reads them to know what is known of them
    assert home.state.with_digests(home.project, before).digests == before.digests
