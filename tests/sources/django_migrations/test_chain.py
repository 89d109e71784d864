"""The order of migrations over all applications, and what can be wrong with it."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.migrations import ChainFault

from .conftest import Replay, migration

CREATE = 'migrations.CreateModel("{0}", [("id", models.BigAutoField(primary_key=True))]),'


def create(name: str, *dependencies: str, more: str = "") -> str:
    """A migration that makes one model."""
    return migration(CREATE.format(name), *dependencies, more=more)


def test_needed_ones_run_first_over_all_applications(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": create("A", "billing.0002_b"),
            "0002_more": create("B", "shop.0001_initial"),
            "billing/migrations/0001_initial.py": create("C"),
            "billing/migrations/0002_b.py": create(
                "D", "billing.0001_initial", more='run_before = [("shop", "0002_more")]'
            ),
            "billing/models.py": "",
        },
        apps=("shop", "billing"),
    )
    assert case.names == ["billing.0001_initial", "billing.0002_b", "shop.0001_initial", "shop.0002_more"]
    assert case.migration("shop.0001_initial").parents == ("billing.0002_b",)
    assert case.history.heads == ("shop.0002_more",)
    assert case.history.problems == ()


def test_run_before_alone_decides(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": create("A"),
            "zoo/migrations/0001_initial.py": create("Z", more='run_before = [("shop", "0001_initial")]'),
            "zoo/models.py": "",
        },
        apps=("shop", "zoo"),
    )
    assert case.names == ["zoo.0001_initial", "shop.0001_initial"]


def test_first_and_latest(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": create("A", "zoo.__latest__", "auth.__first__", "sites.0002_alter"),
            "zoo/migrations/0001_initial.py": create("Z"),
            "zoo/migrations/0002_more.py": create("Y", "zoo.0001_initial"),
            "zoo/models.py": "",
        },
        apps=("shop", "zoo"),
    )
    assert case.migration("shop.0001_initial").parents == ("zoo.0002_more",)
    assert case.history.problems == ()


def test_a_squash_stands_for_what_it_replaces(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": create("A"),
            "0002_b": create("B", "shop.0001_initial"),
            "0001_squashed_0002_b": migration(
                CREATE.format("A") + CREATE.format("B"),
                more='replaces = [("shop", "0001_initial"), ("shop", "0002_b")]',
            ),
            "0003_c": create("C", "shop.0002_b"),
        }
    )
    assert case.names == ["shop.0001_squashed_0002_b", "shop.0003_c"]
    assert case.migration("shop.0001_squashed_0002_b").replaces == ("shop.0001_initial", "shop.0002_b")
    assert case.migration("shop.0003_c").parents == ("shop.0001_squashed_0002_b",)
    assert case.tables == {"shop_a", "shop_b", "shop_c"}
    assert case.history.problems == ()


def test_a_missing_parent_is_told_and_the_rest_replayed(replay: Replay) -> None:
    case = replay({"0001_initial": create("A"), "0003_c": create("C", "shop.0002_gone", "shop.0001_initial")})
    (problem,) = case.history.problems
    assert problem.fault is ChainFault.MISSING_PARENT
    assert problem.migrations == ("shop.0003_c", "shop.0002_gone")
    assert problem.origin.path == "shop/migrations/0003_c.py"
    assert case.tables == {"shop_a", "shop_c"}


def test_two_ends_of_one_application(replay: Replay) -> None:
    case = replay(
        {
            "0001_initial": create("A"),
            "0002_b": create("B", "shop.0001_initial"),
            "0002_c": create("C", "shop.0001_initial"),
        }
    )
    (problem,) = case.history.problems
    assert problem.fault is ChainFault.SEVERAL_HEADS
    assert problem.migrations == ("shop.0002_b", "shop.0002_c")
    assert set(case.history.heads) == {"shop.0002_b", "shop.0002_c"}


def test_a_circle_ends(replay: Replay) -> None:
    case = replay({"0001_a": create("A", "shop.0002_b"), "0002_b": create("B", "shop.0001_a")})
    assert [problem.fault for problem in case.history.problems] == [ChainFault.CYCLE]
    assert case.tables == {"shop_a", "shop_b"}


def test_squashes_that_replace_one_another_end(replay: Replay) -> None:
    case = replay(
        {
            "0001_a": create("A", more='replaces = [("shop", "0002_b")]'),
            "0002_b": create("B", more='replaces = [("shop", "0001_a")]'),
        }
    )
    assert set(case.names) <= {"shop.0001_a", "shop.0002_b"}


def test_a_chain_of_a_thousand(replay: Replay) -> None:
    files = {"0001_a": create("A")}
    names = ["0001_a"]
    for number in range(2, 1001):
        names.append(f"{number:04}_x")
        files[names[-1]] = migration("", f"shop.{names[-2]}")
    case = replay(files)
    assert case.names == [f"shop.{name}" for name in names]


def test_where_the_settings_keep_migrations(replay: Replay) -> None:
    case = replay(
        {"shop/db/0001_initial.py": create("A")},
        more='MIGRATION_MODULES = {"shop": "shop.db"}',
    )
    assert case.names == ["shop.0001_initial"]


def test_no_migrations(replay: Replay) -> None:
    case = replay({"shop/admin.py": ""})
    assert case.reading.history is None
    assert case.reading.migrated is None


@pytest.mark.parametrize(
    "text",
    [
        "class Migration(:\n    operations = [",
        "from django.db import migrations\nclass Migration:\n    operations = operations + operations",
        "from django.db import migrations\nclass Migration(migrations.Migration):\n    operations = [" + "(" * 5000,
        "\x00\x01",
        "class Migration: operations = None; dependencies = 5; replaces = [1]",
        "def f(x): return f(x + x)\nclass Migration:\n    operations = f([1])",
        "def f():\n  a = []\n  for i in range(99):\n    a.extend(f())\n  return a\nclass Migration:\n operations = f()",
        "A = [*A, *A]\nclass Migration:\n    operations = A + A",
        "class Migration(Migration): pass",
        "x = 1\n" * 50_000,
    ],
    ids=["syntax", "itself", "deep", "binary", "numbers", "recursive", "loops", "doubling", "own base", "long"],
)
def test_hostile_files_stop_nothing(text: str, replay: Replay) -> None:
    case = replay({"0001_initial": create("A"), "0002_hostile": text, "0003_c": create("C", "shop.0001_initial")})
    assert {"shop_a", "shop_c"} <= case.tables


def test_hostile_names(replay: Replay) -> None:
    name = "O'Neil\n</script>🐘"
    fields = '[("id", models.AutoField(primary_key=True))]'
    case = replay({"0001_initial": migration(f'migrations.CreateModel("A", {fields}, {{"db_table": {name!r}}}),')})
    assert case.tables == {name}
    assert case.operations("shop.0001_initial")[0].object.table == name


def test_a_migration_whose_name_sounds_like_a_test(replay: Replay) -> None:
    case = replay(
        {
            "shop/db_migrations/0001_initial.py": create("A"),
            "shop/db_migrations/0002_remove_from_test.py": create("B", "shop.0001_initial"),
        },
        more='MIGRATION_MODULES = {"shop": "shop.db_migrations"}',
    )
    assert case.names == ["shop.0001_initial", "shop.0002_remove_from_test"]


def test_a_class_for_type_checkers_is_no_model(replay: Replay) -> None:
    models = """
        from typing import TYPE_CHECKING
        from django.db import models

        class Person(models.Model):
            pass

        if TYPE_CHECKING:
            class User(Person):
                name: str
        else:
            User = Person

        class Note(models.Model):
            by = models.ForeignKey(User, models.CASCADE)
    """
    note = (
        'migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True)), '
        '("by", models.ForeignKey("shop.Person", models.CASCADE))]),'
    )
    case = replay({"0001_initial": create("Person"), "0002_note": migration(note, "shop.0001_initial"),
                   "shop/models.py": models})  # fmt: skip
    assert case.reading.catalog == case.catalog
