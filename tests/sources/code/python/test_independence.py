"""What is seen in a module depends neither on which modules were followed before it, nor on who asked for its names."""

from __future__ import annotations

import re
from dataclasses import fields
from itertools import permutations
from pathlib import Path

from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.python.crowds import Crowds, headers_of
from dbarchitect.sources.code.python.fragments import Seen, merged
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.code.python.modules import Modules
from dbarchitect.sources.code.python.vocabularies import vocabularies_for
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.reading import release

FILES = {
    "shop/__init__.py": "",
    "shop/models.py": (
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
        "class Base(DeclarativeBase):\n    pass\n"
        "class Order(Base):\n    __tablename__ = 'orders'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    status: Mapped[str]\n    mail: Mapped[str]\n"
        "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    mail: Mapped[str]\n"
    ),
    "shop/service.py": (
        "from sqlalchemy import select\nfrom shop.models import Order\n"
        "class Service:\n"
        "    def __init__(self, session=None):\n        self.session = session\n"
        "    def add(self, condition):\n        self.condition = condition\n"
        "    def orders(self):\n        return self.session.scalars(select(Order).where(self.condition)).all()\n"
        "service = Service()\n"
    ),
    "shop/base.py": (
        "from sqlalchemy import select\n"
        "class Repository:\n    model = None\n"
        "    def __init__(self, session):\n        self.session = session\n"
        "    def by_mail(self, mail):\n"
        "        return self.session.scalars(select(self.model).where(self.model.mail == mail)).all()\n"
    ),
    "shop/a.py": (
        "from shop.base import Repository\nfrom shop.models import Order\n"
        "class Orders(Repository):\n    model = Order\n"
    ),
    "shop/near.py": (
        "from sqlalchemy.orm import Session\nfrom shop.models import Order\nfrom shop.service import service\n"
        "def near(session: Session):\n    service.session = session\n    service.add(Order.status == 'open')\n"
        "    for order in service.orders():\n        if order.mail == 'x':\n            print(order.id)\n"
    ),
    "shop/z.py": (
        "from sqlalchemy.orm import Session\nfrom shop.base import Repository\nfrom shop.models import User\n"
        "from shop.service import service\n"
        "class Users(Repository):\n    model = User\n"
        "def far(session: Session):\n    service.session = session\n    return len(service.orders())\n"
    ),
}


def followed(root: Path, order: tuple[str, ...]) -> dict[str, Seen]:
    """What is seen in each module, followed in an order."""
    project = open_project(root)
    index = PythonIndex(project)
    readings = read_project(project, index)
    vocabularies = vocabularies_for(readings)
    wanted = re.compile(b"|".join(needle for vocabulary in vocabularies for needle in vocabulary.needles))
    models = {model.key: model for reading in readings for model in reading.models}
    interpreter = Interpreter(index, models, vocabularies, wanted=wanted)
    crowds = Crowds({path: headers_of(module.source) for path, module in index.modules.items()})
    modules = Modules(interpreter, wanted, FILES, crowds)
    found: dict[str, Seen] = {}
    for path in order:
        module = index.module(path)
        assert module is not None
        parts, diagnostics = modules.follow(module, lambda: None)
        found[path] = Seen.of(parts, diagnostics, interpreter.touched, interpreter.asked)
        release(module)
    return found


def said(seen: Seen) -> tuple[object, ...]:
    code = merged([seen.parts]).code()
    return tuple(getattr(code, part.name) for part in fields(code))


def write(root: Path) -> None:
    for path, text in FILES.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)


def test_the_order_in_which_modules_are_followed_decides_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    paths = ("shop/service.py", "shop/base.py", "shop/near.py", "shop/z.py", "shop/a.py")
    orders = list(permutations(paths))
    first = {path: said(seen) for path, seen in followed(tmp_path, orders[0]).items()}
    for order in orders[1::7]:
        assert {path: said(seen) for path, seen in followed(tmp_path, order).items()} == first


def test_what_one_module_gives_an_object_of_another_is_not_seen_by_a_third(tmp_path: Path) -> None:
    write(tmp_path)
    found = followed(tmp_path, ("shop/near.py", "shop/z.py"))
    of_near = merged([found["shop/near.py"].parts]).code()
    of_far = merged([found["shop/z.py"].parts]).code()
    assert [[p.column.columns for p in q.predicates] for q in of_near.queries] == [[("status",)]]
    assert [] in [[p.column.columns for p in q.predicates] for q in of_far.queries]


def test_what_a_class_inherits_is_seen_where_the_class_stands(tmp_path: Path) -> None:
    write(tmp_path)
    found = followed(tmp_path, tuple(FILES))
    for path, table in (("shop/a.py", "orders"), ("shop/z.py", "users")):
        code = merged([found[path].parts]).code()
        asked = [
            q.table.table for q in code.queries if q.place.function == "shop/base.py:Repository.by_mail" and q.table
        ]
        assert asked == [table]
    assert found["shop/base.py"].diagnostics == ()


def test_of_very_many_heirs_the_first_tell_enough() -> None:
    classes = b"".join(b"class V%d(View, metaclass=Meta):\n    pass\n" % number for number in range(150))
    headers = {"a.py": headers_of(b"class View(lib.Base):\n    pass\n"), "b.py": headers_of(classes)}
    assert headers["a.py"] == (("View", ("Base",)),)
    crowds = Crowds(headers)
    passed = [number for number in range(150) if crowds.passed_over("View", "b.py", f"V{number}")]
    assert len(passed) == 50
    assert len(crowds.of_modules()["b.py"]) == 50 + 51  # of View and of its own base
    assert not crowds.passed_over("Other", "b.py", "V149")
