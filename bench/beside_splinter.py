"""The audit beside Splinter, the database linter of Supabase: what each finds of known faults, and in what time.

    python bench/beside_splinter.py SPLINTER.SQL [--groups 100] [--rounds 3]

SPLINTER.SQL is the file `splinter.sql` of the repository supabase/splinter, which this one does not hold. Both look at
the same database of a throwaway server: `--groups` times each fault below, every one on a table (view, function) of
its own, beside as many tables without a fault. `dba audit` runs with the rules that answer the same questions and no
others.

Prints the ratio of time first (wall time, as half of the work is the server's: the least of several rounds), then for
each question what was found of what is there, and what was said about objects that have not that fault. Target: no
fault missed, nothing said beyond. Exit code 2 without the file.
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.shadow import open_shadow

# Splinter's name of the question, our rule, what the object is called, and the SQL that makes it with the fault
QUESTIONS = (
    (
        "unindexed_foreign_keys",
        "unindexed-foreign-key",
        "orders_{n}",
        (
            "create table orders_{n} (id bigint primary key, "
            "customer_id bigint not null references plain_{n} on delete cascade)"
        ),
    ),
    (
        "no_primary_key",
        "table-without-primary-key",
        "readings_{n}",
        "create table readings_{n} (value numeric not null)",
    ),
    (
        "duplicate_index",
        "duplicate-index",
        "items_{n}",
        (
            "create table items_{n} (id bigint primary key, shelf int); create index on items_{n} (shelf); "
            "create index on items_{n} (shelf)"
        ),
    ),
    (
        "rls_enabled_no_policy",
        "row-security-without-policies",
        "drafts_{n}",
        "create table drafts_{n} (id bigint primary key); alter table drafts_{n} enable row level security",
    ),
    (
        "policy_exists_rls_disabled",
        "policies-without-row-security",
        "letters_{n}",
        (
            "create table letters_{n} (id bigint primary key, owner uuid not null); create policy mine on letters_{n} "
            "for select to authenticated using (owner = (select auth.uid()))"
        ),
    ),
    (
        "rls_policy_always_true",
        "always-true-policy",
        "boards_{n}",
        (
            "create table boards_{n} (id bigint primary key); alter table boards_{n} enable row level security; "
            "create policy anything on boards_{n} for update to authenticated using (true) with check (true); "
            "grant update on boards_{n} to authenticated"
        ),
    ),
    (
        "multiple_permissive_policies",
        "several-permissive-policies",
        "photos_{n}",
        (
            "create table photos_{n} (id bigint primary key, owner uuid not null, shared boolean not null); "
            "alter table photos_{n} enable row level security; "
            "create policy mine on photos_{n} for select to authenticated using (owner = (select auth.uid())); "
            "create policy others on photos_{n} for select to authenticated using (shared)"
        ),
    ),
    (
        "auth_rls_initplan",
        "row-security-called-per-row",
        "tasks_{n}",
        (
            "create table tasks_{n} (id bigint primary key, owner uuid not null); "
            "alter table tasks_{n} enable row level security; "
            "create policy mine on tasks_{n} for select to authenticated using (owner = auth.uid())"
        ),
    ),
    (
        "rls_references_user_metadata",
        "policy-trusts-user-metadata",
        "rooms_{n}",
        (
            "create table rooms_{n} (id bigint primary key); alter table rooms_{n} enable row level security; "
            "create policy staff on rooms_{n} for select to authenticated "
            "using (((select auth.jwt()) -> 'user_metadata' ->> 'role') = 'staff')"
        ),
    ),
    (
        "security_definer_view",
        "view-without-security-invoker",
        "overview_{n}",
        "create view overview_{n} as select id from guarded_{n}; grant select on overview_{n} to anon, authenticated",
    ),
    (
        "function_search_path_mutable",
        "function-with-open-search-path",
        "total_{n}",
        "create function total_{n}() returns bigint language sql security definer as 'select count(*) from plain_{n}'",
    ),
)
FAULTLESS = (
    "create table plain_{n} (id bigint primary key, name varchar(100) not null)",
    (
        "create table guarded_{n} (id bigint primary key, owner uuid not null); "
        "alter table guarded_{n} enable row level security; "
        "create policy mine on guarded_{n} for select to authenticated using (owner = (select auth.uid()))"
    ),
)
AROUND = (
    (
        "do $$ begin create role anon; create role authenticated; create role service_role; "
        "exception when duplicate_object then null; end $$"
    ),
    "create schema auth",
    "create function auth.uid() returns uuid language sql stable as 'select null::uuid'",
    "create function auth.jwt() returns jsonb language sql stable as 'select null::jsonb'",
    "create table auth.users (id uuid primary key)",
    "grant usage on schema public, auth to anon, authenticated",
)


def schema(groups: int) -> list[str]:
    """The statements that make the database."""
    statements = list(AROUND)
    for number in range(groups):
        parts = (*FAULTLESS, *(sql for *_, sql in QUESTIONS))
        statements.append("; ".join(part.format(n=number) for part in parts))
    return [*statements, "grant select on all tables in schema public to anon, authenticated"]


def of_splinter(url: str, text: str) -> tuple[float, dict[str, set[str]]]:
    """Seconds, and the names of the objects by question."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    setting, _, query = text.partition(";")
    with psycopg.connect(url) as connection:
        connection.execute("set local pgrst.db_schemas = 'public'")
        connection.execute(setting)
        start = time.perf_counter()
        rows = connection.execute(query).fetchall()
        seconds = time.perf_counter() - start
    for name, *_, metadata, _ in rows:
        found[name].add(metadata["name"])
    return seconds, found


def of_ours(url: str, rules: list[str]) -> tuple[float, dict[str, set[str]]]:
    """The same of `dba audit`, its start included."""
    command = [sys.executable, "-m", "dbarchitect", "audit", url, "--format", "json", "--select", ",".join(rules)]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)
    found: dict[str, set[str]] = collections.defaultdict(set)
    for finding in json.loads(done.stdout)["findings"]:
        found[finding["rule"]] |= objects_of(finding)
    return seconds, found


def objects_of(finding: dict[str, Any]) -> set[str]:
    """The object that a finding is about; of one for a whole schema or database, those that its evidence lists."""
    about = finding["object"]
    if about["kind"] in {"schema", "database"}:
        return {re.split(r"[(:]", evidence["text"])[0] for evidence in finding["evidence"]}
    name = about["table"] or about["name"] or ""
    return {name.partition("(")[0]}


def main() -> int:
    """Measure both and print; 1 where we miss a fault or say too much."""
    parser = argparse.ArgumentParser(description="The audit beside Supabase's Splinter.")
    parser.add_argument("splinter", type=Path, nargs="?")
    parser.add_argument("--groups", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if chosen.splinter is None or not chosen.splinter.is_file():
        print("Give the path of splinter.sql of the repository supabase/splinter.", file=sys.stderr)
        return 2
    text = chosen.splinter.read_text(encoding="utf-8")
    rules = [rule for _, rule, _, _ in QUESTIONS]
    with open_shadow("postgresql") as shadow:
        url = shadow.database()
        ENGINE.execute(url, [*schema(chosen.groups), "analyze"])
        theirs = [of_splinter(url, text) for _ in range(chosen.rounds)]
        ours = [of_ours(url, rules) for _ in range(chosen.rounds)]
    splinter, dba = (min(seconds for seconds, _ in runs) for runs in (theirs, ours))
    print(f"dba audit / splinter.sql   {dba / splinter:.2f}   ({dba:.2f} s with its start, against {splinter:.2f} s)")
    print(f"{'question':<32}{'there':>6}{'splinter':>10}{'beyond':>8}{'dba':>8}{'beyond':>8}")
    missed = False
    for question, rule, name, _ in QUESTIONS:
        there = {name.format(n=number) for number in range(chosen.groups)}
        known, known_to_us = theirs[0][1][question], ours[0][1][rule]
        missed |= known_to_us != there
        print(
            f"{question:<32}{len(there):>6}{len(known & there):>10}{len(known - there):>8}"
            f"{len(known_to_us & there):>8}{len(known_to_us - there):>8}"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
