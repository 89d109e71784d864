"""Managers and querysets of the project, of libraries, under other names; rows told by name and use."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Bound, Comparison

from .shop import MODELS, asked, code_of, of_function, one, queries_of


def test_managers_and_querysets_of_the_project_are_followed(tmp_path: Path) -> None:
    query = one(tmp_path, "def f(user):\n    for order in Order.objects.of(user):\n        print(order.total)\n")
    columns = {name for name, _ in asked(query)}
    assert columns == {"shop_order.deleted", "shop_order.status", "shop_order.user_id"}
    assert [str(c) for c in query.attributes or ()] == ["shop_order.total"]


def test_a_module_that_holds_a_manager(tmp_path: Path) -> None:
    query = one(tmp_path, "everything = Order.everything\ndef f(x):\n    return list(everything.filter(status=x))\n")
    assert asked(query) == {("shop_order.status", Comparison.EQUAL)}


def test_managers_that_a_base_of_a_library_gives(tmp_path: Path) -> None:
    models = """
from django.db import models
from some_library.models import Removable

class Item(models.Model):
    sku = models.CharField(max_length=20)

class Order(Removable):
    status = models.CharField(max_length=20)
class Tag(models.Model):
    name = models.CharField(max_length=20)
"""
    body = """
def f(x):
    return list(Order.global_objects.filter(status=x))
def g(x):
    return list(Item.global_objects.filter(sku=x))
"""
    (query,) = [q for q in code_of(tmp_path, body, models=models).queries if q.origin.path == "shop/views.py"]
    assert asked(query) == {("shop_order.status", Comparison.EQUAL)}


def test_the_rows_behind_an_object_that_nobody_knows(tmp_path: Path) -> None:
    models = f"{MODELS}\nclass Visit(models.Model):\n    order = models.ForeignKey(Order, on_delete=models.CASCADE)\n"
    body = """
def f(order, x):
    return order.visit_set.filter(id=x).exists()
def g(order, x):
    return order.item_set.filter(id=x).exists()
"""
    (query,) = [q for q in code_of(tmp_path, body, models=models).queries if q.origin.path == "shop/views.py"]
    assert asked(query) == {("shop_visit.order_id", Comparison.EQUAL), ("shop_visit.id", Comparison.EQUAL)}


@pytest.mark.parametrize(
    "through",
    ["Order.tags.through.objects.filter(order_id=1)", "Through.objects.filter(order_id=1)"],
)
def test_the_table_between_two_models(through: str, tmp_path: Path) -> None:
    query = one(tmp_path, f"def f():\n    Through = Order.tags.through\n    return list({through})\n")
    assert asked(query) == {("shop_order_tags.order_id", Comparison.EQUAL)}


def test_querysets_that_are_handed_in_are_those_that_the_annotation_names(tmp_path: Path) -> None:
    body = (
        "def plain(orders: models.QuerySet[Order]):\n    return orders.filter(status='open').exists()\n"
        "def quoted(orders: 'models.QuerySet[Order]', user):\n"
        "    return list(orders.filter(user=user).order_by('-created')[:5])\n"
        "def own(orders: 'OrderQuerySet[Order]'):\n    return orders.open().count()\n"
        "def rows(orders: list[Order]):\n    return orders\n"
    )
    head = "from django.db import models\nfrom shop.models import OrderQuerySet\n"
    code = code_of(tmp_path, head + body)
    plain, quoted, own = (q for q in code.queries if q.place.function.startswith("shop/views.py"))
    assert [str(p.column) for p in plain.predicates] == ["shop_order.status"]
    assert "where" in plain.dynamic, "which rows it holds already, the caller knows"
    assert [str(p.column) for p in quoted.predicates] == ["shop_order.user_id"]
    assert [(str(k.column), k.descending) for k in quoted.ordering] == [("shop_order.created", True)]
    assert quoted.dynamic == ("where",)
    assert quoted.limit == Bound(5)
    assert [p.constants for p in own.predicates] == [("open",)]


def test_a_manager_may_name_the_class_of_its_querysets(tmp_path: Path) -> None:
    models = MODELS.replace(
        "class OrderManager(models.Manager.from_queryset(OrderQuerySet)):\n"
        "    def get_queryset(self):\n        return super().get_queryset().filter(deleted=False)",
        "class OrderManager(models.Manager):\n    QUERYSET = OrderQuerySet\n"
        "    def get_queryset(self):\n        return self.QUERYSET(self.model, using=self._db).open()",
    )
    assert "QUERYSET = " in models
    (query,) = code_of(tmp_path, "def one(pk):\n    return Order.objects.get(id=pk)\n", models=models).queries[-1:]
    assert {str(p.column) for p in query.predicates} == {"shop_order.id", "shop_order.status"}
    assert query.dynamic == ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("order, sku):\n    return order.items.filter(sku=sku).exists()", ["shop_item.order_id", "shop_item.sku"]),
        ("order=None):\n    order.status = 'x'\n    order.save()", ["shop_order.id"]),
        ("order):\n    return order.items.filter(sku=1).exists() and order.parcel", []),  # no row of ours has that
        ("purchase):\n    return purchase.items.filter(sku=1).exists()", []),
        ("order: dict):\n    return order.items.filter(sku=1).exists()", []),
        ("order):\n    return order", []),
    ],
)
def test_rows_are_told_by_name_and_use(tmp_path: Path, source: str, expected: list[str]) -> None:
    told = of_function(code_of(tmp_path, f"def f({source}\n"), "f")
    assert [columns for _, _, columns in told] == ([expected] if expected else [])


def test_the_model_of_users_by_its_setting(tmp_path: Path) -> None:
    body = (
        "from django.apps import apps\nfrom django.conf import settings\n"
        "def f(x):\n    return apps.get_model(settings.AUTH_USER_MODEL).objects.filter(email__iexact=x).first()\n"
    )
    assert of_function(code_of(tmp_path, body), "f") == [("select", "auth_user", ["auth_user.email"])]


@pytest.mark.parametrize(
    ("loop", "asks"),
    [
        ("for model in (Tag, Item):", "model.objects.filter(id=x).delete()"),
        ("for name, model in [('tags', Tag), ('items', Item)]:", "print(name, model.objects.filter(id=x).count())"),
    ],
)
def test_a_loop_over_models_asks_each(loop: str, asks: str, tmp_path: Path) -> None:
    found = queries_of(tmp_path, f"def f(x):\n    {loop}\n        {asks}\n")
    assert sorted(str(q.table) for q in found) == ["shop_item", "shop_tag"]
    assert all(q.place.loops[0].bound == 2 for q in found)


NARROWED = """
from django.db import models
from model_utils.managers import InheritanceManager, QueryManager, SoftDeletableManager
from removal.models import SoftDeleteModel
from django.contrib.sites.managers import CurrentSiteManager
from treebeard.mp_tree import MP_NodeManager

class LivingManager(SoftDeletableManager):
    def named(self, name):
        return self.filter(name=name)

class Page(models.Model):
    name = models.CharField(max_length=20)
    objects = models.Manager()
    open = QueryManager(state="open").order_by("-pk")
    public = QueryManager(state="open")
    living = SoftDeletableManager()
    own = LivingManager()
    here = CurrentSiteManager()
    kinds = InheritanceManager()
    nodes = MP_NodeManager()

class Note(SoftDeleteModel):
    name = models.CharField(max_length=20)
"""


@pytest.mark.parametrize(
    ("asking", "narrowed"),
    [
        ("Page.objects.filter(name=x)", False),
        ("Page.public.filter(name=x)", True),
        ("Page.living.filter(name=x)", True),
        ("Page.living.all().filter(name=x)", True),
        ("Page.own.filter(name=x)", True),
        ("Page.here.filter(name=x)", True),
        ("Page.kinds.filter(name=x)", False),
        ("Page.nodes.filter(name=x)", False),
        ("Note.objects.filter(name=x)", True),
    ],
)
def test_a_manager_of_a_package_that_leaves_rows_out(tmp_path: Path, asking: str, narrowed: bool) -> None:
    """By what it is told or called: that there are no other conditions is not known."""
    body = f"from shop.models import Note, Page\ndef f(x):\n    return list({asking})\n"
    (query,) = [q for q in code_of(tmp_path, body, models=NARROWED).queries if q.origin.path == "shop/views.py"]
    assert {name for name, _ in asked(query)} in ({"shop_page.name"}, {"shop_note.name"})
    assert ("where" in query.dynamic) is narrowed


def test_what_it_makes_is_a_row_like_any(tmp_path: Path) -> None:
    """Nothing is left out of an INSERT."""
    body = "from shop.models import Page\ndef f(x):\n    Page.living.create(name=x)\n"
    (query,) = [q for q in code_of(tmp_path, body, models=NARROWED).queries if q.origin.path == "shop/views.py"]
    assert (query.verb.value, query.dynamic) == ("insert", ())
