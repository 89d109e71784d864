"""Tables: users, what they used, what they paid, and the meal plans they kept."""

from datetime import datetime, timedelta, timezone

import bcrypt
from flask import current_app

from .extensions import db

TRIAL_DAYS = 7


def utcnow():
    return datetime.now(timezone.utc).replace(tzinfo=None)


class User(db.Model):
    __tablename__ = "users"

    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(120), unique=True, nullable=False)
    password_hash = db.Column(db.String(255), nullable=False)
    full_name = db.Column(db.String(100))
    subscription_tier = db.Column(db.String(20), default="free")
    subscription_status = db.Column(db.String(20), default="active")
    subscription_end_date = db.Column(db.DateTime)
    stripe_customer_id = db.Column(db.String(100))
    stripe_subscription_id = db.Column(db.String(100))
    credits_balance = db.Column(db.Integer, default=3)
    created_at = db.Column(db.DateTime, default=utcnow)
    last_login = db.Column(db.DateTime)
    email_verified = db.Column(db.Boolean, default=False)
    is_active = db.Column(db.Boolean, default=True)
    trial_ends_at = db.Column(db.DateTime)

    usage_logs = db.relationship("UsageLog", backref="user", lazy="dynamic")
    payments = db.relationship("Payment", backref="user", lazy="dynamic")
    meal_plans = db.relationship("SavedMealPlan", backref="user", lazy="dynamic")

    def set_password(self, password):
        rounds = current_app.config["BCRYPT_ROUNDS"]
        self.password_hash = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()

    def check_password(self, password):
        return bcrypt.checkpw(password.encode(), self.password_hash.encode())

    def start_trial(self):
        self.trial_ends_at = utcnow() + timedelta(days=TRIAL_DAYS)

    @property
    def has_unlimited_plans(self):
        if self.trial_ends_at and self.trial_ends_at > utcnow():
            return True
        if self.subscription_tier not in ("pro", "premium"):
            return False
        if self.subscription_status == "active":
            return True
        paid_until = self.subscription_end_date
        return self.subscription_status == "cancelled" and paid_until is not None and paid_until > utcnow()

    def to_dict(self):
        return {
            "id": self.id,
            "email": self.email,
            "full_name": self.full_name,
            "subscription_tier": self.subscription_tier,
            "subscription_status": self.subscription_status,
            "credits_balance": self.credits_balance,
        }


class UsageLog(db.Model):
    __tablename__ = "usage_logs"

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    action_type = db.Column(db.String(50), nullable=False)
    credits_used = db.Column(db.Integer, default=0)
    timestamp = db.Column(db.DateTime, default=utcnow, index=True)
    extra_data = db.Column(db.JSON)

    def to_dict(self):
        return {
            "action_type": self.action_type,
            "credits_used": self.credits_used,
            "timestamp": self.timestamp.isoformat(),
            "extra_data": self.extra_data,
        }


class Payment(db.Model):
    __tablename__ = "payments"

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    stripe_payment_intent_id = db.Column(db.String(100))
    amount = db.Column(db.Integer)
    currency = db.Column(db.String(3), default="usd")
    status = db.Column(db.String(20), default="pending")
    description = db.Column(db.String(255))
    created_at = db.Column(db.DateTime, default=utcnow)

    def to_dict(self):
        return {
            "id": self.id,
            "amount": self.amount,
            "currency": self.currency,
            "status": self.status,
            "description": self.description,
            "created_at": self.created_at.isoformat(),
        }


class SavedMealPlan(db.Model):
    __tablename__ = "saved_meal_plans"

    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    name = db.Column(db.String(100), nullable=False)
    meal_plan_data = db.Column(db.JSON, nullable=False)
    created_at = db.Column(db.DateTime, default=utcnow)
    is_favorite = db.Column(db.Boolean, default=False)

    def to_dict(self):
        return {
            "id": self.id,
            "name": self.name,
            "created_at": self.created_at.isoformat(),
            "is_favorite": self.is_favorite,
        }
