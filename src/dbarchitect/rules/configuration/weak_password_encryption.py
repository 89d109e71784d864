"""The rule `weak-password-encryption`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import evidence_of, hidden, of_server, setting_ref, written_in_server

_NAME = "password_encryption"
_STRONG = "scram-sha-256"
_WEAK = frozenset({"md5", "on"})


class WeakPasswordEncryption(Rule):
    """Passwords of roles are stored as MD5

    ## What it finds
    `password_encryption = md5`: whoever sets a role's password now gets an MD5 hash stored. What is stored already is
    not looked at.

    ## Why it matters
    The MD5 hash is all that a client needs to sign in, so that a stolen copy of the catalog is as good as the
    passwords; it is fast to try passwords against, and PostgreSQL is giving it up.

    ## When to leave it
    As long as a client must connect whose driver cannot do SCRAM (all maintained ones can since 2018).

    ## How the fix works
    By the server's administrator: it changes the setting; then every role's password is set anew, and `pg_hba.conf`
    asks for `scram-sha-256`.

    ## References
    - https://www.postgresql.org/docs/current/auth-password.html
    - https://www.postgresql.org/docs/current/runtime-config-connection.html
    """

    code = "CFG009"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SECURITY
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """The setting must be seen."""
        return hidden(survey, _NAME)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for the server."""
        setting = of_server(survey, _NAME)
        if setting is not None and setting.value.casefold() in _WEAK:
            yield Finding(
                self.name(),
                setting_ref(_NAME),
                "Passwords of roles are stored as MD5 when they are set: whoever copies the hash can sign in with it.",
                hint=f"Set {_NAME} to '{_STRONG}', then set every role's password anew.",
                evidence=(evidence_of(setting),),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """SCRAM."""
        setting = of_server(survey, _NAME)
        if setting is not None and setting.value == _STRONG:
            message = "New passwords of roles are stored as SCRAM-SHA-256."
            yield Strength(self.name(), setting_ref(_NAME), message, (evidence_of(setting),))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """SCRAM from now on."""
        return written_in_server(survey, finding.object.name or "", f"'{_STRONG}'")
