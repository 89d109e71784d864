"""Sequences near their end on a real server: seen, widened, and not seen any more."""

from __future__ import annotations

from dbarchitect.catalog.survey import Survey
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.finding import Level
from dbarchitect.rules.keys.sequence_near_exhaustion import SequenceNearExhaustion
from dbarchitect.shadow import Shadow
from dbarchitect.sources.live import read_live
from dbarchitect.testing.live import LiveCase


def survey(url: str) -> Survey:
    return read_live(url, ReadOptions())


def test_near_the_end_in_four_ways(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    ENGINE.execute(
        url,
        [
            "create table a (id bigint primary key, number serial)",
            "create table b (id bigint primary key, number integer generated always as identity)",
            'create sequence "Odd Numbers" as bigint',
            "create table c (id bigint primary key, number integer default nextval('\"Odd Numbers\"'))",
            "create sequence alone maxvalue 100",
            "select setval('a_number_seq', 2000000000), setval('b_number_seq', 1600000000)",
            "select setval('\"Odd Numbers\"', 2000000000), setval('alone', 95)",
        ],
    )
    rule, before = SequenceNearExhaustion(), survey(url)
    found = {str(finding.object): finding for finding in rule.detect(before)}
    assert set(found) == {"a.number", "b.number", "c.number", "sequence alone"}
    assert found["a.number"].level is Level.ERROR
    assert found["b.number"].level is None
    assert "the limit of integer" in found["c.number"].message
    catalog, live = before.catalog, LiveCase(before.engine, url)
    fix = rule.fix(found["c.number"], before)
    assert fix is not None
    live.change(fix.changes, catalog)
    assert "c.number" not in {str(finding.object) for finding in rule.detect(survey(url))}
    assert rule.fix(found["sequence alone"], before) is None


def test_a_serial_takes_its_sequence_along(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create table a (id bigint primary key, number serial)",
            "create table b (id bigint primary key, number integer generated always as identity)",
            "select setval('a_number_seq', 2000000000), setval('b_number_seq', 2000000000)",
        ],
    )
    rule = SequenceNearExhaustion()
    before = survey(url)
    for finding in rule.detect(before):
        fix = rule.fix(finding, before)
        assert fix is not None, finding.message
        LiveCase(before.engine, url).change(fix.changes, before.catalog)
    after = survey(url)
    assert list(rule.detect(after)) == []
    assert [strength.message for strength in rule.praise(after)]
