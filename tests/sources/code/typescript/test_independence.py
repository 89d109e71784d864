"""What is seen in a module depends neither on which modules were followed before it, nor on who asked for its names."""

from __future__ import annotations

from dataclasses import fields
from itertools import permutations
from pathlib import Path

from sources.code.typescript.shop import SCHEMA

from dbarchitect.catalog.queries import Code
from dbarchitect.sources.code.typescript.interpreter import Interpreter
from dbarchitect.sources.code.typescript.roles import Roles
from dbarchitect.sources.code.typescript.vocabularies import vocabularies_for
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.prisma import PrismaReader
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.words import Words

FILES = {
    "db.ts": 'import { PrismaClient } from "@prisma/client";\nexport const prisma = new PrismaClient();\n',
    "settings.ts": (
        'import { prisma } from "./db";\n'
        "const level = () => 'info';\n"
        "const target = () => ({ level: level(), open: { status: 'open' } });\n"
        "const build = () => { const made = target(); return made; };\n"
        "export const settings = build();\n"
        "export const admins = prisma.user.findMany({ where: { email: 'root' } });\n"
    ),
    "near.ts": (
        'import { prisma } from "./db";\nimport { settings, admins } from "./settings";\n'
        "export async function near() { await admins; return prisma.order.findMany({ where: settings.open }); }\n"
    ),
    "far.ts": (
        'import { prisma } from "./db";\nimport { settings } from "./settings";\n'
        "const one = () => two(); const two = () => three(); const three = () => settings.open;\n"
        "export async function far() { return prisma.order.findMany({ where: one() }); }\n"
    ),
}


def seen(root: Path, order: tuple[str, ...]) -> dict[str, Code]:
    """What is seen in each module, followed in an order."""
    project = open_project(root)
    readings = PrismaReader().read(project)
    index = TypeScriptIndex(project)
    roles = Roles(index)
    vocabularies = vocabularies_for(readings, index, roles)
    wanted = Words.of(needle for vocabulary in vocabularies for needle in vocabulary.needles)
    models = {model.key: model for reading in readings for model in reading.models}
    interpreter = Interpreter(index, models, vocabularies, wanted, roles)
    found: dict[str, Code] = {}
    for path in order:
        module = index.module(path)
        assert module is not None
        found[path] = interpreter.follow_module(module).code()
        index.release(path)
    assert interpreter.diagnostics == []
    return found


def told(found: dict[str, Code]) -> dict[str, tuple[object, ...]]:
    return {path: tuple(getattr(code, part.name) for part in fields(code)) for path, code in found.items()}


def test_the_order_in_which_modules_are_followed_decides_nothing(tmp_path: Path) -> None:
    (tmp_path / "schema.prisma").write_text(SCHEMA)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    orders = list(permutations(FILES))
    first = seen(tmp_path, orders[0])
    assert [len(first[path].queries) for path in FILES] == [0, 1, 1, 1]
    assert {p.column.columns for path in ("near.ts", "far.ts") for q in first[path].queries for p in q.predicates} == {
        ("status",)
    }
    for order in orders[1:]:
        assert told(seen(tmp_path, order)) == told(first)


def test_what_another_module_runs_is_told_of_that_module_alone(tmp_path: Path) -> None:
    (tmp_path / "schema.prisma").write_text(SCHEMA)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    found = seen(tmp_path, ("near.ts", "settings.ts"))
    assert {key.partition(":")[0] for key in found["near.ts"].functions} == {"near.ts"}
    (query,) = found["settings.ts"].queries
    assert query.table is not None
    assert query.table.table == "users"
