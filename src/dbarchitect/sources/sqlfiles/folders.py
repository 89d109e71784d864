"""Finds the sets of SQL files in a project that belong together: folders of migrations, and schema files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.sqlfiles.dialects import NAMES, dialect_of_configuration, dialect_of_path
from dbarchitect.sources.sqlfiles.order import MIGRATION_NAME, VERSION_FOLDER, in_order, leads_back
from dbarchitect.sources.sqlfiles.text import in_utf8
from dbarchitect.sources.sqlfiles.tools import SNAPSHOT, TELLING, tool_of

_CREATES = re.compile(rb"\bCREATE\s+(?:UNLOGGED\s+|VIRTUAL\s+|FOREIGN\s+)?TABLE\b", re.IGNORECASE)
_TAKES_AWAY = re.compile(rb"\b(?:DROP|TRUNCATE|DELETE\s+FROM)\b", re.IGNORECASE)
_BRINGS = re.compile(
    rb"^[^\S\n]*+(?:CREATE|INSERT|GRANT|COMMENT\s+ON)\b|\b(?:ADD|RENAME|SET)\b", re.IGNORECASE | re.MULTILINE
)
_UNWRAPPED = re.compile(
    r"^[^\S\n]*+(?:run_in_transaction|(?:flyway\.)?executeInTransaction)\s*+=\s*+false\b", re.MULTILINE | re.IGNORECASE
)
_CONFIGURATIONS = ("migration_lock.toml", "_journal.json")
_PROJECT_CONFIGURATIONS = re.compile(r"(?:drizzle\.config\.\w+|sqlc\.(?:ya?ml|json))\Z")
_DATA_NAMES = re.compile(
    r"(?:.*[._-])?(?:seeds?|fixtures?|samples?|demo|testdata|queries|query|tests?)(?:[._-].*)?\.sql\Z"
)
_DATA_FOLDERS = frozenset(
    {"queries", "query", "seeds", "seed", "fixtures", "benchmark", "benchmarks", "examples", "docs", "doc",
     "documentation", "tutorial", "tutorials", "exercises", "playground", "sandbox",
     "upgrade", "upgrades", "updates", "patches"}
)  # fmt: skip

# What the place of a schema is called, file or folder. A lone table elsewhere is some script's own.
_SCHEMA_WORDS = re.compile(
    r"(?:^|[^a-z])(?:schema|structure|init|create|ddl|dump|tables?|database|db|setup|install|model|baseline|sql|supabase)"
)
_ENOUGH_TABLES = 3
_MANY = 20  # files: of so many, only those that create tables are taken for the schema

# Folders that hold a schema without being an application of their own.
_HOLDERS = frozenset(
    {"migrations", "migration", "migrate", "db", "database", "databases", "sql", "schema", "schemas", "supabase",
     "drizzle", "prisma", "resources", "main", "src", "deploy", "ddl", "versions", "store", "storage", "data",
     "scripts", "internal", "pkg", "tables", "init", "initdb", "docker-entrypoint-initdb.d", "docker", "up", *NAMES}
)  # fmt: skip

# What holds the packages of a monorepo: a folder directly below is an application whatever it is called.
_CONTAINERS = tuple([name] for name in ("packages", "internal-packages", "apps", "services", "libs", "projects"))


@dataclass(frozen=True)
class FileSet:
    """Files that make one schema when replayed in this order.

    `folder` is where they lie; `ordered` is True for migrations, False for schema files without an order of their
    own. `dialect` and `configured_by` are set where configuration or a name states the dialect. The first `given` files
    are a schema that the migrations go on from. `members` are all files found, those that lead back too; `journal` is
    the path of Drizzle's journal; `tool` is what runs the migrations, `tool_version` its major version; `unwrapped` are
    the paths of those that its configuration takes out of the transaction.
    """

    folder: str
    files: tuple[SourceFile, ...]
    ordered: bool
    dialect: str | None = None
    configured_by: str | None = None
    version: str | None = None
    hosted_by: str | None = None
    given: int = 0
    members: tuple[SourceFile, ...] = ()
    journal: str | None = None
    journal_text: str = ""
    tool: str = "sql"
    tool_version: int | None = None
    unwrapped: frozenset[str] = frozenset()

    @property
    def application_path(self) -> str:
        """The folder of the application that the schema is part of."""
        parts = [part for part in self.folder.split("/") if part]
        while parts and parts[-1].lower() in _HOLDERS and parts[-2:-1] not in _CONTAINERS:
            parts.pop()
        return "/".join(parts) or "."


def find_sets(project: Project, claimed: Sequence[str] = ()) -> list[FileSet]:
    """The sets that create tables, outside the claimed folders, sorted by folder."""
    files = [f for f in project.by_suffix(".sql", ".ddl") if not _is_below(f.path, claimed)]
    journals = {f.path.rpartition("/meta/")[0]: f for f in project.named("_journal.json") if "/meta/" in f"/{f.path}"}
    plans = {f.path.rpartition("/")[0]: f for f in project.named("sqitch.plan")}
    found = []
    for (folder, ordered), members in _grouped(files, journals, plans).items():
        journal, plan = journals.get(folder), _plan_of(folder, plans)
        forward = in_order(members, _text(journal) if journal else None, _text(plan) if plan else None)
        if not ordered:
            forward = [f for f in forward if not _clears(f)]
        creating = [f for f in forward if creates_tables(f)]
        named = len(project.files) == 1  # a file that the user names is read whatever it is called
        if not creating or not (ordered or named or _is_schema(forward)):
            continue
        kept = forward if ordered or len(forward) < _MANY else creating
        stated, by = _stated_dialect(project, folder, kept)
        for dialect, variant in _variants(kept, ordered=ordered):
            made = FileSet(folder, tuple(variant), ordered, dialect or stated, None if dialect else by)
            if ordered:
                made = _with_tool(made, members, journal, plan, _names_above(project, folder, members[0]))
                made = replace(made, unwrapped=_unwrapped(project, made))
            found.append(_on_supabase(project, made))
    return sorted(found, key=lambda s: (s.folder, not s.ordered))


def _with_tool(
    found: FileSet,
    members: Sequence[SourceFile],
    journal: SourceFile | None,
    plan: SourceFile | None,
    beside: frozenset[str] = frozenset(),
) -> FileSet:
    paths = [file.path for file in members]
    contents = (_text(file).encode() for file in found.files[:1])
    return replace(
        found,
        members=tuple(members),
        journal=journal.path if journal is not None else None,
        journal_text=_text(journal) if journal is not None else "",
        tool=tool_of(paths, contents, journal=journal is not None, plan=plan is not None, beside=beside),
    )


def _unwrapped(project: Project, found: FileSet) -> frozenset[str]:
    """The migrations that Diesel's `metadata.toml` or Flyway's script configuration runs without a transaction."""
    paths: set[str] = set()
    for file in found.files:
        folder = file.path.rpartition("/")[0]
        beside = f"{folder}/metadata.toml" if found.tool == "diesel" else f"{file.path}.conf"
        said = project.get(beside) if found.tool in {"diesel", "flyway"} else None
        if said is not None and _UNWRAPPED.search(_text(said)):
            paths.add(file.path)
    return frozenset(paths)


def _names_above(project: Project, folder: str, member: SourceFile) -> frozenset[str]:
    """Which of the files that tell the tool lie beside one of the migrations, in their folder or above it."""
    beside = f"{member.path.rpartition('/')[0]}/{SNAPSHOT}"
    found = {SNAPSHOT} if project.get(beside) is not None else set()
    while True:
        found |= {name for name in TELLING if project.get(f"{folder}/{name}" if folder else name) is not None}
        if not folder:
            return frozenset(found)
        folder = folder.rpartition("/")[0]


def _grouped(
    files: Sequence[SourceFile], journals: Container[str], plans: Mapping[str, SourceFile]
) -> dict[tuple[str, bool], list[SourceFile]]:
    """The files by the folder that their set lies in, and by whether they are migrations."""
    groups: dict[tuple[str, bool], list[SourceFile]] = defaultdict(list)
    numbered = _folders_of_migrations(files)
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if name in {"migration.sql", "up.sql", "down.sql"} and folder:
            groups[folder.rpartition("/")[0], True].append(file)
        elif folder in journals or folder in numbered or _plan_of(folder, plans) is not None:
            groups[_without_version(folder), True].append(file)
        elif len(files) == 1 or not _is_data(file):
            groups[folder, False].append(file)
    return groups


def _variants(files: Sequence[SourceFile], *, ordered: bool) -> list[tuple[str | None, list[SourceFile]]]:
    """The files once for each dialect that their names tell apart, with those that are for all dialects."""
    dialects = {file.path: _dialect_of_name(file.name, ordered=ordered) for file in files}
    named = sorted({d for d in dialects.values() if d is not None})
    if len(named) < 2:
        return [(None, list(files))]
    variants: list[tuple[str | None, list[SourceFile]]] = []
    for dialect in named:
        own = {_common_name(f.name) for f in files if dialects[f.path] == dialect}
        shared = [f for f in files if dialects[f.path] is None and _common_name(f.name) not in own]
        variants.append((dialect, [f for f in files if f in shared or dialects[f.path] == dialect]))
    return variants


def _dialect_of_name(name: str, *, ordered: bool) -> str | None:
    """The dialect of `0001_init.sqlite3.up.sql` and `schema_mysql.sql`; in a migration's name a word says nothing."""
    parts = name.lower().split(".")
    words = parts[1:] if ordered else [*parts[1:], re.split(r"[_-]", parts[0])[-1]]
    return next((NAMES[word] for word in words if word in NAMES), None)


def _common_name(name: str) -> str:
    return ".".join(part for part in re.split(r"[._\-]", name.lower()) if part not in NAMES)


def set_of(files: Sequence[SourceFile], dialect: str | None = None) -> FileSet:
    """The set that these files make, whose order their names and a journal among them tell."""
    sql = [f for f in files if f.suffix in {".sql", ".ddl"}]
    journal = next((f for f in files if f.name == "_journal.json"), None)
    folder = _common_folder([f.path for f in sql])
    stated = next((f for f in files if f.name in _CONFIGURATIONS and _configured(f) is not None), None)
    if dialect is None and stated is not None:
        dialect = _configured(stated)
    forward = in_order(sql, _text(journal) if journal else None)
    ordered = any(MIGRATION_NAME.match(f.name) or f.name in {"migration.sql", "up.sql"} for f in sql)
    made = FileSet(folder, tuple(forward), ordered, dialect, stated.path if stated else None)
    return _with_tool(made, sql, journal, None) if ordered else made


def _common_folder(paths: Sequence[str]) -> str:
    split = [path.split("/")[:-1] for path in paths]
    shared: list[str] = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared)


def _is_below(path: str, claimed: Sequence[str]) -> bool:
    return any(prefix in {".", ""} or path == prefix or path.startswith(prefix.rstrip("/") + "/") for prefix in claimed)


def _folders_of_migrations(files: Iterable[SourceFile]) -> set[str]:
    """The folders most of whose files are numbered."""
    names: dict[str, list[bool]] = defaultdict(list)
    for file in files:
        folder, _, name = file.path.rpartition("/")
        names[folder].append(MIGRATION_NAME.match(name) is not None or leads_back(file.path))
    return {folder for folder, numbered in names.items() if sum(numbered) * 2 > len(numbered)}


def _without_version(folder: str) -> str:
    """The folder of all versions, where each has a folder of its own."""
    above, _, last = folder.rpartition("/")
    return above if VERSION_FOLDER.fullmatch(last) and above else folder


def _plan_of(folder: str, plans: Mapping[str, SourceFile]) -> SourceFile | None:
    """Sqitch keeps its plan beside the folder `deploy`."""
    above, _, last = folder.rpartition("/")
    return plans.get(above) if last == "deploy" else None


def _is_data(file: SourceFile) -> bool:
    *folders, name = file.path.lower().split("/")
    return _DATA_NAMES.match(name) is not None or bool(_DATA_FOLDERS & set(folders))


def creates_tables(file: SourceFile) -> bool:
    """Whether the words that create a table stand in a file."""
    try:
        return _CREATES.search(in_utf8(file.read_bytes())) is not None
    except OSError:
        return False


def _clears(file: SourceFile) -> bool:
    """Whether a file only takes away what others make (`drop_tables.sql`): somebody runs it to begin anew."""
    try:
        text = in_utf8(file.read_bytes())
    except OSError:
        return False
    return _TAKES_AWAY.search(text) is not None and _BRINGS.search(text) is None


def _is_schema(files: Sequence[SourceFile]) -> bool:
    """Whether files without an order hold an application's schema, by what they are called or how much they create."""
    if any(_SCHEMA_WORDS.search(f"/{f.path}".lower().rpartition(".")[0]) for f in files):
        return True
    return sum(_count_tables(f) for f in files) >= _ENOUGH_TABLES


def _count_tables(file: SourceFile) -> int:
    try:
        return len(_CREATES.findall(in_utf8(file.read_bytes())))
    except OSError:
        return 0


def _text(file: SourceFile) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _configured(file: SourceFile) -> str | None:
    return dialect_of_configuration(file.name, _text(file))


def _stated_dialect(project: Project, folder: str, files: Sequence[SourceFile]) -> tuple[str | None, str | None]:
    """What configuration beside the files or above them says of their dialect, else what folders are called."""
    for place in (f"{folder}/migration_lock.toml", f"{folder}/meta/_journal.json"):
        file = project.get(place.lstrip("/"))
        dialect = _configured(file) if file is not None else None
        if file is not None and dialect is not None:
            return dialect, file.path
    above = folder
    while True:
        beside = [f for f in _directly_in(project, above) if _PROJECT_CONFIGURATIONS.match(f.name)]
        for file in beside:
            dialect = _configured(file)
            if dialect is not None:
                return dialect, file.path
        if not above:
            break
        above = above.rpartition("/")[0]
    named = dialect_of_path(folder)
    if named is None and len(files) == 1:
        named = _dialect_of_name(files[0].name, ordered=False)
    return named, None


def _on_supabase(project: Project, found: FileSet) -> FileSet:
    """The set with the server that the configuration of a Supabase project describes, where it lies in one."""
    parts = found.folder.split("/")
    if "supabase" not in parts:
        return found
    home = "/".join(parts[: parts.index("supabase") + 1])
    file = project.get(f"{home}/config.toml")
    if file is None:
        return found
    stated = re.search(r"^[^\S\n]*+major_version\s*+=\s*+(\d+)", _text(file), re.MULTILINE)
    version = stated[1] if stated else None
    return replace(found, dialect="postgresql", configured_by=file.path, version=version, hosted_by="supabase")


def _directly_in(project: Project, folder: str) -> list[SourceFile]:
    return [
        f
        for name in (
            "drizzle.config.ts",
            "drizzle.config.js",
            "drizzle.config.mjs",
            "sqlc.yaml",
            "sqlc.yml",
            "sqlc.json",
        )
        if (f := project.get(f"{folder}/{name}" if folder else name)) is not None
    ]
