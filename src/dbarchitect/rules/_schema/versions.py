"""Documents that users work on, and where their earlier versions are kept."""

from __future__ import annotations

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.rules._names import phrases, thing_words
from dbarchitect.rules._schema.domains import body_columns, is_user_content, keeps_its_past, title_column

_VERSIONS = phrases("version, revision, history, snapshot, edit, draft, change, historical, backup, archive")
_COLUMN = phrases(
    "version, revision, version number, revision number, previous version id, parent version id, version id, original "
    "id"
)
_FOUND_AGAIN = phrases("post, question, ticket, announcement, review")
_SAID_ONCE = phrases(
    "comment, message, reply, answer, review, feedback, reaction, chat, report, rating, vote, response, submission, "
    "ticket, inquiry, contact, post, tweet, request, question, testimonial, announcement, annotation, remark, highlight"
)


def is_document(table: Table, catalog: Catalog) -> bool:
    """True for what users write, name and change: it has a title, and cannot be without its body. What is said once (a
    comment, a message) is none, nor what a machine may add later (the text of a page that somebody saved)."""
    if not is_user_content(table, catalog) or _SAID_ONCE.ends("_".join(thing_words(table))):
        return False
    required = any(not column.nullable for column in body_columns(table, catalog))
    return required and title_column(table) is not None


def is_said(table: Table, catalog: Catalog) -> bool:
    """True for what users say to everybody and others find again: a post, a question, not a comment."""
    return is_user_content(table, catalog) and _FOUND_AGAIN.ends("_".join(thing_words(table)))


def is_worth_searching(table: Table, catalog: Catalog) -> bool:
    """True for documents and for what is said to everybody."""
    return is_document(table, catalog) or is_said(table, catalog)


def versions_of(table: Table, catalog: Catalog) -> str:
    """Where earlier states of the rows are kept, in words; empty where nowhere."""
    if keeps_its_past(table):
        return "each row says from when and until when it was valid"
    column = next((c.name for c in table.ordered_columns if _COLUMN.whole(c.name)), None)
    if column is not None:
        return f"column {column}"
    things, key = thing_words(table), table.ref.key
    for other in catalog.tables:
        own = thing_words(other)
        if other.ref.key == key or not (_VERSIONS.ends("_".join(own)) or _VERSIONS.starts("_".join(own))):
            continue
        rest = tuple(word for word in own if not _VERSIONS.whole(word))
        named = bool(rest) and (things[-len(rest) :] == rest or rest[-len(things) :] == things)
        if named or any(k.referenced.table_ref.key == key for k in other.foreign_keys):
            return f"table {other.ref}"
    return ""
