"""What keeps the parts that came of following the code of one language, from one run to the next."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from dbarchitect.sources.cache import Before
from dbarchitect.sources.consulted import Consulted, noted
from dbarchitect.sources.keeping import Place


class Named(Protocol):
    """Parts that are kept, with the name of the reading that was made of them."""

    token: str


K = TypeVar("K", bound=Named)


class Keeper(Generic[K]):
    """Keeps the parts of one language of one project: they are written when all is done, in a place of their own.

    `besides` is what was looked at for other things before the language was followed; None where nobody asks for it.
    """

    def __init__(self) -> None:
        self.before: Before | None = None
        self.besides: Consulted | None = None
        self._place: Place | None = None
        self._made: K | None = None

    def at(self, place: Place | None, before: Before | None = None) -> None:
        """Say where it is kept (None: nowhere), and what is known of the earlier run."""
        self._place, self.before = place, before

    def begin(self) -> None:
        """What is looked at from now on is looked at for what is kept here."""
        log = noted()
        self.besides = log.copy() if log is not None else None

    @property
    def active(self) -> bool:
        """Whether anything is kept at all."""
        return self._place is not None

    def found(self) -> object:
        """What lies in the place: anything, as another version of ours may have put it there."""
        return self._place.load() if self._place is not None else None

    def keep(self, made: K) -> None:
        """What is to be written when all is done."""
        self._made = made

    def save(self, token: str) -> None:
        """Write it, with the name of the reading that was made of it."""
        if self._place is not None and self._made is not None:
            self._made.token = token
            self._place.save(self._made)

    def forget(self) -> None:
        """Let go of it: it is written, by this process or another one."""
        self._made = None
