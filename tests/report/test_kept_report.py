"""The last report is the report of this audit only where auditing anew would say the same."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.edited import HARMS, Edited, harm, keep_all

from dbarchitect import api
from dbarchitect.options import Options, Silence
from dbarchitect.report.base import Rendering
from dbarchitect.report.document import Report
from dbarchitect.sources import cache, keeping
from dbarchitect.sources.deployment import Deployments

SCHEMA = (
    'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
    "model User {\n  id Int @id\n  email String\n  orders Order[]\n  @@index([email])\n}\n"
    "model Order {\n  id Int @id\n  userId Int\n  status String\n"
    "  user User @relation(fields: [userId], references: [id])\n}\n"
)
QUERY = (
    'import {{ prisma }} from "./db";\n'
    "export async function orders(status: string) {{\n"
    "  return prisma.order.findMany({{ where: {{ {column}: status }} }});\n}}\n"
)
FILES = {
    "package.json": '{"name": "shop", "dependencies": {"@prisma/client": "5.0.0"}, "scripts": {"test": "vitest"}}',
    "README.md": "# Shop\n\nA shop.\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    steps:\n      - run: npm test\n",
    "prisma/schema.prisma": SCHEMA,
    "src/db.ts": 'import { PrismaClient } from "@prisma/client";\nexport const prisma = new PrismaClient();\n',
    "src/orders.ts": QUERY.format(column="status"),
    "src/plain.ts": "export const plain = (a: number) => a + 1;\n",
    "src/page.tsx": "export const Page = () => <p>Orders</p>;\n",
}


class Shop(Edited):
    """A project that is audited, and how often the rules were asked."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.audits = 0
        self.options = Options()
        self.formats: tuple[str, ...] = ("json",)

    def report(self) -> Report:
        with keeping.beside():
            found = api.audited([str(self.root)], self.options, Rendering.now(), self.formats)
        return replace(found, generated_at="")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    keep_all(monkeypatch, tmp_path / "kept")
    made = Shop(tmp_path / "shop")
    made.write_all(FILES)
    audit = api.audit

    def counting(*args: Any, **kwargs: Any) -> object:
        made.audits += 1
        return audit(*args, **kwargs)

    monkeypatch.setattr(api, "audit", counting)
    return made


def test_the_second_audit_is_the_first(shop: Shop) -> None:
    first = shop.report()
    assert first.findings
    assert shop.report() == first
    assert shop.audits == 1


EDITS: dict[str, Callable[[Shop], None]] = {
    "a plain module": lambda shop: shop.write("src/plain.ts", "export const plain = (a: number) => a * 2;\n"),
    "a component": lambda shop: shop.write("src/page.tsx", "export const Page = () => <p>More</p>;\n"),
    "a comment behind a query": lambda shop: shop.add("src/orders.ts", "// edited\n"),
    "a line above a query": lambda shop: shop.write("src/orders.ts", "// orders\n" + QUERY.format(column="status")),
    "the time of a module": lambda shop: shop.add("src/orders.ts", ""),
    "a comment in a client": lambda shop: shop.add("src/page.tsx", "// a page\n"),
    "a document": lambda shop: shop.add("README.md", "\n## Install\n\nClone it.\n"),
    "a picture": lambda shop: shop.write("public/logo.svg", "<svg/>\n"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_no_finding_rests_on_costs_no_audit(shop: Shop, monkeypatch: pytest.MonkeyPatch, edit: str) -> None:
    shop.report()
    EDITS[edit](shop)
    found = shop.report()
    assert shop.audits == 1
    assert shop.report() == found
    monkeypatch.setenv("DBA_CACHE", "0")
    assert shop.report() == found


TWO = QUERY.format(column="status") + QUERY.format(column="userId").replace("orders", "own").partition("\n")[2]
MOVED = {
    "lines at the top": "// one\n// two\n" + TWO,
    "a hundred lines between": TWO.replace("export async function own", "\n" * 100 + "export async function own"),
    "lines within": TWO.replace("  return", "  // asked often\n\n  return", 1),
}


@pytest.mark.parametrize("moved", MOVED)
def test_places_that_moved_cost_no_audit(shop: Shop, monkeypatch: pytest.MonkeyPatch, moved: str) -> None:
    shop.write("src/orders.ts", TWO)
    shop.report()
    shop.write("src/orders.ts", MOVED[moved])
    found = shop.report()
    assert shop.audits == 1
    shop.add("src/orders.ts", "// edited\n")
    assert shop.report() == found
    shop.write("src/orders.ts", TWO)
    shop.report()
    shop.write("src/orders.ts", MOVED[moved])
    assert shop.report() == found
    assert shop.audits == 1
    shop.options = replace(shop.options, ignore=("QRY",))  # the rules are asked of what was kept in parts
    fewer = shop.report()
    assert shop.audits == 2
    monkeypatch.setenv("DBA_CACHE", "0")
    assert shop.report() == fewer
    shop.options = Options()
    assert shop.report() == found


def test_another_query_does_not_tell_anew_how_the_program_is_run(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.report()
    told: list[object] = []
    deployment_of = Deployments.of

    def counting(deployments: Deployments, *args: Any) -> object:
        told.append(args)
        return deployment_of(deployments, *args)

    monkeypatch.setattr(Deployments, "of", counting)
    shop.write("src/orders.ts", QUERY.format(column="userId"))
    shop.report()
    shop.write("src/orders.ts", QUERY.format(column="status"))
    found = shop.report()
    assert (shop.audits, told) == (3, [])
    shop.write("src/plain.ts", QUERY.format(column="userId"))  # in a file that had none: a comment may suppress it
    shop.report()
    assert told
    monkeypatch.setenv("DBA_CACHE", "0")
    shop.write("src/plain.ts", FILES["src/plain.ts"])
    assert shop.report() == found


UNLIKE = {
    "functions in another order": QUERY.format(column="userId").replace("orders", "own")
    + QUERY.format(column="status").partition("\n")[2],
    "a suppression beside them": "// dba: ignore[QRY001] few\n" + TWO,
    "a loop around one": TWO.replace("  return prisma", "  for (const a of [1]) await prisma", 1),
}


@pytest.mark.parametrize("unlike", UNLIKE)
def test_what_is_more_than_moved_is_audited(shop: Shop, monkeypatch: pytest.MonkeyPatch, unlike: str) -> None:
    shop.write("src/orders.ts", TWO)
    shop.report()
    shop.write("src/orders.ts", UNLIKE[unlike])
    found = shop.report()
    assert shop.audits == 2
    monkeypatch.setenv("DBA_CACHE", "0")
    assert shop.report() == found


CHANGES: dict[str, Callable[[Shop], None]] = {
    "a query": lambda shop: shop.write("src/orders.ts", QUERY.format(column="userId")),
    "the schema": lambda shop: shop.write("prisma/schema.prisma", SCHEMA.replace("  @@index([email])\n", "")),
    "a suppression": lambda shop: shop.write(
        "src/orders.ts", QUERY.format(column="status").replace("  return", "  // dba: ignore[QRY001] few\n  return")
    ),
    "a document": lambda shop: shop.add("README.md", "\n## Backups\n\nEvery night.\n"),
    "one place more that was looked at": lambda shop: shop.write("docs/manual.md", "# Manual\n"),
    "a script": lambda shop: shop.write("scripts/backup.sh", "pg_dump shop > shop.sql\n"),
    "a new module": lambda shop: shop.write("src/more.ts", QUERY.format(column="id")),
    "a module that is gone": lambda shop: shop.write("src/orders.ts", None),
    "a client": lambda shop: shop.write(
        "src/plain.ts", 'import { Pool } from "pg";\nexport const pool = new Pool({ max: 200 });\n'
    ),
    "a key in the code": lambda shop: shop.write(
        "src/plain.ts", 'export const key = process.env.JWT_SECRET || "a-very-well-known-key";\n'
    ),
    "the packages": lambda shop: shop.write("package.json", FILES["package.json"].replace("5.0.0", "6.0.0")),
    "a workflow": lambda shop: shop.add(".github/workflows/ci.yml", "      - run: npx prisma migrate deploy\n"),
    "what is left out": lambda shop: shop.write(".gitignore", "src/plain.ts\n"),
    "a test, which is left out": lambda shop: shop.write("tests/db.ts", "await migrate(db)\n"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_finding_may_rest_on_is_audited_again(shop: Shop, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    shop.write("tests/db.ts", "// a test\n")
    shop.report()
    CHANGES[change](shop)
    found = shop.report()
    assert shop.audits == 2
    assert shop.report() == found
    assert shop.audits == 2
    monkeypatch.setenv("DBA_CACHE", "0")
    assert shop.report() == found


PYTHON = {
    "requirements.txt": "sqlalchemy\n",
    "base.py": "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n",
    "models.py": (
        "from sqlalchemy.orm import Mapped, mapped_column\n\nfrom base import Base\n\n\n"
        "class User(Base):\n    __tablename__ = 'users'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "    mail: Mapped[str]\n"
    ),
    "queries.py": (
        "from sqlalchemy import select\n\nfrom models import User\n\n\n"
        "def found(session, mail):\n    return session.scalars(select(User).where(User.mail == mail)).all()\n"
    ),
    "plain.py": "def word():\n    return 1\n",
}


def test_a_comment_in_python_costs_no_audit_nor_does_a_line(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in FILES:
        shop.write(path, None)
    for path, text in PYTHON.items():
        shop.write(path, text)
    first = shop.report()
    assert first.findings
    for path in ("queries.py", "plain.py", "models.py"):
        shop.add(path, "# edited\n")
        assert shop.report() == first
    assert shop.audits == 1
    shop.write("queries.py", "# edited\n" + PYTHON["queries.py"])
    moved = shop.report()
    assert shop.audits == 1
    shop.write("queries.py", PYTHON["queries.py"].replace("mail", "id"))
    other = shop.report()
    assert shop.audits == 2 and other != first
    monkeypatch.setenv("DBA_CACHE", "0")
    assert shop.report() == other
    shop.write("queries.py", "# edited\n" + PYTHON["queries.py"])
    assert shop.report() == moved


def test_what_is_asked_for_is_a_part_of_it(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.report()
    asked = (
        Options(select=("QRY",)),
        Options(ignore=("IDX",)),
        Options(fail_on="error"),
        Options(suppress=(Silence(("ALL",), "no matter", path="src/*"),)),
        Options(exclude=("src/plain.ts",)),
    )
    for number, options in enumerate(asked, start=2):
        shop.options = options
        found = shop.report()
        assert shop.audits == number
        with monkeypatch.context() as patch:
            patch.setenv("DBA_CACHE", "0")
            assert shop.report() == found
        shop.audits = number
    shop.options = Options()
    shop.audits = 0
    first = shop.report()
    (shop.root / "dbarchitect-baseline.json").write_text('{"version": 1, "findings": []}')
    known = shop.report()
    assert shop.audits == 2
    assert known.compared_with is not None and first.compared_with is None


def test_another_day_is_another_audit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.report()
    monkeypatch.setattr(api, "_today", lambda: date(2100, 1, 1))
    shop.report()
    assert shop.audits == 2


def test_formats_that_show_less_have_a_report_of_their_own(shop: Shop) -> None:
    whole = shop.report()
    shop.formats = ("text",)
    short = shop.report()
    assert whole.applications[0].tables and not short.applications[0].tables
    assert shop.report() == short
    shop.formats = ("json",)
    assert shop.report() == whole
    assert shop.audits == 2


def test_nothing_is_kept_where_that_is_said(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBA_CACHE", "0")
    shop.report()
    shop.report()
    assert shop.audits == 2
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("how", HARMS)
@pytest.mark.parametrize("name", ["", ".declared", ".code", ".parts", ".structured"])
def test_no_file_that_is_not_as_we_wrote_it_is_believed(shop: Shop, tmp_path: Path, how: str, name: str) -> None:
    first = shop.report()
    (file,) = (f for f in (tmp_path / "kept" / "dbarchitect" / "readings").iterdir() if f.suffix == name)
    assert file.stat().st_mode & 0o077 == 0
    harm(file, how)
    assert shop.report() == first
    shop.write("src/orders.ts", "// orders\n" + QUERY.format(column="status"))
    moved = shop.report()
    assert moved.findings != first.findings
    assert shop.report() == moved


def test_what_another_version_kept_is_not_believed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shop.report()
    monkeypatch.setattr(cache, "ourselves", lambda: "another version")
    assert shop.report() == first
    assert shop.audits == 2


def _audit(root: str, seen: multiprocessing.connection.Connection) -> None:
    with keeping.beside():
        seen.send(replace(api.audited([root], Options(), Rendering.now(), ("json",)), generated_at=""))


def test_two_audits_at_once_say_the_same(shop: Shop) -> None:
    context = multiprocessing.get_context("fork")
    for _ in range(2):
        pipes = [context.Pipe(duplex=False) for _ in range(3)]
        audits = [context.Process(target=_audit, args=(str(shop.root), theirs)) for _, theirs in pipes]
        for each in audits:
            each.start()
        found = [ours.recv() for ours, _ in pipes]
        for each in audits:
            each.join()
        assert found[0] == found[1] == found[2] == shop.report()
        shop.write("src/orders.ts", "// orders\n" + QUERY.format(column="status"))


@pytest.mark.parametrize("seed", range(6))
def test_any_edits_say_the_same_with_the_cache_as_without(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    paths = [*FILES, "src/more.ts", "src/index.ts", "docs/manual.md", "tests/db.ts", "src/route.ts"]
    texts = [
        *FILES.values(),
        SCHEMA.replace("status String", "state String"),
        QUERY.format(column="userId"),
        "// a line\n" + QUERY.format(column="status"),
        'export * from "./orders";\n',
        'import { orders } from "./orders";\nexport async function GET() {\n  return orders("a");\n}\n',
        'import { Pool } from "pg";\nexport const pool = new Pool();\n',
        "// Code generated by prisma\n" + QUERY.format(column="id"),
        "# Backups\n\npg_dump every night\n",
        "export const a = `",
        "",
    ]
    for _ in range(7):
        for _ in range(chance.randint(1, 3)):
            path = chance.choice(paths)
            shop.write(path, None if chance.random() < 0.15 and "schema" not in path else chance.choice(texts))
        shop.write("prisma/schema.prisma", SCHEMA)
        with monkeypatch.context() as patch:
            patch.setenv("DBA_CACHE", "0")
            anew = shop.report()
        assert shop.report() == anew
