"""Files that no person wrote, or not for us: named where they are not read, and the rest is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dbarchitect.catalog.survey import Survey
from dbarchitect.sources.code import workers
from dbarchitect.sources.code.python import reader
from dbarchitect.sources.code.python.interpreter import Interpreter
from dbarchitect.sources.opened import survey_path
from dbarchitect.sources.python.statements import ClassDef, FunctionDef

MODELS = """from sqlalchemy import Column, Integer
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase): ...

class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    year = Column(Integer)
"""
HEAD = "from models import Book\n"
ASKING = "def of_year(session, year):\n    return session.query(Book).filter(Book.year == year).all()\n"


def read(root: Path, **files: bytes | str) -> Survey:
    (root / "models.py").write_text(MODELS)
    (root / "good.py").write_text(HEAD + ASKING)
    for name, content in files.items():
        (root / f"{name}.py").write_bytes(content.encode() if isinstance(content, str) else content)
    (survey,) = survey_path(root)
    return survey


def asking(survey: Survey) -> set[str | None]:
    return {query.origin.path for query in survey.code.queries} if survey.code is not None else set()


def told(survey: Survey, path: str) -> list[str]:
    return [d.text for d in survey.diagnostics if d.origin.path == path]


def test_a_file_of_fifty_thousand_lines_is_read(tmp_path: Path) -> None:
    functions = "".join(f"def f{n}(rows):\n    total = {n}\n    return total\n\n\n" for n in range(10_000))
    assert asking(read(tmp_path, long=HEAD + functions + ASKING)) == {"good.py", "long.py"}


def test_a_minified_line_of_a_megabyte_is_read(tmp_path: Path) -> None:
    line = HEAD + "def f(session): x=[1,2];" + "y=x[0];" * 140_000 + "return session.query(Book).all()\n"
    began = time.process_time()
    assert "good.py" in asking(read(tmp_path, small=line))
    assert time.process_time() - began < 30


def test_a_file_larger_than_any_that_a_person_writes_is_named(tmp_path: Path) -> None:
    survey = read(tmp_path, large=HEAD + ASKING + "x = 'session'\n" * 120_000)
    assert asking(survey) == {"good.py"}
    assert any("larger than any code" in text for text in told(survey, "large.py"))


@pytest.mark.parametrize(
    "body",
    [
        "    return " + "(" * 3_000 + "session" + ")" * 3_000 + "\n",
        "    return " + "-" * 3_000 + "session\n",
        "    return session" + ".filter(1)" * 5_000 + "\n",
        "    return " + "[" * 2_001 + "session" + "]" * 2_001 + "\n",
        "".join("    " + " " * n + "if session:\n" for n in range(400)) + " " * 405 + "pass\n",
    ],
    ids=["parentheses", "signs", "calls", "lists", "blocks"],
)
def test_deep_nesting_costs_its_function_alone(tmp_path: Path, body: str) -> None:
    survey = read(tmp_path, deep=f"{HEAD}def deep(session):\n{body}\n\n{ASKING}")
    assert "good.py" in asking(survey)


@pytest.mark.parametrize(
    "content",
    [
        b"# \xff\xfe\xe9\n" + (HEAD + ASKING).encode(),
        b"# -*- coding: no-such -*-\n# \xc3\xa9\n" + (HEAD + ASKING).encode(),
        (HEAD + ASKING).encode("utf-16"),
    ],
    ids=["not UTF-8", "unknown coding", "UTF-16"],
)
def test_wrong_encodings_are_named(tmp_path: Path, content: bytes) -> None:
    survey = read(tmp_path, wrong=content)
    assert "good.py" in asking(survey)
    assert told(survey, "wrong.py")


def test_metaprogramming_is_neither_run_nor_a_stumbling_block(tmp_path: Path) -> None:
    mark = tmp_path / "was run"
    source = f"""{HEAD}
open({str(mark)!r}, "w").write("run")
exec("import os; os.abort()")
Made = type("Made", (Book,), {{"__tablename__": "made"}})

class Meta(type):
    def __getattr__(cls, name):
        return getattr(cls, name)(cls)

class Odd(metaclass=Meta):
    def __getattr__(self, name):
        return self.name(name)

def odd(session):
    globals()["x"] = Odd().anything.at.all(session, eval("session"))
    for Odd.x in Odd.y: setattr(session, "query", lambda *a: session.query(*a))
    return Odd[Odd](Odd)(*Odd, **Odd)

{ASKING}"""
    assert asking(read(tmp_path, odd=source)) == {"good.py", "odd.py"}
    assert not mark.exists()


def test_a_function_that_makes_following_hang_is_given_up_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = Interpreter.follow

    def hang(self: Interpreter, function: FunctionDef, owner: ClassDef | None = None) -> None:
        if function.name == "endless":
            time.sleep(600)
        follow(self, function, owner)

    share_out = workers.share_out
    monkeypatch.setattr(Interpreter, "follow", hang)
    monkeypatch.setattr(reader, "_SMALL", 0)
    monkeypatch.setattr(workers, "share_out", lambda *given, **named: share_out(*given, **named, patience=2.0))
    survey = read(tmp_path, other=HEAD + ASKING.replace("of_year", "endless"))
    assert asking(survey) == {"good.py"}
    assert told(survey, "other.py") == ["the file did not get on for 2 s and was given up"]
