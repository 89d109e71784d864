import secrets

from flask import Blueprint, jsonify, request, session

from ..extensions import db
from ..models import SavedMealPlan, SharedMealPlan, UsageLog, User

bp = Blueprint("plans", __name__)


def record(action, status=200):
    db.session.add(
        UsageLog(user_id=session["user_id"], action=action, endpoint=request.path, status_code=status)
    )
    db.session.commit()


@bp.get("/plans")
def mine():
    plans = SavedMealPlan.query.filter_by(user_id=session["user_id"]).order_by(SavedMealPlan.created_at.desc()).all()
    return jsonify([{"id": p.id, "name": p.name, "days": p.days} for p in plans])


@bp.post("/plans")
def create():
    user = db.session.get(User, session["user_id"])
    if user.credits <= 0:
        return jsonify(error="no credits"), 402
    data = request.get_json()
    plan = SavedMealPlan(
        user_id=user.id,
        name=data["name"],
        diet_type=data.get("diet_type"),
        days=data.get("days", 7),
        daily_calories=data.get("daily_calories"),
        meal_data=data["meals"],
    )
    user.credits -= 1
    db.session.add(plan)
    db.session.commit()
    record("create_plan", 201)
    return jsonify(id=plan.id), 201


@bp.get("/plans/public")
def public():
    query = SavedMealPlan.query.filter_by(is_public=True)
    if diet := request.args.get("diet"):
        query = query.filter_by(diet_type=diet)
    return jsonify([{"id": p.id, "name": p.name, "by": p.user.name} for p in query.all()])


@bp.post("/plans/<int:plan_id>/share")
def share(plan_id):
    plan = SavedMealPlan.query.filter_by(id=plan_id, user_id=session["user_id"]).first_or_404()
    shared = SharedMealPlan(meal_plan_id=plan.id, shared_by_id=plan.user_id, share_token=secrets.token_hex(32))
    db.session.add(shared)
    db.session.commit()
    record("share_plan", 201)
    return jsonify(token=shared.share_token), 201


@bp.get("/shared/<token>")
def shared(token):
    found = SharedMealPlan.query.filter_by(share_token=token).first_or_404()
    found.view_count += 1
    db.session.commit()
    return jsonify(found.meal_plan.meal_data)
