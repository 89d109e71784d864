"""Rewriting a policy so that it asks once changes nothing but where it asks."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.expressions import expression
from dbarchitect.rules.security._policies import asked_once, calls_per_row, reads_user_metadata, ways_without_identity

STABLE = frozenset({"is_admin", "app.is_admin"})


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("auth.uid() = user_id", "(SELECT auth.uid()) = user_id"),
        ("(( SELECT auth.uid() AS uid) = user_id)", "(( SELECT auth.uid() AS uid) = user_id)"),
        (
            "(tenant_id = (current_setting('app.tenant'::text, true))::uuid)",
            "(tenant_id = ((SELECT current_setting('app.tenant'::text, true)))::uuid)",
        ),
        (
            "id IN ( SELECT m.id FROM m WHERE (m.u = auth.uid()))",
            "id IN ( SELECT m.id FROM m WHERE (m.u = auth.uid()))",
        ),
        (
            "is_admin() OR app.is_admin() OR is_admin(id)",
            "(SELECT is_admin()) OR (SELECT app.is_admin()) OR is_admin(id)",
        ),
        ("note = 'auth.uid()' OR \"auth.uid()\" = 1", "note = 'auth.uid()' OR \"auth.uid()\" = 1"),
        ("current_setting(name, true) = 'x'", "current_setting(name, true) = 'x'"),
        ("f(auth.uid(), (auth.jwt() ->> 'a)b'))", "f((SELECT auth.uid()), ((SELECT auth.jwt()) ->> 'a)b'))"),
        ("current_setting('app.tenant'", "current_setting('app.tenant'"),
    ],
)
def test_asking_once(written: str, wanted: str) -> None:
    assert asked_once(written, STABLE) == wanted
    assert asked_once(wanted, STABLE) == wanted


def test_the_servers_name_for_a_sub_select_does_not_count() -> None:
    assert expression("((select auth.uid()))") == expression("( SELECT auth.uid() AS uid)")
    assert not calls_per_row(expression("( SELECT auth.uid() AS uid) = a"), STABLE)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("auth.uid() IS NULL OR auth.uid() = a", ("auth.uid()",)),
        ("(select auth.uid()) IS NULL OR a = 1", ("auth.uid()",)),
        ("NULLIF(current_setting('x', true), '')::uuid IS NULL OR a = 1", ("current_setting('x', true)",)),
        ("current_setting('x') IS NULL OR a = 1", ()),
        ("auth.uid() IS NULL", ()),
        ("(auth.uid() IS NULL AND p) OR a = 1", ()),
        ("a IS NULL OR auth.uid() = a", ()),
        ("coalesce(a = auth.uid(), false)", ()),
    ],
)
def test_alternatives_for_nobody(text: str, calls: tuple[str, ...]) -> None:
    assert ways_without_identity(expression(text)) == calls


def test_metadata_is_a_whole_word() -> None:
    assert reads_user_metadata(expression("(auth.jwt() -> 'user_metadata') ->> 'role' = 'x'"))
    assert not reads_user_metadata(expression("kind = 'old_user_metadata_import'"))
