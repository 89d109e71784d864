"""A view that reads guarded tables with its owner's rights, so that their policies do not hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.objects import Table, View
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import SetSecurity
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
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.security._bodies import asks_for_caller, named_in, tables_behind
from dbarchitect.rules.security._hosted import has_api, others_may_use, own_views

_SINCE = 15
_SHOWN = 5
_ACCOUNTS = ("auth", "users")


class ViewWithoutSecurityInvoker(Rule):
    """View past the row-level security of its tables

    ## What it finds
    Views over tables with row-level security (through other views too), or over a hosting service's `auth.users`, that
    run with the rights of their owner.
    Materialized views, which have no rights of their own, are left out, and so are views that filter by who is asking
    themselves. On a live server a view counts only if somebody besides its owner may read it.

    ## Why it matters
    A view reads its tables as its owner, and the owner is exempt from the policies: whoever may read the view sees
    every row, although the same query on the table shows only their own.

    ## When to leave it
    Where the view is meant to publish a part of everybody's rows (public profiles): then say so in a comment.

    ## How the fix works
    It sets `security_invoker` (PostgreSQL 15 and later) in place, which keeps the grants. The view then shows what the
    reader may see, and needs their SELECT on the tables: unsafe.

    ## References
    - https://www.postgresql.org/docs/current/sql-createview.html
    """

    code = "SEC006"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per view."""
        for view in own_views(survey):
            if view.materialized or view.security_invoker or asks_for_caller(view.definition):
                continue
            guarded = {
                str(table.ref): f"row security on, {count(len(table.policies), 'policy', 'policies')}"
                for table in _guarded(view, survey)
            }
            if _ACCOUNTS in named_in(view.definition).read and has_api(survey):
                guarded.setdefault(".".join(_ACCOUNTS), "the service's accounts, which its API does not show")
            if guarded and _is_read_by_others(view, survey):
                yield self._finding(view, dict(list(guarded.items())[:_SHOWN]), survey)

    def _finding(self, view: View, guarded: dict[str, str], survey: Survey) -> Finding:
        names = listed(guarded)
        policies = "; ".join(f"{name}: {how}" for name, how in guarded.items())
        old = survey.engine.major is not None and survey.engine.major < _SINCE
        later = f" PostgreSQL {_SINCE} has security_invoker; until then, filter in the view." if old else ""
        return Finding(
            self.name(),
            _ref(view),
            f"View {view.name} reads {names} with the rights of its owner: the row-level security of "
            f"{'that table' if len(guarded) == 1 else 'those tables'} does not hold for whoever reads the view.",
            f"Set security_invoker on the view, or say that it is meant to show every row.{later}",
            (Evidence(EvidenceKind.CATALOG, f"security_invoker is off; {policies}", view.origin),),
            view.origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Views that keep to the policies of their tables."""
        right = [v for v in own_views(survey) if v.security_invoker and _guarded(v, survey)]
        if right:
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{v.name}: security_invoker is on", v.origin) for v in right[:_SHOWN]
            )
            words = f"{count(len(right), 'view')} over guarded tables {'runs' if len(right) == 1 else 'run'} with the "
            yield Strength(self.name(), Ref.database(), words + "rights of the reader.", evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Switch it on in place, where the server can."""
        view = next((v for v in survey.catalog.views if _ref(v).key == finding.object.key), None)
        if view is None or (survey.engine.major is not None and survey.engine.major < _SINCE):
            return None
        note = "The view shows less to those whom policies bind, and they need SELECT on its tables."
        return Fix((SetSecurity(view, replace(view, security_invoker=True)),), Applicability.UNSAFE, note)


def _ref(view: View) -> Ref:
    return Ref(Kind.VIEW, view.schema, name=view.name)


def _guarded(view: View, survey: Survey) -> list[Table]:
    """Its tables whose policies the view's owner is exempt from."""
    exempt = {role.name for role in survey.catalog.roles if role.superuser or role.bypass_row_security}
    return [
        table
        for table in tables_behind(view, survey.catalog)
        if table.row_security and table.owned_by is None and (not table.force_row_security or view.owner in exempt)
    ]


def _is_read_by_others(view: View, survey: Survey) -> bool:
    """True where a role besides the owner and the service's own may read it, or nobody has read who may and no API
    looks into other schemas only."""
    told = others_may_use(_ref(view), survey, frozenset({"select"}))
    return told if told is not None else view.schema is None or not has_api(survey)
