"""What a change does to a busy database, as plain data. Engines know it, migrations' operations carry it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What a change does to a busy database.

    `lock` is the strongest lock taken on an existing table, in the engine's own words (None: none); `rewrites` and
    `scans` tell whether the table's rows are rewritten or read while it is held; `blocks` says in one phrase who
    waits; `source` is the documentation page that says so.
    """

    lock: str | None
    rewrites: bool = False
    scans: bool = False
    blocks: str = ""
    source: str = ""
