"""The example `signals` holds together, as far as can be told without Node: it parses, its imports lead somewhere, and
its code asks for models and fields that the schema has."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

EXAMPLE = Path(__file__).parents[2] / "examples" / "signals"
SCHEMA = (EXAMPLE / "prisma" / "schema.prisma").read_text(encoding="utf-8")
LANGUAGES = {".ts": tree_sitter_typescript.language_typescript(), ".tsx": tree_sitter_typescript.language_tsx()}
CODE = sorted(path.relative_to(EXAMPLE).as_posix() for path in EXAMPLE.rglob("*") if path.suffix in LANGUAGES)
METHODS = {
    *("findMany", "findUnique", "findFirst", "create", "createMany", "update", "updateMany", "upsert", "delete"),
    *("deleteMany", "count", "groupBy"),
}


def models() -> dict[str, str]:
    """Each model's block by its name."""
    return dict(re.findall(r"^model (\w+) \{\n(.*?)^\}", SCHEMA, re.MULTILINE | re.DOTALL))


@cache
def parsed(path: str) -> Node:
    """A file's syntax tree. The grammar does not know type arguments of a tagged template, which TypeScript has."""
    language = Language(LANGUAGES[Path(path).suffix])
    source = re.sub(rb"(\$queryRaw)<[\w\[\]]+>`", rb"\1`", (EXAMPLE / path).read_bytes())
    return Parser(language).parse(source).root_node


def text(node: Node | None) -> str:
    """The text of a node."""
    return node.text.decode() if node is not None and node.text is not None else ""


def nodes(node: Node, kind: str) -> Iterator[Node]:
    """All nodes of a kind below a node."""
    if node.type == kind:
        yield node
    for child in node.children:
        yield from nodes(child, kind)


def exported(path: str) -> set[str]:
    """The names that a module exports."""
    names = set()
    for statement in parsed(path).children:
        if statement.type == "export_statement":
            if any(child.type == "default" for child in statement.children):
                names.add("default")
            for kind in (
                "function_declaration",
                "interface_declaration",
                "type_alias_declaration",
                "class_declaration",
            ):
                names |= {text(one.child_by_field_name("name")) for one in statement.children if one.type == kind}
            for declaration in statement.children:
                if declaration.type == "lexical_declaration":
                    names |= {
                        text(one.child_by_field_name("name")) for one in nodes(declaration, "variable_declarator")
                    }
    return names


def imports(path: str) -> Iterator[tuple[str, set[str]]]:
    """The modules that a file imports, with the names it takes."""
    for statement in parsed(path).children:
        if statement.type == "import_statement":
            names = {text(one.child_by_field_name("name")) for one in nodes(statement, "import_specifier")}
            yield text(statement.child_by_field_name("source")).strip("'"), names


def resolved(module: str, path: str) -> str | None:
    """The file that a module of our own is; None for a package."""
    if not module.startswith(("@/", ".")):
        return None
    base = EXAMPLE / "src" / module[2:] if module.startswith("@/") else (EXAMPLE / path).parent / module
    for suffix in LANGUAGES:
        if (found := base.with_name(base.name + suffix)).is_file():
            return found.resolve().relative_to(EXAMPLE.resolve()).as_posix()
    raise AssertionError(f"{path} imports {module}, which is no file")


def test_it_has_the_models_and_indexes_that_the_audit_counts() -> None:
    assert len(models()) == 44
    assert SCHEMA.count("@@index(") == 56


def test_it_has_the_models_and_files_that_the_audit_names() -> None:
    named = """
        User Content Episode SignalTrade Track Event Message Audit Bookmark Notification Video Certificate Account
        Session VerificationToken SecurityEvent Question Vote Quiz Lesson UserInterest VideoView LessonProgress
        QuizSubmission Enrollment RSVP Channel Client
    """
    assert set(re.findall(r"\w+", named)) <= set(models())
    assert {
        "app/(app)/dashboard/page.tsx",
        "app/(app)/macro/page.tsx",
        "app/api/admin/content/route.ts",
        "app/api/admin/signals/import/route.ts",
        "app/api/events/[slug]/route.ts",
        "app/api/events/route.ts",
        "app/api/learning/analytics/route.ts",
        "app/api/me/continue/route.ts",
        "app/api/resources/upload/route.ts",
        "app/api/signals/performance/route.ts",
        "app/api/signals/route.ts",
        "app/videos/[id]/page.tsx",
        "src/lib/actions/replay.ts",
        "src/lib/client-onboarding.ts",
        "src/lib/prisma.ts",
    } <= set(CODE)


def test_it_has_the_transactions_that_the_audit_counts() -> None:
    where = [path for path in CODE for _ in re.findall(r"\$transaction\(", (EXAMPLE / path).read_text())]
    assert where == [
        "app/api/admin/signals/import/route.ts",
        *["src/lib/actions/replay.ts"] * 3,
        "src/lib/client-onboarding.ts",
    ]


@pytest.mark.parametrize("path", CODE)
def test_every_file_parses(path: str) -> None:
    broken = [node.start_point for node in nodes(parsed(path), "ERROR")]
    assert not parsed(path).has_error, broken


@pytest.mark.parametrize("path", CODE)
def test_imports_lead_to_files_that_export_the_names(path: str) -> None:
    packages = re.findall(r'"([@\w/-]+)": "\d', (EXAMPLE / "package.json").read_text(encoding="utf-8"))
    for module, names in imports(path):
        own = resolved(module, path)
        if own is not None:
            assert names <= exported(own), f"{own} does not export {names - exported(own)}"
        else:
            assert module.startswith("node:") or any(module == p or module.startswith(f"{p}/") for p in packages), (
                module
            )


@pytest.mark.parametrize("path", CODE)
def test_every_name_that_is_imported_is_used(path: str) -> None:
    source = (EXAMPLE / path).read_text(encoding="utf-8")
    for _, names in imports(path):
        assert not [name for name in names if len(re.findall(rf"\b{re.escape(name)}\b", source)) < 2]


def test_the_code_asks_for_models_and_fields_of_the_schema() -> None:
    known = {name[0].lower() + name[1:]: name for name in models()}
    asked = set()
    for path in CODE:
        for call in nodes(parsed(path), "call_expression"):
            match = re.fullmatch(r"(?:prisma|tx)\.(\w+)\.(\w+)", text(call.child_by_field_name("function")))
            if match is None:
                continue
            assert match[1] in known, f"{path}: {match[0]}"
            assert match[2] in METHODS, f"{path}: {match[0]}"
            asked.add(known[match[1]])
            block = models()[known[match[1]]]
            names = {"_count", *re.findall(r"^  (\w+)\s", block, re.MULTILINE)}
            for keys in re.findall(r"^  @@(?:unique|id)\(\[(.*?)\]\)", block, re.MULTILINE):
                names.add("_".join(re.findall(r"\w+", keys)))
            for key in keys_of(call, {"where", "data", "create", "update", "select", "include", "orderBy"}):
                assert key in names, f"{path}: {match[0]} names {key}, which is no field of {known[match[1]]}"
    assert len(asked) > 30


def keys_of(call: Node, wanted: set[str]) -> Iterator[str]:
    """The keys of the objects that a query's options hold under some names."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None or not arguments.named_children or arguments.named_children[0].type != "object":
        return
    for pair in arguments.named_children[0].named_children:
        value = pair.child_by_field_name("value")
        if text(pair.child_by_field_name("key")) in wanted and value is not None and value.type == "object":
            for entry in value.named_children:
                if entry.type == "pair":
                    yield text(entry.child_by_field_name("key"))
                elif entry.type == "shorthand_property_identifier":
                    yield text(entry)


def test_the_migrations_make_the_tables_and_indexes_of_the_schema() -> None:
    database = sqlite3.connect(":memory:")
    for migration in sorted(EXAMPLE.glob("prisma/migrations/*/migration.sql")):
        database.executescript(migration.read_text(encoding="utf-8"))
    query = "select name from sqlite_master where type = ? and name not like 'sqlite%'"
    assert {name for (name,) in database.execute(query, ("table",))} == set(models())
    indexes = [name for (name,) in database.execute(query, ("index",))]
    assert len([name for name in indexes if name.endswith("_idx")]) == 56
    for table in models():
        columns = {row[1] for row in database.execute(f'pragma table_info("{table}")')}
        fields = re.findall(r"^  (\w+)\s+(\w+)", models()[table], re.MULTILINE)
        assert columns == {name for name, type_ in fields if type_ not in models()}
