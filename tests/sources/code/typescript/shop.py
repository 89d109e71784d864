"""A small application with a database of two tables, read as a whole."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.queries import Code, FunctionFact, HandlerFact, QueryFact
from dbarchitect.sources.code.typescript.reader import read_code
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.prisma import PrismaReader
from dbarchitect.sources.typescript.index import TypeScriptIndex

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model Order {
  id       String @id
  status   String
  note     String?
  quantity Int
  ownerId  String @map("owner_id")

  @@map("orders")
}

model User {
  id    String @id
  email String @unique

  @@map("users")
}
"""


def read(folder: Path, **files: str) -> Code:
    """The code of an application; a file is named by its path with `__` for `/`."""
    return read_files(folder, {name.replace("__", "/") + ".ts": text for name, text in files.items()})


def read_files(folder: Path, files: dict[str, str]) -> Code:
    (folder / "prisma").mkdir(exist_ok=True)
    (folder / "prisma" / "schema.prisma").write_text(SCHEMA)
    (folder / "package.json").write_text('{"name": "shop", "dependencies": {"@prisma/client": "5", "pg": "8"}}')
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    project = open_project(folder)
    (reading,) = read_code(TypeScriptIndex(project), PrismaReader().read(project))
    assert [d for d in reading.diagnostics if "followed" in d.text] == []
    return reading.code or Code()


def function(code: Code, name: str) -> FunctionFact:
    """The one function whose key ends so."""
    (found,) = (fact for key, fact in code.functions.items() if key.endswith(name))
    return found


def only(code: Code) -> QueryFact:
    (query,) = code.queries
    return query


def handler(code: Code) -> HandlerFact:
    (found,) = code.handlers
    return found
