"""Which files of a project make one Prisma schema, and which schemas are the same application's for another database.

A file with a `datasource` is the root of a schema; files without one belong to the nearest root above them, else to the
only root of their package, as Prisma's multi-file schemas have it. Two roots of one package that declare the same
models are variants (one for PostgreSQL, one for MySQL; yesterday's copy): one of them is read.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.discover import Project, SourceFile
from dbarchitect.sources.prisma.parse import SchemaFile, parse
from dbarchitect.sources.prisma.syntax import Block, text_of

_SAME = 0.6
"""The share of common models from which two schemas of a package are variants of one."""
_PREFERRED = {"postgresql": 0, "postgres": 0, "cockroachdb": 1, "mysql": 2, "sqlite": 3}
_CONFIGURED = re.compile(
    r"""\bschema\s*:\s*(?:[\w.]*\b(?:join|resolve)\(\s*+(?P<parts>[^)]{0,500})\)|["'`](?P<plain>[^"'`$]+)["'`])"""
)
_OPTION = re.compile(r"--schema[= ]+['\"]?(?P<path>[^\s'\"]+\.prisma|[^\s'\"]+)")


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema: its files, the root first, and the package that it belongs to ('' for the project's root).

    `variants` are the schemas of the same application for other databases, which are not read.
    """

    files: tuple[SchemaFile, ...]
    package: str
    variants: tuple[Schema, ...] = ()

    @property
    def root(self) -> str:
        """The path of the first file."""
        return self.files[0].path

    @property
    def folder(self) -> str:
        """The folder of the first file."""
        return posixpath.dirname(self.root)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of all files."""
        return tuple(block for file in self.files for block in file.blocks)

    @property
    def datasource(self) -> Block | None:
        """The datasource block, if there is one."""
        return next((block for block in self.blocks if block.kind == "datasource"), None)

    @property
    def models(self) -> frozenset[str]:
        """The names of its models."""
        return frozenset(block.name for block in self.blocks if block.kind == "model")


def find_schemas(project: Project) -> tuple[tuple[Schema, ...], tuple[Diagnostic, ...]]:
    """The schemas of a project, and the files that could not be read."""
    parsed: list[SchemaFile] = []
    problems: list[Diagnostic] = []
    for file in project.by_suffix(".prisma"):
        try:
            parsed.append(parse(file.read_bytes(), file.path))
        except OSError as error:
            problems.append(Diagnostic(Origin(file.path), f"cannot be read: {error.strerror or type(error).__name__}"))
    problems += [problem for file in parsed if not file.blocks for problem in file.diagnostics]
    packages = {posixpath.dirname(file.path) for file in project.named("package.json")}
    grouped = [Schema(tuple(files), _package(files[0].path, packages)) for files in _grouped(parsed, packages)]
    wanted = set(_configured(project))
    return tuple(_without_variants(grouped, wanted)), tuple(problems)


def _grouped(files: list[SchemaFile], packages: set[str]) -> Iterator[list[SchemaFile]]:
    """The files of each schema, its root first."""
    roots = [file for file in files if any(block.kind == "datasource" for block in file.blocks)]
    groups = {root.path: [root] for root in roots}
    orphans: dict[str, list[SchemaFile]] = {}
    for file in files:
        if file.path in groups or not file.blocks:
            continue
        owner = _owner(file, roots) or _only_root(file, roots, packages)
        if owner is not None:
            groups[owner.path].append(file)
        else:
            orphans.setdefault(_package(file.path, packages), []).append(file)
    yield from groups.values()
    yield from orphans.values()


def _owner(file: SchemaFile, roots: list[SchemaFile]) -> SchemaFile | None:
    """The root in the same folder or the nearest one above; of several there, the one called schema.prisma."""
    above = [root for root in roots if _is_within(file.path, posixpath.dirname(root.path))]
    return max(above, key=lambda r: (posixpath.dirname(r.path).count("/"), len(posixpath.dirname(r.path)),
                                     posixpath.basename(r.path) == "schema.prisma"), default=None)  # fmt: skip


def _only_root(file: SchemaFile, roots: list[SchemaFile], packages: set[str]) -> SchemaFile | None:
    """The one root of the file's package, wherever in it the two lie."""
    home = _package(file.path, packages)
    there = [root for root in roots if _package(root.path, packages) == home]
    return there[0] if len(there) == 1 else None


def _is_within(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _package(path: str, packages: set[str]) -> str:
    """The nearest folder above with a package.json; without any, the folder that holds the `prisma` folder."""
    folder = posixpath.dirname(path)
    while folder and folder not in packages:
        folder = posixpath.dirname(folder)
    if folder or "" in packages:
        return folder
    parts = posixpath.dirname(path).split("/")
    return "/".join(parts[: parts.index("prisma")]) if "prisma" in parts else posixpath.dirname(path)


def _configured(project: Project) -> Iterator[str]:
    """The files and folders that package.json, its scripts or prisma.config.ts name as the schema."""
    for file in project.files:
        folder = posixpath.dirname(file.path)
        if file.name == "package.json":
            for named in _named_in_package(file):
                yield posixpath.normpath(posixpath.join(folder, named))
        elif re.fullmatch(r"prisma\.config\.[cm]?[jt]s", file.name):
            for named in _named_in_code(_text(file)):
                yield posixpath.normpath(posixpath.join(folder, named))


def _text(file: SourceFile) -> str:
    try:
        return file.text()
    except (OSError, UnicodeDecodeError):
        return ""


def _named_in_package(file: SourceFile) -> Iterator[str]:
    data = package_of(file)
    prisma, scripts = data.get("prisma"), data.get("scripts")
    if isinstance(prisma, dict) and isinstance(prisma.get("schema"), str):
        yield prisma["schema"]
    if isinstance(scripts, dict):
        for script in scripts.values():
            if isinstance(script, str) and "prisma" in script:
                yield from (match["path"] for match in _OPTION.finditer(script))


def package_of(file: SourceFile) -> Mapping[str, object]:
    """The content of a package.json, empty where it cannot be read."""
    try:
        data = json.loads(_text(file))
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _named_in_code(text: str) -> Iterator[str]:
    for match in _CONFIGURED.finditer(text):
        if match["plain"] is not None:
            yield match["plain"]
        else:
            yield posixpath.join(*re.findall(r"""["'`]([^"'`]+)["'`]""", match["parts"]) or [""])


def _without_variants(schemas: Iterable[Schema], wanted: set[str]) -> Iterator[Schema]:
    remaining = sorted(schemas, key=lambda schema: _preference(schema, wanted))
    while remaining:
        best, *rest = remaining
        variants = tuple(schema for schema in rest if schema.package == best.package and _is_variant(best, schema))
        yield Schema(best.files, best.package, variants)
        remaining = [schema for schema in rest if schema not in variants]


def _is_variant(one: Schema, other: Schema) -> bool:
    common, fewer = len(one.models & other.models), min(len(one.models), len(other.models))
    return fewer > 0 and common / fewer >= _SAME


def _preference(schema: Schema, wanted: set[str]) -> tuple[bool, int, bool, str]:
    """The configured one first, then the one for the best database, then the one with the usual name."""
    named = schema.root in wanted or schema.folder in wanted
    provider = schema.datasource.setting("provider") if schema.datasource is not None else None
    name = text_of(provider.value) if provider is not None else None
    usual = posixpath.basename(schema.root) == "schema.prisma"
    return (not named, _PREFERRED.get(name or "", 4), not usual, schema.root)
