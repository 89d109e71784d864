"""A framework's own tables are told by their exact shape."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.frameworks import framework_of


@pytest.mark.parametrize(
    ("table", "columns", "tool"),
    [
        ("alembic_version", "version_num", "alembic"),
        ("django_migrations", "id app name applied", "django"),
        ("auth_group", "name id", "django"),
        ("schema_migrations", "version", "rails"),
        ("schema_migrations", "version dirty", "golang-migrate"),
        ("SequelizeMeta", "name", "sequelize"),
        ("__EFMigrationsHistory", "MigrationId ProductVersion", "entity-framework"),
        ("databasechangeloglock", "id locked lockgranted lockedby", "liquibase"),
        ("django_content_type", "id app_label model", "django"),
        ("jackson_ttl", "key expiresAt", "jackson"),
        ("job", "jobid schedule command nodename nodeport database username active jobname", "pg_cron"),
    ],
)
def test_known_tables(table: str, columns: str, tool: str) -> None:
    assert framework_of(table, columns.split()) == tool


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("account", "id name"),
        ("auth_user", "id email name"),
        ("auth_group", "id name owner_id"),
        ("migrations", "id bird_id from_place to_place"),
        ("alembic_version", ""),
        ("schema_version", "version"),
        ("job", "id schedule command active"),
    ],
)
def test_an_applications_own_table_stays_its_own(table: str, columns: str) -> None:
    assert framework_of(table, columns.split()) is None
