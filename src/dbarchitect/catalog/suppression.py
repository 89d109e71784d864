"""A suppression: findings that somebody has looked at and does not want to hear of, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from dbarchitect.catalog.refs import Origin


@dataclass(frozen=True, slots=True)
class Suppression:
    """Which findings are silenced, why and until when.

    `rules` are names, codes or beginnings of codes. `object` is the address as reports print it
    (`usage_logs.user_id`), `path` that of a file, both with `*` and `?` as in file names; `application` a name. Empty
    ones match all. A comment in a file speaks for the object that is declared on the lines `first_line` to
    `last_line`. After the day `until` it silences no more. `origin` is where it is written.
    """

    rules: tuple[str, ...]
    reason: str
    until: date | None = None
    object: str = ""
    path: str = ""
    application: str = ""
    first_line: int | None = None
    last_line: int | None = None
    origin: Origin = field(default=Origin(), compare=False)
