"""What a rule is: one class in one file, whose docstring is its manual page.

A rule's file lies in a group (`rules/indexes/unindexed_foreign_key.py`); its public name is the file's name with
hyphens. Nothing is edited to add a rule: the registry walks the package. See `docs/extending.md`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Fix, Level, Precision, Strength


class Rule(ABC):
    """The base of every rule.

    Class attributes: `code` (three letters and three digits, stable for ever, never reused), `level`, `precision`,
    `category`, `needs` (without one of these the rule is reported as not evaluated), `engines` (empty: all) and
    `default` (False: only when selected). `Options` is a frozen dataclass whose fields are the rule's settings, with
    defaults; `self.options` is an instance of it.

    The docstring has a first line of at most 60 characters without a full stop, then the headings `## What it
    finds`, `## Why it matters`, `## When to leave it`, `## How the fix works`, `## References`.
    """

    code: ClassVar[str]
    level: ClassVar[Level]
    precision: ClassVar[Precision]
    category: ClassVar[Category]
    needs: ClassVar[frozenset[Need]] = frozenset({Need.CATALOG})
    engines: ClassVar[tuple[str, ...]] = ()
    default: ClassVar[bool] = True
    Options: ClassVar[type[object]] = object

    def __init__(self, options: object | None = None) -> None:
        self.options = self.Options() if options is None else options

    @classmethod
    def name(cls) -> str:
        """The public name: the file's name with hyphens."""
        return cls.__module__.rpartition(".")[2].replace("_", "-")

    @classmethod
    def title(cls) -> str:
        """The first line of the manual page."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @abstractmethod
    def detect(self, survey: Survey) -> Iterable[Finding]:
        """The faults that this rule sees, one finding per object."""

    def findings(self, survey: Survey) -> tuple[Finding, ...]:
        """The same, asked once: what is right often depends on what is not."""
        return survey.derive(self._findings)

    def _findings(self, survey: Survey) -> tuple[Finding, ...]:
        return tuple(self.detect(survey))

    def unanswered(self, survey: Survey) -> str | None:  # noqa: ARG002 - most rules need no more than `needs` says
        """Why this rule cannot judge this Survey although all its `needs` are there, in words; None where it can.

        For inputs that are there and do not tell: statistics that are too young, a setting that the role may not see.
        The rule is then reported as not evaluated, and is not asked.
        """
        return None

    def praise(self, survey: Survey) -> Iterable[Strength]:  # noqa: ARG002 - most rules have nothing to praise
        """What is right where this rule looked, with the same evidence; at most a few, aggregated where alike."""
        return ()

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:  # noqa: ARG002 - some faults have no fix in SQL
        """The changes that mend a finding of this rule, None where no change of the schema can.

        Once applied, this rule must fall silent on the object and no other rule may start to speak.
        """
        return None
