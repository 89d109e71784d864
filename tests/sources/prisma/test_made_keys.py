"""What kind of key the client makes is said of the column, since the database knows nothing of it."""

from __future__ import annotations

from dbarchitect.testing.projects import read_models

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model A {
  id    String @id @default(uuid(7))
  other String @default(cuid())
  plain String @default("uuid")
  at    DateTime @default(now())
}
"""


def test_the_generator_of_each_column() -> None:
    (table,) = read_models("prisma", SCHEMA).tables
    made = {column.name: column.declared.generator if column.declared else None for column in table.columns}
    assert made == {"id": "uuid", "other": "cuid", "plain": None, "at": None}
