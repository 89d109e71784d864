"""What a repository tells of how its database is connected and operated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from dbarchitect.catalog.deployment import ConnectionSettings, Deployment, Practice, Purpose
from dbarchitect.catalog.survey import Application
from dbarchitect.sources.deployment import Deployments
from dbarchitect.sources.deployment.urls import is_placeholder, read_urls, seconds, where_lies
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.opened import survey_path

Read = Callable[..., Deployment]
SETTINGS = """
    INSTALLED_APPS = ["shop"]
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"%s}}
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def of(
        files: dict[str, str], framework: str = "django", path: str = ".", others: tuple[str, ...] = ()
    ) -> Deployment:
        for name, content in files.items():
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(dedent(content), encoding="utf-8")
        return Deployments(open_project(tmp_path)).of(Application("shop", path, framework), others, ())

    return of


def only(deployment: Deployment, client: str) -> ConnectionSettings:
    found = [c for c in deployment.connections if c.client == client]
    assert len(found) == 1, found
    return found[0]


def practices(deployment: Deployment) -> set[Practice]:
    return {sign.practice for sign in deployment.signs}


def test_places_are_counted_by_kind(read: Read) -> None:
    deployment = read(
        {
            "compose.yml": "services: {}\n",
            "docker-compose.prod.yml": "services: {}\n",
            ".github/workflows/ci.yml": "on: push\n",
            "deploy/crontab": "0 3 * * * true\n",
            "scripts/run.sh": "true\n",
            "Dockerfile": "FROM scratch\n",
            "infra/main.tf": "terraform {}\n",
            "k8s/web.yaml": "apiVersion: apps/v1\nkind: Deployment\n",
            "docs/index.md": "# Shop\n",
            "CHANGELOG.md": "# 1.0\n",
            "node_modules/x/compose.yml": "services: {}\n",
        }
    )
    assert dict(deployment.places) == {
        "compose files": 2,
        "CI workflows": 1,
        "cron tables": 1,
        "scripts": 1,
        "Dockerfiles": 1,
        "Terraform files": 1,
        "Kubernetes manifests": 1,
        "documents": 1,
    }


def test_django_options_with_defaults_of_the_environment(read: Read) -> None:
    options = """,
        "CONN_MAX_AGE": env.int("AGE", default=60), "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"sslmode": "verify-full", "connect_timeout": 3,
            "options": "-c statement_timeout=15s -c lock_timeout=2000"}"""
    deployment = read({"site_/settings.py": "import environ\nenv = environ.Env()\n" + dedent(SETTINGS) % options})
    record = only(deployment, "django")
    assert (record.engine, record.persistent_for, record.health_checks) == ("postgresql", 60, True)
    assert (record.tls_mode, record.connect_timeout) == ("verify-full", 3)
    assert (record.statement_timeout, record.lock_timeout) == (15, 2)
    assert record.origin.path == "site_/settings.py"


def test_a_later_module_adds_to_the_databases(read: Read) -> None:
    deployment = read(
        {
            "site_/settings.py": SETTINGS % "",
            "site_/production.py": """
                from site_.settings import *
                DATABASES["default"]["CONN_MAX_AGE"] = 600
                DATABASES["default"]["OPTIONS"] = {"sslmode": "require"}
            """,
        }
    )
    production = next(c for c in deployment.connections if c.environment == "production")
    assert (production.persistent_for, production.tls_mode) == (600, "require")


def test_sqlalchemy_options_by_keyword_by_name_and_step_by_step(read: Read) -> None:
    deployment = read(
        {
            "one.py": """
                from sqlalchemy import create_engine
                engine = create_engine("postgresql://shop@/shop", pool_size=7, max_overflow=3, pool_timeout=2.5)
            """,
            "two.py": """
                from sqlalchemy.ext.asyncio import create_async_engine
                OPTIONS = {"pool_pre_ping": True, "connect_args": {"command_timeout": 20}}
                engine = create_async_engine(URL, **OPTIONS)
            """,
            "three.py": """
                from sqlalchemy import create_engine
                def make(url, pooled):
                    kwargs = {"pool_recycle": 300}
                    if pooled:
                        kwargs["pool_size"] = 4
                    return create_engine(url, **kwargs)
            """,
        },
        "sqlalchemy",
    )
    one, three, two = sorted(
        (c for c in deployment.connections if c.client == "sqlalchemy"), key=lambda c: str(c.origin.path)
    )
    assert (one.pool_size, one.max_overflow, one.pool_timeout, one.engine) == (7, 3, 2.5, "postgresql")
    assert (two.pool_pre_ping, two.statement_timeout, two.partial) == (True, 20, False)
    assert (three.pool_recycle, three.pool_size, three.partial) == (300, 4, False)


def test_options_from_elsewhere_are_said_to_be_partial(read: Read) -> None:
    files = {
        "db.py": "from sqlalchemy import create_engine\n\ndef f(url, **kw):\n    return create_engine(url, **kw)\n"
    }
    assert only(read(files, "sqlalchemy"), "sqlalchemy").partial


@pytest.mark.parametrize(
    ("code", "field", "value"),
    [
        ("new Pool({ max: 20, connectionTimeoutMillis: 2000 })", "pool_size", 20),
        ("new Pool({ max: 20, connectionTimeoutMillis: 2000 })", "connect_timeout", 2),
        ("new Pool({ statement_timeout: 30_000 })", "statement_timeout", 30),
        ("new Pool({ ssl: { rejectUnauthorized: false } })", "tls_mode", "require"),
        ("new Pool({ ssl: { rejectUnauthorized: true } })", "tls_mode", "verify-full"),
        ("new Pool({ ssl: false })", "tls_mode", "disable"),
    ],
)
def test_node_postgres(read: Read, code: str, field: str, value: object) -> None:
    deployment = read({"src/db.ts": f'import {{ Pool }} from "pg";\n\nexport const pool = {code};\n'}, "prisma")
    assert getattr(only(deployment, "node-postgres"), field) == value


@pytest.mark.parametrize("awaited", ["await ", ""])
def test_pools_of_asyncpg(read: Read, awaited: str) -> None:
    code = f"""
        import asyncpg

        async def connect(dsn):
            pool = {awaited}asyncpg.create_pool(dsn, max_size=12, command_timeout=60)
    """
    record = only(read({"db.py": code}, "sqlalchemy"), "asyncpg")
    assert (record.pool_size, record.statement_timeout) == (12, 60)


def test_no_password_is_kept(read: Read) -> None:
    secret = "k3plerHyperion7"
    deployment = read(
        {
            "site_/settings.py": (SETTINGS % f', "PASSWORD": "{secret}", "OPTIONS": {{"sslpassword": "{secret}"}}')
            + f'    SECRET_KEY = "{secret}"\n',
            "db.py": f"""
                from sqlalchemy import create_engine
                engine = create_engine("postgresql://shop:{secret}@db.shop-data.net/shop?password={secret}",
                                       connect_args={{"password": "{secret}"}})
            """,
            "made.py": f"""
                from sqlalchemy import create_engine
                made = create_engine(URL, creator=lambda: connect("{secret}"), plugins={{"password": "{secret}"}},
                                     **{{"dsn": "pg://u:{secret}@h/x", "connect_args": {{"passwd": "{secret}"}}}})
            """,
            "config.py": f'SQLALCHEMY_ENGINE_OPTIONS = {{"connect_args": {{"password": "{secret}", "x": f()}}}}\n',
            "docker-compose.prod.yml": f"services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: {secret}\n",
            ".env.production": f"DATABASE_URL=postgres://shop:{secret}@db.shop-data.net/shop?sslmode=require\n",
            "src/db.ts": f'import {{ Pool }} from "pg";\nconst pool = new Pool({{ max: 3, password: "{secret}" }});\n',
            "deploy/crontab": f"0 3 * * * PGPASSWORD={secret} pg_dump shop\n",
        },
        "sql",
    )
    assert deployment.credentials
    assert Practice.BACKUP in practices(deployment)
    assert secret not in repr(deployment)


def test_a_credential_has_no_span_that_would_quote_it(read: Read) -> None:
    deployment = read({"site_/settings.py": (SETTINGS % "") + '    SECRET_KEY = "k3pler-hyperion"\n'})
    (credential,) = deployment.credentials
    assert (credential.origin.start, credential.origin.digest, credential.origin.line) == (None, None, 4)


KEY = '    SECRET_KEY = "k3pler-hyperion"\n'
OPENS_NOTHING = {
    "a sample to fill in": {"config.example.py": KEY},
    "one sign again and again": {"config.py": '    SECRET_KEY = "********"\n'},
    "where checks run": {"config.py": '    import os\n    if "GITHUB_ACTIONS" in os.environ:\n    ' + KEY},
    "said again by settings that take all else from it": {
        "conf/base.py": KEY,
        "conf/hosted.py": '    import os\n    from .base import *\n    SECRET_KEY = os.environ["SECRET_KEY"]\n',
        "conf/local.py": "    from .base import *\n    DEBUG = True\n",
    },
}


@pytest.mark.parametrize("files", OPENS_NOTHING.values(), ids=OPENS_NOTHING)
def test_a_key_that_opens_nothing_is_no_credential(read: Read, files: dict[str, str]) -> None:
    assert read({path: dedent(text) for path, text in files.items()}, "sqlalchemy").credentials == ()


def test_a_key_that_only_some_settings_say_again_is_one(read: Read) -> None:
    files = dict(OPENS_NOTHING["said again by settings that take all else from it"])
    files["conf/hosted.py"] = files["conf/hosted.py"].replace('["SECRET_KEY"]', '.get("SECRET_KEY", "k3pler-hyperion")')
    assert read({path: dedent(text) for path, text in files.items()}, "sqlalchemy").credentials


def test_what_lies_in_the_folder_of_another_application_is_that_ones(tmp_path: Path) -> None:
    model = "from django.db import models\n\nclass Thing(models.Model):\n    name = models.CharField(max_length=9)\n"
    for name in ("alpha", "beta"):
        for path, text in {
            f"{name}/manage.py": f'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "{name}_site.settings"\n',
            f"{name}/{name}_site/__init__.py": "",
            f"{name}/{name}_site/settings.py": (dedent(SETTINGS) % ', "CONN_MAX_AGE": 5').replace(
                "shop", f"{name}_app"
            ),
            f"{name}/{name}_app/__init__.py": "",
            f"{name}/{name}_app/models.py": model,
        }.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    (tmp_path / "crontab").write_text("0 3 * * * pg_dumpall > all.sql\n")
    (tmp_path / "alpha" / "crontab").write_text("0 4 * * * pgbackrest backup\n")
    surveys = {survey.application.path: survey.deployment for survey in survey_path(tmp_path)}
    assert set(surveys) == {"alpha", "beta"}
    alpha, beta = surveys["alpha"], surveys["beta"]
    assert alpha is not None
    assert beta is not None
    assert {c.origin.path for c in alpha.connections} == {"alpha/alpha_site/settings.py"}
    assert {c.origin.path for c in beta.connections} == {"beta/beta_site/settings.py"}
    assert {s.origin.path for s in alpha.signs} == {"crontab", "alpha/crontab"}
    assert {s.origin.path for s in beta.signs} == {"crontab"}


@pytest.mark.parametrize(
    ("files", "purpose"),
    [
        ({"Dockerfile": "FROM python\n"}, Purpose.SERVICE),
        ({"infra/main.tf": "terraform {}\n", "README.md": "self-hosted\n"}, Purpose.SERVICE),
        ({"Dockerfile": "FROM python\n", "README.md": "# Shop\n\nSelf-host it.\n"}, Purpose.DISTRIBUTED),
        ({"Dockerfile": "FROM python\n", "README.md": "We use self-hosted PostgreSQL.\n"}, Purpose.SERVICE),
        ({"chart/Chart.yaml": "apiVersion: v2\nname: shop\n", "Dockerfile": "FROM python\n"}, Purpose.DISTRIBUTED),
        ({"pyproject.toml": '[project]\nclassifiers = ["Framework :: Django"]\n'}, Purpose.LIBRARY),
        ({"docker-compose.dev.yml": "services: {}\n", "requirements.txt": "flask\n"}, Purpose.UNTOLD),
    ],
)
def test_purpose(read: Read, files: dict[str, str], purpose: Purpose) -> None:
    assert read(files, "sqlalchemy").purpose is purpose


@pytest.mark.parametrize(
    ("path", "text", "practice"),
    [
        ("scripts/sync.sh", "pg_dump production | psql local\n", Practice.BACKUP),
        ("docs/login.md", "# Login\n\n## Backup codes\n", Practice.BACKUP),
        ("Dockerfile", "RUN apt-get install -y restic\n", Practice.BACKUP),
        ("scripts/a.sh", "# pg_dump shop\n", Practice.BACKUP),
        (".github/workflows/ci.yml", "on: push\njobs:\n  t:\n    steps:\n      - run: pg_dump shop\n", Practice.BACKUP),
        ("app/client.tsx", "Sentry.init({ tracesSampleRate: 1 });\n", Practice.MONITORING),
        ("app/app.py", "sentry_sdk.init(traces_sample_rate=0.0)\n", Practice.MONITORING),
        ("docker-compose.dev.yml", "services:\n  m:\n    image: pghero/pghero\n", Practice.MONITORING),
        ("infra/db.tf", "backup_retention_period = 0\n", Practice.BACKUP),
        ("app/views.py", 'readers = {"reader": {"name": 1}}\n', Practice.REPLICA),
        ("app/queries.py", 'event.listen(engine, "after_cursor_execute", note)\n', Practice.MONITORING),
        ("scripts/copy.sh", "pg_dump shop | pg_restore --dbname local\n", Practice.RESTORE_TEST),
        ("site_/settings.py", 'SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"\n', Practice.RETENTION),
    ],
)
def test_what_is_no_sign(read: Read, path: str, text: str, practice: Practice) -> None:
    assert practice not in practices(read({path: text}, "sqlalchemy"))


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("scripts/database_backup.py", 'subprocess.run(["pg_dump", "-Fc", name])\n', {Practice.BACKUP}),
        ("app/copies.py", "source_conn.backup(target)\n", {Practice.BACKUP}),
        ("app/copies.py", "def verify_backup(path):\n    return True\n", {Practice.RESTORE_TEST}),
        ("app/health.py", 'cursor.execute("PRAGMA integrity_check")\n', {Practice.INTEGRITY_CHECK}),
        ("app/db.py", "SLOW_QUERY_THRESHOLD = 1.0\n", {Practice.SLOW_QUERY_LOG}),
        (
            "app/timing.py",
            'event.listen(engine, "after_cursor_execute", end)\n\ndef end(*seen):\n    SECONDS.observe(taken(seen))\n',
            {Practice.MONITORING},
        ),
        (
            "app/timing.py",
            "with connection.execute_wrapper(timed):\n    ...\n\ndef timed(*seen):\n    log.warning(taken(seen))\n",
            {Practice.SLOW_QUERY_LOG},
        ),
        ("scripts/bring_back.sh", "pg_restore --dbname shop newest.dump\n", {Practice.RESTORE_TEST}),
        ("site_/settings.py", 'SESSION_ENGINE = "django.contrib.sessions.backends.cache"\n', {Practice.RETENTION}),
        ("litestream.yml", "dbs:\n  - path: /data/litestream.db\n", {Practice.BACKUP, Practice.POINT_IN_TIME_RECOVERY}),
        ("package.json", '{"dependencies": {"dd-trace": "5"}}\n', {Practice.MONITORING}),
        ("k8s/rules.yaml", "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n", {Practice.ALERTING}),
        (".env.example", "DATABASE_URL_REPLICA=\nDATABASE_REPLICA_URL=postgres://db/x\n", {Practice.REPLICA}),
        ("docs/dr.md", "# Disaster recovery\n", {Practice.DISASTER_RECOVERY}),
    ],
)
def test_signs(read: Read, path: str, text: str, expected: set[Practice]) -> None:
    assert practices(read({path: text}, "sqlalchemy")) == expected


def test_a_script_is_automated_where_something_runs_it(read: Read) -> None:
    alone = read({"scripts/nightly.sh": "pg_dump -Fc shop > shop.dump\n"})
    assert [s.automated for s in alone.signs] == [False]
    run = read({"deploy/crontab": "0 3 * * * /srv/scripts/nightly.sh\n"})
    assert [s.automated for s in run.signs] == [True]


def test_a_restore_beside_the_dump_is_done_by_hand(read: Read) -> None:
    files = {
        "scripts/copies.py": 'run(["pg_dump", name])\n\ndef bring_back(path):\n    run(["pg_restore", path])\n',
        "crontab": "0 3 * * * python scripts/copies.py\n",
    }
    assert [(s.practice, s.automated) for s in read(files).signs] == [
        (Practice.BACKUP, True),
        (Practice.RESTORE_TEST, False),
    ]


@pytest.mark.parametrize("text", ["\x00\x01", "services:\n  - [", "😀" * 50, "'" * 999, "{{ x }}\n</script>"])
@pytest.mark.parametrize("path", ["compose.yml", "package.json", "src/db.ts", "site_/settings.py", ".env", "README.md"])
def test_hostile_files_are_read_without_harm(read: Read, path: str, text: str) -> None:
    read({path: f'import {{ Pool }} from "pg"; new Pool({text}\n DATABASES SECRET_KEY postgres://{text}\n'})


@pytest.mark.parametrize(
    ("url", "host", "pooled", "options"),
    [
        ("postgres://u:p@localhost/x", "local", False, ()),
        ("postgresql+asyncpg://u:p@db:5432/x", "private", False, ()),
        ("postgres://u:p@ep-a-pooler.eu.neon.tech/x?sslmode=require", "public", True, (("sslmode", "require"),)),
        ("postgres://u@10.1.2.3:6432/x", "private", True, ()),
        ("postgres://u:p@${HOST}/x", None, False, ()),
        ("mysql://u:p@h.shop-data.net/x?connection_limit=5", "public", False, (("connection_limit", "5"),)),
        (
            "postgres://u@/x?options=-c%20statement_timeout%3D5s",
            None,
            False,
            (("statement_timeout", "5s"), ("options", "-c statement_timeout=5s")),
        ),
    ],
)
def test_urls(url: str, host: str | None, pooled: bool, options: tuple[tuple[str, str], ...]) -> None:
    (read_url,) = read_urls(f'DATABASE_URL="{url}"')
    assert (read_url.host, read_url.through_pooler, read_url.options) == (host, pooled, options)


def test_times_of_the_server() -> None:
    assert [seconds(v) for v in ("30s", "1500", "2min", 250, "0", "x")] == [30, 1.5, 120, 0.25, 0, None]


def test_hosts_and_placeholders() -> None:
    assert [where_lies(h) for h in ("127.0.0.1", "/run/pg", "db", "pg.svc.cluster.local", "db.shop-data.net")] == [
        "local", "local", "private", "private", "public",
    ]  # fmt: skip
    assert all(is_placeholder(v) for v in ("changeme", "<secret>", "${X}", "postgres", "xxxx", "your-password", ""))
    assert all(is_placeholder(v) for v in ("sk_nothing", "00000000-000-0000-000-000000000000"))
    assert not is_placeholder("k3plerHyperion7")


def test_a_method_of_the_program_that_is_called_like_the_library_s_function(read: Read) -> None:
    store = """
        class Database:
            def init(self, app):
                self.create_engine(app, uri=app.config["DATABASE_URL"])
        """
    assert read({"store.py": store}, "sql").connections == ()
