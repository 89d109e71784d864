"""Nothing records who changed what."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Check, Column, Identity, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.operations import CreateTable
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
from dbarchitect.rules._code.trails import is_audit_table
from dbarchitect.rules._fixes.members import names_in_use
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.domains import is_payment, keeps_its_past, login_tables
from dbarchitect.rules._schema.shape import is_account, is_event
from dbarchitect.rules._sql import count, listed

_HISTORIES = phrases("history, revision, version, changeset, activity log, event log, action log, log entry")
_ACTIVITIES = phrases("activity, event, action, log")
_WHAT = phrases("object id, target id, entity id, resource id, record id, target, entity, subject id, item id, row id")
_CHANGES = phrases(
    "changes, change, diff, old value, new value, old row, new row, before, after, old data, new data, delta, "
    "modifications"
)
_FEWEST_TABLES = 3
_SHOWN = 4
_OF_ADMINS = "django_admin_log"


class MissingAuditTrail(Rule):
    """Nothing records who changed what

    ## What it finds
    Databases with accounts (or payments), at least three tables of their own, and no table in which changes or
    administrators' actions are recorded: nothing named like an audit log, a change log, a history or revisions, no
    log of activities that names actor and object, and no trigger that could write one. A log of use (which feature,
    when) is none, nor is the log of Django's admin: it records what is done in the admin's pages, and nothing of what
    the application's own views, commands and jobs change; the finding says which it is.

    ## Why it matters
    After a mistake, a dispute or a break-in there is nothing to read: who changed the role, the balance, the price,
    and what it was before. Access logs do not say it, and backups say it only for the moment they were taken.

    ## When to leave it
    When changes are recorded outside this database (an event stream, a log service) in the same transaction or
    reliably after it.

    ## How the fix works
    By hand: the table in the fix is the beginning. Triggers on the tables that matter, or the application in the same
    transaction, must write to it; the application's role should be able to insert and not to change.

    ## References
    - https://wiki.postgresql.org/wiki/Audit_trigger
    """

    code = "HIS004"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.SECURITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the database."""
        own = tuple(survey.tables)
        people, payments = login_tables(survey.catalog), [table for table in own if is_payment(table)]
        sensitive = [table.ref for table in (*payments, *people)]
        if len(own) < _FEWEST_TABLES or not sensitive or _trails(survey) or any(_writes_rows(t, survey) for t in own):
            return
        names = listed(sorted({str(ref) for ref in sensitive})[:4])
        admin = next((table for table in survey.catalog.tables if table.name == _OF_ADMINS), None)
        looked = (
            f"none of {count(len(survey.catalog.tables), 'table')} is an audit or change log, and no trigger writes one"
        )
        told = f"No table records changes: who changed {names}, when, and what was there before cannot be told."
        if admin is not None:
            looked = f"{_OF_ADMINS} is the only log; no trigger writes one"
            told = (
                f"Only what is done in Django's admin is recorded ({_OF_ADMINS}): who changed {names} through the "
                "application, when, and what was there before cannot be told."
            )
        yield Finding(
            self.name(),
            Ref.database(),
            told,
            "Add an audit table that triggers, or the application in the same transaction, write to.",
            (Evidence(EvidenceKind.CATALOG, looked, survey.origin_of(sensitive[0])),),
            survey.origin_of(sensitive[0]),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The tables that record changes; of histories those that hold whole rows, of others it is not known."""
        recorded = [table for table in survey.catalog.tables if _is_audit(table)]
        for table in recorded[:3]:
            evidence = (Evidence(EvidenceKind.CATALOG, f"table {table.ref}", table.origin),)
            text = "Changes or administrators' actions are recorded."
            if table.name == _OF_ADMINS:
                text = "What administrators do in Django's admin is recorded."
            yield Strength(self.name(), table.ref, text, evidence)
        kept = [table for table in survey.tables if _is_of_rows(table)]
        if kept:
            names = listed(str(table.ref) for table in kept[:_SHOWN])
            more = f" and {len(kept) - _SHOWN} more" if len(kept) > _SHOWN else ""
            text = f"Earlier states of rows are kept, with who changed them and when, in {names}{more}."
            said = tuple(Evidence(EvidenceKind.CATALOG, f"table {table.ref}", table.origin) for table in kept)
            yield Strength(self.name(), Ref.database(), text, said)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:  # noqa: ARG002 - it is the same for all
        """The table to begin with."""
        if "audit_log" in names_in_use(survey.catalog):
            return None
        note = "Write to it by triggers or in the application's transaction; let the application's role only insert."
        return Fix((CreateTable(_audit_log(survey)),), Applicability.MANUAL, note)


def _trails(survey: Survey) -> list[Table]:
    return [table for table in survey.catalog.tables if table.name != _OF_ADMINS and _is_trail(table, survey)]


def _is_audit(table: Table) -> bool:
    if table.name in {_OF_ADMINS, "reversion_version"}:
        return True
    return is_audit_table(table)


def _is_of_rows(table: Table) -> bool:
    """True for a history that holds every state of a row with its author and time (django-simple-history)."""
    return {("history", "id"), ("history", "date"), ("history", "type")} <= {words(c.name) for c in table.columns}


def _is_trail(table: Table, survey: Survey) -> bool:
    """True for a table that says who did what to which row: by its name; an activity with an actor and either the
    thing that it was done to or what changed; the events of a thing (`user_events`)."""
    things = "_".join(thing_words(table))
    if _is_audit(table) or keeps_its_past(table) or _HISTORIES.ends(things) or things.startswith("historical"):
        return True
    if not _ACTIVITIES.ends(things) or not is_event(table):
        return False
    parents = [p for key in table.foreign_keys if (p := survey.catalog.table(key.referenced)) is not None]
    others = [parent for parent in parents if not is_account(parent)]
    if any(thing_words(parent) == thing_words(table)[:-1] for parent in parents):
        return True
    says = any(_WHAT.whole(column.name) or _CHANGES.whole(column.name) for column in table.columns)
    return len(others) < len(parents) and (says or bool(others))


def _writes_rows(table: Table, survey: Survey) -> bool:
    """True where a trigger writes rows somewhere: its own name or its function's speaks of a record of changes, or its
    body inserts."""
    bodies = {f"{f.schema}.{f.name}" if f.schema else f.name: f.definition for f in survey.catalog.functions}
    for trigger in table.triggers:
        said = set(singular_words(trigger.name)) | set(singular_words(trigger.function or ""))
        body = f"{trigger.body or ''} {bodies.get(trigger.function or '', '')}".casefold()
        if said & _RECORDING or "insert into" in " ".join(body.split()):
            return True
    return False


_RECORDING = frozenset({"audit", "history", "log", "revision"})


def _audit_log(survey: Survey) -> Table:
    capabilities = survey.engine.capabilities
    moment = parse_type("timestamptz" if capabilities.time_zones else "datetime")
    document = parse_type("jsonb" if capabilities.json_binary else "json")
    identity = Identity.ROWID if capabilities.integer_primary_key_is_64_bit else Identity.ALWAYS
    key = parse_type("integer" if capabilities.integer_primary_key_is_64_bit else "bigint")
    columns = (
        Column("id", key, nullable=False, identity=identity, position=1),
        Column("occurred_at", moment, nullable=False, default=expression("CURRENT_TIMESTAMP"), position=2),
        Column("actor", parse_type("text"), position=3),
        Column("action", parse_type("text"), nullable=False, position=4),
        Column("table_name", parse_type("text"), nullable=False, position=5),
        Column("row_key", parse_type("text"), nullable=False, position=6),
        Column("old_row", document, position=7),
        Column("new_row", document, position=8),
    )
    check = Check(expression("action IN ('insert', 'update', 'delete')"), name="ck_audit_log_action")
    index = Index(tuple(map(IndexColumn, ("table_name", "row_key", "occurred_at"))), name="ix_audit_log_row")
    return Table("audit_log", columns, primary_key=UniqueKey(("id",)), checks=(check,), indexes=(index,))
