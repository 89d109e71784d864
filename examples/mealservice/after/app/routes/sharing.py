import secrets
from datetime import timedelta

from flask import Blueprint, abort, g, jsonify, request

from .. import validation
from ..access import login_required
from ..extensions import db
from ..models import SavedMealPlan, SharedMealPlan, utcnow
from ..usage import record
from .plans import own

bp = Blueprint("sharing", __name__)


@bp.post("/plans/<int:plan_id>/share")
@login_required
def share(plan_id):
    plan = own(plan_id)
    days = request.args.get("days", type=int)
    shared = SharedMealPlan(
        meal_plan_id=plan.id,
        shared_by_id=plan.user_id,
        share_token=secrets.token_hex(32),
        expires_at=utcnow() + timedelta(days=days) if days else None,
    )
    db.session.add(shared)
    record("share_plan", 201)
    db.session.commit()
    return jsonify(token=shared.share_token), 201


@bp.get("/shares")
@login_required
def mine():
    links = (
        db.session.query(SharedMealPlan.share_token, SavedMealPlan.name, SharedMealPlan.view_count)
        .join(SharedMealPlan.meal_plan)
        .filter(SharedMealPlan.shared_by_id == g.user.id)
        .order_by(SharedMealPlan.created_at.desc())
        .limit(validation.PAGE)
        .all()
    )
    return jsonify([{"token": token, "plan": plan, "views": views} for token, plan, views in links])


@bp.delete("/shares/<token>")
@login_required
def revoke(token):
    found = SharedMealPlan.query.filter_by(share_token=token, shared_by_id=g.user.id).first_or_404()
    db.session.delete(found)
    db.session.commit()
    return "", 204


@bp.get("/shared/<token>")
def shared(token):
    found = SharedMealPlan.query.filter_by(share_token=token).first_or_404()
    if found.expires_at is not None and found.expires_at < utcnow():
        abort(404, "this link has expired")
    meals = found.meal_plan.meal_data
    seen = db.update(SharedMealPlan).where(SharedMealPlan.id == found.id)
    db.session.execute(seen.values(view_count=SharedMealPlan.view_count + 1))
    db.session.commit()
    return jsonify(meals)


@bp.post("/shared/<token>/copy")
@login_required
def copy(token):
    found = SharedMealPlan.query.filter_by(share_token=token).first_or_404()
    plan = found.meal_plan
    taken = SavedMealPlan(
        user_id=g.user.id,
        name=plan.name,
        diet_type=plan.diet_type,
        days=plan.days,
        daily_calories=plan.daily_calories,
        meal_data=plan.meal_data,
    )
    db.session.add(taken)
    record("copy_plan", 201)
    db.session.commit()
    return jsonify(id=taken.id), 201
