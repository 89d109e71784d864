"""Look for orphans and for values that no rule allows; exits with 1 where there are any."""

import os
import sys

from sqlalchemy import create_engine, text

CHECKS = {
    "meal plans without a user": "SELECT count(*) FROM saved_meal_plans p LEFT JOIN users u ON u.id = p.user_id"
    " WHERE u.id IS NULL",
    "usage without a user": "SELECT count(*) FROM usage_logs l LEFT JOIN users u ON u.id = l.user_id WHERE u.id IS NULL",
    "negative credits": "SELECT count(*) FROM users WHERE credits < 0",
}


def main():
    engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
    with engine.connect() as connection:
        found = {name: connection.execute(text(query)).scalar_one() for name, query in CHECKS.items()}
    for name, count in found.items():
        print(f"{name}: {count}")
    sys.exit(any(found.values()))


if __name__ == "__main__":
    main()
