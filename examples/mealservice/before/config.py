import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")
    SQLALCHEMY_TRACK_MODIFICATIONS = False
    ADMIN_EMAILS = frozenset(os.environ.get("ADMIN_EMAILS", "").split())


class DevelopmentConfig(Config):
    SECRET_KEY = "development"
    SQLALCHEMY_DATABASE_URI = "sqlite:///mealservice.db"


class TestingConfig(Config):
    TESTING = True
    SECRET_KEY = "testing"
    SQLALCHEMY_DATABASE_URI = "sqlite:///:memory:"
    ADMIN_EMAILS = frozenset({"admin@example.org"})


class ProductionConfig(Config):
    # postgresql://mealservice:…@db/mealservice
    SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL", "postgresql://db/mealservice")


CONFIGS = {"development": DevelopmentConfig, "testing": TestingConfig, "production": ProductionConfig}
