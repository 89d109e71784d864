"""What there is, for the report: the stack with its versions, counts of objects, tables by domain."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.audit.domains import tables_by_domain
from dbarchitect.audit.model import ApplicationAudit
from dbarchitect.catalog.survey import Survey
from dbarchitect.report.document import Domain, Fact, Inventory
from dbarchitect.report.places import beginning


def inventory_of(application: ApplicationAudit) -> Inventory:
    """The inventory of one application; nothing is listed that was not read."""
    survey = application.survey
    return Inventory(
        tuple(_stack(survey)),
        {name: count for name, count in _counts(application) if count},
        tuple(Domain(name, tables) for name, tables in tables_by_domain(survey)),
    )


def _stack(survey: Survey) -> Iterator[Fact]:
    engine = survey.engine
    live = any(kind == "database" for kind, _ in survey.application.targets)
    configured = None if live else next((c for c in survey.configured_engines if c.engine.name == engine.name), None)
    version = f" {engine.version}" if engine.version else ""
    yield Fact(
        "engine", f"{engine.product or engine.name}{version}", beginning(configured.origin) if configured else None
    )
    hosted = engine.hosted_by or (survey.deployment.hosted_by if survey.deployment is not None else None)
    if hosted:
        yield Fact("host", hosted)
    for dependency in survey.dependencies:
        version = f" {dependency.version}" if dependency.version else ""
        yield Fact(dependency.role, f"{dependency.name}{version}", beginning(dependency.origin))
    if survey.history is not None:
        yield Fact("migrations", f"{survey.history.tool}, {len(survey.history.migrations)} in the repository")
    for extension in survey.catalog.extensions:
        version = f" {extension.version}" if extension.version else ""
        yield Fact("extension", f"{extension.name}{version}", beginning(extension.origin))


def _counts(application: ApplicationAudit) -> Iterator[tuple[str, int]]:
    catalog, tables = application.survey.catalog, tuple(application.survey.tables)
    yield "tables", len(tables)
    yield "columns", sum(len(table.columns) for table in tables)
    yield "primary keys", sum(table.primary_key is not None for table in tables)
    indexes = [index for table in tables for index in table.indexes]
    unique = sum(index.unique for index in indexes)  # Prisma writes every unique key as an index
    yield "unique keys", sum(len(table.unique_keys) for table in tables) + unique
    yield "foreign keys", sum(len(table.foreign_keys) for table in tables)
    yield "checks", sum(len(table.checks) for table in tables)
    yield "indexes", len(indexes) - unique
    yield "triggers", sum(len(table.triggers) for table in tables)
    yield "policies", sum(len(table.policies) for table in tables)
    yield "partitions", sum(table.partition_of is not None for table in catalog.tables)
    yield "tables of frameworks", sum(t.owned_by is not None and t.partition_of is None for t in catalog.tables)
    yield "views", sum(view.owned_by is None for view in catalog.views)
    yield "enums", sum(enum.owned_by is None for enum in catalog.enums)
    yield "functions", sum(function.owned_by is None for function in catalog.functions)
    code = application.survey.code
    yield "queries in the code", len(code.queries) if code is not None else 0
    history = application.survey.history
    yield "migrations", len(history.migrations if history is not None else application.survey.migrations)
