"""What frameworks tell by the place of a file: which of its exports requests, workers and people call, by which route.

Sources: https://nextjs.org/docs/app/api-reference/file-conventions, https://svelte.dev/docs/kit/routing,
https://reactrouter.com/how-to/file-route-conventions, https://nitro.build/guide/routing
"""

from __future__ import annotations

import re
from functools import lru_cache

from dbarchitect.catalog.queries import FunctionKind
from dbarchitect.sources.code.typescript.web.role import Given, Role

VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_SUFFIX = re.compile(r"\.(?:[cm]?[jt]sx?|vue|svelte)$")
_APP_FILE = re.compile(r"^(?:page|layout|template|default|not-found|error|loading)$")
_APP_PAGE = frozenset({"default", "generateMetadata", "generateStaticParams", "generateViewport"})
_IMAGES = re.compile(r"^(?:opengraph-image|twitter-image|icon|apple-icon|sitemap|robots|manifest)$")
_PAGE_LOADERS = frozenset({"getServerSideProps", "getStaticProps", "getStaticPaths", "getInitialProps"})
_REMIX = {"loader": "GET", "action": "POST", "clientLoader": None, "clientAction": None}
_KIT_FILES = re.compile(r"^\+(?:server|page\.server|layout\.server|page|layout)$")
_CRON = re.compile(r"(?:^|/)cron(?:s|jobs?)?(?:/|$)", re.IGNORECASE)
_TASKS = frozenset({"workers", "worker", "queues", "cron", "crons", "inngest"})
_PERHAPS_TASKS = frozenset(
    {"jobs", "job", "queue", "trigger", "tasks", "processors", "consumers", "background", "workflows"}
)
"""Folders of tasks, or of what an application is about: told apart by the words in the file."""
_WORKING = re.compile(
    rb"@trigger\.dev|\b(?:payload|[qQ]ueues?|[cC]ron\w*|[wW]orkers?|inngest|bullmq|JobRun\w*|[pP]rocessor|pg-?boss|agenda)\b"
)
_COMMANDS = frozenset({"scripts", "script", "bin", "cli", "seeds", "seeders", "seed", "commands"})
_COMMAND_FILES = re.compile(r"^(?:seed|seeder|migrate|cli|backfill)(?:[-.]\w+)*$")
_PARSING = re.compile(
    rb"\b(?:from|require\()\s*[\"'](?:minimist|yargs(?:/\w+)?|commander|meow|cac|command-line-args|@commander-js/[\w-]+)[\"']"
)
"""Packages that read what somebody typed behind a program's name."""
_MIGRATIONS = frozenset({"migrations", "data-migrations"})
_NUMBERED = re.compile(r"(?:^|/)migration/\d{3,}[-_]")
"""`migration/20241209_owners/…`: without a number or a date, a folder of that name is of what the product imports."""


def is_of_clock(path: str) -> bool:
    """Whether a file stands in a folder of what a clock asks for."""
    return _CRON.search(path.rpartition("/")[0]) is not None


def is_migration(path: str) -> bool:
    """Whether a file is a migration."""
    return not _MIGRATIONS.isdisjoint(path.split("/")[:-1]) or _NUMBERED.search(path) is not None


def kind_by_folder(path: str, source: bytes) -> FunctionKind:
    """What its folders tell of all functions of a file: COMMAND, TASK or OTHER."""
    folders = [folder.casefold() for folder in path.split("/")]
    name = _SUFFIX.sub("", folders.pop())
    if not _COMMANDS.isdisjoint(folders) or _COMMAND_FILES.match(name) or _is_typed(source):
        return FunctionKind.COMMAND
    if "components" in folders or "app" in folders or "pages" in folders or "hooks" in folders:
        return FunctionKind.OTHER
    working = not _PERHAPS_TASKS.isdisjoint(folders) and _WORKING.search(source) is not None
    return FunctionKind.TASK if working or not _TASKS.isdisjoint(folders) else FunctionKind.OTHER


@lru_cache(maxsize=4)
def _is_typed(source: bytes) -> bool:
    """Whether a file reads arguments of a command line."""
    return _PARSING.search(source) is not None


def role_of_export(path: str, name: str) -> Role | None:
    """The role that an export has by its name and the place of its file."""
    folders = path.split("/")
    stem = _SUFFIX.sub("", folders.pop())
    for found in (_app_router, _pages_router, _svelte, _remix, _nitro):
        role = found(folders, stem, name)
        if role is not None:
            return role
    if stem in {"middleware", "proxy"} and name in {"default", "middleware", "proxy"}:
        return Role(FunctionKind.ROUTE, None, given=Given.REQUEST)
    return None


def _app_router(folders: list[str], stem: str, name: str) -> Role | None:
    """Next.js: `app/**/route.ts`, `app/**/page.tsx`."""
    if "app" not in folders:
        return None
    below = folders[folders.index("app") + 1 :]
    if stem == "route" and name in VERBS:
        return _of_verb(name, _next_route(below), Given.REQUEST)
    if (_APP_FILE.match(stem) and name in _APP_PAGE) or (_IMAGES.match(stem) and name == "default"):
        return Role(FunctionKind.ROUTE, f"GET {_next_route(below)}", given=Given.PAGE)
    return None


def _pages_router(folders: list[str], stem: str, name: str) -> Role | None:
    """Next.js: `pages/api/**`, `getServerSideProps`."""
    if "pages" not in folders:
        return None
    below = folders[folders.index("pages") + 1 :]
    route = _next_route([*below, *([] if stem == "index" else [stem])])
    if below[:1] == ["api"] and name == "default":
        return _of_verb("", route, Given.REQUEST)
    return Role(FunctionKind.ROUTE, f"GET {route}", given=Given.CONTEXT) if name in _PAGE_LOADERS else None


def _svelte(folders: list[str], stem: str, name: str) -> Role | None:
    """SvelteKit: `routes/**/+server.ts`, `+page.server.ts`."""
    if not _KIT_FILES.match(stem) or "routes" not in folders:
        return None
    route = _next_route(folders[folders.index("routes") + 1 :])
    if stem == "+server":
        verb = name if name in VERBS else "" if name == "fallback" else None
        return _of_verb(verb, route, Given.CONTEXT) if verb is not None else None
    verbs = {"load": "GET", "actions": "POST"}
    return Role(FunctionKind.ROUTE, f"{verbs[name]} {route}", given=Given.CONTEXT) if name in verbs else None


def _remix(folders: list[str], stem: str, name: str) -> Role | None:
    """React Router and Remix: `loader` and `action` of `app/routes/**`."""
    if "routes" not in folders or name not in _REMIX:
        return None
    verb = _REMIX[name]
    below = [*folders[folders.index("routes") + 1 :], *([] if stem in {"index", "_index", "route"} else [stem])]
    parts = [part for folder in below for part in _remix_parts(folder)]
    return Role(FunctionKind.ROUTE, f"{verb} /{'/'.join(parts)}", given=Given.CONTEXT) if verb is not None else None


def _remix_parts(name: str) -> list[str]:
    """`orders.$id._index` as its parts: `_layout` names no part of the path, `a_.b` no nesting."""
    words = [word.removesuffix("+") for word in re.split(r"\.(?![^\[]*\])", name)]
    named = [word.removesuffix("_") for word in words if word and not word.startswith("_")]
    return [f"[{word[1:]}]" if word.startswith("$") else word for word in named]


def _nitro(folders: list[str], stem: str, name: str) -> Role | None:
    """Nuxt and Nitro: `server/api/orders/[id].get.ts`."""
    if name != "default" or "server" not in folders:
        return None
    below = folders[folders.index("server") + 1 :]
    if below[:1] not in (["api"], ["routes"]):
        return None
    word, _, verb = stem.rpartition(".")
    named = word if verb.upper() in VERBS and word else stem
    shown = below if below[0] == "api" else below[1:]
    route = _next_route([*shown, *([] if named == "index" else [named])])
    return _of_verb(verb.upper() if named == word and word else "", route, Given.CONTEXT)


def _of_verb(verb: str, route: str, given: Given) -> Role:
    """A route; one that a clock asks for is a task."""
    kind = FunctionKind.TASK if _CRON.search(route) else FunctionKind.ROUTE
    return Role(kind, f"{verb} {route}".strip(), given=given)


def _next_route(folders: list[str]) -> str:
    """The path of folders: groups (`(shop)`), slots (`@modal`) and intercepted ones (`(.)photo`) name no part of it."""
    named = [folder for folder in folders if not re.match(r"^\(\w[^)]*\)$|^@", folder)]
    return "/" + "/".join(re.sub(r"^\(\.+\)(?:\(\.+\))*", "", folder) for folder in named)
