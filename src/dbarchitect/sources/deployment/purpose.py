"""Who runs what a repository holds: its makers as a service, whoever installs it, or nobody (a library).

Told by what is there for running it (hosting manifests, containers, Terraform, a workflow that deploys) and by what is
there for handing it on (an image or a package that a workflow publishes, a Helm chart, a manual for those who host it
themselves).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.deployment import Ground, Purpose
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.places import Found

_RUN_BY = (places.HOSTING, places.TERRAFORM, places.KUBERNETES, places.COMPOSE, places.IMAGES)
_PUBLISHES_IMAGE = re.compile(
    r"docker/(?:build-push-action|metadata-action)|\bdocker\s+push\b|\bbuildx\b[^\n]{0,200}--push|\bghcr\.io/|\bdocker\.io/"
)
_PRIVATE_REGISTRY = re.compile(
    r"\.dkr\.ecr\.|aws-actions/amazon-ecr|gcr\.io/|pkg\.dev/|\.azurecr\.io|registry\.heroku|registry\.fly\.io"
    r"|registry\.digitalocean"
)
_PUBLISHES_PACKAGE = re.compile(
    r"pypa/gh-action-pypi-publish|\btwine\s+upload\b|\b(?:npm|pnpm|yarn)\s+(?:npm\s+)?publish\b|\b(?:poetry|uv"
    r"|flit)\s+publish\b"
    r"|changesets/action|softprops/action-gh-release[\s\S]{0,400}\.(?:whl|tar\.gz)"
)
_SELF_HOSTED = re.compile(
    r"\bself[- ]?host(?:ed|ing|able)?\b(?!\s+(?:postgres|database|db\b|redis|fonts?|runners?|mysql|supabase|s3"
    r"|minio|sentry|mail|smtp"
    r"|llm|models?))",
    re.IGNORECASE,
)
_PACKAGE = re.compile(r"^[ \t]*(?:classifiers\s*=|\"?Programming Language ::)|Framework ::", re.MULTILINE)
_WEB = re.compile(
    r"(?<![\w-])(?:django|flask|fastapi|starlette|sanic|aiohttp|tornado|pyramid|quart|litestar|falcon|bottle"
    r"|gunicorn|uvicorn|djangorestframework)(?![\w])(?!-)"
    r"|\"(?:next|express|fastify|koa|hono|@nestjs/core|@sveltejs/kit|nuxt|@remix-run/\w+|react-router|astro"
    r"|@trpc/server|@hapi/hapi|elysia|@tanstack/react-start"
    r"|@supabase/(?:supabase-js|ssr))\"\s*:",
    re.IGNORECASE,
)
_ON_DEVICE = re.compile(r"\"(?:electron|expo|react-native|@tauri-apps/\w+|@capacitor/core|@neutralinojs/lib|nw)\"\s*:")
"""Packages of programs that run on the desk or in the hand of the one who uses them."""
_SERVING = re.compile(
    r"\"(?:next|express|fastify|koa|hono|@nestjs/core|@sveltejs/kit|nuxt|@remix-run/\w+|astro|elysia|@hapi/hapi)\"\s*:"
)
"""Packages that answer requests from elsewhere, and not just the program's own windows."""


def purpose_of(
    found: Iterable[Found], *, framework: str | None, has_settings: bool
) -> tuple[Purpose, tuple[Ground, ...]]:
    """The purpose and what it rests on."""
    files = tuple(found)
    run = [
        f for f in files if f.kind in _RUN_BY and f.environment not in {"testing", "development"} and not _only_tests(f)
    ]
    run.sort(key=lambda f: f.path.count("/"))
    workflows = [f for f in files if f.kind == places.CI]
    publishes = _first(workflows, _PUBLISHES_IMAGE, unless=_PRIVATE_REGISTRY)
    package = _first(workflows, _PUBLISHES_PACKAGE)
    manual = _first([f for f in files if f.kind == places.DOCUMENTS and _is_front(f.path)], _SELF_HOSTED)
    chart = next(
        (Ground("a Helm chart", f.origin(0, 1)) for f in files if f.file.name in {"Chart.yaml", "Chart.yml"}), None
    )
    own = next((f for f in run if f.kind == places.TERRAFORM), None)
    if own is not None and chart is None:
        return Purpose.SERVICE, (Ground(own.path, own.origin(0, 1)),)
    if publishes is not None and (manual is not None or package is not None):
        return Purpose.DISTRIBUTED, tuple(g for g in (publishes, manual, package) if g is not None)
    if manual is not None:
        return Purpose.DISTRIBUTED, (manual,)
    if chart is not None:
        return Purpose.DISTRIBUTED, (chart,)
    packed = next(
        (f for f in files if f.kind == places.PACKAGES and "/" not in f.path and _PACKAGE.search(f.text)), None
    )
    containers = [f for f in run if f.kind != places.COMPOSE]
    if package is not None:
        return Purpose.DISTRIBUTED if has_settings or containers else Purpose.LIBRARY, (package,)
    if packed is not None and not has_settings and not containers:
        return Purpose.LIBRARY, (Ground("a package with classifiers", packed.origin(0, 1)),)
    if run:
        return Purpose.SERVICE, tuple(Ground(f.path, f.origin(0, 1)) for f in run[:3])
    if framework == "django" and not has_settings:
        return Purpose.LIBRARY, ()
    return Purpose.UNTOLD, ()


def answers_requests(found: Iterable[Found]) -> bool:
    """Whether the packages that it needs are those of a web application."""
    return any(
        (file.kind == places.PACKAGES or file.file.name == "package.json") and _WEB.search(file.text) for file in found
    )


def runs_on_devices(found: Iterable[Found], path: str) -> bool:
    """Whether it is a program for desks or hands that serves nobody else, by the packages of its folder (`path`)."""
    own = "package.json" if path in {"", "."} else f"{path}/package.json"
    texts = (file.text for file in found if file.path == own)
    return any(_ON_DEVICE.search(text) and not _SERVING.search(text) for text in texts)


def _is_front(path: str) -> bool:
    """Whether a document is the repository's face, or a manual for those who host it themselves."""
    name = path.rpartition("/")[2].lower()
    return (name.startswith("readme") and path.count("/") <= 1) or re.search(r"self-?host", path.lower()) is not None


def _only_tests(file: Found) -> bool:
    return re.search(r"(?:\A|/)(?:tests?|ci|\.github|\.devcontainer|dev|e2e)/", file.path) is not None


def _first(files: Iterable[Found], pattern: re.Pattern[str], unless: re.Pattern[str] | None = None) -> Ground | None:
    for file in files:
        match = pattern.search(file.text)
        if match is not None and (unless is None or not unless.search(file.text)):
            return Ground(match[0][:60], file.origin(match.start(), match.end()))
    return None
