"""Chores for the command line: flask --app "cibozer:create_app('production')" chores NAME."""

from datetime import timedelta

import click
from flask import Blueprint

from .credits import add_credits
from .extensions import db
from .models import UsageLog, User, utcnow

commands = Blueprint("commands", __name__, cli_group="chores")


@commands.cli.command("expire-subscriptions")
def expire_subscriptions():
    """End the subscriptions that were cancelled and whose paid time is over."""
    over = User.query.filter(User.subscription_status == "cancelled", User.subscription_end_date < utcnow()).all()
    for user in over:
        user.subscription_status = "expired"
        user.subscription_tier = "free"
    db.session.commit()
    click.echo(f"{len(over)} subscriptions expired")


@commands.cli.command("grant-credits")
@click.option("--amount", type=click.IntRange(1, 100), default=3, show_default=True)
def grant_credits(amount):
    """Give every user without a subscription the month's free credits."""
    granted = 0
    for user in User.query.filter_by(is_active=True).all():
        if user.subscription_tier == "free":
            add_credits(user, amount, {"reason": "monthly"}, action_type="credits_granted")
            db.session.commit()
            granted += 1
    click.echo(f"{granted} users have {amount} more credits")


@commands.cli.command("dormant-users")
@click.option("--days", type=int, default=90, show_default=True)
def dormant_users(days):
    """List who has not logged in for so many days."""
    dormant = User.query.filter(User.last_login < utcnow() - timedelta(days=days)).order_by(User.last_login).all()
    for user in dormant:
        click.echo(f"{user.email}  {user.last_login:%Y-%m-%d}")


@commands.cli.command("usage-report")
@click.option("--days", type=int, default=30, show_default=True)
def usage_report(days):
    """Count what was done on each day."""
    day = db.func.date(UsageLog.timestamp)
    counted = (
        db.session.query(day, UsageLog.action_type, db.func.count(UsageLog.id))
        .filter(UsageLog.timestamp >= utcnow() - timedelta(days=days))
        .group_by(day, UsageLog.action_type)
        .order_by(day)
        .all()
    )
    for date, action, count in counted:
        click.echo(f"{date}  {action:24} {count:8}")
