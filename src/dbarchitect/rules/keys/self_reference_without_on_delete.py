"""The rule `self-reference-without-on-delete`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Action
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Change
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.on_delete import (
    Sibling,
    is_record,
    is_self_reference,
    uneven_among_authors,
    uneven_among_children,
    with_action,
)
from dbarchitect.rules._schema.shape import is_copy, is_log
from dbarchitect.rules._schema.soft_delete import deletion_mark
from dbarchitect.rules._sql import count

_CHAINS = phrases("version, revision, snapshot, migration, block, commit")


class SelfReferenceWithoutOnDelete(Rule):
    """A tree whose branches cannot be deleted

    ## What it finds
    A foreign key of a table to itself (a parent, the comment that is answered, the person who invited) that says
    nothing about deletion. Left alone are rows that are only marked as deleted, records and versions that must
    stay, and frameworks that act themselves.

    ## Why it matters
    Every row that another one points at refuses to be deleted: the first comment that was answered cannot be removed,
    and whoever deletes a folder must find everything below it first.

    ## When to leave it
    Rows must be emptied before they may go, as folders of some systems: write RESTRICT, which says so.

    ## How the fix works
    An optional reference gets SET NULL: what hung on the deleted row becomes a root of its own. Choose CASCADE
    instead where the whole branch should go. A reference over several columns has no fix, since SET NULL would empty
    all of them.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    - https://www.sqlite.org/foreignkeys.html#fk_actions
    """

    code = "KEY011"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each foreign key."""
        for sibling in _undecided(survey):
            table, columns = sibling.table, ", ".join(sibling.key.columns)
            ref = table.ref.over(sibling.key.columns)
            yield Finding(
                self.name(),
                ref,
                f"{table.ref}({columns}) refers to rows of its own table and does not say what becomes of them: "
                "no row that another one points at can be deleted.",
                hint="Write ON DELETE: SET NULL if the others stay, CASCADE if the branch goes, RESTRICT if it must "
                "be empty.",
                evidence=(Evidence(EvidenceKind.CATALOG, str(sibling), sibling.key.origin),),
                origin=sibling.key.origin if sibling.key.origin.path else survey.origin_of(ref),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The trees that say what becomes of their branches."""
        said = [sibling for sibling in _own(survey) if sibling.is_written]
        if said:
            evidence = tuple(Evidence(EvidenceKind.CATALOG, str(sibling), sibling.key.origin) for sibling in said)
            references = count(len(said), "reference")
            message = f"{references} of a table to itself {'says' if len(said) == 1 else 'say'} what a delete does."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """SET NULL for an optional reference; those of one table that say who did something get it together."""
        table = survey.catalog.table(finding.object)
        open_ = [sibling for sibling in _undecided(survey) if table and sibling.table.ref.key == table.ref.key]
        wanted = next((s for s in open_ if s.key.columns == finding.object.columns), None)
        if wanted is None or not _can_be_emptied(wanted):
            return None
        group = [s for s in open_ if s.is_authorship and _can_be_emptied(s)] if wanted.is_authorship else [wanted]
        changes: list[Change] = []
        for sibling in group:
            changes.extend(with_action(sibling, Action.SET_NULL))
        note = "From then on a delete succeeds, and rows that hung on the deleted one stand alone; CASCADE takes them."
        return Fix(tuple(changes), Applicability.UNSAFE, note)


def _can_be_emptied(sibling: Sibling) -> bool:
    column = sibling.table.column(sibling.key.columns[0])
    checked = any(sibling.key.columns[0] in columns_of(check.expression) for check in sibling.table.checks)
    return len(sibling.key.columns) == 1 and column is not None and column.nullable and not checked


def _own(survey: Survey) -> Iterator[Sibling]:
    """The foreign keys of tables to themselves."""
    for table in survey.tables:
        siblings = (Sibling(table, key) for key in table.foreign_keys)
        yield from (sibling for sibling in siblings if is_self_reference(sibling))


def _undecided(survey: Survey) -> Iterator[Sibling]:
    spoken_of = {s.table.ref.over(s.key.columns).key for s, _, _ in uneven_among_children(survey)}
    spoken_of |= {s.table.ref.over(s.key.columns).key for s, _, _ in uneven_among_authors(survey)}
    for sibling in _own(survey):
        unsaid = sibling.unsaid and sibling.table.ref.over(sibling.key.columns).key not in spoken_of
        if unsaid and not _stays(sibling.table):
            yield sibling


def _stays(table: Table) -> bool:
    """True where rows are not deleted one by one: only marked, or kept as a record of what was."""
    chained = _CHAINS.ends("_".join(thing_words(table)))
    return chained or deletion_mark(table) is not None or is_record(table) or is_copy(table) or is_log(table)
