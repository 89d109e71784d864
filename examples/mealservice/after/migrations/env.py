from alembic import context

from app import create_app
from app.extensions import db


def migrate(connection):
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    with create_app().app_context(), db.engine.connect() as connection:
        migrate(connection)


run_migrations_online()
