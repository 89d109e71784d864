"""The kinds of places that tell how an application is run, and which files of a project are of which kind.

Files that configure nobody are left out: samples and documentation of other things, templates of projects. Documents
are a kind of their own: they tell what somebody does by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.configuration.environments import environment_of_path
from dbarchitect.sources.configuration.files import Place
from dbarchitect.sources.consulted import note_file
from dbarchitect.sources.discover import Project, SourceFile

COMPOSE = "compose files"
CI = "CI workflows"
CRON = "cron tables"
SCRIPTS = "scripts"
IMAGES = "Dockerfiles"
KUBERNETES = "Kubernetes manifests"
TERRAFORM = "Terraform files"
HOSTING = "hosting manifests"
ENVIRONMENT = "environment files"
SERVER = "server settings"
PACKAGES = "lists of packages"
DOCUMENTS = "documents"
SETTINGS = "settings files"
CODE = "source files"

LONGEST = 400_000
"""Bytes: a longer file of this sort was not written by a person."""

_LONGEST_SETTINGS, _LONGEST_SCRIPT = 100_000, 20_000
"""Bytes of a settings file, and of a script without an extension."""

_DEEPEST_INDENT = 400
"""Characters before the mark of a comment."""

_BY_NAME: tuple[tuple[str, re.Pattern[str]], ...] = (
    (COMPOSE, re.compile(r"(?:docker-)?(?:compose|stack)(?:[._-][\w.-]*)?\.ya?ml|[\w.-]*compose[\w.-]*\.ya?ml")),
    (IMAGES, re.compile(
        r"(?:Dockerfile|Containerfile)(?:[._-](?!dockerignore)[\w-]++)?(?:\.(?!dockerignore)[\w-]++)*+"
        r"|[\w.-]+\.[Dd]ockerfile")),
    (
        HOSTING,
        re.compile(
            r"Procfile(?:\.[\w.-]+)?|app\.json|heroku\.ya?ml|render\.ya?ml|fly(?:\.[\w-]+)?\.toml|vercel\.json"
            r"|railway\.(?:json|toml)|netlify\.toml|serverless\.(?:ya?ml|ts|json)|wrangler\.(?:toml|jsonc?)"
            r"|cloudbuild\.ya?ml|apprunner\.ya?ml|amplify\.yml|captain-definition|zappa_settings\.(?:json|ya?ml|toml)"
            r"|nixpacks\.toml|template\.ya?ml|sst\.config\.ts|cdk\.json|(?:railpack|dokku)\.\w+"
        ),
    ),
    (CRON, re.compile(r"crontab(?:\.[\w.-]+)?|[\w.-]+\.(?:cron|crontab)|[\w.@-]+\.timer")),
    (SERVER, re.compile(
        r"postgresql?[\w.-]*\.conf(?:\.\w+)?|pg_hba\.conf|pgbouncer\.ini|pgcat\.toml|my\.cnf|litestream\.ya?ml")),
    (SCRIPTS, re.compile(
        r"[\w.@-]+\.(?:sh|bash|zsh|ps1|bat)|(?:GNU)?[Mm]akefile|[Jj]ustfile|Taskfile\.ya?ml|package\.json|fabfile\.py"
        r"|[\w.@-]+\.service|entrypoint|tasks\.py|noxfile\.py|tox\.ini|lefthook\.ya?ml|turbo\.json|devbox\.json")),
    (ENVIRONMENT, re.compile(r"[\w.-]*\.env(?:[.-][\w.-]+)?|\.?env(?:rc|[._-][\w.-]+)?|\.flaskenv")),
    (PACKAGES, re.compile(r"[\w.-]*requirements[\w.-]*\.(?:txt|in)|pyproject\.toml|Pipfile|setup\.(?:py|cfg)")),
)  # fmt: skip
_NAMED = re.compile("|".join(f"(?:{pattern.pattern})" for _, pattern in _BY_NAME))
"""Most files have none of these names: they are asked for once."""
_CI_PATH = re.compile(
    r"(?:.*/)?(?:\.(?:github|gitea|forgejo)/(?:workflows|actions)/.*\.ya?ml|\.gitlab-ci(?:[./].*)?\.ya?ml"
    r"|\.gitlab/.*\.ya?ml"
    r"|\.circleci/[^/]*\.ya?ml|\.travis\.ya?ml|azure-pipelines[\w.-]*\.ya?ml|bitbucket-pipelines\.yml"
    r"|Jenkinsfile[\w.-]*"
    r"|\.woodpecker[./].*ya?ml|\.drone\.ya?ml|\.buildkite/.*\.ya?ml|\.semaphore/.*\.ya?ml|appveyor\.ya?ml"
    r"|\.cirrus\.ya?ml)\Z"
)
_MANIFEST = re.compile(r"^apiVersion:[ \t]*(?!backstage)\S+", re.MULTILINE)
_DOCUMENT = frozenset({".md", ".mdx", ".rst", ".adoc", ".txt"})
_NO_DOCUMENT = re.compile(
    r"change[-_ ]?log|release[-_ ]?notes?|history|news|licen[cs]e|contribut|code[-_]of|robots|requirements|todo|roadmap"
    r"|cmakelists|authors|credits|llms|agents|claude|prompt|pull_request|issue_template|copilot",
    re.IGNORECASE,
)
_NO_DOCUMENT_FOLDER = re.compile(
    r"(?:\A|/)(?:changes|changelogs?|changesets?|\.changeset|releases?|release[-_]notes|news(?:fragments)?|blogs?"
    r"|posts|articles|i18n|locales?|translations?|content"
    r"|src|public|pages|legal|\.github/(?:ISSUE_TEMPLATE|PULL_REQUEST_TEMPLATE)|adr|rfcs?|prompts?|\.claude"
    r"|\.cursor|templates?|skills|\.agents?)/",
    re.IGNORECASE,
)
_SETTINGS = frozenset({".yml", ".yaml", ".toml", ".ini", ".cfg", ".conf", ".properties"})
_JSON_SETTINGS = re.compile(r"(?:app)?(?:settings|config)[\w.-]*\.json")
_NO_SETTINGS = re.compile(
    r".*(?:lock|\.min)\.\w+|package-lock\.json|mkdocs\.ya?ml|tsconfig[\w.-]*\.json|pytest\.ini|mypy\.ini"
    r"|\.eslintrc.*|.*\.schema\.json"
    r"|openapi[\w.-]*|swagger[\w.-]*|codecov\.ya?ml|dependabot\.ya?ml|\.pre-commit-config\.ya?ml"
    r"|renovate\.json\d?|components\.json"
    r"|(?:[a-z]{2}|[a-z]{2}[-_][A-Za-z]{2,4}|translation|messages)\.(?:json|ya?ml)"
)
NODE = frozenset({".ts", ".tsx", ".js", ".mjs", ".cjs", ".mts", ".cts"})
_CODE = NODE | {".py"}
_SQL = frozenset({".sql"})
_SAMPLE = re.compile(
    r"(?:\A|[._-])(?:example|sample|template|dist|tmpl|tpl|default|defaults)(?:\Z|[._-])|\.(?:j2|jinja2?|tmpl|tpl)\Z",
    re.IGNORECASE,
)
_ILLUSTRATING = re.compile(
    r"(?:examples?|samples?|demos?|tutorials?|playgrounds?|fixtures|storybook|\.storybook|cookbook)\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """A file that tells something, its kind, and the environment that its path names."""

    file: SourceFile
    kind: str

    @property
    def path(self) -> str:
        """The path of the file."""
        return self.file.path

    @cached_property
    def environment(self) -> str | None:
        """The environment that the path names."""
        return environment_of_path(self.file.path)

    @cached_property
    def is_sample(self) -> bool:
        """Whether the file is one to copy and fill in (`.env.example`, `config.sample.yml`)."""
        return _SAMPLE.search(self.file.name) is not None

    @cached_property
    def place(self) -> Place | None:
        """The text with its place, None where it cannot be read."""
        try:
            return Place(self.file, self.file.text())
        except (OSError, UnicodeDecodeError):
            return None

    @property
    def text(self) -> str:
        """The text, empty where it cannot be read."""
        return self.place.text if self.place is not None else ""

    def origin(self, start: int, end: int) -> Origin:
        """The place of some characters of the text."""
        return self.place.origin(start, end) if self.place is not None else Origin(self.path)

    def line(self, at: int) -> str:
        """The line around a character, trimmed and cut to a length that can be printed."""
        text = self.text
        start = text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        whole = text[start : end if end >= 0 else len(text)].strip()
        return whole if len(whole) <= 120 else whole[:117] + "…"

    def is_comment(self, at: int) -> bool:
        """Whether a character stands in a comment line (or behind a `#`)."""
        text = self.text
        start = text.rfind("\n", 0, at) + 1
        bare = text[start : min(at, start + _DEEPEST_INDENT)].lstrip()  # a line may be as long as the file
        return bare.startswith(("#", "//", "--", ";", "*", "/*", "<!--")) or text.find(" # ", start, at) >= 0


def find_places(project: Project) -> tuple[Found, ...]:
    """Every file of the project that may tell something, with its kind."""
    return tuple(_places(project))


def _places(project: Project) -> Iterator[Found]:
    for file in project.files:
        if file.size > LONGEST or (file.size >= _LONGEST_SCRIPT and file.suffix not in _CODE | _SQL):
            note_file(file.path)  # its size decides what it is
        if file.size > LONGEST or _illustrates(file.path.rpartition("/")[0]):
            continue
        kind = kind_of(file)
        if kind is None:
            continue
        found = Found(file, kind)
        if kind == SETTINGS and file.suffix in {".yml", ".yaml"} and _MANIFEST.search(found.text):
            found = Found(file, KUBERNETES)
        yield found


@lru_cache(maxsize=16_384)
def _illustrates(folder: str) -> bool:
    """Whether a folder lies in one of examples."""
    return any(_ILLUSTRATING.fullmatch(part) for part in folder.split("/"))


def kind_of(file: SourceFile) -> str | None:
    """The kind of place that a file is by its name and size, None for one that tells nothing."""
    path, name, suffix = file.path, file.name, file.suffix
    if _CI_PATH.match(path):
        return CI
    if suffix == ".tf" or name.endswith((".tfvars", ".bicep")):
        return TERRAFORM
    if "/cron.d/" in f"/{path}" or "/cron.daily/" in f"/{path}":
        return CRON
    if suffix in _DOCUMENT and not _NO_DOCUMENT.search(name):
        packages = next((kind for kind, pattern in _BY_NAME if kind == PACKAGES and pattern.fullmatch(name)), None)
        if packages is not None or path.split("/")[-2:-1] == ["requirements"]:
            return PACKAGES
        return None if _NO_DOCUMENT_FOLDER.search(path) else DOCUMENTS
    for kind, pattern in _BY_NAME if _NAMED.fullmatch(name) else ():
        if pattern.fullmatch(name):
            return kind
    if suffix in {".txt", ".in"} and path.split("/")[-2:-1] == ["requirements"]:
        return PACKAGES
    if (
        not suffix
        and file.size < _LONGEST_SCRIPT
        and re.search(r"(?:\A|/)(?:bin|scripts?|deploy|docker|ops|maintenance)/[\w.-]+\Z", path)
    ):
        return SCRIPTS
    if suffix in {".j2", ".jinja", ".jinja2", ".tmpl", ".tpl"}:
        return SETTINGS
    written = suffix in _SETTINGS or _JSON_SETTINGS.fullmatch(name) is not None
    if written and not _NO_SETTINGS.fullmatch(name) and file.size < _LONGEST_SETTINGS:
        return SETTINGS
    return CODE if suffix in _CODE or suffix in _SQL else None
