"""What `REST_FRAMEWORK` in the settings says of every list that does not say otherwise: pages and filters.

Source: https://www.django-rest-framework.org/api-guide/settings/
"""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.catalog.queries import Bound
from dbarchitect.sources.code.python.django.settings import setting
from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.python.expressions import Name
from dbarchitect.sources.python.statements import ClassDef

DEFAULTS = "defaults of REST framework"
_CURSOR = "CursorPagination"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: its size, and whether it begins at an offset."""

    size: Bound
    offset: bool = True


class RestDefaults:
    """The defaults of one project, read when they are first asked for."""

    def __init__(self) -> None:
        self._read: dict[str, object] | None = None

    def page(self, interpreter: Following) -> Page | None:
        """The page that lists have by default; None without one. Without a size the library makes no pages."""
        interpreter.ask(DEFAULTS)
        settings = self._settings(interpreter)
        name, size = settings.get("DEFAULT_PAGINATION_CLASS"), settings.get("PAGE_SIZE")
        if not isinstance(name, str):
            return None
        known = size if type(size) is int else None
        own = self._own(name, interpreter)
        if own is not None:
            named = interpreter.index.attribute(own, "page_size") or interpreter.index.attribute(own, "default_limit")
            found = interpreter.evaluator.value(Name(f"{own.name}.page_size"), own.module) if named else None
            known = found if type(found) is int else known
            if known is None and named is None:
                return None
            bases = interpreter.index.external_bases(own)
            return Page(Bound(known), not any(base.endswith(_CURSOR) for base in bases))
        if known is None and "PAGE_SIZE" not in settings:
            return None
        return Page(Bound(known), not name.endswith(_CURSOR))

    def backends(self, interpreter: Following) -> tuple[str, ...] | None:
        """The last names of the classes that filter by default; None where the settings are not known."""
        interpreter.ask(DEFAULTS)
        settings = self._settings(interpreter)
        if not settings:
            return None
        names = settings.get("DEFAULT_FILTER_BACKENDS", ())
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            return None
        return tuple(name.rpartition(".")[2] for name in names)

    def told(self, interpreter: Following) -> str:
        """Both of them as text."""
        return repr((self.page(interpreter), self.backends(interpreter)))

    def _own(self, dotted: str, interpreter: Following) -> ClassDef | None:
        """A class of the project by its dotted name."""
        module, _, name = dotted.rpartition(".")
        found = interpreter.index.find(module)
        for cls in getattr(found, "classes", ()):
            if cls.qualname == name:
                return cls if isinstance(cls, ClassDef) else None
        return None

    def _settings(self, interpreter: Following) -> dict[str, object]:
        if self._read is None:
            found = setting(interpreter, "REST_FRAMEWORK")
            self._read = {k: v for k, v in found.items() if isinstance(k, str)} if isinstance(found, dict) else {}
        return self._read
