"""Credits: each generated plan costs some, unless the subscription covers it."""

from flask import abort

from .extensions import db
from .models import UsageLog

PLAN_COST = 1


def spend_credits(user, action_type, cost, extra_data=None):
    if user.has_unlimited_plans:
        cost = 0
    available = user.credits_balance or 0
    if available < cost:
        abort(403, "Not enough credits.")
    user.credits_balance = available - cost
    db.session.add(UsageLog(user_id=user.id, action_type=action_type, credits_used=cost, extra_data=extra_data))


def add_credits(user, amount, extra_data=None, action_type="credits_purchased"):
    user.credits_balance = (user.credits_balance or 0) + amount
    db.session.add(UsageLog(user_id=user.id, action_type=action_type, extra_data=extra_data))
