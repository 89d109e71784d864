"""What is declared of pages: lists of the admin, routes, templates, generic views, requests, receivers of signals."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.queries import Bound, Comparison, Fetch, Idiom

from .shop import SETTINGS, asked, code_of, of_function, one, queries_of


def test_lists_of_the_admin(tmp_path: Path) -> None:
    body = """
from django.contrib import admin

@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_filter = ("status", "user__email")
    search_fields = ["=status", "items__sku"]
    date_hierarchy = "created"
"""
    query = one(tmp_path, body)
    assert query.idiom is Idiom.ADMIN
    assert ("auth_user.email", Comparison.EQUAL) in asked(query)
    assert ("shop_item.sku", Comparison.CONTAINS) in asked(query)
    assert ("shop_order.created", Comparison.RANGE) in asked(query)
    assert all(p.optional for p in query.predicates if str(p.column) != "shop_order.deleted")


def test_routes(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/urls.py").write_text(
        "from django.urls import path\nfrom shop import views\nurlpatterns = [path('orders/<int:pk>/', views.show)]\n"
    )
    code = code_of(tmp_path, "def show(request, pk):\n    return get_object_or_404(Order, pk=pk)\n")
    assert code.functions["shop/views.py:show"].route == "orders/<int:pk>/"


def test_what_answers_requests_without_a_call(tmp_path: Path) -> None:
    body = """
from django import forms
from django.contrib import admin
from django.views.generic import DetailView

class Shown(DetailView):
    model = Order
    slug_field = "status"
    def newest(self):
        return Order.objects.first()

class Choosing(forms.Form):
    def clean_tag(self):
        return Tag.objects.get(name="x")

class OrderAdmin(admin.ModelAdmin):
    def close(self, request, queryset):
        Order.objects.filter(status="open").update(status="closed")

def menu(request):
    return {"tags": Tag.objects.count()}

def count():
    return Tag.objects.count()

Tag.objects.create(name="first")
"""
    functions = code_of(tmp_path, body).functions
    found = {key.partition(":")[2]: function.answers for key, function in functions.items() if "views.py" in key}
    assert found == {
        "Shown": True,
        "Shown.newest": True,
        "Choosing.clean_tag": True,
        "OrderAdmin.close": False,
        "menu": True,
        "count": False,
        "<module>": False,
    }


def test_templates_touch_relations(tmp_path: Path) -> None:
    (tmp_path / "shop/templates/shop").mkdir(parents=True)
    (tmp_path / "shop/templates/shop/list.html").write_text(
        "<ul>\n{% for order in orders %}\n<li>{{ order.user.email }} {{ order.total }}</li>\n{% endfor %}\n</ul>"
    )
    body = """
from django.shortcuts import render

def show(request):
    return render(request, "shop/list.html", {"orders": Order.everything.filter(deleted=False)})
"""
    code = code_of(tmp_path, body)
    (lazy,) = (q for q in code.queries if q.idiom is Idiom.TEMPLATE and q.place.loops)
    assert str(lazy.table) == "auth_user"
    assert (lazy.origin.path, lazy.origin.line) == ("shop/templates/shop/list.html", 3)
    assert lazy.place.function == "shop/views.py:show"


def test_requests_that_are_transactions(tmp_path: Path) -> None:
    settings = SETTINGS + 'DATABASES["default"]["ATOMIC_REQUESTS"] = True\n'
    body = """
def show(request):
    Tag.objects.filter(name="x").delete()
    return helper(request.GET["id"])

@transaction.non_atomic_requests
def apart(request):
    Item.objects.create(sku="a")

def helper(key):
    Tag.objects.create(name=key)
    return list(Order.objects.filter(status=key))

def shared():
    Order.objects.filter(status="x").delete()
"""
    queries = {
        q.place.function.partition(":")[2]: q for q in code_of(tmp_path, body, settings=settings).queries
        if q.origin.path == "shop/views.py"
    }  # fmt: skip
    transaction = queries["helper"].place.transaction
    assert transaction is not None
    assert transaction.path == "project/settings.py"
    assert queries["apart"].place.transaction is None
    assert queries["shared"].place.transaction is None


def test_templates_of_generic_views(tmp_path: Path) -> None:
    folder = tmp_path / "shop/templates/shop"
    folder.mkdir(parents=True)
    (folder / "base.html").write_text("{% block body %}{% endblock %}{{ order_list.first.parent.total }}")
    (folder / "row.html").write_text("<li>{{ one.user.email }}</li>")
    (folder / "order_list.html").write_text(
        '{% extends "shop/base.html" %}\n{% block body %}{% for order in object_list %}\n'
        '{% include "shop/row.html" with one=order %}{% endfor %}{% endblock %}'
    )
    body = """
from django.conf import settings
from django.views.generic import ListView

class Orders(ListView):
    model = Order
    paginate_by = settings.PAGE
"""
    queries = code_of(tmp_path, body).queries
    touched = [q for q in queries if q.relation and (q.origin.path or "").endswith(".html")]
    assert [(q.relation, q.origin.path, bool(q.place.loops)) for q in touched] == [
        ("Order.parent", "shop/templates/shop/base.html", False),
        ("Order.user", "shop/templates/shop/row.html", True),
    ]
    assert next(q for q in queries if q.origin.path == "shop/views.py").limit == Bound()


def test_an_admin_that_shows_a_relation_joins_all(tmp_path: Path) -> None:
    body = """
from django.contrib import admin

@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ("parent", "mail")
    def mail(self, order):
        return order.user.email
"""
    assert not [q for q in queries_of(tmp_path, body) if q.relation]


@pytest.mark.parametrize("method", ["setup", "initial", "dispatch"])
def test_what_a_view_is_given_before_its_methods(method: str, tmp_path: Path) -> None:
    body = f"""
from django.views import View

class Orders(View):
    found = None

    def {method}(self, request, *args, **kwargs):
        self.found = Order.everything.filter(user=request.user)
        return super().{method}(request, *args, **kwargs)

    def get(self, request):
        return self.found.order_by("total").first()
"""
    queries = [q for q in queries_of(tmp_path, body) if q.fetch is Fetch.FIRST]
    assert [asked(q) for q in queries] == [{("shop_order.user_id", Comparison.EQUAL)}]


def test_receivers_of_signals_are_sent_rows(tmp_path: Path) -> None:
    body = (
        "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n"
        "@receiver(post_save, sender=Order)\n"
        "def heard(sender, instance, **kwargs):\n"
        "    if not sender.everything.filter(status='new').exists():\n        instance.items.update(sku='')\n"
        "@receiver(post_save, sender=[Order, Item])\n"
        "def several(sender, instance, **kwargs):\n    instance.things.update(sku='')\n"
    )
    code = code_of(tmp_path, body)
    assert of_function(code, "heard") == [
        ("select", "shop_order", ["shop_order.status"]),
        ("update", "shop_item", ["shop_item.order_id"]),
    ]
    assert of_function(code, "several") == []
