"""Loops of which each turn has a reason of its own: they are told, and not as warnings."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.api import survey
from dbarchitect.finding import Level
from dbarchitect.rules._base import Rule
from dbarchitect.rules.queries.query_in_loop import QueryInLoop
from dbarchitect.rules.queries.write_in_loop import WriteInLoop

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model Letter {
  id     String @id @default(cuid())
  sent   Boolean @default(false)
  copies Copy[]
}

model Copy {
  id       String @id @default(cuid())
  letterId String
  letter   Letter @relation(fields: [letterId], references: [id])

  @@index([letterId])
}
"""
CLIENT = "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n"
HEAD = """import { prisma } from '../../../lib/prisma'
async function send(id) { return fetch(`https://mail.example.org/${id}`) }
async function hand(id) { return send(id) }
export async function POST(request) {
  const letters = await prisma.letter.findMany({ take: 500 })
  for (const letter of letters) {
"""


MARK = "letter.update({ where: { id: letter.id }, data: { sent: true } })"
COPY = "copy.create({ data: { letterId: letter.id } })"


@pytest.mark.parametrize(
    ("turn", "level"),
    [
        (f"await prisma.{MARK}", Level.WARNING),
        (f"await hand(letter.id); await prisma.{MARK}", Level.INFO),
        (f"await prisma.$transaction(async (tx) => {{ await tx.{COPY}; await tx.{MARK} }})", Level.INFO),
    ],
)
def test_what_a_turn_costs(tmp_path: Path, turn: str, level: Level) -> None:
    assert levels(tmp_path, turn, WriteInLoop()) == [level]


@pytest.mark.parametrize(
    ("some", "level"), [("", Level.WARNING), (", take: 1", Level.WARNING), (", take: 16", Level.INFO)]
)
def test_some_of_each(tmp_path: Path, some: str, level: Level) -> None:
    turn = f"await prisma.copy.findMany({{ where: {{ letterId: letter.id }}{some} }})"
    assert levels(tmp_path, turn, QueryInLoop()) == [level]


def levels(tmp_path: Path, turn: str, rule: Rule) -> list[Level]:
    """The levels of what a rule says of a loop with this turn."""
    files = {
        "prisma/schema.prisma": SCHEMA,
        "lib/prisma.ts": CLIENT,
        "app/api/letters/route.ts": f"{HEAD}    {turn}\n  }}\n  return Response.json({{}})\n}}\n",
        "package.json": '{"name": "post", "dependencies": {"@prisma/client": "5"}}',
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (found,) = survey([str(tmp_path)])
    return [f.level or Level.WARNING for f in rule.detect(found)]
