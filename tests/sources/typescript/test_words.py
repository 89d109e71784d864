"""Several expressions as one find what each of them finds, and the narrowest of what lies in one another."""

from __future__ import annotations

import pickle
import re

from hypothesis import given
from hypothesis import strategies as st

from dbarchitect.sources.typescript.syntax import Module
from dbarchitect.sources.typescript.words import Words

WORDS = Words.of((rb"ab*c", rb"b+", rb"c(?<=bc)"))


@given(st.text("abcx", max_size=30).map(str.encode))
def test_a_source_is_found_where_the_alternation_finds_it(source: bytes) -> None:
    either = re.compile(rb"ab*c|b+|c(?<=bc)")
    assert (WORDS.search(source) is None) == (either.search(source) is None)


@given(st.text("abcx", max_size=12).map(str.encode), st.integers(0, 12), st.integers(0, 12))
def test_a_span_holds_a_match_where_one_of_the_expressions_has_one_in_it(source: bytes, start: int, end: int) -> None:
    spans = [match.span() for pattern in WORDS.patterns for match in pattern.finditer(source)]
    wanted = any(start <= first and last <= end for first, last in spans)
    assert Module("a.ts", source).mentions(WORDS, start, end) == wanted


def test_words_survive_being_kept_and_are_the_same_afterwards() -> None:
    again = pickle.loads(pickle.dumps(WORDS))
    assert again == WORDS and hash(again) == hash(WORDS)
