"""Indexes and checks; rows that a check would refuse are mended first, and said."""

import sqlalchemy as sa
from alembic import op

revision = "001_database_optimization"
down_revision = "000a_sharing"

CHECKS = (
    ("users", "ck_users_credits", "credits >= 0"),
    ("users", "ck_users_subscription_tier", "subscription_tier IN ('free', 'basic', 'premium')"),
    ("users", "ck_users_subscription_status", "subscription_status IN ('active', 'trial', 'cancelled')"),
    ("saved_meal_plans", "ck_saved_meal_plans_days", "days BETWEEN 1 AND 30"),
    ("saved_meal_plans", "ck_saved_meal_plans_daily_calories", "daily_calories BETWEEN 800 AND 6000"),
    ("usage_logs", "ck_usage_logs_status_code", "status_code BETWEEN 100 AND 599"),
    ("shared_meal_plans", "ck_shared_meal_plans_view_count", "view_count >= 0"),
)


def upgrade():
    op.execute("UPDATE users SET credits = 0 WHERE credits IS NULL OR credits < 0")
    op.execute("UPDATE users SET subscription_tier = 'free' WHERE subscription_tier IS NULL")
    op.execute("UPDATE users SET subscription_status = 'active' WHERE subscription_status IS NULL")
    op.execute("UPDATE saved_meal_plans SET days = 1 WHERE days < 1")
    op.execute("UPDATE saved_meal_plans SET days = 30 WHERE days > 30")
    op.execute("UPDATE saved_meal_plans SET daily_calories = NULL WHERE daily_calories NOT BETWEEN 800 AND 6000")
    op.execute("UPDATE usage_logs SET status_code = NULL WHERE status_code NOT BETWEEN 100 AND 599")
    op.execute("UPDATE shared_meal_plans SET view_count = 0 WHERE view_count < 0")
    with op.batch_alter_table("users") as batch:
        batch.alter_column("credits", existing_type=sa.Integer(), nullable=False)
        batch.alter_column("subscription_tier", existing_type=sa.String(20), nullable=False)
        batch.alter_column("subscription_status", existing_type=sa.String(20), nullable=False)
    for table, name, condition in CHECKS:
        with op.batch_alter_table(table) as batch:
            batch.create_check_constraint(name, condition)
    op.create_index("ix_users_subscription", "users", ["subscription_status", "subscription_tier"])
    op.create_index("ix_users_created_at", "users", ["created_at"])
    op.create_index("ix_saved_meal_plans_user_created", "saved_meal_plans", ["user_id", "created_at"])
    op.create_index("ix_saved_meal_plans_diet_type", "saved_meal_plans", ["diet_type"])
    op.create_index(
        "ix_saved_meal_plans_public_created",
        "saved_meal_plans",
        ["created_at"],
        postgresql_where=sa.text("is_public"),
    )
    op.create_index(
        "ix_saved_meal_plans_public_diet",
        "saved_meal_plans",
        ["diet_type", "created_at"],
        postgresql_where=sa.text("is_public"),
    )
    op.create_index("ix_usage_logs_user_created", "usage_logs", ["user_id", "created_at"])
    op.create_index("ix_usage_logs_action_created", "usage_logs", ["action", "created_at"])
    op.create_index("ix_usage_logs_created_at", "usage_logs", ["created_at"])
    op.create_index(
        "ix_usage_logs_failures", "usage_logs", ["created_at"], postgresql_where=sa.text("status_code >= 500")
    )
    op.create_index("ix_api_keys_user", "api_keys", ["user_id"])
    op.create_index("ix_shared_meal_plans_meal_plan", "shared_meal_plans", ["meal_plan_id"])
    op.create_index("ix_shared_meal_plans_shared_by", "shared_meal_plans", ["shared_by_id", "created_at"])
    op.create_index("ix_shared_meal_plans_expires_at", "shared_meal_plans", ["expires_at"])


def downgrade():
    op.drop_index("ix_shared_meal_plans_expires_at", "shared_meal_plans")
    op.drop_index("ix_shared_meal_plans_shared_by", "shared_meal_plans")
    op.drop_index("ix_shared_meal_plans_meal_plan", "shared_meal_plans")
    op.drop_index("ix_api_keys_user", "api_keys")
    op.drop_index("ix_usage_logs_failures", "usage_logs")
    op.drop_index("ix_usage_logs_created_at", "usage_logs")
    op.drop_index("ix_usage_logs_action_created", "usage_logs")
    op.drop_index("ix_usage_logs_user_created", "usage_logs")
    op.drop_index("ix_saved_meal_plans_public_diet", "saved_meal_plans")
    op.drop_index("ix_saved_meal_plans_public_created", "saved_meal_plans")
    op.drop_index("ix_saved_meal_plans_diet_type", "saved_meal_plans")
    op.drop_index("ix_saved_meal_plans_user_created", "saved_meal_plans")
    op.drop_index("ix_users_created_at", "users")
    op.drop_index("ix_users_subscription", "users")
    for table, name, _ in reversed(CHECKS):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="check")
    with op.batch_alter_table("users") as batch:
        batch.alter_column("subscription_status", existing_type=sa.String(20), nullable=True)
        batch.alter_column("subscription_tier", existing_type=sa.String(20), nullable=True)
        batch.alter_column("credits", existing_type=sa.Integer(), nullable=True)
