"""Tables: users, the meal plans they save and share, what they used, and their API keys."""

from datetime import datetime, timezone

import bcrypt

from .extensions import db


TIERS = ("free", "basic", "premium")
STATUSES = ("active", "trial", "cancelled")
DIETS = ("vegan", "vegetarian", "keto", "paleo", "balanced")
DAYS = (1, 30)
CALORIES = (800, 6000)


def utcnow():
    return datetime.now(timezone.utc).replace(tzinfo=None)


def start_of_month():
    return utcnow().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def within(name, value, allowed):
    lowest, highest = allowed
    if value is not None and not lowest <= value <= highest:
        raise ValueError(f"{name} lies between {lowest} and {highest}")
    return value


def one_of(name, value, allowed):
    if value not in allowed:
        raise ValueError(f"{name} is one of {', '.join(allowed)}")
    return value


class User(db.Model):
    __tablename__ = "users"
    __table_args__ = (
        db.CheckConstraint("credits >= 0", name="ck_users_credits"),
        db.CheckConstraint("subscription_tier IN ('free', 'basic', 'premium')", name="ck_users_subscription_tier"),
        db.CheckConstraint(
            "subscription_status IN ('active', 'trial', 'cancelled')", name="ck_users_subscription_status"
        ),
        db.Index("ix_users_subscription", "subscription_status", "subscription_tier"),
        db.Index("ix_users_created_at", "created_at"),
    )

    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(120), unique=True, nullable=False)
    password_hash = db.Column(db.String(255), nullable=False)
    name = db.Column(db.String(100))
    subscription_tier = db.Column(db.String(20), default="free", nullable=False)
    subscription_status = db.Column(db.String(20), default="active", nullable=False)
    credits = db.Column(db.Integer, default=10, nullable=False)
    created_at = db.Column(db.DateTime, default=utcnow)
    last_login_at = db.Column(db.DateTime)

    meal_plans = db.relationship("SavedMealPlan", back_populates="user")
    usage_logs = db.relationship("UsageLog", back_populates="user")
    api_keys = db.relationship("APIKey", back_populates="user")

    def set_password(self, password):
        self.password_hash = bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()

    def check_password(self, password):
        return bcrypt.checkpw(password.encode(), self.password_hash.encode())

    def get_monthly_usage(self):
        """How many of each action this month, counted by the database."""
        counted = (
            db.session.query(UsageLog.action, db.func.count())
            .filter(UsageLog.user_id == self.id, UsageLog.created_at >= start_of_month())
            .group_by(UsageLog.action)
        )
        return dict(counted.all())

    @db.validates("credits")
    def validate_credits(self, _key, value):
        if value < 0:
            raise ValueError("credits cannot be negative")
        return value

    @db.validates("subscription_tier")
    def validate_tier(self, key, value):
        return one_of(key, value, TIERS)

    @db.validates("subscription_status")
    def validate_status(self, key, value):
        return one_of(key, value, STATUSES)


class SavedMealPlan(db.Model):
    __tablename__ = "saved_meal_plans"
    __table_args__ = (
        db.CheckConstraint("days BETWEEN 1 AND 30", name="ck_saved_meal_plans_days"),
        db.CheckConstraint("daily_calories BETWEEN 800 AND 6000", name="ck_saved_meal_plans_daily_calories"),
        db.Index("ix_saved_meal_plans_user_created", "user_id", "created_at"),
        db.Index("ix_saved_meal_plans_diet_type", "diet_type"),
        db.Index("ix_saved_meal_plans_public_created", "created_at", postgresql_where=db.text("is_public")),
        db.Index(
            "ix_saved_meal_plans_public_diet", "diet_type", "created_at", postgresql_where=db.text("is_public")
        ),
    )

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    name = db.Column(db.String(200), nullable=False)
    diet_type = db.Column(db.String(50))
    days = db.Column(db.Integer, nullable=False, default=7)
    daily_calories = db.Column(db.Integer)
    meal_data = db.Column(db.JSON, nullable=False)
    is_public = db.Column(db.Boolean, default=False)
    created_at = db.Column(db.DateTime, default=utcnow)
    updated_at = db.Column(db.DateTime, default=utcnow, onupdate=utcnow)

    user = db.relationship("User", back_populates="meal_plans")

    @db.validates("days")
    def validate_days(self, key, value):
        return within(key, value, DAYS)

    @db.validates("daily_calories")
    def validate_calories(self, key, value):
        return within(key, value, CALORIES)


class UsageLog(db.Model):
    __tablename__ = "usage_logs"
    __table_args__ = (
        db.CheckConstraint("status_code BETWEEN 100 AND 599", name="ck_usage_logs_status_code"),
        db.Index("ix_usage_logs_user_created", "user_id", "created_at"),
        db.Index("ix_usage_logs_action_created", "action", "created_at"),
        db.Index("ix_usage_logs_created_at", "created_at"),
        db.Index("ix_usage_logs_failures", "created_at", postgresql_where=db.text("status_code >= 500")),
    )

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    action = db.Column(db.String(50), nullable=False)
    endpoint = db.Column(db.String(200))
    status_code = db.Column(db.Integer)
    created_at = db.Column(db.DateTime, default=utcnow)

    user = db.relationship("User", back_populates="usage_logs")


class APIKey(db.Model):
    __tablename__ = "api_keys"
    __table_args__ = (db.Index("ix_api_keys_user", "user_id"),)

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    name = db.Column(db.String(100), nullable=False)
    key = db.Column(db.String(64), unique=True, nullable=False)
    is_active = db.Column(db.Boolean, default=True)
    created_at = db.Column(db.DateTime, default=utcnow)
    last_used_at = db.Column(db.DateTime)

    user = db.relationship("User", back_populates="api_keys")


class SharedMealPlan(db.Model):
    __tablename__ = "shared_meal_plans"
    __table_args__ = (
        db.CheckConstraint("view_count >= 0", name="ck_shared_meal_plans_view_count"),
        db.Index("ix_shared_meal_plans_meal_plan", "meal_plan_id"),
        db.Index("ix_shared_meal_plans_shared_by", "shared_by_id", "created_at"),
        db.Index("ix_shared_meal_plans_expires_at", "expires_at"),
    )

    id = db.Column(db.Integer, primary_key=True)
    meal_plan_id = db.Column(db.Integer, db.ForeignKey("saved_meal_plans.id"), nullable=False)
    shared_by_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    share_token = db.Column(db.String(64), unique=True, nullable=False)
    expires_at = db.Column(db.DateTime)
    view_count = db.Column(db.Integer, default=0)
    created_at = db.Column(db.DateTime, default=utcnow)

    meal_plan = db.relationship("SavedMealPlan")
