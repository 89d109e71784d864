from datetime import timedelta

from flask import Blueprint, jsonify, request

from .. import validation
from ..access import admin_required
from ..extensions import db
from ..models import SavedMealPlan, UsageLog, User, utcnow

bp = Blueprint("admin", __name__, url_prefix="/admin")


def since():
    return utcnow() - timedelta(days=request.args.get("days", 7, type=int))


@bp.get("/failures")
@admin_required
def failures():
    logs = (
        db.session.query(User.email, UsageLog.action, UsageLog.created_at)
        .join(UsageLog.user)
        .filter(UsageLog.status_code >= 500)
        .order_by(UsageLog.created_at.desc())
        .limit(validation.PAGE)
        .all()
    )
    return jsonify([{"user": email, "action": action, "at": at} for email, action, at in logs])


@bp.get("/activity/<action>")
@admin_required
def activity(action):
    day = db.func.date(UsageLog.created_at)
    counted = (
        db.session.query(day, db.func.count())
        .filter(UsageLog.action == action, UsageLog.created_at >= since())
        .group_by(day)
        .all()
    )
    return jsonify({str(date): count for date, count in counted})


@bp.get("/customers")
@admin_required
def customers():
    users = (
        db.session.query(User.email, User.subscription_tier, db.func.count(SavedMealPlan.id))
        .outerjoin(User.meal_plans)
        .filter(User.subscription_status == "active", User.subscription_tier.in_(("basic", "premium")))
        .filter(User.id > request.args.get("after", 0, type=int))
        .group_by(User.id)
        .order_by(User.id)
        .limit(validation.PAGE)
        .all()
    )
    return jsonify([{"email": email, "tier": tier, "plans": plans} for email, tier, plans in users])


@bp.get("/signups")
@admin_required
def signups():
    users = (
        db.session.query(User.email, User.subscription_tier, User.created_at)
        .filter(User.created_at >= since())
        .order_by(User.created_at.desc())
        .limit(validation.PAGE)
        .all()
    )
    return jsonify([{"email": email, "tier": tier, "at": at} for email, tier, at in users])


@bp.get("/diets")
@admin_required
def diets():
    wanted = request.args.getlist("diet")
    counted = (
        db.session.query(SavedMealPlan.diet_type, db.func.count())
        .filter(SavedMealPlan.diet_type.in_(wanted))
        .group_by(SavedMealPlan.diet_type)
        .all()
    )
    return jsonify(dict.fromkeys(wanted, 0) | {diet: count for diet, count in counted})
