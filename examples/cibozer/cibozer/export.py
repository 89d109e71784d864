"""Plans as files, shopping lists, and everything that we keep about a user."""

import csv
import io
from collections import Counter

from flask import Blueprint, Response, g, jsonify

from .auth import login_required
from .meal_plans import find_plan
from .models import Payment, SavedMealPlan, UsageLog

export = Blueprint("export", __name__)


@export.get("/meal-plans/<int:plan_id>/export.csv")
@login_required
def plan_as_csv(plan_id):
    plan = find_plan(plan_id)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("day", "meal", "name", "calories"))
    for day in plan.meal_plan_data.get("days", []):
        for meal in day["meals"]:
            writer.writerow((day["day"], meal["meal"], meal["name"], meal["calories"]))
    headers = {"Content-Disposition": f'attachment; filename="plan-{plan.id}.csv"'}
    return Response(file.getvalue(), mimetype="text/csv", headers=headers)


@export.get("/meal-plans/<int:plan_id>/shopping-list")
@login_required
def shopping_list(plan_id):
    plan = find_plan(plan_id)
    dishes = Counter(meal["name"] for day in plan.meal_plan_data.get("days", []) for meal in day["meals"])
    return jsonify([{"name": name, "portions": portions} for name, portions in sorted(dishes.items())])


@export.get("/account/export")
@login_required
def everything():
    usage = UsageLog.query.filter_by(user_id=g.user.id).all()
    payments = Payment.query.filter_by(user_id=g.user.id).all()
    plans = SavedMealPlan.query.filter_by(user_id=g.user.id).all()
    return jsonify(
        account=g.user.to_dict(),
        usage=[log.to_dict() for log in usage],
        payments=[payment.to_dict() for payment in payments],
        meal_plans=[plan.to_dict() | {"meal_plan_data": plan.meal_plan_data} for plan in plans],
    )
