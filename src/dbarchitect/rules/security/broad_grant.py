"""Tables that everybody may write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.objects import Grant, Table
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import RunSql
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
from dbarchitect.rules._sql import count, listed, quoted
from dbarchitect.rules.security._hosted import ANONYMOUS, PUBLIC, open_by_default, own_tables
from dbarchitect.rules.security._row_security import guarding_columns, separating_column

_WRITES = ("insert", "update", "delete", "truncate")
_SHOWN = 5
_ONE_BY_ONE = 5
_SCHEMA = Ref(Kind.SCHEMA, name=PUBLIC)


class BroadGrant(Rule):
    """Table that everybody may write

    ## What it finds
    Tables without row-level security on which INSERT, UPDATE, DELETE or TRUNCATE was granted to PUBLIC, or to the role
    of requests without credentials. Where the grants were not read and the hosting service is known to give that role
    every new table of the default schema (Supabase), that counts too.

    ## Why it matters
    Every role of the server, those of other applications and read-only ones too, changes the rows; through an API whose
    anonymous key is public, everybody on the network does.

    ## When to leave it
    Where no API exposes the schema, and only the owner can connect; then the grant is not needed either.

    ## How the fix works
    It revokes the grants that were read. Those who relied on them must be granted what they need by name: unsafe.

    ## References
    - https://www.postgresql.org/docs/current/ddl-priv.html
    """

    code = "SEC017"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per table; one for the schema where many are open by the service's default."""
        guards = guarding_columns(survey)
        guarded = any(table.row_security or table.policies for table in survey.tables)
        open_: list[Table] = []
        for table in own_tables(survey):
            if table.row_security or table.policies:
                continue
            grants = list(_broad(table, survey))
            if grants:
                yield self._granted(table, grants)
            elif open_by_default(table, survey) and not (guarded and separating_column(table, survey, guards)):
                open_.append(table)  # of the others missing-row-level-security speaks, and says so
        for tables in [open_] if len(open_) > _ONE_BY_ONE else [[table] for table in open_]:
            yield self._open_by_default(tables)

    def _open_by_default(self, tables: list[Table]) -> Finding:
        one = len(tables) == 1
        what, has, all_ = (
            (str(tables[0].ref), "has", "all of it")
            if one
            else (f"{len(tables)} tables ({tables[0].ref} is the first)", "have", "all of them")
        )
        return Finding(
            self.name(),
            tables[0].ref if one else _SCHEMA,
            f"{what} {has} no row-level security: through the API, whoever has the project's anonymous key may read "
            f"and write {all_}.",
            "Enable row-level security with policies, or revoke what the API's roles hold on the "
            f"{'table' if one else 'tables'}.",
            tuple(
                Evidence(
                    EvidenceKind.CATALOG,
                    f"{'' if one else f'{table.ref}: '}row security off; default privileges of the service",
                    table.origin,
                )
                for table in tables
            ),
            tables[0].origin,
            salient=("anon",),
            precision=Precision.MEDIUM,
        )

    def _granted(self, table: Table, grants: list[Grant]) -> Finding:
        anonymous = sorted({grant.role for grant in grants if grant.role in ANONYMOUS})
        held = [p for p in _WRITES if any(p in grant.privileges for grant in grants)]
        whom = (
            f"{anonymous[0]}, the role of requests without credentials," if anonymous else "PUBLIC, that is every role,"
        )
        return Finding(
            self.name(),
            table.ref,
            f"{whom} may {listed(held)} rows of {table.ref}, and no row-level security limits which.",
            "Revoke it, and grant each role by name what it needs.",
            tuple(
                Evidence(EvidenceKind.CATALOG, f"{', '.join(g.privileges)} granted to {g.role}; row security off")
                for g in grants
            ),
            table.origin,
            salient=("anon",) if anonymous else (PUBLIC,),
            level=Level.ERROR if anonymous else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Where grants were read: nobody is granted what everybody has."""
        tables = list(own_tables(survey))
        named = sorted({g.role for g in survey.catalog.grants if g.object.table is not None} - {PUBLIC, *ANONYMOUS})
        if survey.catalog.roles and named and not any(_writes(g) for t in tables for g in _to_all(t, survey)):
            words = f"{count(len(tables), 'table')}: who may write them is granted by name ({listed(named[:_SHOWN])})."
            evidence = tuple(Evidence(EvidenceKind.CATALOG, f"granted to {role}") for role in named[:_SHOWN])
            yield Strength(self.name(), tables[0].ref, words, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Revoke the grants that were read."""
        table = survey.catalog.table(finding.object) if finding.object.table else None
        grants = list(_broad(table, survey)) if table is not None else []
        if table is None or not grants:
            return None
        name = f"{quoted(table.schema)}.{quoted(table.name)}" if table.schema else quoted(table.name)
        up, down = [], []
        for grant in grants:
            held = ", ".join(p for p in _WRITES if p in grant.privileges)
            whom = grant.role if grant.role == PUBLIC else quoted(grant.role)
            option = " with grant option" if grant.grantable else ""
            up.append(f"revoke {held} on table {name} from {whom}")
            down.append(f"grant {held} on table {name} to {whom}{option}")
        change = RunSql("postgresql", tuple(up), tuple(down), f"not everybody may write {table.name} any more")
        return Fix((change,), Applicability.UNSAFE, "Grant the roles that use the table what they need first.")


def _to_all(table: Table, survey: Survey) -> Iterator[Grant]:
    key = table.ref.key
    return (g for g in survey.catalog.grants if g.object.key == key and (g.role == PUBLIC or g.role in ANONYMOUS))


def _writes(grant: Grant) -> bool:
    return bool(set(_WRITES) & set(grant.privileges))


def _broad(table: Table, survey: Survey) -> Iterator[Grant]:
    return (grant for grant in _to_all(table, survey) if _writes(grant))
