import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.models import SavedMealPlan, User
from app.utils import database_validation
from config import MEMORY, MYSQL, POSTGRESQL, SQLITE, engine_options

PLAN = {"name": "Week 1", "diet_type": "vegan", "days": 2, "daily_calories": 1800}


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"days": 0}, {"days": 31}, {"daily_calories": 100}, {"diet_type": "air"}, {"meals": "soup"}],
)
def test_requests_are_looked_at_before_they_are_believed(ana, wrong):
    assert ana.post("/plans", json=PLAN | wrong).status_code == 400
    assert ana.get("/plans").json == []
    assert ana.get("/auth/me").json["credits"] == 10


@pytest.mark.parametrize("values", [{"days": 31}, {"daily_calories": 10}])
def test_the_models_refuse_what_the_rules_forbid(values):
    with pytest.raises(ValueError, match="lies between"):
        SavedMealPlan(**values)


@pytest.mark.parametrize("values", [{"credits": -1}, {"subscription_tier": "gold"}, {"subscription_status": "asleep"}])
def test_the_users_model_too(values):
    with pytest.raises(ValueError, match="negative|one of"):
        User(**values)


@pytest.mark.parametrize("change", ["credits = -1", "subscription_tier = 'gold'", "subscription_status = 'asleep'"])
def test_the_database_refuses_it_whoever_writes(app, ana, change):
    with app.app_context(), pytest.raises(IntegrityError):
        db.session.execute(db.text(f"UPDATE users SET {change}"))


def test_lists_come_in_pages(app, ana, monkeypatch):
    monkeypatch.setattr("app.validation.PAGE", 2)
    for number in range(3):
        ana.post("/plans", json=PLAN | {"name": f"Week {number}"})
    first = ana.get("/plans").json
    assert [plan["name"] for plan in first] == ["Week 2", "Week 1"]
    assert [plan["name"] for plan in ana.get(f"/plans?before={first[-1]['at']}").json] == ["Week 0"]
    assert ana.get("/plans?before=today").status_code == 400


def test_queries_are_counted_timed_and_profiled(app, ana):
    monitor = app.extensions["query_monitor"]
    with monitor.profile() as profile:
        ana.get("/plans")
    assert profile["queries"] == {"SELECT": 2}, "the user and the page, however long the list"
    assert monitor.metrics()["average_seconds"]["SELECT"] > 0
    assert 'database_queries_total{kind="SELECT"}' in ana.get("/metrics").text


def test_slow_queries_are_kept_and_spoken_of(app, admin):
    app.extensions["query_monitor"].threshold = 0
    assert "SELECT" in admin.get("/admin/database").text
    assert admin.get("/admin/database/metrics").json["slow"]
    assert admin.get("/health").json["database"] == "up"
    assert admin.post("/admin/database/maintenance").status_code == 204


def test_orphans_are_found_and_mended(app, ana, chores):
    assert set(database_validation.FIXES) <= set(database_validation.CHECKS)
    ana.post("/plans", json=PLAN)
    ana.post("/plans/1/share")
    with app.app_context():
        db.session.execute(db.text("DELETE FROM saved_meal_plans"))
        db.session.commit()
    broken = app.test_cli_runner().invoke(args=["chores", "validate-database"])
    assert (broken.exit_code, "links without a plan: 1" in broken.output) == (1, True)
    assert "mended: links without a plan: 1" in chores("validate-database", "--fix")


def test_each_engine_has_its_options():
    assert engine_options("postgresql://db/mealservice") is POSTGRESQL
    assert engine_options("mysql+pymysql://db/mealservice") is MYSQL
    assert engine_options("sqlite:///mealservice.db") is SQLITE
    assert engine_options("sqlite:///:memory:") is MEMORY


@pytest.mark.parametrize("options", [[], ["--gzip"]])
def test_a_backup_is_made_verified_and_restored(tmp_path, options):
    database, folder, again = tmp_path / "meals.db", tmp_path / "backups", tmp_path / "again.db"
    with sqlite3.connect(database) as connection:
        connection.execute("create table plans (name text)")
        connection.execute("insert into plans values ('Week 1')")
    connection.close()
    made = run(database, "backup", "--into", str(folder), *options).stdout.strip()
    assert run(database, "list", str(folder)).stdout.startswith(Path(made).name)
    assert run(again, "restore", made).returncode == 0
    with sqlite3.connect(again) as connection:
        assert connection.execute("select name from plans").fetchall() == [("Week 1",)]
    connection.close()
    Path(made).write_bytes(b"something else")
    assert "not what was written" in run(again, "restore", made).stderr


def run(database, *arguments):
    command = [sys.executable, "scripts/database_backup.py", *arguments]
    environment = {"DATABASE_URL": f"sqlite:///{database}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True)
