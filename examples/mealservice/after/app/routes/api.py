from flask import Blueprint, abort, jsonify, request

from ..extensions import db
from ..models import APIKey, SavedMealPlan, utcnow

bp = Blueprint("api", __name__, url_prefix="/api/v1")


def authenticated():
    key = APIKey.query.filter_by(key=request.headers.get("X-API-Key", ""), is_active=True).first()
    if key is None:
        abort(401)
    key.last_used_at = utcnow()
    return key


@bp.post("/plans")
def create():
    key = authenticated()
    data = request.get_json()
    plan = SavedMealPlan(user_id=key.user_id, name=data["name"], days=data["days"], meal_data=data["meals"])
    db.session.add(plan)
    db.session.commit()
    return jsonify(id=plan.id), 201
