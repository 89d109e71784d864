from flask import Blueprint, g, jsonify, request

from ..access import key_required
from ..extensions import db
from ..models import SavedMealPlan

bp = Blueprint("api", __name__, url_prefix="/api/v1")


@bp.get("/plans")
@key_required
def plans():
    found = SavedMealPlan.query.filter_by(user_id=g.key.user_id).order_by(SavedMealPlan.created_at.desc()).all()
    db.session.commit()
    return jsonify([{"id": p.id, "name": p.name, "days": p.days, "meals": p.meal_data} for p in found])


@bp.post("/plans")
@key_required
def create():
    data = request.get_json()
    plan = SavedMealPlan(user_id=g.key.user_id, name=data["name"], days=data["days"], meal_data=data["meals"])
    db.session.add(plan)
    db.session.commit()
    return jsonify(id=plan.id), 201
