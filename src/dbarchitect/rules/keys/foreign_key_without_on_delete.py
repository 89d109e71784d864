"""The rule `foreign-key-without-on-delete`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Action
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
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
from dbarchitect.rules._code.joined import cleared_before, deletions_of
from dbarchitect.rules._code.reach import is_backstage_kind
from dbarchitect.rules._code.telling import as_evidence, shown_in
from dbarchitect.rules._schema.on_delete import (
    Sibling,
    all_keys,
    belongs_to,
    broken_chain,
    has_same_owner,
    is_closed_one_day,
    is_only_parent,
    is_prepared_for,
    is_record,
    is_self_reference,
    parent_of,
    uneven_among_authors,
    uneven_among_children,
    with_action,
)
from dbarchitect.rules._schema.shape import joined_columns
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.keys._cleared_by_hand import ByHand, cleared_by_hand

_MANY = 12
_BY_HAND = ("by hand",)
_SHOWN = 3
_DEFAULTS = {
    Action.NO_ACTION: "the server refuses the delete as long as such rows are there",
    Action.RESTRICT: "the delete is refused as long as such rows are there",
}


class ForeignKeyWithoutOnDelete(Rule):
    """A foreign key that leaves deletion to the default

    ## What it finds
    A foreign key with no ON DELETE written, and no action of the framework's own, where the parent evidently gets
    deleted one day: code deletes it; the row is a part of it or something private to a person; the parent goes itself
    when a row above it is deleted, and this key stops that; or other tables are prepared for its deletion. It is a
    warning where code deletes the parent and nothing clears these rows before, and one for the place that deletes the
    rows of several tables by hand before. Django writes its action in
    Python and is left alone; Prisma's default for required relations (Restrict) is named for what it does, the one for
    optional relations (SetNull) is a choice. Where more than twelve keys are merely likely to be in the way they are
    one finding. References of a table to itself have a rule of their own.

    ## Why it matters
    By default the delete is refused, it leaves no orphans: closing an account fails on the first row that nobody
    thought of. Whether the rows should go, stay without their parent, or keep it from going is a decision, and it
    stands nowhere.

    ## When to leave it
    Nothing ever deletes from the parent; writing RESTRICT says so. Orders, payments and audit trails, which must keep
    their parent from going, are left alone.

    ## How the fix works
    Parts and private things get CASCADE. For rows that cannot be without their parent and go with the same account as
    it does (the posts of one's campaign) CASCADE is proposed, for you to apply. What others have a share in (a question
    with its answers) is a product decision: SET NULL is proposed, for you to apply.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    - https://www.prisma.io/docs/orm/prisma-schema/data-model/relations/referential-actions
    """

    code = "KEY008"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each foreign key; one for those that one place clears by hand, and one for all those that are
        merely likely, where they are many."""
        undecided = list(_undecided(survey))
        together = list(cleared_by_hand(survey.code, _unsaid(survey)))
        yield from (self._of_place(survey, by_hand) for by_hand in together)
        told_there = {id(sibling.key) for by_hand in together for sibling, _ in by_hand.children}
        undecided = [(sibling, parent) for sibling, parent in undecided if id(sibling.key) not in told_there]
        likely = [sibling for sibling, parent in undecided if not _is_evident(survey, sibling, parent)]
        if len(likely) > _MANY:
            yield self._of_custom(likely)
        for sibling, parent in undecided:
            if len(likely) > _MANY and sibling in likely:
                continue
            ref = sibling.table.ref.over(sibling.key.columns)
            harm = _DEFAULTS.get(sibling.key.on_delete, _DEFAULTS[Action.NO_ACTION])
            above = broken_chain(survey, sibling, parent)
            chain = f", and with it that of a row of {above.ref}, which takes {parent.ref} along" if above else ""
            deletions, by_hand = _deleted_in_code(survey, sibling, parent)
            told = tuple(as_evidence(query, f"deletes rows of {parent.ref}") for query in deletions[:_SHOWN])
            if by_hand is not None:
                told += (as_evidence(by_hand, f"clears {sibling.table.ref} by hand before"),)
            refused = bool(deletions) and by_hand is None and sibling.required
            yield Finding(
                self.name(),
                ref,
                f"{sibling.table.ref}({', '.join(sibling.key.columns)}) does not say what becomes of its rows when a "
                f"row of {parent.ref} is deleted: {harm}{chain}.",
                hint="Write ON DELETE: CASCADE if the rows go too, SET NULL if they stay, RESTRICT if they forbid it.",
                evidence=(Evidence(EvidenceKind.CATALOG, str(sibling), sibling.key.origin), *told),
                origin=sibling.key.origin if sibling.key.origin.path else survey.origin_of(ref),
                level=Level.WARNING if refused else None,
                precision=None if above or deletions or belongs_to(sibling, parent) else Precision.LOW,
            )

    def _of_place(self, survey: Survey, place: ByHand) -> Finding:
        parent, function = place.parent.ref, shown_in(survey.code, place.deletion.place.function)
        children = list(dict.fromkeys(str(sibling.table.ref) for sibling, _ in place.children))
        return Finding(
            self.name(),
            parent,
            f"{function} deletes from {listed(children)} by hand before it deletes a row of {parent}: their foreign "
            f"keys say nothing of it, so whoever deletes in another way is refused, and so is {function} as soon as "
            "it is not told of a new table.",
            hint=f"Write ON DELETE CASCADE to these {len(place.children)} foreign keys and let the server do it.",
            evidence=(
                as_evidence(place.deletion, f"deletes rows of {parent}"),
                *(as_evidence(query, f"deletes from {child.table.ref} before") for child, query in place.children),
                *(Evidence(EvidenceKind.CATALOG, str(child), child.key.origin) for child, _ in place.children),
            ),
            origin=place.deletion.origin,
            salient=_BY_HAND,
            level=Level.WARNING,
        )

    def _of_custom(self, likely: list[Sibling]) -> Finding:
        first = likely[0]
        tables = len({sibling.table.ref.key for sibling in likely})
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(likely)} foreign keys of {count(tables, 'table')} do not say what becomes of their rows when the "
            f"parent is deleted ({first.table.ref}({', '.join(first.key.columns)}) is the first): "
            f"{_DEFAULTS[Action.NO_ACTION]}.",
            hint="Decide for each parent that gets deleted one day: CASCADE, SET NULL, or RESTRICT, which says so.",
            evidence=tuple(Evidence(EvidenceKind.CATALOG, str(sibling), sibling.key.origin) for sibling in likely),
            origin=first.key.origin if first.key.origin.path else first.table.origin,
            salient=("custom",),
            precision=Precision.LOW,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line where most foreign keys say what becomes of their rows."""
        keys = all_keys(survey)
        said = [key for key in keys if key.is_written]
        if said and len(said) * 2 >= len(keys):
            evidence = tuple(Evidence(EvidenceKind.CATALOG, str(key), key.key.origin) for key in said)
            message = f"{len(said)} of {count(len(keys), 'foreign key')} say what becomes of their rows on delete."
            if len(keys) == 1:
                message = "The one foreign key says what becomes of its rows on delete."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """CASCADE for parts and private things, and for what the code deletes by hand; as a proposal CASCADE for what
        has the same owner, else SET NULL."""
        if finding.salient == _BY_HAND:
            places = cleared_by_hand(survey.code, _unsaid(survey))
            place = next((one for one in places if one.parent.ref.key == finding.object.key), None)
            children = [sibling for sibling, _ in place.children] if place is not None else []
            changes = tuple(change for child in children for change in with_action(child, Action.CASCADE))
            note = f"From then on deleting a row of {finding.object} deletes these rows too, wherever it is done."
            return Fix(changes, Applicability.UNSAFE, note) if changes else None
        for sibling, parent in _undecided(survey):
            if sibling.table.ref.over(sibling.key.columns).key == finding.object.key:
                if belongs_to(sibling, parent):
                    note = f"From then on deleting a row of {parent.ref} deletes these rows too."
                    return Fix(with_action(sibling, Action.CASCADE), Applicability.UNSAFE, note)
                if has_same_owner(survey, sibling, parent):
                    note = (
                        f"The rows belong to whoever {parent.ref} belongs to, and cannot be without it: decide first "
                        "whether they go with it, or keep it from going."
                    )
                    return Fix(with_action(sibling, Action.CASCADE), Applicability.MANUAL, note)
                note = "Decide first: should the rows go with their parent, stay without it, or keep it from going?"
                return Fix(with_action(sibling, Action.SET_NULL), Applicability.MANUAL, note)
        return None


def _is_evident(survey: Survey, sibling: Sibling, parent: Table) -> bool:
    """True where it is plain that the parent goes one day, and this key is in the way."""
    if belongs_to(sibling, parent) or broken_chain(survey, sibling, parent) is not None:
        return True
    return bool(_deleted_in_code(survey, sibling, parent)[0])


def _deleted_in_code(survey: Survey, sibling: Sibling, parent: Table) -> tuple[tuple[QueryFact, ...], QueryFact | None]:
    """The places where the program deletes rows of the parent while people work, and the statement that clears this
    table first, where there is one. Object mappers themselves delete the rows of tables that only join, and take
    references out that may be null: of these the statements of plain SQL alone count."""
    code = survey.code
    if code is None:
        return (), None
    mapped = bool(joined_columns(sibling.table)) or not sibling.required
    places = [
        query
        for query in deletions_of(code, parent.ref)
        if not is_backstage_kind(code.function(query.place))
        and not (mapped and query.library != "sql")
        and sibling.table.ref.key not in {table.key for table in query.tables}  # it asks for those without such rows
    ]
    cleared = [(query, cleared_before(code, query, sibling.table.ref.over(sibling.key.columns))) for query in places]
    by_hand = next((clearing for _, clearing in cleared if clearing is not None), None)
    return tuple(query for query, _ in cleared), by_hand


def _undecided(survey: Survey) -> Iterator[tuple[Sibling, Table]]:
    for sibling, parent in _unsaid(survey):
        likely = is_closed_one_day(survey, parent) or is_only_parent(sibling, parent) or sibling.required
        if _is_evident(survey, sibling, parent) or (likely and is_prepared_for(survey, parent)):
            yield sibling, parent


def _unsaid(survey: Survey) -> Iterator[tuple[Sibling, Table]]:
    """The foreign keys that leave deletion to the default, and of which no other rule speaks."""
    uneven = {s.table.ref.over(s.key.columns).key for s, _, _ in uneven_among_children(survey)}
    uneven |= {s.table.ref.over(s.key.columns).key for s, _, _ in uneven_among_authors(survey)}
    for sibling in all_keys(survey):
        parent = parent_of(survey, sibling)
        if parent is None or not sibling.unsaid or sibling.table.ref.over(sibling.key.columns).key in uneven:
            continue
        if is_record(sibling.table) or is_self_reference(sibling):  # of trees speaks self-reference-without-on-delete
            continue
        yield sibling, parent
