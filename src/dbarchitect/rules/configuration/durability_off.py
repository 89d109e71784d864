"""The rule `durability-off`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.settings import (
    elsewhere,
    evidence_of,
    hidden,
    is_off,
    is_on,
    of_server,
    setting_ref,
    written_in_server,
)

_HARM = {
    "fsync": "a crash of the machine or of the operating system can leave a database that cannot be started or that "
    "gives wrong answers without saying so",
    "full_page_writes": "a page that was half written when the machine crashed is not repaired, and its rows are "
    "corrupt",
    "synchronous_commit": "the server says that a transaction is committed up to three times wal_writer_delay (0.6 s "
    "by default) before it is on disk, and a crash loses these transactions; nothing is corrupted by it",
}
_CORRUPTS = ("fsync", "full_page_writes")


class DurabilityOff(Rule):
    """The server promises more than is on disk

    ## What it finds
    `fsync = off` and `full_page_writes = off` (an error), and `synchronous_commit = off` for the server or the database
    (for information, with what is at stake).

    ## Why it matters
    Without `fsync` or full pages a power failure can corrupt the database beyond repair, and only a backup helps.
    Without synchronous commits it stays consistent, and the last moments' transactions may be lost.

    ## When to leave it
    Databases that can be made anew: tests, the first load of a copy. `full_page_writes` may be off on a file system
    that never tears a page (ZFS). `synchronous_commit` may be off where losing half a second of rows is acceptable.
    Hosting services that replace the storage layer switch some of these off for good reasons: there the rule only
    looks at `synchronous_commit`.

    ## How the fix works
    By the server's administrator: it switches the setting on and reloads the configuration.

    ## References
    - https://www.postgresql.org/docs/current/runtime-config-wal.html
    - https://www.postgresql.org/docs/current/wal-async-commit.html
    """

    code = "CFG005"
    level = Level.ERROR
    precision = Precision.HIGH
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def unanswered(self, survey: Survey) -> str | None:
        """All three settings must be seen."""
        return hidden(survey, *_HARM)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each setting that is off."""
        for name, harm in _HARM.items():
            own = of_server(survey, name)
            if own is None or (name in _CORRUPTS and survey.engine.hosted_by is not None):
                continue
            for_all = [s for s in elsewhere(survey, name) if s.role is None]
            off = [setting for setting in (*for_all, own) if is_off(setting)]
            if off:
                yield Finding(
                    self.name(),
                    setting_ref(name),
                    f"{name} is off: {harm}.",
                    hint=f"Switch {name} on"
                    + ("." if name in _CORRUPTS else ", but for the transactions that may be lost."),
                    evidence=(evidence_of(off[0]),),
                    level=None if name in _CORRUPTS else Level.INFO,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """What is committed is on disk, as far as the server's own settings tell."""
        if survey.engine.hosted_by is None and not self.findings(survey):
            settings = [setting for name in _HARM if (setting := of_server(survey, name)) is not None]
            if all(is_on(s) or s.name not in _CORRUPTS for s in settings) and len(settings) == len(_HARM):
                evidence = tuple(map(evidence_of, settings))
                yield Strength(self.name(), setting_ref("fsync"), "What is committed is on disk.", evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Switch it on, where it is the server that has it off."""
        name = finding.object.name or ""
        return written_in_server(survey, name, "on") if is_off(of_server(survey, name)) else None
