"""A schema that is rewritten on its way from one engine to another."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import Practice, Purpose, Sign
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import ConfiguredEngine, Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._running.operations import evidence_of, is_run

_TEXTS = (".md", ".mdx", ".rst", ".adoc", ".txt")


class ProviderSwitchedByHand(Rule):
    """The schema's engine is switched between environments

    ## What it finds
    Prisma schemas whose provider is edited between development and production: by a script that rewrites it (`sed` in
    a Dockerfile, another schema file copied over the first), or by a person, as a commented-out provider, a comment
    or a text tells. Two schema files of one package, one for SQLite and one for a server, are told as well. What a
    text proposes to those who install a product is their choice and is not reported.

    ## Why it matters
    Migrations are written for one engine: `prisma migrate deploy` refuses those of another (P3019), so the other side
    gets its tables by `prisma db push`, without a history. And what is tested is not what runs: SQLite compares text
    by case and ignores lengths, has no arrays and no row locks; whoever forgets to switch back breaks the next
    migration.

    ## When to leave it
    The program ships with either engine for good (a desktop edition and a server): then keep a schema and migrations
    for each, and compare the two in CI.

    ## How the fix works
    It is one of delivery: run production's engine in development too (a container), and keep one provider.

    ## References
    - https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/limitations-and-known-issues
    - https://www.prisma.io/docs/orm/reference/error-reference#p3019
    """

    code = "OPS021"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.OPERATIONS
    needs = frozenset({Need.CONFIGURATION})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding, for the database."""
        deployment = survey.deployment
        if deployment is None or not is_run(survey):
            return
        signs = deployment.signs_of(Practice.PROVIDER_SWITCH)
        if deployment.purpose is Purpose.DISTRIBUTED:
            signs = tuple(sign for sign in signs if not (sign.origin.path or "").endswith(_TEXTS))
        if signs:
            yield self._switched(survey, signs)
            return
        schemas = _schemas(survey.configured_engines)
        if len({s.engine.capabilities.concurrent_writers for s in schemas}) > 1:
            yield self._doubled(schemas)

    def _switched(self, survey: Survey, signs: tuple[Sign, ...]) -> Finding:
        run = signs[0].automated
        rest = (
            f"the migrations, written for {survey.engine.name}, cannot be deployed on the other engine"
            if survey.migrations
            else "no migration can be written that runs on both engines"
        )
        who = (
            "Production's build rewrites the provider of the schema"
            if run
            else "The provider of the schema is changed by hand between two engines"
        )
        return Finding(
            self.name(),
            Ref.database(),
            f"{who} ({signs[0].text}): {rest}, and what is tested is not what runs.",
            "Develop and test on production's engine, in a container, and keep one provider.",
            evidence_of(signs),
            signs[0].origin,
            level=Level.WARNING if run else None,
        )

    def _doubled(self, schemas: tuple[ConfiguredEngine, ...]) -> Finding:
        listed = " and ".join(f"{s.origin.path} ({s.engine.name})" for s in schemas)
        return Finding(
            self.name(),
            Ref.database(),
            f"The same models stand in {listed}: nothing keeps the two equal, and what is tested on one engine is not "
            "what runs on the other.",
            "Keep one schema, or compare the two in CI and migrate each with a history of its own.",
            tuple(Evidence(EvidenceKind.SETTING, f"provider {s.engine.name}", s.origin) for s in schemas),
            schemas[0].origin,
        )


def _schemas(configured: Iterable[ConfiguredEngine]) -> tuple[ConfiguredEngine, ...]:
    """One schema file for each engine."""
    found: dict[str, ConfiguredEngine] = {}
    for engine in configured:
        if (engine.origin.path or "").endswith(".prisma"):
            found.setdefault(engine.engine.name, engine)
    return tuple(found.values())
