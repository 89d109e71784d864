"""Privileges taken from a reading role one by one: the audit goes on, and says what it could not see and how to get it;
what is hidden is never taken for what is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from support.dba import dba

from dbarchitect import api
from dbarchitect.audit.model import ApplicationAudit
from dbarchitect.errors import ConnectionFailed, TargetError
from dbarchitect.shadow import Shadow

ROLE = 'reader of "all"'
QUOTED = '"reader of ""all"""'
SCHEMA = """
create table author (id bigint primary key, name text not null);
create table book (id bigint primary key, author_id bigint not null references author (id), title text not null);
create schema billing;
create table billing.invoice (id bigserial primary key, total real not null);
create table django_migrations (id bigserial primary key, app varchar(255) not null, name varchar(255) not null,
  applied timestamptz not null);
insert into django_migrations (app, name, applied) values ('shop', '0001_initial', now());
create schema tool;
create table tool.alembic_version (version_num varchar(32) primary key);
insert into tool.alembic_version values ('abc');
insert into author select n, 'a' from generate_series(1, 100) n;
analyze;
"""
GRANTS = f"""
grant usage on schema public, billing, tool to {QUOTED};
grant select on all tables in schema public, billing, tool to {QUOTED};
grant select on all sequences in schema public, billing, tool to {QUOTED};
grant pg_read_all_stats, pg_read_all_settings to {QUOTED};
"""


@dataclass(frozen=True)
class Database:
    """A database, the way of its owner, and that of the reading role."""

    owner: str
    reader: str

    def run(self, script: str) -> None:
        """Run statements as the owner."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute(script.encode())

    def audit(self) -> ApplicationAudit:
        """The audit as the reading role, in which no rule failed."""
        (one,) = api.audit([self.reader]).applications
        assert not [refused for refused in one.not_evaluated if "fail" in refused.why]
        return one


@pytest.fixture
def database(postgresql: Shadow) -> Iterator[Database]:
    owner = postgresql.database()
    head, _, rest = owner.partition("//")
    found = Database(owner, f"{head}//reader%20of%20%22all%22@{rest.rpartition('@')[2]}")
    found.run(f"create role {QUOTED} login; {SCHEMA} {GRANTS}")
    yield found
    found.run(f"drop owned by {QUOTED}; drop role {QUOTED}")


def unseen(one: ApplicationAudit) -> dict[str, str]:
    return {item.what: item.grant for item in one.survey.unseen}


def fingerprints(one: ApplicationAudit) -> set[str]:
    return {item.finding.fingerprint for item in one.findings}


TAKEN = {
    "revoke pg_read_all_settings from {0}": "settings that only administrators may see",
    "revoke select on django_migrations from {0}": "django's list of applied migrations",
    "revoke usage on schema tool from {0}": "alembic's list of applied migrations",
    "revoke select on book from {0}": "column statistics of book",
    "revoke select on all sequences in schema billing from {0}": "how far 1 sequences of schema billing have run",
    "revoke select on pg_catalog.pg_stats from public": "column statistics (permission denied for view pg_stats)",
    "revoke select on pg_catalog.pg_settings from public": "settings (permission denied for view pg_settings)",
}


@pytest.mark.parametrize("statement", TAKEN)
def test_one_privilege_less(statement: str, database: Database) -> None:
    before = database.audit()
    assert unseen(before) == {}
    database.run(statement.format(QUOTED))
    after = database.audit()
    told = unseen(after)
    assert TAKEN[statement] in told
    assert {table.ref.key for table in after.survey.catalog.tables} == {
        table.ref.key for table in before.survey.catalog.tables
    }
    # No rule praises what it could not see, and what is found no more belongs to a rule that was not asked.
    assert fingerprints(after) <= fingerprints(before)
    asked = {rule.name() for rule in after.evaluated}
    gone = [item for item in before.findings if item.finding.fingerprint not in fingerprints(after)]
    assert not [item.finding.message for item in gone if item.finding.rule in asked]
    # The grants that it names bring back all.
    for grant in told.values():
        database.run(grant)
    assert unseen(database.audit()) == {}


def test_the_sessions_of_others(database: Database) -> None:
    with psycopg.connect(database.owner):
        assert unseen(database.audit()) == {}
        database.run(f"revoke pg_read_all_stats from {QUOTED}")
        told = unseen(database.audit())
    (what,) = told
    assert "sessions of other roles" in what
    assert told[what] == f"grant pg_read_all_stats to {QUOTED}"


def test_a_list_of_migrations_that_is_locked(database: Database) -> None:
    with psycopg.connect(database.owner) as holder:
        holder.execute("lock table django_migrations in access exclusive mode")
        one = database.audit()
    assert "django_migrations" in " ".join(problem.text for problem in one.survey.diagnostics)
    assert one.survey.facts is not None
    assert dict(one.survey.facts.applied) == {"alembic": ("abc",)}


def test_connect_alone(database: Database) -> None:
    everything = "revoke all on all {1} in schema public, billing, tool from {0}"
    database.run(
        f"{everything.format(QUOTED, 'tables')}; {everything.format(QUOTED, 'sequences')};"
        f"revoke usage on schema public, billing, tool from {QUOTED}, public;"
        f"revoke pg_read_all_stats, pg_read_all_settings from {QUOTED}"
    )
    one = database.audit()
    assert len(one.survey.catalog.tables) == 5
    assert len(one.survey.unseen) >= 6
    assert "unindexed-foreign-key" in {item.finding.rule for item in one.findings}
    result = dba("audit", "env:URL", URL=database.reader)
    assert result.returncode == 1, result.stderr
    assert "grant pg_read_all_settings" in result.stdout
    assert "usage on schema tool" in result.stdout


def test_not_even_connect(database: Database) -> None:
    with psycopg.connect(database.owner, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'revoke connect on database "{name}" from public'.encode())
    with pytest.raises(ConnectionFailed, match="CONNECT privilege"):
        database.audit()


def test_a_catalog_that_is_closed(database: Database) -> None:
    database.run("revoke select on pg_catalog.pg_roles from public")
    with pytest.raises(TargetError, match="pg_roles") as caught:
        database.audit()
    assert "role" in caught.value.hint


HOSTILE = ("x'; drop table author; --", "²", "9" * 5000, "\u202e", "</script>", "a\nb", "", "0001_initial", "-1", "٣")


def test_names_in_the_lists_of_migrations(database: Database) -> None:
    """What stands in the lists is anybody's: it is compared and shown, and nothing else."""
    database.run("alter table django_migrations alter name type text")
    database.run("create table schema_migrations (version bigint primary key, dirty boolean not null)")
    database.run("insert into schema_migrations values (9223372036854775807, false)")
    database.run(f"grant select on schema_migrations to {QUOTED}")
    with psycopg.connect(database.owner, autocommit=True) as connection:
        for name in HOSTILE:
            connection.execute(
                "insert into django_migrations (app, name, applied) values (%s, %s, now())", [f"shop{name[:50]}", name]
            )
    one = database.audit()
    assert one.survey.facts is not None
    assert len(one.survey.facts.applied["django"]) == 1 + len(HOSTILE)
