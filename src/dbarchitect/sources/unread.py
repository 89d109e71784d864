"""What a project declares its tables with where no reader knows it, and which of its files of SQL tell of no table:
said in words instead of "no tables"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.counted import count
from dbarchitect.sources.discover import Project, SourceFile

_SCRIPTS = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")

_CREATING = r"[`\"']\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?[\w\"\\.]+\s*\("

# Framework, extensions, pattern, what helps besides auditing the database itself.
_SIGNS: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    ("TypeORM or MikroORM", (".ts",), r"^\s*@Entity\(", "a dump of the schema"),
    ("Sequelize", _SCRIPTS, r"\bsequelize\.define\(|\bqueryInterface\.createTable\(", "a dump of the schema"),
    (
        "Knex or Kysely for MySQL or under names that only the program knows",
        _SCRIPTS,
        r"\bschema\s*\.createTable\(",
        "a dump of the schema",
    ),
    ("SQL in the program's text", _SCRIPTS, _CREATING, "a dump of the schema"),
    ("Alembic's migrations alone", (".py",), r"\bop\.create_table\(", "the SQL of `alembic upgrade head --sql`"),
    ("Tortoise ORM", (".py",), r"^\s*(?:from tortoise|import tortoise)\b", "a dump of the schema"),
    ("Peewee", (".py",), r"^\s*(?:from peewee|import peewee)\b", "a dump of the schema"),
    ("Rails", (".rb",), r"^\s*create_table\b", "db/structure.sql (schema_format = :sql)"),
    ("Ecto", (".ex", ".exs"), r"^\s*create\s+table\(", "a dump of the schema"),
    ("JPA", (".java", ".kt"), r"^\s*@Entity\b", "a dump of the schema"),
    ("GORM", (".go",), r"""\bgorm:"|\bgorm\.Model\b""", "a dump of the schema"),
    ("Laravel", (".php",), r"\bSchema::create\(", "the dump of `artisan schema:dump`"),
)


def declared_otherwise(project: Project) -> tuple[Diagnostic, ...]:
    """One Diagnostic for each way of declaring tables that the project uses and nobody here reads."""
    return tuple(_signs(project))


def passed_over(project: Project) -> Iterator[Diagnostic]:
    """What there is to say of the SQL in a project where no tables were found, and of a dump that is no SQL."""
    from dbarchitect.sources.sqlfiles.folders import creates_tables
    from dbarchitect.sources.sqlfiles.text import A_DUMP, is_dump

    files = project.by_suffix(".sql", ".ddl")
    aside = [file for file in files if creates_tables(file)]
    without = [file for file in files if file not in aside]
    if aside:
        which = f"{count(len(aside), 'SQL file')} {'creates' if len(aside) == 1 else 'create'} tables"
        text = f"{which}, by name and place for a trial or an example: name a file to have it read"
        yield Diagnostic(Origin(aside[0].path), text)
    if without:
        which = f"{count(len(without), 'SQL file')} {'creates' if len(without) == 1 else 'create'} no table"
        yield Diagnostic(Origin(without[0].path), which)
    for file in project.files if len(project.files) == 1 else ():
        if is_dump(file.peek() or b""):
            yield Diagnostic(Origin(file.path), A_DUMP)


def _signs(project: Project) -> Iterator[Diagnostic]:
    for framework, suffixes, pattern, help_ in _SIGNS:
        expression = re.compile(pattern.encode(), re.MULTILINE)
        for file in project.by_suffix(*suffixes):
            line = _line_of(file, expression)
            if line is not None:
                text = f"tables are declared here with {framework}, which is not read yet"
                yield Diagnostic(Origin(file.path, line), f"{text}: audit the database itself, or {help_}")
                break


def _line_of(file: SourceFile, expression: re.Pattern[bytes]) -> int | None:
    try:
        raw = file.read_bytes()
    except OSError:
        return None
    match = expression.search(raw)
    return raw.count(b"\n", 0, match.end()) + 1 if match is not None else None
