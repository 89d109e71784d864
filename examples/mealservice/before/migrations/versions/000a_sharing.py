"""Meal plans can be shared."""

import sqlalchemy as sa
from alembic import op

revision = "000a_sharing"
down_revision = "000_initial"


def upgrade():
    op.create_table(
        "shared_meal_plans",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("meal_plan_id", sa.Integer(), sa.ForeignKey("saved_meal_plans.id"), nullable=False),
        sa.Column("shared_by_id", sa.Integer(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("share_token", sa.String(64), nullable=False, unique=True),
        sa.Column("expires_at", sa.DateTime()),
        sa.Column("view_count", sa.Integer()),
        sa.Column("created_at", sa.DateTime()),
    )


def downgrade():
    op.drop_table("shared_meal_plans")
