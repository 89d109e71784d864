"""Which applications count: lists that are computed, settings of a demo, packages that nobody installs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.django import DjangoReader

MODEL = "from django.db import models\nclass {0}(models.Model):\n    pass\n"
DATABASE = "DATABASES = {{'default': {{'ENGINE': 'django.db.backends.{0}'}}}}\n"


def read(root: Path, files: dict[str, str]) -> tuple[SourceReading, ...]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(dedent(text))
    return DjangoReader().read(open_project(root))


def own(reading: SourceReading) -> set[str]:
    return {t.name for t in reading.catalog.tables if t.owned_by is None}


def app(name: str, model: str) -> dict[str, str]:
    folder = name.replace(".", "/")
    return {f"{folder}/__init__.py": "", f"{folder}/models.py": MODEL.format(model)}


@pytest.mark.parametrize("installed", ["find_them()", "['django.contrib.auth'] + find_them()", "[*find_them(), 'x']"])
def test_a_list_that_is_computed_counts_every_package_with_models(tmp_path: Path, installed: str) -> None:
    files = {
        "manage.py": "",
        "conf/settings.py": f"from .plugins import find_them\nINSTALLED_APPS = {installed}\n",
        "conf/plugins.py": "def find_them():\n    found = scan()\n    return found\n",
        **app("shop", "Order"),
        **app("shop.stock", "Item"),
        **app("docs.example", "Sample"),
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"shop_order", "stock_item"}
    (said,) = reading.diagnostics
    assert (said.origin.path, said.origin.line) == ("conf/settings.py", 2)
    assert said.text.endswith("packages with models, taken for installed: shop, shop.stock")


def test_a_list_that_is_known_in_part(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "settings.py": "import os\nINSTALLED_APPS = ['shop'] + os.environ['MORE'].split()\n",
        **app("shop", "Order"),
        **app("loyalty", "Card"),
        "loyalty/migrations/__init__.py": "",
        **app("scratch", "Thing"),
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"shop_order", "loyalty_card"}
    assert [d.text.endswith(": loyalty") for d in reading.diagnostics] == [True]


@pytest.mark.parametrize("more", ["", "INSTALLED_APPS += ['toys']\n"])
def test_a_list_handed_to_what_adds_plugins_to_it(tmp_path: Path, more: str) -> None:
    text = "from plugins import with_plugins\nINSTALLED_APPS = with_plugins(['django.contrib.auth', 'shop'])\n"
    order = {"shop/models.py": MODEL.format("Order") + "    by = models.ForeignKey('auth.User', models.CASCADE)\n"}
    (reading,) = read(tmp_path, {"manage.py": "", "settings.py": text + more, **app("shop", "Order"), **order})
    assert {"shop_order"} == own(reading)
    assert "auth_user" in {t.name for t in reading.catalog.tables}
    (said,) = reading.diagnostics
    assert said.text.endswith("what it adds to the applications named in it is not read")


def test_models_that_no_settings_lead_to(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "settings.py": "INSTALLED_APPS = ['{{ project }}.shop']\n",
        **app("{{ project }}.shop", "A"),
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"shop_a"}


def test_a_project_finds_the_packages_beside_it_but_none_of_another_project(tmp_path: Path) -> None:
    computed = "from plugins import find\nINSTALLED_APPS = find()\n"
    files = {
        "sandbox/manage.py": "",
        "sandbox/settings.py": computed,
        **app("src.shop", "Order"),
    }
    (reading,) = read(tmp_path / "one", files)
    assert own(reading) == {"shop_order"}
    assert (reading.application.name, reading.application.path) == ("one", "src/shop")
    two = {
        f"{p}/{f}": t for p in "ab" for f, t in {"manage.py": "", "settings.py": computed, **app(f"{p}1", p)}.items()
    }
    assert [own(r) for r in read(tmp_path / "two", two)] == [{"a1_a"}, {"b1_b"}]


@pytest.mark.parametrize("installed", ["['shop', 'cart']", "[name for name in found()]"])
def test_a_project_inside_another_with_applications_of_the_same_names(tmp_path: Path, installed: str) -> None:
    manage = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n'
    files: dict[str, str] = {}
    for home, model in (("", "Order"), ("second/", "Parcel")):
        files |= {
            f"{home}manage.py": manage,
            f"{home}config/__init__.py": "",
            f"{home}config/settings.py": f"INSTALLED_APPS = {installed}\n" + DATABASE.format("postgresql"),
            **{f"{home}{path}": text for path, text in (app("shop", model) | app("cart", f"{model}Line")).items()},
        }
    read_ = {reading.application.path: reading for reading in read(tmp_path, files)}
    tables = {path: sorted(own(reading)) for path, reading in read_.items()}
    assert tables == {".": ["cart_orderline", "shop_order"], "second": ["cart_parcelline", "shop_parcel"]}


def test_a_demo_that_installs_a_part_of_the_library(tmp_path: Path) -> None:
    files = {
        "setup.py": "",
        "demo/manage.py": "",
        "demo/settings.py": "INSTALLED_APPS = ['core']\n" + DATABASE.format("sqlite3"),
        "src/core/migrations/__init__.py": "",
        **app("src.core", "Thing"),
        "src/core/extra/migrations/__init__.py": "",
        **app("src.core.extra", "More"),
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"core_thing", "extra_more"}


def test_an_application_inside_another_that_is_not_installed(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "settings.py": "INSTALLED_APPS = ['core']\n",
        **app("core", "Thing"),
        **app("core.old", "Gone"),
        "core/old/migrations/__init__.py": "",
        "core/records/__init__.py": "",
        "core/records/entry.py": MODEL.format("Entry"),
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"core_thing", "core_entry"}


def test_settings_for_the_manual_do_not_count_before_the_real_ones(tmp_path: Path) -> None:
    files = {
        "docs/manual_settings.py": "INSTALLED_APPS = ['toys']\n" + DATABASE.format("sqlite3"),
        "server.py": "INSTALLED_APPS = ['shop']\n" + DATABASE.format("postgresql"),
        **app("shop", "Order"),
        **app("toys", "Toy"),
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"shop_order"}


def test_the_template_of_a_project_is_one_diagnostic_a_file(tmp_path: Path) -> None:
    files = {
        "{{cookiecutter.slug}}/manage.py": "",
        "{{cookiecutter.slug}}/settings.py": """
            {% if cookiecutter.x %}
            X = 1
            {%- endif %}
            INSTALLED_APPS = ["{{cookiecutter.slug}}.users"]
            {% if cookiecutter.y %}
            Y = 1
            {%- endif %}
            """,
        "{{cookiecutter.slug}}/users/models.py": MODEL.format("Person"),
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"users_person"}
    assert len([d for d in reading.diagnostics if "template of a file" in d.text]) == 1
    assert [d for d in reading.diagnostics if "syntax" in d.text] == []


def test_forms_on_unknown_bases_are_no_models(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "settings.py": "INSTALLED_APPS = ['shop']\n",
        "shop/models.py": """
            from django.db import models
            Base = get_class("tree", "Node")
            class Branch(Base):
                name = models.CharField(max_length=9)
            """,
        "shop/forms.py": """
            from django import forms
            from django.db import models
            UserForm = get_class("customer.forms", "UserForm")
            Looks = load()
            class NewUserForm(UserForm):
                role = forms.ChoiceField(choices=())
            class Other(Looks):
                name = models.CharField(max_length=9)
            """,
        "shop/dialogs.py": """
            from django import forms
            Looks = load()
            class Dialog(Looks):
                role = forms.CharField()
            """,
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"shop_branch"}


def test_what_is_no_table(tmp_path: Path) -> None:
    files = {
        **app("shop", "Order"),
        "shop/more.py": """
            from django.conf import settings
            from django.contrib.contenttypes.fields import GenericRelation
            from django.db import models
            from shop.models import Order
            class Meta(models.base.ModelBase):
                pass
            class Shown(Order):
                class Meta:
                    proxy = "shop" in settings.INSTALLED_APPS
            class Notes(GenericRelation):
                pass
            class Kept(models.Model):
                notes = Notes(Order)
            """,
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"shop_order", "shop_kept"}
    assert [c.name for t in reading.catalog.tables if t.name == "shop_kept" for c in t.columns] == ["id"]
    assert reading.diagnostics == ()


def test_models_named_by_a_call(tmp_path: Path) -> None:
    files = {
        **app("shop", "Order"),
        "stock/models.py": """
            import swapper
            from django.apps import apps
            from django.db import models
            class Item(models.Model):
                order = models.ForeignKey(swapper.get_model_name("shop", "Order"), models.CASCADE)
                other = models.ForeignKey(apps.get_model("shop.Order"), models.CASCADE)
            """,
    }
    (reading,) = read(tmp_path, files)
    (item,) = (t for t in reading.catalog.tables if t.name == "stock_item")
    assert [key.referenced.table for key in item.foreign_keys] == ["shop_order", "shop_order"]


def test_what_a_library_brings_stands_where_it_is_derived_from(tmp_path: Path) -> None:
    files = {
        "users/models.py": """
            from django.contrib.auth.models import AbstractUser
            class User(AbstractUser):
                pass
            """
    }
    (reading,) = read(tmp_path, files)
    places = {t.origin.path for t in reading.catalog.tables if t.owned_by is None}
    places |= {c.origin.path for t in reading.catalog.tables if t.owned_by is None for c in t.columns}
    assert places == {"users/models.py"}


def test_a_server_in_the_compose_file_counts_more_than_sqlite_for_development(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "settings/__init__.py": "",
        "settings/base.py": "INSTALLED_APPS = ['shop']\n",
        "settings/local.py": "from .base import *\n" + DATABASE.format("sqlite3"),
        "settings/unittests.py": "from .base import *\n" + DATABASE.format("sqlite3"),
        "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n",
        **app("shop", "Order"),
    }
    (reading,) = read(tmp_path, files)
    assert reading.catalog.engine.name == "postgresql"


@pytest.mark.parametrize("user", ["auth.User", "people.Person"])
def test_classes_derived_from_get_user_model(tmp_path: Path, user: str) -> None:
    files = {
        "manage.py": "",
        "settings.py": "INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'people', 'shop']\n"
        f"AUTH_USER_MODEL = '{user}'\n",
        "people/models.py": """
            from django.contrib.auth.models import AbstractUser
            class Person(AbstractUser):
                pass
            """,
        "shop/models.py": """
            from django.contrib.auth import get_user_model
            from django.db import models
            from django_prometheus.models import ExportModelOperationsMixin
            User = get_user_model()
            class Buyer(User):
                class Meta:
                    proxy = True
            class Seller(User):
                iban = models.TextField()
            class Order(ExportModelOperationsMixin("order"), models.Model):
                buyer = models.ForeignKey("shop.Buyer", models.CASCADE)
            """,
    }
    (reading,) = read(tmp_path, files)
    table = user.replace(".", "_").lower()
    tables = {t.name: t for t in reading.catalog.tables}
    assert "shop_buyer" not in tables
    assert [key.referenced.table for key in tables["shop_order"].foreign_keys] == [table]
    assert {c.name for c in tables["shop_seller"].columns} == {f"{user.split('.')[1].lower()}_ptr_id", "iban"}
    assert reading.diagnostics == ()


def test_an_application_called_management_is_one(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "settings.py": "INSTALLED_APPS = ['management']\n",
        **app("management", "Product"),
        "management/management/commands/clean.py": MODEL.format("Scratch"),
    }
    (reading,) = read(tmp_path, files)
    assert own(reading) == {"management_product"}


def test_trees_of_a_library(tmp_path: Path) -> None:
    model = """
        from django.db import models
        from tree_queries.models import TreeNode

        class Plan(TreeNode):
            name = models.CharField(max_length=20)
        """
    files = {"manage.py": "", "settings.py": "INSTALLED_APPS = ['shop']\n", "shop/models.py": model}
    (reading,) = read(tmp_path, {**files, "shop/__init__.py": ""})
    (table,) = (t for t in reading.catalog.tables if t.name == "shop_plan")
    assert [key.columns for key in table.foreign_keys] == [("parent_id",)]


def test_settings_that_only_the_running_program_reads_may_name_another_engine(tmp_path: Path) -> None:
    settings = """
        INSTALLED_APPS = ['shop']
        DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}
        if config:
            DATABASES = {'default': {key.upper(): value for key, value in config.items('database')}}
        """
    (reading,) = read(tmp_path, {"manage.py": "", "settings.py": settings, **app("shop", "Order")})
    assert [(found.engine.name, found.is_default) for found in reading.configured_engines] == [("sqlite", True)]
