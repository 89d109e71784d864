"""Rows of single users, kept apart by the application's queries alone."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.domains import owner_column
from dbarchitect.rules._schema.shape import is_account, joined_columns
from dbarchitect.rules._schema.versions import is_document
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.security._hosted import open_by_default
from dbarchitect.rules.security._row_security import separating_column

_OWNERS = phrases("user, user id, owner, owner id, account, account id, member id, profile id")
_SHOWN_TO_ALL = phrases("is public, public, is published, published, is shared, shared")
_SHOWN = 6


class UnguardedPersonalRows(Rule):
    """Only the queries keep one user's rows from another's

    ## What it finds
    Databases without any row-level security in which users keep documents of their own: tables with a required
    `user_id` or `owner_id`, among them one with titles and bodies that somebody writes, which no other table shares
    with further people. Articles that an author publishes and rows that belong to a tenant are none (of tenants
    `missing-row-level-security` speaks). One finding for the database.

    ## Why it matters
    A single query, report or administration page that forgets `where user_id = …` shows one user another's documents,
    and nothing notices. Row-level security makes the server add the condition to every query of the application's role.

    ## When to leave it
    When all queries go through one layer that adds the condition, and tests prove it; for most small applications that
    is enough. Policies cost care: poolers, jobs and administrators all need their user or a role of their own.

    ## How the fix works
    By hand, since the application must say in each transaction who asks. On every table that has the column, with
    the tables that join them: `ENABLE` and `FORCE ROW LEVEL SECURITY` (without FORCE the owner, as whom most
    applications connect, sees everything), a policy that compares the column with
    `NULLIF(current_setting('app.user_id', true), '')` (unset it is NULL, and no row is seen, instead of an error), and
    a second one `FOR SELECT` that lets public rows be read.

    ## References
    - https://www.postgresql.org/docs/current/ddl-rowsecurity.html
    """

    code = "SEC019"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.SECURITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        own = tuple(survey.tables)
        if any(open_by_default(table, survey) for table in own):
            return  # everybody reads them through the API: broad-grant says so
        if any(table.row_security or table.policies or separating_column(table, survey, frozenset()) for table in own):
            return
        held = [(table, column) for table in own if (column := _owner(table, survey)) is not None]
        private = [t for t, _ in held if is_document(t, survey.catalog) and not _is_shared(t, survey)]
        if not private:
            return
        held.sort(key=lambda pair: (pair[0] not in private, pair[0].ref.key))
        names = [f"{table.ref}.{column}" for table, column in held]
        shown = [*names[:_SHOWN], count(len(names) - _SHOWN, "more column")] if len(names) > _SHOWN + 1 else names
        shared = sorted({column.name for table in private for column in table.ordered_columns if _is_flag(column)})
        readable = f", and a second one that lets public rows ({listed(shared)}) be read" if shared else ""
        yield Finding(
            self.name(),
            Ref.database(),
            f"Nothing in the database keeps one user's rows from another's ({listed(shown)}): there is no row-level "
            "security, and a query that forgets the user shows them all.",
            f"Enable and force row-level security, with a policy on the owner's column of each table{readable}.",
            tuple(
                Evidence(
                    EvidenceKind.CATALOG,
                    f"{table.ref}.{column} says whose row it is; row security off, no policy",
                    survey.origin_of(table.ref.column(column)),
                )
                for table, column in held[:_SHOWN]
            ),
            private[0].origin,
        )


def _owner(table: Table, survey: Survey) -> str | None:
    """The required column that says whose row it is, of a table that is neither the account nor a mere join."""
    name = owner_column(table, survey.catalog)
    column = table.column(name) if name is not None else None
    if column is None or column.nullable or not _OWNERS.whole(column.name):
        return None
    return None if is_account(table) or joined_columns(table) else column.name


def _is_shared(table: Table, survey: Survey) -> bool:
    """True where another table brings the row and people together: members, invitations, shares."""
    return any(
        child.ref.key != table.ref.key and owner_column(child, survey.catalog) is not None
        for child, _ in survey.catalog.references_to(table.ref)
    )


def _is_flag(column: Column) -> bool:
    return column.type.family is Family.BOOLEAN and _SHOWN_TO_ALL.whole(column.name)
