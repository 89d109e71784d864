import secrets

from flask import Blueprint, abort, g, jsonify, request

from .. import validation
from ..access import login_required
from ..extensions import db
from ..models import APIKey

bp = Blueprint("keys", __name__, url_prefix="/keys")

KEYS_PER_USER = 5


@bp.get("")
@login_required
def mine():
    keys = APIKey.query.filter_by(user_id=g.user.id, is_active=True).order_by(APIKey.created_at).limit(KEYS_PER_USER).all()
    return jsonify([{"id": k.id, "name": k.name, "last_used_at": k.last_used_at} for k in keys])


@bp.post("")
@login_required
def create():
    if g.user.subscription_tier != "premium":
        abort(403, "API keys come with premium")
    db.session.refresh(g.user, with_for_update=True)
    if APIKey.query.filter_by(user_id=g.user.id, is_active=True).count() >= KEYS_PER_USER:
        abort(409, "no more keys")
    key = APIKey(user_id=g.user.id, name=validation.text(request.get_json(), "name", 100), key=secrets.token_hex(32))
    db.session.add(key)
    db.session.commit()
    return jsonify(id=key.id, key=key.key), 201


@bp.delete("/<int:key_id>")
@login_required
def revoke(key_id):
    key = APIKey.query.filter_by(id=key_id, user_id=g.user.id).first_or_404()
    key.is_active = False
    db.session.commit()
    return "", 204
