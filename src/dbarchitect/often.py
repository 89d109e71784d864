"""Frozen dataclasses of which an audit makes millions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, field, fields, make_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def made_often(cls: type[T]) -> type[T]:
    """A frozen dataclass whose objects are made in a quarter of the time: the rest goes into `object.__setattr__`, by
    which each field of a frozen object is filled.

    That nobody changes one of them is what the type checker says then, no longer the class itself. Raises `TypeError`
    for what is no frozen dataclass, or has work of its own to do when it is made.
    """
    parameters = getattr(cls, "__dataclass_params__", None)
    if (
        parameters is None
        or not parameters.frozen
        or "__setattr__" not in cls.__dict__
        or hasattr(cls, "__post_init__")
    ):
        raise TypeError(f"{cls.__name__} is no frozen dataclass that its fields alone make")
    of: Any = cls
    again = [(each.name, each.type, _copied(each)) for each in fields(of)]
    plain: Any = make_dataclass(cls.__name__, again, repr=False, eq=False, slots="__slots__" in cls.__dict__)
    of.__init__ = plain.__init__
    of.__init__.__qualname__, of.__init__.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    del of.__setattr__, of.__delattr__
    return cls


def but(made: T, **changes: object) -> T:
    """A dataclass of several fields, all of which make it, with other values of some: `dataclasses.replace` in half of
    the time."""
    kind: type = type(made)
    names, values = _taken_apart(kind)
    found: T = kind(**dict(zip(names, values(made), strict=True), **changes))
    return found


@cache
def _taken_apart(cls: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    of: Any = cls
    names = tuple(each.name for each in fields(of))
    return names, attrgetter(*names)


def _copied(known: Field[Any]) -> Any:  # noqa: ANN401 - what `field` gives is said to be of the field's own type
    """A field like another one: they cannot be shared."""
    if known.default_factory is not MISSING:
        return field(default_factory=known.default_factory, init=known.init, kw_only=known.kw_only)
    if known.default is not MISSING:
        return field(default=known.default, init=known.init, kw_only=known.kw_only)
    return field(init=known.init, kw_only=known.kw_only)
