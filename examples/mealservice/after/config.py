import os

from sqlalchemy.pool import StaticPool

POSTGRESQL = {
    "pool_size": 10,
    "max_overflow": 20,
    "pool_recycle": 3600,
    "pool_pre_ping": True,
    "pool_timeout": 30,
    "pool_reset_on_return": "commit",
    "connect_args": {"connect_timeout": 10, "options": "-c statement_timeout=30000"},
}
MYSQL = {**POSTGRESQL, "connect_args": {"connect_timeout": 10, "read_timeout": 30}}
SQLITE = {"connect_args": {"timeout": 30}}
MEMORY = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}


def engine_options(url):
    """One set of options for each engine: what suits one is refused by another."""
    if url.startswith("postgresql"):
        return POSTGRESQL
    if url.startswith("mysql"):
        return MYSQL
    return MEMORY if ":memory:" in url or url == "sqlite://" else SQLITE


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")
    SQLALCHEMY_TRACK_MODIFICATIONS = False
    SLOW_QUERY_SECONDS = 1.0
    ADMIN_EMAILS = frozenset(os.environ.get("ADMIN_EMAILS", "").split())


class DevelopmentConfig(Config):
    SECRET_KEY = "development"
    SQLALCHEMY_DATABASE_URI = "sqlite:///mealservice.db"
    SQLALCHEMY_ENGINE_OPTIONS = SQLITE


class TestingConfig(Config):
    TESTING = True
    SECRET_KEY = "testing"
    SQLALCHEMY_DATABASE_URI = "sqlite:///:memory:"
    SQLALCHEMY_ENGINE_OPTIONS = MEMORY
    ADMIN_EMAILS = frozenset({"admin@example.org"})


class ProductionConfig(Config):
    # postgresql://mealservice:…@db/mealservice
    SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL", "postgresql://db/mealservice")
    SQLALCHEMY_ENGINE_OPTIONS = POSTGRESQL


CONFIGS = {"development": DevelopmentConfig, "testing": TestingConfig, "production": ProductionConfig}
