"""The TypeScript and JavaScript modules of a project: found by their words, parsed when asked for, joined by imports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from dbarchitect.sources.typescript.syntax import External, Found, Module


class TypeScriptIndex(Protocol):
    """The modules of a project."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all modules, in order; declaration files (`.d.ts`), minified and generated ones are left out."""

    def source(self, path: str) -> bytes:
        """The source of a module, decoded to UTF-8 where it is in another coding. Raises `OSError`, `KeyError`."""

    def matching(self, pattern: re.Pattern[bytes], paths: Iterable[str] | None = None) -> tuple[str, ...]:
        """The modules whose source a pattern matches."""

    def module(self, path: str) -> Module | None:
        """A module, parsed; None where there is none, or it is no code that a person writes."""

    def release(self, path: str) -> None:
        """Forget the tree of a module that is not needed any more: it is parsed again when asked for."""

    def resolve(self, module: Module, name: str) -> Found | External | None:
        """What a name at the top level of a module is: where it is bound, its imports and re-exports followed."""

    def exported(self, module: Module, name: str) -> Found | External | None:
        """What a module exports by a name."""

    def target(self, module: Module, specifier: str) -> Module | str | None:
        """What a specifier leads to: a module of the project, the name of a package, None for a file that is missing."""
