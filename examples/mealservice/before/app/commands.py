"""Chores for the command line: flask --app wsgi chores NAME."""

import click
from flask.cli import AppGroup

from .extensions import db
from .models import SharedMealPlan, User, utcnow

chores = AppGroup("chores", help="What runs every night and every month.")


@chores.command("grant-credits")
@click.option("--amount", type=int, default=10, show_default=True)
def grant_credits(amount):
    """Give every user the month's credits."""
    users = User.query.all()
    for user in users:
        user.credits += amount
        db.session.commit()
    click.echo(f"{len(users)} users have {amount} more credits")


@chores.command("purge-shares")
def purge_shares():
    """Delete the links that have expired."""
    expired = SharedMealPlan.query.filter(SharedMealPlan.expires_at < utcnow()).all()
    for link in expired:
        db.session.delete(link)
    db.session.commit()
    click.echo(f"{len(expired)} links deleted")


@chores.command("monthly-report")
def monthly_report():
    """What each user did this month."""
    for user in User.query.order_by(User.email).all():
        usage = user.get_monthly_usage()
        if usage:
            click.echo(f"{user.email}: " + ", ".join(f"{action} {count}" for action, count in sorted(usage.items())))
