"""Chores for the command line: flask --app wsgi chores NAME."""

import click
from flask.cli import AppGroup

from .extensions import db
from .models import SharedMealPlan, UsageLog, User, start_of_month, utcnow
from .utils import database_validation

chores = AppGroup("chores", help="What runs every night and every month.")


@chores.command("grant-credits")
@click.option("--amount", type=click.IntRange(1, 100), default=10, show_default=True)
def grant_credits(amount):
    """Give every user the month's credits."""
    granted = db.session.execute(db.update(User).values(credits=User.credits + amount))
    db.session.commit()
    click.echo(f"{granted.rowcount} users have {amount} more credits")


@chores.command("purge-shares")
def purge_shares():
    """Delete the links that have expired."""
    deleted = SharedMealPlan.query.filter(SharedMealPlan.expires_at < utcnow()).delete()
    db.session.commit()
    click.echo(f"{deleted} links deleted")


@chores.command("monthly-report")
def monthly_report():
    """What each user did this month."""
    counted = (
        db.session.query(User.email, UsageLog.action, db.func.count())
        .join(User.usage_logs)
        .filter(UsageLog.created_at >= start_of_month())
        .group_by(User.email, UsageLog.action)
        .order_by(User.email, UsageLog.action)
        .all()
    )
    for email, action, count in counted:
        click.echo(f"{email}: {action} {count}")


@chores.command("validate-database")
@click.option("--fix", is_flag=True, help="Mend what can be mended without a decision.")
def validate_database(fix):
    """Look for rows that belong to nobody and values that no rule allows."""
    if fix:
        for name, count in database_validation.mend().items():
            click.echo(f"mended: {name}: {count}")
    problems = database_validation.problems()
    for name, count in problems.items():
        click.echo(f"{name}: {count}")
    if any(problems.values()):
        raise click.exceptions.Exit(1)
