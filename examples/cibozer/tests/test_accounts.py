import pytest

from cibozer.models import User

from .conftest import PASSWORD


@pytest.mark.parametrize(
    "wrong", [{"email": "ana"}, {"email": f"{'a' * 120}@example.com"}, {"password": "short"}, {"password": "x" * 73}]
)
def test_what_cannot_be_registered(app, wrong):
    account = {"email": "ana@example.com", "password": PASSWORD} | wrong
    assert app.test_client().post("/auth/register", json=account).status_code == 400


def test_an_address_registers_once_in_whatever_case(app, ana):
    again = {"email": " Ana@Example.com ", "password": PASSWORD}
    assert app.test_client().post("/auth/register", json=again).status_code == 400


def test_login_and_logout(app, ana):
    ana.post("/auth/logout")
    assert ana.get("/account").status_code == 401
    assert ana.post("/auth/login", json={"email": "ana@example.com", "password": "wrong"}).status_code == 401
    assert ana.post("/auth/login", json={"email": "ana@example.com", "password": PASSWORD}).status_code == 200
    assert ana.get("/account").json["full_name"] == "Ana Almeida"


def test_the_password_changes_for_who_knows_it(app, ana):
    assert ana.put("/account/password", json={"current": "wrong", "new": "battery staple"}).status_code == 403
    assert ana.put("/account/password", json={"current": PASSWORD, "new": "short"}).status_code == 400
    assert ana.put("/account/password", json={"current": PASSWORD, "new": "battery staple"}).status_code == 204
    assert ana.post("/auth/login", json={"email": "ana@example.com", "password": "battery staple"}).status_code == 200


def test_a_closed_account_lets_nobody_in(app, ana):
    assert ana.patch("/account", json={"full_name": "A. Almeida"}).json["full_name"] == "A. Almeida"
    assert ana.delete("/account").status_code == 204
    assert ana.get("/account").status_code == 401
    assert ana.post("/auth/login", json={"email": "ana@example.com", "password": PASSWORD}).status_code == 401


def test_a_trial_needs_no_credits(register):
    client = register("bruno@example.com", trial=True)
    for _ in range(5):
        assert client.post("/meal-plans/generate", json={"days": 1}).status_code == 200
    assert client.get("/account").json["credits_balance"] == 3


def test_a_paid_subscription_is_cancelled_at_stripe_too(app, ana, change):
    assert ana.post("/account/cancel").status_code == 400
    change(User, ana.user_id, subscription_tier="pro", stripe_subscription_id="sub_1")
    assert ana.post("/account/cancel").json["subscription_status"] == "cancelled"
    assert app.extensions["stripe"].asked == [("cancelled", "sub_1")]
