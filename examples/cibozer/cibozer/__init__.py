"""Cibozer: meal plans that fit a diet, a calorie target and a week."""

from pathlib import Path

from flask import Flask, jsonify
from werkzeug.exceptions import HTTPException

from config import CONFIGS

from .extensions import db
from .gateway import PaymentError, StripeGateway

BASE_DIR = Path(__file__).resolve().parent.parent


def create_app(environment="development", **overrides):
    app = Flask(__name__, instance_path=str(BASE_DIR))
    app.config.from_object(CONFIGS[environment])
    app.config.update(overrides)
    if not app.config["SECRET_KEY"]:
        raise RuntimeError("SECRET_KEY is not set")

    (BASE_DIR / "instance").mkdir(exist_ok=True)
    db.init_app(app)
    app.extensions["stripe"] = StripeGateway(app.config["STRIPE_SECRET_KEY"])

    from .account import account
    from .admin import admin
    from .auth import auth
    from .checkout import checkout
    from .commands import commands
    from .export import export
    from .meal_plans import meal_plans
    from .payments import payments
    from .sharing import sharing

    for blueprint in (auth, account, meal_plans, sharing, export, checkout, payments, admin, commands):
        app.register_blueprint(blueprint)

    app.register_error_handler(HTTPException, error_response)
    app.register_error_handler(PaymentError, payment_error_response)

    with app.app_context():
        db.create_all()
    return app


def error_response(error):
    return jsonify(error=error.description), error.code


def payment_error_response(error):
    return jsonify(error=str(error)), 502
