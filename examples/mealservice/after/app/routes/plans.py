import csv
import io

from flask import Blueprint, Response, g, jsonify, request

from .. import validation
from ..access import login_required
from ..extensions import db
from ..models import SavedMealPlan, SharedMealPlan, User
from ..planner import plan_meals
from ..usage import record

bp = Blueprint("plans", __name__)


def own(plan_id):
    return SavedMealPlan.query.filter_by(id=plan_id, user_id=g.user.id).first_or_404()


def page_of(query):
    """The newest plans, or those before the last one of the page that was shown."""
    if before := validation.page():
        query = query.filter(SavedMealPlan.created_at < before)
    return query.order_by(SavedMealPlan.created_at.desc()).limit(validation.PAGE).all()


@bp.get("/plans")
@login_required
def mine():
    columns = (SavedMealPlan.id, SavedMealPlan.name, SavedMealPlan.days, SavedMealPlan.created_at)
    plans = page_of(db.session.query(*columns).filter(SavedMealPlan.user_id == g.user.id))
    return jsonify([{"id": p.id, "name": p.name, "days": p.days, "at": p.created_at.isoformat()} for p in plans])


@bp.post("/plans")
@login_required
def create():
    values = validation.plan()
    if values["meal_data"] is None:
        values["meal_data"] = plan_meals(values["diet_type"], values["days"], values["daily_calories"])
    paid = db.update(User).where(User.id == g.user.id, User.credits > 0).values(credits=User.credits - 1)
    if db.session.execute(paid).rowcount == 0:
        return jsonify(error="no credits"), 402
    plan = SavedMealPlan(user_id=g.user.id, **values)
    db.session.add(plan)
    record("create_plan", 201)
    db.session.commit()
    return jsonify(id=plan.id), 201


@bp.get("/plans/<int:plan_id>")
@login_required
def show(plan_id):
    plan = own(plan_id)
    shown = {"id": plan.id, "name": plan.name, "diet_type": plan.diet_type, "days": plan.days, "meals": plan.meal_data}
    record("view_plan")
    db.session.commit()
    return jsonify(shown)


@bp.put("/plans/<int:plan_id>")
@login_required
def update(plan_id):
    plan = own(plan_id)
    for name, value in validation.plan_changes().items():
        setattr(plan, name, value)
    db.session.commit()
    return jsonify(id=plan.id, name=plan.name, is_public=plan.is_public)


@bp.delete("/plans/<int:plan_id>")
@login_required
def delete(plan_id):
    plan = own(plan_id)
    SharedMealPlan.query.filter_by(meal_plan_id=plan.id).delete()
    db.session.delete(plan)
    db.session.commit()
    return "", 204


@bp.get("/plans/public")
def public():
    query = (
        db.session.query(SavedMealPlan.id, SavedMealPlan.name, User.name.label("by"), SavedMealPlan.created_at)
        .join(SavedMealPlan.user)
        .filter(SavedMealPlan.is_public.is_(True))
    )
    if diet := request.args.get("diet"):
        query = query.filter(SavedMealPlan.diet_type == diet)
    return jsonify([{"id": p.id, "name": p.name, "by": p.by} for p in page_of(query)])


@bp.get("/plans/totals")
@login_required
def totals():
    count, days = (
        db.session.query(db.func.count(), db.func.coalesce(db.func.sum(SavedMealPlan.days), 0))
        .filter(SavedMealPlan.user_id == g.user.id)
        .one()
    )
    return jsonify(plans=count, days=days)


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
    db.session.commit()
    return Response(file.getvalue(), mimetype="text/csv")
