"""The log of what users do; an entry is committed with what it tells of."""

from flask import g, request

from .extensions import db
from .models import UsageLog


def init_app(app):
    app.after_request(record_failure)


def record(action, status=200):
    db.session.add(UsageLog(user_id=g.user.id, action=action, endpoint=request.path, status_code=status))


def record_failure(response):
    if response.status_code >= 500 and g.get("user"):
        db.session.rollback()
        record("failure", response.status_code)
        db.session.commit()
    return response
