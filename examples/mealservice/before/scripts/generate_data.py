"""Fill a development database: python scripts/generate_data.py --users 500"""

import argparse
import random
import secrets
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app import create_app  # noqa: E402
from app.extensions import db  # noqa: E402
from app.models import APIKey, SavedMealPlan, SharedMealPlan, UsageLog, User, utcnow  # noqa: E402

DIETS = ("vegan", "vegetarian", "keto", "paleo", "balanced")
ACTIONS = ("create_plan", "share_plan", "view_plan", "export_plan")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with create_app("development").app_context():
        db.create_all()
        for number in range(options.users):
            user = User(
                email=f"user{number}@example.org",
                password_hash="x" * 60,
                name=f"User {number}",
                subscription_tier=chance.choice(("free", "basic", "premium")),
                credits=chance.randint(0, 30),
                created_at=utcnow() - timedelta(days=chance.randint(0, 700)),
            )
            db.session.add(user)
            db.session.flush()
            for day in range(chance.randint(0, 6)):
                plan = SavedMealPlan(
                    user_id=user.id,
                    name=f"Week {day}",
                    diet_type=chance.choice(DIETS),
                    days=chance.choice((3, 7, 14, 30)),
                    daily_calories=chance.randint(1200, 3500),
                    meal_data={"days": []},
                    is_public=chance.random() < 0.1,
                )
                db.session.add(plan)
                db.session.flush()
                if chance.random() < 0.2:
                    token = secrets.token_hex(32)
                    db.session.add(SharedMealPlan(meal_plan_id=plan.id, shared_by_id=user.id, share_token=token))
            for _ in range(chance.randint(0, 50)):
                status = chance.choices((200, 201, 404, 500), (80, 15, 4, 1))[0]
                db.session.add(UsageLog(user_id=user.id, action=chance.choice(ACTIONS), status_code=status))
            if chance.random() < 0.05:
                db.session.add(APIKey(user_id=user.id, name="partner", key=secrets.token_hex(32)))
        db.session.commit()


if __name__ == "__main__":
    main()
