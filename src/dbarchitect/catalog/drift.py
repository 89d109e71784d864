"""Where what the models say, what the migrations make and what the database holds are not the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dbarchitect.catalog.refs import Origin, Ref


class Side(StrEnum):
    """One account of the schema."""

    MODELS = "models"
    MIGRATIONS = "migrations"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Difference:
    """One object on which two accounts differ.

    `present` is the side that has it (for an object that both have in different form: the side that leads, models
    before migrations before the database), `absent` the side that lacks it or has it otherwise. `aspect` is `missing`
    where the other side lacks the object, else what differs: `type`, `nullability`, `default` … `text` is one
    sentence with both sides' words; `origin` the place on the side that has it.
    """

    object: Ref
    present: Side
    absent: Side
    aspect: str
    text: str
    origin: Origin = field(default=Origin(), compare=False)
