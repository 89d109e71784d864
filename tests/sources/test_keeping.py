"""What is kept is written by the way, whole or not at all, and only we can read it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.sources import keeping
from dbarchitect.sources.keeping import Place, at_leisure, beside, place_of
from dbarchitect.sources.meanwhile import can_fork


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = place_of(Path("/some/project"))
    assert path is not None
    return Place(path, "key")


def test_what_is_kept_is_found_under_its_key_alone(place: Place) -> None:
    ref = Ref(Kind.COLUMN, None, "a", ("b",))
    assert ref.key  # remembered, and not kept
    place.save({"ref": ref, "several": (1, "a", None)})
    assert place.load() == {"ref": ref, "several": (1, "a", None)}
    assert Place(place.path, "another key").load() is None
    assert [f.stat().st_mode & 0o777 for f in place.path.parent.iterdir()] == [0o600]


def test_what_cannot_be_kept_leaves_nothing(place: Place) -> None:
    place.save("before")
    place.save(lambda: None)
    assert place.load() == "before"
    assert len(list(place.path.parent.iterdir())) == 1


def test_a_file_of_somebody_else_is_not_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.save("ours")
    monkeypatch.setattr(os, "geteuid", lambda: 4_242)
    assert place.load() is None
    assert place_of(Path("/some/project")) is None


def test_the_oldest_files_make_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_FILES", 3)
    for number in range(5):
        other = Place(place.path.with_name(str(number)), "key")
        other.save(number)
        os.utime(other.path, (number, number))
    place.save("last")
    assert sorted(f.name for f in place.path.parent.iterdir()) == sorted(("3", "4", place.path.name))


@pytest.mark.skipif(not can_fork(), reason="the system cannot fork")
def test_nobody_waits_for_what_is_done_beside(place: Place) -> None:
    def slowly() -> None:
        time.sleep(1.0)
        place.save(os.getpid())

    begun = time.monotonic()
    with beside():
        at_leisure(slowly)
        assert time.monotonic() - begun < 0.9
    assert place.load() not in (None, os.getpid())
    at_leisure(lambda: place.save(os.getpid()))
    assert place.load() == os.getpid()


@pytest.mark.parametrize("forks", [True, False])
def test_what_fails_by_the_way_costs_nothing(place: Place, monkeypatch: pytest.MonkeyPatch, forks: bool) -> None:
    def fail() -> None:
        raise MemoryError

    def full() -> int:
        raise BlockingIOError

    if not forks:
        monkeypatch.setattr(os, "fork", full)
    with beside():
        at_leisure(fail)
        at_leisure(lambda: place.save("kept"))
    assert place.load() == "kept"
