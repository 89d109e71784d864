"""Lists of Django REST framework: which rows a viewset begins with, filters, pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Bound, Comparison, Fetch, Idiom

from .shop import SERIALIZERS, SETTINGS, asked, code_of, one, queries_of

_REST = (
    SETTINGS
    + """
REST_FRAMEWORK = {
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
}
"""
)


def test_pages_and_filters_that_the_settings_give_every_list(tmp_path: Path) -> None:
    body = """
from rest_framework import filters, viewsets

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything.all()
    search_fields = ["status"]
    filterset_fields = ["total"]

class Searched(viewsets.ModelViewSet):
    queryset = Tag.objects.all()
    filter_backends = [filters.SearchFilter]
    search_fields = ["name"]
    pagination_class = None

class Own(viewsets.ModelViewSet):
    queryset = Item.objects.all()
    def get_queryset(self):
        return Item.objects.filter(order__user=self.request.user)
"""
    found = {
        str(q.table): q for q in code_of(tmp_path, body, settings=_REST).queries if q.origin.path == "shop/views.py"
    }
    orders, tags, items = found["shop_order"], found["shop_tag"], found["shop_item"]
    assert orders.limit is not None
    assert (orders.limit.value, orders.offset is not None) == (50, True)
    assert [str(p.column) for p in orders.predicates] == ["shop_order.total"]
    assert tags.limit is None
    assert [str(p.column) for p in tags.predicates] == ["shop_tag.name"]
    assert items.idiom is Idiom.PAGINATED


def test_filters_of_a_view_give_its_order(tmp_path: Path) -> None:
    body = """
from rest_framework import filters, viewsets

class Items(viewsets.ReadOnlyModelViewSet):
    queryset = Item.objects.all()
    filter_backends = (filters.OrderingFilter,)
    ordering = ["-sku"]
    def list(self, request, *args, **kwargs):
        return self.paginate_queryset(self.filter_queryset(Item.objects.only("sku")))
"""
    query = next(q for q in queries_of(tmp_path, body) if q.place.function.endswith(".list"))
    assert [(str(k.column), k.descending) for k in query.ordering] == [("shop_item.sku", True)]


def test_a_class_that_holds_a_manager(tmp_path: Path) -> None:
    body = """
from rest_framework import viewsets

class Orders(viewsets.ModelViewSet):
    queryset = Order.objects

    def get_queryset(self):
        return self.queryset.filter(user=self.request.user)

class Items(viewsets.ModelViewSet):
    queryset = Item.objects

    def get_queryset(self):
        return self.queryset.filter(sku=self.request.GET["sku"])
"""
    orders, items = queries_of(tmp_path, body)
    assert asked(orders) == {("shop_order.deleted", Comparison.EQUAL), ("shop_order.user_id", Comparison.EQUAL)}
    assert asked(items) == {("shop_item.sku", Comparison.EQUAL)}


def test_what_a_method_puts_into_the_queryset(tmp_path: Path) -> None:
    body = """
from rest_framework import viewsets

class Orders(viewsets.ModelViewSet):
    queryset = Order.everything

    def get_queryset(self):
        self.queryset = self.queryset.filter(status=self.request.GET["status"])
        return super().get_queryset().order_by("total")
"""
    query = one(tmp_path, body)
    assert asked(query) == {("shop_order.status", Comparison.EQUAL)}
    assert [str(k.column) for k in query.ordering] == ["shop_order.total"]


def test_a_class_that_holds_a_manager_of_a_librarys_model(tmp_path: Path) -> None:
    body = """
from django.contrib.auth.models import User
from rest_framework import viewsets

class Users(viewsets.ModelViewSet):
    queryset = User.objects

    def get_queryset(self):
        return self.queryset.filter(username=self.request.GET["name"])
"""
    assert asked(one(tmp_path, body)) == {("auth_user.username", Comparison.EQUAL)}


_FILTERED = """
import django_filters
from rest_framework import serializers, viewsets

class OrderFilter(django_filters.FilterSet):
    class Meta:
        model = Order
        fields = ["status"]
"""


def test_what_a_filter_set_leaves_of_a_queryset(tmp_path: Path) -> None:
    body = f"""{_FILTERED}
def f(request, user):
    found = OrderFilter(request.GET, queryset=Order.everything.filter(user=user)).qs
    return list(found.order_by("total")[:10])
"""
    (query,) = (q for q in queries_of(tmp_path, body) if q.idiom is not Idiom.FILTER_FIELDS)
    assert [(str(p.column), p.optional) for p in query.predicates] == [
        ("shop_order.user_id", False),
        ("shop_order.status", True),
    ]
    assert query.limit == Bound(10)


@pytest.mark.parametrize(
    "declared", ['filterset_fields = ["status"]', 'search_fields = ["status"]', "filterset_class = OrderFilter"]
)
def test_a_view_that_declares_only_what_may_be_asked(declared: str, tmp_path: Path) -> None:
    body = f"""{_FILTERED}{SERIALIZERS}
class Orders(viewsets.ModelViewSet):
    serializer_class = OrderSerializer
    {declared}

    def get_queryset(self):
        return Order.everything.filter(user=self.request.user)
"""
    found = queries_of(tmp_path, body)
    (listed,) = (q for q in found if q.idiom is Idiom.FILTER_FIELDS and q.place.function.endswith(":Orders"))
    assert [(str(p.column), p.optional) for p in listed.predicates] == [
        ("shop_order.user_id", False),
        ("shop_order.status", True),
    ]
    (lazy,) = (q for q in found if q.idiom is Idiom.SERIALIZER)
    assert str(lazy.table) == "shop_item"


@pytest.mark.parametrize(
    "declared",
    [
        'class One(viewsets.ModelViewSet):\n    queryset = Item.objects.all()\n    lookup_field = "sku"',
        'class One(generics.RetrieveAPIView):\n    queryset = Item.objects.all()\n    lookup_field = "sku"',
        'class One(DetailView):\n    model = Item\n    slug_field = "sku"',
    ],
)
def test_the_row_that_a_view_looks_up(declared: str, tmp_path: Path) -> None:
    head = "from django.views.generic import DetailView\nfrom rest_framework import generics, viewsets\n"
    (query,) = (q for q in queries_of(tmp_path, f"{head}{declared}\n") if q.fetch is Fetch.ONE)
    assert asked(query) == {("shop_item.sku", Comparison.EQUAL)}
    own = f"{head}{declared}\n    def get_object(self):\n        return None\n"
    for number, body in enumerate((own, f"{head}{declared}\n".replace('"sku"', '"pk"'))):
        assert not [q for q in queries_of(tmp_path / str(number), body) if q.fetch is Fetch.ONE]
