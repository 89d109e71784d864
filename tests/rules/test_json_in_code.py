"""Where the code parses and writes the JSON of a text column."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.api import survey
from dbarchitect.catalog.refs import Ref
from dbarchitect.rules._code.json_code import json_in_code
from dbarchitect.rules.types.json_in_text import JsonInText

FILES = {
    "prisma/schema.prisma": """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

generator client {
  provider = "prisma-client-js"
}

model Article {
  id       Int    @id
  title    String
  tags     String @default("[]")
  settings String @default("{}")
}
""",
    "lib/prisma.ts": "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n",
    "lib/json.ts": "export function parseList(text: string) {\n  return JSON.parse(text)\n}\n",
    "app/api/articles/route.ts": """import { prisma } from '../../../lib/prisma'
import { parseList } from '../../../lib/json'

export async function GET() {
  const articles = await prisma.article.findMany({ take: 10, orderBy: { id: 'desc' } })
  return Response.json(articles.map((article) => parseList(article.tags)))
}

export async function PUT() {
  const article = await prisma.article.findFirst({ where: { title: 'first' } })
  return Response.json(JSON.parse(article!.settings))
}

export async function POST(request: Request) {
  const { title, tags } = await request.json()
  return Response.json(await prisma.article.create({ data: { title, tags: JSON.stringify(tags) } }))
}
""",
}


def places(folder: Path, column: str) -> list[tuple[str, str | None, int | None]]:
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (read,) = survey([str(folder)])
    found = json_in_code(read, Ref.of_table("Article").column(column))
    return [(each.text.partition(":")[0], each.origin.path, each.origin.line) for each in found]


def test_callers_of_a_helper_and_those_who_write(tmp_path: Path) -> None:
    route = "app/api/articles/route.ts"
    assert places(tmp_path, "tags") == [("parsed by parseList", route, 6), ("written as JSON", route, 16)]


def test_who_parses_by_himself(tmp_path: Path) -> None:
    assert places(tmp_path, "settings") == [("parsed", "app/api/articles/route.ts", 11)]


def test_a_column_that_nobody_parses(tmp_path: Path) -> None:
    assert places(tmp_path, "title") == []


def test_the_type_is_the_engines(tmp_path: Path) -> None:
    schema = FILES["prisma/schema.prisma"].replace("postgresql", "mysql")
    (tmp_path / "schema.prisma").write_text(schema)
    (read,) = survey([str(tmp_path)])
    assert {finding.hint for finding in JsonInText().detect(read)} >= {"Make Article.settings json."}
