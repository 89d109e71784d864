from flask import Blueprint, jsonify, session
from prometheus_client import generate_latest

from ..extensions import db

bp = Blueprint("database_admin", __name__)


@bp.get("/metrics")
def metrics():
    return generate_latest(), 200, {"Content-Type": "text/plain; version=0.0.4"}


@bp.get("/admin/database")
def overview():
    if not session.get("is_admin"):
        return jsonify(error="for administrators"), 403
    pool = db.engine.pool
    limit = pool.size() + pool._max_overflow
    return jsonify(in_use=pool.checkedout(), limit=limit, alert=pool.checkedout() > 0.8 * limit)
