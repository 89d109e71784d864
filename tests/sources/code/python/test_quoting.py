"""The text of a query that a reader is shown."""

from __future__ import annotations

from dbarchitect.sources.code.quoting import shortened


def test_what_is_short_stays() -> None:
    assert shortened("Order.objects.all()") == "Order.objects.all()"


def test_of_a_long_chain_the_beginning_and_the_last_steps_stay() -> None:
    text = "select(Order) " + " ".join(f".where(Order.field{n} == value{n})" for n in range(20)) + " .limit(1)"
    found = shortened(text)
    assert len(found) <= 200
    assert found.startswith("select(Order) .where(Order.field0 == value0)")
    assert found.endswith(".where(Order.field19 == value19) .limit(1)")


def test_of_one_long_call_the_beginning_stays() -> None:
    found = shortened("session.execute('" + "x" * 300 + "')")
    assert len(found) == 200
    assert found.endswith("…")
