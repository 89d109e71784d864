"""Which database engine a project configures, and where it says so.

Looked at: Python code (settings, `create_engine`), env files, ini, toml and compose files, app.json, render.yaml, and
the drivers among the requirements. Passwords are never kept. Django's DATABASES is left to Django's reader.
"""

from __future__ import annotations

from dbarchitect.catalog.survey import ConfiguredEngine
from dbarchitect.sources.configuration.choice import choose_engine
from dbarchitect.sources.configuration.code import engines_of_code
from dbarchitect.sources.configuration.drivers import engines_of_drivers
from dbarchitect.sources.configuration.files import engines_of_files
from dbarchitect.sources.discover import Project
from dbarchitect.sources.python.index import PythonIndex

__all__ = ["choose_engine", "configured_engines"]


def configured_engines(
    project: Project, prefix: str = "", index: PythonIndex | None = None
) -> tuple[ConfiguredEngine, ...]:
    """Every place below the folder `prefix` that names a database engine: code first, then files, then drivers.

    `index` may be one that was made of the same project before. A driver among the requirements is weak evidence:
    marked `is_default` and without a `target`.
    """
    found = [
        *engines_of_code(index if index is not None else PythonIndex(project), prefix),
        *engines_of_files(project, prefix),
        *engines_of_drivers(project, prefix),
    ]
    return tuple(dict.fromkeys(found))
