from flask import Blueprint, jsonify, request, session

from ..extensions import db
from ..models import User, utcnow

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.post("/register")
def register():
    data = request.get_json()
    if User.query.filter_by(email=data["email"]).first():
        return jsonify(error="taken"), 409
    user = User(email=data["email"], name=data.get("name"))
    user.set_password(data["password"])
    db.session.add(user)
    db.session.commit()
    session["user_id"] = user.id
    return jsonify(id=user.id), 201


@bp.post("/login")
def login():
    data = request.get_json()
    user = User.query.filter_by(email=data["email"]).first()
    if user is None or not user.check_password(data["password"]):
        return jsonify(error="wrong e-mail or password"), 401
    user.last_login_at = utcnow()
    db.session.commit()
    session["user_id"] = user.id
    return jsonify(id=user.id)
