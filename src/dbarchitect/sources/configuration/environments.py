"""Which environment a name speaks of: `ProductionConfig`, `.env.production`, `config/dev.py`."""

from __future__ import annotations

import re

_WORDS = {
    "prod": "production",
    "production": "production",
    "live": "production",
    "staging": "production",
    "deploy": "production",
    "heroku": "production",
    "dev": "development",
    "devel": "development",
    "develop": "development",
    "development": "development",
    "devcontainer": "development",
    "local": "development",
    "debug": "development",
    "override": "development",
    "test": "testing",
    "tests": "testing",
    "testing": "testing",
    "unittest": "testing",
    "unittests": "testing",
    "pytest": "testing",
    "ci": "testing",
    "e2e": "testing",
}
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_ILLUSTRATION = re.compile(
    r"(?:\A|[-_.])(?:docs?|documentation|examples?|samples?|tutorials?|cookiecutter)(?:\Z|[-_.])", re.IGNORECASE
)


def environment_of(name: str) -> str | None:
    """The environment that a word of this name marks (`staging` counts as production); None where none does."""
    found = {_WORDS[word] for word in (w.lower() for w in _SPLIT.split(name)) if word in _WORDS}
    for environment in ("testing", "development", "production"):
        if environment in found:
            return environment
    return None


def environment_of_path(path: str) -> str | None:
    """The environment that a file's name marks, else the nearest folder that is named for one as a whole."""
    *folders, name = path.split("/")
    if (found := environment_of(name)) is not None:
        return found
    for folder in reversed(folders):
        if (found := _WORDS.get(folder.strip(".").lower())) is not None:
            return found
        if environment_of(folder) == "testing":  # `test-infrastructure`
            return "testing"
    return None


def is_illustration(path: str, prefix: str = "") -> bool:
    """Whether a file below `prefix` stands in a folder of examples or documentation, which configures nobody."""
    inside = path.removeprefix(prefix.strip("/")).strip("/")
    return any(_ILLUSTRATION.search(folder) for folder in inside.split("/")[:-1])
