"""The rule `missing-query-statistics`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Extension, Setting
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.change.operations import Create
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
from dbarchitect.rules._running.settings import evidence_of, of_server, written_in_server
from dbarchitect.rules._sql import literal

_EXTENSION = "pg_stat_statements"
_PRELOAD = "shared_preload_libraries"
_OTHERS = frozenset({"pg_stat_monitor"})


class MissingQueryStatistics(Rule):
    """Nobody counts which queries take the time

    ## What it finds
    A database without the extension `pg_stat_statements`, or a server that has not loaded its library. Where the role
    may not see what the server loads, only the extension is judged.

    ## Why it matters
    Without it nobody can say which statements take the server's time, whether an index helped, or what became slower
    with the last release. It costs about a percent.

    ## When to leave it
    Where another module does its work (`pg_stat_monitor`, which is recognised), or the extension lives in another
    database of the same server.

    ## How the fix works
    By the server's administrator: the library is loaded when the server starts, then the extension is created once.

    ## References
    - https://www.postgresql.org/docs/current/pgstatstatements.html
    """

    code = "CFG002"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.SETTINGS})
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding, on the extension."""
        installed, loaded = _installed(survey), _loaded(survey)
        preload = of_server(survey, _PRELOAD)
        others = {extension.name for extension in survey.catalog.extensions} | _libraries(preload)
        if _OTHERS & others or (installed and loaded is not False):
            return
        where = "" if installed else "is not installed in this database"
        if loaded is False:
            where += (" and " if where else "is installed but ") + "not loaded by the server"
        evidence = Evidence(EvidenceKind.CATALOG, f"extension {_EXTENSION}: {'there' if installed else 'not there'}")
        first = f"Add {_EXTENSION} to {_PRELOAD} and restart the server" if loaded is False else ""
        second = f"create the extension {_EXTENSION}"
        steps = ", then ".join(step for step in (first, "" if installed else second) if step)
        yield Finding(
            self.name(),
            Ref(Kind.EXTENSION, name=_EXTENSION),
            f"{_EXTENSION} {where}: nothing counts which statements take the server's time.",
            hint=f"{steps[0].upper()}{steps[1:]}.",
            evidence=(evidence, *([evidence_of(preload)] if preload else [])),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """It counts."""
        if _installed(survey) and (_loaded(survey) or (survey.facts is not None and survey.facts.statements)):
            number = len(survey.facts.statements) if survey.facts else 0
            text = f"extension {_EXTENSION}, {number} statements read" if number else f"extension {_EXTENSION}"
            evidence = (Evidence(EvidenceKind.CATALOG, text),)
            message = "The server counts what each query costs."
            yield Strength(self.name(), Ref(Kind.EXTENSION, name=_EXTENSION), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:  # noqa: ARG002 - there is one finding at most
        """Create it where it is loaded; else add it to what the server loads."""
        if not _installed(survey) and _loaded(survey):
            return Fix((Create(Extension(_EXTENSION)),), Applicability.MANUAL, "For a role that may create extensions.")
        preload = of_server(survey, _PRELOAD)
        if _loaded(survey) is False and preload is not None:
            # Each in quotes of its own: as one string they would be the name of one library, and the server not start.
            libraries = [name.strip(' "') for name in preload.value.split(",") if name.strip(' "')]
            return written_in_server(survey, _PRELOAD, ", ".join(map(literal, (*libraries, _EXTENSION))), restart=True)
        return None


def _installed(survey: Survey) -> bool:
    return any(extension.name == _EXTENSION for extension in survey.catalog.extensions)


def _loaded(survey: Survey) -> bool | None:
    """Whether the server loads its library; None where the role may not see that."""
    preload = of_server(survey, _PRELOAD)
    return None if preload is None else _EXTENSION in _libraries(preload)


def _libraries(preload: Setting | None) -> set[str]:
    return {name.strip(' "') for name in preload.value.split(",")} if preload is not None else set()
