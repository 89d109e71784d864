"""Cibozer: meal plans that fit a diet, a calorie target and a week."""

from pathlib import Path

from flask import Flask, jsonify
from werkzeug.exceptions import HTTPException

from config import CONFIGS

from .extensions import db

BASE_DIR = Path(__file__).resolve().parent.parent


def create_app(environment="development", **overrides):
    app = Flask(__name__, instance_path=str(BASE_DIR))
    app.config.from_object(CONFIGS[environment])
    app.config.update(overrides)
    if not app.config["SECRET_KEY"]:
        raise RuntimeError("SECRET_KEY is not set")

    (BASE_DIR / "instance").mkdir(exist_ok=True)
    db.init_app(app)

    from .account import account
    from .auth import auth
    from .meal_plans import meal_plans
    from .payments import payments

    app.register_blueprint(auth)
    app.register_blueprint(account)
    app.register_blueprint(meal_plans)
    app.register_blueprint(payments)

    app.register_error_handler(HTTPException, error_response)

    with app.app_context():
        db.create_all()
    return app


def error_response(error):
    return jsonify(error=error.description), error.code
