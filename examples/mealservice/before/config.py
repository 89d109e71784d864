import os


class Config:
    SECRET_KEY = os.environ.get("SECRET_KEY")
    SQLALCHEMY_TRACK_MODIFICATIONS = False


class DevelopmentConfig(Config):
    SECRET_KEY = "development"
    SQLALCHEMY_DATABASE_URI = "sqlite:///mealservice.db"


class ProductionConfig(Config):
    # postgresql://mealservice:…@db/mealservice
    SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL", "postgresql://db/mealservice")


CONFIGS = {"development": DevelopmentConfig, "production": ProductionConfig}
