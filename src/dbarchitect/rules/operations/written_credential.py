"""A password or signing key of production that stands in the repository."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from dbarchitect.catalog.deployment import WrittenCredential as Written
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule


class WrittenCredential(Rule):
    """A password or signing key stands in the repository

    ## What it finds
    Signing keys and database passwords written out in settings, as the default of an environment variable, in a compose
    file for production or in a committed env file. Tests, development, samples to fill in, placeholders, passwords of a
    database on the same machine, and keys whose default the code refuses are left alone. The text itself is never kept
    or printed.

    ## Why it matters
    Everybody who has read the repository, and everybody who ever will (history keeps it), can sign sessions or open the
    database. A default is the worse half: the variable is forgotten once, and nothing tells.

    ## When to leave it
    When what stands there opens nothing: no production uses it.

    ## How the fix works
    Take it from the environment without a default, so that the application refuses to start; then change it everywhere,
    for it is known.

    ## References
    - https://cwe.mitre.org/data/definitions/798.html
    - https://docs.djangoproject.com/en/5.2/ref/settings/#secret-key
    """

    code = "OPS012"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.SECURITY
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each thing that is written, with all its places."""
        groups: dict[tuple[str, bool, bool], list[Written]] = defaultdict(list)
        for written in survey.deployment.credentials if survey.deployment is not None else ():
            groups[(written.what, written.environment == "production", written.is_default)].append(written)
        said: set[str] = set()
        for (what, production, is_default), places in sorted(
            groups.items(), key=lambda g: (not g[0][1], g[0][2], g[0][0])
        ):
            if what in said:
                continue
            said.add(what)
            who = "production" if production else "the application"
            how = "stands in the repository" + (" for production" if production else "")
            if is_default:
                how = f"has a default in the code, which {who} falls back to when the variable is not set"
            yield Finding(
                self.name(),
                Ref.database(),
                f"{what[0].upper()}{what[1:]} {how}: whoever has read the code knows it.",
                "Take it from the environment without a default, and change it: it is known.",
                tuple(Evidence(EvidenceKind.SETTING, _words(place), place.origin) for place in places[:3]),
                places[0].origin,
                (what,),
                level=Level.ERROR if production and not all(map(_is_inside, places)) else None,
            )


def _is_inside(place: Written) -> bool:
    """Whether it opens a server that only the containers beside it reach."""
    return not place.reachable and (place.origin.path or "").endswith((".yml", ".yaml"))


def _words(place: Written) -> str:
    where = f" for {place.environment}" if place.environment else ""
    return f"{place.what}{where}{', as a default' if place.is_default else ''} (the text is not shown)"
