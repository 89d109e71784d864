"""Imports followed through a project: files, configurations, workspaces, re-exports."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dbarchitect.sources.bearing import bears_edit
from dbarchitect.sources.consulted import Consulted, noting
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import Define, External, Found, Function, Module

Make = Callable[[dict[str, str | bytes]], TypeScriptIndex]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def build(files: dict[str, str | bytes]) -> TypeScriptIndex:
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return TypeScriptIndex(open_project(tmp_path))

    return build


def told(found: Found | External | None) -> str | None:
    match found:
        case Found(module=module, name=name):
            return f"{module.path} {name}"
        case External(package=package, name=name):
            return f"({package}) {name}"
        case None:
            return None


def meaning(index: TypeScriptIndex, path: str, name: str) -> str | None:
    module = index.module(path)
    assert module is not None
    return told(index.resolve(module, name))


def leads_to(index: TypeScriptIndex, path: str, specifier: str) -> str | None:
    module = index.module(path)
    assert module is not None
    target = index.target(module, specifier)
    return target.path if isinstance(target, Module) else f"({target})" if target is not None else None


def test_files_beside(make: Make) -> None:
    index = make(
        {
            "src/a.ts": "", "src/b.tsx": "", "src/c/index.ts": "", "src/d.js": "", "src/e.mts": "", "src/f.d.ts": "",
            "src/g.service.ts": "", "src/h.ts": "", "src/h/index.ts": "", "index.ts": "",
        }
    )  # fmt: skip
    expected = {
        "./b": "src/b.tsx", "./b.tsx": "src/b.tsx", "./b.js": "src/b.tsx", "./b.jsx": "src/b.tsx",
        "./c": "src/c/index.ts",
        "./c/": "src/c/index.ts", "./c/index": "src/c/index.ts", "./d": "src/d.js", "./d.js": "src/d.js",
        "./e.mjs": "src/e.mts", "./f": None, "./g.service": "src/g.service.ts", "./h": "src/h.ts", "..": "index.ts",
        "../": "index.ts", "../src/a": "src/a.ts", "./": None, "../../x": None, "./missing": None,
        "./b?raw": "src/b.tsx",
        "pg": "(pg)", "drizzle-orm/pg-core": "(drizzle-orm/pg-core)", "node:fs": "(node:fs)",
    }  # fmt: skip
    assert {specifier: leads_to(index, "src/a.ts", specifier) for specifier in expected} == expected


def test_paths_of_the_nearest_configuration_with_comments_and_extends(make: Make) -> None:
    index = make(
        {
            "tsconfig.base.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@lib/*": ["lib/*", "other/*"]}}}',
            "apps/web/tsconfig.json": """{
              // the paths
              "extends": ["../../tsconfig.base.json", "./tsconfig.paths"],
              "include": ["**/*.ts", "/* no comment */",],
            }""",
            "apps/web/tsconfig.paths.json": """{"compilerOptions": {"paths": {
              "@/*": ["./src/*"], "env": ["./src/env.ts"],}}}""",
            "apps/api/tsconfig.json": '{"extends": "../../tsconfig.base.json"}',
            "lib/db.ts": "", "other/mail.ts": "", "apps/web/src/db.ts": "", "apps/web/src/env.ts": "",
            "apps/web/src/deep/a.ts": "", "apps/api/b.ts": "", "tools/c.ts": "",
        }
    )  # fmt: skip
    assert leads_to(index, "apps/web/src/deep/a.ts", "@/db") == "apps/web/src/db.ts"
    assert leads_to(index, "apps/web/src/deep/a.ts", "env") == "apps/web/src/env.ts"
    assert leads_to(index, "apps/web/src/deep/a.ts", "@/missing") is None
    assert leads_to(index, "apps/api/b.ts", "@lib/db") == "lib/db.ts"
    assert leads_to(index, "apps/api/b.ts", "@lib/mail") == "other/mail.ts"
    assert leads_to(index, "apps/api/b.ts", "lib/db") == "lib/db.ts"
    assert leads_to(index, "tools/c.ts", "lib/db") == "(lib/db)"


def test_paths_of_configurations_that_one_refers_to(make: Make) -> None:
    index = make(
        {
            "tsconfig.json": '{"files": [], "references": [{"path": "./tsconfig.app.json"}]}',
            "tsconfig.app.json": '{"compilerOptions": {"paths": {"~/*": ["./app/*"]}}}',
            "app/a.ts": "", "app/b.ts": "",
        }
    )  # fmt: skip
    assert leads_to(index, "app/a.ts", "~/b") == "app/b.ts"


def test_the_longest_pattern_wins(make: Make) -> None:
    paths = {"*": ["./any/*"], "@a/*": ["./one/*"], "@a/b/*": ["./two/*"], "@a/*.css": ["./style/*.ts"]}
    files = {"tsconfig.json": json.dumps({"compilerOptions": {"paths": paths}}), "m.ts": ""}
    index = make(files | {f"{folder}/c.ts": "" for folder in ("any", "one", "two", "style")})
    assert leads_to(index, "m.ts", "@a/c") == "one/c.ts"
    assert leads_to(index, "m.ts", "@a/b/c") == "two/c.ts"
    assert leads_to(index, "m.ts", "c") == "any/c.ts"


def test_circular_and_broken_configurations_are_survived(make: Make) -> None:
    index = make(
        {
            "tsconfig.json": '{"extends": "./tsconfig.json", "compilerOptions": {"paths": {"a": "no list", "b": [1]}}}',
            "x/tsconfig.json": "{ broken", "x/package.json": "[]", "x/a.ts": "",
            "y/tsconfig.json": "[" * 100_000, "y/a.ts": "",
        }
    )  # fmt: skip
    assert leads_to(index, "x/a.ts", "b") == "(b)"
    assert leads_to(index, "y/a.ts", "c") == "(c)"


def test_packages_of_the_workspace(make: Make) -> None:
    exports = {
        ".": {"types": "./dist/index.d.ts", "default": "./dist/index.js"},
        "./client": "./src/client.ts",
        "./schema/*": "./src/schema/*.ts",
        "./built/*": {"import": "./dist/built/*.mjs"},
        "./lib": {"node": {"require": ["./lib/main.cjs"]}},
    }
    index = make(
        {
            "package.json": '{"workspaces": ["packages/*", "apps/*"]}',
            "packages/db/package.json": json.dumps({"name": "@acme/db", "exports": exports}),
            "packages/db/src/index.ts": "", "packages/db/src/client.ts": "", "packages/db/src/schema/users.ts": "",
            "packages/db/src/built/x.ts": "", "packages/db/src/main.ts": "",
            "packages/old/package.json": '{"name": "old", "main": "./dist/start.js"}', "packages/old/src/start.ts": "",
            "packages/plain/package.json": '{"name": "plain"}', "packages/plain/index.js": "",
            "packages/plain/sub/a.ts": "",
            "packages/inner/package.json": '{"name": "inner"}', "packages/inner/src/index.ts": "",
            "packages/inner/src/b.ts": "",
            "apps/web/a.ts": "",
        }
    )  # fmt: skip
    expected = {
        "@acme/db": "packages/db/src/index.ts",
        "@acme/db/client": "packages/db/src/client.ts",
        "@acme/db/schema/users": "packages/db/src/schema/users.ts",
        "@acme/db/built/x": "packages/db/src/built/x.ts",
        "@acme/db/lib": "packages/db/src/main.ts",
        "old": "packages/old/src/start.ts",
        "plain": "packages/plain/index.js",
        "plain/sub/a": "packages/plain/sub/a.ts",
        "inner": "packages/inner/src/index.ts",
        "inner/b": "packages/inner/src/b.ts",
        "@acme/other": "(@acme/other)",
    }
    assert {specifier: leads_to(index, "apps/web/a.ts", specifier) for specifier in expected} == expected


def test_names_of_the_package_itself(make: Make) -> None:
    imports = {"#lib/*": "./src/lib/*.ts", "#db": {"test": "./no.ts", "default": "./src/db.js"}, "#pg": "plain/a"}
    index = make(
        {
            "api/package.json": json.dumps({"name": "api", "imports": imports}),
            "api/src/a.ts": "", "api/src/lib/x.ts": "", "api/src/db.ts": "",
            "plain/package.json": '{"name": "plain"}', "plain/a.ts": "",
        }
    )  # fmt: skip
    assert leads_to(index, "api/src/a.ts", "#lib/x") == "api/src/lib/x.ts"
    assert leads_to(index, "api/src/a.ts", "#db") == "api/src/db.ts"
    assert leads_to(index, "api/src/a.ts", "#pg") == "plain/a.ts"
    assert leads_to(index, "api/src/a.ts", "#none") is None


def test_usual_aliases_without_a_configuration(make: Make) -> None:
    index = make({"web/package.json": "{}", "web/src/a.ts": "", "web/src/b.ts": "", "web/c.ts": ""})
    assert leads_to(index, "web/src/a.ts", "@/b") == "web/src/b.ts"
    assert leads_to(index, "web/src/a.ts", "~/c") == "web/c.ts"
    assert leads_to(index, "web/src/a.ts", "@/d") is None


def test_names_are_followed_through_re_exports(make: Make) -> None:
    index = make(
        {
            "app.ts": """
                import { db, users, orders as o, Item, helper, eq, ns, z } from "./lib";
                import main, * as all from "./lib";
                import { PrismaClient } from "@prisma/client";
                const local = 1;
                """,
            "lib/index.ts": """
                export { default as db } from "./db";
                export * from "./schema";
                export * from "./more";
                export * as ns from "./db";
                export { eq } from "drizzle-orm";
                import { z } from "zod";
                export { z };
                export default local;
                function local() {}
                """,
            "lib/db.ts": "export default drizzle(pool); export const pool = 1",
            "lib/schema.ts": "const users = 1; const hidden = 2; export { users, hidden as orders }",
            "lib/more.ts": "export * from './deep'; export class Item {}",
            "lib/deep.ts": "export const helper = () => 1; export default 1",
        }
    )
    expected = {
        "db": "lib/db.ts default", "users": "lib/schema.ts users", "o": "lib/schema.ts hidden",
        "Item": "lib/more.ts Item",
        "helper": "lib/deep.ts helper", "eq": "(drizzle-orm) eq", "ns": "lib/db.ts *", "z": "(zod) z",
        "main": "lib/index.ts local", "all": "lib/index.ts *", "PrismaClient": "(@prisma/client) PrismaClient",
        "local": "app.ts local", "missing": None,
    }  # fmt: skip
    assert {name: meaning(index, "app.ts", name) for name in expected} == expected
    library = index.module("lib/index.ts")
    assert library is not None
    assert told(index.exported(library, "helper")) == "lib/deep.ts helper"
    assert told(index.exported(library, "hidden")) is None


def test_circles_end(make: Make) -> None:
    index = make(
        {
            "a.ts": "export * from './b'; export { x as y } from './b'; import { x } from './b'; export { x as z }",
            "b.ts": "export * from './a'; export { y as x } from './a'; export const there = 1",
        }
    )
    assert meaning(index, "a.ts", "x") is None
    module = index.module("a.ts")
    assert module is not None
    assert told(index.exported(module, "there")) == "b.ts there"
    assert index.exported(module, "gone") is None
    assert index.exported(module, "z") is None


def test_modules_that_all_pass_each_other_on_are_each_looked_into_once(make: Make) -> None:
    """There are more ways through twenty of them than anyone can go."""
    names = [f"m{number}" for number in range(20)]
    files: dict[str, str | bytes] = {
        f"{name}.ts": "".join(f'export * from "./{other}";\n' for other in names if other != name) for name in names
    }
    files["m19.ts"] = f'{files["m19.ts"]!s}export const wanted = 1;\nexport * from "outside";\n'
    files["at.ts"] = 'import { wanted, elsewhere } from "./m0";\nimport { absent } from "./at";\n'
    index = make(files)
    assert meaning(index, "at.ts", "wanted") == "m19.ts wanted"
    assert meaning(index, "at.ts", "elsewhere") == "(outside) elsewhere"
    assert meaning(index, "at.ts", "absent") is None


def test_stars_of_packages_and_missing_files(make: Make) -> None:
    index = make(
        {
            "a.ts": "import { sql, own } from './b'; import { PrismaClient } from '@/generated/prisma/client'",
            "b.ts": "export * from 'drizzle-orm'; export * from './c'",
            "c.ts": "export const own = 1",
        }
    )
    assert meaning(index, "a.ts", "own") == "c.ts own"
    assert meaning(index, "a.ts", "sql") == "(drizzle-orm) sql"
    assert meaning(index, "a.ts", "PrismaClient") == "(@/generated/prisma/client) PrismaClient"


def test_commonjs(make: Make) -> None:
    index = make(
        {
            "a.js": """
                const db = require("./db"); const { find, gone } = require("./items"); const Item = require("./item");
                const again = require("./again"); import also from "./item";
                """,
            "db.js": "module.exports = { query() {} }",
            "items.js": "exports.find = async () => 1",
            "item.js": "class Item {} module.exports = Item",
            "again.js": "module.exports = require('./item')",
        }
    )
    expected = {
        "db": "db.js *", "find": "items.js find", "gone": None, "Item": "item.js Item", "again": "item.js Item",
        "also": "item.js Item",
    }  # fmt: skip
    assert {name: meaning(index, "a.js", name) for name in expected} == expected


def test_searching(make: Make) -> None:
    index = make({"a.ts": "prisma.user", "b.js": "db.select", "c.tsx": "nothing", "d.d.ts": "prisma", "e.py": "prisma"})
    assert index.paths == ("a.ts", "b.js", "c.tsx")
    assert index.matching(re.compile(rb"prisma|drizzle")) == ("a.ts",)
    assert index.matching(re.compile(rb"prisma|db\.select")) == ("a.ts", "b.js")
    assert index.matching(re.compile(rb"\bdb\.\w+")) == ("b.js",)
    assert index.matching(re.compile(rb"select$|user$")) == ("a.ts", "b.js")
    assert index.matching(re.compile(rb"user\$|\.select")) == ("b.js",)
    assert index.matching(re.compile(rb"PRISMA", re.IGNORECASE), ["a.ts", "b.js"]) == ("a.ts",)
    assert index.source("a.ts") == b"prisma.user"
    with pytest.raises(KeyError):
        index.source("d.d.ts")


def test_what_was_looked_at_is_noted(make: Make) -> None:
    index = make(
        {
            "a.ts": "import { b } from './b'; prisma",
            "b.ts": "export * from './c'",
            "c.ts": "export const b = 1",
            "d.ts": "",
        }
    )
    log = Consulted()
    pattern = re.compile(rb"prisma")
    with noting(log):
        (path,) = index.matching(pattern)
        assert meaning(index, path, "b") == "c.ts b"
    assert log.files == {"a.ts", "b.ts", "c.ts"}
    assert log.in_scripts == {pattern: frozenset({"a.ts"})}
    assert bears_edit(log, "d.ts", b"changed")
    assert not bears_edit(log, "d.ts", b"prisma")


def test_a_released_module_stays_usable(make: Make) -> None:
    index = make({"a.ts": "export function f() { return g(() => 1) }"})
    module = index.module("a.ts")
    assert module is not None
    (define,) = module.statements
    assert isinstance(define, Define)
    assert isinstance(define.value, Function)
    before = len(define.value.body)
    index.release("a.ts")
    assert index.module("a.ts") is module
    assert len(define.value.body) == before
    index.release("a.ts")
    index.release("missing.ts")


def test_many_modules_share_a_small_store_of_trees(make: Make) -> None:
    text = "// a line that says nothing of what is done here\n" * 25_000
    index = make({f"{n}.ts": f"export function f{n}() {{ return {n} }}\n{text}" for n in range(8)})
    modules = [index.module(path) for path in index.paths]
    for n, module in enumerate(modules):
        assert module is not None
        define = module.bound[f"f{n}"]
        assert isinstance(define, Define)
        assert isinstance(define.value, Function)
        assert len(define.value.body) == 1


def test_library_folder_of_sveltekit(make: Make) -> None:
    index = make(
        {
            "package.json": "{}",
            "tsconfig.json": '{ "extends": "./.svelte-kit/tsconfig.json" }',
            "src/lib/db/index.ts": "export const db = 1",
            "src/lib/index.ts": "export const all = 1",
            "src/routes/a/+server.ts": "",
        },
    )
    assert leads_to(index, "src/routes/a/+server.ts", "$lib/db") == "src/lib/db/index.ts"
    assert leads_to(index, "src/routes/a/+server.ts", "$lib") == "src/lib/index.ts"
    assert leads_to(index, "src/routes/a/+server.ts", "$lib/gone") is None
    assert leads_to(index, "src/routes/a/+server.ts", "~~/src/lib/db") == "src/lib/db/index.ts"
