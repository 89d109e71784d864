"""For those who run the service: users, usage, payments, figures."""

import functools
from datetime import datetime, timedelta

from flask import Blueprint, abort, current_app, g, jsonify, request

from .auth import login_required
from .credits import add_credits
from .extensions import db
from .models import Payment, SavedMealPlan, UsageLog, User, utcnow

admin = Blueprint("admin", __name__, url_prefix="/admin")


def admin_required(view):
    @functools.wraps(view)
    @login_required
    def wrapped(*args, **kwargs):
        if g.user.email not in current_app.config["ADMIN_EMAILS"]:
            abort(403, "For administrators only.")
        return view(*args, **kwargs)

    return wrapped


@admin.get("/users")
@admin_required
def users():
    found = User.query.order_by(User.created_at.desc()).all()
    return jsonify(
        [
            user.to_dict() | {"plans": user.meal_plans.count(), "is_active": user.is_active, "joined": user.created_at}
            for user in found
        ]
    )


@admin.get("/users/<int:user_id>")
@admin_required
def user_details(user_id):
    user = find_user(user_id)
    recent = user.usage_logs.order_by(UsageLog.timestamp.desc()).limit(20).all()
    return jsonify(user.to_dict() | {"payments": user.payments.count(), "usage": [log.to_dict() for log in recent]})


@admin.post("/users/<int:user_id>/credits")
@admin_required
def give_credits(user_id):
    amount = request.get_json().get("amount")
    if not isinstance(amount, int) or not 1 <= amount <= 1000:
        abort(400, "Between 1 and 1000 credits can be given.")
    user = find_user(user_id)
    add_credits(user, amount, {"given_by": g.user.email}, action_type="credits_granted")
    db.session.commit()
    return jsonify(user.to_dict())


@admin.delete("/users/<int:user_id>")
@admin_required
def deactivate(user_id):
    find_user(user_id).is_active = False
    db.session.commit()
    return "", 204


@admin.get("/usage")
@admin_required
def usage():
    start, end = period()
    counted = (
        db.session.query(UsageLog.action_type, db.func.count(UsageLog.id), db.func.sum(UsageLog.credits_used))
        .filter(UsageLog.timestamp >= start, UsageLog.timestamp < end)
        .group_by(UsageLog.action_type)
        .all()
    )
    return jsonify([{"action_type": action, "count": count, "credits": used} for action, count, used in counted])


@admin.get("/payments")
@admin_required
def payments():
    start, end = period()
    found = (
        Payment.query.filter(Payment.created_at >= start, Payment.created_at < end)
        .order_by(Payment.created_at.desc())
        .all()
    )
    return jsonify([payment.to_dict() | {"email": payment.user.email} for payment in found])


@admin.get("/figures")
@admin_required
def figures():
    now = utcnow()
    return jsonify(
        users=User.query.count(),
        new_users=User.query.filter(User.created_at >= now - timedelta(days=30)).count(),
        seen_today=User.query.filter(User.last_login >= now - timedelta(days=1)).count(),
        on_trial=User.query.filter(User.trial_ends_at > now).count(),
        saved_plans=SavedMealPlan.query.count(),
    )


def find_user(user_id):
    user = db.session.get(User, user_id)
    if user is None:
        abort(404, "There is no such user.")
    return user


def period():
    try:
        start = datetime.fromisoformat(request.args.get("from") or (utcnow() - timedelta(days=30)).isoformat())
        end = datetime.fromisoformat(request.args.get("to") or utcnow().isoformat())
    except ValueError:
        abort(400, "Dates are written like 2025-07-18.")
    return start, end
