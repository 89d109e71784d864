"""What is asked of a query that grows under tests, for tests of every language."""

from __future__ import annotations

from dbarchitect.catalog.queries import Code


def steps_of(code: Code) -> list[tuple[str, list[str], list[str]]]:
    """Of each query its table, the conditions, the order; `?` stands behind what is there on some ways only."""
    return [
        (
            str(query.table),
            [f"{p.column.columns[-1]}{'?' * p.optional}" for p in query.predicates],
            [f"{key.column}{' desc' * key.descending}{'?' * key.optional}" for key in query.ordering],
        )
        for query in code.queries
    ]
