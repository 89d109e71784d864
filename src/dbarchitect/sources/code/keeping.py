"""What is kept of the code of a project: of its Python beside its TypeScript."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.sources.cache import Before
from dbarchitect.sources.code.python.kept import Kept as KeptOfPython
from dbarchitect.sources.code.typescript.kept import Kept as KeptOfTypeScript
from dbarchitect.sources.consulted import Consulted
from dbarchitect.sources.keeping import Place


@dataclass(frozen=True, slots=True)
class Keepers:
    """What keeps the parts of each language by itself."""

    python: KeptOfPython
    typescript: KeptOfTypeScript

    @property
    def besides(self) -> Consulted | None:
        """What was looked at for other things than these parts: before the first of them was begun with."""
        return self.python.besides or self.typescript.besides

    @property
    def is_first(self) -> bool:
        """Whether nothing is known that an earlier run left."""
        return self.typescript.before is None

    def at(self, place: Place | None, before: Before | None = None) -> None:
        """Say where it is kept."""
        self.typescript.at(place, before)
        beside = Place(place.path.with_name(f"{place.path.name}.python"), place.key) if place is not None else None
        self.python.at(beside, before)

    def save(self, token: str) -> None:
        """Write it."""
        self.python.save(token)
        self.typescript.save(token)

    def forget(self) -> None:
        """Let go of it."""
        self.python.forget()
        self.typescript.forget()
