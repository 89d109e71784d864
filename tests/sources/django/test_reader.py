"""What the reader says of models beyond the tables, and what it says when it cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from dbarchitect.catalog.members import Action, Column, Declared
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.django import DjangoReader

Read = Callable[..., "object"]


def declared(column: Column | None) -> Declared:
    assert column is not None
    assert column.declared is not None
    return column.declared


def test_what_the_model_declares(read_django) -> None:
    case = read_django(
        """
        from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
        from django.db import models
        from django.utils import timezone
        from django.utils.translation import gettext_lazy as _

        SCORES = [MinValueValidator(0), MaxValueValidator(limit_value=100)]

        class Kind(models.TextChoices):
            A = "a", _("First")
            B = "b"

        class Entry(models.Model):
            kind = models.CharField(max_length=1, choices=Kind.choices, default=Kind.A)
            enum = models.CharField(max_length=1, choices=Kind)
            grouped = models.IntegerField(choices=[("G", [(1, "one"), (2, "two")]), (3, "three")])
            computed = models.IntegerField(choices=make())
            score = models.IntegerField(validators=SCORES)
            body = models.TextField(max_length=500, blank=True)
            short = models.TextField(validators=[MaxLengthValidator(9)])
            created = models.DateTimeField(auto_now_add=True)
            updated = models.DateTimeField(auto_now=True)
            made = models.DateTimeField(default=timezone.now)
            active = models.BooleanField(default=True)
            name = models.CharField(max_length=10)
        """
    )
    table = case.table("shop_entry")
    assert table.model == "shop.Entry"
    assert declared(table.column("kind")).choices == ("a", "b")
    assert declared(table.column("kind")).default == "a"
    assert declared(table.column("enum")).choices == ("a", "b")
    assert declared(table.column("grouped")).choices == ("1", "2", "3")
    assert declared(table.column("computed")).choices == ()
    assert (declared(table.column("score")).minimum, declared(table.column("score")).maximum) == ("0", "100")
    assert declared(table.column("body")).max_length == 500
    assert declared(table.column("body")).required is False
    assert declared(table.column("short")).max_length == 9
    assert declared(table.column("created")).sets_on_create
    assert declared(table.column("updated")).sets_on_update
    assert declared(table.column("made")).sets_on_create
    assert declared(table.column("active")).default == "true"
    column = table.column("name")
    assert column is not None
    assert column.default is None
    assert str(column.origin) == "shop/models.py:25:5"
    assert column.origin.digest is not None
    assert case.texts == []


def test_what_django_does_on_delete(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        class A(models.Model):
            pass
        class B(models.Model):
            one = models.ForeignKey(A, on_delete=models.CASCADE, related_name="+")
            two = models.ForeignKey(A, models.PROTECT, related_name="+")
            three = models.ForeignKey(A, on_delete=models.SET_NULL, null=True, related_name="+")
            four = models.ForeignKey(A, on_delete=models.SET(1), related_name="+")
            five = models.ForeignKey(A, on_delete=models.DO_NOTHING, related_name="+")
            six = models.ForeignKey(A, on_delete=own_rule, related_name="+")
        """
    )
    rules = {k.columns[0]: (k.on_delete, k.application_on_delete) for k in case.table("shop_b").foreign_keys}
    assert {a for a, _ in rules.values()} == {Action.NO_ACTION}
    assert {c: a for c, (_, a) in rules.items()} == {
        "one_id": Action.CASCADE,
        "two_id": Action.RESTRICT,
        "three_id": Action.SET_NULL,
        "four_id": Action.SET_DEFAULT,
        "five_id": Action.NO_ACTION,
        "six_id": None,
    }


def test_references_without_a_foreign_key(read_django) -> None:
    case = read_django(
        """
        from django.contrib.contenttypes.fields import GenericForeignKey
        from django.contrib.contenttypes.models import ContentType
        from django.db import models
        class A(models.Model):
            pass
        class B(models.Model):
            loose = models.ForeignKey(A, on_delete=models.CASCADE, db_constraint=False)
            kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)
            object_key = models.CharField(max_length=36)
            target = GenericForeignKey("kind", "object_key")
        """,
        apps=("django.contrib.contenttypes", "shop"),
    )
    table = case.table("shop_b")
    assert [k.columns for k in table.foreign_keys] == [("kind_id",)]
    assert declared(table.column("loose_id")).references == "shop.A"
    assert declared(table.column("object_key")).references == "any model, by kind_id"
    assert case.table("django_content_type").owned_by == "django"
    assert table.owned_by is None


def test_custom_fields_are_followed(read_django) -> None:
    case = read_django(
        """
        from shop import fields
        from shop.fields import TokenField as Token, make_key
        from django.db import models
        class A(models.Model):
            token = Token()
            long = Token(max_length=99)
            fixed = fields.FixedField(max_length=1)
            default = fields.DefaultField()
            number = fields.Money()
            raw = fields.RawField()
            internal = fields.Internal()
            tsv = fields.Vector()
            secret = fields.EncryptedText()
            parent = make_key()
            plain = fields.NoField()
            nothing = fields.Virtual()
        """,
        files={
            "shop/fields.py": """
                from django.db import models
                class TokenField(models.CharField):
                    def __init__(self, *args, max_length=32, **kwargs):
                        super().__init__(*args, max_length=max_length, unique=True, **kwargs)
                class FixedField(models.CharField):
                    def __init__(self, *args, **kwargs):
                        kwargs["max_length"] = 7
                        kwargs["null"] = True
                        super().__init__(*args, **kwargs)
                class DefaultField(FixedField):
                    def __init__(self, *args, **kwargs):
                        kwargs.setdefault("db_index", True)
                        super().__init__(*args, **kwargs)
                class Money(models.DecimalField):
                    def __init__(self, *args, **kwargs):
                        super().__init__(*args, max_digits=kwargs.pop("max_digits", 12), decimal_places=2, **kwargs)
                class RawField(models.Field):
                    def db_type(self, connection):
                        if connection.vendor == "postgresql":
                            return "bytea"
                        return "blob"
                class Internal(models.Field):
                    def get_internal_type(self):
                        return "PositiveIntegerField"
                class Vector(models.TextField):
                    def db_type(self, connection):
                        return "tsvector"
                class EncryptedText(models.TextField):
                    pass
                class NoField:
                    pass
                class Virtual(models.Field):
                    def db_type(self, connection):
                        return None
                def make_key():
                    return models.ForeignKey("shop.A", on_delete=models.CASCADE, null=True)
            """
        },
    )
    table = case.table("shop_a")
    types = {c.name: str(c.type) for c in table.columns}
    assert types == {
        "id": "integer",
        "token": "character varying(32)",
        "long": "character varying(99)",
        "fixed": "character varying(7)",
        "default": "character varying(7)",
        "number": "numeric(12,2)",
        "raw": "bytea",
        "internal": "integer",
        "tsv": "tsvector",
        "secret": "text",
        "parent_id": "integer",
    }
    assert {k.columns for k in table.unique_keys} == {("token",), ("long",)}
    assert [c.expression.canonical for c in table.checks] == ["internal >= 0"]
    assert declared(table.column("secret")).encrypted
    assert any(i.column_names == ("default",) for i in table.indexes)
    assert case.texts == []


def test_passwords_of_djangos_users_are_hashed(read_django) -> None:
    case = read_django(
        """
        from django.contrib.auth.models import AbstractBaseUser
        class Person(AbstractBaseUser):
            pass
        """,
        apps=("django.contrib.auth", "django.contrib.contenttypes", "shop"),
        more="AUTH_USER_MODEL = 'shop.Person'",
    )
    assert declared(case.table("shop_person").column("password")).hashed
    assert "auth_user" not in {t.name for t in case.reading.catalog.tables}


def test_libraries_that_nobody_knows(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        from strange.models import Base, Thing
        from strange.fields import WeirdField, OddCharField
        class A(Base):
            name = models.CharField(max_length=3)
            weird = WeirdField(null=True)
            odd = OddCharField(max_length=4)
            thing = models.ForeignKey(Thing, on_delete=models.CASCADE)
            other = models.ForeignKey("elsewhere.Model", on_delete=models.CASCADE)
            tags = TaggableManager()
        """
    )
    table = case.table("shop_a")
    assert {c.name: str(c.type) for c in table.columns} == {
        "id": "integer", "name": "character varying(3)", "weird": "weirdfield", "odd": "character varying(4)",
        "thing_id": "integer", "other_id": "integer",
    }  # fmt: skip
    assert {str(k.referenced) for k in table.foreign_keys} == {"strange_thing", "elsewhere_model"}
    texts = " | ".join(case.texts)
    assert "shop.A derives from strange.models.Base, which is not known here" in texts
    assert "weird (strange.fields.WeirdField) is not known here" in texts
    assert "thing points at strange.models.Thing" in texts
    assert "other points at elsewhere.Model" in texts
    assert len(case.texts) == 4


def test_broken_models_lose_only_what_is_broken(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        class A(models.Model):
            name = models.CharField(max_length=3
            age = models.IntegerField()

        class B(models.Model):
            a = models.ForeignKey(A, on_delete=models.CASCADE)
            class Meta:
                constraints = [models.CheckConstraint(condition=compute(), name="x")]
                indexes = [models.Index(fields=["nope"]), models.Index(fields=["a"], name="good")]
                unique_together = [["a", "missing"]]
        """
    )
    assert {c.name for c in case.table("shop_a").columns} == {"id", "age"}
    assert {i.name for i in case.table("shop_b").indexes} >= {"good"}
    texts = " | ".join(case.texts)
    assert "syntax error" in texts
    assert "CheckConstraint of shop.B is left out: its condition cannot be told" in texts
    assert "Index of shop.B is left out: nope is no field known here" in texts
    assert "unique_together of shop.B names missing" in texts


def test_hostile_names(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        class A(models.Model):
            x = models.IntegerField(db_column='a"b\\n</script>🐘')
            class Meta:
                db_table = 'sales"."t"t'
                constraints = [models.CheckConstraint(condition=models.Q(x__gt=0), name="it's")]
        """
    )
    (table,) = case.reading.catalog.tables
    assert (table.schema, table.name) == ("sales", 't"t')
    assert table.column('a"b\n</script>🐘') is not None
    assert len(table.checks) == 1


def test_models_in_other_modules_and_apps(read_django) -> None:
    case = read_django(
        "from shop.more import *\nfrom .deep.thing import Thing\n",
        files={
            "shop/more.py": "from django.db import models\nclass More(models.Model):\n    pass\n",
            "shop/deep/thing.py": "from django.db import models\nclass Thing(models.Model):\n    pass\n",
            "shop/migrations/0001_initial.py": "class Migration: pass\n",
            "blog/models/__init__.py": "from .post import Post\n",
            "blog/models/post.py": """
                from django.db import models
                class Post(models.Model):
                    more = models.ForeignKey("store.More", models.CASCADE)
            """,
            "shop/apps.py": """
                from django.apps import AppConfig
                class A(AppConfig):
                    name = "shop"
                    label = "store"
            """,
            "unused/models.py": "from django.db import models\nclass Unused(models.Model):\n    pass\n",
        },
        apps=("shop.apps.A", "blog"),
    )
    assert {t.name for t in case.reading.catalog.tables} == {"store_more", "store_thing", "blog_post"}
    (key,) = case.table("blog_post").foreign_keys
    assert key.referenced.table == "store_more"
    assert case.reading.migrations == ("shop/migrations/0001_initial.py",)
    assert "shop/deep/thing.py" in case.reading.files


@pytest.mark.parametrize(
    ("more", "requirement", "type_"),
    [
        ("", "", "integer"),
        ("", "Django==6.0.1", "bigint"),
        ("", "django>=5.2,<6", "integer"),
        ("DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'", "Django==4.2", "bigint"),
        ("DEFAULT_AUTO_FIELD = 'shop.keys.Key'", "", "smallint"),
    ],
)
def test_automatic_keys(read_django, more: str, requirement: str, type_: str) -> None:
    case = read_django(
        "from django.db import models\nclass A(models.Model):\n    pass\n",
        files={
            "requirements.txt": f"psycopg\n{requirement}\n",
            "shop/keys.py": "from django.db import models\nclass Key(models.SmallAutoField):\n    pass\n",
        },
        more=more,
    )
    column = case.table("shop_a").column("id")
    assert column is not None
    assert str(column.type) == type_


SQLITE = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}"
POSTGRESQL = "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}"
DATABASES = [
    ("DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'x'}}", "sqlite"),
    ("DATABASES = {'default': {'ENGINE': 'django.contrib.gis.db.backends.postgis'}}", "postgresql"),
    ("DATABASES = {'default': env.db('DATABASE_URL', default='sqlite:///x')}", "sqlite"),
    ("DATABASES = {'default': env.db('DATABASE_URL')}", "postgresql"),
    ("DATABASES = {'default': dj_database_url.config(default='postgres://u:secret@h/name')}", "postgresql"),
    ("DATABASES = {'default': dj_database_url.parse('mysql://u:secret@h/name')}", "mysql"),
    ("DATABASES = {}\nDATABASES['default'] = {'ENGINE': 'django.db.backends.mysql'}", "mysql"),
    ("DATABASES = {'default': {'ENGINE': os.environ.get('E', 'django.db.backends.sqlite3')}}", "sqlite"),
    (f"if DEBUG:\n    {SQLITE}\nelse:\n    {POSTGRESQL}", "postgresql"),
    (f"{SQLITE}\nif os.getenv('DB') == 'pg':\n    {POSTGRESQL}", "postgresql"),
    (f"{POSTGRESQL}\nif 'test' in sys.argv:\n    {SQLITE}", "postgresql"),
    ("", "postgresql"),
]


@pytest.mark.parametrize(("text", "engine"), DATABASES)
def test_engines(tmp_path: Path, text: str, engine: str) -> None:
    head = "import os, sys, environ, dj_database_url\nDEBUG = os.environ.get('DEBUG')\nenv = environ.Env()\n"
    files = {
        "manage.py": "",
        "p/__init__.py": "",
        "p/settings.py": f"{head}INSTALLED_APPS = ['p']\n{text}\n",
        "p/models.py": "from django.db import models\nclass A(models.Model):\n    pass\n",
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)
    (reading,) = DjangoReader().read(open_project(tmp_path))
    assert reading.catalog.engine.name == engine
    assert "secret" not in repr(reading)


def test_several_projects_and_settings(tmp_path: Path) -> None:
    model = "from django.db import models\nclass {0}(models.Model):\n    pass\n"
    pointer = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{0}')\n"
    files = {
        "one/manage.py": pointer.format("conf.settings.dev"),
        "one/conf/wsgi.py": pointer.format("conf.settings.prod"),
        "one/conf/__init__.py": "",
        "one/conf/settings/__init__.py": "",
        "one/conf/settings/base.py": "INSTALLED_APPS = ['core']\n",
        "one/conf/settings/dev.py": "from .base import *\nINSTALLED_APPS += ['toys']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
        "one/conf/settings/prod.py": "from .base import *\nINSTALLED_APPS += ['shop']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n",
        "one/core/models.py": model.format("Core"),
        "one/shop/models.py": model.format("Order"),
        "one/toys/models.py": model.format("Toy"),
        "two/manage.py": pointer.format("site2.settings"),
        "two/site2/settings.py": "INSTALLED_APPS = ['core']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n",
        "two/core/models.py": model.format("Other"),
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    one, two = DjangoReader().read(open_project(tmp_path))
    assert (one.application.path, one.application.name, one.catalog.engine.name) == ("one", "one", "postgresql")
    assert {t.name for t in one.catalog.tables} == {"core_core", "shop_order"}
    assert (two.application.path, two.catalog.engine.name) == ("two", "sqlite")
    assert {t.name for t in two.catalog.tables} == {"core_other"}


def test_settings_in_classes(tmp_path: Path) -> None:
    files = {
        "manage.py": "",
        "conf/settings.py": """
            from configurations import Configuration
            class Base(Configuration):
                INSTALLED_APPS = ["shop"]
                @property
                def DATABASES(self):
                    return {}
            class Production(Base):
                DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
        """,
        "shop/models.py": "from django.db import models\nclass A(models.Model):\n    pass\n",
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(dedent(content))
    (reading,) = DjangoReader().read(open_project(tmp_path))
    assert [t.name for t in reading.catalog.tables] == ["shop_a"]


def test_a_package_without_settings(tmp_path: Path) -> None:
    (tmp_path / "polls").mkdir()
    (tmp_path / "polls/__init__.py").write_text("")
    (tmp_path / "polls/models.py").write_text(
        "from django.conf import settings\nfrom django.db import models\nclass Poll(models.Model):\n"
        "    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n"
    )
    (reading,) = DjangoReader().read(open_project(tmp_path))
    assert [t.name for t in reading.catalog.tables if t.owned_by is None] == ["polls_poll"]
    assert reading.diagnostics == ()


@pytest.mark.parametrize("text", ["x = 1\n", "import django\nprint(django.VERSION)\n", "class A(Model): pass\n"])
def test_no_django_is_no_reading(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    assert DjangoReader().read(open_project(tmp_path)) == ()


def test_settings_inside_models(read_django) -> None:
    case = read_django(
        """
        from django.conf import settings
        from django.db import models
        class A(models.Model):
            price = models.DecimalField(max_digits=settings.DIGITS, decimal_places=settings.PLACES)
            name = models.CharField(max_length=settings.LENGTHS["name"])
            if settings.EXTRA:
                extra = models.IntegerField()
            else:
                never = models.IntegerField()
        """,
        more="DIGITS = 12\nPLACES = DIGITS // 4\nLENGTHS = {'name': 7}\nEXTRA = True\n",
    )
    types = {c.name: str(c.type) for c in case.table("shop_a").columns}
    assert types == {"id": "integer", "price": "numeric(12,3)", "name": "character varying(7)", "extra": "integer"}


def test_meta_that_is_put_together(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        OFTEN = [models.Index(fields=["a"], name="often")]
        class Base(models.Model):
            a = models.IntegerField()
            class Meta:
                abstract = True
                indexes = [models.Index(fields=["a", "id"], name="base")]
        class A(Base):
            b = models.IntegerField()
            class Meta:
                indexes = [*Base.Meta.indexes, models.Index(fields=["b"], name="own")] + OFTEN
                indexes.append(models.Index(fields=["b", "a"], name="later"))
                unique_together = Base.PAIRS if False else [("a", "b")]
        class B(Base):
            pass
        class C(Base):
            class Meta(Base.Meta):
                db_table = "c"
        """
    )
    assert {i.name for i in case.table("shop_a").indexes} == {"base", "own", "often", "later"}
    assert [k.columns for k in case.table("shop_a").unique_keys] == [("a", "b")]
    assert {i.name for i in case.table("shop_b").indexes} == {"base"}
    assert {i.name for i in case.table("c").indexes} == {"base"}
    assert case.texts == []


def test_packages_that_are_described(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        from django_countries.fields import CountryField
        from djmoney.models.fields import MoneyField
        from encrypted_model_fields.fields import EncryptedCharField
        from model_utils.models import TimeStampedModel
        from mptt.models import MPTTModel, TreeForeignKey
        from polymorphic.models import PolymorphicModel
        from simple_history.models import HistoricalRecords
        from taggit.managers import TaggableManager

        class Shelf(MPTTModel, TimeStampedModel):
            parent = TreeForeignKey("self", on_delete=models.CASCADE, null=True)
            country = CountryField()
            secret = EncryptedCharField(max_length=9)
            price = MoneyField(max_digits=9, decimal_places=2, default_currency="EUR")
            tags = TaggableManager()

        class Item(PolymorphicModel):
            shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)
            code = models.CharField(max_length=5, unique=True)
            history = HistoricalRecords(excluded_fields=["polymorphic_ctype"])
        """,
        apps=("django.contrib.contenttypes", "django.contrib.auth", "shop"),
    )
    shelf = case.table("shop_shelf")
    assert {c.name: str(c.type) for c in shelf.columns} == {
        "id": "integer", "created": "timestamp with time zone", "modified": "timestamp with time zone",
        "lft": "integer", "rght": "integer", "tree_id": "integer", "level": "integer", "parent_id": "integer",
        "country": "character varying(2)", "secret": "text", "price": "numeric(9,2)",
        "price_currency": "character varying(3)",
    }  # fmt: skip
    assert declared(shelf.column("secret")).encrypted
    assert declared(shelf.column("created")).sets_on_create
    currency = shelf.column("price_currency")
    assert currency is not None
    assert not currency.nullable
    assert any(i.column_names == ("tree_id", "lft") for i in shelf.indexes)
    assert [k.columns for k in case.table("shop_item").foreign_keys] == [("polymorphic_ctype_id",), ("shelf_id",)]
    history = case.table("shop_historicalitem")
    assert {c.name: str(c.type) for c in history.columns} == {
        "id": "integer", "shelf_id": "integer", "code": "character varying(5)", "history_id": "integer",
        "history_date": "timestamp with time zone", "history_change_reason": "character varying(100)",
        "history_type": "character varying(1)", "history_user_id": "integer",
    }  # fmt: skip
    assert history.primary_key is not None
    assert history.primary_key.columns == ("history_id",)
    assert history.unique_keys == ()
    assert [k.columns for k in history.foreign_keys] == [("history_user_id",)]
    assert case.texts == []


def test_options_that_a_dictionary_of_that_name_holds(read_django) -> None:
    case = read_django(
        """
        from django.db import models

        REQUIRED = dict(max_length=7, unique=True)

        class Price(models.Model):
            MONEY = {"max_digits": 10, "decimal_places": 2}
            amount = models.DecimalField(**MONEY, null=True)
            code = models.CharField(**REQUIRED)
        """
    )
    table = case.table("shop_price")
    assert {c.name: str(c.type) for c in table.columns} == {
        "id": "integer", "amount": "numeric(10,2)", "code": "character varying(7)",
    }  # fmt: skip
    assert [key.columns for key in table.unique_keys] == [("code",)]


def test_a_function_that_gives_the_field_back(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        from strange.utils import prevent_search

        def accepts_json(field):
            field.accepts_json = True
            return field

        def chosen(field):
            return None

        class Host(models.Model):
            variables = accepts_json(models.TextField(default=""))
            notes = prevent_search(models.CharField(max_length=9, null=True))
            nothing = chosen(models.TextField())
        """
    )
    table = case.table("shop_host")
    assert {c.name: str(c.type) for c in table.columns} == {
        "id": "integer", "variables": "text", "notes": "character varying(9)",
    }  # fmt: skip


@pytest.mark.parametrize(("more", "indexed"), [("", True), ("SIMPLE_HISTORY_DATE_INDEX = False", False)])
def test_the_index_of_a_history_s_dates_is_a_matter_of_the_settings(read_django, more: str, indexed: bool) -> None:
    case = read_django(
        """
        from django.db import models
        from simple_history.models import HistoricalRecords

        class Order(models.Model):
            history = HistoricalRecords()
        """,
        more=more,
    )
    table = case.table("shop_historicalorder")
    assert any(index.column_names == ("history_date",) for index in table.indexes) is indexed


def test_a_history_that_is_registered_for_a_librarys_model(read_django) -> None:
    case = read_django(
        """
        from functools import partial
        from django.contrib.auth.models import User
        from django.db import models
        from simple_history import register
        from simple_history.models import HistoricalRecords

        class Address(models.Model):
            ip = models.CharField(max_length=40, null=True)

            class Meta:
                abstract = True

        class Order(models.Model):
            code = models.CharField(max_length=5, unique=True)

        Records = partial(HistoricalRecords, bases=[Address])
        register(User, records_class=Records, app=__package__)
        register(Order, table_name="order_past", excluded_fields=["code"])
        """,
        apps=("django.contrib.contenttypes", "django.contrib.auth", "shop"),
    )
    users = case.table("shop_historicaluser")
    assert {"id", "username", "password", "ip", "history_id", "history_user_id"} <= {c.name for c in users.columns}
    assert users.owned_by is None
    assert users.model == "shop.HistoricalUser"
    past = {c.name for c in case.table("order_past").columns}
    assert "id" in past
    assert "code" not in past


def test_a_model_that_is_not_managed_or_declared_twice(read_django) -> None:
    case = read_django(
        """
        from django.db import models
        class A(models.Model):
            class Meta:
                managed = False
                db_table = "legacy"
        class B(models.Model):
            a = models.ForeignKey(A, on_delete=models.CASCADE)
        """,
        files={
            "shop/other.py": "from django.db import models\nclass B(models.Model):\n    x = models.IntegerField()\n"
        },
    )
    assert [t.name for t in case.reading.catalog.tables] == ["shop_b"]
    (key,) = case.table("shop_b").foreign_keys
    assert key.referenced.table == "legacy"
    assert sorted(case.texts) == [
        "model shop.B is declared twice; the one at shop/models.py counts",
        "shop.A is not managed by Django: its table legacy is left out",
    ]


def test_long_names_are_cut_as_django_cuts_them(read_django) -> None:
    name = "a" * 70
    case = read_django(f"from django.db import models\nclass {name.title()}(models.Model):\n    pass\n")
    (table,) = case.reading.catalog.tables
    assert len(table.name) == 63
    assert table.name.startswith("shop_aaa")


def test_a_table_named_after_another_models(read_django) -> None:
    case = read_django(
        """
        from django import db
        from django.db import models

        class Metadata(models.Model):
            class Meta:
                db_table = "sync_media_metadata"

        class Plain(models.Model):
            pass

        class Format(db.models.Model):
            class Meta:
                db_table = f"{Metadata._meta.db_table}_format"

        class Part(models.Model):
            class Meta:
                db_table = Plain._meta.db_table + "_part"
        """
    )
    assert case.texts == []
    for name in ("sync_media_metadata", "shop_plain", "sync_media_metadata_format", "shop_plain_part"):
        assert case.table(name) is not None
