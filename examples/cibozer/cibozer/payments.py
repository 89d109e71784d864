"""Stripe tells us about payments and subscriptions; we record them."""

import hashlib
import hmac
import time
from datetime import datetime, timezone

from flask import Blueprint, abort, current_app, request

from .credits import add_credits
from .extensions import db
from .models import Payment, User

payments = Blueprint("payments", __name__, url_prefix="/webhooks")

SIGNATURE_TOLERANCE = 300

PAYMENT_STATUS = {
    "payment_intent.created": "pending",
    "payment_intent.succeeded": "succeeded",
    "payment_intent.payment_failed": "failed",
    "payment_intent.canceled": "canceled",
}

SUBSCRIPTION_STATUS = {
    "active": "active",
    "trialing": "active",
    "canceled": "cancelled",
    "unpaid": "expired",
    "incomplete_expired": "expired",
}


@payments.post("/stripe")
def stripe_webhook():
    verify_signature(request.get_data(), request.headers.get("Stripe-Signature", ""))
    event = request.get_json()
    data = event["data"]["object"]
    if event["type"] in PAYMENT_STATUS:
        record_payment(data, PAYMENT_STATUS[event["type"]])
    elif event["type"].startswith("customer.subscription."):
        record_subscription(data)
    db.session.commit()
    return "", 204


def verify_signature(payload, header):
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    timestamp = parts.get("t", "0")
    secret = current_app.config["STRIPE_WEBHOOK_SECRET"]
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + payload, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(expected, parts.get("v1", "")):
        abort(400, "Bad signature.")
    if abs(time.time() - int(timestamp)) > SIGNATURE_TOLERANCE:
        abort(400, "The signature is too old.")


def record_payment(intent, status):
    user = find_customer(intent)
    payment = Payment.query.filter_by(stripe_payment_intent_id=intent["id"]).first()
    if payment is None:
        payment = Payment(user_id=user.id, stripe_payment_intent_id=intent["id"])
        db.session.add(payment)
    newly_paid = status == "succeeded" and payment.status != "succeeded"
    payment.amount = intent["amount"]
    payment.currency = intent["currency"]
    payment.description = intent.get("description")
    payment.status = status

    bought = int(intent.get("metadata", {}).get("credits", 0))
    if newly_paid and bought:
        add_credits(user, bought, {"payment_intent": intent["id"]})


def record_subscription(subscription):
    user = find_customer(subscription)
    user.stripe_subscription_id = subscription["id"]
    user.subscription_tier = subscription["metadata"].get("tier", "pro")
    user.subscription_status = SUBSCRIPTION_STATUS.get(subscription["status"], user.subscription_status)
    period_end = datetime.fromtimestamp(subscription["current_period_end"], timezone.utc)
    user.subscription_end_date = period_end.replace(tzinfo=None)


def find_customer(data):
    user = User.query.filter_by(stripe_customer_id=data["customer"]).first()
    if user is None and data.get("metadata", {}).get("user_id"):
        user = db.session.get(User, int(data["metadata"]["user_id"]))
        if user is not None:
            user.stripe_customer_id = data["customer"]
    if user is None:
        abort(404, "There is no such customer.")
    return user
