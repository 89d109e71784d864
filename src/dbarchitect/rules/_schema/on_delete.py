"""What becomes of the referencing rows when the referenced one is deleted: what is said, and what siblings say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dbarchitect.catalog.members import Action, ForeignKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add, AlterColumn, Change, Drop
from dbarchitect.rules._names import phrases, singular_words, thing_words
from dbarchitect.rules._schema.shape import (
    asked_once_of_each,
    is_account,
    is_lookup,
    is_tenant,
    joined_columns,
    says_who,
)

_PRIVATE = phrases(
    "token, session, preference, setting, credential, api key, access key, device, notification, bookmark, favorite, "
    "favourite, follow, follower, membership, member, enrollment, password history, password reset, verification, "
    "draft, profile, passkey, authenticator, unlock, award, tracking, interest, progress"
)
_ATTACHED = phrases(
    "vote, like, reaction, comment, answer, reply, rsvp, bookmark, favorite, favourite, rating, review, attachment, "
    "option, step, line, item, page, hint, chapter, revision, version"
)
_RECORDS = phrases(
    "order, invoice, payment, transaction, ledger, ledger entry, refund, payout, receipt, contract, audit, audit log, "
    "history, statement, dispute, charge, booking, shipment"
)
_MOST = 0.6
_MANY = 3


@dataclass(frozen=True, slots=True)
class Sibling:
    """A foreign key and the table that holds it. `chosen`: NO ACTION is not what one gets who writes nothing."""

    table: Table
    key: ForeignKey
    chosen: bool = False

    @property
    def action(self) -> Action:
        """What happens: in the application where that acts first, else in the database."""
        return self.key.application_on_delete or self.key.on_delete

    @property
    def unsaid(self) -> bool:
        """True where nobody chose that the delete be refused: no ON DELETE was written, and no framework acts instead.

        A deferred constraint is the mark of a framework that deletes in the right order by itself.
        """
        key = self.key
        if key.application_on_delete is not None or key.initially_deferred or self.chosen:
            return False
        refused = key.on_delete in {Action.NO_ACTION, Action.RESTRICT}
        return key.on_delete is Action.NO_ACTION or (refused and not key.on_delete_written)

    @property
    def is_written(self) -> bool:
        """True where an ON DELETE was written, or the framework makes everybody choose an action (Django)."""
        chosen = self.key.initially_deferred and self.key.application_on_delete is not None
        return chosen or self.chosen or (self.key.on_delete is not Action.NO_ACTION and self.key.on_delete_written)

    @property
    def required(self) -> bool:
        """True where the referencing columns cannot be null."""
        return not any(c is None or c.nullable for c in map(self.table.column, self.key.columns))

    @property
    def is_authorship(self) -> bool:
        """True for the columns that say who did it: `created_by`, `updated_by_id`."""
        return any(says_who(column) for column in self.key.columns)

    def names(self, parent: Table) -> bool:
        """True for `user_id` to users: it refers to the table in no special role (`admin_id`)."""
        if self.key.referenced.key != parent.ref.key:
            return False
        own = singular_words("_".join(self.key.columns))
        return (
            len(self.key.columns) > 1 or own[-2:-1] == thing_words(parent)[-1:] or own[-1:] == thing_words(parent)[-1:]
        )

    def __str__(self) -> str:
        """`orders(user_id): on delete cascade`; what the framework does by itself, and no server, is told apart."""
        said = "no ON DELETE" if self.unsaid else f"on delete {self.action.value}"
        if self.key.application_on_delete is not None and self.key.on_delete is Action.NO_ACTION:
            said += " by the application, the database itself refuses"
        return f"{self.table.ref}({', '.join(self.key.columns)}): {said}"


def all_keys(survey: Survey) -> tuple[Sibling, ...]:
    """The foreign keys of the application's own tables."""
    return tuple(Sibling(table, key, _is_chosen(key)) for table in survey.tables for key in table.foreign_keys)


def _is_chosen(key: ForeignKey) -> bool:
    """True for NO ACTION in a model of Prisma, which makes RESTRICT or SET NULL of a relation that says nothing."""
    of_model = (key.origin.path or "").endswith(".prisma") and key.on_delete_written
    return of_model and key.on_delete is Action.NO_ACTION


def parent_of(survey: Survey, sibling: Sibling) -> Table | None:
    """The referenced table, None where it was not read."""
    return survey.catalog.table(sibling.key.referenced)


def is_record(table: Table) -> bool:
    """True for what must be kept whatever becomes of those it tells of: orders, payments, audit trails."""
    return _RECORDS.ends("_".join(thing_words(table)))


def is_self_reference(sibling: Sibling) -> bool:
    """True where the rows of a table point at each other: a tree, a thread, who invited whom."""
    return sibling.key.referenced.key == sibling.table.ref.key


def is_prepared_for(survey: Survey, parent: Table) -> bool:
    """True where other tables say already what becomes of their rows when a row of this one is deleted."""
    return _is_prepared_for(parent, survey.catalog)


@asked_once_of_each
def _is_prepared_for(parent: Table, catalog: Catalog) -> bool:
    if is_lookup(parent):
        return False
    referring = catalog.references_to(parent.ref)
    others = (Sibling(table, key) for table, key in referring if table.ref.key != parent.ref.key)
    return any(other.is_written and other.action is not Action.RESTRICT for other in others)


def broken_chain(survey: Survey, sibling: Sibling, parent: Table) -> Table | None:
    """The table whose rows take those of the parent along when they are deleted, and cannot for this key's sake."""
    pointed_back_at = any(key.referenced.key == sibling.table.ref.key for key in parent.foreign_keys)
    if not sibling.names(parent) or pointed_back_at or is_record(sibling.table):
        return None
    chain = (key.referenced for key in parent.foreign_keys if key.on_delete is Action.CASCADE)
    for above in filter(None, map(survey.catalog.table, chain)):
        # Where the row goes with the same table by itself, NO ACTION, which is asked last, has nothing to refuse.
        goes_too = any(
            key.referenced.key == above.ref.key and key.on_delete is Action.CASCADE
            for key in sibling.table.foreign_keys
        )
        own = above.ref.key in {parent.ref.key, sibling.table.ref.key}
        if not own and not (goes_too and sibling.key.on_delete is Action.NO_ACTION):
            return above
    return None


def is_closed_one_day(survey: Survey, parent: Table) -> bool:
    """True for accounts, and for groups of people on which many tables hang."""
    if is_account(parent):
        return True
    return is_tenant(parent) and sum(1 for _ in survey.catalog.references_to(parent.ref)) >= _MANY


def belongs_to(sibling: Sibling, parent: Table) -> bool:
    """True where a row means nothing without the one it refers to: a part of it (`order_items` of orders), its one
    companion (a profile), something attached to it (a vote for a question), or private to a person (a token)."""
    thing, whole = thing_words(sibling.table), thing_words(parent)
    attached = _ATTACHED.ends("_".join(thing))
    linked = bool(joined_columns(sibling.table)) and not attached  # mappers delete the rows of such tables themselves
    if linked or not sibling.required or sibling.is_authorship or is_record(sibling.table):
        return False
    own_key = sibling.table.primary_key is not None and sibling.table.primary_key.columns == sibling.key.columns
    extends = own_key or (is_account(parent) and sibling.table.is_key(sibling.key.columns))
    if extends or (len(thing) > len(whole) and thing[: len(whole)] == whole):
        return True
    people = is_account(parent) or is_tenant(parent)
    return _PRIVATE.ends("_".join(thing)) if people else attached and not is_lookup(parent)


def has_same_owner(survey: Survey, sibling: Sibling, parent: Table) -> bool:
    """True where a row cannot be without its parent, and both go with the same account, by a column of the same name:
    what its owner planned in it, and nothing that others have a share in."""
    if not sibling.required or is_record(sibling.table) or is_lookup(parent):
        return False
    above = {(key.columns, key.referenced.key) for key in parent.foreign_keys if _goes_with_owner(survey, key)}
    own = {(key.columns, key.referenced.key) for key in sibling.table.foreign_keys if _goes_with_owner(survey, key)}
    return bool(above & own)


def _goes_with_owner(survey: Survey, key: ForeignKey) -> bool:
    owner = survey.catalog.table(key.referenced)
    return key.on_delete is Action.CASCADE and owner is not None and (is_account(owner) or is_tenant(owner))


def is_only_parent(sibling: Sibling, parent: Table) -> bool:
    """True where a row refers to nothing else, and to no mere list: hints of a challenge, comments of a post."""
    alone = len(sibling.table.foreign_keys) == 1 and sibling.key.referenced.key != sibling.table.ref.key
    listed = is_lookup(parent) or is_account(parent) or is_lookup(sibling.table)
    return alone and not listed and not is_record(sibling.table) and not sibling.is_authorship


def uneven_among_children(survey: Survey) -> Iterator[tuple[Sibling, tuple[Sibling, ...], Action]]:
    """Foreign keys that say nothing while most others to the same table, equally required, cascade."""
    keys = [k for k in all_keys(survey) if k.required and not k.is_authorship and not is_record(k.table)]
    named: dict[tuple[str, ...], list[Sibling]] = {}  # those of each parent that name it
    for key in keys:
        parent = parent_of(survey, key)
        if parent is not None and key.names(parent):
            named.setdefault(parent.ref.key, []).append(key)
    for odd in keys:
        parent = parent_of(survey, odd)
        if not odd.unsaid or parent is None or is_lookup(parent):
            continue
        links = bool(joined_columns(odd.table))
        same = [k for k in named.get(parent.ref.key, ()) if bool(joined_columns(k.table)) is links]
        if odd not in same:
            continue
        others = tuple(key for key in same if key.key.on_delete is Action.CASCADE)
        if len(others) >= 2 and len(others) >= _MOST * len(same):
            yield odd, others, Action.CASCADE


def uneven_among_authors(survey: Survey) -> Iterator[tuple[Sibling, tuple[Sibling, ...], Action]]:
    """Foreign keys of one table that say who did it, to the same table, of which one says nothing and another does."""
    keys = [key for key in all_keys(survey) if key.is_authorship]
    for odd in keys:
        same = [
            k for k in keys if k.table.ref.key == odd.table.ref.key and k.key.referenced.key == odd.key.referenced.key
        ]
        others = tuple(key for key in same if not key.unsaid)
        actions = {key.action for key in others}
        if odd.unsaid and len(actions) == 1:
            yield odd, others, next(iter(actions))


def with_action(sibling: Sibling, action: Action) -> tuple[Change, ...]:
    """The same foreign key with this ON DELETE; columns that must become null for it lose their NOT NULL."""
    columns = [c for c in map(sibling.table.column, sibling.key.columns) if c is not None and not c.nullable]
    ref = sibling.table.ref
    loosened = columns if action is Action.SET_NULL else ()
    return (
        *(AlterColumn(ref, column, replace(column, nullable=True)) for column in loosened),
        Drop(ref, sibling.key),
        Add(ref, replace(sibling.key, on_delete=action, on_delete_written=True)),
    )
