"""The rule `duplicate-foreign-key`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Action, ForeignKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Drop
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule


class DuplicateForeignKey(Rule):
    """The same foreign key twice

    ## What it finds
    Two foreign keys of the same columns to the same columns of the same table. Where they say different things about
    deletion or change, both are named with what they say.

    ## Why it matters
    Every insert and every delete is checked twice, and each check locks the referenced row. Where the two differ, what
    a delete does follows from the order in which the server fires them, and dropping or altering one of them changes
    nothing that people can see.

    ## When to leave it
    While one replaces the other (NOT VALID first, the old one dropped later), for as long as that takes.

    ## How the fix works
    It drops the one that was not validated, else the one whose name sorts last. Where they differ in what they do
    there is no fix: decide which of them is meant.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    - https://www.postgresql.org/docs/current/sql-altertable.html
    """

    code = "KEY013"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each foreign key that repeats another."""
        for table in survey.tables:
            for spare, kept in _duplicates(table):
                ref = _ref(table, spare)
                columns = ", ".join(spare.columns)
                if _deeds(spare) == _deeds(kept):
                    harm = "every write is checked twice, and no query gains from it"
                    hint = f"Drop {_called(spare)}."
                else:
                    harm = f"{_said(spare)} the one says, {_said(kept)} the other, and the server's order decides"
                    hint = "Decide which of the two is meant, and drop the other."
                yield Finding(
                    self.name(),
                    ref,
                    f"{table.ref}({columns}) references {spare.referenced} by two foreign keys: {harm}.",
                    hint,
                    tuple(
                        Evidence(EvidenceKind.CATALOG, f"{_called(key)} ({columns}): {_said(key)}", key.origin)
                        for key in (spare, kept)
                    ),
                    spare.origin if spare.origin.path else survey.origin_of(table.ref),
                    level=None if _deeds(spare) == _deeds(kept) else Level.WARNING,
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Drop the spare one."""
        table = survey.catalog.table(finding.object)
        for spare, kept in _duplicates(table) if table else ():
            if table is not None and _ref(table, spare).key == finding.object.key and _deeds(spare) == _deeds(kept):
                return Fix((Drop(table.ref, spare),), Applicability.SAFE)
        return None


def _duplicates(table: Table) -> Iterator[tuple[ForeignKey, ForeignKey]]:
    """Pairs of a needless foreign key and the one that stays."""
    alike: dict[tuple[object, ...], list[ForeignKey]] = defaultdict(list)
    for key in table.foreign_keys:
        pairs = frozenset(zip(key.columns, key.referenced_columns, strict=False))
        alike[key.referenced.key, pairs].append(key)
    for group in alike.values():
        kept, *rest = sorted(group, key=lambda k: (not k.validated, k.name is None, k.name or ""))
        # One constraint that a model declares in two places has one name.
        yield from ((spare, kept) for spare in rest if spare.name is None or spare.name != kept.name)


def _deeds(key: ForeignKey) -> tuple[Action, Action, bool, bool]:
    return key.on_delete, key.on_update, key.match_full, key.deferrable


def _said(key: ForeignKey) -> str:
    said = [f"on delete {key.on_delete.value}", f"on update {key.on_update.value}"]
    said += ["match full"] if key.match_full else []
    said += ["deferrable"] if key.deferrable else []
    return " ".join(part for part in said if not part.endswith("update no action"))


def _called(key: ForeignKey) -> str:
    return f"the foreign key {key.name}" if key.name else "the second foreign key"


def _ref(table: Table, key: ForeignKey) -> Ref:
    return table.ref.over(key.columns)
