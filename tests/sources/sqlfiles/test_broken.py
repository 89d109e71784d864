"""No text, however broken, ends in anything but a catalog and diagnostics."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from dbarchitect.sources.sqlfiles.reading import replay
from dbarchitect.sources.sqlfiles.text import read_text

HERE = Path(__file__).parent
NOISE = ["'", '"', "(", ")", ";", "$$", ",", "\x01", "\0", "CASCADE", "NULL", "é", "--", "/*", "`", "["]


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
@pytest.mark.parametrize("seed", range(4))
def test_broken_statements_become_diagnostics(dialect: str, seed: int) -> None:
    chance = random.Random(seed)
    for path in sorted((HERE / dialect).glob("*.sql")):
        tokens = re.findall(r"\w+|\s+|[^\w\s]", path.read_text())
        for breaks in (1, 5, 25):
            broken = list(tokens)
            for _ in range(breaks):
                at = chance.randrange(len(broken))
                broken[at : at + chance.randrange(2)] = [chance.choice([*NOISE, *tokens])] * chance.randrange(2)
            text = "".join(broken).encode()
            found = replay([read_text("broken.sql", text)], dialect, ordered=chance.random() < 0.5)
            lines = text.count(b"\n") + 1
            assert all(d.origin.path == "broken.sql" and 1 <= (d.origin.line or 0) <= lines for d in found.diagnostics)
            assert len(found.catalog.tables) == len({table.ref.key for table in found.catalog.tables})


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_bytes_that_are_no_text_at_all(dialect: str) -> None:
    for seed in range(20):
        raw = random.Random(seed).randbytes(2000)
        assert replay([read_text("noise.sql", raw)], dialect, ordered=True).catalog.tables == ()


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_deep_nesting_is_survived(dialect: str) -> None:
    text = "CREATE TABLE a (x int DEFAULT " + "(" * 5000 + "1" + ")" * 5000 + "); CREATE TABLE b (y int);"
    catalog = replay([read_text("deep.sql", text.encode())], dialect, ordered=True).catalog
    assert "b" in {t.name for t in catalog.tables}


@pytest.mark.parametrize(
    ("dialect", "statement"),
    [
        ("postgresql", "CREATE USER shop WITH PASSWORT 'k3pler' NOW"),
        ("postgresql", "ALTER TABLE nowhere ALTER COLUMN a SET DEFAULT 'k3pler'"),
        ("sqlite", "ATACH 'k3pler' AS other"),
        ("sqlite", "CREATE TABEL a (b text DEFAULT 'k3pler')"),
    ],
)
def test_what_is_not_understood_is_quoted_without_its_constants(dialect: str, statement: str) -> None:
    found = replay([read_text("broken.sql", f"{statement};".encode())], dialect, ordered=True)
    assert found.diagnostics
    assert "k3pler" not in repr(found.diagnostics)


@pytest.mark.parametrize("begun", ["/*a", "/*a;\n", "\"a;\n'", "$a$;\n$b$;\n'"])
def test_what_begins_over_and_over_and_never_ends_is_told_once(begun: str) -> None:
    text = "CREATE TABLE a (x int);\n" + begun * 20_000
    started = time.process_time()
    found = replay([read_text("unended.sql", text.encode())], "postgresql", ordered=True)
    assert time.process_time() - started < 2
    assert [t.name for t in found.catalog.tables] == ["a"]
    assert found.diagnostics
    assert sum("does not end" in d.text for d in found.diagnostics) <= 20
