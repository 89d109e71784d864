import csv
import io

from flask import Blueprint, Response, g, jsonify, request

from ..access import login_required
from ..extensions import db
from ..models import SavedMealPlan, SharedMealPlan
from ..planner import plan_meals
from ..usage import record

bp = Blueprint("plans", __name__)


def own(plan_id):
    return SavedMealPlan.query.filter_by(id=plan_id, user_id=g.user.id).first_or_404()


@bp.get("/plans")
@login_required
def mine():
    plans = SavedMealPlan.query.filter_by(user_id=g.user.id).order_by(SavedMealPlan.created_at.desc()).all()
    return jsonify([{"id": p.id, "name": p.name, "days": p.days} for p in plans])


@bp.post("/plans")
@login_required
def create():
    if g.user.credits <= 0:
        return jsonify(error="no credits"), 402
    data = request.get_json()
    days = data.get("days", 7)
    meals = data.get("meals") or plan_meals(data.get("diet_type"), days, data.get("daily_calories"))
    plan = SavedMealPlan(
        user_id=g.user.id,
        name=data["name"],
        diet_type=data.get("diet_type"),
        days=days,
        daily_calories=data.get("daily_calories"),
        meal_data=meals,
    )
    g.user.credits -= 1
    db.session.add(plan)
    db.session.commit()
    record("create_plan", 201)
    return jsonify(id=plan.id), 201


@bp.get("/plans/<int:plan_id>")
@login_required
def show(plan_id):
    plan = own(plan_id)
    record("view_plan")
    return jsonify(id=plan.id, name=plan.name, diet_type=plan.diet_type, days=plan.days, meals=plan.meal_data)


@bp.put("/plans/<int:plan_id>")
@login_required
def update(plan_id):
    plan = own(plan_id)
    data = request.get_json()
    plan.name = data.get("name", plan.name)
    plan.daily_calories = data.get("daily_calories", plan.daily_calories)
    plan.is_public = data.get("is_public", plan.is_public)
    db.session.commit()
    return jsonify(id=plan.id, name=plan.name, is_public=plan.is_public)


@bp.delete("/plans/<int:plan_id>")
@login_required
def delete(plan_id):
    plan = own(plan_id)
    for link in SharedMealPlan.query.filter_by(meal_plan_id=plan.id).all():
        db.session.delete(link)
    db.session.delete(plan)
    db.session.commit()
    return "", 204


@bp.get("/plans/public")
def public():
    query = SavedMealPlan.query.filter_by(is_public=True)
    if diet := request.args.get("diet"):
        query = query.filter_by(diet_type=diet)
    plans = query.order_by(SavedMealPlan.created_at.desc()).all()
    return jsonify([{"id": p.id, "name": p.name, "by": p.user.name} for p in plans])


@bp.get("/plans/totals")
@login_required
def totals():
    plans = SavedMealPlan.query.filter_by(user_id=g.user.id).all()
    return jsonify(plans=len(plans), days=sum(p.days for p in plans))


@bp.get("/plans/<int:plan_id>/export.csv")
@login_required
def export(plan_id):
    plan = own(plan_id)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("day", "meal", "name", "calories"))
    for day in plan.meal_data["days"]:
        for meal in day["meals"]:
            writer.writerow((day["day"], meal["meal"], meal["name"], meal["calories"]))
    record("export_plan")
    return Response(file.getvalue(), mimetype="text/csv")
