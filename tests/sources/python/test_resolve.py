"""Names followed through imports, packages, aliases and classes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import ClassDef, External, FunctionDef, Module, PythonIndex, Unresolved, Value
from dbarchitect.sources.python.expressions import Name

Make = Callable[[dict[str, str]], PythonIndex]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(files: dict[str, str]) -> PythonIndex:
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text))
        return PythonIndex(open_project(tmp_path))

    return build


def meaning(index: PythonIndex, path: str, name: str) -> str:
    found = index.resolve(index.modules[path], name)
    match found:
        case ClassDef() | FunctionDef():
            return f"{type(found).__name__} {found.module.path} {found.qualname}"
        case Value():
            return f"Value {found.module.path} {'.'.join((found.name, *found.rest))}"
        case External():
            return f"External {found.name}"
        case Module():
            return f"Module {found.path}"
        case _:
            return repr(found)


def test_imports_of_every_kind(make: Make) -> None:
    index = make(
        {
            "manage.py": "",
            "accounts/__init__.py": "",
            "accounts/models.py": "class User: pass\n",
            "shop/__init__.py": "",
            "shop/models/__init__.py": "from .order import *\nfrom .item import Item as Thing\nfrom . import item\n",
            "shop/models/order.py": "from ...accounts.models import User\nclass Order: pass\nclass _Hidden: pass\n",
            "shop/models/item.py": "from accounts import models as m\nfrom django.db import models\nclass Item: pass\n",
            "shop/views.py": """
                import django.db.models
                import django.db.models as dm
                import shop.models
                from shop.models import Order, Thing
                from shop import models as sm
                from django.db.models import *
            """,
        }
    )
    views = "shop/views.py"
    assert meaning(index, views, "django.db.models.CharField") == "External django.db.models.CharField"
    assert meaning(index, views, "dm.CharField") == "External django.db.models.CharField"
    assert meaning(index, views, "CharField") == "External django.db.models.CharField"
    assert meaning(index, views, "shop.models.Order") == "ClassDef shop/models/order.py Order"
    assert meaning(index, views, "Order") == "ClassDef shop/models/order.py Order"
    assert meaning(index, views, "Thing") == "ClassDef shop/models/item.py Item"
    assert meaning(index, views, "sm.item.Item") == "ClassDef shop/models/item.py Item"
    assert meaning(index, views, "sm.item.m.User") == "ClassDef accounts/models.py User"
    assert meaning(index, views, "sm._Hidden") == "None"
    assert meaning(index, views, "len") == "External builtins.len"
    assert meaning(index, "shop/models/item.py", "models.CharField") == "External django.db.models.CharField"
    assert meaning(index, "shop/models/order.py", "User") == "ClassDef accounts/models.py User"


def test_roots_below_the_project(make: Make) -> None:
    index = make(
        {
            "backend/manage.py": "",
            "backend/accounts/__init__.py": "",
            "backend/accounts/models.py": "class User: pass\n",
            "backend/shop/models.py": "from accounts.models import User\n",
            "services/api/src/core/db.py": "class Base: pass\n",
            "services/api/src/core/models.py": "from core.db import Base\n",
            "loose/app/db.py": "class Loose: pass\n",
            "loose/app/models.py": "from app.db import Loose\n",
            "other/accounts/models.py": "class Other: pass\n",
            "other/x.py": "from accounts.models import Other\n",
        }
    )
    assert meaning(index, "backend/shop/models.py", "User") == "ClassDef backend/accounts/models.py User"
    assert meaning(index, "services/api/src/core/models.py", "Base") == "ClassDef services/api/src/core/db.py Base"
    assert meaning(index, "loose/app/models.py", "Loose") == "ClassDef loose/app/db.py Loose"
    assert meaning(index, "other/x.py", "Other") == "ClassDef other/accounts/models.py Other"
    assert index.modules["backend/accounts/models.py"].name == "accounts.models"


def test_a_library_is_not_mistaken_for_a_file_of_the_same_name(make: Make) -> None:
    index = make(
        {
            "app/__init__.py": "",
            "app/redis.py": "import redis\nclient = redis.Redis()\n",
            "app/sqlalchemy.py": "from sqlalchemy import Column\n",
            "scripts/types.py": "",
            "scripts/run.py": "import types\n",
        }
    )
    assert meaning(index, "app/redis.py", "redis.Redis") == "External redis.Redis"
    assert meaning(index, "app/sqlalchemy.py", "Column") == "External sqlalchemy.Column"
    assert meaning(index, "scripts/run.py", "types.X") == "External types.X"


def test_circles_end(make: Make) -> None:
    index = make(
        {
            "a.py": "from b import X\nfrom b import *\nY = Y\nclass C(C): pass\nZ = W\nW = Z\n",
            "b.py": "from a import X\nfrom a import *\n",
            "c.py": "from c import *\nclass P(Q): pass\nclass Q(P): pass\n",
        }
    )
    assert meaning(index, "a.py", "X") == "None"
    assert meaning(index, "a.py", "missing") == "None"
    assert meaning(index, "a.py", "Z").startswith("Value")
    looped = index.modules["a.py"].classes[0]
    assert index.bases(looped) == (Unresolved("C"),)
    assert [getattr(b, "name", b) for b in index.mro(index.modules["c.py"].classes[0])] == ["P", "Q"]


def test_a_name_bound_more_than_once(make: Make) -> None:
    index = make(
        {
            "a.py": """
                try:
                    from django.db.models import JSONField
                except ImportError:
                    from django.contrib.postgres.fields import JSONField
                if True:
                    from one import A
                else:
                    from two import A
                from old import B
                from new import B
                from typing import TYPE_CHECKING
                if TYPE_CHECKING:
                    from real import C
            """
        }
    )
    assert meaning(index, "a.py", "JSONField") == "External django.db.models.JSONField"
    assert meaning(index, "a.py", "A") == "External one.A"
    assert meaning(index, "a.py", "B") == "External new.B"
    assert meaning(index, "a.py", "C") == "External real.C"


def test_values_and_their_attributes(make: Make) -> None:
    index = make(
        {
            "extensions.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
            "models.py": "from extensions import db as database\nBase = database.Model\nclass U(Base): pass\nclass V(database.Model): pass\n",  # noqa: E501 - one case, one line
        }
    )
    assert meaning(index, "models.py", "database.Model") == "Value extensions.py db.Model"
    first, second = index.modules["models.py"].classes
    assert index.bases(first) == index.bases(second)
    (base,) = index.bases(first)
    assert isinstance(base, Value)
    assert base.rest == ("Model",)


def test_classes_in_classes_and_functions(make: Make) -> None:
    index = make(
        {
            "a.py": """
                from django.db import models
                class Order(models.Model):
                    class Status(models.TextChoices):
                        OPEN = "o"
                    class Meta:
                        ordering = ["x"]
                    default = Status.OPEN
                def factory(db, extra):
                    class Base(models.Model):
                        pass
                    class Local(Base):
                        class Inner(extra.Thing): pass
                    return Local
            """
        }
    )
    module = index.modules["a.py"]
    assert [c.qualname for c in module.classes] == [
        "Order", "Order.Status", "Order.Meta", "factory.<locals>.Base", "factory.<locals>.Local",
        "factory.<locals>.Local.Inner",
    ]  # fmt: skip
    assert meaning(index, "a.py", "Order.Status").startswith("ClassDef a.py Order.Status")
    local = module.classes[4]
    assert index.external_bases(local) == ("django.db.models.Model",)
    assert index.bases(module.classes[5]) == (Unresolved("extra.Thing"),)


def test_the_order_of_bases_is_pythons(make: Make) -> None:
    index = make(
        {
            "a.py": """
                from lib import X, Y
                from typing import Generic
                from six import with_metaclass
                class A(X): pass
                class B(A, Y): pass
                class C(A): pass
                class D(B, C): pass
                class E(D, Generic[int], object): pass
                class F(with_metaclass(type, C)): pass
                class G(A, B): pass
                class H(make()): pass
            """
        }
    )
    classes = {c.name: c for c in index.modules["a.py"].classes}

    def names(name: str) -> list[str]:
        return [getattr(b, "name", "?") for b in index.mro(classes[name])]

    assert names("D") == ["D", "B", "C", "A", "lib.X", "lib.Y"]
    assert names("E") == ["E", "D", "B", "C", "A", "lib.X", "lib.Y", "typing.Generic"]
    assert names("F") == ["F", "C", "A", "lib.X"]
    assert names("G") == ["G", "A", "lib.X", "B", "lib.Y"]  # Python refuses it; we still tell what we saw
    assert names("H") == ["H", ""]
    assert [c.name for c in index.lineage(classes["E"])] == ["E", "D", "B", "C", "A"]


def test_attributes_along_the_order(make: Make) -> None:
    index = make({"a.py": "class A:\n    x = 1\n    y = 1\nclass B(A):\n    y = 2\n"})
    b = index.modules["a.py"].classes[1]
    found = index.attribute(b, "y")
    assert found is not None
    assert found[0].name == "B"
    found = index.attribute(b, "x")
    assert found is not None
    assert found[0].name == "A"
    assert index.attribute(b, "z") is None
    assert index.resolve_expr(b.module, Name("B.x")) == index.resolve_expr(b.module, Name("A.x"))


def test_what_was_let_go_is_read_again(make: Make) -> None:
    index = make(
        {
            "shop/a.py": "from shop.b import Base as Root\nclass Order(Root):\n    limit = 3\n",
            "shop/b.py": "class Base:\n    def save(self):\n        pass\n",
        }
    )
    before = [meaning(index, "shop/a.py", name) for name in ("Order", "Root", "Order.save")]
    order = index.resolve(index.modules["shop/a.py"], "Order")
    index.forget()
    assert not any(module.is_read for module in index.modules.values())
    assert [meaning(index, "shop/a.py", name) for name in ("Order", "Root", "Order.save")] == before
    again = index.resolve(index.modules["shop/a.py"], "Order")
    assert isinstance(again, ClassDef) and again is not order
    assert [found.name for found in index.lineage(again)] == ["Order", "Base"]


def test_where_a_pattern_was_found_before_no_file_is_read_again(make: Make, tmp_path: Path) -> None:
    index = make({"a.py": "query = 1\n", "b.py": "query = 2\n", "c.py": "query = 3\n"})
    pattern = re.compile(b"query")
    index.recall(pattern, frozenset({"a.py"}), {"b.py"})
    (tmp_path / "a.py").unlink()
    assert [module.path for module in index.matching(pattern, index.modules.values())] == ["a.py", "b.py"]
    assert index.is_recalled(index.modules["c.py"], pattern)
    assert not index.is_recalled(index.modules["b.py"], pattern)
    assert not index.is_recalled(index.modules["c.py"], re.compile(b"query."))


def test_a_program_that_is_started_inside_a_package(make: Make) -> None:
    index = make(
        {
            "app/__init__.py": "",
            "app/main.py": "import gears.router as router\n",
            "app/gears/__init__.py": "",
            "app/gears/models.py": "class Gear: pass\n",
            "app/gears/router.py": "import gears.models as models\nfrom gears.models import Gear\nimport stripe\n",
            "app/stripe.py": "def charge(): pass\n",
        }
    )
    assert meaning(index, "app/main.py", "router.Gear") == "ClassDef app/gears/models.py Gear"
    assert meaning(index, "app/gears/router.py", "models.Gear") == "ClassDef app/gears/models.py Gear"
    # One word alone is the library, whatever a module beside is called.
    assert meaning(index, "app/gears/router.py", "stripe.charge") == "External stripe.charge"


def test_a_package_that_imports_from_itself(make: Make) -> None:
    index = make(
        {
            "shop/__init__.py": "from shop import log\n",
            "shop/log.py": "def debug(): pass\n",
            "shop/db.py": "from shop import log\n",
            "celery.py": "from celery import Task\n",
        }
    )
    assert meaning(index, "shop/__init__.py", "log") == "Module shop/log.py"
    assert meaning(index, "shop/db.py", "log.debug") == "FunctionDef shop/log.py debug"
    assert meaning(index, "celery.py", "Task") == "External celery.Task"
