"""The order of migrations, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dbarchitect.catalog.migrations import ChainFault
from dbarchitect.sources.alembic import find_environments
from dbarchitect.sources.alembic.revisions import Chain, chain_of
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.python import PythonIndex

Read = Callable[..., Chain]


@pytest.fixture
def chained(tmp_path: Path) -> Read:
    """The chain of version files given as revision → its other assignments."""

    def read(**revisions: str) -> Chain:
        folder = tmp_path / "migrations" / "versions"
        folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / "migrations" / "env.py").write_text("")
        for name, rest in revisions.items():
            (folder / f"{name}.py").write_text(f"revision = {name.partition('__')[0]!r}\n{rest}\ndef upgrade(): pass\n")
        project = open_project(tmp_path)
        (environment,) = find_environments(project, PythonIndex(project))
        return chain_of(environment.revisions)

    return read


def names(chain: Chain) -> list[str]:
    return [revision.name for revision in chain.revisions]


def test_parents_run_before_their_children(chained: Read) -> None:
    chain = chained(a3="down_revision = 'a2'", a1="down_revision = None", a2="down_revision: str | None = 'a1'")
    assert names(chain) == ["a1", "a2", "a3"]
    assert chain.heads == ("a3",)
    assert not chain.problems


def test_a_merge_waits_for_both_branches(chained: Read) -> None:
    chain = chained(
        base="down_revision = None",
        left="down_revision = 'base'",
        right="down_revision = ('base',)",
        a_merge="down_revision = ('left', 'right')",
    )
    assert names(chain) == ["base", "left", "right", "a_merge"]
    assert not chain.problems


def test_what_it_depends_on_runs_first_by_id_prefix_or_label(chained: Read) -> None:
    chain = chained(
        a_first="down_revision = None\nbranch_labels = ('one',)\ndepends_on = ('zz_oth', 'three')",
        zz_other="down_revision = None\nbranch_labels = 'two'",
        zz_third="down_revision = None\nbranch_labels = ['three']",
    )
    assert names(chain) == ["zz_other", "zz_third", "a_first"]
    assert chain.revisions[2].depends_on == ("zz_other", "zz_third")


def test_heads_with_labels_of_their_own_are_wanted(chained: Read) -> None:
    chain = chained(
        a="down_revision = None\nbranch_labels = 'core'", b="down_revision = None\nbranch_labels = 'tenant'"
    )
    assert not chain.problems


def test_several_heads(chained: Read) -> None:
    chain = chained(base="down_revision = None", one="down_revision = 'base'", two="down_revision = 'base'")
    (problem,) = chain.problems
    assert problem.fault is ChainFault.SEVERAL_HEADS
    assert problem.migrations == chain.heads == ("one", "two")
    assert problem.origin.path == "migrations/versions/two.py"


def test_a_missing_parent_does_not_stop_the_others(chained: Read) -> None:
    chain = chained(a="down_revision = 'gone'", b="down_revision = 'a'")
    assert names(chain) == ["a", "b"]
    (problem,) = chain.problems
    assert problem.fault is ChainFault.MISSING_PARENT
    assert problem.migrations == ("a", "gone")


def test_a_circle_is_told_and_left_somewhere(chained: Read) -> None:
    chain = chained(a="down_revision = 'c'", b="down_revision = 'a'", c="down_revision = 'b'", d="down_revision = 'c'")
    assert sorted(names(chain)) == ["a", "b", "c", "d"]
    assert names(chain)[-1] == "d"
    (problem,) = chain.problems
    assert problem.fault is ChainFault.CYCLE
    assert sorted(problem.migrations) == ["a", "b", "c"]


def test_its_own_parent(chained: Read) -> None:
    chain = chained(a="down_revision = 'a'")
    assert names(chain) == ["a"]
    assert chain.problems[0].fault is ChainFault.CYCLE


def test_a_revision_twice(chained: Read) -> None:
    chain = chained(a="down_revision = None", a__copy="down_revision = None")
    assert names(chain) == ["a"]
    (problem,) = chain.problems
    assert problem.fault is ChainFault.DUPLICATE
    assert "a__copy.py" in problem.text


def test_of_two_that_may_run_the_older_does(tmp_path: Path) -> None:
    folder = tmp_path / "migrations" / "versions"
    folder.mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text("")
    for name, parent, day in (("z", None, "01"), ("b", "z", "02"), ("a", "z", "03")):
        head = f'"""x\n\nCreate Date: 2024-01-{day} 10:00:00.000000\n"""\n'
        text = f"{head}revision = {name!r}\ndown_revision = {parent!r}\n"
        (folder / f"{name}.py").write_text(text)
    project = open_project(tmp_path)
    (environment,) = find_environments(project, PythonIndex(project))
    assert names(chain_of(environment.revisions)) == ["z", "b", "a"]
