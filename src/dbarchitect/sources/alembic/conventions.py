"""The naming convention that an environment's migrations run with: that of the application's MetaData."""

from __future__ import annotations

from collections.abc import Mapping

from dbarchitect.sources.alembic.environments import Environment
from dbarchitect.sources.python.expressions import Call
from dbarchitect.sources.python.statements import Assign, Module
from dbarchitect.sources.sqlalchemy.bases import Bases
from dbarchitect.sources.sqlalchemy.follow import Names
from dbarchitect.sources.sqlalchemy.located import Frame, Located

_NEEDLE = b"naming_convention"


def naming_conventions(environment: Environment, names: Names) -> Mapping[str, str]:
    """The convention of env.py's `target_metadata`; where that is not told, the only one that the project has."""
    bases = Bases(names)
    script = environment.script
    assigned = script.names.get("target_metadata") if script is not None else None
    if script is not None and isinstance(assigned, Assign) and assigned.value is not None:
        metadata = bases.metadata(Located(assigned.value, Frame(script)))
        if metadata is not None and metadata.conventions:
            return metadata.conventions
    found: list[tuple[int, str, Mapping[str, str]]] = []
    for module in names.index.candidates(_NEEDLE):
        near = -_shared(module.path, environment.folder)
        found.extend((near, module.path, conventions) for conventions in _written(module, bases))
    return min(found, key=lambda f: f[:2])[2] if found else {}


def _written(module: Module, bases: Bases) -> list[Mapping[str, str]]:
    """The conventions of the MetaData that a module makes."""
    found = []
    for scope in (None, *module.classes):
        for statement in scope.body if scope is not None else module.statements:
            if not isinstance(statement, Assign) or not isinstance(statement.value, Call):
                continue
            frame = Frame(module, scope)
            metadata = bases.metadata(frame.at(statement.value))
            given = statement.value.keyword("metadata")
            if metadata is None and given is not None:
                metadata = bases.metadata(frame.at(given))
            if metadata is not None and metadata.conventions:
                found.append(metadata.conventions)
    return found


def _shared(path: str, folder: str) -> int:
    """How many folders two paths have in common."""
    common = 0
    for a, b in zip(path.split("/"), folder.split("/"), strict=False):
        if a != b:
            break
        common += 1
    return common
