"""The rule `uneven-on-delete`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Action
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.on_delete import Sibling, uneven_among_authors, uneven_among_children, with_action
from dbarchitect.rules._sql import count, listed

_SHOWN = 3


class UnevenOnDelete(Rule):
    """Foreign keys of one kind that part ways on delete

    ## What it finds
    Two patterns. Most tables that cannot do without a row of some table cascade when it is deleted, and one says
    nothing at all. And: columns of one table that say who did something (`created_by`, `updated_by`) behave
    differently. A difference that somebody wrote down (RESTRICT beside CASCADE) is taken as meant.

    ## Why it matters
    The one that says nothing refuses the delete that all the others were prepared for: deleting the row works in the
    tests and fails for the first customer who has a row in the forgotten table.

    ## When to leave it
    The row must really keep its parent from being deleted: then write RESTRICT, which says so.

    ## How the fix works
    It gives the foreign key the action of its siblings. From then on deleting a parent deletes these rows as well:
    make sure that this is what is wanted.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    - https://www.sqlite.org/foreignkeys.html#fk_actions
    """

    code = "KEY009"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each foreign key that differs."""
        for odd, others, action in _uneven(survey):
            yield self._finding(survey, odd, others, action)

    def _finding(self, survey: Survey, odd: Sibling, others: tuple[Sibling, ...], action: Action) -> Finding:
        ref = odd.table.ref.over(odd.key.columns)
        parent = odd.key.referenced
        if action is Action.CASCADE:
            few = [str(other.table.ref) for other in others[:_SHOWN]]
            names = listed([*few, f"{len(others) - _SHOWN} more"] if len(others) > _SHOWN else few)
            verb = "cascades" if len(others) == 1 else "cascade"
            refused = f"is refused while {odd.table.ref} refers to it"
            text = f"deleting a row of {parent} takes those of {names} along but {refused}"
            hint = (
                f"Let {odd.table.ref}({', '.join(odd.key.columns)}) {verb[:7]} as its siblings do, or write RESTRICT."
            )
        else:
            names = listed(", ".join(other.key.columns) for other in others)
            text = f"{names} of the same table does something else ({action.value}) when a row of {parent} is deleted"
            hint = f"Let both do the same: on delete {action.value}."
        evidence = (Evidence(EvidenceKind.CATALOG, str(s), s.key.origin) for s in (odd, *others))
        return Finding(
            self.name(),
            ref,
            f"{odd.table.ref}({', '.join(odd.key.columns)}) does not act like its siblings on delete: {text}.",
            hint,
            tuple(evidence),
            odd.key.origin if odd.key.origin.path else survey.origin_of(ref),
            level=None if action is Action.CASCADE else Level.INFO,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The action of the siblings."""
        for odd, others, action in _uneven(survey):
            if odd.table.ref.over(odd.key.columns).key == finding.object.key:
                changes = with_action(odd, action)
                what = "deletes these rows too" if action is Action.CASCADE else f"does {action.value} here too"
                like = count(len(others), "sibling")
                note = f"From then on deleting a row of {odd.key.referenced} {what}, as in {like}."
                return Fix(changes, Applicability.UNSAFE, note)
        return None


def _uneven(survey: Survey) -> Iterator[tuple[Sibling, tuple[Sibling, ...], Action]]:
    yield from uneven_among_children(survey)
    yield from uneven_among_authors(survey)
