"""Tables by part of the business, told by their names: an inventory for people, no judgement rests on it.

A Django application's label is a domain as its authors drew it, and so is a file of several models where a schema is
split into some. Elsewhere the words of a table's name decide: first the thing itself (its last word), then the word in
front of it; tables that nothing tells follow the table that they belong to, unless that is a person or a tenant, to
whom everything belongs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._names import singular_words, thing_words

OTHER = "other"
_EVERYBODYS = "accounts"
_MODELS_OF_A_FILE = 3
_ALL = frozenset(
    ["schema", "schemas", "models", "model", "base", "main", "index", "tables", "database", "db", "__init__"]
)
_WORDS = {
    "accounts": "user account profile session password login identity credential role permission group member "
    "membership organisation organization team tenant workspace invitation invite passkey authenticator verification "
    "person staff author preference follower",
    "billing": "payment subscription invoice price credit charge refund coupon discount payout wallet ledger "
    "transaction billing checkout tax usage quota",
    "commerce": "order product cart basket catalogue category shipment stock inventory supplier customer "
    "warehouse offer voucher wishlist",
    "content": "post article page comment entry document note tag content media image video photo file attachment "
    "upload folder template story book chapter course lesson question answer recipe journal review reaction vote like",
    "messaging": "message notification email mail sms conversation chat thread inbox digest newsletter recipient "
    "announcement",
    "integration": "webhook integration connection token key oauth client application api provider sync import export "
    "credential",
    "logs and analytics": "log event audit activity history metric analytics view visit statistic report snapshot "
    "trace span click impression",
    "operations": "job task queue setting configuration config migration cache lock schedule run worker feature flag "
    "monitor incident health",
}
_DOMAIN_OF = {word: domain for domain, words in reversed(_WORDS.items()) for word in words.split()}


def domains_of(survey: Survey) -> Mapping[tuple[str, ...], str]:
    """The domain of each table, by `Ref.key`."""
    tables = tuple(survey.tables)
    labels = {table.ref.key: _label(table) for table in tables} if survey.application.framework == "django" else {}
    if len(set(labels.values())) > 1:
        return {key: label or OTHER for key, label in labels.items()}
    files = _by_file(tables)
    found = {table.ref.key: files.get(table.ref.key) or _by_words(table) for table in tables}
    for table in tables:
        if found[table.ref.key] is None:
            found[table.ref.key] = _of_parents(table, found)
    return {key: domain or OTHER for key, domain in found.items()}


def tables_by_domain(survey: Survey) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The domains, largest first, each with its tables' names; what nothing tells comes last."""
    domains = domains_of(survey)
    named = sorted((domains[table.ref.key], str(table.ref)) for table in survey.tables)
    groups = [(domain, tuple(name for _, name in pairs)) for domain, pairs in groupby(named, key=lambda pair: pair[0])]
    return tuple(sorted(groups, key=lambda group: (group[0] == OTHER, -len(group[1]), group[0])))


def _label(table: Table) -> str | None:
    label, dot, _ = (table.model or "").partition(".")  # `app.Model`, or `app.Model.field` of a relation's table
    return label if dot else None


def _by_file(tables: tuple[Table, ...]) -> Mapping[tuple[str, ...], str]:
    """The names of the models' files, where they are few beside the tables; a name for all tells nothing."""
    paths = {table.ref.key: table.origin.path or "" for table in tables if table.model is not None}
    if not 1 < len(set(paths.values())) * _MODELS_OF_A_FILE <= len(paths):
        return {}
    stems = {key: path.rpartition("/")[2].partition(".")[0] for key, path in paths.items()}
    return {key: stem for key, stem in stems.items() if stem and stem.casefold() not in _ALL}


def _by_words(table: Table) -> str | None:
    words = thing_words(table) or singular_words(table.name)
    return next((_DOMAIN_OF[word] for word in reversed(words) if word in _DOMAIN_OF), None)


def _of_parents(table: Table, found: Mapping[tuple[str, ...], str | None]) -> str | None:
    parents = (found.get(key.referenced.key) for key in table.foreign_keys)
    counted = Counter(domain for domain in parents if domain not in {None, _EVERYBODYS})
    return min(counted, key=lambda domain: (-counted[domain], domain)) if counted else None
