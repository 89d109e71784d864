"""The laws of the algebra: what diff finds, apply does; what apply did, invert undoes."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.apply import apply, apply_all
from dbarchitect.change.diff import diff
from dbarchitect.change.invert import Irreversible, invert
from dbarchitect.change.operations import Add, AddEnumValue, CreateTable, DropTable, RunSql
from dbarchitect.change.order import order
from dbarchitect.testing.strategies import catalogs, changed

PAIRS = catalogs().flatmap(lambda a: st.tuples(st.just(a), changed(a)))
LAW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate],
)


def assert_equal(found: Catalog, expected: Catalog) -> None:
    """Equal; where not, the message names the fields, not two whole catalogs."""
    if found != expected:
        for one, other in zip(found.tables, expected.tables, strict=True):
            differing = {f.name: (getattr(one, f.name), getattr(other, f.name)) for f in fields(one) if f.compare}
            assert {name: pair for name, pair in differing.items() if pair[0] != pair[1]} == {}
        raise AssertionError("they differ in something that is no table")


@LAW
@given(PAIRS)
def test_what_diff_finds_apply_does(pair: tuple[Catalog, Catalog]) -> None:
    a, b = pair
    assert_equal(apply_all(diff(a, b), a), b)


@LAW
@given(catalogs())
def test_equal_catalogs_need_no_change(a: Catalog) -> None:
    assert diff(a, a) == ()
    shuffled = replace(a, tables=tuple(reversed(a.tables)), enums=tuple(reversed(a.enums)))
    assert diff(a, shuffled) == ()
    assert apply_all(diff(Catalog(schemas=a.schemas), a), Catalog(schemas=a.schemas)) == a
    assert apply_all(diff(a, Catalog(schemas=a.schemas)), a) == Catalog(schemas=a.schemas)


@LAW
@given(PAIRS)
def test_what_apply_did_invert_undoes(pair: tuple[Catalog, Catalog]) -> None:
    state, b = pair
    for change in diff(state, b):
        after = apply(change, state)
        back = invert(change, state)
        if isinstance(back, Irreversible):
            assert isinstance(change, AddEnumValue)
        else:
            assert_equal(apply_all(back, after), state)
        state = after


@LAW
@given(PAIRS, st.randoms(use_true_random=False))
def test_any_order_becomes_one_that_works(pair: tuple[Catalog, Catalog], random) -> None:
    a, b = pair
    changes = list(diff(a, b))
    if any(isinstance(change, AddEnumValue) for change in changes):
        return  # each names the enum as the one before left it
    random.shuffle(changes)
    ordered = order(changes)
    assert_equal(apply_all(ordered, a), b)
    assert apply_all(order(ordered), a) == b


@LAW
@given(PAIRS)
def test_references_never_point_at_what_is_not_there(pair: tuple[Catalog, Catalog]) -> None:
    state, b = pair
    for change in diff(state, b):
        if isinstance(change, CreateTable):
            targets = {key.referenced.key for key in change.table.foreign_keys} - {change.table.ref.key}
            assert all(
                state.table(key.referenced) is not None
                for key in change.table.foreign_keys
                if key.referenced.key in targets
            )
        if isinstance(change, Add):
            assert state.table(change.table) is not None or any(v.name == change.table.table for v in state.views)
        if isinstance(change, DropTable):
            assert all(holder.ref == change.table.ref for holder, _ in state.references_to(change.table.ref))
        assert not isinstance(change, RunSql)
        state = apply(change, state)
