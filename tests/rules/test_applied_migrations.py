"""The rule on applied migrations, with a real database whose list names more, or less, than the repository has."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from support.dba import dba

SETTINGS = "INSTALLED_APPS = ['shop']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'a'}}\n"
MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    note = models.TextField()\n"
HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
FIRST = HEAD + "    operations = [migrations.CreateModel('Order', [('id', models.AutoField(primary_key=True))])]\n"
SECOND = (
    HEAD + "    dependencies = [('shop', '0001_initial')]\n"
    "    operations = [migrations.AddField('order', 'note', models.TextField())]\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop_project"
    (root / "shop" / "migrations").mkdir(parents=True)
    (root / "manage.py").write_text("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
    (root / "settings.py").write_text(SETTINGS)
    for name in ("shop/__init__.py", "shop/migrations/__init__.py"):
        (root / name).write_text("")
    (root / "shop" / "models.py").write_text(MODELS)
    (root / "shop" / "migrations" / "0001_initial.py").write_text(FIRST)
    (root / "shop" / "migrations" / "0002_note.py").write_text(SECOND)
    return root


def audited(root: Path, *ran: str) -> dict:
    path = root / "live.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "create table django_migrations (id integer primary key, app text, name text, applied datetime);"
            "create table shop_order (id integer primary key autoincrement, note text not null);"
        )
        connection.executemany(
            "insert into django_migrations (app, name) values ('shop', ?)", [(name,) for name in ran]
        )
    connection.close()
    done = dba("audit", ".", "live.sqlite3", "--select", "MIG026", "--format", "json", cwd=root)
    assert done.returncode in {0, 1}, done.stderr
    return json.loads(done.stdout)


def test_one_that_ran_and_is_not_here(shop: Path) -> None:
    (finding,) = audited(shop, "0001_initial", "0002_note", "0003_from_a_branch")["findings"]
    assert finding["object"]["name"] == "shop.0003_from_a_branch"
    assert "no file here" in finding["message"]


def test_many_that_are_not_here_are_one_finding(shop: Path) -> None:
    (finding,) = audited(shop, "0001_initial", *(f"000{n}_x" for n in range(3, 9)))["findings"]
    assert finding["object"]["kind"] == "database"
    assert "6 migrations" in finding["message"]


def test_all_here_and_one_to_run_is_praised(shop: Path) -> None:
    report = audited(shop, "0001_initial")
    assert report["findings"] == []
    (strength,) = report["strengths"]
    assert "1 migration is still to run" in strength["message"]
    assert "shop.0002_note" in strength["evidence"][0]["text"]


def test_without_a_list_it_is_not_judged(shop: Path) -> None:
    done = dba("audit", ".", "--select", "MIG026", "--format", "json", cwd=shop)
    (refused,) = json.loads(done.stdout)["applications"][0]["examined"]["rules_not_evaluated"]
    assert "statistics" in refused["why"]
