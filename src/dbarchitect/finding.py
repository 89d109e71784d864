"""Findings, strengths and fixes: what a rule says, as plain data.

A finding names one object, the harm, and its evidence. Its fingerprint does not depend on where it was read (no
line numbers), so that models, migrations and the live database give the same one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.change.operations import Change
from dbarchitect.often import made_often


class Level(StrEnum):
    """How bad it is: `error` breaks or endangers, `warning` will hurt, `info` is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Precision(StrEnum):
    """How often a rule of this kind is right: a catalog fact is high, a guess from names is low."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Category(StrEnum):
    """The ten categories that the audit scores; the values are those of the JSON report."""

    SCHEMA_DESIGN = "schema design"
    DATA_INTEGRITY = "data integrity"
    QUERY_PATTERNS = "query patterns"
    TRANSACTIONS = "transactions"
    ERROR_HANDLING = "error handling"
    PERFORMANCE = "performance"
    SECURITY = "security"
    SCALABILITY = "scalability"
    OPERATIONS = "operations"
    MAINTAINABILITY = "maintainability"


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    CATALOG = "catalog"
    CODE = "code"
    MIGRATION = "migration"
    STATISTIC = "statistic"
    QUERY_PLAN = "query_plan"
    SAMPLE = "sample"
    SETTING = "setting"


@made_often
@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence, in words that can be checked, and where it stands."""

    kind: EvidenceKind
    text: str
    origin: Origin = field(default=Origin(), compare=False)


@made_often
@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of one object.

    `message` is one sentence about this object: the thing, the harm, numbers with units. `hint` begins with a verb.
    `salient` is what, besides rule and object, makes this finding the same one tomorrow (the other index's columns,
    the missing part); it never holds line numbers or counts that change. `level` and `precision` are None where
    the rule's own apply. `weight` is how strong the evidence is beside what this rule usually has, 1 being usual: it
    orders findings of the same level (see `audit.rank`) and changes nothing else.
    """

    rule: str
    object: Ref
    message: str
    hint: str = ""
    evidence: tuple[Evidence, ...] = ()
    origin: Origin = field(default=Origin(), compare=False)
    salient: tuple[str, ...] = ()
    level: Level | None = None
    precision: Precision | None = None
    weight: float = field(default=1.0, compare=False)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits of the SHA-256 over rule, object and salient evidence.

        The name of an index or constraint whose columns are known does not count: frameworks and servers invent it.
        Nor does the order of several columns that are no index or key: it is their order in the table.
        """
        object_ = self.object
        if object_.kind is Kind.COLUMN and len(object_.columns) > 1:
            object_ = replace(object_, columns=tuple(sorted(object_.columns)))
        if object_.columns and object_.kind in {Kind.INDEX, Kind.CONSTRAINT}:
            object_ = replace(object_, name=None)
        text = "\x1f".join((self.rule, *object_.key, *(s.casefold() for s in self.salient)))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Strength:
    """Something that is right, with the same evidence as a fault would have."""

    rule: str
    object: Ref
    message: str
    evidence: tuple[Evidence, ...] = ()


class Applicability(StrEnum):
    """`safe`: applies to any data that the application can hold; `unsafe`: may fail or change behaviour, look first;
    `manual`: needs a decision or work outside the database."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend a finding: changes to the catalog, in order. `note` says what to look at first."""

    changes: tuple[Change, ...]
    applicability: Applicability = Applicability.SAFE
    note: str = ""
