"""Frozen dataclasses of which there are many: as before in all but the time that one takes."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field, fields, replace
from timeit import timeit

import pytest

from dbarchitect.often import but, made_often


@dataclass(frozen=True, slots=True)
class Slow:
    name: str
    number: int = 3
    parts: tuple[str, ...] = ()
    found: list[int] = field(default_factory=list, compare=False)
    alone: bool = field(default=False, kw_only=True)
    key: str | None = field(default=None, init=False, compare=False, repr=False)


@made_often
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    number: int = 3
    parts: tuple[str, ...] = ()
    found: list[int] = field(default_factory=list, compare=False)
    alone: bool = field(default=False, kw_only=True)
    key: str | None = field(default=None, init=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Heir(Quick):
    more: str = ""


@pytest.mark.parametrize("given", [("a",), ("a", 4), ("a", 4, ("b",), [1])])
def test_it_holds_what_it_was_given(given: tuple) -> None:
    quick, slow = Quick(*given, alone=True), Slow(*given, alone=True)
    assert [getattr(quick, each.name) for each in fields(Quick)] == [getattr(slow, each.name) for each in fields(Slow)]
    assert repr(quick) == repr(slow).replace("Slow", "Quick")
    assert quick == Quick(*given, alone=True) and hash(quick) == hash(slow) and quick != Quick("b")
    assert pickle.loads(pickle.dumps(quick)) == replace(quick, name=quick.name) == quick
    assert not hasattr(quick, "__dict__") and Quick("a").found is not Quick("a").found


def test_what_is_missing_is_told() -> None:
    with pytest.raises(TypeError, match=r"Quick\.__init__\(\) missing 1 required positional argument: 'name'"):
        Quick()  # type: ignore[call-arg]


def test_heirs_are_made_of_all_fields() -> None:
    heir = Heir("a", 4, more="b")
    assert (heir.name, heir.number, heir.more, heir.key) == ("a", 4, "b", None)


def test_it_takes_less_than_two_thirds_of_the_time() -> None:
    def best(made: type) -> float:
        return min(timeit(lambda: made("a", 4, ("b",)), number=20_000) for _ in range(7))

    assert best(Quick) < best(Slow) * 2 / 3


class Plain:
    pass


@dataclass(slots=True)
class Changing:
    name: str


@dataclass(frozen=True, slots=True)
class Working:
    name: str

    def __post_init__(self) -> None:
        pass


@pytest.mark.parametrize("kind", [Plain, Changing, Working])
def test_only_what_its_fields_make(kind: type) -> None:
    with pytest.raises(TypeError, match=kind.__name__):
        made_often(kind)


@dataclass(frozen=True, slots=True)
class Pair:
    one: str
    other: tuple[str, ...] = ()


@made_often
@dataclass(frozen=True, slots=True)
class QuickPair:
    one: str
    other: tuple[str, ...] = ()


@pytest.mark.parametrize("kind", [Pair, QuickPair])
def test_other_values_of_some_fields_make_another_one(kind: type) -> None:
    made = kind("a", ("b",))
    assert but(made, one="c") == kind("c", ("b",)) == replace(made, one="c")
    assert but(made) == made is not but(made)
    with pytest.raises(TypeError):
        but(made, unknown=2)
