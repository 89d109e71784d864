"""Which tables are a framework's own bookkeeping, told by their name and columns.

Nobody designs these tables and nobody can change them, so rules leave them alone. A table counts only when its
columns are exactly those that the framework creates: an application's own table of the same name stays the
application's.
"""

from __future__ import annotations

from collections.abc import Iterable


def framework_of(table_name: str, column_names: Iterable[str]) -> str | None:
    """The framework or tool whose bookkeeping a table of that name and those columns is; None where it is not."""
    shapes = _SHAPES.get(table_name.casefold())
    if shapes is None:
        return None
    columns = frozenset(name.casefold() for name in column_names)
    return next((tool for tool, always, sometimes in shapes if always <= columns <= always | sometimes), None)


# tool | table | columns that are always there | columns that only some versions have
_TABLES = """
alembic     | alembic_version             | version_num
django      | django_migrations           | id app name applied
django      | django_content_type         | id app_label model | name
django      | django_session              | session_key session_data expire_date
django      | django_site                 | id domain name
django      | django_admin_log            | id action_time object_id object_repr action_flag change_message \
              content_type_id user_id
django      | django_flatpage             | id url title content enable_comments template_name \
              registration_required
django      | django_flatpage_sites       | id flatpage_id site_id
django      | django_redirect             | id old_path new_path site_id
django      | auth_group                  | id name
django      | auth_permission             | id name content_type_id codename
django      | auth_group_permissions      | id group_id permission_id
django      | auth_user                   | id password last_login is_superuser username first_name \
              last_name email is_staff is_active date_joined
django      | auth_user_groups            | id user_id group_id
django      | auth_user_user_permissions  | id user_id permission_id
django      | south_migrationhistory      | id app_name migration applied
rest_framework | authtoken_token          | key created user_id
allauth     | account_emailaddress        | id email verified primary user_id
allauth     | account_emailconfirmation   | id created sent key email_address_id
allauth     | socialaccount_socialapp     | id provider name client_id secret key | provider_id settings
allauth     | socialaccount_socialapp_sites | id socialapp_id site_id
allauth     | socialaccount_socialaccount | id provider uid last_login date_joined extra_data user_id
allauth     | socialaccount_socialtoken   | id token token_secret expires_at account_id app_id
jackson     | jackson_store               | key value iv tag createdat modifiedat | namespace
jackson     | jackson_index               | id key storekey
jackson     | jackson_ttl                 | key expiresat
prisma      | _prisma_migrations          | id checksum finished_at migration_name logs rolled_back_at \
              started_at applied_steps_count
drizzle     | __drizzle_migrations        | id hash created_at | name applied_at
flyway      | flyway_schema_history       | installed_rank version description type script checksum \
              installed_by installed_on execution_time success
flyway      | schema_version              | installed_rank version description type script checksum \
              installed_by installed_on execution_time success | version_rank
liquibase   | databasechangelog           | id author filename dateexecuted orderexecuted exectype md5sum \
              description comments tag liquibase | contexts labels deployment_id
liquibase   | databasechangeloglock       | id locked lockgranted lockedby
rails       | schema_migrations           | version
rails       | ar_internal_metadata        | key value created_at updated_at
golang-migrate | schema_migrations        | version dirty
ecto        | schema_migrations           | version inserted_at
supabase    | schema_migrations           | version | statements name created_by idempotency_key rollback
goose       | goose_db_version            | id version_id is_applied tstamp
knex        | knex_migrations             | id name batch migration_time
knex        | knex_migrations_lock        | index is_locked
sequelize   | sequelizemeta               | name
typeorm     | migrations                  | id timestamp name
typeorm     | typeorm_metadata            | type database schema table name value
laravel     | migrations                  | id migration batch
mikro-orm   | mikro_orm_migrations        | id name executed_at
kysely      | kysely_migration            | name timestamp
kysely      | kysely_migration_lock       | id is_locked
node-pg-migrate | pgmigrations            | id name run_on
sqlx        | _sqlx_migrations            | version description installed_on success checksum execution_time
diesel      | __diesel_schema_migrations  | version run_on
seaorm      | seaql_migrations            | version applied_at
entity-framework | __efmigrationshistory  | migrationid productversion
doctrine    | doctrine_migration_versions | version executed_at execution_time
phinx       | phinxlog                    | version migration_name start_time end_time breakpoint
aerich      | aerich                      | id version app content
peewee      | migratehistory              | id name migrated_at
yoyo        | _yoyo_migration             | migration_hash migration_id applied_at_utc
yoyo        | _yoyo_log                   | id migration_hash migration_id operation username hostname \
              comment created_at_utc
yoyo        | _yoyo_version               | version installed_at_utc
yoyo        | yoyo_lock                   | locked ctime pid
apscheduler | apscheduler_jobs            | id next_run_time job_state
d1          | d1_migrations               | id name applied_at
pg_cron     | job                         | jobid schedule command nodename nodeport database username \
              active | jobname
pg_cron     | job_run_details             | jobid runid job_pid database username command status \
              return_message start_time end_time
postgis     | spatial_ref_sys             | srid auth_name auth_srid srtext proj4text
"""  # fmt: skip


def _shapes() -> dict[str, list[tuple[str, frozenset[str], frozenset[str]]]]:
    shapes: dict[str, list[tuple[str, frozenset[str], frozenset[str]]]] = {}
    for line in _TABLES.strip().splitlines():
        tool, table, *columns = (part.strip() for part in line.split("|"))
        sometimes = frozenset(columns[1].split()) if len(columns) > 1 else frozenset()
        shapes.setdefault(table, []).append((tool, frozenset(columns[0].split()), sometimes))
    return shapes


_SHAPES = _shapes()
