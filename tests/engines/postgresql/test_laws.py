"""What `render` writes a server understands as it was meant: created, read back, changed, taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.apply import apply
from dbarchitect.change.diff import diff
from dbarchitect.change.invert import Irreversible, invert
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.engines.postgresql.names import quote
from dbarchitect.shadow import Shadow

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.sql"))
MAJORS = (13, 14, 15, 16, 17, 18)


def since(path: Path) -> int:
    """The first major version that can run this file of the corpus, by its name."""
    return int(path.stem.partition("since_")[2] or MAJORS[0])


EVERYWHERE = [
    pytest.param(major, path, id=f"{major}-{path.stem}") for path in CORPUS for major in MAJORS if major >= since(path)
]


def read(url: str) -> Catalog:
    return ENGINE.read(url, ReadOptions()).catalog


def load(shadow: Shadow, path: Path) -> Catalog:
    if int(shadow.version.split(".")[0]) < since(path):
        pytest.skip(f"PostgreSQL {since(path)} and later")
    url = shadow.database()
    ENGINE.execute(url, [path.read_text(encoding="utf-8")])
    return read(url)


def empty(shadow: Shadow, like: Catalog) -> tuple[str, Catalog]:
    """A database that has the schemas of another catalog and nothing else."""
    url = shadow.database()
    ENGINE.execute(url, [f"create schema {quote(schema)}" for schema in like.schemas])
    return url, read(url)


@pytest.mark.parametrize(("postgresql_every_version", "path"), EVERYWHERE, indirect=["postgresql_every_version"])
def test_what_was_read_can_be_made_again_and_taken_away(postgresql_every_version: Shadow, path: Path) -> None:
    wanted = load(postgresql_every_version, path)
    url, before = empty(postgresql_every_version, wanted)
    state = before
    for change in diff(before, wanted):
        ENGINE.execute(url, ENGINE.render(change, state))
        state = apply(change, state)
    assert read(url) == wanted == state
    for change in diff(wanted, before):
        ENGINE.execute(url, ENGINE.render(change, state))
        state = apply(change, state)
    assert read(url) == before == state


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_change_does_what_apply_says_and_its_inverse_undoes_it(postgresql: Shadow, path: Path) -> None:
    wanted = load(postgresql, path)
    url, state = empty(postgresql, wanted)
    for change in diff(state, wanted):
        ENGINE.execute(url, ENGINE.render(change, state))
        after = read(url)
        assert after == apply(change, state)
        back = invert(change, state)
        assert not isinstance(back, Irreversible)
        current = after
        for step in back:
            ENGINE.execute(url, ENGINE.render(step, current))
            current = apply(step, current)
        assert read(url) == state
        ENGINE.execute(url, ENGINE.render(change, state))
        state = replace(after)
