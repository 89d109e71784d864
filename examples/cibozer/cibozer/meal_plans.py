"""Generate, save, list, open and delete meal plans."""

from flask import Blueprint, abort, g, jsonify, request

from .auth import login_required
from .credits import PLAN_COST, spend_credits
from .extensions import db
from .models import SavedMealPlan
from .planner import DIETS, generate_plan

meal_plans = Blueprint("meal_plans", __name__, url_prefix="/meal-plans")


@meal_plans.post("/generate")
@login_required
def generate():
    data = request.get_json()
    diet = data.get("diet", "standard")
    calories = data.get("calories", 2000)
    days = data.get("days", 7)
    if diet not in DIETS:
        abort(400, "Unknown diet.")
    if not isinstance(calories, int) or not 800 <= calories <= 5000:
        abort(400, "Calories must be between 800 and 5000.")
    if not isinstance(days, int) or not 1 <= days <= 30:
        abort(400, "A plan has 1 to 30 days.")

    spend_credits(g.user, "generate_meal_plan", PLAN_COST, {"diet": diet, "calories": calories, "days": days})
    db.session.commit()
    return jsonify(generate_plan(diet, calories, days))


@meal_plans.post("")
@login_required
def save():
    data = request.get_json()
    name = data.get("name", "").strip()
    if not name or len(name) > 100:
        abort(400, "The plan needs a name of at most 100 characters.")
    if not isinstance(data.get("meal_plan_data"), dict):
        abort(400, "The plan is empty.")

    plan = SavedMealPlan(user_id=g.user.id, name=name, meal_plan_data=data["meal_plan_data"])
    db.session.add(plan)
    db.session.commit()
    return jsonify(plan.to_dict()), 201


@meal_plans.get("")
@login_required
def list_plans():
    plans = SavedMealPlan.query.filter_by(user_id=g.user.id).order_by(SavedMealPlan.created_at.desc()).all()
    return jsonify([plan.to_dict() for plan in plans])


@meal_plans.get("/favorites")
@login_required
def favorites():
    plans = SavedMealPlan.query.filter_by(user_id=g.user.id, is_favorite=True).order_by(SavedMealPlan.name).all()
    return jsonify([plan.to_dict() for plan in plans])


@meal_plans.get("/<int:plan_id>")
@login_required
def show(plan_id):
    plan = find_plan(plan_id)
    return jsonify(plan.to_dict() | {"meal_plan_data": plan.meal_plan_data})


@meal_plans.put("/<int:plan_id>")
@login_required
def update(plan_id):
    plan = find_plan(plan_id)
    data = request.get_json()
    if "name" in data:
        name = data["name"].strip()
        if not name or len(name) > 100:
            abort(400, "The plan needs a name of at most 100 characters.")
        plan.name = name
    if isinstance(data.get("meal_plan_data"), dict):
        plan.meal_plan_data = data["meal_plan_data"]
    if "is_favorite" in data:
        plan.is_favorite = bool(data["is_favorite"])
    db.session.commit()
    return jsonify(plan.to_dict())


@meal_plans.delete("/<int:plan_id>")
@login_required
def delete(plan_id):
    db.session.delete(find_plan(plan_id))
    db.session.commit()
    return "", 204


@meal_plans.post("/<int:plan_id>/days/<int:day>/regenerate")
@login_required
def regenerate_day(plan_id, day):
    plan = find_plan(plan_id)
    days = list(plan.meal_plan_data.get("days", []))
    if not 1 <= day <= len(days):
        abort(404, "The plan has no such day.")

    spend_credits(g.user, "regenerate_day", PLAN_COST, {"plan": plan.id, "day": day})
    diet, calories = plan.meal_plan_data.get("diet", "standard"), plan.meal_plan_data.get("calories", 2000)
    days[day - 1] = generate_plan(diet, calories, 1)["days"][0] | {"day": day}
    plan.meal_plan_data = plan.meal_plan_data | {"days": days}
    db.session.commit()
    return jsonify(plan.meal_plan_data)


def find_plan(plan_id):
    plan = SavedMealPlan.query.filter_by(id=plan_id, user_id=g.user.id).first()
    if plan is None:
        abort(404, "There is no such plan.")
    return plan
