"""How a change of the schema gets to production: migrations that CI has run before, or a push past them.

Django's test runner makes its database by running every migration: a workflow that runs the tests has tested them. For
the others a command must be seen, in the workflow itself or in what it calls (a script, a Makefile, the tests' own
fixtures).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISREG

from dbarchitect.catalog.deployment import Ground, Practice, Sign
from dbarchitect.sources.consulted import note_outside
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.places import Found
from dbarchitect.sources.discover import Project
from dbarchitect.sources.state import marks_below

_MIGRATES = re.compile(
    r"manage\.py\s+(?:migrate|makemigrations)\b|\bdjango-admin\s+migrate\b|\balembic\b[^\n|&;]{0,200}\b(?:upgrade"
    r"|check)\b|\bflask\s+(?:--app\s+\S+\s+)?db\s+(?:upgrade|check)\b"
    r"|\bprisma\s+migrate\s+(?:deploy|diff|status|dev|reset)\b|\bdrizzle-kit\s+(?:migrate|check)\b|\b(?:knex"
    r"|sequelize|typeorm|mikro-orm)\b[^\n]{0,200}\bmigrat|\bdb:migrate\b|\bmigrate:(?:deploy|dev|up|latest|run|reset)\b"
    r"|\bdbmate\s+up\b|\bflyway\s+migrate\b|\batlas\s+migrate\b|\bgoose\b[^\n]{0,200}\bup\b|\bsqitch\s+deploy\b"
    r"|\brun[-_ ]?migrations?\b|\b(?:db[-_:])?migrate(?:[-_:]?(?:db|test|prod|check))?\b(?=[^\n]{0,200}$)"
    r"|\bupgrade_db\b|\bdb[-_]upgrade\b|\bpytest-alembic\b"
    r"|\bsupabase\s+(?:db\s+(?:reset|start|push)|start)\b|\bmigrations?[-_ ]?(?:check|test|lint)"
    r"|\bcheck[-_ ]?migrations?\b",
    re.MULTILINE,
)
_DJANGO_TESTS = re.compile(
    r"manage\.py\s+test\b|\bpytest\b|\bpy\.test\b|\btox\b|\bnox\b|\bcoverage\s+run\b|\bmake\s+[\w-]*(?:test|check"
    r"|ci)|\bhatch\b|\bjust\s+[\w-]*test|\brun_?tests?\b|\bruntests\b|\btest(?:s|ing)?\b[^\n]{0,200}$",
    re.MULTILINE,
)
_CALLS = re.compile(
    r"\b(?:make|tox|nox|just|task|npm|pnpm|yarn|bun|docker[ -]compose|docker\s+(?:build|run)|invoke|inv|hatch|poe"
    r"|bash|sh|\./[\w./-]+|turbo|nx|uv\s+run)\b"
)
_TESTS_JOB = re.compile(
    r"\b(?:pytest|test|tox|jest|vitest|unittest|nox|playwright|cypress)\b(?!:\s*$|\.ya?ml)",
    re.IGNORECASE | re.MULTILINE,
)
_IN_TESTS = re.compile(
    rb"\balembic\b[^\n]{0,200}|command\.upgrade|upgrade\(|run_migrations|migrate\(|migrate\s+deploy|\bdb\s+push\b"
    rb"|flask_migrate"
)
_PUSH = re.compile(r"\b(?:prisma\s+db\s+push|drizzle-kit\s+push(?::\w+)?)\b(?P<rest>[^\n\"']*)")
PRODUCTION_SCRIPTS = frozenset(
    {"build", "start", "prestart", "postinstall", "vercel-build", "deploy", "release", "postbuild", "prebuild",
        "heroku-postbuild",
     "predeploy", "postdeploy", "start:prod", "build:prod", "deploy:prod", "render-build", "start:production"}
)  # fmt: skip
"""The scripts of a package.json that a host runs when it builds or starts."""
_MOST_TESTS = 300
_LONGEST_TEST = 400_000
"""Bytes: a longer file is data, not code."""


def delivery_signs(found: Iterable[Found], project: Project, *, framework: str | None) -> Iterator[Sign]:
    """Signs of tested migrations and of pushes."""
    files = tuple(found)
    yield from _tested(files, project, framework)
    yield from _pushes(files)


def testing_workflows(found: Iterable[Found]) -> Iterator[Ground]:
    """The workflows that run tests of some kind."""
    for file in found:
        match = _TESTS_JOB.search(file.text) if file.kind == places.CI else None
        if match is not None:
            yield Ground(f"{file.path} runs tests", file.origin(match.start(), match.end()))


def _tested(files: tuple[Found, ...], project: Project, framework: str | None) -> Iterator[Sign]:
    workflows = [f for f in files if f.kind == places.CI]
    for file in workflows:
        for match in _MIGRATES.finditer(file.text):
            if not file.is_comment(match.start()):
                yield Sign(Practice.MIGRATION_TEST, match[0], file.origin(match.start(), match.end()))
                return
    for file in workflows:
        match_ = _DJANGO_TESTS.search(file.text) if framework == "django" else None
        if match_ is not None:
            words = "the tests run every migration"
            yield Sign(Practice.MIGRATION_TEST, words, file.origin(match_.start(), match_.end()))
            return
    calling = next((f for f in workflows if _CALLS.search(f.text)), None)
    if calling is not None:
        called = _called(files, workflows) or _in_test_code(project)
        if called is not None:
            yield Sign(Practice.MIGRATION_TEST, f"{called} runs migrations", calling.origin(0, 1), automated=False)


def _called(files: tuple[Found, ...], workflows: Iterable[Found]) -> str | None:
    text = "\n".join(file.text for file in workflows)
    for file in files:
        if file.kind not in {places.SCRIPTS, places.COMPOSE, places.IMAGES}:
            continue
        if file.file.name == "package.json":
            if any(_MIGRATES.search(command) for command in _called_scripts(file, text)):
                return file.path
        elif _MIGRATES.search(file.text):
            return file.path
    return None


def _called_scripts(file: Found, text: str) -> list[str]:
    """The commands of a package.json that a text calls by the names of their scripts, and those that these call."""
    scripts, called, left = _scripts(file), list[str](), [text]
    while left:
        caller = left.pop()
        for name in [name for name in scripts if _runs(caller, name)]:
            for each in (f"pre{name}", name, f"post{name}"):
                command = scripts.pop(each, None)
                if command is not None:
                    called.append(command)
                    left.append(command)
    return called


def _runs(text: str, name: str) -> bool:
    """Whether a text calls a script: `npm run db:migrate`, `pnpm --filter api test`, `turbo run build`."""
    runner = r"\b(?:npm|pnpm|yarn|bun|turbo|nx|lerna|rushx|run-[sp]|npm-run-all|dotenv)\b[^\n|&;]{0,200}?"
    return re.search(rf"{runner}\s{re.escape(name)}(?![\w:.-])", text) is not None


def _in_test_code(project: Project) -> str | None:
    """A file of the tests, which the audit leaves out, that runs migrations to make its database."""
    looked = 0
    for skipped in project.skipped:
        if skipped.why != "test or fixture code":
            continue
        root = Path(project.root, skipped.path)
        note_outside(str(root), marks_below(str(root)))
        candidates = [root] if root.is_file() else sorted(root.rglob("*")) if root.is_dir() else []
        for path in candidates:
            if path.suffix not in {".py", ".ts", ".js", ".mjs", ".sh"} or looked >= _MOST_TESTS:
                continue
            looked += 1
            try:
                about = path.lstat()  # a link may lead out of the project
                raw = path.read_bytes() if S_ISREG(about.st_mode) and about.st_size <= _LONGEST_TEST else b""
            except OSError:
                continue
            if _IN_TESTS.search(raw) and not (path.suffix == ".py" and b"alembic" not in raw and b"migrat" not in raw):
                return path.relative_to(project.root).as_posix()
    return None


def _pushes(files: tuple[Found, ...]) -> Iterator[Sign]:
    for file in files:
        if file.file.name == "package.json":
            yield from _package_pushes(file)
            continue
        if file.kind not in {
            places.IMAGES,
            places.HOSTING,
            places.SCRIPTS,
            places.COMPOSE,
            places.CI,
            places.KUBERNETES,
        }:
            continue
        if file.environment in {"development", "testing"}:
            continue
        for match in _PUSH.finditer(file.text):
            if file.is_comment(match.start()):
                continue
            if file.kind == places.CI and not deploys(file, match.start()):
                continue
            runs = (
                file.kind != places.SCRIPTS
                or re.search(r"entrypoint|start|deploy|release|docker", file.path) is not None
            )
            origin = file.origin(match.start(), match.end())
            yield Sign(Practice.SCHEMA_PUSH, _shown(match), origin, automated=runs)
            break


def deploys(file: Found, at: int) -> bool:
    """Whether a step of a workflow is one that touches production: the job's name and secrets say so."""
    before = file.text[max(0, at - 1500) : at + 300].lower()
    return ("deploy" in before or "production" in before) and "test" not in file.file.name and "postgres:" not in before


def _shown(match: re.Match[str]) -> str:
    loss = " --accept-data-loss" if "--accept-data-loss" in match[0] else " --force" if "--force" in match[0] else ""
    return (
        " ".join(
            re.sub(r"\s.*", "", match["rest"] or "").join((match[0][: match.start("rest") - match.start()], "")).split()
        )
        + loss
    )


def _package_pushes(file: Found) -> Iterator[Sign]:
    scripts = _scripts(file)
    pushing = {n for n, c in scripts.items() if _PUSH.search(c)}
    if not pushing:
        return
    for name, command in scripts.items():
        called = name in pushing or any(
            re.search(rb"\b(?:run\s+)?" + re.escape(p.encode()) + rb"\b", command.encode()) for p in pushing
        )
        if name in PRODUCTION_SCRIPTS and called:
            yield _of_script(file, name, scripts[name] if name in pushing else scripts[min(pushing)], automated=True)
            return
    first = min(pushing)
    yield _of_script(file, first, scripts[first], automated=False)


def _scripts(file: Found) -> dict[str, str]:
    """The scripts of a package.json, none where it cannot be read."""
    try:
        scripts = json.loads(file.text).get("scripts", {})
    except (ValueError, AttributeError, RecursionError):
        return {}
    return {n: c for n, c in scripts.items() if isinstance(c, str)} if isinstance(scripts, dict) else {}


def _of_script(file: Found, name: str, command: str, *, automated: bool) -> Sign:
    match = _PUSH.search(command)
    words = _shown(match) if match is not None else "push"
    at = max(file.text.find(f'"{name}"'), 0)
    return Sign(
        Practice.SCHEMA_PUSH, f"script {name}: {words}", file.origin(at, at + len(name) + 2), automated=automated
    )
