"""The example `mediamanager` cannot be run without Node: it is held to what can be told by reading it.

Its files parse, its imports lead to what is there, what it asks of its storage exists, and the one migration makes what
the schema declares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
import tree_sitter_typescript
from psycopg.errors import ForeignKeyViolation
from tree_sitter import Language, Node, Parser

from dbarchitect.catalog.drift import Side
from dbarchitect.catalog.objects import Catalog
from dbarchitect.shadow import Shadow
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.drift import compare
from dbarchitect.sources.drizzle.reader import DrizzleReader
from dbarchitect.sources.sqlfiles.reader import SqlFilesReader

EXAMPLE = Path(__file__).parents[2] / "examples" / "mediamanager"
FILES = sorted(
    path.relative_to(EXAMPLE).as_posix() for path in EXAMPLE.rglob("*.ts*") if path.suffix in {".ts", ".tsx"}
)
ALIASES = {"@/": "client/src/", "@shared/": "shared/"}
DECLARED = {"function_declaration", "class_declaration", "type_alias_declaration", "interface_declaration"}


def of_kind(node: Node, *kinds: str) -> Iterator[Node]:
    """The nodes of some kinds at and below a node."""
    if node.type in kinds:
        yield node
    for child in node.children:
        yield from of_kind(child, *kinds)


def text(node: Node | None) -> str:
    assert node is not None and node.text is not None
    return node.text.decode()


@cache
def parsed(path: str) -> Node:
    make = tree_sitter_typescript.language_tsx if path.endswith("x") else tree_sitter_typescript.language_typescript
    return Parser(Language(make())).parse((EXAMPLE / path).read_bytes()).root_node


@cache
def exports(path: str) -> frozenset[str]:
    """The names that a module exports."""
    names = set()
    for statement in of_kind(parsed(path), "export_statement"):
        for child in statement.children:
            if child.type in DECLARED:
                names.add(text(child.child_by_field_name("name")))
            for declared in of_kind(child, "variable_declarator") if child.type == "lexical_declaration" else ():
                names.add(text(declared.child_by_field_name("name")))
            if child.type == "default":
                names.add("default")
    return frozenset(names)


def imports(path: str) -> Iterator[tuple[str, str, str]]:
    """What a module imports: from where, by which name there, and by which name here."""
    for statement in of_kind(parsed(path), "import_statement"):
        source = text(statement.child_by_field_name("source")).strip('"')
        for clause in (child for child in statement.children if child.type == "import_clause"):
            for child in clause.children:
                if child.type == "identifier":
                    yield source, "default", text(child)
                elif child.type == "namespace_import":
                    yield source, "*", text(child.children[-1])
            for one in of_kind(clause, "import_specifier"):
                name = text(one.child_by_field_name("name"))
                alias = one.child_by_field_name("alias")
                yield source, name, text(alias) if alias is not None else name


def module_of(path: str, source: str) -> str | None:
    """The file that a specifier leads to; None for a package."""
    for alias, folder in ALIASES.items():
        if source.startswith(alias):
            source = folder + source.removeprefix(alias)
            break
    else:
        if not source.startswith("."):
            return None
        source = (EXAMPLE / path).parent.joinpath(source).resolve().relative_to(EXAMPLE.resolve()).as_posix()
    found = [name for end in (".ts", ".tsx", "/index.ts") if (name := source + end) in FILES]
    assert len(found) == 1, f"{path}: {source} is no module"
    return found[0]


@cache
def declared() -> Catalog:
    """The schema, as our reader of Drizzle sees it."""
    (reading,) = DrizzleReader().read(open_project(EXAMPLE))
    assert not reading.diagnostics, reading.diagnostics
    return reading.catalog


@cache
def migrated() -> Catalog:
    """What the migration makes, as our reader of SQL sees it."""
    (reading,) = SqlFilesReader().read(open_project(EXAMPLE))
    assert not reading.diagnostics, reading.diagnostics
    return reading.catalog


@pytest.mark.parametrize("path", FILES)
def test_a_file_parses(path: str) -> None:
    assert not parsed(path).has_error


@pytest.mark.parametrize("path", FILES)
def test_what_a_file_imports_is_there_and_is_used(path: str) -> None:
    package = json.loads((EXAMPLE / "package.json").read_text())
    installed = package["dependencies"] | package["devDependencies"]
    names = [
        text(node) for node in of_kind(parsed(path), "identifier", "type_identifier", "shorthand_property_identifier")
    ]
    for source, name, here in imports(path):
        module = module_of(path, source)
        if module is None:
            wanted = "/".join(source.split("/")[: 2 if source.startswith("@") else 1])
            assert source.startswith("node:") or wanted in installed, f"{source} is not installed"
        elif name != "*":
            assert name in exports(module), f"{module} exports no {name}"
        assert names.count(here) > 1, f"{here} is imported and not used"


def test_what_is_asked_of_the_storage_exists_and_all_of_it_is_asked_for() -> None:
    (storage,) = of_kind(parsed("server/storage.ts"), "class_declaration")
    methods = {text(node.child_by_field_name("name")) for node in of_kind(storage, "method_definition")}
    asked = {
        name for path in FILES for name in re.findall(r"\b(?:storage|this)\.(\w+)\(", (EXAMPLE / path).read_text())
    }
    assert asked == methods


def test_there_are_seventeen_tables_and_the_audits_are_among_them() -> None:
    audited = """users sessions password_history campaigns posts content_library ai_suggestions credit_transactions
    subscription_plans referrals analytics content_feedback admin_actions"""
    tables = {table.name for table in declared().tables}
    assert len(tables) == 17
    assert set(audited.split()) <= tables


def test_the_one_migration_makes_what_the_schema_declares() -> None:
    assert [path.name for path in (EXAMPLE / "migrations").glob("*.sql")] == ["0000_initial.sql"]
    columns = [
        {table.name: [(column.name, str(column.type), column.nullable) for column in table.ordered_columns]
         for table in catalog.tables}
        for catalog in (declared(), migrated())
    ]  # fmt: skip
    assert columns[0] == columns[1]
    assert compare(declared(), Side.MODELS, migrated(), Side.MIGRATIONS) == ()


def test_the_server_takes_the_migration_and_has_the_audits_faults(postgresql: Shadow) -> None:
    """Credits fall below zero, any text is a platform, what is not in the library is referred to, and a campaign cannot
    be deleted while it has posts; an account can."""
    with psycopg.connect(postgresql.database(), autocommit=True) as connection:
        for statement in (EXAMPLE / "migrations" / "0000_initial.sql").read_text().split("--> statement-breakpoint"):
            connection.execute(statement)
        connection.execute(
            """
            with one as (insert into users (email, password_hash, referral_code, credits)
              values ('ann@example.com', '', 'ANN', -10) returning id),
            its as (insert into campaigns (user_id, name) select id, 'spring' from one returning id, user_id)
            insert into posts (user_id, campaign_id, content_library_id, platform, title, content)
              select user_id, id, gen_random_uuid(), 'anywhere', '', '' from its
            """
        )
        with pytest.raises(ForeignKeyViolation):
            connection.execute("delete from campaigns")
        connection.execute("delete from users")
        assert connection.execute("select count(*) from posts").fetchone() == (0,)
