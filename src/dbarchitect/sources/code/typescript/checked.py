"""A value that a schema has let through: what it demands belongs to the column that the value goes to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from dbarchitect.catalog.queries import FieldRule
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.code.values import Opaque


class Recording(Protocol):
    """Who follows the program: its recorder is that of the module that is followed now."""

    recorder: Recorder


@dataclass(frozen=True, slots=True)
class Checked(Opaque):
    """A value that only the running program knows, of which `rule` is demanded (its column is not known yet)."""

    rule: FieldRule | None = None
    following: Recording | None = field(default=None, compare=False, repr=False)

    def goes_to(self, column: Ref) -> None:
        """Note that it is written into a column."""
        if self.rule is not None and self.following is not None:
            self.following.recorder.rule(replace(self.rule, column=column))
