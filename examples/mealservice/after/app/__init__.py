import os

from flask import Flask

from config import CONFIGS

from .extensions import db, migrate


def create_app(environment=None):
    app = Flask(__name__)
    app.config.from_object(CONFIGS[environment or os.environ.get("APP_ENV", "development")])
    db.init_app(app)
    migrate.init_app(app, db)

    from .database_performance import watch
    from .routes import api, auth, database_admin, plans, usage

    for module in (api, auth, database_admin, plans, usage):
        app.register_blueprint(module.bp)
    with app.app_context():
        watch(db.engine)
    return app
