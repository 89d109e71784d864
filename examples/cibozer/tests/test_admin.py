from datetime import timedelta

import pytest

from cibozer.models import User, utcnow


@pytest.mark.parametrize("page", ["users", "usage", "payments", "figures"])
def test_pages_for_administrators_only(app, ana, admin, page):
    assert app.test_client().get(f"/admin/{page}").status_code == 401
    assert ana.get(f"/admin/{page}").status_code == 403
    assert admin.get(f"/admin/{page}").status_code == 200


def test_users_with_their_plans(ana, admin):
    ana.post("/meal-plans", json={"name": "Week 1", "meal_plan_data": {"days": []}})
    listed = {user["email"]: user["plans"] for user in admin.get("/admin/users").json}
    assert listed == {"admin@example.com": 0, "ana@example.com": 1}


def test_credits_given_are_logged(ana, admin):
    assert admin.post(f"/admin/users/{ana.user_id}/credits", json={"amount": 0}).status_code == 400
    assert admin.post("/admin/users/99/credits", json={"amount": 5}).status_code == 404
    assert admin.post(f"/admin/users/{ana.user_id}/credits", json={"amount": 5}).json["credits_balance"] == 8
    details = admin.get(f"/admin/users/{ana.user_id}").json
    assert [entry["extra_data"] for entry in details["usage"]] == [{"given_by": "admin@example.com"}]


def test_usage_and_payments_of_a_period(ana, admin):
    for _ in range(2):
        ana.post("/meal-plans/generate", json={})
    ana.post("/checkout/credits", json={"pack": "large"})
    assert admin.get("/admin/usage").json == [{"action_type": "generate_meal_plan", "count": 2, "credits": 2}]
    assert [one["email"] for one in admin.get("/admin/payments").json] == ["ana@example.com"]
    assert admin.get("/admin/payments?to=2000-01-01").json == []
    assert admin.get("/admin/payments?from=yesterday").status_code == 400


def test_figures_and_a_deactivated_user(app, ana, admin):
    assert admin.get("/admin/figures").json["users"] == 2
    assert admin.delete(f"/admin/users/{ana.user_id}").status_code == 204
    assert ana.get("/account").status_code == 401


def test_cancelled_subscriptions_expire_when_their_time_is_over(app, ana, change):
    paid = {"subscription_tier": "pro", "subscription_status": "cancelled"}
    change(User, ana.user_id, **paid, subscription_end_date=utcnow() + timedelta(days=1))
    assert chores(app, "expire-subscriptions") == "0 subscriptions expired\n"
    change(User, ana.user_id, subscription_end_date=utcnow() - timedelta(days=1))
    assert chores(app, "expire-subscriptions") == "1 subscriptions expired\n"
    assert ana.get("/account").json["subscription_status"] == "expired"


def test_free_users_get_their_monthly_credits(app, ana, admin, change):
    change(User, admin.user_id, subscription_tier="premium")
    assert chores(app, "grant-credits", "--amount", "4") == "1 users have 4 more credits\n"
    assert ana.get("/account").json["credits_balance"] == 7


def test_lists_of_the_command_line(app, ana, change):
    assert chores(app, "dormant-users") == ""
    change(User, ana.user_id, last_login=utcnow() - timedelta(days=100))
    assert chores(app, "dormant-users").startswith("ana@example.com")
    ana.post("/meal-plans/generate", json={})
    assert "generate_meal_plan" in chores(app, "usage-report")


def chores(app, *arguments):
    done = app.test_cli_runner().invoke(args=["chores", *arguments])
    assert done.exit_code == 0, done.output
    return done.output
