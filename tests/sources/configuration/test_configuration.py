"""Which engine a project configures, and where it says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from dbarchitect.catalog.survey import ConfiguredEngine
from dbarchitect.sources.configuration import choose_engine, configured_engines
from dbarchitect.sources.discover import open_project

Configured = Callable[..., tuple[ConfiguredEngine, ...]]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    def read(files: dict[str, str], prefix: str = "") -> tuple[ConfiguredEngine, ...]:
        for path, content in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(dedent(content))
        return configured_engines(open_project(tmp_path), prefix)

    return read


def shown(found: ConfiguredEngine) -> tuple[str, str | None, str | None, bool]:
    return found.engine.name, found.target, found.environment, found.is_default


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('SQLALCHEMY_DATABASE_URI = "sqlite:///app.db"', ("sqlite", "app.db", None, False)),
        ('SQLALCHEMY_DATABASE_URI = "sqlite:////var/app.db"', ("sqlite", "/var/app.db", None, False)),
        ('DATABASE_URL = "postgresql+asyncpg://u:p@db:5432/shop?ssl=1"', ("postgresql", "shop", None, False)),
        ('engine = create_engine("mysql+pymysql://u:p@h/shop")', ("mysql", "shop", None, False)),
        ('engine = create_async_engine(url="postgres://h/shop")', ("postgresql", "shop", None, False)),
        ('DB_URL = os.environ.get("DATABASE_URL", "sqlite:///x.db")', ("sqlite", "x.db", None, True)),
        ('DB_URL = os.getenv("DATABASE_URL") or "sqlite:///x.db"', ("sqlite", "x.db", None, True)),
        ('engine = create_engine(os.environ.get("X", "sqlite:///x.db"))', ("sqlite", "x.db", None, True)),
        ('DATABASE_URI = f"postgresql://{user}:{password}@{host}/{name}"', ("postgresql", "…", None, False)),
        ('DATABASE_URI = "postgresql://%s:%s@%s/shop" % (a, b, c)', ("postgresql", "shop", None, False)),
        ('DATABASE_URI = "postgresql://{}:{}@{}/shop".format(a, b, c)', ("postgresql", "shop", None, False)),
        ('DB_URI = "sqlite:///" + os.path.join(base, "app.db")', ("sqlite", "…/app.db", None, False)),
        ('DATABASE_URL = URL.create("postgresql+psycopg", database="shop")', ("postgresql", "shop", None, False)),
        ('DATABASE_URL = PostgresDsn.build(scheme="postgresql", path="/shop")', ("postgresql", "shop", None, False)),
        ('app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///f.db"', ("sqlite", "f.db", None, False)),
        (
            'c = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{path}"}\napp.config.from_mapping(c)',
            ("sqlite", "…", None, False),
        ),
        ('app.config.from_mapping(SQLALCHEMY_DATABASE_URI="sqlite:///f.db")', ("sqlite", "f.db", None, False)),
        ('app.config.update({"SQLALCHEMY_DATABASE_URI": "sqlite:///f.db"})', ("sqlite", "f.db", None, False)),
        ('class Settings(BaseSettings):\n    database_url: str = "sqlite:///s.db"', ("sqlite", "s.db", None, False)),
        ("class Settings(BaseSettings):\n    DATABASE_URL: PostgresDsn", ("postgresql", None, None, False)),
        ('class ProductionConfig:\n    DATABASE_URL = "postgres://h/p"', ("postgresql", "p", "production", False)),
        ('class DevConfig:\n    DATABASE_URL = "sqlite:///d.db"', ("sqlite", "d.db", "development", False)),
        ('class TestingConfig:\n    DATABASE_URL = "sqlite://"', ("sqlite", ":memory:", "testing", False)),
        ('DEV_DATABASE_URL = "sqlite:///d.db"', ("sqlite", "d.db", "development", False)),
        (
            'if os.environ["ENV"] == "production":\n    DATABASE_URL = "postgres://h/p"',
            ("postgresql", "p", "production", False),
        ),
        ("def get_database_url():\n    return 'postgresql://h/p'", ("postgresql", "p", None, False)),
    ],
)
def test_python(configured: Configured, code: str, expected: tuple[str, str | None, str | None, bool]) -> None:
    found = configured({"settings.py": "import os\nfrom x import *\n# ://\n" + code + "\n"})
    assert [shown(f) for f in found] == [expected]
    assert found[0].origin.path == "settings.py" and found[0].origin.line and found[0].origin.digest


@pytest.mark.parametrize(
    "code",
    [
        'REDIS_URL = "redis://localhost:6379/0"',
        'CELERY_RESULT_BACKEND = "db+postgresql://h/d"',
        'CACHE_DATABASE_URL = "postgresql://h/d"',
        'DOCS = "https://www.postgresql.org/docs"',
        'message = "use postgresql://host/db as the url"',
        'DATABASE_URL = "mongodb://h/d"',
    ],
)
def test_what_is_no_database_of_the_application(configured: Configured, code: str) -> None:
    assert configured({"settings.py": code + "\n"}) == ()


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        (".env", "DATABASE_URL=postgresql://u:p@h/shop\n", ("postgresql", "shop", None, False)),
        (".env.production", 'export DATABASE_URL="postgres://h/shop"\n', ("postgresql", "shop", "production", False)),
        (".env.example", "SQLALCHEMY_DATABASE_URI=sqlite:///x.db\n", ("sqlite", "x.db", None, False)),
        ("dev.env", "DB_URL=sqlite:///x.db\n", ("sqlite", "x.db", "development", False)),
        (".env", "DB_CONNECTION=pgsql\n", ("postgresql", None, None, False)),
        ("alembic.ini", "[alembic]\nsqlalchemy.url = postgresql://u:p@h/shop\n", ("postgresql", "shop", None, False)),
        ("config/production.toml", 'database_url = "postgres://h/shop"\n', ("postgresql", "shop", "production", False)),
        ("fly.toml", '[env]\n  DATABASE_URL = "sqlite:////data/x.db"\n', ("sqlite", "/data/x.db", None, False)),
        ("docker-compose.yml", "services:\n  web:\n    environment:\n      - DATABASE_URL=postgres://u:p@db/shop\n",
         ("postgresql", "shop", None, False)),
        ("docker-compose.prod.yml", "services:\n  web:\n    environment:\n      DATABASE_URL: mysql://u:p@db/shop\n",
         ("mysql", "shop", "production", False)),
        ("compose.yaml", "services:\n  web:\n    environment:\n      DATABASE_URL: ${DATABASE_URL:-sqlite:///x.db}\n",
         ("sqlite", "x.db", None, True)),
        ("requirements.txt", "psycopg2-binary==2.9\n", ("postgresql", None, None, True)),
        ("requirements/base.txt", "asyncpg\n", ("postgresql", None, None, True)),
        ("pyproject.toml", '[project]\ndependencies = ["aiosqlite>=0.1"]\n', ("sqlite", None, None, True)),
    ],
)  # fmt: skip
def test_files(configured: Configured, path: str, content: str, expected: tuple[object, ...]) -> None:
    found = configured({path: content})
    assert [shown(f) for f in found] == [expected]
    assert found[0].origin.path == path and found[0].origin.line and found[0].origin.digest


@pytest.mark.parametrize(
    ("image", "name", "version"),
    [
        ("postgres:16", "postgresql", "16"),
        ("postgres:16.3-alpine", "postgresql", "16.3"),
        ('"postgres:17"', "postgresql", "17"),
        ("postgres", "postgresql", None),
        ("postgres:latest", "postgresql", None),
        ("docker.io/library/postgres:15@sha256:abc", "postgresql", "15"),
        ("postgres:${POSTGRES_VERSION:-14}", "postgresql", "14"),
        ("pgvector/pgvector:pg16", "postgresql", "16"),
        ("postgis/postgis:15-3.4", "postgresql", "15"),
        ("timescale/timescaledb:2.15.0-pg16", "postgresql", "16"),
        ("mysql:8.0", "mysql", "8.0"),
        ("mariadb:10.11", "mysql", "10.11"),
    ],
)
def test_containers(configured: Configured, image: str, name: str, version: str | None) -> None:
    database = f"  db:\n    image: {image}\n    environment:\n      POSTGRES_DB: shop\n"
    text = f"services:\n{database}  cache:\n    image: redis:7\n"
    (found,) = configured({"docker-compose.yml": text})
    assert (found.engine.name, found.engine.version, found.target) == (name, version, "shop")


@pytest.mark.parametrize(
    ("host", "hosted_by"),
    [
        ("ep-cool-1.eu-central-1.aws.neon.tech", "neon"),
        ("db.abcdef.supabase.co", "supabase"),
        ("aws-0-eu.pooler.supabase.com:6543", "supabase"),
        ("x.abc.eu-west-1.rds.amazonaws.com", "rds"),
        ("dpg-x.frankfurt-postgres.render.com", "render"),
        ("localhost", None),
        ("notneon.technology", None),
    ],
)
def test_hosts(configured: Configured, host: str, hosted_by: str | None) -> None:
    (found,) = configured({".env": f"DATABASE_URL=postgresql://u:p@{host}/d\n"})
    assert found.engine.hosted_by == hosted_by


def test_heroku_and_render(configured: Configured) -> None:
    found = configured({
        "app.json": '{"addons": ["heroku-postgresql:mini"]}',
        "render.yaml": 'databases:\n  - name: shop\n    postgresMajorVersion: "15"\n',
    })  # fmt: skip
    assert [(f.engine.name, f.engine.hosted_by, f.engine.version, f.environment) for f in found] == [
        ("postgresql", "heroku", None, "production"),
        ("postgresql", "render", "15", "production"),
    ]


def test_no_password_is_kept(configured: Configured) -> None:
    secret = "s3cr3t@with/odd:signs"
    files = {
        ".env": f"DATABASE_URL=postgresql://user:{secret}@h:5432/shop\n",
        "settings.py": f'SQLALCHEMY_DATABASE_URI = "mysql://user:{secret}@h/shop"\nDB_PASSWORD = "{secret}"\n'
        f'DATABASE_URL = "postgresql://u:" + DB_PASSWORD + "@h/" + DB_PASSWORD\n',
    }
    found = configured(files)
    assert len(found) == 3
    assert all("s3cr3t" not in repr(f) for f in found)


def test_a_prefix_limits_the_search(configured: Configured) -> None:
    files = {"a/.env": "DATABASE_URL=sqlite:///a.db\n", "b/settings.py": 'DATABASE_URL = "postgres://h/b"\n'}
    assert [shown(f) for f in configured(files, "a")] == [("sqlite", "a.db", None, False)]
    assert [shown(f) for f in configured(files, "b/")] == [("postgresql", "b", None, False)]
    assert len(configured(files)) == 2


FLASK = """
    import os
    class Config: pass
    class DevelopmentConfig(Config):
        SQLALCHEMY_DATABASE_URI = "sqlite:///dev.db"
    class ProductionConfig(Config):
        SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL") or {production!r}
    class TestingConfig(Config):
        SQLALCHEMY_DATABASE_URI = "mysql://test/test"
"""


@pytest.mark.parametrize(
    ("files", "name", "version"),
    [
        ({}, "postgresql", None),
        ({"config.py": FLASK.format(production="sqlite:///p.db")}, "sqlite", None),
        ({"config.py": FLASK.format(production="sqlite:///p.db"), "requirements.txt": "psycopg2\n"}, "sqlite", None),
        ({"config.py": FLASK.format(production="postgres://h/p")}, "postgresql", None),
        ({"s.py": 'DATABASE_URL = "sqlite:///x.db"\n'}, "sqlite", None),
        ({"s.py": 'DATABASE_URL = "sqlite:///x.db"\n', "requirements.txt": "psycopg\n"}, "sqlite", None),
        ({"s.py": 'import os\nDB_URL = os.getenv("A", "sqlite:///x.db")\n'}, "sqlite", None),
        ({"s.py": 'import os\nDB_URL = os.getenv("A", "sqlite:///x.db")\n',
          "requirements.txt": "psycopg\n"}, "postgresql", None),
        ({"s.py": 'import os\nDB_URL = os.getenv("A", "sqlite:///x.db")\n',
          "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n"}, "postgresql", "16"),
        ({"a.py": 'DB_URL = "mysql://h/d"\n', "b.py": 'DB_URL = "postgres://h/d"\n'}, "postgresql", None),
        ({".env.production": "DATABASE_URL=mysql://h/d\n", ".env": "DATABASE_URL=postgres://h/d\n"}, "mysql", None),
        ({"requirements.txt": "pymysql\n"}, "mysql", None),
        ({"docker-compose.yml": "services:\n  one:\n    image: mysql:8.4\n  other:\n    image: postgres:16\n",
          "env.template": "DB_DRIVER=mysql  # mysql or postgresql\n"}, "mysql", "8.4"),
        ({"a.py": 'import os\nAPP_DB_DRIVER: str = os.getenv("APP_DB_DRIVER", "mariadb")\n',
          "requirements.txt": "psycopg\n"}, "mysql", None),
        ({".env": "DB_TYPE=sqlite\n", "docker-compose.yml": "services:\n  db:\n    image: postgres:16\n"},
         "postgresql", "16"),
        ({"tests/settings.py": 'DATABASE_URL = "sqlite:///x.db"\n'}, "postgresql", None),
        ({"docker-compose.dev.yml": "services:\n  db:\n    image: postgres:15\n",
          ".env.production": "DATABASE_URL=postgres://x.neon.tech/d\n"}, "postgresql", "15"),
    ],
)  # fmt: skip
def test_the_choice(configured: Configured, files: dict[str, str], name: str, version: str | None) -> None:
    chosen = choose_engine(configured(files))
    assert (chosen.name, chosen.version) == (name, version)


@pytest.mark.parametrize(
    ("files", "title", "version"),
    [
        ({"s.py": 'DB_URL = "mysql+pymysql://h/d"\n',
          "docker-compose.yml": "services:\n  db:\n    image: mariadb:10.11\n"}, "MariaDB", "10.11"),
        ({"s.py": 'DB_URL = "mysql://h/d"\n', ".env": "DATABASE_URL=mariadb://h/d\n"}, "MariaDB", None),
        ({"docker-compose.yml": "services:\n  db:\n    image: mysql:8.4\n", ".env": "DATABASE_URL=mariadb://h/d\n"},
         "MySQL", "8.4"),
    ],
)  # fmt: skip
def test_the_product_goes_with_the_version(
    configured: Configured, files: dict[str, str], title: str, version: str | None
) -> None:
    chosen = choose_engine(configured(files))
    assert (chosen.name, chosen.title, chosen.version) == ("mysql", title, version)


def test_django_s_databases_are_left_alone(configured: Configured) -> None:
    settings = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x.db"}}\n# ://\n'
    assert configured({"site/settings.py": settings}) == ()


def test_broken_files_lose_only_what_is_broken(configured: Configured) -> None:
    found = configured({
        "settings.py": 'DATABASE_URL = "sqlite:///x.db"\ndef broken(:\n',
        "docker-compose.yml": "services:\n\t db: [\n    image: postgres:16\n",
        ".env": "=\nDATABASE_URL\nDATABASE_URL=postgres://h/d\n",
        "app.json": "{",
    })  # fmt: skip
    assert {f.engine.name for f in found} == {"sqlite", "postgresql"} and len(found) == 3


@pytest.mark.parametrize("folder", ["docs", "docker-example", "examples/flask", "samples"])
def test_examples_configure_nobody(configured: Configured, folder: str) -> None:
    files = {f"{folder}/.env": "DATABASE_URL=mysql://h/d\n", f"{folder}/s.py": 'DATABASE_URL = "mysql://h/d"\n'}
    assert configured(files) == ()
    assert len(configured(files, folder)) == 2  # unless the example itself is asked about


def test_a_folder_for_tests_marks_what_is_in_it(configured: Configured) -> None:
    compose = "services:\n  db:\n    image: postgres:12\n"
    (found,) = configured({"test-infrastructure/docker-compose.yml": compose})
    assert found.environment == "testing"
