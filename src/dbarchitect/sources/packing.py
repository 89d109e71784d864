"""Objects as bytes, for another process or another run: quickly written and read."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Protocol

from dbarchitect.catalog.queries import Aggregate, Assignment, Bound, Join, Predicate, SortKey
from dbarchitect.catalog.refs import Ref

_ALIKE = frozenset({Aggregate, Assignment, Bound, Join, Predicate, Ref, SortKey})
"""What ten thousands of queries have alike: those that hold the same become one object where they are read again. None
of them holds anything that is left out where two are compared, but in a field of its own."""


class _Reducers(dict[type, Callable[[Any], Any]]):
    """How objects are taken apart: also mappings that cannot be changed, and dataclasses that cannot, which by
    themselves go field by field through Python. What a dataclass only remembers (no argument makes it, and it does not
    count where two are compared) is left out."""

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        of: Any = kind
        if issubclass(kind, type):
            raise KeyError(kind)
        parameters = getattr(kind, "__dataclass_params__", None)
        every = fields(of) if parameters is not None and parameters.frozen else ()
        made = [each for each in every if each.init or each.compare]
        names = [each.name for each in made]
        plain = all(each.init and not each.kw_only for each in made) and not hasattr(kind, "__post_init__")
        if not made or not plain or "__slots__" not in kind.__dict__:  # its dictionary is as good
            self[kind] = lambda found: found.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        elif kind in _ALIKE and len(names) > 1:
            of_all = attrgetter(*names)
            self[kind] = lambda found: (one_of, (kind, *of_all(found)))
        elif len(names) == 1:
            get = attrgetter(names[0])
            self[kind] = lambda found: (kind, (get(found),))
        else:
            get = attrgetter(*names)
            self[kind] = lambda found: (kind, get(found))
        return self[kind]


class _Pickler(pickle.Pickler):
    dispatch_table = _Reducers(
        copyreg.dispatch_table | {MappingProxyType: lambda found: (_unchangeable, (dict(found),))}
    )


class Written(Protocol):
    """What can be written to."""

    def write(self, piece: bytes, /) -> object:
        """Write a piece."""


def reducers() -> dict[type, Callable[[Any], Any]]:
    """How `compact` takes objects apart, for one who wants to see some of them on the way."""
    return _Reducers(_Pickler.dispatch_table)


def compact(body: Written) -> pickle.Pickler:
    """What writes objects so that they are read quickly."""
    return _Pickler(body, protocol=pickle.HIGHEST_PROTOCOL)


@lru_cache(maxsize=None, typed=True)
def one_of(kind: type, *parts: object) -> object:
    """The one object of its kind that holds these parts."""
    return kind(*parts)


def forget() -> None:
    """Nothing more is read again that may have much alike."""
    one_of.cache_clear()


def _unchangeable(found: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(found)


def packed(found: object) -> bytes:
    """An object as bytes."""
    body = io.BytesIO()
    compact(body).dump(found)
    return body.getvalue()
