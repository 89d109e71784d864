"""Links by which others see a saved plan and take a copy; the link itself holds which plan, signed."""

from flask import Blueprint, abort, current_app, g, jsonify, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

from .auth import login_required
from .extensions import db
from .meal_plans import find_plan
from .models import SavedMealPlan

sharing = Blueprint("sharing", __name__)

LINK_LIFETIME = 30 * 24 * 3600


@sharing.post("/meal-plans/<int:plan_id>/share")
@login_required
def share(plan_id):
    token = signer().dumps(find_plan(plan_id).id)
    return jsonify(url=url_for("sharing.shared", token=token, _external=True), token=token), 201


@sharing.get("/shared/<token>")
def shared(token):
    plan = plan_of(token)
    return jsonify(name=plan.name, by=plan.user.full_name, meal_plan_data=plan.meal_plan_data)


@sharing.post("/shared/<token>/copy")
@login_required
def copy(token):
    plan = plan_of(token)
    own = SavedMealPlan(user_id=g.user.id, name=plan.name, meal_plan_data=plan.meal_plan_data)
    db.session.add(own)
    db.session.commit()
    return jsonify(own.to_dict()), 201


def plan_of(token):
    try:
        plan_id = signer().loads(token, max_age=LINK_LIFETIME)
    except BadSignature:
        abort(404, "This link is not valid any more.")
    plan = db.session.get(SavedMealPlan, plan_id)
    if plan is None or not plan.user.is_active:
        abort(404, "This plan is gone.")
    return plan


def signer():
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="shared-meal-plan")
