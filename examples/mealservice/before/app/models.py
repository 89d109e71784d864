"""Tables: users, the meal plans they save and share, what they used, and their API keys."""

from datetime import datetime, timezone

import bcrypt

from .extensions import db


def utcnow():
    return datetime.now(timezone.utc).replace(tzinfo=None)


class User(db.Model):
    __tablename__ = "users"

    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(120), unique=True, nullable=False)
    password_hash = db.Column(db.String(255), nullable=False)
    name = db.Column(db.String(100))
    subscription_tier = db.Column(db.String(20), default="free")
    subscription_status = db.Column(db.String(20), default="active")
    credits = db.Column(db.Integer, default=10)
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
        """How many actions this month, counted action by action."""
        start = utcnow().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        rows = db.session.execute(
            db.text("SELECT action, created_at FROM usage_logs WHERE user_id = :user"), {"user": self.id}
        ).all()
        counts = {}
        for action, created_at in rows:
            if str(created_at) >= str(start):
                counts[action] = counts.get(action, 0) + 1
        return counts


class SavedMealPlan(db.Model):
    __tablename__ = "saved_meal_plans"

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


class UsageLog(db.Model):
    __tablename__ = "usage_logs"

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    action = db.Column(db.String(50), nullable=False)
    endpoint = db.Column(db.String(200))
    status_code = db.Column(db.Integer)
    created_at = db.Column(db.DateTime, default=utcnow)

    user = db.relationship("User", back_populates="usage_logs")


class APIKey(db.Model):
    __tablename__ = "api_keys"

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

    id = db.Column(db.Integer, primary_key=True)
    meal_plan_id = db.Column(db.Integer, db.ForeignKey("saved_meal_plans.id"), nullable=False)
    shared_by_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    share_token = db.Column(db.String(64), unique=True, nullable=False)
    expires_at = db.Column(db.DateTime)
    view_count = db.Column(db.Integer, default=0)
    created_at = db.Column(db.DateTime, default=utcnow)

    meal_plan = db.relationship("SavedMealPlan")
