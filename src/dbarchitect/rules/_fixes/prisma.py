"""What Prisma can say in a schema, by its version: on SQLite it has `enum` and `Json` since 6.2.0.

Both are kept by the client alone there (TEXT and JSONB in the database): a CHECK is what the database itself keeps.
Source: https://github.com/prisma/prisma/releases/tag/6.2.0
"""

from __future__ import annotations

import re

from dbarchitect.catalog.survey import Survey

_TYPES_ON_SQLITE = (6, 2)
_PACKAGES = ("@prisma/client", "prisma")


def is_prisma(survey: Survey) -> bool:
    """Whether the schema is one of Prisma's."""
    return survey.application.framework == "prisma"


def prisma_version(survey: Survey) -> tuple[int, int] | None:
    """The version, or the lowest that the project's range allows; None where no number is written."""
    stated = {dependency.name: dependency.version for dependency in survey.dependencies}
    for name in _PACKAGES:
        match = re.match(r"[\^~>=v\s]*(\d{1,4})(?:\.(\d{1,4}))?", stated.get(name) or "")
        if match is not None:
            return int(match[1]), int(match[2] or 0)
    return None


def has_to_run_on_sqlite(survey: Survey) -> bool:
    """Whether the schema that was read stands beside one of Prisma's for SQLite, which has to hold the same models."""
    found = survey.deployment.connections if survey.deployment is not None else ()
    beside = (c for c in found if c.client == "prisma" and c.engine == "sqlite" and not c.one_off)
    other = is_prisma(survey) and survey.engine.name != "sqlite"
    return other and any(c.environment not in {"testing", "development"} for c in beside)


def on_sqlite(survey: Survey, word: str, ref: object, check: str) -> str | None:
    """How a Prisma schema for SQLite says that a column is an `enum` or `Json`, and what the database can keep of it.

    None for any other schema. `check` is the condition that a CHECK would have.
    """
    if not is_prisma(survey) or survey.engine.capabilities.json_binary:
        return None
    version = prisma_version(survey)
    if version is None:
        return (
            f"Declare {ref} as {word} in the schema, which Prisma has on SQLite since 6.2.0, and add a CHECK ({check}) "
            "by a migration: the client alone keeps the type there."
        )
    if version >= _TYPES_ON_SQLITE:
        return (
            f"Declare {ref} as {word} in the schema: Prisma has it on SQLite since 6.2.0. The client alone keeps it, "
            f"so add a CHECK ({check}) by a migration too."
        )
    return (
        f"Add a CHECK ({check}) to {ref} by a migration; from 6.2.0 on (here {version[0]}.{version[1]}) Prisma has "
        f"{word} on SQLite as well, kept by the client."
    )
