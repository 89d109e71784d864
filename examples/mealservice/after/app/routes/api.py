from flask import Blueprint, g, jsonify

from .. import validation
from ..access import key_required
from ..extensions import db
from ..models import SavedMealPlan
from .plans import page_of

bp = Blueprint("api", __name__, url_prefix="/api/v1")


@bp.get("/plans")
@key_required
def plans():
    found = page_of(SavedMealPlan.query.filter_by(user_id=g.key.user_id))
    db.session.commit()
    return jsonify([{"id": p.id, "name": p.name, "days": p.days, "meals": p.meal_data} for p in found])


@bp.post("/plans")
@key_required
def create():
    plan = SavedMealPlan(user_id=g.key.user_id, **validation.plan())
    if plan.meal_data is None:
        return jsonify(error="meals are missing"), 400
    db.session.add(plan)
    db.session.commit()
    return jsonify(id=plan.id), 201
