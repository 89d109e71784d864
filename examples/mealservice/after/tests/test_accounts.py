def test_register_login_logout(app, ana):
    assert app.test_client().post("/auth/register", json=ana.account).status_code == 409
    assert ana.post("/auth/logout").status_code == 204
    assert ana.get("/auth/me").status_code == 401
    assert ana.post("/auth/login", json=ana.account | {"password": "wrong"}).status_code == 401
    assert ana.post("/auth/login", json=ana.account).status_code == 200
    assert ana.get("/auth/me").json == {"email": "ana@example.org", "name": "ana", "tier": "free", "credits": 10}


def test_a_subscription_begins_and_ends(ana):
    assert ana.put("/auth/me/subscription", json={"tier": "premium"}).json == {"tier": "premium"}
    assert ana.get("/auth/me").json["tier"] == "premium"
    assert ana.delete("/auth/me/subscription").status_code == 204


def test_partners_use_keys(app, ana):
    partner = app.test_client()
    assert ana.post("/keys", json={"name": "partner"}).status_code == 403
    ana.put("/auth/me/subscription", json={"tier": "premium"})
    made = ana.post("/keys", json={"name": "partner"}).json
    plan = {"name": "Week 1", "days": 1, "meals": {"days": []}}
    assert partner.post("/api/v1/plans", json=plan).status_code == 401
    headers = {"X-API-Key": made["key"]}
    assert partner.post("/api/v1/plans", json=plan, headers=headers).status_code == 201
    assert [p["name"] for p in partner.get("/api/v1/plans", headers=headers).json] == ["Week 1"]
    assert ana.get("/keys").json[0]["last_used_at"] is not None
    ana.delete(f"/keys/{made['id']}")
    assert ana.get("/keys").json == []
    assert partner.get("/api/v1/plans", headers=headers).status_code == 401


def test_five_keys_are_enough(ana):
    ana.put("/auth/me/subscription", json={"tier": "premium"})
    statuses = [ana.post("/keys", json={"name": f"partner {n}"}).status_code for n in range(6)]
    assert statuses == [201] * 5 + [409]
