"""Version files in a few words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import dedent, indent

from dbarchitect.sources.alembic import Replayed

Write = Callable[[dict[str, str]], Path]
Replay = Callable[..., Replayed]

HEADER = """\
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
"""
ENVIRONMENT = "from alembic import context\n\ntarget_metadata = None\n"


def version(
    name: str, parent: str | None, upgrade: str, downgrade: str = "pass", *, outside: str = "", header: str = HEADER
) -> str:
    """A version file whose `upgrade()` holds these statements."""
    body = indent(dedent(upgrade).strip() or "pass", "    ")
    back = indent(dedent(downgrade).strip(), "    ")
    return (
        f'"""{name}"""\n{header}\nrevision = {name!r}\ndown_revision = {parent!r}\n\n{dedent(outside)}\n\n'
        f"def upgrade():\n{body}\n\n\ndef downgrade():\n{back}\n"
    )


def chain(upgrades: Sequence[str], *, outside: str = "") -> dict[str, str]:
    """The version files of a straight line of migrations, `r1`, `r2` …"""
    files = {}
    for number, upgrade in enumerate(upgrades, 1):
        parent = f"r{number - 1}" if number > 1 else None
        files[f"migrations/versions/r{number}.py"] = version(f"r{number}", parent, upgrade, outside=outside)
    return files
