"""The lists that migration tools keep in the database of what has run: where they are and how they are asked.

They are the only rows of a target that are read, and hold no data of its users: names and numbers of migrations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Catalog

MOST = 20_000
"""Rows that are read of one list."""


@dataclass(frozen=True, slots=True)
class Book:
    """One tool's list: its table, the expression that names a migration, and which rows have really run."""

    tool: str
    table: str
    name: str
    where: str = ""


BOOKS = (
    Book("django", "django_migrations", "app || '.' || name"),
    Book("alembic", "alembic_version", "version_num"),
    Book("prisma", "_prisma_migrations", "migration_name", "finished_at is not null and rolled_back_at is null"),
    Book("drizzle", "__drizzle_migrations", "hash"),
    Book("flyway", "flyway_schema_history", "version", "success and version is not null"),
    Book("goose", "goose_db_version", "cast(version_id as text)", "is_applied and version_id <> 0"),
    Book("sqlx", "_sqlx_migrations", "cast(version as text)", "success"),
    Book("diesel", "__diesel_schema_migrations", "version"),
    Book("supabase", "schema_migrations", "version"),
    Book("rails", "schema_migrations", "version"),
    Book("golang-migrate", "schema_migrations", "cast(version as text)"),
)
_TOOLS = frozenset(book.tool for book in BOOKS)


def questions(catalog: Catalog, quote: Callable[[str], str], default_schema: str) -> Iterator[tuple[str, str]]:
    """The tool and the query for each list that this database keeps; a table counts by its name and columns."""
    for table in catalog.tables:
        for book in BOOKS if table.owned_by in _TOOLS else ():
            if table.owned_by == book.tool and table.name.casefold() == book.table:
                place = f"{quote(table.schema or default_schema)}.{quote(table.name)}"
                where = f" where {book.where}" if book.where else ""
                yield book.tool, f"select {book.name} from {place}{where} limit {MOST}"
