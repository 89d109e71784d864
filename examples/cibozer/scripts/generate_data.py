"""Fill a database with made-up users, usage, payments and meal plans.

    python scripts/generate_data.py --users 500 --logs 40
"""

import argparse
import random
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cibozer import create_app
from cibozer.extensions import db
from cibozer.models import Payment, SavedMealPlan, UsageLog, User, utcnow
from cibozer.planner import DIETS, generate_plan

PRICES = {"pro": 999, "premium": 1999}


def generate(users, logs, seed):
    choose = random.Random(seed)
    now = utcnow()
    template = User()
    template.set_password(f"{choose.getrandbits(64):x}")

    for number in range(users):
        joined = now - timedelta(days=choose.randint(1, 720))
        tier = choose.choices(("free", "pro", "premium"), weights=(70, 22, 8))[0]
        user = User(
            email=f"user{number}@example.com",
            password_hash=template.password_hash,
            full_name=f"{choose.choice(FIRST_NAMES)} {choose.choice(LAST_NAMES)}",
            subscription_tier=tier,
            subscription_status=choose.choices(("active", "cancelled", "expired"), weights=(85, 10, 5))[0],
            subscription_end_date=now + timedelta(days=choose.randint(-30, 30)) if tier != "free" else None,
            stripe_customer_id=f"cus_{choose.getrandbits(56):014x}" if tier != "free" else None,
            credits_balance=choose.randint(0, 20),
            created_at=joined,
            last_login=now - timedelta(hours=choose.randint(0, 500)),
            email_verified=choose.random() < 0.8,
        )
        db.session.add(user)
        db.session.flush()
        add_usage(choose, user, joined, now, logs)
        add_payments(choose, user, joined, now)
        add_meal_plans(choose, user, joined, now)
    db.session.commit()


def add_usage(choose, user, joined, now, logs):
    for _ in range(choose.randint(0, logs)):
        diet = choose.choice(DIETS)
        db.session.add(
            UsageLog(
                user_id=user.id,
                action_type="generate_meal_plan",
                credits_used=0 if user.subscription_tier != "free" else 1,
                timestamp=moment(choose, joined, now),
                extra_data={"diet": diet, "calories": choose.randrange(1200, 3000, 100), "days": choose.randint(1, 14)},
            )
        )


def add_payments(choose, user, joined, now):
    if user.subscription_tier == "free":
        return
    for _ in range(choose.randint(1, 12)):
        db.session.add(
            Payment(
                user_id=user.id,
                stripe_payment_intent_id=f"pi_{choose.getrandbits(64):016x}",
                amount=PRICES[user.subscription_tier],
                currency=choose.choices(("usd", "eur", "gbp", "cad"), weights=(70, 20, 6, 4))[0],
                status=choose.choices(("succeeded", "failed", "canceled", "pending"), weights=(92, 4, 2, 2))[0],
                description=f"Cibozer {user.subscription_tier}, one month",
                created_at=moment(choose, joined, now),
            )
        )


def add_meal_plans(choose, user, joined, now):
    for number in range(choose.randint(0, 6)):
        plan = generate_plan(choose.choice(DIETS), choose.randrange(1200, 3000, 100), 7, choose.random())
        db.session.add(
            SavedMealPlan(
                user_id=user.id,
                name=f"Week {number + 1}",
                meal_plan_data=plan,
                created_at=moment(choose, joined, now),
                is_favorite=choose.random() < 0.2,
            )
        )


def moment(choose, start, end):
    return start + (end - start) * choose.random()


FIRST_NAMES = ("Ana", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas")
LAST_NAMES = ("Almeida", "Becker", "Costa", "Dubois", "Eriksen", "Fontana", "Garcia", "Horvat", "Ito", "Jansen")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--logs", type=int, default=30, help="usage entries per user, at most")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with create_app("development").app_context():
        generate(arguments.users, arguments.logs, arguments.seed)
        print(f"{User.query.count()} users, {UsageLog.query.count()} usage entries, {Payment.query.count()} payments")


if __name__ == "__main__":
    main()
