from flask import Blueprint, g, jsonify, session
from sqlalchemy.exc import IntegrityError

from .. import validation
from ..access import login_required
from ..extensions import db
from ..models import User, utcnow

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.post("/register")
def register():
    data = validation.registration()
    user = User(email=data["email"], name=data["name"])
    user.set_password(data["password"])
    db.session.add(user)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return jsonify(error="taken"), 409
    session["user_id"] = user.id
    return jsonify(id=user.id), 201


@bp.post("/login")
def login():
    data = validation.account()
    user = User.query.filter_by(email=data["email"]).first()
    if user is None or not user.check_password(data["password"]):
        return jsonify(error="wrong e-mail or password"), 401
    user.last_login_at = utcnow()
    db.session.commit()
    session["user_id"] = user.id
    return jsonify(id=user.id)


@bp.post("/logout")
def logout():
    session.clear()
    return "", 204


@bp.get("/me")
@login_required
def me():
    return jsonify(email=g.user.email, name=g.user.name, tier=g.user.subscription_tier, credits=g.user.credits)


@bp.put("/me/subscription")
@login_required
def subscribe():
    g.user.subscription_tier = validation.tier()
    g.user.subscription_status = "active"
    db.session.commit()
    return jsonify(tier=g.user.subscription_tier)


@bp.delete("/me/subscription")
@login_required
def unsubscribe():
    g.user.subscription_status = "cancelled"
    db.session.commit()
    return "", 204
