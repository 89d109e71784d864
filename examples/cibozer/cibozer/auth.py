"""Registration, login, and the signed-in user of a request."""

import functools

from flask import Blueprint, abort, g, jsonify, request, session

from .extensions import db
from .models import User, utcnow

auth = Blueprint("auth", __name__, url_prefix="/auth")


@auth.before_app_request
def load_current_user():
    user_id = session.get("user_id")
    g.user = db.session.get(User, user_id) if user_id else None


def login_required(view):
    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        if g.user is None or not g.user.is_active:
            abort(401, "Please log in.")
        return view(*args, **kwargs)

    return wrapped


@auth.post("/register")
def register():
    data = request.get_json()
    email = data.get("email", "").strip().lower()
    password = data.get("password", "")
    if "@" not in email or len(email) > 120:
        abort(400, "A valid email address is required.")
    if not 8 <= len(password.encode()) <= 72:
        abort(400, "The password needs 8 to 72 characters.")
    if User.query.filter_by(email=email).first():
        abort(400, "This email address is already registered.")

    user = User(email=email, full_name=data.get("full_name"))
    user.set_password(password)
    if data.get("trial"):
        user.start_trial()
    db.session.add(user)
    db.session.commit()
    session["user_id"] = user.id
    return jsonify(user.to_dict()), 201


@auth.post("/login")
def login():
    data = request.get_json()
    email = data.get("email", "").strip().lower()
    user = User.query.filter_by(email=email).first()
    if user is None or not user.check_password(data.get("password", "")):
        abort(401, "Wrong email or password.")
    if not user.is_active:
        abort(401, "This account is closed.")

    user.last_login = utcnow()
    db.session.commit()
    session.clear()
    session["user_id"] = user.id
    session.permanent = True
    return jsonify(user.to_dict())


@auth.post("/logout")
def logout():
    session.clear()
    return "", 204
