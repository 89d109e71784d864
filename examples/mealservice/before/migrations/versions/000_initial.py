"""Users, meal plans, usage and API keys."""

import sqlalchemy as sa
from alembic import op

revision = "000_initial"
down_revision = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("email", sa.String(120), nullable=False, unique=True),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("name", sa.String(100)),
        sa.Column("subscription_tier", sa.String(20)),
        sa.Column("subscription_status", sa.String(20)),
        sa.Column("credits", sa.Integer()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("last_login_at", sa.DateTime()),
    )
    op.create_table(
        "saved_meal_plans",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("diet_type", sa.String(50)),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("daily_calories", sa.Integer()),
        sa.Column("meal_data", sa.JSON(), nullable=False),
        sa.Column("is_public", sa.Boolean()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("updated_at", sa.DateTime()),
    )
    op.create_table(
        "usage_logs",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("action", sa.String(50), nullable=False),
        sa.Column("endpoint", sa.String(200)),
        sa.Column("status_code", sa.Integer()),
        sa.Column("created_at", sa.DateTime()),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("is_active", sa.Boolean()),
        sa.Column("created_at", sa.DateTime()),
        sa.Column("last_used_at", sa.DateTime()),
    )


def downgrade():
    op.drop_table("api_keys")
    op.drop_table("usage_logs")
    op.drop_table("saved_meal_plans")
    op.drop_table("users")
