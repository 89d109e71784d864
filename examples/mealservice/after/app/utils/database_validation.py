"""Rows that belong to nobody and values that no rule allows; what can be mended without a decision is mended."""

from sqlalchemy import inspect, text

from ..extensions import db

CHECKS = {
    "meal plans without a user": "SELECT count(*) FROM saved_meal_plans p LEFT JOIN users u ON u.id = p.user_id"
    " WHERE u.id IS NULL",
    "usage without a user": "SELECT count(*) FROM usage_logs l LEFT JOIN users u ON u.id = l.user_id WHERE u.id IS NULL",
    "links without a plan": "SELECT count(*) FROM shared_meal_plans s"
    " LEFT JOIN saved_meal_plans p ON p.id = s.meal_plan_id WHERE p.id IS NULL",
    "negative credits": "SELECT count(*) FROM users WHERE credits < 0",
    "impossible numbers of days": "SELECT count(*) FROM saved_meal_plans WHERE days NOT BETWEEN 1 AND 30",
}
FIXES = {
    "links without a plan": "DELETE FROM shared_meal_plans"
    " WHERE NOT EXISTS (SELECT 1 FROM saved_meal_plans p WHERE p.id = shared_meal_plans.meal_plan_id)",
    "negative credits": "UPDATE users SET credits = 0 WHERE credits < 0",
}


def problems():
    found = {name: db.session.execute(text(query)).scalar_one() for name, query in CHECKS.items()}
    return found | {f"table {name} is missing": 1 for name in missing_tables()}


def missing_tables():
    return sorted(set(db.metadata.tables) - set(inspect(db.engine).get_table_names()))


def mend():
    """Run the fixes; how many rows each of them changed."""
    changed = {name: db.session.execute(text(query)).rowcount for name, query in FIXES.items()}
    db.session.commit()
    return changed
