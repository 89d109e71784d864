import pytest

from cibozer.planner import generate_plan


@pytest.fixture
def plan(ana):
    made = generate_plan("vegan", 1800, 2, seed=1)
    return ana.post("/meal-plans", json={"name": "Week 1", "meal_plan_data": made}).json["id"]


@pytest.mark.parametrize("wrong", [{"diet": "air"}, {"calories": 100}, {"calories": "many"}, {"days": 0}, {"days": 31}])
def test_what_cannot_be_generated(ana, wrong):
    assert ana.post("/meal-plans/generate", json=wrong).status_code == 400
    assert ana.get("/account/usage").json == []


def test_a_generated_plan_costs_a_credit_and_is_logged(ana):
    made = ana.post("/meal-plans/generate", json={"diet": "keto", "calories": 1500, "days": 2})
    assert [day["day"] for day in made.json["days"]] == [1, 2]
    assert ana.get("/account").json["credits_balance"] == 2
    (entry,) = ana.get("/account/usage").json
    assert entry["action_type"] == "generate_meal_plan"
    assert entry["extra_data"] == {"diet": "keto", "calories": 1500, "days": 2}


def test_who_has_no_credits_gets_no_plan(ana):
    for _ in range(3):
        ana.post("/meal-plans/generate", json={})
    assert ana.post("/meal-plans/generate", json={}).status_code == 403
    assert ana.get("/account").json["credits_balance"] == 0


def test_a_plan_is_saved_renamed_marked_and_deleted(ana, plan):
    assert ana.post("/meal-plans", json={"name": " ", "meal_plan_data": {}}).status_code == 400
    assert ana.post("/meal-plans", json={"name": "Week 2", "meal_plan_data": []}).status_code == 400
    assert ana.get("/meal-plans/favorites").json == []
    assert ana.put(f"/meal-plans/{plan}", json={"name": "Spring", "is_favorite": True}).json["name"] == "Spring"
    assert [one["id"] for one in ana.get("/meal-plans/favorites").json] == [plan]
    assert ana.delete(f"/meal-plans/{plan}").status_code == 204
    assert ana.get("/meal-plans").json == []


def test_a_day_is_made_anew_for_a_credit(ana, plan):
    before = ana.get(f"/meal-plans/{plan}").json["meal_plan_data"]
    after = ana.post(f"/meal-plans/{plan}/days/2/regenerate").json
    assert after["days"][0] == before["days"][0]
    assert after["days"][1]["day"] == 2
    assert ana.get(f"/meal-plans/{plan}").json["meal_plan_data"] == after
    assert ana.get("/account").json["credits_balance"] == 2
    assert ana.post(f"/meal-plans/{plan}/days/3/regenerate").status_code == 404


def test_plans_of_others_are_out_of_reach(register, plan):
    stranger = register("bruno@example.com")
    assert stranger.get(f"/meal-plans/{plan}").status_code == 404
    assert stranger.put(f"/meal-plans/{plan}", json={"name": "mine"}).status_code == 404
    assert stranger.delete(f"/meal-plans/{plan}").status_code == 404
    assert stranger.get(f"/meal-plans/{plan}/export.csv").status_code == 404
    assert stranger.post(f"/meal-plans/{plan}/share").status_code == 404


def test_a_shared_plan_is_seen_and_copied(app, ana, register, plan):
    token = ana.post(f"/meal-plans/{plan}/share").json["token"]
    assert app.test_client().get(f"/shared/{token}").json["by"] == "Ana Almeida"
    assert app.test_client().get(f"/shared/{token}x").status_code == 404
    bruno = register("bruno@example.com")
    assert bruno.post(f"/shared/{token}/copy").status_code == 201
    assert [one["name"] for one in bruno.get("/meal-plans").json] == ["Week 1"]
    ana.delete(f"/meal-plans/{plan}")
    assert bruno.get(f"/shared/{token}").status_code == 404


def test_a_plan_as_a_file_and_as_a_shopping_list(ana, plan):
    lines = ana.get(f"/meal-plans/{plan}/export.csv").text.splitlines()
    assert lines[0] == "day,meal,name,calories"
    assert len(lines) == 1 + 2 * 3
    assert sum(dish["portions"] for dish in ana.get(f"/meal-plans/{plan}/shopping-list").json) == 6


def test_everything_that_is_kept_of_a_user(ana, plan):
    ana.post("/meal-plans/generate", json={})
    kept = ana.get("/account/export").json
    assert kept["account"]["email"] == "ana@example.com"
    assert len(kept["usage"]) == 1
    assert kept["meal_plans"][0]["meal_plan_data"]["diet"] == "vegan"
