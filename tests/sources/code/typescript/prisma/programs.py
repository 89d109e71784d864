"""Programs written down and read whole: the schema, its modules, and what they ask."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.sources.code.typescript.reader import follow_project
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.typescript.index import TypeScriptIndex

from .conftest import SCHEMA, read

CLIENT = "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n"


def code_of(folder: Path, source: str, schema: str = SCHEMA, **others: str) -> Code:
    """What the program asks: `app.ts`, beside `db.ts` with a client and others (`a__b` is `a/b.ts`)."""
    readings = read(folder, schema)
    for name, text in {"app": source, "db": CLIENT, **others}.items():
        path = folder / f"{name.replace('__', '/')}.ts"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    index = TypeScriptIndex(open_project(folder))
    recorder, problems = follow_project(index, readings)
    assert problems == (), problems
    return recorder.code()


def asked(folder: Path, body: str, **others: str) -> tuple[QueryFact, ...]:
    """The queries of the body of one function, which is given `input`."""
    source = f"import {{ prisma }} from './db'\nexport async function work(input) {{\n{body}\n}}\n"
    return code_of(folder, source, **others).queries
