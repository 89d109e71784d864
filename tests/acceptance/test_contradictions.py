"""Migrations that contradict each other, in every tool: each is told in words and with its place, and what can be
known is known all the same."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from dbarchitect import api
from dbarchitect.audit.model import ApplicationAudit
from dbarchitect.catalog.migrations import ChainFault, History

SETTINGS = "INSTALLED_APPS = ['shop']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n"
MODELS = "from django.db import models\n\nclass A(models.Model):\n    pass\n"
ENVIRONMENT = {"alembic.ini": "[alembic]\nscript_location = migrations\nsqlalchemy.url = postgresql:///x\n",
               "migrations/env.py": "target_metadata = None\n"}  # fmt: skip
PROJECT = {"manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_.settings')\n",
           "site_/__init__.py": "", "site_/settings.py": SETTINGS, "shop/__init__.py": "", "shop/models.py": MODELS,
           "shop/migrations/__init__.py": ""}  # fmt: skip
CREATE_T = 'op.create_table("t", sa.Column("id", sa.Integer(), primary_key=True))'
CREATE_A = 'migrations.CreateModel("A", [("id", models.BigAutoField(primary_key=True))]),'


def revision(name: str, parents: object, *lines: str, outside: str = "") -> str:
    body = "\n    ".join(lines or ("pass",))
    head = f"from alembic import op\nimport sqlalchemy as sa\nrevision = {name!r}\ndown_revision = {parents!r}\n"
    return f"{head}{outside}\n\ndef upgrade():\n    {body}\n\ndef downgrade():\n    pass\n"


def migration(operations: str = "", needs: Sequence[str] = (), more: str = "", outside: str = "") -> str:
    needed = [("shop", name) for name in needs]
    body = f"    dependencies = {needed!r}\n    {more}\n    operations = [{operations}]\n"
    return f"from django.db import migrations, models\n{outside}\nclass Migration(migrations.Migration):\n{body}"


def alembic(root: Path, files: Mapping[str, str]) -> ApplicationAudit:
    return audited(root, {**ENVIRONMENT, **{f"migrations/versions/{name}.py": text for name, text in files.items()}})


def django(root: Path, files: Mapping[str, str]) -> ApplicationAudit:
    return audited(root, {**PROJECT, **{f"shop/migrations/{name}.py": text for name, text in files.items()}})


def audited(root: Path, files: Mapping[str, str]) -> ApplicationAudit:
    """The only application; no rule may fail on it, and it takes no longer than a team would wait."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    started = time.process_time()
    (one,) = api.audit([str(root)]).applications
    assert time.process_time() - started < 25
    assert not [refused for refused in one.not_evaluated if "fail" in refused.why]
    return one


def told(one: ApplicationAudit) -> str:
    """What the reader says, every word of it with a place."""
    assert all(problem.origin.path for problem in one.survey.diagnostics)
    return "\n".join(problem.text for problem in one.survey.diagnostics)


def history(one: ApplicationAudit) -> History:
    assert one.survey.history is not None
    return one.survey.history


def faults(one: ApplicationAudit) -> set[ChainFault]:
    return {problem.fault for problem in history(one).problems}


# ------------------------------------------------------------------------------------------------------------- Alembic


def test_alembic_operations_on_what_is_not_there(tmp_path: Path) -> None:
    lines = ('op.drop_table("x")', 'op.drop_column("y", "z")', 'op.drop_index("q", table_name="n")',
             'op.drop_constraint("c", "n")', 'op.rename_table("no", "yes")',
             'op.add_column("gone", sa.Column("x", sa.Integer()))', CREATE_T)  # fmt: skip
    one = alembic(tmp_path, {"a": revision("a", None, *lines)})
    assert [table.name for table in one.survey.catalog.tables] == ["t"]
    for name in ("gone", "no", "y"):
        assert name in told(one)


def test_alembic_makes_the_same_twice(tmp_path: Path) -> None:
    again = (CREATE_T, CREATE_T.replace('"t"', '"u"'), 'op.rename_table("u", "t")',
             'op.add_column("t", sa.Column("id", sa.Text()))', 'op.create_index("i", "t", ["nope"])')  # fmt: skip
    one = alembic(tmp_path, {"a": revision("a", None, CREATE_T), "b": revision("b", "a", *again)})
    assert {table.name for table in one.survey.catalog.tables} == {"t", "u"}
    assert told(one).count("already") >= 3
    assert "no column nope" in told(one)


ORDERS = {
    "a circle": ({"a": ("a", "b"), "b": ("b", "a")}, ChainFault.CYCLE),
    "itself": ({"a": ("a", "a")}, ChainFault.CYCLE),
    "a parent that is gone": ({"a": ("a", "zzz")}, ChainFault.MISSING_PARENT),
    "two heads": ({"a": ("a", None), "b": ("b", "a"), "c": ("c", "a")}, ChainFault.SEVERAL_HEADS),
    "one name in two files": ({"a": ("a", None), "b": ("a", None)}, ChainFault.DUPLICATE),
}


@pytest.mark.parametrize("name", ORDERS)
def test_alembic_revisions_in_no_order(name: str, tmp_path: Path) -> None:
    files, fault = ORDERS[name]
    one = alembic(tmp_path, {file: revision(*names, *([CREATE_T] * (file == "a"))) for file, names in files.items()})
    assert fault in faults(one)
    assert [table.name for table in one.survey.catalog.tables] == ["t"]


def test_an_alembic_file_that_assigns_its_revision_twice(tmp_path: Path) -> None:
    text = revision("a", None, CREATE_T, outside='revision = "b"\ndown_revision = "c"\n')
    assert faults(alembic(tmp_path, {"a": text})) == {ChainFault.MISSING_PARENT}


def test_alembic_loops_and_helpers_without_end(tmp_path: Path) -> None:
    add = 'op.add_column("t", sa.Column("n", sa.Integer()))'
    helpers = f"def helper():\n    {add}\n    helper()\n\n"
    helpers += "def f(n):\n    g(n + 1)\n    g(n + 2)\n\ndef g(n):\n    f(n)\n    f(n)\n"
    loops = (CREATE_T, "for x in unknown():", f"    {add}", "while True:", f"    {add}",
             "for i in range(10**9):", f"    {add}", "helper()", "f(1)")  # fmt: skip
    one = alembic(tmp_path, {"a": revision("a", None, *loops, outside=helpers)})
    assert told(one).count("this loop") == 3
    assert "too many steps" in told(one)


# -------------------------------------------------------------------------------------------------------------- Django


def test_django_operations_on_what_is_not_there(tmp_path: Path) -> None:
    gone = """migrations.DeleteModel("Gone"), migrations.RemoveField("Gone", "x"), migrations.RenameModel("No", "Yes"),
        migrations.RenameField("No", "a", "b"), migrations.AlterField("No", "a", models.TextField()),
        migrations.RemoveIndex("No", "i"), migrations.RemoveConstraint("No", "c"),
        migrations.AddIndex("No", models.Index(fields=["x"], name="i")), migrations.AlterModelTable("No", "t"),"""
    one = django(tmp_path, {"0001": migration(gone + CREATE_A)})
    assert one.survey.migrated is not None
    assert [table.name for table in one.survey.migrated.tables] == ["shop_a"]
    assert told(one).count("there is no model") >= 8


def test_django_makes_the_same_twice(tmp_path: Path) -> None:
    again = CREATE_A + CREATE_A.replace('"A"', '"B"') + 'migrations.RenameModel("B", "A"),'
    one = django(tmp_path, {"0001": migration(CREATE_A), "0002": migration(again, ["0001"])})
    assert told(one).count("already") == 2


DJANGO_ORDERS = {
    "a circle": ({"0001": (["0002"], ""), "0002": (["0001"], "")}, ChainFault.CYCLE),
    "a parent that is gone": ({"0001": (["0000"], "")}, ChainFault.MISSING_PARENT),
    "two heads": ({"0001": ([], ""), "0002": (["0001"], ""), "0003": (["0001"], "")}, ChainFault.SEVERAL_HEADS),
}


@pytest.mark.parametrize("name", DJANGO_ORDERS)
def test_django_migrations_in_no_order(name: str, tmp_path: Path) -> None:
    files, fault = DJANGO_ORDERS[name]
    one = django(tmp_path, {file: migration(CREATE_A * (file == "0001"), *rest) for file, rest in files.items()})
    assert fault in faults(one)
    assert one.survey.migrated is not None
    assert [table.name for table in one.survey.migrated.tables] == ["shop_a"]


REPLACING = {
    "one another": {"0001": [("shop", "0002")], "0002": [("shop", "0001")]},
    "itself": {"0001": [("shop", "0001")]},
    "in a circle": {"0001": [("shop", "0002")], "0002": [("shop", "0003")], "0003": [("shop", "0001")]},
}


@pytest.mark.parametrize("name", REPLACING)
def test_django_squashes_that_replace(name: str, tmp_path: Path) -> None:
    files = {file: migration(CREATE_A, more=f"replaces = {replaced!r}") for file, replaced in REPLACING[name].items()}
    one = django(tmp_path, files)
    assert one.survey.migrated is not None
    assert [table.name for table in one.survey.migrated.tables] == ["shop_a"]


def test_django_lists_that_are_none(tmp_path: Path) -> None:
    more = 'dependencies = [("shop",), "x", 5, None, [["a"]]]\n    run_before = 5\n    replaces = "abc"\n    x = 1'
    nested = "migrations.SeparateDatabaseAndState(database_operations=[" * 200 + "])" * 200
    loops = "*[migrations.AddField('A', f'c{i}', models.TextField()) for i in range(10**8)], *f(3), *([1] * 10**9),"
    outside = "def f(n):\n    return [f] + f(n - 1)\n\nX = [X]\n"
    one = django(
        tmp_path,
        {"0001": migration(f"{CREATE_A} {nested}, {loops} *X", outside=outside).replace("    \n", f"    {more}\n")},
    )
    assert told(one).count("cannot be told") >= 5
    assert "nested deeper" in told(one)


# ------------------------------------------------------------------------------------------------------- SQL, by number


def test_sql_files_that_contradict_each_other(tmp_path: Path) -> None:
    first = """create table a (id int); create table a (id int); drop table b; alter table c add d int;
        alter table a rename to a; alter table a drop column zz; drop index j; alter type t add value 'x';"""
    files = {
        "001_a.sql": first,
        "002_b.sql": "drop table a; drop table a; alter table a add x int;",
        "002_c.sql": "create table z (id int);",
        "000_.sql": "",
        f"{'9' * 200}_x.sql": "create table n (id int);",
    }
    one = audited(tmp_path, {f"db/migrations/{name}": text for name, text in files.items()})
    assert {table.name for table in one.survey.catalog.tables} == {"n", "z"}
    assert "already" in told(one)
    assert told(one).count("there is no") >= 5


# ----------------------------------------------------------------------------------------------------- long and broad


LONG = [1500, pytest.param(5000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("length", LONG)
def test_a_long_chain_of_revisions_and_a_merge_of_50(length: int, tmp_path: Path) -> None:
    add = 'op.add_column("t", sa.Column("c{0}", sa.Integer()))'
    files = {
        f"m{n}": revision(
            f"m{n}", f"m{n - 1}" if n else None, CREATE_T if n == 0 else add.format(n) if n % 10 == 0 else "pass"
        )
        for n in range(length)
    }
    files |= {f"x{n}": revision(f"x{n}", f"m{length - 1}", add.format(f"x{n}")) for n in range(50)}
    files["merge"] = revision("merge", tuple(f"x{n}" for n in range(50)))
    one = alembic(tmp_path, files)
    assert len(history(one).migrations) == length + 51
    assert history(one).problems == ()
    assert len(one.survey.catalog.tables[0].columns) == length // 10 + 50


@pytest.mark.parametrize("length", LONG)
def test_a_long_chain_of_django_migrations_and_a_merge_of_50(length: int, tmp_path: Path) -> None:
    add = 'migrations.AddField("A", "x{0}", models.IntegerField(null=True)),'
    files = {
        f"{n:04}": migration(
            CREATE_A if n == 1 else add.format(n) if n % 10 == 0 else "", [f"{n - 1:04}"] if n > 1 else []
        )
        for n in range(1, length + 1)
    }
    files |= {f"x{n}": migration(add.format(f"x{n}"), [f"{length:04}"]) for n in range(50)}
    files["y"] = migration("", [f"x{n}" for n in range(50)])
    one = django(tmp_path, files)
    assert len(history(one).migrations) == length + 51
    assert history(one).problems == ()
    assert one.survey.migrated is not None
    assert len(one.survey.migrated.tables[0].columns) == 1 + length // 10 + 50


def test_diamonds_are_walked_once(tmp_path: Path) -> None:
    """Sixty merges on top of each other have 2**60 ways from the first to the last."""
    files = {"r": revision("r", None, CREATE_T)}
    for n in range(60):
        below = f"z{n - 1}" if n else "r"
        files |= {f"{side}{n}": revision(f"{side}{n}", below) for side in "ab"}
        files[f"z{n}"] = revision(f"z{n}", (f"a{n}", f"b{n}"))
    assert len(history(alembic(tmp_path, files)).migrations) == 181
