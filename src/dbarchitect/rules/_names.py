"""What identifiers say: splitting them into words, singular and plural, phrases, and derived names.

`userID`, `user_id` and `UserId` are the same two words. Nothing in here knows what a word means; topics (money,
secrets, kinds of table) have modules of their own that are built from `phrases`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from dbarchitect.catalog.objects import Table

_WORD = re.compile(r"[A-Z]+s(?![a-z])|[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+|[^\W\d_A-Za-z]+", re.ASCII)
_LOWER_ONLY = re.compile(r"[^\W_]+")

_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "mice": "mouse",
    "indices": "index",
    "vertices": "vertex",
    "matrices": "matrix",
    "appendices": "appendix",
    "criteria": "criterion",
    "movies": "movie",
    "cookies": "cookie",
    "caches": "cache",
    "axes": "axis",
    "quizzes": "quiz",
    "uses": "use",
    "aliases": "alias",
    "analyses": "analysis",
    "heroes": "hero",
    "calories": "calorie",
    "ids": "id",
    "ips": "ip",
}
_NO_PLURAL_WORDS = """
    series species news data media analytics statistics physics mathematics lens gas https dns sms css js os gps
    metadata bonus canvas pos aws dbs sns vies chaos atlas bias alias christmas
"""
_NO_PLURAL = frozenset(_NO_PLURAL_WORDS.split())
_MOST_NAMES = 131_072
"""Names that are remembered: fewer than a database has, asked for in turn, and none is remembered in time."""


@lru_cache(maxsize=_MOST_NAMES)
def words(identifier: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case: `scheduledFor` → `scheduled`, `for`; `APIKey` → `api`, `key`.

    Digits stay with the letters before them (`sha256`, `line1`); letters outside ASCII count as lower case.
    """
    found: list[str] = []
    for chunk in _LOWER_ONLY.findall(identifier):
        if chunk == chunk.lower() or not chunk.isascii() or chunk == chunk.upper():
            found.append(chunk.lower())
        else:
            found.extend(word.lower() for word in _WORD.findall(chunk))
    return tuple(found)


@lru_cache(maxsize=_MOST_NAMES)
def singular(word: str) -> str:
    """One of them: `categories` → `category`, `statuses` → `status`; words that only look plural stay."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _NO_PLURAL or len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "uses")) and not word.endswith(("auses", "ouses")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=_MOST_NAMES)
def singular_words(identifier: str) -> tuple[str, ...]:
    """The words of an identifier, each in the singular: `UserInterests` → `user`, `interest`."""
    return tuple(singular(word) for word in words(identifier))


def thing_words(table: Table) -> tuple[str, ...]:
    """What one row of a table is, in singular words: of its model where there is one, else of its name.

    Models name things better than tables do: Django's `journal_journalentry` is the model `JournalEntry`.
    """
    model = (table.model or "").rpartition(".")[2]
    return singular_words(model) or singular_words(table.name)


@dataclass(frozen=True, slots=True)
class Phrases:
    """A vocabulary: word sequences that mean one thing. Make one with `phrases("api key", "secret")`."""

    sequences: frozenset[tuple[str, ...]]

    def within(self, identifier: str) -> bool:
        """True where some phrase stands in the identifier, at word borders: `stripe_api_key` holds `api key`."""
        return self.find(identifier) is not None

    def find(self, identifier: str) -> tuple[str, ...] | None:
        """The longest phrase that stands in the identifier, None where none does."""
        own, sequences = singular_words(identifier), self.sequences
        found: tuple[str, ...] = ()
        for start in range(len(own)):
            for end in range(start + 1, len(own) + 1):
                run = own[start:end]
                if run in sequences and (len(run), run) > (len(found), found):
                    found = run
        return found or None

    def ends(self, identifier: str) -> bool:
        """True where the identifier ends in some phrase: `credits_balance` ends in `balance`."""
        own, sequences = singular_words(identifier), self.sequences
        for start in range(len(own)):  # noqa: SIM110 - `any` costs twice the time, and rules ask of every name
            if own[start:] in sequences:
                return True
        return False

    def starts(self, identifier: str) -> bool:
        """True where the identifier begins with some phrase: `is_public` begins with `is`."""
        own = singular_words(identifier)
        return any(own[:end] in self.sequences for end in range(1, len(own) + 1))

    def whole(self, identifier: str) -> bool:
        """True where the identifier is exactly some phrase."""
        return singular_words(identifier) in self.sequences

    def __or__(self, other: Phrases) -> Phrases:
        """Both vocabularies together."""
        return Phrases(self.sequences | other.sequences)


def phrases(*texts: str) -> Phrases:
    """A vocabulary of phrases, each written as words with spaces, several with commas; singular and plural are one."""
    each = (part.split() for text in texts for part in text.split(","))
    return Phrases(frozenset(tuple(singular(word) for word in part) for part in each if part))


def in_style(name: str, table: Table) -> str:
    """A new column's name as the table's other columns are written: `updated_at` beside `createdAt` is `updatedAt`."""
    camel = any(re.search(r"[a-z][A-Z]", column.name) for column in table.columns)
    snake = any("_" in column.name.strip("_") for column in table.columns)
    if snake or not camel:
        return name
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class FoldedNames(frozenset[str]):
    """Names that are case-folded already: folding all names of a large catalog for each fix would cost seconds."""


def derived_name(prefix: str, table: str, columns: Iterable[str], taken: Collection[str] = ()) -> str:
    """A name for an index or constraint, `ix_usage_logs_user_id`: at most 63 bytes, and none of `taken`.

    Longer names keep their head and end in eight hexadecimal digits of the whole, as PostgreSQL would cut them
    silently; a name that is taken gets a number.
    """
    whole = "_".join((prefix, table, *columns))
    name = _fit(whole)
    used = taken if isinstance(taken, FoldedNames) else {other.casefold() for other in taken}
    number = 2
    while name.casefold() in used:
        name = _fit(f"{whole}_{number}")
        number += 1
    return name


def _fit(name: str) -> str:
    raw = name.encode()
    if len(raw) <= 63:
        return name
    digest = hashlib.sha256(raw).hexdigest()[:8]
    return raw[:54].decode(errors="ignore") + "_" + digest
