"""The example `cibozer` is an application that works, not a picture of one."""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

EXAMPLE = Path(__file__).parents[2] / "examples" / "cibozer"
ACCOUNT = {"email": "ana@example.com", "password": "correct horse", "full_name": "Ana Almeida"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the example: running it creates files, and the tree stays clean."""
    return Path(
        shutil.copytree(EXAMPLE, tmp_path / "cibozer", ignore=shutil.ignore_patterns("instance", "__pycache__"))
    )


@pytest.fixture
def app(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.syspath_prepend(str(checkout))
    before = set(sys.modules)
    from cibozer import create_app
    from cibozer.extensions import db

    app = create_app("testing", SQLALCHEMY_DATABASE_URI="sqlite:///instance/cibozer.db")
    yield app
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    for name in set(sys.modules) - before:
        if name == "config" or name.split(".")[0] == "cibozer":
            del sys.modules[name]


def test_a_user_registers_logs_in_saves_a_plan_and_finds_it_again(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/auth/register", json=ACCOUNT).status_code == 201
    assert client.post("/auth/register", json=ACCOUNT).status_code == 400, "an address registers once"
    client.post("/auth/logout")
    assert client.get("/meal-plans").status_code == 401
    assert client.post("/auth/login", json=ACCOUNT | {"password": "wrong horse"}).status_code == 401
    assert client.post("/auth/login", json=ACCOUNT).status_code == 200

    generated = client.post("/meal-plans/generate", json={"diet": "vegan", "days": 3})
    assert len(generated.json["days"]) == 3
    saved = client.post("/meal-plans", json={"name": "Week 1", "meal_plan_data": generated.json})
    assert saved.status_code == 201
    assert [plan["name"] for plan in client.get("/meal-plans").json] == ["Week 1"]
    assert client.get(f"/meal-plans/{saved.json['id']}").json["meal_plan_data"] == generated.json
    usage = client.get("/account/usage").json
    assert [(entry["action_type"], entry["credits_used"]) for entry in usage] == [("generate_meal_plan", 1)]

    stranger = app.test_client()
    stranger.post("/auth/register", json=ACCOUNT | {"email": "bruno@example.com"})
    assert stranger.get(f"/meal-plans/{saved.json['id']}").status_code == 404


def test_credits_run_out_and_a_payment_brings_new_ones(app: Flask) -> None:
    client = app.test_client()
    user_id = client.post("/auth/register", json=ACCOUNT).json["id"]
    statuses = [client.post("/meal-plans/generate", json={}).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 403]

    event = {
        "type": "payment_intent.succeeded",
        "data": {
            "object": {
                "id": "pi_1",
                "customer": "cus_1",
                "amount": 499,
                "currency": "eur",
                "metadata": {"user_id": str(user_id), "credits": "10"},
            }
        },
    }
    assert client.post("/webhooks/stripe", json=event).status_code == 400, "unsigned"
    for _ in range(2):
        assert post_signed(client, app, event).status_code == 204
    assert client.get("/account").json["credits_balance"] == 10, "the same event twice pays once"
    assert [(p["amount"], p["currency"], p["status"]) for p in client.get("/account/payments").json] == [
        (499, "eur", "succeeded")
    ]


def post_signed(client, app: Flask, event: dict):
    payload = json.dumps(event).encode()
    now = str(int(time.time()))
    secret = app.config["STRIPE_WEBHOOK_SECRET"].encode()
    signature = hmac.new(secret, now.encode() + b"." + payload, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={now},v1={signature}"}
    return client.post("/webhooks/stripe", data=payload, headers=headers, content_type="application/json")


def test_the_password_is_stored_as_a_bcrypt_hash(app: Flask, checkout: Path) -> None:
    app.test_client().post("/auth/register", json=ACCOUNT)
    with sqlite3.connect(checkout / "instance" / "cibozer.db") as connection:
        [(stored,)] = connection.execute("select password_hash from users")
    connection.close()
    assert stored.startswith("$2b$")


def test_the_database_has_the_tables_and_indexes_of_the_audit(app: Flask, checkout: Path) -> None:
    connection = sqlite3.connect(checkout / "instance" / "cibozer.db")
    tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    indexes = {
        (table, column)
        for table in tables
        for _, index, *_ in connection.execute(f"pragma index_list({table})").fetchall()
        for _, _, column in connection.execute(f"pragma index_info({index})").fetchall()
    }
    references = {
        (table, row[3], row[2])
        for table in tables
        for row in connection.execute(f"pragma foreign_key_list({table})").fetchall()
    }
    connection.close()
    assert tables == {"users", "usage_logs", "payments", "saved_meal_plans"}
    assert indexes == {("users", "email"), ("usage_logs", "timestamp")}
    assert references == {(table, "user_id", "users") for table in ("usage_logs", "payments", "saved_meal_plans")}


def test_the_generator_fills_the_database(checkout: Path) -> None:
    command = [sys.executable, "scripts/generate_data.py", "--users", "20"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("20 users, ")
