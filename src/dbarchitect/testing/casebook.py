"""The case-book bench: reads a rule's book of cases, and says what a case must find.

A case book is Markdown. Its first heading names the rule; every `##` heading is a case; prose says why; fenced
blocks hold the input and the expectation (see `docs/extending.md`). Parsing is pure; `projects.py` and `live.py`
read the cases, `bench.py` judges them.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

from dbarchitect.errors import SettingsError

MODEL_LANGUAGES = {"python django": "django", "python sqlalchemy": "sqlalchemy", "prisma": "prisma"}
MIGRATION_TOOLS = ("sql", "sqlite", "prisma", "drizzle", "flyway", "goose", "dbmate", "supabase", "django", "alembic")
_FILE = re.compile(r"^\s*(?:--|#|//)\s*file:\s*(?P<path>\S(?:.*\S)?)\s*+$")
_APPLIED = re.compile(r"^\s*(?:--|#|//)\s*(?P<word>applied|pending)\s*$")
_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<info>[^`\n]*)$")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line of a `finding` or `strength` block: an object, and words that the message must contain."""

    object: str
    words: str = ""

    @classmethod
    def parse(cls, line: str) -> Expectation:
        """Read `OBJECT` or `OBJECT :: words`."""
        object_, _, words = line.partition(" :: ")
        return cls(object_.strip(), words.strip())


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """One file of a `migrations` block; `applied` is None where the block does not say."""

    path: str
    text: str
    applied: bool | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `sql` maps an engine's name, or `` for every engine, to DDL; `models` maps a reader to a file.

    `configured` lists the engines that the project's configuration names, as tables with `engine` (its name) and the
    fields of `ConfiguredEngine`. `settings` are those of the server. `on_a_server` is SQL that only a server can run (a
    state that no schema declares): a case with it is not read by the static reader. `migrations` are the files of a
    history that `tool` runs. `files` are a project's files by path, read as a whole project, models and SQL with them.
    `roles` are those of the server, by name with the fields of `Role`.
    `drift` says where models, migrations and database differ, and which of them were compared; `applied` lists, by
    tool, what a live database has written down as run.
    """

    book: Path
    title: str
    line: int
    sql: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)
    configured: dict[str, object] = field(default_factory=dict)
    findings: tuple[Expectation, ...] = ()
    strengths: tuple[Expectation, ...] = ()
    settings: dict[str, object] = field(default_factory=dict)
    on_a_server: str = ""
    migrations: tuple[MigrationFile, ...] = ()
    tool: str = "sql"
    files: dict[str, str] = field(default_factory=dict)
    drift: dict[str, object] = field(default_factory=dict)
    applied: dict[str, object] = field(default_factory=dict)
    roles: tuple[tuple[str, dict[str, object]], ...] = ()

    @property
    def name(self) -> str:
        """The title as an identifier, for a test's name."""
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")

    def ddl(self, engine: str) -> str | None:
        """The DDL for an engine, None where the case does not run on it."""
        return self.sql.get(engine, self.sql.get(""))


@dataclass(frozen=True, slots=True)
class CaseBook:
    """A rule's cases."""

    path: Path
    rule: str
    cases: tuple[Case, ...]


def read_case_book(path: Path) -> CaseBook:
    """Read a case book. Raises `SettingsError` that names file and line where it is not one."""
    rule, title, title_line = "", "", 0
    blocks: list[tuple[str, str, int]] = []
    cases: list[Case] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if fence := _FENCE.match(line):
            start = number
            while number < len(lines) and lines[number].strip() != fence["fence"]:
                number += 1
            blocks.append((fence["info"].strip(), "\n".join(lines[start:number]) + "\n", start))
            number += 1
        elif line.startswith("# ") and not rule:
            rule = line[2:].strip()
        elif line.startswith("## "):
            if title:
                cases.append(_case(path, title, title_line, blocks))
            title, title_line, blocks = line[3:].strip(), number, []
    if title:
        cases.append(_case(path, title, title_line, blocks))
    if not rule or not cases:
        raise SettingsError(f"{path}: a case book has a `# rule-name` heading and at least one `## case`")
    return CaseBook(path, rule, tuple(cases))


def _case(path: Path, title: str, line: int, blocks: list[tuple[str, str, int]]) -> Case:
    case = Case(path, title, line)
    expectations: dict[str, tuple[Expectation, ...]] = {"finding": (), "strength": ()}
    migrations: tuple[MigrationFile, ...] = ()
    tool = "sql"
    on_a_server = ""
    roles: dict[str, object] = {}
    for info, text, at in blocks:
        words = info.split()
        if info == "sql server":
            on_a_server = text
        elif info == "sql" or (len(words) == 2 and words[0] == "sql"):
            case.sql[words[1] if len(words) == 2 else ""] = text
        elif len(words) == 2 and words[0] == "file":
            case.files[words[1]] = text
        elif info in MODEL_LANGUAGES:
            case.models[MODEL_LANGUAGES[info]] = text
        elif words and words[0] == "migrations" and len(words) <= 2:
            tool = words[1] if len(words) == 2 else "sql"
            migrations = _migration_files(text, f"{path}:{at}")
            if tool not in MIGRATION_TOOLS:
                raise SettingsError(f"{path}:{at}: migrations of {tool!r} are not known")
        elif info in {"facts", "options", "configured", "settings", "drift", "roles", "applied"}:
            written = {
                "facts": case.facts,
                "options": case.options,
                "configured": case.configured,
                "settings": case.settings,
                "drift": case.drift,
                "applied": case.applied,
                "roles": roles,
            }[info]
            try:
                written.update(tomllib.loads(text))
            except tomllib.TOMLDecodeError as error:
                raise SettingsError(f"{path}:{at}: {error}") from error
        elif info in expectations:
            lines = (part for part in text.splitlines() if part.strip())
            expectations[info] = tuple(Expectation.parse(part) for part in lines)
        elif info and info != "text":
            raise SettingsError(f"{path}:{at}: unknown block {info!r}")
    if case.settings and not case.sql and not case.models:
        case.sql[""] = ""  # a server is judged, whatever its schema
    if not case.sql and not case.models and not migrations and not case.files:
        raise SettingsError(f"{path}:{line}: the case {title!r} has no input")
    return Case(
        path,
        title,
        line,
        case.sql,
        case.models,
        case.facts,
        case.options,
        case.configured,
        expectations["finding"],
        expectations["strength"],
        case.settings,
        on_a_server,
        migrations,
        tool,
        case.files,
        case.drift,
        case.applied,
        tuple((name, fields) for name, fields in roles.items() if isinstance(fields, dict)),
    )


def _migration_files(text: str, where: str) -> tuple[MigrationFile, ...]:
    """The files of a block: each begins with `-- file: PATH` (`# file:` in Python), and may say whether it has run."""
    files: list[MigrationFile] = []
    lines: list[str] = []

    def close() -> None:
        if files:
            files[-1] = replace(files[-1], text="\n".join(lines) + "\n")
        lines.clear()

    for line in text.splitlines():
        begins, says = _FILE.match(line), _APPLIED.match(line)
        if begins is not None:
            close()
            files.append(MigrationFile(begins["path"], ""))
        elif says is not None and files and not any(part.strip() for part in lines):
            files[-1] = replace(files[-1], applied=says["word"] == "applied")
        elif files:
            lines.append(line)
        elif line.strip():
            raise SettingsError(f"{where}: a migrations block begins with `-- file: NAME`")
    close()
    return tuple(files)
