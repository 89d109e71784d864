"""What a rule cannot judge although its input is there is said in the audit, and is no praise."""

from __future__ import annotations

from dbarchitect import api
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.shadow import Shadow


def test_statistics_that_are_too_young_are_said(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(url, ["create table t (id bigint primary key, a integer not null)", "create index ix_t_a on t (a)"])
    (application,) = api.audit((url,)).applications
    refused = {each.rule: each.why for each in application.not_evaluated}
    assert refused["unused-index"].startswith("needs statistics of 30 days at least")
    assert refused["low-cache-hit-ratio"].startswith("needs a database in use")
    assert not {"unused-index", "low-cache-hit-ratio"} & {rule.name() for rule in application.evaluated}
    assert not [each for each in application.strengths if each.rule in refused]


def test_settings_that_are_hidden_are_said(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create table t (id bigint primary key)",
            "create role onlooker login",
            "revoke select on pg_catalog.pg_settings from public",
        ],
    )
    try:
        (application,) = api.audit((url.replace("postgres@", "onlooker@", 1),)).applications
    finally:
        ENGINE.execute(url, ["drop role onlooker"])
    refused = {each.rule: each.why for each in application.not_evaluated}
    assert {"durability-off", "missing-server-timeouts", "unencrypted-connections"} <= set(refused)
    assert any("pg_settings" in part.grant for part in application.survey.unseen)
