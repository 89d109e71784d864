"""What is kept of following a Django project is used again only where following anew would say the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.edited import Counted, said
from support.keptpython import counted_project

MODELS = (
    "from django.db import models\nfrom shop.managers import OpenManager\n"
    "class User(models.Model):\n    mail = models.CharField(max_length=80)\n"
    "class Order(models.Model):\n    user = models.ForeignKey(User, on_delete=models.CASCADE)\n"
    "    status = models.CharField(max_length=10)\n    objects = {manager}()\n"
    "    def owner(self):\n        return self.user.mail\n"
)
MANAGERS = (
    "from django.db import models\n"
    "class OrderQuerySet(models.QuerySet):\n    def open(self):\n        return self.filter(status='{status}')\n"
    "class OpenManager(models.Manager):\n    def get_queryset(self):\n"
    "        return OrderQuerySet(self.model, using=self._db).open()\n"
)
FILES = {
    "manage.py": "",
    "site/settings.py": (
        "INSTALLED_APPS = ['shop']\nROOT_URLCONF = 'shop.urls'\nREST_FRAMEWORK = {'PAGE_SIZE': 20,\n"
        " 'DEFAULT_PAGINATION_CLASS': 'rest_framework.pagination.PageNumberPagination'}\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n"
    ),
    "shop/__init__.py": "",
    "shop/models.py": MODELS.format(manager="OpenManager"),
    "shop/managers.py": MANAGERS.format(status="open"),
    "shop/admin.py": (
        "from django.contrib import admin\nfrom shop.models import Order\n"
        "class OrderAdmin(admin.ModelAdmin):\n    list_display = ['status', 'owner']\n    search_fields = ['status']\n"
        "    def get_queryset(self, request):\n        return super().get_queryset(request).filter(status='x')\n"
        "admin.site.register(Order, OrderAdmin)\n"
    ),
    "shop/serializers.py": (
        "from rest_framework import serializers\nfrom shop.models import Order\n"
        "class OrderSerializer(serializers.ModelSerializer):\n"
        "    mail = serializers.SerializerMethodField()\n"
        "    class Meta:\n        model = Order\n        fields = ['id', 'status', 'mail']\n"
        "    def get_mail(self, order):\n        return order.user.mail\n"
    ),
    "shop/views.py": (
        "from django.shortcuts import render\nfrom django.views.generic import ListView\n"
        "from rest_framework import viewsets\nfrom shop.models import Order\n"
        "from shop.serializers import OrderSerializer\nfrom shop.services import late\n"
        "class OrderViewSet(viewsets.ModelViewSet):\n    queryset = Order.objects.all()\n"
        "    serializer_class = OrderSerializer\n"
        "class Orders(ListView):\n    model = Order\n    paginate_by = 10\n"
        "def shown(request):\n    return render(request, 'shown.html', {'orders': late(Order.objects.all())})\n"
    ),
    "shop/services.py": "def late(orders):\n    return orders.filter(status='late').order_by('id')\n",
    "shop/urls.py": (
        "from django.urls import path\nfrom shop import views\n"
        "urlpatterns = [path('shown/', views.shown), path('orders/', views.Orders.as_view())]\n"
    ),
    "shop/templates/shown.html": "{% for order in orders %}{{ order.user.mail }}{% endfor %}\n",
}


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return counted_project(tmp_path, monkeypatch, FILES)


def test_a_page_that_was_edited_is_filled_again(counted: Counted) -> None:
    before = said(counted.read())
    counted.write("shop/templates/shown.html", "{{ orders.count }}\n")
    assert said(counted.read()) != before
    if counted.declared == 1:
        assert counted.followed == ["shop/views.py"]


def test_another_list_in_the_admin_makes_no_other_module_anew(counted: Counted) -> None:
    before = said(counted.read())
    counted.write("shop/admin.py", FILES["shop/admin.py"].replace("['status', 'owner']", "['status']"))
    assert said(counted.read()) != before
    assert counted.declared == 2 and counted.followed == ["shop/admin.py"]


@pytest.mark.parametrize("seed", range(6))
def test_any_edits_say_the_same_with_the_cache_as_without(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    others = {
        "shop/models.py": [MODELS.format(manager="models.Manager"), MODELS.format(manager="OpenManager")],
        "shop/managers.py": [MANAGERS.format(status="closed"), MANAGERS.replace("OrderQuerySet", "LateQuerySet")],
        "shop/services.py": ["def late(orders):\n    return orders.exclude(status='paid')\n", ""],
        "shop/urls.py": [FILES["shop/urls.py"].replace("shown/", "seen/"), "urlpatterns = []\n"],
        "shop/admin.py": [FILES["shop/admin.py"].replace("'owner'", "'id'"), "", "def broken(:\n"],
        "shop/serializers.py": [FILES["shop/serializers.py"].replace("order.user.mail", "order.status")],
        "shop/views.py": [FILES["shop/views.py"].replace("paginate_by = 10", "paginate_by = 20")],
        "site/settings.py": [FILES["site/settings.py"].replace("20", "30")],
        "shop/templates/shown.html": ["{{ orders.0.user.mail }}\n", ""],
    }
    for _ in range(14):
        path = chance.choice(list(others))
        text = chance.choice([FILES[path], *others[path], FILES[path] + "\n# seen\n"])
        counted.write(path, None if chance.random() < 0.05 else text)
        kept = said(counted.read())
        monkeypatch.setenv("DBA_CACHE", "0")
        assert kept == said(counted.read()), (path, text)
        monkeypatch.delenv("DBA_CACHE")
