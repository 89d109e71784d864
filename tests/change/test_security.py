"""Whose rights a view or a function works with is switched in place, and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbarchitect.catalog.objects import Catalog, Function, View
from dbarchitect.change.apply import apply, apply_all
from dbarchitect.change.diff import diff
from dbarchitect.change.invert import Irreversible, invert
from dbarchitect.change.operations import SetSecurity
from dbarchitect.engines.registry import engine
from dbarchitect.errors import ChangeRefused

VIEW = View("a b", "select 1 as x", columns=("x",))
SWITCHED = replace(VIEW, security_invoker=True)
FUNCTION = Function("f", "a integer", definition="d", security_definer=True)
FIXED = replace(FUNCTION, settings=('search_path="Odd, one", public, pg_temp', "work_mem=8MB"))


def sql(change: SetSecurity) -> tuple[str, ...]:
    return engine("postgresql").render(change, Catalog())


def test_a_view_differs_by_its_switch() -> None:
    (change,) = diff(Catalog(views=(VIEW,)), Catalog(views=(SWITCHED,)))
    assert change == SetSecurity(VIEW, SWITCHED)
    assert sql(change) == ('alter view "a b" set (security_invoker = true)',)
    assert sql(SetSecurity(SWITCHED, VIEW)) == ('alter view "a b" reset (security_invoker)',)


@pytest.mark.parametrize(("before", "after"), [(VIEW, SWITCHED), (FUNCTION, FIXED)])
def test_there_and_back(before: View | Function, after: View | Function) -> None:
    catalog = Catalog(views=(VIEW,), functions=(FUNCTION,))
    change = SetSecurity(before, after)
    changed = apply(change, catalog)
    assert after in (*changed.views, *changed.functions)
    back = invert(change, catalog)
    assert not isinstance(back, Irreversible)
    assert apply_all(back, changed) == catalog


def test_a_functions_settings_are_spelled() -> None:
    assert sql(SetSecurity(FUNCTION, FIXED)) == (
        "alter routine f(a integer) set search_path to 'Odd, one', 'public', 'pg_temp'",
        "alter routine f(a integer) set work_mem to '8MB'",
    )
    assert sql(SetSecurity(FIXED, replace(FUNCTION, security_definer=False))) == (
        "alter routine f(a integer) security invoker",
        "alter routine f(a integer) reset search_path",
        "alter routine f(a integer) reset work_mem",
    )
    assert sql(SetSecurity(FUNCTION, replace(FUNCTION, settings=('search_path=""',)))) == (
        "alter routine f(a integer) set search_path to ''",
    )


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ChangeRefused, match="no view a b"):
        apply(SetSecurity(VIEW, SWITCHED), Catalog())
    with pytest.raises(ChangeRefused, match="materialized"):
        apply(SetSecurity(VIEW, SWITCHED), Catalog(views=(replace(VIEW, materialized=True),)))
    with pytest.raises(ChangeRefused, match="SQLite"):
        engine("sqlite").render(SetSecurity(VIEW, SWITCHED), Catalog())
