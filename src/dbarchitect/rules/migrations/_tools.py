"""What each tool that runs migrations can be told: outside a transaction, in two steps, without a lock.

Sources: the manuals of Django (`django.contrib.postgres.operations`), Alembic (`autocommit_block`), Flyway (script
configuration), goose, dbmate, sql-migrate, sqlx, Diesel, Liquibase, Rails, Knex and TypeORM; for Prisma, Drizzle and
the Supabase CLI the behaviour that their issues 14456, 860 and 2898 describe.
"""

from __future__ import annotations

_ALONE = "alone in a migration of its own"
_OUTSIDE = {
    "django": "in a migration of its own with `atomic = False`",
    "alembic": "inside `with op.get_context().autocommit_block():`",
    "prisma": f"{_ALONE} (`prisma migrate dev --create-only`, then edit it): a single statement runs outside a "
    "transaction",
    "drizzle": "by hand before this migration is run, which then says IF [NOT] EXISTS: Drizzle runs all pending "
    "migrations in one transaction, where CONCURRENTLY is refused",
    "flyway": "in a migration of its own, with `executeInTransaction=false` in its `.sql.conf` file and "
    "`flyway.postgresql.transactional.lock=false`",
    "supabase": f"{_ALONE}: the Supabase CLI from 2.109 on runs it outside the transaction",
    "golang-migrate": f"{_ALONE}: a file of one statement runs outside a transaction",
    "goose": "in a migration of its own that begins with `-- +goose NO TRANSACTION`",
    "dbmate": f"{_ALONE}, under `-- migrate:up transaction:false`",
    "sql-migrate": "in a migration of its own, under `-- +migrate Up notransaction`",
    "sqlx": f"{_ALONE} whose first line is `-- no-transaction`",
    "diesel": "in a migration of its own with `run_in_transaction = false` in its `metadata.toml`",
    "liquibase": "in a changeset of its own with `runInTransaction:false`",
    "rails": "in a migration of its own with `disable_ddl_transaction!`",
    "knex": "in a migration of its own with `exports.config = { transaction: false }`",
    "typeorm": "in a migration of its own with `transaction = false`",
    "atlas": "in a file of its own that begins with `-- atlas:txmode none`",
}
_LATER = {
    "alembic": "in the next revision, inside `with op.get_context().autocommit_block():`",
    "drizzle": "in a migration that is deployed later: Drizzle runs all pending ones in one transaction",
}
NO_TRANSACTION_OF_ITS_OWN = frozenset({"prisma", "golang-migrate", "sqitch", "sql"})
"""Tools that open no transaction which a BEGIN in the file would nest in (or of which nothing is known)."""

CANNOT_LEAVE_TRANSACTION = frozenset({"drizzle"})
"""Tools that know no way to run a migration outside a transaction, but a COMMIT in the file."""

RUNS_CONCURRENTLY_APART = frozenset({"flyway", "supabase"})
"""Tools that recognise CONCURRENTLY and run it outside the transaction by themselves."""


def outside(tool: str) -> str:
    """How a statement is run outside a transaction: goes on from the statement."""
    return _OUTSIDE.get(tool, "in a migration of its own that runs outside a transaction")


def later(tool: str) -> str:
    """How a second step gets a transaction of its own: goes on from the statement."""
    return _LATER.get(tool, "in the next migration")


def index_created(tool: str, statement: str = "CREATE INDEX CONCURRENTLY …") -> str:
    """How an index is created without a lock that writers wait for."""
    if tool == "django":
        return (
            f"Use `AddIndexConcurrently` (for a field: `db_index=False`, its index in `Meta.indexes`) {outside(tool)}."
        )
    if tool == "alembic":
        return f"Pass `postgresql_concurrently=True` to `op.create_index`, {outside(tool)}."
    return f"Run `{statement}` {outside(tool)}."


def index_dropped(tool: str, statement: str = "DROP INDEX CONCURRENTLY …") -> str:
    """How an index is dropped without a lock that everybody waits for."""
    if tool == "django":
        return f"Use `RemoveIndexConcurrently` {outside(tool)}."
    if tool == "alembic":
        return f"Pass `postgresql_concurrently=True` to `op.drop_index`, {outside(tool)}."
    return f"Run `{statement}` {outside(tool)}."


def foreign_key_added(tool: str, constraint: str = "ADD CONSTRAINT … FOREIGN KEY … NOT VALID") -> str:
    """How a foreign key is added without checking every row under a lock."""
    if tool == "django":
        return (
            f"Give the field `db_constraint=False`, then `{constraint}` by RunSQL and `VALIDATE CONSTRAINT` "
            f"{later(tool)}, inside `SeparateDatabaseAndState` that drops `db_constraint=False`."
        )
    if tool == "alembic":
        return f"Pass `postgresql_not_valid=True` to `op.create_foreign_key`; `VALIDATE CONSTRAINT` {later(tool)}."
    return f"Write `{constraint}`; `VALIDATE CONSTRAINT` {later(tool)}."


def check_added(tool: str, constraint: str = "ADD CONSTRAINT … CHECK … NOT VALID") -> str:
    """How a CHECK is added without checking every row under a lock."""
    if tool == "django":
        return f"Use `AddConstraintNotValid`, and `ValidateConstraint` {later(tool)}."
    if tool == "alembic":
        return f"Pass `postgresql_not_valid=True` to `op.create_check_constraint`; `VALIDATE CONSTRAINT` {later(tool)}."
    return f"Write `{constraint}`; `VALIDATE CONSTRAINT` {later(tool)}."


def key_added(tool: str, what: str, columns: str = "…") -> str:
    """How a unique or primary key is added on an index that was built without a lock."""
    index = f"CREATE UNIQUE INDEX CONCURRENTLY … ({columns})"
    use = f"ADD CONSTRAINT … {what} USING INDEX …"
    if tool == "django":
        return (
            f"Build the index first, by RunSQL of `{index}` {outside(tool)}; then `{use}` in the next one, inside "
            "`SeparateDatabaseAndState`."
        )
    return f"Build the index first, by `{index}` {outside(tool)}; then `{use}` {later(tool)}."


def not_null_set(tool: str, column: str = "…") -> str:
    """How NOT NULL is set without reading the table under a lock."""
    check = f"ADD CONSTRAINT … CHECK ({column} IS NOT NULL) NOT VALID"
    by = " by RunSQL" if tool == "django" else ""
    return (
        f"Add{by} `{check}`, `VALIDATE CONSTRAINT` {later(tool)}, and only then SET NOT NULL, which believes the "
        "check; then drop it. Let nulls be filled in batches before."
    )
