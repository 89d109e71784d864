"""Statements and expressions as read, above all from files that are broken or newer than our Python."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import ClassDef, Module, PythonIndex
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Compare,
    Display,
    FString,
    Keyword,
    Lambda,
    Literal,
    Name,
    Starred,
    Subscript,
    Unknown,
)
from dbarchitect.sources.python.statements import Assign, Effect, Import, Mutate, Return


def read(tmp_path: Path, source: str | bytes) -> Module:
    file = tmp_path / "m.py"
    file.write_bytes(source if isinstance(source, bytes) else dedent(source).encode())
    return PythonIndex(open_project(tmp_path)).modules["m.py"]


def value(tmp_path: Path, source: str) -> object:
    return read(tmp_path, f"x = {source}\n").assignments["x"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("'a' \"b\" 'c'", Literal("abc")),
        ("''", Literal("")),
        ("''''''", Literal("")),
        ('"""a\n\'b"""', Literal("a\n'b")),
        (r"'a\n\x41\N{BULLET}'", Literal("a\nA•")),
        (r"r'\d'", Literal(r"\d")),
        ("u'é'", Literal("é")),
        ("b'x' b'y'", Literal(b"xy")),
        ("1_000", Literal(1000)),
        ("-1.5", Literal(-1.5)),
        ("0x1F", Literal(31)),
        ("0777", Unknown("0777")),
        ("(a.b.c)", Name("a.b.c")),
        ("(a . b. c)", Name("a.b.c")),
        ("(a.b  # why\n .c)", Name("a.b.c")),
        ("None.a.b", Attribute(Attribute(Literal(None), "a"), "b")),
        ("Nones.a.b", Name("Nones.a.b")),
        ("é.ü", Name("é.ü")),
        ("a().b", Attribute(Call(Name("a")), "b")),
        ("f(1, *a, k=2, **b)", Call(Name("f"), (Literal(1), Starred(Name("a"))), (Keyword("k", Literal(2)), Keyword(None, Name("b"))))),  # noqa: E501 - one case, one line
        ("1, 2", Display("tuple", (Literal(1), Literal(2)))),
        ("(1,)", Display("tuple", (Literal(1),))),
        ("a not  in b", Compare((Name("a"), Name("b")), ("not in",))),
        ("a | b", BinOp("|", Name("a"), Name("b"))),
        ("lambda: 1", Lambda((), Literal(1))),
        ("a[1, 'x']", Subscript(Name("a"), Display("tuple", (Literal(1), Literal("x"))))),
        ("f'a{b}{{c}}'", FString(("a", Name("b"), "{", "c", "}"))),
        ("await x", Name("x")),
    ],
)  # fmt: skip
def test_expressions(tmp_path: Path, source: str, wanted: object) -> None:
    found = value(tmp_path, source)
    if isinstance(wanted, FString):
        assert isinstance(found, FString)
        joined = "".join(p if isinstance(p, str) else f"<{p}>" for p in found.parts)
        assert joined.startswith("a<Name")
        assert joined.endswith("{c}")
    else:
        assert found == wanted


def test_spans_are_bytes_of_the_file_and_lines_from_one(tmp_path: Path) -> None:
    source = 'é = "🐘"\nclass A:\n    b = call(\n        1)\n'
    module = read(tmp_path, source)
    (cls,) = module.classes
    (assign,) = cls.assignments
    assert source.encode()[assign.span.start : assign.span.end] == b"b = call(\n        1)"
    assert (assign.span.line, assign.span.column, assign.span.end_line) == (3, 5, 4)
    assert str(module.origin(assign.span)) == "m.py:3:5"


def test_statements_flattened_with_their_conditions(tmp_path: Path) -> None:
    module = read(
        tmp_path,
        """
        from a import *
        import b.c as d
        from .. import e as f
        X = Y = [1]
        p, (q, r) = 1, (2, 3)
        s, t = g()
        if A:
            v = 1
        elif B:
            v = 2
        else:
            v = 3
        X += [2]
        X.append(3)
        D["k"] = 4
        w: int
        event.listen(x)
        M.attr = 5
        type Alias[T] = list[T]
        """,
    )
    found = [s for s in module.statements if isinstance(s, Import)]
    assert [(i.module, i.level, i.name, i.bound) for i in found] == [
        ("a", 0, "*", "*"), ("b.c", 0, None, "d"), ("", 2, "e", "f"),
    ]  # fmt: skip
    assigned = {s.target: s.value for s in module.statements if isinstance(s, Assign)}
    assert assigned["q"] == Literal(2)
    assert assigned["t"] == Subscript(Call(Name("g")), Literal(1))
    assert assigned["w"] is None
    assert assigned["M.attr"] == Literal(5)
    assert assigned["Alias"] == Subscript(Name("list"), Name("T"))
    branches = [s.conditions for s in module.statements if isinstance(s, Assign) and s.target == "v"]
    assert [[(str(c.test and c.test.id), c.expected) for c in b] for b in branches] == [  # type: ignore[union-attr]
        [("A", True)], [("A", False), ("B", True)], [("A", False), ("B", False)],
    ]  # fmt: skip
    changes = [(s.target, s.op) for s in module.statements if isinstance(s, Mutate)]
    assert changes == [("X", "+="), ("X", "append"), ("D", "[]=")]
    assert any(
        isinstance(s, Effect) and isinstance(s.value, Call) and s.value.name == "event.listen"
        for s in module.statements
    )


def test_methods_and_decorators(tmp_path: Path) -> None:
    module = read(
        tmp_path,
        """
        @dataclass(frozen=True)
        class A(B, metaclass=M, table=True):
            "text"
            x: int = 1
            @declared_attr
            @classmethod
            def __tablename__(cls, a, *, b: str = "q", **rest) -> str:
                "doc"
                if a:
                    return 1
                return cls.__name__.lower()
        """,
    )
    (cls,) = module.classes
    assert [k.name for k in cls.keywords] == ["metaclass", "table"]
    assert isinstance(cls.decorators[0], Call)
    (method,) = cls.methods
    assert method.decorators == (Name("declared_attr"), Name("classmethod"))
    assert [(p.name, p.star) for p in method.parameters] == [("cls", ""), ("a", ""), ("b", ""), ("rest", "**")]
    assert method.parameters[2].default == Literal("q")
    assert method.returns[0] == Literal(1)
    assert isinstance(method.body[-1], Return)
    assert method.annotation == Name("str")


def test_python_newer_than_ours(tmp_path: Path) -> None:
    module = read(
        tmp_path,
        """
        type Pair[A, B] = tuple[A, B]
        class Box[T: int = str](Base[T]):
            x = f"{'a' + "b"}"
        def f[**P](x: T) -> T: ...
        try:
            pass
        except* ValueError:
            y = 1
        except KeyError, IndexError:
            z = 1
        """,
    )
    assert [c.name for c in module.classes] == ["Box"]


@pytest.mark.parametrize(
    ("source", "classes", "lines"),
    [
        ("class A(B):\n    x = Foo(\n    y = 2\n\nclass C(D):\n    z = 3\n", {"A": ["y"], "C": ["z"]}, [2]),
        ("class A(B):\n    x = 1 +\n    y = 2\n    def f(self:\n        pass\n    z = 3\n", {"A": ["y", "z"]}, [2, 4]),
        ("class A(B)\n    x = 1\n\nclass C(D):\n    z = 3\n", {"C": ["z"]}, [1]),
        ("x = 'abc\nclass A:\n    y = 2\n", {"A": ["y"]}, [1]),
        ("class A:\n    '''\nclass NotAClass:\n    '''\n    x = 1\n    y = (\nclass B:\n    z = 1\n", {"A": ["x"], "B": ["z"]}, [6]),  # noqa: E501 - one case, one line
        ("<<<<<<< HEAD\nclass A:\n    x = 1\n=======\nclass B:\n    y = 1\n>>>>>>> b\n", {"A": ["x"], "B": ["y"]}, [1, 4, 7]),  # noqa: E501 - one case, one line
        ("class A:\n    class Meta:\n        db_table = 'a\n        managed = True\n    x = 1\n", {"A": ["x"], "A.Meta": ["managed"]}, [3]),  # noqa: E501 - one case, one line
    ],
)  # fmt: skip
def test_a_syntax_error_costs_its_statement(
    tmp_path: Path, source: str, classes: dict[str, list[str]], lines: list[int]
) -> None:
    module = read(tmp_path, source)
    found = {c.qualname: [a.target for a in c.assignments] for c in module.classes}
    for name, targets in classes.items():
        assert set(targets) <= set(found[name]), found
    assert "NotAClass" not in found
    assert sorted({p.origin.line for p in module.problems}) == lines
    assert all("syntax error" in p.text for p in module.problems)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"# coding: latin-1\nx = '\xe9'\n", "é"),
        (b"\xef\xbb\xbfx = 'a'\n", "a"),
        (b"x = 'a'\r\nclass B:\r\n    y = 1\r\n", "a"),
    ],
)
def test_codings(tmp_path: Path, raw: bytes, word: str) -> None:
    module = read(tmp_path, raw)
    assert module.assignments["x"] == Literal(word)
    assert module.problems == ()


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    module = read(tmp_path, b"class A:\n    x = '\xff\xfe'\n    y = 1\n")
    assert [a.target for a in module.classes[0].assignments] == ["x", "y"]
    (problem,) = module.problems
    assert "utf-8" in problem.text
    assert problem.origin.line == 2


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 5000 + ")" * 5000,
        "x = " + "[" * 3000,
        "x = " + "+".join(["a"] * 30000),
        "x = " + "-" * 5000 + "1",
        "x = a" + ".b()" * 5000,
        "x = " + "f(" * 2000 + ")" * 2000,
        "class A(" * 2000,
        "".join("    " * i + "class A:\n" for i in range(300)),
        "".join(" " * i + "if x:\n" for i in range(1500)),
        "\x00\x00\x00",
        "",
        "x = '" + "\\" * 999,
        "x = " + "9" * 10000,
        "class A:\n    )\n    ]\n",
        "class A(\n    'x\n",
        "class A:\n\t'''\n",
    ],
)
def test_hostile_source_ends_quietly(tmp_path: Path, source: str) -> None:
    module = read(tmp_path, source)
    for cls in module.classes:
        assert isinstance(cls, ClassDef)
        _ = cls.body
