"""What is kept of following TypeScript is used again only where following anew would say the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.edited import HARMS, Counted, Way, harm, keep_all, said

from dbarchitect.sources.assemble import read_project
from dbarchitect.sources.code.typescript import neighbours, reader
from dbarchitect.sources.code.typescript.interpreter import Interpreter
from dbarchitect.sources.code.typescript.kept import Kept
from dbarchitect.sources.discover import Project
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.typescript.index import TypeScriptIndex

SCHEMA = (
    'datasource db {{ provider = "postgresql"\n url = env("DATABASE_URL") }}\n'
    "model User {{ id Int @id\n mail String\n {column} String\n orders Order[] }}\n"
    "model Order {{ id Int @id\n total Int\n userId Int\n user User @relation(fields: [userId], references: [id]) }}\n"
)
CLIENT = 'import { PrismaClient } from "@prisma/client";\nexport const prisma = new PrismaClient();\n'
WHERE = "export const byMail = (mail: string) => ({{ {column}: mail }});\n"
FILES = {
    "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }',
    "schema.prisma": SCHEMA.format(column="name"),
    "src/db.ts": CLIENT,
    "src/where.ts": WHERE.format(column="mail"),
    "src/index.ts": 'export * from "./db";\nexport * from "./where";\nexport { load as get } from "./load";\n',
    "src/load.ts": (
        'import { prisma, byMail } from "@/index";\n'
        "export async function load(mail: string) { return prisma.user.findMany({ where: byMail(mail) }); }\n"
    ),
    "src/orders.ts": (
        'import { prisma, get } from "@/index";\n'
        "export async function orders(mail: string) {\n  for (const user of await get(mail)) {\n"
        "    await prisma.order.findMany({ where: { userId: user.id } });\n  }\n}\n"
    ),
    "src/handlers.ts": (
        'import { prisma } from "./db";\n'
        "export async function remove(req, res) {\n"
        "  res.json(await prisma.order.delete({ where: { id: req.body.id } }));\n}\n"
    ),
    "src/routes.ts": (
        'import { Router } from "express";\nimport { remove } from "./handlers";\n'
        'export const router = Router();\nrouter.delete("/orders", remove);\n'
    ),
    "src/app.ts": (
        'import express from "express";\nimport { router } from "./routes";\n'
        'const app = express();\napp.use("/api", router);\n'
    ),
    "src/plain.ts": "export const plain = (a: number) => a + 1;\n",
}


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counted:
    keep_all(monkeypatch, tmp_path / "kept")
    found = Counted(tmp_path / "shop", _way)
    found.write_all(FILES)
    found.count(monkeypatch, Interpreter, "follow_module")
    return found


def _way(project: Project) -> Way:
    index, scripts, kept = PythonIndex(project), TypeScriptIndex(project), Kept()
    return (
        lambda: read_project(project, index, scripts),
        lambda found: reader.read_code(scripts, found, kept),
        kept,
    )


def test_a_second_run_follows_nothing(counted: Counted) -> None:
    first = said(counted.read())
    assert "src/load.ts" in counted.followed and "DELETE /api/orders" in first
    assert said(counted.read()) == first
    assert counted.followed == [] and counted.declared == 1


def test_only_what_depends_on_an_edited_module_is_followed_again(counted: Counted) -> None:
    counted.read()
    counted.write("src/where.ts", WHERE.format(column="name"))
    assert "'name'" in said(counted.read())
    assert counted.followed == ["src/load.ts", "src/orders.ts"] and counted.declared == 1
    counted.write("src/handlers.ts", FILES["src/handlers.ts"] + "\n")
    counted.read()
    assert counted.followed == ["src/handlers.ts", "src/routes.ts"]


def test_an_edit_of_what_is_only_gone_through_matters_where_names_lead_elsewhere(counted: Counted) -> None:
    counted.read()
    counted.write("src/index.ts", FILES["src/index.ts"] + "// nothing\n")
    counted.read()
    assert counted.followed == []
    counted.write("src/index.ts", FILES["src/index.ts"].replace("{ load as get }", "{ load as getIt }"))
    counted.read()
    assert "src/orders.ts" in counted.followed


def test_what_another_module_tells_of_a_function_is_asked_again(counted: Counted) -> None:
    counted.read()
    counted.write("src/routes.ts", FILES["src/routes.ts"].replace("/orders", "/gone"))
    assert "DELETE /api/gone" in said(counted.read())
    counted.write("src/app.ts", FILES["src/app.ts"].replace("/api", "/v2"))
    assert "DELETE /v2/gone" in said(counted.read())


def test_a_router_mounted_elsewhere_makes_only_those_upon_it_anew(counted: Counted) -> None:
    counted.read()
    counted.write("src/app.ts", FILES["src/app.ts"].replace("/api", "/v2"))
    assert "DELETE /v2/orders" in said(counted.read())
    assert "src/handlers.ts" in counted.followed
    assert "src/load.ts" not in counted.followed


def test_another_prefix_of_all_controllers_makes_those_anew(counted: Counted) -> None:
    counted.write(
        "src/orders.controller.ts",
        'import { prisma } from "./db";\n@Controller("orders")\nexport class Orders {\n'
        '  @Get("all") async all() { return prisma.order.findMany(); }\n}\n',
    )
    counted.write("src/main.ts", 'const app = await NestFactory.create(Root);\napp.setGlobalPrefix("api");\n')
    assert "GET /api/orders/all" in said(counted.read())
    counted.write("src/main.ts", 'const app = await NestFactory.create(Root);\napp.setGlobalPrefix("v2");\n')
    assert "GET /v2/orders/all" in said(counted.read())
    assert "src/orders.controller.ts" in counted.followed
    assert "src/load.ts" not in counted.followed


def test_another_schema_makes_all_anew(counted: Counted) -> None:
    counted.read()
    counted.write("schema.prisma", SCHEMA.format(column="other"))
    counted.read()
    assert counted.declared == 2 and "src/load.ts" in counted.followed


def test_a_new_file_matters_to_those_whose_imports_mean_it(counted: Counted) -> None:
    counted.read()
    counted.write("src/aside.ts", "export const aside = 1;\n")
    counted.read()
    assert counted.followed == [] and counted.declared == 1
    counted.write("src/where.ts", None)
    counted.write("src/where.tsx", WHERE.format(column="name"))
    assert "'name'" in said(counted.read())
    assert counted.followed == ["src/load.ts", "src/orders.ts"] and counted.declared == 1


def test_a_file_that_an_import_waited_for_is_seen(counted: Counted) -> None:
    counted.write("src/late.ts", None)
    counted.write("src/load.ts", FILES["src/load.ts"].replace('"@/index"', '"./late"'))
    first = said(counted.read())
    counted.write("src/late.ts", FILES["src/where.ts"] + 'export { prisma } from "./db";\n')
    late = said(counted.read())
    assert late != first and "'mail'" in late
    assert counted.followed == ["src/late.ts", "src/load.ts", "src/orders.ts"] and counted.declared == 1
    counted.write("src/late.ts", None)
    assert said(counted.read()) == first


def test_a_new_query_is_followed_alone(counted: Counted) -> None:
    counted.read()
    counted.write("src/more.ts", FILES["src/handlers.ts"])
    assert "src/more.ts" in said(counted.read())
    assert counted.followed == ["src/more.ts"] and counted.declared == 1
    counted.write("src/more.ts", None)
    assert "src/more.ts" not in said(counted.read())
    assert counted.followed == [] and counted.declared == 1


@pytest.mark.parametrize("path", ["README.md", "src/page.css", "docs/manual.md", "public/logo.svg"])
def test_documents_and_pictures_come_and_go_for_nothing(counted: Counted, path: str) -> None:
    counted.write("README.md", "# Shop\n")
    first = said(counted.read())
    for text in ("more", "other", None):
        counted.write(path, text)
        assert said(counted.read()) == first
        assert counted.followed == [] and counted.declared == 1


def test_other_settings_of_the_compiler_lead_elsewhere(counted: Counted) -> None:
    counted.write("other/index.ts", 'export { load as get } from "./load";\nexport { prisma } from "./db";\n')
    for name in ("db", "load", "where"):
        counted.write(f"other/{name}.ts", FILES[f"src/{name}.ts"].replace("mail", "name"))
    first = said(counted.read())
    counted.write("tsconfig.json", FILES["tsconfig.json"].replace("./src", "./other"))
    again = said(counted.read())
    assert again != first and "src/orders.ts" in counted.followed
    counted.write("tsconfig.json", FILES["tsconfig.json"])
    assert said(counted.read()) == first


def test_new_settings_of_the_compiler_lead_elsewhere(counted: Counted) -> None:
    text = FILES["src/orders.ts"].replace('"@/index"', '"own/index"')
    counted.write("src/deep/orders.ts", text)
    first = said(counted.read())
    counted.write("src/deep/tsconfig.json", '{ "compilerOptions": { "paths": { "own/*": ["../*"] } } }')
    again = said(counted.read())
    assert again != first
    counted.write("src/deep/tsconfig.json", None)
    assert said(counted.read()) == first


def in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is seen in a few modules is kept as one, as of a large project."""
    monkeypatch.setattr(neighbours, "MANY", 1)
    monkeypatch.setattr(neighbours, "ABOUT", 2)


def test_of_groups_of_modules_those_are_joined_again_that_changed(
    counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = said(counted.read())
    in_groups(monkeypatch)
    counted.write("tsconfig.json", None)
    counted.read()
    counted.write("tsconfig.json", FILES["tsconfig.json"])
    assert said(counted.read()) == alone
    joined: list[int] = []
    together = neighbours.together
    monkeypatch.setattr(neighbours, "together", lambda parts: joined.append(len(parts)) or together(parts))
    counted.write("src/handlers.ts", FILES["src/handlers.ts"].replace("delete(", "findUnique("))
    first = said(counted.read())
    assert first != alone
    assert 0 < len(joined) <= 2, joined  # where it is read, and where it is kept
    monkeypatch.setenv("DBA_CACHE", "0")
    assert said(counted.read()) == first


@pytest.mark.parametrize("seed", range(8))
def test_any_edits_say_the_same_with_the_cache_as_without(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    if seed % 2:
        in_groups(monkeypatch)
    action = "export async function act(id) { await prisma.user.delete({ where: { id } }); }\n"
    texts = [
        *(text for path, text in FILES.items() if path.startswith("src/")),
        WHERE.format(column="name"),
        'export * from "./where";\nexport * from "./db";\n',
        "export const broken = {\n",
        "",
        'import { prisma } from "./db";\nexport const byMail = () => ({ total: 3 });\nexport { prisma };\n',
        f'"use server";\nimport {{ prisma }} from "@/index";\n{action}',
    ]
    names = [*FILES, "src/more.ts", "src/index.js", "other/where.ts", "src/routes.ts", "src/app.ts"]
    names += ["src/where.tsx", "src/db/index.ts", "README.md", "package.json", "src/a.css", "src/tsconfig.json"]
    for _ in range(12):
        path = chance.choice(names)
        if path == "tsconfig.json":
            text = chance.choice([FILES[path], FILES[path].replace("./src", "./other"), None])
        elif path == "schema.prisma":
            text = SCHEMA.format(column=chance.choice(["name", "other"]))
        elif chance.random() < 0.1:
            text = None
        elif path in FILES and chance.random() < 0.4:
            text = FILES[path] + chance.choice(["", "\n", "// prisma\n", "export const late = 1;\n"])
        else:
            text = chance.choice(texts)
        counted.write(path, text)
        kept = said(counted.read())
        monkeypatch.setenv("DBA_CACHE", "0")
        assert kept == said(counted.read()), (path, text)
        monkeypatch.delenv("DBA_CACHE")


@pytest.mark.parametrize("how", HARMS)
def test_a_file_that_is_not_as_we_wrote_it_is_passed_over(counted: Counted, tmp_path: Path, how: str) -> None:
    first = counted.read()
    (file,) = (tmp_path / "kept" / "dbarchitect" / "readings").glob("*.parts")
    harm(file, how)
    counted.write("src/where.ts", FILES["src/where.ts"] + "\n")
    assert said(counted.read()) == said(first)
    assert "src/handlers.ts" in counted.followed
