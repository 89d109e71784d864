"""What only a server with roles and grants shows: who may read a view, who is exempt, who may create and call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.survey import Application, Survey
from dbarchitect.change.operations import RunSql
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.finding import Level
from dbarchitect.rules._base import Rule
from dbarchitect.rules.security.broad_grant import BroadGrant
from dbarchitect.rules.security.definer_function_open_to_all import DefinerFunctionOpenToAll
from dbarchitect.rules.security.function_with_open_search_path import FunctionWithOpenSearchPath
from dbarchitect.rules.security.open_public_schema import OpenPublicSchema
from dbarchitect.rules.security.overprivileged_role import OverprivilegedRole
from dbarchitect.rules.security.row_security_without_policies import RowSecurityWithoutPolicies
from dbarchitect.rules.security.view_without_security_invoker import ViewWithoutSecurityInvoker
from dbarchitect.shadow import Shadow

ROLES = ("case_reader", "case_exempt")
SCHEMA = """
create role case_reader login;
create role case_exempt login bypassrls;
create table notes (id bigint primary key, owner_name text not null, body text not null);
create table drafts (id bigint primary key, owner_name text not null);
alter table notes enable row level security;
alter table drafts enable row level security;
create policy own_notes on notes using (owner_name = current_user);
create view seen as select id, body from notes;
create view unseen as select id, body from notes;
create view exempt as select id, body from notes;
grant select on seen, drafts to case_reader;
grant select on exempt, notes to case_exempt;
create function wipe() returns void language sql security definer set search_path = ''
  as $$ delete from public.notes $$;
create function closed() returns void language sql security definer set search_path = ''
  as $$ delete from public.notes $$;
revoke execute on function closed() from public;
grant create on schema public to public;
create function counted() returns bigint language sql security definer set search_path = public, pg_temp
  as $$ select count(*) from notes $$;
create table prices (id bigint primary key);
grant insert on prices to public;
"""


@pytest.fixture
def target(postgresql: Shadow) -> Iterator[str]:
    database = postgresql.database()
    try:
        yield database
    finally:
        for role in ROLES:
            engine("postgresql").execute(database, (f"drop owned by {role}", f"drop role {role}"))
        postgresql.drop(database)


def read(target: str) -> Survey:
    return Survey(Application("notes"), engine("postgresql").read(target, ReadOptions()).catalog)


def said(rule: Rule, survey: Survey) -> dict[str, Level]:
    assert rule.unanswered(survey) is None
    return {str(f.object): f.level or rule.level for f in rule.detect(survey)}


def test_a_server_tells_who_may_what(target: str) -> None:
    engine("postgresql").execute(target, (SCHEMA,))
    survey = read(target)
    assert set(said(ViewWithoutSecurityInvoker(), survey)) == {"view seen"}
    assert set(said(RowSecurityWithoutPolicies(), survey)) == {"drafts"}
    assert said(OverprivilegedRole(), survey) == {"role case_exempt": Level.WARNING}
    assert said(OpenPublicSchema(), survey) == {"schema public": Level.WARNING}
    assert set(said(FunctionWithOpenSearchPath(), survey)) == {"function counted"}
    assert set(said(DefinerFunctionOpenToAll(), survey)) == {"function wipe", "function counted"}
    assert said(BroadGrant(), survey) == {"prices": Level.WARNING}


def test_grants_are_revoked_and_given_back(target: str) -> None:
    engine("postgresql").execute(target, (SCHEMA,))
    before = read(target)
    for rule in (DefinerFunctionOpenToAll(), BroadGrant(), OpenPublicSchema()):
        for finding in rule.detect(before):
            fix = rule.fix(finding, before)
            assert fix is not None
            for change in fix.changes:
                engine("postgresql").execute(target, engine("postgresql").render(change, before.catalog))
        after = read(target)
        assert not list(rule.detect(after))
        for finding in rule.detect(before):
            fix = rule.fix(finding, before)
            assert fix is not None
            for change in fix.changes:
                assert isinstance(change, RunSql) and change.down
                engine("postgresql").execute(target, change.down)
        assert said(rule, read(target)) == said(rule, before)


def test_files_do_not_tell_roles() -> None:
    survey = Survey(Application("files"), Catalog())
    assert OverprivilegedRole().unanswered(survey)
    assert OpenPublicSchema().unanswered(survey)
