"""What the rules on operations share: which connections count, where was looked, how an absence is worded."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.deployment import ConnectionSettings, Deployment, Practice, Purpose, Sign
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Evidence, EvidenceKind, Finding, Strength

NOT_PRODUCTION = frozenset({"testing", "development"})
SQLALCHEMY = frozenset({"sqlalchemy", "flask-sqlalchemy"})
CLIENTS = SQLALCHEMY | {
    "django",
    "prisma",
    "psycopg_pool",
    "psycopg2",
    "psycopg",
    "asyncpg",
    "node-postgres",
    "neon",
    "postgres.js",
    "mysql2",
}
_WHERE = (
    "compose files",
    "Kubernetes manifests",
    "Terraform files",
    "hosting manifests",
    "CI workflows",
    "cron tables",
    "scripts",
    "Dockerfiles",
    "server settings",
    "settings files",
    "lists of packages",
    "documents",
)
_IMAGE = "dockerfile"
_SINGULAR = {"lists of packages": "list of packages", "server settings": "file of server settings"}
_PLURAL = {"server settings": "files of server settings"}


_OPERATED = (
    Practice.BACKUP,
    Practice.POINT_IN_TIME_RECOVERY,
    Practice.MONITORING,
    Practice.ALERTING,
    Practice.SLOW_QUERY_LOG,
    Practice.REPLICA,
    Practice.DISASTER_RECOVERY,
)


def is_operated(survey: Survey) -> bool:
    """Whether the makers run it as a service, from this repository: at least one practice of operations is seen here.

    Only there does the absence of another one tell something; where none is seen, `unseen-operations` speaks once.
    """
    deployment = survey.deployment
    if deployment is None or deployment.purpose is not Purpose.SERVICE or not deployment.web:
        return False
    return any(sign.provided is None for sign in deployment.signs_of(*_OPERATED))


def is_unseen(survey: Survey) -> bool:
    """Whether it is an application that nobody else installs, and nothing of its operations is seen here."""
    deployment = survey.deployment
    if deployment is None or deployment.purpose not in {Purpose.SERVICE, Purpose.UNTOLD} or not deployment.web:
        return False
    return not any(sign.provided is None for sign in deployment.signs_of(*_OPERATED))


def is_run(survey: Survey) -> bool:
    """Whether there is an application to run at all, by its makers or by others; a library is not."""
    return survey.deployment is not None and survey.deployment.purpose is not Purpose.LIBRARY


def has_server(survey: Survey) -> bool:
    """Whether the application's engine is a server, not a file."""
    return survey.engine.capabilities.concurrent_writers


def connections(survey: Survey, *clients: str) -> tuple[ConnectionSettings, ...]:
    """The application's own connections to a server, tests, development and programs that end apart."""
    if survey.deployment is None:
        return ()
    wanted = clients or CLIENTS
    return tuple(
        c
        for c in survey.deployment.connections
        if c.client in wanted and c.environment not in NOT_PRODUCTION and c.engine != "sqlite" and not c.one_off
    )


def is_set(survey: Survey, name: str, *off: str) -> bool:
    """Whether the server itself, or a role of it, has a setting other than these values that turn it off."""
    return any(s.name == name and s.value not in {"", *off} for s in survey.catalog.settings)


def tells_itself(survey: Survey, name: str) -> bool:
    """Whether the server was asked as well, and has told a setting: the rules on its configuration judge it then."""
    return Need.SETTINGS in survey.needs and any(s.name == name and s.role is None for s in survey.catalog.settings)


def is_pooled(deployment: Deployment) -> bool:
    """Whether a pooler stands before the server."""
    pooled = any(c.through_pooler for c in deployment.connections if c.environment not in NOT_PRODUCTION)
    return pooled or bool(deployment.signs_of(Practice.POOLER))


def counted(number: int, kind: str) -> str:
    """`1 script`, `3 compose files`."""
    if number == 1:
        return f"1 {_SINGULAR.get(kind, kind.removesuffix('s'))}"
    return f"{number:,} {_PLURAL.get(kind, kind)}"


def looked(deployment: Deployment, *but: str) -> str:
    """Where was looked: `3 compose files, 2 CI workflows and 14 scripts`."""
    parts = [counted(n, kind) for kind in _WHERE if kind not in but and (n := deployment.count(kind))]
    if not parts:
        return "the source files"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def where_looked(deployment: Deployment, unseen: str) -> Evidence:
    """The evidence of an absence: where was looked, and what cannot be seen from there."""
    text = f"looked at {looked(deployment)}; not visible from here: {unseen}"
    return Evidence(EvidenceKind.SETTING, text, first_place(deployment))


def first_place(deployment: Deployment) -> Origin:
    """A place for what is nowhere: where the application connects, else the file that says what is run; no image's, for
    it tells nothing of a database, and none at all is better than one beside the point."""
    places = [c for c in deployment.connections if c.origin.path is not None]
    places.sort(key=lambda c: c.environment in NOT_PRODUCTION)
    if places:
        return Origin(places[0].origin.path, places[0].origin.line)
    whole = (ground.origin.path for ground in deployment.grounds if ground.origin.path is not None)
    return next((Origin(path) for path in whole if _IMAGE not in path.rpartition("/")[2].casefold()), Origin())


def setting(record: ConnectionSettings) -> Evidence:
    """A place that says how to connect, and what it says."""
    told = (f"{name}={value}" for name, value in record.written[:8])
    said = ", ".join(told) or "no options"
    scope = f" ({record.scope})" if record.scope else ""
    return Evidence(EvidenceKind.SETTING, f"{record.client}{scope}: {said}", record.origin)


def settings(records: Iterable[ConnectionSettings]) -> tuple[Evidence, ...]:
    """At most three such places."""
    return tuple(setting(record) for record in tuple(records)[:3])


def absence(rule: str, survey: Survey, message: str, hint: str, unseen: str) -> Iterable[Finding]:
    """The one finding of something that is nowhere to be seen."""
    deployment = survey.deployment
    if deployment is None:
        return
    evidence = (where_looked(deployment, unseen),)
    yield Finding(rule, Ref.database(), message, hint, evidence, first_place(deployment))


def seen(rule: str, survey: Survey, *practices: Practice, words: str) -> Iterable[Strength]:
    """The strength of a practice that is seen: `words` with `{what}` for what shows it."""
    if survey.deployment is None or not is_run(survey):
        return
    ours = survey.deployment.purpose is not Purpose.DISTRIBUTED  # else a host is one of many that it may run on
    signs = [
        s
        for s in survey.deployment.signs_of(*practices)
        if (s.automated or s.practice in _TOLD) and (ours or s.provided is None)
    ]
    if signs:
        yield Strength(rule, Ref.database(), words.format(what=_shown(signs[0])), evidence_of(signs))


_TOLD = {Practice.BACKUP, Practice.DISASTER_RECOVERY}  # a text is worth praise; of the others it proves nothing


def _shown(sign: Sign) -> str:
    return sign.text if sign.origin.path is None or sign.provided else f"{sign.text} in {sign.origin.path}"


def made_backups(deployment: Deployment) -> tuple[Sign, ...]:
    """The backups that something here makes: neither those that a host brings nor those that a text only speaks of."""
    texts = (".md", ".mdx", ".rst", ".adoc", ".txt")
    return tuple(
        s
        for s in deployment.signs_of(Practice.BACKUP)
        if s.provided is None and not (s.origin.path or "").endswith(texts)
    )


def evidence_of(signs: Iterable[Sign]) -> tuple[Evidence, ...]:
    """At most three signs as evidence."""
    return tuple(
        Evidence(EvidenceKind.SETTING, sign.text if sign.automated else f"{sign.text} (by hand)", sign.origin)
        for sign in tuple(signs)[:3]
    )
