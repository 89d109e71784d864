"""Settings by environment; FLASK_ENV chooses one."""

import os
from datetime import timedelta


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")
    SQLALCHEMY_TRACK_MODIFICATIONS = False
    PERMANENT_SESSION_LIFETIME = timedelta(days=14)
    SESSION_COOKIE_SAMESITE = "Lax"
    ADMIN_EMAILS = frozenset(os.environ.get("ADMIN_EMAILS", "").lower().split())
    STRIPE_SECRET_KEY = os.environ.get("STRIPE_SECRET_KEY", "")
    STRIPE_WEBHOOK_SECRET = os.environ.get("STRIPE_WEBHOOK_SECRET", "")
    BCRYPT_ROUNDS = 12


class DevelopmentConfig(Config):
    SECRET_KEY = os.environ.get("SECRET_KEY") or os.urandom(24).hex()
    SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL") or "sqlite:///instance/cibozer.db"


class TestingConfig(Config):
    TESTING = True
    SECRET_KEY = os.urandom(24).hex()
    SQLALCHEMY_DATABASE_URI = "sqlite:///:memory:"
    STRIPE_WEBHOOK_SECRET = os.urandom(24).hex()
    BCRYPT_ROUNDS = 4


class ProductionConfig(Config):
    DEBUG = False
    DATABASE_URL = os.environ.get("DATABASE_URL") or "sqlite:///instance/cibozer.db"
    SQLALCHEMY_DATABASE_URI = DATABASE_URL
    SESSION_COOKIE_SECURE = True


CONFIGS = {
    "development": DevelopmentConfig,
    "testing": TestingConfig,
    "production": ProductionConfig,
}
