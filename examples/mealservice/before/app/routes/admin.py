from datetime import timedelta

from flask import Blueprint, jsonify, request

from ..access import admin_required
from ..models import SavedMealPlan, UsageLog, User, utcnow

bp = Blueprint("admin", __name__, url_prefix="/admin")


def since():
    return utcnow() - timedelta(days=request.args.get("days", 7, type=int))


@bp.get("/failures")
@admin_required
def failures():
    logs = UsageLog.query.filter(UsageLog.status_code >= 500).order_by(UsageLog.created_at.desc()).all()
    return jsonify([{"user": log.user.email, "action": log.action, "at": log.created_at} for log in logs])


@bp.get("/activity/<action>")
@admin_required
def activity(action):
    logs = UsageLog.query.filter(UsageLog.action == action, UsageLog.created_at >= since()).all()
    days = {}
    for log in logs:
        day = log.created_at.date().isoformat()
        days[day] = days.get(day, 0) + 1
    return jsonify(days)


@bp.get("/customers")
@admin_required
def customers():
    users = User.query.filter(User.subscription_tier != "free", User.subscription_status == "active").all()
    return jsonify([{"email": u.email, "tier": u.subscription_tier, "plans": len(u.meal_plans)} for u in users])


@bp.get("/signups")
@admin_required
def signups():
    users = User.query.filter(User.created_at >= since()).order_by(User.created_at.desc()).all()
    return jsonify([{"email": u.email, "tier": u.subscription_tier, "at": u.created_at} for u in users])


@bp.get("/diets")
@admin_required
def diets():
    counts = {}
    for diet in request.args.getlist("diet"):
        counts[diet] = SavedMealPlan.query.filter_by(diet_type=diet).count()
    return jsonify(counts)
