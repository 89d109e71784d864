"""What is kept of following Python is used again only where following anew would say the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.edited import HARMS, Counted, harm, said
from support.keptpython import counted_project

MODELS = (
    "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
    "class Base(DeclarativeBase):\n    pass\n"
    "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    mail: Mapped[str]\n    {column}: Mapped[str]\n"
    "class Order(Base):\n    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
    "    mail: Mapped[str]\n    user_id: Mapped[int]\n"
)
WHERE = (
    "from shop.models import User\nfrom shop.settings import SIZE\n"
    "def by_mail(mail):\n    return User.{column} == mail\n"
)
FILES = {
    "shop/__init__.py": "",
    "shop/models.py": MODELS.format(column="name"),
    "shop/settings.py": "SIZE = 20\n",
    "shop/where.py": WHERE.format(column="mail"),
    "shop/api.py": "from shop.where import *\nfrom shop.load import load as get\n",
    "shop/load.py": (
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n"
        "from shop.models import User\nfrom shop.where import by_mail, SIZE\n"
        "def load(session: Session, mail: str):\n"
        "    return session.scalars(select(User).where(by_mail(mail)).limit(SIZE)).all()\n"
    ),
    "shop/orders.py": (
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n"
        "from shop.models import Order\nfrom shop.api import get\n"
        "def orders(session: Session, mail: str):\n    for user in get(session, mail):\n"
        "        session.scalars(select(Order).where(Order.user_id == user.id)).all()\n"
    ),
    "shop/base.py": (
        "from sqlalchemy import select\n"
        "class Repository:\n    model = None\n    def __init__(self, session):\n        self.session = session\n"
        "    def by_mail(self, mail):\n"
        "        return self.session.scalars(select(self.model).where(self.model.mail == mail)).all()\n"
    ),
    "shop/repositories.py": (
        "from shop.base import Repository\nfrom shop.models import Order, User\n"
        "class Orders(Repository):\n    model = Order\n"
        "    def first(self):\n        return self.session.query(Order).first()\n"
        "class Users(Repository):\n    model = User\n"
    ),
    "shop/web.py": (
        "from flask import g, Flask\nfrom shop.models import User\napp = Flask(__name__)\n"
        "@app.route('/me')\ndef me():\n    g.session.delete(g.user)\n"
    ),
    "shop/signing.py": (
        "from flask import g\nfrom shop.models import User\n"
        "def sign_in(session, key):\n    g.user = session.get(User, key)\n"
    ),
    "shop/plain.py": "def plain(a):\n    return a + 1\n",
}


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return counted_project(tmp_path, monkeypatch, FILES)


def test_a_second_run_follows_nothing(counted: Counted) -> None:
    first = said(counted.read())
    assert "shop/load.py" in counted.followed and "mail" in first
    assert said(counted.read()) == first
    assert counted.followed == [] and counted.declared == 1


def test_only_what_depends_on_an_edited_function_is_followed_again(counted: Counted) -> None:
    counted.read()
    counted.write("shop/where.py", WHERE.format(column="name"))
    assert "'name'" in said(counted.read())
    assert sorted(counted.followed) == ["shop/load.py", "shop/orders.py"]
    assert counted.declared == 1
    counted.write("shop/orders.py", FILES["shop/orders.py"] + "\n# seen\n")
    counted.read()
    assert counted.followed == ["shop/orders.py"]


def test_a_document_that_comes_with_an_edit_makes_nothing_else_anew(counted: Counted) -> None:
    counted.read()
    counted.write("NOTES.md", "# Notes\n")
    counted.write("shop/orders.py", "# seen\n" + FILES["shop/orders.py"])
    counted.read()
    assert counted.followed == ["shop/orders.py"]


def test_a_constant_behind_two_imports_matters_and_a_comment_beside_it_does_not(counted: Counted) -> None:
    counted.read()
    counted.write("shop/settings.py", "# how many\nSIZE = 20\n")
    first = said(counted.read())
    assert counted.followed == []
    counted.write("shop/settings.py", "# how many\nSIZE = 50\n")
    assert said(counted.read()) != first
    assert "shop/load.py" in counted.followed and "shop/repositories.py" not in counted.followed


def test_what_a_base_says_is_followed_again_for_its_heirs(counted: Counted) -> None:
    counted.read()
    counted.write("shop/base.py", FILES["shop/base.py"].replace(".mail == mail", ".id == mail"))
    counted.read()
    assert sorted(counted.followed) == ["shop/base.py", "shop/repositories.py"]


def test_an_answer_of_the_whole_project_is_asked_again(counted: Counted) -> None:
    before = counted.read()
    counted.write("shop/signing.py", FILES["shop/signing.py"].replace("g.user =", "g.other ="))
    assert said(counted.read()) != said(before)
    assert "shop/web.py" in counted.followed and "shop/load.py" not in counted.followed


def test_other_models_make_all_anew(counted: Counted) -> None:
    counted.read()
    counted.write("shop/models.py", MODELS.format(column="other"))
    counted.read()
    assert counted.declared == 2 and "shop/load.py" in counted.followed


def test_models_that_only_moved_make_nothing_else_anew(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    counted.read()
    counted.write("shop/models.py", "# one\n\n" + FILES["shop/models.py"])
    kept = said(counted.read())
    assert counted.declared == 2 and counted.followed == ["shop/models.py"]
    monkeypatch.setenv("DBA_CACHE", "0")
    assert said(counted.read()) == kept


@pytest.mark.parametrize("seed", range(8))
def test_any_edits_say_the_same_with_the_cache_as_without(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    texts = [
        *FILES.values(),
        WHERE.format(column="name"),
        "from shop.load import load as get\n",
        "from shop.load import *\nfrom shop.where import by_mail as get\n",
        "def broken(:\n",
        "from shop.models import Order as User\ndef by_mail(mail):\n    return User.id == mail\nSIZE = 3\n",
        FILES["shop/repositories.py"].replace("def first(self)", "def by_mail(self, mail)"),
        "def size():\n    return 7\nSIZE = size()\n",
        "def size():\n    return 8\nSIZE = size()\n",
    ]
    names = [*FILES, "shop/more.py", "shop/where/__init__.py", "other/settings.py"]
    for _ in range(14):
        path = chance.choice(names)
        if path == "shop/models.py":
            text = chance.choice(["", "# one\n", "\n\n"]) + MODELS.format(column=chance.choice(["name", "other"]))
        elif chance.random() < 0.08:
            text = None
        elif path in FILES and chance.random() < 0.4:
            added = chance.choice(["", "\n", "# select(\n", "LATE = 1\n", "def late(session):\n    session.get(1)\n"])
            text = FILES[path] + added
        else:
            text = chance.choice(texts)
        counted.write(path, text)
        kept = said(counted.read())
        monkeypatch.setenv("DBA_CACHE", "0")
        assert kept == said(counted.read()), (path, text)
        monkeypatch.delenv("DBA_CACHE")


@pytest.mark.parametrize("how", HARMS)
def test_a_file_that_is_not_as_we_wrote_it_is_passed_over(counted: Counted, tmp_path: Path, how: str) -> None:
    counted.read()
    (file,) = (tmp_path / "kept" / "dbarchitect" / "readings").glob("*.parts")
    harm(file, how)
    counted.write("shop/load.py", FILES["shop/load.py"] + "\n")
    counted.read()
    assert "shop/base.py" in counted.followed
