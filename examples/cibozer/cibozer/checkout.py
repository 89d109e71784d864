"""Buying credits and subscriptions; what comes of it we learn from the webhook."""

from flask import Blueprint, abort, current_app, g, jsonify, request

from .auth import login_required
from .extensions import db
from .models import Payment

checkout = Blueprint("checkout", __name__, url_prefix="/checkout")

CREDIT_PACKS = {"small": (10, 499), "medium": (30, 1199), "large": (100, 2999)}
CURRENCIES = ("usd", "eur", "gbp", "cad")
SUBSCRIPTION_PRICES = {"pro": "price_pro_monthly", "premium": "price_premium_monthly"}


@checkout.get("/credits")
def price_list():
    return jsonify({name: {"credits": count, "amount": amount} for name, (count, amount) in CREDIT_PACKS.items()})


@checkout.post("/credits")
@login_required
def buy_credits():
    data = request.get_json()
    pack = data.get("pack")
    currency = data.get("currency", "usd")
    if pack not in CREDIT_PACKS:
        abort(400, "There is no such pack of credits.")
    if currency not in CURRENCIES:
        abort(400, "This currency is not accepted.")

    count, amount = CREDIT_PACKS[pack]
    metadata = {"user_id": g.user.id, "credits": count}
    intent = stripe().create_payment_intent(customer_of(g.user), amount, currency, metadata)
    payment = Payment(
        user_id=g.user.id,
        stripe_payment_intent_id=intent["id"],
        amount=amount,
        currency=currency,
        status="pending",
        description=f"{count} credits",
    )
    db.session.add(payment)
    db.session.commit()
    return jsonify(payment=payment.id, client_secret=intent["client_secret"]), 201


@checkout.post("/subscription")
@login_required
def subscribe():
    tier = request.get_json().get("tier")
    if tier not in SUBSCRIPTION_PRICES:
        abort(400, "There is no such subscription.")
    if g.user.subscription_tier == tier and g.user.subscription_status == "active":
        abort(400, "This subscription is running already.")

    subscription = stripe().create_subscription(customer_of(g.user), SUBSCRIPTION_PRICES[tier], tier)
    g.user.stripe_subscription_id = subscription["id"]
    db.session.commit()
    return jsonify(subscription=subscription["id"]), 201


def stripe():
    return current_app.extensions["stripe"]


def customer_of(user):
    if user.stripe_customer_id is None:
        user.stripe_customer_id = stripe().create_customer(user)
        db.session.commit()
    return user.stripe_customer_id
