"""The rule `uncommon-encoding`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import evidence_of, hidden, of_server, setting_ref

_NAME = "server_encoding"
_NONE = "SQL_ASCII"
_UNICODE = "UTF8"


class UncommonEncoding(Rule):
    """The database does not store Unicode

    ## What it finds
    A database whose encoding is not `UTF8`. `SQL_ASCII`, which means that nothing is checked, is a warning.

    ## Why it matters
    In `SQL_ASCII` every client writes bytes as it likes, so that one column holds several encodings, and nobody can
    tell afterwards which value has which. In a single-byte encoding an emoji or a name in another script is an error.

    ## When to leave it
    Old databases whose clients all agree, until the next upgrade that loads a dump anyway.

    ## How the fix works
    By hand: the encoding of a database cannot be changed. Dump it, make sure that every value is valid in one encoding,
    and load it into a new database with `UTF8`.

    ## References
    - https://www.postgresql.org/docs/current/multibyte.html
    """

    code = "CFG014"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """The setting must be seen."""
        return hidden(survey, _NAME)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the database."""
        setting = of_server(survey, _NAME)
        if setting is None or setting.value == _UNICODE:
            return
        unchecked = setting.value == _NONE
        harm = (
            "the server checks no text, so that one column can hold several encodings that nobody can tell apart"
            if unchecked
            else "text with characters outside of it is refused"
        )
        yield Finding(
            self.name(),
            setting_ref(_NAME),
            f"The database's encoding is {setting.value}: {harm}.",
            hint="Dump the database, mend what is no valid text, and load it into a database with encoding UTF8.",
            evidence=(evidence_of(setting),),
            level=None if unchecked else Level.INFO,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """It stores Unicode."""
        setting = of_server(survey, _NAME)
        if setting is not None and setting.value == _UNICODE:
            yield Strength(self.name(), setting_ref(_NAME), "The database stores Unicode.", (evidence_of(setting),))
