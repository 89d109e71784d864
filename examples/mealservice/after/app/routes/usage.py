from flask import Blueprint, jsonify, session

from ..extensions import db
from ..models import UsageLog, User

bp = Blueprint("usage", __name__)


@bp.get("/usage/month")
def month():
    return jsonify(db.session.get(User, session["user_id"]).get_monthly_usage())


@bp.get("/admin/failures")
def failures():
    logs = UsageLog.query.filter(UsageLog.status_code >= 500).order_by(UsageLog.created_at.desc()).all()
    return jsonify([{"user": log.user.email, "action": log.action, "at": log.created_at} for log in logs])


@bp.get("/admin/customers")
def customers():
    users = User.query.filter(User.subscription_tier != "free", User.subscription_status == "active").all()
    return jsonify([{"email": u.email, "tier": u.subscription_tier} for u in users])
