"""Classes in their method resolution order, for whoever can say what a class's bases stand for."""

from __future__ import annotations

from abc import ABC, abstractmethod

from dbarchitect.sources.python.linearise import linearise
from dbarchitect.sources.python.resolved import Base, External
from dbarchitect.sources.python.statements import ClassDef, Statement


class Lineages(ABC):
    """The orders of classes, each computed once; a subclass knows their bases."""

    def __init__(self) -> None:
        self._bases: dict[ClassDef, tuple[Base, ...]] = {}
        self._orders: dict[ClassDef, tuple[Base, ...]] = {}
        self._lineages: dict[ClassDef, tuple[ClassDef, ...]] = {}
        self._attributes: dict[tuple[ClassDef, str], tuple[ClassDef, Statement] | None] = {}

    def forget(self) -> None:
        """Let go of what was computed."""
        for known in (self._bases, self._orders, self._lineages, self._attributes):
            known.clear()

    @abstractmethod
    def bases(self, cls: ClassDef) -> tuple[Base, ...]:
        """What the bases of a class stand for, in order."""

    def mro(self, cls: ClassDef) -> tuple[Base, ...]:
        """The class, its bases that can be read and the libraries' classes, in method resolution order."""
        if cls not in self._orders:
            self._orders[cls] = linearise(cls, self.bases)
        return self._orders[cls]

    def lineage(self, cls: ClassDef) -> tuple[ClassDef, ...]:
        """The classes of the order that can be read."""
        known = self._lineages.get(cls)
        if known is None:
            known = self._lineages[cls] = tuple(base for base in self.mro(cls) if isinstance(base, ClassDef))
        return known

    def external_bases(self, cls: ClassDef) -> tuple[str, ...]:
        """The dotted names of the libraries' classes that it derives from."""
        return tuple(base.name for base in self.mro(cls) if isinstance(base, External))

    def attribute(self, cls: ClassDef, name: str) -> tuple[ClassDef, Statement] | None:
        """What a class binds to a name, looked up along its order, with the class that binds it."""
        key = (cls, name)
        if key not in self._attributes:
            found = ((base, base.members.get(name)) for base in self.lineage(cls))
            self._attributes[key] = next(((base, member) for base, member in found if member is not None), None)
        return self._attributes[key]
