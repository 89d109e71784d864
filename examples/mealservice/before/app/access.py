"""Who is asking: the user of the session, administrators, and partners with an API key."""

import functools

from flask import abort, current_app, g, request, session

from .extensions import db
from .models import APIKey, User, utcnow


def init_app(app):
    app.before_request(load_user)


def load_user():
    user_id = session.get("user_id")
    g.user = db.session.get(User, user_id) if user_id else None


def login_required(view):
    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        if g.user is None:
            abort(401, "please log in")
        return view(*args, **kwargs)

    return wrapped


def admin_required(view):
    @functools.wraps(view)
    @login_required
    def wrapped(*args, **kwargs):
        if g.user.email not in current_app.config["ADMIN_EMAILS"]:
            abort(403, "for administrators")
        return view(*args, **kwargs)

    return wrapped


def key_required(view):
    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        key = APIKey.query.filter_by(key=request.headers.get("X-API-Key", ""), is_active=True).first()
        if key is None:
            abort(401, "an API key is needed")
        key.last_used_at = utcnow()
        g.key = key
        return view(*args, **kwargs)

    return wrapped
