"""Names in the diagram: as large as fits, whole where possible, never outside their box."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dbarchitect.report.html.diagram.names import sign
from dbarchitect.report.html.texts import columns, shortened


@given(st.text(max_size=600), st.integers(132, 400), st.integers(28, 400))
def test_a_sign_stays_in_its_box(name: str, width: int, height: int) -> None:
    made = sign(name, width, height)
    assert all(columns(line) * made.size * 0.6 <= width for line in made.lines)
    assert made.first - made.size * 0.93 >= 0
    assert made.first + made.step * (len(made.lines) - 1) <= height


def test_a_sign_breaks_at_words_and_grows_with_its_box() -> None:
    small, large = sign("order_line_item", 132, 70), sign("order_line_item", 300, 140)
    assert "".join(large.lines) == "order_line_item"
    assert all(line.endswith("_") for line in large.lines[:-1])
    assert small.size < large.size
    assert sign("OrderLineItem", 132, 100).lines in {
        ("Order", "Line", "Item"),
        ("OrderLine", "Item"),
        ("Order", "LineItem"),
    }


@given(st.text(max_size=100), st.integers(2, 50))
def test_what_is_shortened_fits_and_says_so(text: str, width: int) -> None:
    short = shortened(text, width)
    assert columns(short) <= width
    assert "\n" not in short
    assert short.endswith("…") or columns(text) <= len(text.encode("unicode_escape", "surrogatepass"))
