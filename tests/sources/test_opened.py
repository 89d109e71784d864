"""A project that is opened: what is told of it is the same whether or not others tell a part of it meanwhile."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from support.forks import forked_on_two_processors

from dbarchitect.catalog.queries import SignKind
from dbarchitect.catalog.survey import Survey
from dbarchitect.sources import opened
from dbarchitect.sources.consulted import Consulted
from dbarchitect.sources.meanwhile import can_fork
from dbarchitect.sources.opened import Opened, open_whole

pytestmark = pytest.mark.skipif(not can_fork(), reason="the system cannot fork")

SCHEMA = """
datasource db { provider = "postgresql" url = env("DATABASE_URL") }
model Order { id Int @id  total Int }
"""
CLIENT = """
import { PrismaClient } from "@prisma/client";
export const db = new PrismaClient();
"""
ORDERS = """
import { db } from "./client";
export async function pay(id: number) {
  await db.$transaction(async (tx) => {
    await tx.order.findUnique({ where: { id } });
    await tx.order.update({ where: { id }, data: { total: 0 } });
  });
}
"""
AGAIN = """
export async function again(work: () => Promise<void>) {
  try { await work(); } catch (error) { if (error.code === "P2034") await work(); }
}
"""
COMPOSE = "services:\n  backup:\n    image: prodrigestivill/postgres-backup-local\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "prisma/schema.prisma": SCHEMA,
        "src/client.ts": CLIENT,
        "src/orders.ts": ORDERS,
        "src/again.ts": AGAIN,
        "docker-compose.yml": COMPOSE,
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def read(root: Path) -> tuple[Opened, Survey]:
    found = open_whole(root)
    assert found is not None
    (survey,) = found.surveys()
    return found, survey


def said(survey: Survey) -> object:
    code = survey.code
    assert code is not None  # which is equal to none but itself
    return replace(survey, code=None), [getattr(code, each.name) for each in fields(code)]


def shown(log: Consulted) -> object:
    return sorted(log.files), {str(pattern): found for pattern, found in log.sought.items()}, log.listed


def test_what_other_processes_tell_meanwhile_is_the_same(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, survey = read(project)
    assert survey.code is not None
    assert [sign.kind for sign in survey.code.signs] == [SignKind.FAILURES_RETRIED]
    assert survey.deployment is not None
    assert survey.deployment.signs
    monkeypatch.setattr(opened, "_LARGE", 0)
    forks = forked_on_two_processors(monkeypatch)
    beside, told = read(project)
    assert len(forks) == 2  # one that searches for signs, one that tells how the program is run
    assert said(told) == said(survey)
    assert shown(beside.looked) == shown(alone.looked)


def test_a_process_that_cannot_tell_costs_only_time(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, survey = read(project)
    monkeypatch.setattr(opened, "_LARGE", 0)
    forked_on_two_processors(monkeypatch)
    monkeypatch.setattr("dbarchitect.sources.meanwhile.pickle.dump", lambda *_, **__: 1 / 0)
    assert said(read(project)[1]) == said(survey)
