"""What nobody is seen to run counts as a request's where few routes are known, and as nothing where most are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dbarchitect.catalog.deployment import Deployment
from dbarchitect.catalog.engine import SQLITE
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Finding, Level
from dbarchitect.rules._base import Rule
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.errors.swallowed_database_error import SwallowedDatabaseError
from dbarchitect.rules.queries.query_in_loop import QueryInLoop
from dbarchitect.rules.queries.unbounded_list import UnboundedList
from dbarchitect.rules.transactions.check_then_act import CheckThenAct
from dbarchitect.rules.transactions.writes_without_transaction import WritesWithoutTransaction
from dbarchitect.sources.opened import survey_path

SCHEMA = """
generator client {
  provider = "prisma-client-js"
}
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
model Player {
  id        Int       @id @default(autoincrement())
  handle    String    @unique
  balance   Int       @default(0)
  purchases Purchase[]
}
model Purchase {
  id        Int      @id @default(autoincrement())
  playerId  Int
  player    Player   @relation(fields: [playerId], references: [id])
  amount    Int
  createdAt DateTime @default(now())
}
"""
HANDLERS = """
import { PrismaClient } from "@prisma/client";
const prisma = new PrismaClient();

export async function onBuy(msg: { playerId: number; amount: number }) {
  await prisma.player.update({ where: { id: msg.playerId }, data: { balance: { decrement: msg.amount } } });
  await prisma.purchase.create({ data: { playerId: msg.playerId, amount: msg.amount } });
}

export async function onJoin(msg: { handle: string }) {
  const known = await prisma.player.findFirst({ where: { handle: msg.handle } });
  if (known) throw new Error("taken");
  return prisma.player.create({ data: { handle: msg.handle } });
}

export async function onHistory() {
  return prisma.purchase.findMany();
}

export async function onLeave(msg: { id: number }) {
  try {
    await prisma.player.delete({ where: { id: msg.id } });
  } catch {
    return null;
  }
}

export async function onTop(ids: number[]) {
  const found = [];
  for (const id of ids) {
    found.push(await prisma.player.findFirst({ where: { id } }));
  }
  return found;
}
"""
MADE = """
import { PrismaClient } from "@prisma/client";

export function makeBuy({ prisma }: { prisma: PrismaClient }) {
  return async (msg: { playerId: number; amount: number }) => {
    await prisma.player.update({ where: { id: msg.playerId }, data: { balance: { decrement: msg.amount } } });
    await prisma.purchase.create({ data: { playerId: msg.playerId, amount: msg.amount } });
  };
}
"""
MORE = "\n".join(
    f"export async function onRead{number}(msg: {{ id: number }}) {{\n"
    "  return prisma.player.findUnique({ where: { id: msg.id } });\n}"
    for number in range(8)
)
ROUTES = """
import express from "express";
import { PrismaClient } from "@prisma/client";
const prisma = new PrismaClient();
const app = express();
""" + "\n".join(
    f'app.get("/players/{number}/:id", async (req, res) => {{\n'
    "  res.json(await prisma.player.findUnique({ where: { id: Number(req.params.id) } }));\n});"
    for number in range(16)
)
RULES = (WritesWithoutTransaction, CheckThenAct, UnboundedList, SwallowedDatabaseError, QueryInLoop)


def _read(folder: Path, path: str = "src/handlers.ts", **files: str) -> Survey:
    written = {"prisma/schema.prisma": SCHEMA, path: HANDLERS + MORE, **files}
    for name, text in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (survey,) = survey_path(folder)
    return survey


def _found(survey: Survey, rule: type[Rule]) -> list[tuple[str, Level]]:
    def of(finding: Finding) -> tuple[str, Level]:
        return (finding.object.name or "").rpartition(":")[2], finding.level or rule.level

    return [of(finding) for finding in rule().findings(survey)]


def test_all_that_nobody_is_seen_to_run_is_a_requests(tmp_path: Path) -> None:
    survey = _read(tmp_path)
    assert _found(survey, WritesWithoutTransaction) == [("onBuy", Level.WARNING)]
    assert _found(survey, CheckThenAct) == [("onJoin", Level.INFO)]
    assert _found(survey, UnboundedList) == [("onHistory", Level.WARNING)]
    assert _found(survey, SwallowedDatabaseError) == [("onLeave", Level.WARNING)]
    assert _found(survey, QueryInLoop) == [("onTop", Level.INFO)]


def test_what_a_function_makes_and_gives_away_may_be_run_in_a_transaction(tmp_path: Path) -> None:
    survey = _read(tmp_path, "src/others.ts", **{"src/made.ts": MADE})
    assert _found(survey, WritesWithoutTransaction) == [("onBuy", Level.WARNING)]


def test_beside_routes_that_are_known_it_is_what_is_left_over(tmp_path: Path) -> None:
    survey = _read(tmp_path, **{"src/server.ts": ROUTES})
    assert [found for rule in RULES for found in _found(survey, rule) if found[1] is not Level.INFO] == []
    assert not _found(survey, CheckThenAct)


@pytest.mark.parametrize(
    "path",
    [
        "scripts/handlers.ts",
        "src/jobs/handlers.ts",
        "src/cron.ts",
        "prisma/seed.ts",
        "tests/handlers.ts",
        "test-buying.ts",
    ],
)
def test_what_is_run_by_hand_by_a_clock_or_by_a_test_is_none(tmp_path: Path, path: str) -> None:
    survey = _read(tmp_path, path)
    assert not asked_by_requests(survey)
    assert not _found(survey, UnboundedList)


def test_a_program_for_one_person_has_no_requests(tmp_path: Path) -> None:
    survey = _read(tmp_path)
    assert asked_by_requests(survey)
    desk = replace(survey, deployment=replace(survey.deployment or Deployment(), on_devices=True))
    assert not asked_by_requests(desk)
    within = replace(survey, catalog=replace(survey.catalog, engine=SQLITE), deployment=None)
    assert not asked_by_requests(within)
    assert asked_by_requests(replace(within, deployment=Deployment(web=True)))


def test_a_few_queries_do_not_tell_how_a_program_is_run(tmp_path: Path) -> None:
    few = "\n".join(line for line in HANDLERS.split("export async function onTop", maxsplit=1)[0].splitlines())
    assert not asked_by_requests(_read(tmp_path, "src/handlers.ts", **{"src/handlers.ts": few}))
