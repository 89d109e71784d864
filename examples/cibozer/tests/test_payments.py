import hashlib
import hmac
import json
import time

import pytest


@pytest.fixture
def stripe_sends(app):
    def send(kind, about, age=0):
        payload = json.dumps({"type": kind, "data": {"object": about}}).encode()
        now = str(int(time.time()) - age)
        secret = app.config["STRIPE_WEBHOOK_SECRET"].encode()
        signature = hmac.new(secret, now.encode() + b"." + payload, hashlib.sha256).hexdigest()
        headers = {"Stripe-Signature": f"t={now},v1={signature}"}
        return app.test_client().post(
            "/webhooks/stripe", data=payload, headers=headers, content_type="application/json"
        )

    return send


def test_credits_are_bought(app, ana, stripe_sends):
    assert ana.post("/checkout/credits", json={"pack": "huge"}).status_code == 400
    assert ana.post("/checkout/credits", json={"pack": "small", "currency": "xyz"}).status_code == 400
    assert ana.post("/checkout/credits", json={"pack": "small", "currency": "eur"}).status_code == 201
    assert [(p["amount"], p["status"]) for p in ana.get("/account/payments").json] == [(499, "pending")]

    intent = {
        "id": "pi_2",
        "customer": f"cus_{ana.user_id}",
        "amount": 499,
        "currency": "eur",
        "metadata": {"credits": "10"},
    }
    for _ in range(2):
        assert stripe_sends("payment_intent.succeeded", intent).status_code == 204
    assert [(p["amount"], p["status"]) for p in ana.get("/account/payments").json] == [(499, "succeeded")]
    assert ana.get("/account").json["credits_balance"] == 13


def test_a_failed_payment_brings_nothing(ana, stripe_sends):
    ana.post("/checkout/credits", json={"pack": "small"})
    intent = {"id": "pi_2", "customer": f"cus_{ana.user_id}", "amount": 499, "currency": "usd"}
    assert stripe_sends("payment_intent.payment_failed", intent).status_code == 204
    assert [p["status"] for p in ana.get("/account/payments").json] == ["failed"]
    assert ana.get("/account").json["credits_balance"] == 3


def test_a_subscription_begins_and_ends(app, ana, stripe_sends):
    assert ana.post("/checkout/subscription", json={"tier": "gold"}).status_code == 400
    assert ana.post("/checkout/subscription", json={"tier": "pro"}).json == {"subscription": "sub_pro"}
    subscription = {
        "id": "sub_pro",
        "customer": f"cus_{ana.user_id}",
        "status": "active",
        "metadata": {"tier": "pro"},
        "current_period_end": int(time.time()) + 86400,
    }
    stripe_sends("customer.subscription.created", subscription)
    assert ana.get("/account").json["subscription_tier"] == "pro"
    assert ana.post("/checkout/subscription", json={"tier": "pro"}).status_code == 400
    stripe_sends("customer.subscription.deleted", subscription | {"status": "canceled"})
    assert ana.get("/account").json["subscription_status"] == "cancelled"
    assert ana.post("/meal-plans/generate", json={}).status_code == 200, "paid until the period's end"


def test_what_stripe_did_not_sign_is_refused(app, ana, stripe_sends):
    assert app.test_client().post("/webhooks/stripe", json={}).status_code == 400
    intent = {"id": "pi_9", "customer": "cus_9", "amount": 1, "currency": "usd"}
    assert stripe_sends("payment_intent.succeeded", intent, age=3600).status_code == 400
    assert stripe_sends("payment_intent.succeeded", intent).status_code == 404, "nobody's customer"
