import os

from flask import Flask, jsonify
from werkzeug.exceptions import HTTPException

from config import CONFIGS

from .extensions import db


def create_app(environment=None):
    app = Flask(__name__)
    app.config.from_object(CONFIGS[environment or os.environ.get("APP_ENV", "development")])
    db.init_app(app)

    from . import access, commands, usage as usage_log
    from .routes import admin, api, auth, keys, plans, sharing, usage

    access.init_app(app)
    usage_log.init_app(app)
    app.cli.add_command(commands.chores)
    for module in (admin, api, auth, keys, plans, sharing, usage):
        app.register_blueprint(module.bp)
    app.register_error_handler(HTTPException, lambda error: (jsonify(error=error.description), error.code))
    return app
