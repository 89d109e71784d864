"""A module that comes or goes makes only those anew that may notice it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.edited import Counted, said
from support.keptpython import counted_project

MODELS = (
    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
    "class Base(DeclarativeBase):\n    pass\n"
    "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    mail: Mapped[str]\n    name: Mapped[str]\n"
)
ASKING = (
    "from sqlalchemy import select\nfrom shop.models import User\n"
    "def {name}(session, given):\n    return session.scalars(select(User).where(User.{column} == given)).all()\n"
)
FILES = {
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/loading.py": ASKING.format(name="load", column="mail"),
    "shop/late.py": "def nothing():\n    return 1\n",
    "shop/through.py": "from shop.late import *\nfrom shop.missing import *\n",
    "shop/page.py": (
        "from shop.through import find\nfrom shop.models import User\n"
        "def page(session):\n    for user in find(session, 'a'):\n        session.delete(user)\n"
    ),
    "shop/other.py": "def other(session):\n    return session.execute('select name from users').all()\n",
    "shop/deep/__init__.py": "",
    "docs/notes.md": "# Notes\n",
    "shop/deep/heir.py": (
        "import shop\nfrom shop.models import User\n"
        "class Heir(shop.base.Reader):\n    model = User\n"
        "    def first(self, session):\n        return session.query(User).first()\n"
    ),
}  # fmt: skip
FIND = ASKING.format(name="find", column="name")
READER = "from sqlalchemy import select\nclass Reader:\n    def read(self, session):\n        return session.scalars(select(self.model).where(self.model.name == 'a')).all()\n"  # noqa: E501 - one file


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return counted_project(tmp_path, monkeypatch, FILES)


def anew(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a reading without what is kept says."""
    with monkeypatch.context() as without:
        without.setenv("DBA_CACHE", "0")
        return said(counted.read())


def test_one_that_nobody_names_is_followed_alone(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    counted.read()
    counted.write("shop/fresh.py", ASKING.format(name="fresh", column="mail"))
    kept = said(counted.read())
    assert counted.followed == ["shop/fresh.py"]
    assert kept == anew(counted, monkeypatch)


@pytest.mark.parametrize("path", ["shop/missing.py", "shop/base.py"])
def test_one_that_was_missed_is_found_by_who_leads_to_it(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    before = said(counted.read())
    counted.write(path, READER if path == "shop/base.py" else FIND)
    kept = said(counted.read())
    asker = "shop/deep/heir.py" if path == "shop/base.py" else "shop/page.py"
    assert asker in counted.followed and "shop/other.py" not in counted.followed
    assert kept == anew(counted, monkeypatch) != before


def test_one_that_goes_is_missed_by_who_led_to_it(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    counted.write("shop/missing.py", FIND)
    before = said(counted.read())
    counted.write("shop/missing.py", None)
    kept = said(counted.read())
    assert "shop/page.py" in counted.followed and "shop/other.py" not in counted.followed
    assert kept == anew(counted, monkeypatch) != before


@pytest.mark.parametrize(
    "path", ["shop/deep/deeper/__init__.py", "docs/later.py", "other/missing.py", "manage.py", "shop/deep/setup.py"]
)
def test_where_imports_begin_all_is_followed_anew(counted: Counted, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    counted.read()
    counted.write(path, "")
    kept = said(counted.read())
    assert {"shop/other.py", "shop/loading.py"} <= set(counted.followed)
    assert kept == anew(counted, monkeypatch)


@pytest.mark.parametrize("seed", range(6))
def test_any_come_and_go_as_they_do_without_the_cache(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    names = ["shop/missing.py", "shop/base.py", "shop/fresh.py", "missing.py", "shop/deep/models.py", "shop/late.py"]
    texts = [
        FIND, READER, MODELS, "from shop.loading import load as find\n", "from shop.fresh import *\n", "",
        "from shop.base import Reader\nfrom shop.models import User\nclass More(Reader):\n    model = User\n",
        "from .models import User\n" + FIND,
    ]  # fmt: skip
    for _ in range(12):
        for _ in range(chance.choice([1, 1, 2])):
            counted.write(chance.choice(names), chance.choice([*texts, None, None, None]))
        kept = said(counted.read())
        assert kept == anew(counted, monkeypatch)
