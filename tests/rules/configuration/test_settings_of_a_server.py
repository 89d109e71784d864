"""The rules of configuration on servers as they are after their installation."""

from __future__ import annotations

import psycopg
import pytest

from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import RunSql
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.finding import Finding
from dbarchitect.rules._registry import all_rules
from dbarchitect.rules.configuration import connections_near_limit
from dbarchitect.rules.configuration.connections_near_limit import ConnectionsNearLimit
from dbarchitect.rules.configuration.missing_server_timeouts import MissingServerTimeouts
from dbarchitect.rules.configuration.slow_query_log_off import SlowQueryLogOff
from dbarchitect.shadow import Shadow, open_shadow
from dbarchitect.sources.live import read_live

RULES = [rule for rule in all_rules() if rule.code.startswith("CFG")]


def survey(url: str) -> Survey:
    return read_live(url, ReadOptions())


def named(findings: list[Finding]) -> set[str | None]:
    return {finding.object.name for finding in findings}


def test_every_rule_finds_its_settings_on_every_version(postgresql_every_version: Shadow) -> None:
    seen = survey(postgresql_every_version.database())
    assert [rule.name() for rule in RULES if rule().unanswered(seen)] == []
    for rule in RULES:
        findings = list(rule().detect(seen))
        assert all(finding.evidence and finding.hint for finding in findings)
        for finding in findings:
            rule().fix(finding, seen)
        list(rule().praise(seen))


def test_a_role_without_privileges_gets_no_false_all_clear(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(url, ["create role onlooker login"])
    try:
        seen = survey(url.replace("postgres@", "onlooker@", 1))
    finally:
        ENGINE.execute(url, ["drop role onlooker"])
    for rule in RULES:
        if rule().unanswered(seen) is None:
            list(rule().detect(seen))
    assert seen.unseen, "what is hidden is said"


def test_a_timeout_of_a_role_counts() -> None:
    with open_shadow(
        "postgresql"
    ) as server:  # roles belong to the whole server: other tests leave theirs in a shared one
        url = server.database()
        before = named(list(MissingServerTimeouts().detect(survey(url))))
        ENGINE.execute(url, ["create role app login", "alter role app set statement_timeout = '30s'"])
        after = named(list(MissingServerTimeouts().detect(survey(url))))
    assert before - after == {"statement_timeout"}


def test_a_timeout_of_the_database_counts(postgresql: Shadow) -> None:
    url = postgresql.database()
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"alter database \"{name}\" set idle_in_transaction_session_timeout = '1min'".encode())
        connection.execute(f'alter database "{name}" set synchronous_commit = off'.encode())
    seen = survey(url)
    assert "idle_in_transaction_session_timeout" not in named(list(MissingServerTimeouts().detect(seen)))
    durability = next(rule for rule in RULES if rule.name() == "durability-off")
    assert "synchronous_commit" in named(list(durability().detect(seen)))


def test_sessions_are_counted_by_state(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    with psycopg.connect(url) as connection:
        connection.execute("select 1")
        seen = survey(url)
        rule = ConnectionsNearLimit(connections_near_limit.Options(idle_seconds=-1))
        assert [finding.salient for finding in rule.detect(seen)] == [("idle in transaction",)]
        assert list(ConnectionsNearLimit().detect(seen)) == []
        assert list(ConnectionsNearLimit().praise(seen))


def test_what_a_fix_says_is_what_the_server_takes(postgresql: Shadow) -> None:
    url = postgresql.database()
    rule, before = SlowQueryLogOff(), survey(url)
    (finding,) = rule.detect(before)
    fix = rule.fix(finding, before)
    assert fix is not None
    (change,) = fix.changes
    assert isinstance(change, RunSql)
    assert change.down is not None
    ENGINE.execute(url, list(change.up))
    try:
        for _ in range(50):
            if not list(rule.detect(survey(url))):
                break
        else:
            pytest.fail("the setting did not take effect")
    finally:
        ENGINE.execute(url, list(change.down))
