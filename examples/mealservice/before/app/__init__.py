import os

from flask import Flask

from config import CONFIGS

from .extensions import db, migrate


def create_app(environment=None):
    app = Flask(__name__)
    app.config.from_object(CONFIGS[environment or os.environ.get("APP_ENV", "development")])
    db.init_app(app)
    migrate.init_app(app, db)

    from .routes import api, auth, plans, usage

    for module in (api, auth, plans, usage):
        app.register_blueprint(module.bp)
    return app
