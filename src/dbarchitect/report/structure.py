"""The tables of an application as the report shows them: structure, findings and strengths of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from dbarchitect.audit.domains import domains_of
from dbarchitect.audit.model import ApplicationAudit, RankedFinding
from dbarchitect.audit.score import table_score
from dbarchitect.catalog import members
from dbarchitect.catalog import objects as catalog
from dbarchitect.report.document import Column, Index, Reference, Table
from dbarchitect.report.places import beginning


def tables_of(application: ApplicationAudit) -> tuple[Table, ...]:
    """Every table that was judged, by schema and name."""
    findings: dict[tuple[str, ...], list[RankedFinding]] = defaultdict(list)
    for item in application.findings:
        if item.finding.object.table is not None and item.suppressed is None:
            findings[item.finding.object.table_ref.key].append(item)
    domains = domains_of(application.survey)
    strengths: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for strength in application.strengths:
        if strength.object.table is not None:
            strengths[strength.object.table_ref.key].append(strength.message)
    return tuple(
        replace(
            _table(table, application),
            domain=domains[table.ref.key],
            score=table_score(findings[table.ref.key]),
            findings=tuple(item.priority for item in findings[table.ref.key]),
            strengths=tuple(strengths[table.ref.key]),
        )
        for table in application.survey.tables
    )


def _table(table: catalog.Table, application: ApplicationAudit) -> Table:
    facts = application.survey.facts_of(table)
    return Table(
        table.name,
        table.schema,
        rows=facts.rows,
        bytes=facts.total_bytes,
        location=beginning(table.origin),
        columns=tuple(_column(column) for column in table.ordered_columns),
        primary_key=table.primary_key.columns if table.primary_key is not None else (),
        unique_keys=tuple(key.columns for key in table.unique_keys),
        references=tuple(_reference(key) for key in table.foreign_keys),
        indexes=tuple(_index(index) for index in table.indexes),
        checks=tuple(check.expression.text for check in table.checks),
    )


def _column(column: members.Column) -> Column:
    return Column(
        column.name,
        str(column.type),
        column.nullable,
        column.default.text if column.default is not None else None,
        column.generated.text if column.generated is not None else None,
        column.comment,
    )


def _reference(key: members.ForeignKey) -> Reference:
    target = key.referenced
    return Reference(
        key.columns, target.schema, target.table or "", key.referenced_columns, key.on_delete.value, key.name
    )


def _index(index: members.Index) -> Index:
    columns = tuple(_index_column(column) for column in index.columns)
    predicate = index.predicate.text if index.predicate is not None else None
    return Index(columns, index.name, index.unique, index.method, predicate)


def _index_column(column: members.IndexColumn) -> str:
    name = column.name or (column.expression.text if column.expression is not None else "")
    parts = (name, column.operator_class, "desc" if column.descending else None)
    return " ".join(part for part in parts if part)
