from flask import Blueprint, g, jsonify

from .. import validation
from ..access import login_required
from ..models import UsageLog

bp = Blueprint("usage", __name__)


@bp.get("/usage/month")
@login_required
def month():
    return jsonify(g.user.get_monthly_usage())


@bp.get("/usage/history")
@login_required
def history():
    query = UsageLog.query.filter_by(user_id=g.user.id)
    if before := validation.page():
        query = query.filter(UsageLog.created_at < before)
    logs = query.order_by(UsageLog.created_at.desc()).limit(validation.PAGE).all()
    return jsonify([{"action": log.action, "status": log.status_code, "at": log.created_at} for log in logs])
