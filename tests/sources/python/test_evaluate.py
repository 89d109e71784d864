"""Constants found by reading."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import (
    UNKNOWN,
    EnumMember,
    Environment,
    Evaluator,
    PythonIndex,
    evaluate,
    is_known,
    members_of,
    plain,
    with_default,
)


def index_of(tmp_path: Path, **files: str) -> PythonIndex:
    for name, text in files.items():
        path = tmp_path / (name.replace("__", "/").replace("package", "__init__") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return PythonIndex(open_project(tmp_path))


def value(tmp_path: Path, source: str, before: str = "") -> Any:
    index = index_of(tmp_path, m=dedent(before) + f"\nresult = {source}\n")
    module = index.modules["m.py"]
    return evaluate(module.assignments["result"], module, index)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("60 * 60 * 24", 86400),
        ("2 ** 16 - 1", 65535),
        ("-(1 + 2) // 2", -2),
        ("1 << 20", 1048576),
        ("'a' + 'b' * 2", "abb"),
        ("'%s-%d' % ('a', 3)", "a-3"),
        ("'{}-{x}'.format('a', x=1)", "a-1"),
        ("f'{\"a\"}{1 + 1}b'", "a2b"),
        ("', '.join(['a', 'b'])", "a, b"),
        ("'A B'.lower().replace(' ', '_')", "a_b"),
        ("[1, *(2, 3)] + list((4,))", [1, 2, 3, 4]),
        ("{'a': 1, **{'b': 2}}", {"a": 1, "b": 2}),
        ("dict(a=1, b=2)", {"a": 1, "b": 2}),
        ("len('abc')", 3),
        ("str(5)", "5"),
        ("tuple(x for x in [1, 2, 3] if x > 1)", (2, 3)),
        ("[(k, v.upper()) for k, v in {'a': 'b'}.items()]", [("a", "B")]),
        ("[x + y for x in 'ab' for y in 'cd']", ["ac", "ad", "bc", "bd"]),
        ("{k: k for k in 'ab'}", {"a": "a", "b": "b"}),
        ("sorted(set(['b', 'a']))", ["a", "b"]),
        ("list(zip('ab', range(2)))", [("a", 0), ("b", 1)]),
        ("[1, 2, 3][-1]", 3),
        ("'abc'[:2]", "ab"),
        ("{'a': {'b': 1}}['a']['b']", 1),
        ("{'a': 1}.get('z', 9)", 9),
        ("1 if 2 > 1 else 0", 1),
        ("not True", False),
        ("1 < 2 < 3", True),
        ("'a' in ('a', 'b') and 'yes'", "yes"),
        ("None or 'x'", "x"),
        ("(x := 3)", 3),
    ],
)
def test_expressions(tmp_path: Path, source: str, wanted: object) -> None:
    assert value(tmp_path, source) == wanted


@pytest.mark.parametrize(
    "source",
    [
        "unknown_name", "f()", "1 / 0", "[][3]", "{}['a']", "a.b.c", "1 if f() else 2", "'x' * 10 ** 9", "10 ** 10 ** 10",  # noqa: E501 - one case, one line
        "1 << 10 ** 9", "'%1000000000d' % 1", "'{:>1000000000}'.format(1)", "'{0.__class__}'.format(1)",
        "[0] * 10 ** 9", "list(range(10 ** 9))", "lambda: 1", "result", "open('/etc/passwd')", "eval('1')",
        "__import__('os')", "int('x')", "'a' + 1",
    ],
)  # fmt: skip
def test_unknown(tmp_path: Path, source: str) -> None:
    assert value(tmp_path, source) is UNKNOWN


def test_a_list_keeps_what_is_known(tmp_path: Path) -> None:
    found = value(tmp_path, "['a', f(), *g()] + h()")
    assert found == ["a", UNKNOWN, UNKNOWN, UNKNOWN]
    assert not is_known(found)
    assert is_known(["a", ("b",)])


def test_names_here_there_and_in_classes(tmp_path: Path) -> None:
    index = index_of(
        tmp_path,
        app__package="from .constants import *\n",
        app__constants="SIZE = 3\n_HIDDEN = 1\nCHOICES = tuple((x, x.title()) for x in ('a', 'b'))\n",
        app__models="""
            from app import SIZE as size, constants
            from . import CHOICES
            class Order:
                WIDTH = size * 2
                KINDS = [("k", "K")]
                a = WIDTH
                b = constants.SIZE
                class Meta:
                    c = size
            class Child(Order):
                d = Order.WIDTH + 1
                e = KINDS if False else Order.KINDS
            f = Child.WIDTH
        """,
    )
    module = index.modules["app/models.py"]
    order, meta, child = module.classes
    assert evaluate(order.assigned("a"), module, index, order) == 6
    assert evaluate(order.assigned("b"), module, index, order) == 3
    assert evaluate(meta.assigned("c"), module, index, meta) == 3
    assert evaluate(child.assigned("d"), module, index, child) == 7
    assert evaluate(child.assigned("e"), module, index, child) == [("k", "K")]
    assert evaluate(module.assignments["f"], module, index) == 6
    assert Evaluator(index).name(index.modules["app/constants.py"], "CHOICES") == (("a", "A"), ("b", "B"))


ENUMS = """
    import enum
    from enum import Enum, StrEnum, IntEnum, auto
    from django.db import models
    from django.utils.translation import gettext_lazy as _, pgettext_lazy

    class Status(models.TextChoices):
        DRAFT = "draft", _("A draft")
        DONE = "done", "Done"
        PLAIN_ONE = "plain"
        def helper(self): return 1
        __empty__ = _("(none)")

    class Level(models.IntegerChoices):
        LOW = 1
        HIGH = 2, pgettext_lazy("level", "High")

    class Color(str, Enum):
        RED = "red"
        CRIMSON = "red"
        BLUE = "blue"

    class Plain(Enum):
        A = 1
        B = "two"

    class Size(StrEnum):
        SMALL = auto()
        LARGE = auto()

    class Number(enum.IntEnum):
        ONE = enum.auto()
        TEN = 10
        ELEVEN = auto()

    class Derived(Base): pass
    class Base(models.TextChoices): pass
    class Sub(Base):
        X = "x"
"""


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("Status.DRAFT", "draft"),
        ("Status.DRAFT.value", "draft"),
        ("Status.DRAFT.label", "A draft"),
        ("Status.DONE.name", "DONE"),
        ("Status.choices", [(None, "(none)"), ("draft", "A draft"), ("done", "Done"), ("plain", "Plain One")]),
        ("Level.choices", [(1, "Low"), (2, "High")]),
        ("Level.values", [1, 2]),
        ("[c.value for c in Status]", ["draft", "done", "plain"]),
        ("tuple((s.value, s.name) for s in Color)", (("red", "RED"), ("blue", "BLUE"))),
        ("Color.RED.value", "red"),
        ("Plain.B.value", "two"),
        ("[x.name for x in list(Plain)]", ["A", "B"]),
        ("len(Plain)", 2),
        ("Size.LARGE", "large"),
        ("Number.ELEVEN", 11),
        ("[Status.DRAFT, Status.DONE]", ["draft", "done"]),
        ("'x' if Status.DRAFT == 'draft' else 'y'", "x"),
        ("Status('done')", "done"),
        ("Sub.choices", [("x", "X")]),
        ("f'{Status.DRAFT}!'", "draft!"),
        ("Plain.MISSING", UNKNOWN),
        ("Status.DRAFT.other", UNKNOWN),
    ],
)
def test_enumerations(tmp_path: Path, source: str, wanted: object) -> None:
    assert value(tmp_path, source, ENUMS) == wanted


def test_a_member_of_a_plain_enum_is_no_text(tmp_path: Path) -> None:
    found = value(tmp_path, "[Plain.A]", ENUMS)
    assert found == [EnumMember("m.Plain", "A", 1, "A")]
    assert plain(found) == [1]


def test_members_of_a_class(tmp_path: Path) -> None:
    index = index_of(tmp_path, m=ENUMS)
    classes = {c.name: c for c in index.modules["m.py"].classes}
    found = members_of(classes["Status"], index)
    assert found is not None
    assert [(m.name, m.value, m.label) for m in found] == [
        ("DRAFT", "draft", "A draft"), ("DONE", "done", "Done"), ("PLAIN_ONE", "plain", "Plain One"),
    ]  # fmt: skip
    assert members_of(classes["Derived"], index) == ()
    index = index_of(tmp_path, m="class NoEnum: A = 1\n")
    assert members_of(index.modules["m.py"].classes[0], index) is None


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("os.environ.get('A', 'x')", Environment("A", "x")),
        ("os.environ.get('A')", Environment("A", None)),
        ("os.environ['A']", Environment("A")),
        ("os.getenv('A', default='x')", Environment("A", "x")),
        ("getenv('A')", Environment("A", None)),
        ("env('A')", Environment("A")),
        ("env.str('A', default='x')", Environment("A", "x", "str")),
        ("env.db('URL', default='sqlite:///x')", Environment("URL", "sqlite:///x", "database")),
        ("env.db()", Environment("DATABASE_URL", UNKNOWN, "database")),
        ("config('A', default='x', cast=int)", Environment("A", "x")),
        ("dj_database_url.config(default='postgres:///x')", Environment("DATABASE_URL", "postgres:///x", "database")),
        ("int(os.environ.get('A', '5'))", Environment("A", 5)),
        ("os.environ.get('A') or 'y'", Environment("A", "y")),
        ("os.environ.get('A', 'b,c').split(',')", Environment("A", ["b", "c"])),
        ("1 if os.environ.get('A') else 2", UNKNOWN),
        ("os.environ.get('A') == 'x'", UNKNOWN),
    ],
)
def test_environment(tmp_path: Path, source: str, wanted: object) -> None:
    before = """
        import os, environ, dj_database_url
        from os import getenv
        from decouple import config
        env = environ.Env(DEBUG=(bool, False))
    """
    assert value(tmp_path, source, before) == wanted


def test_defaults_in_place_of_the_environment() -> None:
    settings = {"default": {"ENGINE": Environment("E", "sqlite3"), "X": [Environment("Y")]}}
    assert with_default(settings) == {"default": {"ENGINE": "sqlite3", "X": [UNKNOWN]}}


def test_settings_that_are_built_up(tmp_path: Path) -> None:
    index = index_of(
        tmp_path,
        conf__base="APPS = ['a']\nAPPS += ['b']\nDATABASES = {}\n",
        conf__local="""
            import os
            from .base import *
            DEBUG = True
            APPS += ["c"]
            if DEBUG:
                APPS.append("d")
            else:
                APPS.append("never")
            if os.environ.get("E"):
                APPS += ["e"]
            APPS = ["first"] + APPS
            try:
                import debug_toolbar
                APPS.insert(0, "toolbar")
            except ImportError:
                pass
            DATABASES["default"] = {"ENGINE": "x"}
            ENGINE = "one"
            if os.environ.get("E"):
                ENGINE = "two"
        """,
    )
    evaluator = Evaluator(index)
    local = index.modules["conf/local.py"]
    assert evaluator.name(local, "APPS") == ["toolbar", "first", "a", "b", "c", "d", "e"]
    assert evaluator.name(local, "DATABASES") == {"default": {"ENGINE": "x"}}
    assert evaluator.name(local, "ENGINE") == "one"
    assert len(local.bindings("ENGINE")) == 2


def test_functions_that_only_return(tmp_path: Path) -> None:
    before = """
        def choices(values, prefix="x"):
            "Pairs."
            return [(prefix + v, v) for v in values]
        def two(n):
            n += 1
            return n
        def again(n):
            return again(n)
    """
    assert value(tmp_path, "choices(['a'], prefix='y')", before) == [("ya", "a")]
    assert value(tmp_path, "two(1)", before) is UNKNOWN
    assert value(tmp_path, "again(1)", before) is UNKNOWN


def test_circular_constants_end(tmp_path: Path) -> None:
    assert value(tmp_path, "A", "A = B\nB = A + 1\nC = [C]\n") is UNKNOWN
    assert value(tmp_path, "D.x", "class D:\n    x = D.y\n    y = D.x\n") is UNKNOWN


@pytest.mark.parametrize("source", ["[*box.ITEMS]", "[*box()]", "[*boxes[0]]", "[*box.ITEMS, ]", "(*boxes[0],)"])
def test_a_star_before_more_than_a_name(tmp_path: Path, source: str) -> None:
    before = """
        class box:
            ITEMS = ["a", "b"]
        boxes = [["a", "b"]]
        """
    if source == "[*box()]":
        before = "def box():\n    return ['a', 'b']\n"
    assert list(value(tmp_path, source, before)) == ["a", "b"]


@pytest.mark.parametrize(("call", "expected"), [("pick()", [1]), ("pick(2)", [2]), ("pick(os.getpid())", UNKNOWN)])
def test_functions_with_branches(tmp_path: Path, call: str, expected: object) -> None:
    before = """
        import os
        def pick(given=None):
            '''Takes what is given.'''
            import sys
            if not given:
                return [1]
            if given > 1:
                return [given]
            return [3]
        """
    assert value(tmp_path, call, before) == expected


def test_a_function_that_works_on_its_names_is_not_followed(tmp_path: Path) -> None:
    before = "def pick(given):\n    given = given + 1\n    return given\n"
    assert value(tmp_path, "pick(1)", before) is UNKNOWN


def test_defaults_of_a_scheme(tmp_path: Path) -> None:
    before = "import environ\nenv = environ.Env(ENGINE=(str, 'postgres'), PLAIN=str)\n"
    found = value(tmp_path, "[env('ENGINE'), env('PLAIN')]", before)
    assert [f.default for f in found] == ["postgres", UNKNOWN]


def test_a_list_from_the_environment_that_is_added(tmp_path: Path) -> None:
    before = """
        import environ
        env = environ.Env()
        apps = ["a"] + env.list("MORE", default=["b"])
        apps += env.list("EVEN_MORE", default=[])
        apps += env.list("UNTOLD")
        """
    assert value(tmp_path, "apps", before) == ["a", "b", UNKNOWN]
