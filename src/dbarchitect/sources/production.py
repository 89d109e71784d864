"""What of a repository is no part of the application that runs: vendored and built code, tests, examples.

Told by the names of files and folders, and by what a folder holds where its name may also be an application's.
"""

from __future__ import annotations

import os
import re

_VENDORED = frozenset(
    {"node_modules", "bower_components", "jspm_packages", "vendor", "vendored", "_vendor", "third_party", "third-party",
     "thirdparty", "site-packages", "dist-packages", "Pods"}
)  # fmt: skip
_LIBRARIES = frozenset({"lib", "libs", "libraries", "ext", "external", "deps", "dependencies", "packages"})
"""Names of folders that hold copies of other people's packages, or the application's own."""
_EVERYBODYS = frozenset(
    {"certifi", "chardet", "charset_normalizer", "dateutil", "idna", "jinja2", "markupsafe", "pytz", "requests",
     "six.py", "urllib3", "yaml", "bs4", "click", "werkzeug"}
)  # fmt: skip
_SEVERAL = 3
_ENVIRONMENT = frozenset({".venv", "venv", "virtualenv", ".virtualenv", ".tox", ".nox", ".conda"})
_BUILT = frozenset(
    {"build", "dist", "out", "_build", "htmlcov", "coverage", ".next", ".nuxt", ".output", ".svelte-kit", ".turbo",
     ".vercel", ".netlify", ".parcel-cache", ".angular", ".gradle", ".terraform", ".serverless", ".aws-sam"}
)  # fmt: skip
_GENERATED = frozenset({"generated", "__generated__", ".prisma", ".generated"})
_TESTS = frozenset(
    {"tests", "test", "__tests__", "__test__", "__mocks__", "__fixtures__", "__snapshots__", "e2e", "fixtures",
     "testdata", "test_data", "test-data", "cypress", "playwright"}
)  # fmt: skip
_TEST_FILE = re.compile(
    r"(?:test_.*\.py|.*_test\.py|tests\.py|conftest\.py"
    r"|.*\.(?:spec|test|cy|e2e|e2e-spec)(?:\.(?:unit|int|integration|e2e|db|browser|node|bench))?\.[cm]?[jt]sx?"
    r"|(?:[\w.-]*[._-])?test[_-]?(?:utils?|helpers?)\.[cm]?[jt]sx?)\Z"
)
_TEST_SUPPORT = re.compile(r"tests?[_-]?(?:utils?|utilities|helpers?|support|suite|cases?)\Z")
_GENERATED_FILE = re.compile(
    r".*(?:_pb2(?:_grpc)?\.pyi?|\.min\.(?:js|css|mjs)|[.-]bundle\.js|\.(?:js|css)\.map|\.(?:gen|generated)\.[cm]?[jt]sx?)\Z"
)
_SCHEMA_FOLDERS = frozenset({"models", "migrations", "schema", "schemas", "entities"})
_ASIDE = re.compile(
    r"(?:examples?|samples?|demos?|demonstrations?|sandbox(?:es)?|playgrounds?|docs?|documentation|tutorials?|benchmarks?|fixtures|e2e"
    r"|tests?|tests?[_-]?(?:app|apps|project|projects|site|proj)"
    r"|(?:project|app|cookiecutter)[_-]?templates?|cookiecutter|generators?"
    r"|(?:example|sample|demo|sandbox)s?[_-].*|.*[_-](?:example|sample|demo|demonstration|sandbox)s?|(?>.*?\{[{%]).*)\Z"
)
_VENV_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})


def is_aside(path: str) -> bool:
    """Whether a path lies beside what the repository is for: examples, demos, documentation, templates of projects."""
    return any(_ASIDE.match(part.lower()) for part in path.split("/") if part)


def why_not_ours(entry: os.DirEntry[str]) -> str | None:
    """Why a folder was written by others; None where it was not."""
    name = entry.name
    if name in _ENVIRONMENT:
        return "a virtual environment"
    if name in {"env", ".env", "ENV"} or name.endswith(("env", "venv")):
        return "a virtual environment" if _holds(entry.path, _VENV_MARKS) else None
    if name in _VENDORED:
        if name in {"vendor", "vendored"} and _is_application(entry.path):
            return None
        return "vendored code"
    return "vendored code" if name in _LIBRARIES and _holds_distributions(entry.path) else None


def _holds_distributions(folder: str) -> bool:
    """Whether a folder holds what installing Python packages leaves, or several that everybody uses."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - strings throughout the walk
    except OSError:
        return False
    return any(name.endswith(".dist-info") for name in names) or len(_EVERYBODYS & set(names)) >= _SEVERAL


def why_no_production(entry: os.DirEntry[str]) -> str | None:
    """Why a folder is no part of what runs; None where it may be."""
    name = entry.name
    if name in _TESTS or _TEST_SUPPORT.match(name):
        return None if _is_application(entry.path) else "test or fixture code"
    if name in _BUILT:
        return None if _holds(entry.path, frozenset({"__init__.py"})) else "build output"
    if name in _GENERATED:
        return None if _holds_sql(entry.path) else "generated code"
    if name == "target" and _holds(os.path.dirname(entry.path), frozenset({"Cargo.toml", "pom.xml", "build.sbt"})):  # noqa: PTH120 - strings throughout the walk
        return "build output"
    return None


def why_no_production_file(path: str, name: str) -> str | None:
    """Why a file of that name is no part of what runs; None where it may be."""
    if _GENERATED_FILE.match(name):
        return "generated or minified"
    if _TEST_FILE.match(name):
        folders = path.split("/")[:-1]
        if name != "conftest.py" and name.endswith(".py") and folders and _holds_schema(folders[-1]):
            return None
        return "test or fixture code"
    return None


def _holds_schema(folder: str) -> bool:
    return folder in _SCHEMA_FOLDERS or folder.endswith("migrations")


def _holds(folder: str, names: frozenset[str]) -> bool:
    return any(os.path.lexists(os.path.join(folder, name)) for name in names)  # noqa: PTH118 - strings throughout the walk


def _holds_sql(folder: str) -> bool:
    try:
        return any(name.endswith(".sql") for name in os.listdir(folder))  # noqa: PTH208 - strings throughout the walk
    except OSError:
        return False


def _is_application(folder: str) -> bool:
    """Whether a folder called "tests" or "vendor" is an application's own package of that name.

    A Django application that holds medical tests or a shop's vendors has models, its own apps.py or admin.py, and
    migrations or something to show them; and neither test modules by the dozen nor factories or settings of its own.
    A library's test suite is the opposite.
    """
    try:
        names = set(os.listdir(folder))  # noqa: PTH208 - strings throughout the walk
    except OSError:
        return False
    if not names & {"models.py", "models"} or not names & {"apps.py", "admin.py"}:
        return False
    if not names & {"migrations", "views.py", "views", "services.py", "signals.py"}:
        return False
    return not any(n.startswith(("test_", "settings", "conftest", "factor", "fixture")) for n in names)
