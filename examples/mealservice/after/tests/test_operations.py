import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

from app import create_app
from app.extensions import db

PLAN = {"name": "Week 1", "diet_type": "vegan", "days": 2, "daily_calories": 1800}
PAGES = ("failures", "activity/create_plan", "customers", "signups", "diets?diet=vegan")


@pytest.mark.parametrize("page", PAGES)
def test_pages_for_administrators_only(app, ana, admin, page):
    assert app.test_client().get(f"/admin/{page}").status_code == 401
    assert ana.get(f"/admin/{page}").status_code == 403
    assert admin.get(f"/admin/{page}").status_code == 200


def test_what_administrators_see(ana, admin):
    ana.post("/plans", json=PLAN)
    ana.put("/auth/me/subscription", json={"tier": "basic"})
    assert admin.get("/admin/customers").json == [{"email": "ana@example.org", "tier": "basic", "plans": 1}]
    assert {one["email"] for one in admin.get("/admin/signups").json} == {"ana@example.org", "admin@example.org"}
    assert list(admin.get("/admin/activity/create_plan").json.values()) == [1]
    assert admin.get("/admin/activity/create_plan?days=-1").json == {}
    assert admin.get("/admin/diets?diet=vegan&diet=keto").json == {"vegan": 1, "keto": 0}


def test_failures_are_recorded(app, ana, admin):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.view_functions["plans.mine"] = lambda: 1 / 0
    assert ana.get("/plans").status_code == 500
    assert [one["user"] for one in admin.get("/admin/failures").json] == ["ana@example.org"]


def test_monthly_credits_and_the_monthly_report(ana, chores):
    ana.post("/plans", json=PLAN)
    assert chores("grant-credits", "--amount", "5") == "1 users have 5 more credits\n"
    assert ana.get("/auth/me").json["credits"] == 14
    assert chores("monthly-report") == "ana@example.org: create_plan 1\n"


def test_the_migrations_make_the_tables_of_the_models_and_take_them_away_again():
    with create_app("testing").app_context():
        config = Config("alembic.ini")
        with db.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            made = {table: columns(connection, table) for table in db.metadata.tables}
            assert made == {name: set(table.columns.keys()) for name, table in db.metadata.tables.items()}
            command.downgrade(config, "base")
            assert inspect(connection).get_table_names() == ["alembic_version"]
        db.engine.dispose()


def columns(connection, table):
    return {column["name"] for column in inspect(connection).get_columns(table)}
