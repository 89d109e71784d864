"""The user's own account: profile, usage, payments, subscription."""

from flask import Blueprint, abort, current_app, g, jsonify, request

from .auth import login_required
from .extensions import db
from .models import Payment, UsageLog

account = Blueprint("account", __name__, url_prefix="/account")


@account.get("")
@login_required
def profile():
    return jsonify(g.user.to_dict())


@account.patch("")
@login_required
def update_profile():
    data = request.get_json()
    full_name = data.get("full_name", "").strip()
    if not full_name or len(full_name) > 100:
        abort(400, "The name needs 1 to 100 characters.")
    g.user.full_name = full_name
    db.session.commit()
    return jsonify(g.user.to_dict())


@account.get("/usage")
@login_required
def usage():
    logs = UsageLog.query.filter_by(user_id=g.user.id).order_by(UsageLog.timestamp.desc()).limit(100).all()
    return jsonify([log.to_dict() for log in logs])


@account.get("/payments")
@login_required
def payment_history():
    history = Payment.query.filter_by(user_id=g.user.id).order_by(Payment.created_at.desc()).all()
    return jsonify([payment.to_dict() for payment in history])


@account.post("/cancel")
@login_required
def cancel_subscription():
    if g.user.subscription_tier == "free":
        abort(400, "There is no subscription to cancel.")
    if g.user.stripe_subscription_id:
        current_app.extensions["stripe"].cancel_subscription(g.user.stripe_subscription_id)
    g.user.subscription_status = "cancelled"
    db.session.commit()
    return jsonify(g.user.to_dict())


@account.put("/password")
@login_required
def change_password():
    data = request.get_json()
    if not g.user.check_password(data.get("current", "")):
        abort(403, "The current password is wrong.")
    if not 8 <= len(data.get("new", "").encode()) <= 72:
        abort(400, "The password needs 8 to 72 characters.")
    g.user.set_password(data["new"])
    db.session.commit()
    return "", 204


@account.delete("")
@login_required
def close_account():
    g.user.is_active = False
    db.session.commit()
    return "", 204
