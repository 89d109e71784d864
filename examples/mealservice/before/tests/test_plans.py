import pytest

PLAN = {"name": "Week 1", "diet_type": "vegan", "days": 2, "daily_calories": 1800}


@pytest.fixture
def plan(ana):
    return ana.post("/plans", json=PLAN).json["id"]


def test_a_plan_costs_a_credit_and_is_logged(ana, plan):
    assert ana.get("/auth/me").json["credits"] == 9
    assert [p["name"] for p in ana.get("/plans").json] == ["Week 1"]
    assert len(ana.get(f"/plans/{plan}").json["meals"]["days"]) == 2
    assert ana.get("/usage/month").json == {"create_plan": 1, "view_plan": 1}
    assert sorted(one["action"] for one in ana.get("/usage/history").json) == ["create_plan", "view_plan"]


def test_without_credits_there_is_no_plan(register):
    poor = register("poor@example.org", credits=0)
    assert poor.post("/plans", json=PLAN).status_code == 402
    assert poor.get("/plans").json == []


def test_own_meals_are_kept(ana):
    meals = {"days": [{"day": 1, "meals": [{"meal": "lunch", "name": "Soup", "calories": 500}]}]}
    plan = ana.post("/plans", json=PLAN | {"days": 1, "meals": meals}).json["id"]
    assert ana.get(f"/plans/{plan}").json["meals"] == meals
    assert ana.get(f"/plans/{plan}/export.csv").text.splitlines() == ["day,meal,name,calories", "1,lunch,Soup,500"]


def test_totals(ana, plan):
    ana.post("/plans", json=PLAN | {"days": 5})
    assert ana.get("/plans/totals").json == {"plans": 2, "days": 7}


def test_published_plans_are_seen_by_all(app, ana, plan):
    anybody = app.test_client()
    assert anybody.get("/plans/public?diet=vegan").json == []
    assert ana.put(f"/plans/{plan}", json={"name": "Spring", "is_public": True}).json["name"] == "Spring"
    assert anybody.get("/plans/public?diet=vegan").json == [{"id": plan, "name": "Spring", "by": "ana"}]
    assert anybody.get("/plans/public?diet=keto").json == []


def test_a_link_shows_a_plan_and_lets_it_be_copied(app, ana, register, plan):
    token = ana.post(f"/plans/{plan}/share").json["token"]
    assert len(app.test_client().get(f"/shared/{token}").json["days"]) == 2
    assert ana.get("/shares").json == [{"token": token, "plan": "Week 1", "views": 1}]
    bruno = register("bruno@example.org")
    assert bruno.post(f"/shared/{token}/copy").status_code == 201
    assert [p["name"] for p in bruno.get("/plans").json] == ["Week 1"]
    assert bruno.delete(f"/shares/{token}").status_code == 404
    assert ana.delete(f"/shares/{token}").status_code == 204
    assert app.test_client().get(f"/shared/{token}").status_code == 404


def test_expired_links_show_nothing_and_are_purged(app, ana, plan, chores):
    token = ana.post(f"/plans/{plan}/share?days=-1").json["token"]
    assert app.test_client().get(f"/shared/{token}").status_code == 404
    assert chores("purge-shares") == "1 links deleted\n"
    assert ana.get("/shares").json == []


def test_deleting_a_plan_takes_its_links(app, ana, plan):
    token = ana.post(f"/plans/{plan}/share").json["token"]
    assert ana.delete(f"/plans/{plan}").status_code == 204
    assert app.test_client().get(f"/shared/{token}").status_code == 404


def test_plans_of_others_are_out_of_reach(register, plan):
    bruno = register("bruno@example.org")
    assert bruno.get(f"/plans/{plan}").status_code == 404
    assert bruno.put(f"/plans/{plan}", json={"name": "mine"}).status_code == 404
    assert bruno.delete(f"/plans/{plan}").status_code == 404
    assert bruno.post(f"/plans/{plan}/share").status_code == 404
